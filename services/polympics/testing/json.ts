/**
 * JSON as Python's `json` module parses it. An integer and a number with a fraction are different types. Each error has the message
 * and the position that Python reports.
 */

/** A value. An integer of any size is a `bigint`, and any other number a `number`. */
export type Json = null | boolean | string | bigint | number | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** An error at a position of the text, counted in UTF-16 code units from 0. */
export class JsonDecodeError extends Error {
  constructor(
    override readonly message: string,
    readonly position: number
  ) {
    super(message)
  }
}

const space = /[ \t\n\r]*/y
const numeral = /(-?(?:0|[1-9]\d*))(\.\d+)?([eE][-+]?\d+)?/y
const literal = /null|true|false/y
/** The characters of a string up to its end, an escape sequence or a control character. */
const plain = /[^"\\\p{Cc}]*/uy

const literals = { null: null, true: true, false: false } as const

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

/** Parses a text. Throws a `JsonDecodeError`. */
export const parse = (text: string): Json => {
  let at = 0

  const fail = (message: string, position: number): never => {
    throw new JsonDecodeError(message, position)
  }

  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found !== null) at = pattern.lastIndex
    return found
  }

  const skipSpace = () => void match(space)

  /** Moves past a character, if it is the next one. */
  const skip = (character: string): boolean => {
    if (text[at] !== character) return false
    at += 1
    return true
  }

  const string = (): string => {
    const start = at
    at += 1
    let value = ""
    for (;;) {
      value += match(plain)?.[0] ?? ""
      if (at >= text.length) return fail("Unterminated string starting at", start)
      if (skip('"')) return value
      if (text[at] !== "\\") {
        // Other control characters, such as DEL, are permitted.
        if (text[at]! < " ") return fail("Invalid control character at", at)
        value += text[at]
        at += 1
        continue
      }
      const backslash = at
      at += 2
      const escape = text[at - 1]
      if (escape === undefined) return fail("Unterminated string starting at", start)
      if (escape === "u") {
        const digits = text.slice(at, at + 4)
        if (!/^[\da-f]{4}$/i.test(digits)) return fail("Invalid \\uXXXX escape", at - 1)
        value += String.fromCharCode(Number.parseInt(digits, 16))
        at += 4
      } else {
        value += escapes[escape] ?? fail("Invalid \\escape", backslash)
      }
    }
  }

  const object = (): Json => {
    const entries: Array<readonly [string, Json]> = []
    at += 1
    skipSpace()
    if (skip("}")) return {}
    for (;;) {
      if (text[at] !== '"') return fail("Expecting property name enclosed in double quotes", at)
      const key = string()
      skipSpace()
      if (!skip(":")) return fail("Expecting ':' delimiter", at)
      skipSpace()
      entries.push([key, value()])
      skipSpace()
      if (skip("}")) return Object.fromEntries(entries)
      if (!skip(",")) return fail("Expecting ',' delimiter", at)
      skipSpace()
    }
  }

  const array = (): Json => {
    const items: Array<Json> = []
    at += 1
    skipSpace()
    if (skip("]")) return items
    for (;;) {
      items.push(value())
      skipSpace()
      if (skip("]")) return items
      if (!skip(",")) return fail("Expecting ',' delimiter", at)
      skipSpace()
    }
  }

  const value = (): Json => {
    switch (text[at]) {
      case '"':
        return string()
      case "{":
        return object()
      case "[":
        return array()
      default: {
        const word = match(literal)?.[0] as keyof typeof literals | undefined
        if (word !== undefined) return literals[word]
        const [digits, integer, fraction, exponent] = match(numeral) ?? fail("Expecting value", at)
        return fraction === undefined && exponent === undefined ? BigInt(integer!) : Number(digits)
      }
    }
  }

  skipSpace()
  const parsed = value()
  skipSpace()
  return at === text.length ? parsed : fail("Extra data", at)
}
