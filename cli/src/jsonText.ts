import { randomUUID } from "node:crypto"

/**
 * Parses JSON without loss: whole numbers that a double can't hold exactly become big integers. Throws a `SyntaxError` for other texts.
 */
export const parseJson = (text: string): unknown => {
  // A byte order mark is no part of JSON (RFC 8259, 8.1).
  const json = text.replace(/^\ufeff/, "")
  const value: unknown = JSON.parse(json)
  if (!/\d{16}/.test(json)) return value
  // A mark that no text has, so that only these numbers become big integers.
  const mark = randomUUID()
  let found = false
  let inString = false
  // Strings are not matched whole: a regular expression overflows the stack for one of 20 million characters.
  const marked = json.replace(/\\.|"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) => {
    if (token === '"') inString = !inString
    if (inString || !/^-?\d{16,}$/.test(token) || Number.isSafeInteger(Number(token))) return token
    found = true
    return `"${mark}${token}"`
  })
  if (!found) return value
  return JSON.parse(marked, (_, one: unknown) =>
    typeof one === "string" && one.startsWith(mark) ? BigInt(one.slice(mark.length)) : one
  )
}
