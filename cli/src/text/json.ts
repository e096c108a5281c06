import { visible } from "./visible.js"

/** Options of `toJson`. */
export interface JsonOptions {
  /** Breaks lines, with two spaces for each level. Default: one line. */
  readonly pretty?: boolean | undefined
  /** Escapes all characters that could change a terminal. Default: those that JSON demands. */
  readonly visible?: boolean | undefined
  /** Stops when the text has so many characters, for previews. The text is then not JSON. */
  readonly atMost?: number | undefined
}

interface Level {
  readonly keys: ReadonlyArray<string> | undefined
  readonly value: ReadonlyArray<unknown> | Readonly<Record<string, unknown>>
  next: number
}

/**
 * Returns a value as JSON text (RFC 8259). Unlike `JSON.stringify` it takes big integers, which it writes as numbers, and values of any
 * depth. Values that JSON does not have become `null`.
 */
export const toJson = (value: unknown, options: JsonOptions = {}): string => {
  const { atMost = Infinity, pretty = false } = options
  const quote = (text: string) => (options.visible === true ? visible(JSON.stringify(text)) : JSON.stringify(text))
  const pieces: Array<string> = []
  let length = 0
  const put = (piece: string) => {
    pieces.push(piece)
    length += piece.length
  }
  const levels: Array<Level> = []
  // Deeper levels are not indented further: the text of a value 20,000 levels deep would be 800 MB.
  const lineBreak = () => {
    if (pretty) put(`\n${"  ".repeat(Math.min(levels.length, 100))}`)
  }
  const begin = (item: unknown) => {
    if (typeof item === "object" && item !== null) {
      const keys = Array.isArray(item) ? undefined : Object.keys(item)
      // An object that is no array is read by its keys.
      const level = { keys, value: item as Level["value"], next: 0 }
      if ((keys ?? (item as ReadonlyArray<unknown>)).length === 0) put(keys === undefined ? "[]" : "{}")
      else {
        put(keys === undefined ? "[" : "{")
        levels.push(level)
      }
    } else if (typeof item === "string") put(quote(item))
    else if (typeof item === "bigint" || typeof item === "boolean") put(String(item))
    else put(typeof item === "number" && Number.isFinite(item) ? JSON.stringify(item) : "null")
  }
  begin(value)
  while (levels.length > 0 && length < atMost) {
    const level = levels.at(-1)!
    const { keys } = level
    const count = (keys ?? (level.value as ReadonlyArray<unknown>)).length
    if (level.next === count) {
      levels.pop()
      lineBreak()
      put(keys === undefined ? "]" : "}")
      continue
    }
    if (level.next > 0) put(",")
    lineBreak()
    const index = level.next++
    if (keys === undefined) begin((level.value as ReadonlyArray<unknown>)[index])
    else {
      const key = keys[index]!
      put(`${quote(key)}:${pretty ? " " : ""}`)
      begin((level.value as Readonly<Record<string, unknown>>)[key])
    }
  }
  return pieces.join("")
}
