import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import { canonical } from "./canonical.js"

const redactedIn = (value: unknown, found: Set<string>, depth = 0): void => {
  if (Redacted.isRedacted(value)) {
    found.add(String(Redacted.value(value)))
  } else if (typeof value === "object" && value !== null && depth < 10) {
    Object.values(value).forEach((part) => redactedIn(part, found, depth + 1))
  }
}

/** Whether an input holds anything that is `Redacted`. */
export const holdsSecrets = (input: unknown): boolean => {
  const found = new Set<string>()
  redactedIn(input, found)
  return found.size > 0
}

/** What the authoriser put on the request: the values of headers, their credentials, and what Basic ones decode to. */
const credentialsIn = (plain: HttpClientRequest, authorised: HttpClientRequest, found: Set<string>): void => {
  for (const [name, value] of Object.entries(authorised.headers)) {
    if (plain.headers[name] === value) continue
    found.add(value)
    const credentials = value.slice(value.indexOf(" ") + 1)
    found.add(credentials)
    const decoded = Either.getOrElse(Encoding.decodeBase64String(credentials), () => "")
    if (decoded.includes(":")) found.add(decoded.slice(decoded.indexOf(":") + 1))
  }
}

const inBase64 = (secret: string): ReadonlyArray<string> =>
  [Encoding.encodeBase64(secret), Encoding.encodeBase64Url(secret)].map((text) => text.replace(/=+$/, ""))

/** As much of a text as is searched, in characters; the rest is dropped. */
const mostSearched = 16 * 1024

/** Fewer characters of a secret's beginning, at the end of a text, give nothing away. */
const fewest = 4

/** How many characters at the end of a text are the beginning of a secret. */
const begun = (text: string, secret: string): number => {
  for (let length = Math.min(secret.length - 1, text.length); length >= fewest; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return length
  }
  return 0
}

/** A text without these secrets, however they are escaped there, and without half of one at its end. */
const without = (secrets: ReadonlyArray<string>, given: string): string => {
  const original = given.slice(0, mostSearched)
  const { from, text, to } = canonical(original)
  const ranges: Array<readonly [from: number, to: number]> = []
  const add = (start: number, end: number) => ranges.push([from[start]!, to[end - 1]!])
  for (const secret of secrets) {
    for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) add(at, at + secret.length)
    const half = begun(text, secret)
    if (half > 0) add(text.length - half, text.length)
  }
  let clean = ""
  let end: number | undefined
  for (const [start, stop] of ranges.sort((one, other) => one[0] - other[0])) {
    if (end === undefined || start > end) clean += `${original.slice(end, start)}<redacted>`
    end = Math.max(end ?? 0, stop)
  }
  return clean + original.slice(end)
}

/**
 * A function that takes the secrets of a call out of a text: what is `Redacted` in its input, and what the authoriser put on
 * its request. Servers, and proxies before them, do send requests back in their error pages.
 */
export const scrubber = (
  input: unknown,
  plain: HttpClientRequest | undefined,
  authorised: HttpClientRequest | undefined
): ((text: string) => string) => {
  let secrets: ReadonlyArray<string> | undefined
  const find = () => {
    const found = new Set<string>()
    redactedIn(input, found)
    if (plain !== undefined && authorised !== undefined) credentialsIn(plain, authorised, found)
    found.delete("")
    const texts = [...found].flatMap((secret) => [secret, ...inBase64(secret)])
    return [...new Set(texts.map((text) => canonical(text).text))].filter((text) => text !== "")
  }
  return (text) => without((secrets ??= find()), text)
}
