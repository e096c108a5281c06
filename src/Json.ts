import { parse as parseWith, stringify as stringifyWith } from "json-custom-numbers"

/** An integer too long for a JavaScript number to be sure of, where a value may stand; inside a string it matters not. */
const longInteger = /[[:,\s]-?\d{16,}|^-?\d{16,}/

const number = (_: string | number | undefined, text: string): number | bigint => {
  const value = Number(text)
  return Number.isSafeInteger(value) || /[.eE]/.test(text) ? value : BigInt(text)
}

/** What a text may write the key `__proto__` with. */
const mayHaveProto = /__proto__|\\u/

/**
 * The parser of long integers sets the prototype of an object with a key of `__proto__`, where `JSON.parse` gives it a key
 * like any other. This makes it one again.
 */
const withoutPrototypes = (root: unknown): unknown => {
  const left = [root]
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value !== "object" || value === null) continue
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && !Array.isArray(value)) {
      Object.setPrototypeOf(value, Object.prototype)
      Object.defineProperty(value, "__proto__", {
        value: prototype,
        configurable: true,
        enumerable: true,
        writable: true
      })
    }
    for (const part of Object.values(value)) left.push(part)
  }
  return root
}

const parseLongIntegers = (text: string): unknown => {
  const value = parseWith(text, undefined, number)
  return mayHaveProto.test(text) ? withoutPrototypes(value) : value
}

/**
 * `JSON.parse`, but for integers beyond 2^53, which become a `bigint` instead of a wrong number. Throws a `SyntaxError`.
 * A text without such integers costs one scan more than `JSON.parse`.
 */
export const parse = (text: string): unknown => (longInteger.test(text) ? parseLongIntegers(text) : JSON.parse(text))

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
