import { randomHex } from "../hex.js"

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/**
 * Reports whether a text has 16 digits in a row. These include a position that is a multiple of 16, so that few characters are read: the
 * pattern below takes a third of the time of `JSON.parse`.
 */
const hasLongNumber = (text: string): boolean => {
  for (let index = 15; index < text.length; index += 16) {
    if (!isDigit(text.charCodeAt(index))) continue
    let start = index
    let end = index + 1
    while (isDigit(text.charCodeAt(start - 1))) start -= 1
    while (isDigit(text.charCodeAt(end))) end += 1
    if (end - start >= 16) return true
  }
  return false
}

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
 * number. Throws a `SyntaxError`. A text without such integers costs hardly more.
 *
 * `JSON.parse` does the parsing: long integers are converted to marked strings before it, and restored after it. A separate
 * parser would add 3 kB to every bundle.
 */
export const parse = (text: string): unknown => {
  if (!hasLongNumber(text) || !longInteger.test(text)) return JSON.parse(text)
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
