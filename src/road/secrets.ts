import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"

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

const inJson = (secret: string): string => JSON.stringify(secret).slice(1, -1)

/** The ways in which a server may send a secret back. */
const spellings = (secret: string): ReadonlyArray<string> => [
  secret,
  inJson(secret),
  ...(secret.isWellFormed() ? [encodeURIComponent(secret)] : []),
  Encoding.encodeBase64(secret)
]

/**
 * A function that takes the secrets of a call out of a text: what is `Redacted` in its input, and what the authoriser put on
 * its request. Servers, and proxies before them, do send requests back in their error pages.
 */
export const scrubber = (
  input: unknown,
  plain: HttpClientRequest | undefined,
  authorised: HttpClientRequest | undefined
): ((text: string) => string) => {
  const found = new Set<string>()
  redactedIn(input, found)
  if (plain !== undefined && authorised !== undefined) credentialsIn(plain, authorised, found)
  found.delete("")
  const texts = [...new Set([...found].flatMap(spellings))].sort((a, b) => b.length - a.length)
  return (text) => texts.reduce((clean, secret) => clean.replaceAll(secret, "<redacted>"), text)
}
