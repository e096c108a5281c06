import { parse as parseWith, stringify as stringifyWith } from "json-custom-numbers"

/** An integer too long for a JavaScript number to be sure of, where a value may stand; inside a string it matters not. */
const longInteger = /[[:,\s]-?\d{16,}|^-?\d{16,}/

const number = (_: string | number | undefined, text: string): number | bigint => {
  const value = Number(text)
  return Number.isSafeInteger(value) || /[.eE]/.test(text) ? value : BigInt(text)
}

/** A key that the parser of long integers would make an object's prototype of, however it is escaped. */
const prototypeKey =
  /"(?:_|\\u005[fF]){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006[fF])(?:t|\\u0074)(?:o|\\u006[fF])(?:_|\\u005[fF]){2}"\s*:/

/**
 * `JSON.parse`, but for integers beyond 2^53, which become a `bigint` instead of a wrong number, unless the text has a key of
 * `__proto__`. Throws a `SyntaxError`. A text without such integers costs one scan more than `JSON.parse`.
 */
export const parse = (text: string): unknown =>
  longInteger.test(text) && !prototypeKey.test(text) ? parseWith(text, undefined, number) : JSON.parse(text)

const serialise = (_: string, value: unknown): string | void => {
  if (typeof value === "bigint") return value.toString()
}

/** `JSON.stringify`, but that a `bigint` becomes an integer. */
export const stringify = (value: unknown): string => {
  try {
    return JSON.stringify(value)
  } catch {
    // That one leaves lone surrogates as they are, which UTF-8 can't hold.
    return stringifyWith(value, undefined, undefined, serialise).replace(
      /\p{Surrogate}/gu,
      (half) => `\\u${half.charCodeAt(0).toString(16)}`
    )
  }
}
