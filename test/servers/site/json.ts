/** JSON as Python has it: an integer is a `bigint` of any size. The server shares no code with the client that it tests. */
export type Json = null | boolean | number | bigint | string | ReadonlyArray<Json> | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const isArray = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)

/** An error of the parser, with a message as Python's `json` has it. */
export class JsonError extends Error {}

const numberAt = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y
const plainTextAt = /[ !#-\[\]-\uffff]*/y
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t"
}

/** Parses JSON. Throws a `JsonError`. */
export const parse = (text: string): Json => {
  let index = 0
  const fail = (message: string, at = index): never => {
    const before = text.slice(0, at)
    const line = before.split("\n").length
    throw new JsonError(`${message}: line ${line} column ${at - before.lastIndexOf("\n")} (char ${at})`)
  }
  const skip = () => {
    while (index < text.length && " \t\n\r".includes(text[index]!)) index += 1
  }
  const string = (): string => {
    const begin = index
    index += 1
    let result = ""
    while (true) {
      plainTextAt.lastIndex = index
      const plain = plainTextAt.exec(text)?.[0] ?? ""
      result += plain
      index += plain.length
      const next = text[index]
      if (next === undefined) return fail("Unterminated string starting at", begin)
      if (next === '"') {
        index += 1
        return result
      }
      if (next !== "\\") return fail("Invalid control character at")
      const escape = text[index + 1]
      if (escape === undefined) return fail("Unterminated string starting at", begin)
      if (escape === "u") {
        const digits = text.slice(index + 2, index + 6)
        if (!/^[\da-fA-F]{4}$/.test(digits)) return fail("Invalid \\uXXXX escape", index + 1)
        result += String.fromCharCode(Number.parseInt(digits, 16))
        index += 6
      } else {
        const meaning = escapes[escape]
        if (meaning === undefined) return fail("Invalid \\escape")
        result += meaning
        index += 2
      }
    }
  }
  const value = (): Json => {
    const first = text[index]
    if (first === '"') return string()
    if (first === "{") return object()
    if (first === "[") return array()
    for (const [word, meaning] of [
      ["true", true],
      ["false", false],
      ["null", null]
    ] as const) {
      if (text.startsWith(word, index)) {
        index += word.length
        return meaning
      }
    }
    for (const word of ["NaN", "Infinity", "-Infinity"]) {
      if (text.startsWith(word, index))
        throw new JsonError(`Out of range float values are not JSON compliant: '${word}'`)
    }
    numberAt.lastIndex = index
    const match = numberAt.exec(text)
    if (match === null) return fail("Expecting value")
    index += match[0].length
    return match[1] === undefined && match[2] === undefined ? BigInt(match[0]) : Number(match[0])
  }
  const array = (): Json => {
    const items: Array<Json> = []
    index += 1
    skip()
    if (text[index] === "]") {
      index += 1
      return items
    }
    while (true) {
      skip()
      items.push(value())
      skip()
      const next = text[index]
      if (next === "]") {
        index += 1
        return items
      }
      if (next !== ",") return fail("Expecting ',' delimiter")
      index += 1
    }
  }
  const object = (): Json => {
    const entries: Array<readonly [string, Json]> = []
    index += 1
    skip()
    if (text[index] === "}") {
      index += 1
      return {}
    }
    while (true) {
      skip()
      if (text[index] !== '"') return fail("Expecting property name enclosed in double quotes")
      const key = string()
      skip()
      if (text[index] !== ":") return fail("Expecting ':' delimiter")
      index += 1
      skip()
      entries.push([key, value()])
      skip()
      const next = text[index]
      if (next === "}") {
        index += 1
        // Unlike assignments, this takes a key __proto__ as a key. Of several equal keys the last one holds.
        return Object.fromEntries(entries)
      }
      if (next !== ",") return fail("Expecting ',' delimiter")
      index += 1
    }
  }
  skip()
  const result = value()
  skip()
  if (index < text.length) fail("Extra data")
  return result
}

/** Serializes JSON. A `bigint` is an integer; a key whose value is undefined is left out. */
export const stringify = (value: Json | undefined): string => {
  if (typeof value === "bigint") return value.toString()
  if (value === undefined || value === null || typeof value !== "object") return JSON.stringify(value ?? null)
  if (isArray(value)) return `[${value.map(stringify).join(",")}]`
  return `{${Object.entries(value)
    .flatMap(([key, one]) => (one === undefined ? [] : [`${JSON.stringify(key)}:${stringify(one)}`]))
    .join(",")}}`
}

/** The name that Python has for the type of a value. */
export const typeName = (value: Json): string =>
  value === null
    ? "NoneType"
    : typeof value === "boolean"
      ? "bool"
      : typeof value === "bigint"
        ? "int"
        : typeof value === "number"
          ? "float"
          : typeof value === "string"
            ? "str"
            : isArray(value)
              ? "list"
              : "dict"
