import { readFile } from "node:fs/promises"
import { File } from "node:buffer"
import { basename } from "node:path"
import type { Ref } from "effect-herald/descriptor"
import { type Failure, usage } from "./Failure.js"
import type { Flag } from "./flags.js"
import type { Io } from "./Io.js"
import { parseJson } from "./jsonText.js"
import { didYouMean } from "./nearest.js"
import { acceptedBy, describeType, type Json, textOfJson } from "./shapes.js"
import { visibleLine } from "./text/visible.js"

/** Returns a text in quotes, for messages. */
export const quoted = (text: string): string => {
  const shown = visibleLine(text)
  return `"${shown.length > 80 ? `${shown.slice(0, 79)}…` : shown}"`
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Reads a number. A whole number that a double can't hold exactly becomes a big integer. */
const numberOf = (text: string): number | bigint | undefined => {
  if (!number.test(text)) return undefined
  const value = Number(text)
  if (/^-?\d+$/.test(text) && !Number.isSafeInteger(value)) return BigInt(text)
  return Number.isFinite(value) ? value : undefined
}

/** Parses JSON that was given on the command line or in a file. `where` names it in the failure. */
export const parseJsonText = (text: string, where: string): unknown => {
  try {
    return parseJson(text)
  } catch (error) {
    const reason = error instanceof Error ? visibleLine(error.message) : "it can't be parsed"
    throw usage(`${where} is not valid JSON: ${reason}.`)
  }
}

/** Reads a file that an argument names, as `@FILE`. `-` is the standard input. */
export const readInput = async (path: string, io: Io, where: string): Promise<Uint8Array> => {
  if (path === "-") {
    const pieces: Array<Uint8Array> = []
    for await (const piece of io.stdin) pieces.push(piece)
    return Buffer.concat(pieces)
  }
  try {
    return await readFile(path)
  } catch (error) {
    throw usage(`${where}: the file ${quoted(path)} can't be read: ${reasonOf(error)}.`)
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is no directory",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
  EEXIST: "it exists already"
}

/** Returns the reason of a failure of the file system. */
export const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  return reasons[code] ?? (code === "" ? String(error) : code)
}

/** Decodes UTF-8. Fails for other bytes. */
export const decodeText = (bytes: Uint8Array, where: string): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw usage(`${where} is not text in UTF-8.`)
  }
}

/** Reads the values that were given for a flag. Several are the items of an array. */
export const readFlag = async (flag: Flag, texts: ReadonlyArray<string>, shown: string, io: Io): Promise<unknown> => {
  if (flag.binary) return await readBinary(texts, shown, io)
  const accepted = acceptedBy(flag.shape)
  const [first = ""] = texts
  if (accepted.types.has("array")) {
    if (texts.length === 1 && (first.startsWith("[") || (accepted.items === undefined && first.startsWith("@")))) {
      const value = parseJsonText(await textOf(first, io, shown), shown)
      if (Array.isArray(value)) return value
    }
    if (texts.length > 1 || accepted.types.size === 1 || readValue(flag.shape, first, shown, false) === undefined) {
      return await Promise.all(texts.map((text) => readOne(accepted.items, text, shown, io)))
    }
  }
  if (texts.length > 1) throw usage(`${shown} is given ${texts.length} times, but it is no list.`)
  return await readOne(flag.shape, first, shown, io)
}

const readBinary = async (texts: ReadonlyArray<string>, shown: string, io: Io): Promise<unknown> => {
  const files = await Promise.all(
    texts.map(async (text) => {
      if (!text.startsWith("@")) throw usage(`${shown} is the content of a file: give ${shown}=@FILE.`)
      const bytes = await readInput(text.slice(1), io, shown)
      // A form sends the name of a file with it.
      return new File([bytes], basename(text.slice(1)))
    })
  )
  return files.length === 1 ? files[0] : files
}

/** A text that is given itself, or as `@FILE`. */
const textOf = async (text: string, io: Io, where: string): Promise<string> =>
  text.startsWith("@") ? decodeText(await readInput(text.slice(1), io, where), where) : text

const readOne = async (shape: Ref | undefined, text: string, shown: string, io: Io): Promise<unknown> => {
  const { types } = acceptedBy(shape)
  const isText = types.size === 0 || types.has("string") || types.has("number") || types.has("integer")
  const nested = types.has("object") || types.has("array")
  return readValue(shape, nested && !isText ? await textOf(text, io, shown) : text, shown, true)
}

/** Reads one value, or returns undefined (`required: false`) or fails if its type does not accept it. */
const readValue = (shape: Ref | undefined, text: string, shown: string, required: boolean): unknown => {
  const { types, values } = acceptedBy(shape)
  if (values !== undefined) {
    const found = values.find((value) => textOfJson(value) === text)
    if (found !== undefined) return found
    if (required) throw notAmong(values, text, shown)
    return undefined
  }
  // A text for which no type is known is sent as it is.
  if (types.size === 0) return text
  if (types.has("integer") || types.has("number")) {
    const value = numberOf(text)
    if (value !== undefined && (types.has("number") || typeof value === "bigint" || Number.isInteger(value)))
      return value
  }
  if (types.has("boolean") && (text === "true" || text === "false")) return text === "true"
  if (types.has("null") && text === "null" && !types.has("string")) return null
  if ((types.has("object") && /^\s*\{/.test(text)) || (types.has("array") && /^\s*\[/.test(text))) {
    if (!types.has("string")) return parseJsonText(text, shown)
    try {
      return parseJson(text)
    } catch {
      return text
    }
  }
  if (types.has("string")) return text
  if (!required) return undefined
  const expected = describeType(shape).replace(/\.\.\.$/, "")
  const article = /^[aeio]/.test(expected) ? "an" : "a"
  throw usage(
    types.has("object") || types.has("array")
      ? `${shown} must be JSON (${expected}), or @FILE with JSON, not ${quoted(text)}.`
      : types.has("boolean")
        ? `${shown} must be true or false, not ${quoted(text)}.`
        : `${shown} must be ${article} ${expected}, not ${quoted(text)}.`
  )
}

const notAmong = (values: ReadonlyArray<Json>, text: string, shown: string): Failure => {
  const texts = values.map(textOfJson)
  const listed = texts.length > 20 ? `${texts.slice(0, 20).join(", ")}, … (${texts.length} values)` : texts.join(", ")
  return usage(`${shown} can't be ${quoted(text)}.${didYouMean(text, texts, quoted)}`, `Values: ${visibleLine(listed)}`)
}
