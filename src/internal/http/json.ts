import { randomHex } from "../hex.js"

/** Matches an integer that may exceed the safe integers, where a value may be. A match inside a string is harmless. */
const longInteger = /[[:,\s]-?\d{16,}|^-?\d{16,}/

/**
 * Matches a string, or a number with its fraction and exponent if it has them. Strings are matched so that they are
 * skipped.
 */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+([.\deE][\d.eE+-]*)?/g

const integer = /^-?[1-9]\d*$/

/** Replaces marked strings within a JSON value by integers. Not recursive, since values may be nested deeply. */
const restoreIntegers = (value: unknown, marker: string): unknown => {
  const read = (one: unknown): unknown =>
    typeof one === "string" && one.startsWith(marker) ? BigInt(one.slice(marker.length)) : one
  const containers: Array<unknown> = [value]
  for (let container = containers.pop(); container !== undefined; container = containers.pop()) {
    if (typeof container !== "object" || container === null) continue
    for (const [key, one] of Object.entries(container)) {
      // JSON does not allow a number as a key.
      if (key.startsWith(marker)) throw new SyntaxError("a key is not a string")
      const restored = read(one)
      // Unlike an assignment, this does not treat a key __proto__ as the prototype.
      if (restored !== one) Object.defineProperty(container, key, { value: restored })
      else if (typeof one === "object") containers.push(one)
    }
  }
  return read(value)
}

/**
 * Parses JSON as `JSON.parse` does, but returns a `bigint` for an integer beyond the safe integers, instead of an inexact
 * number. Throws a `SyntaxError`. The extra cost for a text without such integers is one scan.
 *
 * `JSON.parse` does the parsing: long integers are converted to marked strings before it, and restored after it. A separate
 * parser would add 3 kB to every bundle.
 */
export const parse = (text: string): unknown => {
  if (!longInteger.test(text)) return JSON.parse(text)
  // Unpredictable, so that no string of the text can pass for a marked integer.
  const marker = randomHex(8)
  const marked = text.replace(stringOrNumber, (token) =>
    integer.test(token) && !Number.isSafeInteger(Number(token)) ? `"${marker}${token}"` : token
  )
  return marked === text ? JSON.parse(text) : restoreIntegers(JSON.parse(marked), marker)
}

/** Serializes as `JSON.stringify` does, but writes a `bigint` as an integer. */
export const stringify = (value: unknown): string => {
  try {
    return JSON.stringify(value)
  } catch {
    // The value contains a bigint, or it contains itself, and this throws again.
    const marker = randomHex(8)
    const text = JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `${marker}${one}` : one))
    return text.replaceAll(new RegExp(`"${marker}(-?\\d+)"`, "g"), "$1")
  }
}
