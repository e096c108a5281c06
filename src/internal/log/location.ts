import type { SourceLocation } from "./LogRecord.js"

/** A frame of V8 (`    at run (file:///a/b.ts:12:5)`) or of other engines (`run@file:///a/b.ts:12:5`). */
const frame = /^(?:at (?:(?:async )?(.*?) \()?|([^\s]*?)@)(.+?):(\d+)(?::\d+)?\)?$/

/** The longest part of a text with a stack that is searched, in characters. */
const searched = 8_192

/** Returns the place of the first frame in a text with a stack. */
export const locationOfStack = (stack: string): SourceLocation | undefined => {
  for (const line of stack.slice(0, searched).split("\n")) {
    const found = frame.exec(line.trim())
    if (found === null) continue
    const [, inner, outer, file = "", number] = found
    return { file, line: Number(number), function: inner ?? (outer === "" ? undefined : outer) }
  }
  return undefined
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

/**
 * Returns the place that annotations name: by OpenTelemetry's attributes `code.file.path`, `code.line.number` and `code.function.name`, or
 * by their former names `code.filepath`, `code.lineno` and `code.function`.
 */
export const locationOfAnnotations = (annotations: Readonly<Record<string, unknown>>): SourceLocation | undefined => {
  const file = text(annotations["code.file.path"]) ?? text(annotations["code.filepath"])
  if (file === undefined) return undefined
  const line = Number(annotations["code.line.number"] ?? annotations["code.lineno"])
  return {
    file,
    line: Number.isSafeInteger(line) && line > 0 ? line : 1,
    function: text(annotations["code.function.name"]) ?? text(annotations["code.function"])
  }
}
