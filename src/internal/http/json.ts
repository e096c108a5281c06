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
 * Returns the index after the string that begins at an index. It is the end of the text for an incomplete string, so that no text is
 * read twice. A regular expression would do so, and would overflow the stack for a string of 30 million characters.
 */
const afterString = (text: string, start: number): number => {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slash = end
    while (text.charCodeAt(slash - 1) === 0x5c) slash -= 1
    if ((end - slash) % 2 === 0) return end + 1
  }
  return text.length
}

/** Reports whether a character continues a number after its first digits: with a fraction or an exponent. */
const isNumberPart = (code: number): boolean =>
  isDigit(code) || code === 0x2e || code === 0x2b || code === 0x2d || code === 0x45 || code === 0x65

/** Replaces the integers beyond the safe ones by strings that begin with a marker. Text that is not JSON stays so. */
const markIntegers = (text: string, marker: string): string => {
  let marked = ""
  let copied = 0
  let index = 0
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === 0x22) index = afterString(text, index)
    else if (isDigit(code)) {
      let end = index + 1
      while (isDigit(text.charCodeAt(end))) end += 1
      const digits = end - index
      const start = text.charCodeAt(index - 1) === 0x2d ? index - 1 : index
      const isInteger = end === text.length || !isNumberPart(text.charCodeAt(end))
      if (isInteger && digits >= 16 && code !== 0x30) {
        const integer = text.slice(start, end)
        if (digits > 16 || !Number.isSafeInteger(Number(integer))) {
          marked += `${text.slice(copied, start)}"${marker}${integer}"`
          copied = end
        }
      }
      while (isNumberPart(text.charCodeAt(end))) end += 1
      index = end
    } else index += 1
  }
  return copied === 0 ? text : marked + text.slice(copied)
}

/** Replaces marked strings within a JSON value by integers. Not recursive, since values may be nested deeply. */
const restoreIntegers = (value: unknown, marker: string): unknown => {
  const read = (one: unknown): unknown =>
    typeof one === "string" && one.startsWith(marker) ? BigInt(one.slice(marker.length)) : one
  const containers: Array<unknown> = [value]
  for (let container = containers.pop(); container !== undefined; container = containers.pop()) {
    if (Array.isArray(container)) {
      for (let index = 0; index < container.length; index++) {
        const one: unknown = container[index]
        if (typeof one === "string") container[index] = read(one)
        else if (typeof one === "object") containers.push(one)
      }
    } else if (typeof container === "object" && container !== null) {
      // The keys are those of the container.
      const fields = container as Record<string, unknown>
      for (const key of Object.keys(fields)) {
        // JSON does not allow a number as a key.
        if (key.startsWith(marker)) throw new SyntaxError("a key is not a string")
        const one = fields[key]
        if (typeof one === "object") containers.push(one)
        else if (typeof one !== "string" || !one.startsWith(marker)) continue
        // An assignment to a key __proto__ would set the prototype, or do nothing.
        else if (key === "__proto__") Object.defineProperty(fields, key, { value: read(one) })
        else fields[key] = read(one)
      }
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
  const marked = markIntegers(text, marker)
  return marked === text ? JSON.parse(text) : restoreIntegers(JSON.parse(marked), marker)
}

/**
 * Reports whether a bigint has a method `toJSON`. A program that adds one, most often to print a bigint as a string, would change the
 * requests of this library.
 */
const hasToJson = (): boolean => "toJSON" in BigInt.prototype

/** Serializes as `JSON.stringify` does, but writes a `bigint` as an integer. */
export const stringify = (value: unknown): string => {
  try {
    if (!hasToJson()) return JSON.stringify(value)
  } catch {
    // The value contains a bigint, or it contains itself, and this throws again.
  }
  const marker = randomHex(8)
  const text = JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key: string, one: unknown) {
    const integer = typeof this[key] === "bigint" ? this[key] : one
    return typeof integer === "bigint" ? `${marker}${integer}` : one
  })
  // `JSON.stringify` returns undefined for undefined.
  return text?.replaceAll(new RegExp(`"${marker}(-?\\d+)"`, "g"), "$1")
}
