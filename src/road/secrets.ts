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

const base64 = (secret: string): ReadonlyArray<string> =>
  [Encoding.encodeBase64(secret), Encoding.encodeBase64Url(secret)].map((text) => text.replace(/=+$/, ""))

/** The ways in which a secret is mostly sent back; a text that has it in one of these keeps the rest. */
const spellings = (secret: string): ReadonlyArray<string> => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  ...(secret.isWellFormed() ? [encodeURIComponent(secret)] : []),
  ...base64(secret)
]

/** As much of a text as is searched, in characters; the rest is dropped. */
const mostSearched = 16_384

/** Fewer characters of a secret's beginning, at the end of a text, give nothing away. */
const fewest = 4

/** A text without the half of a secret that it may end with: a body that was cut short. */
const withoutHalf = (text: string, secret: string): string => {
  for (let length = Math.min(secret.length - 1, text.length); length >= fewest; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return `${text.slice(0, -length)}<redacted>`
  }
  return text
}

/**
 * A function that takes the secrets of a call out of a text: what is `Redacted` in its input, and what the authoriser put on
 * its request. Servers, and proxies before them, do send requests back in their error pages. A text that hides a secret behind
 * escapes of its own is dropped as a whole.
 */
export const scrubber = (
  input: unknown,
  plain: HttpClientRequest | undefined,
  authorised: HttpClientRequest | undefined
): ((text: string) => string) => {
  const find = () => {
    const found = new Set<string>()
    redactedIn(input, found)
    if (plain !== undefined && authorised !== undefined) credentialsIn(plain, authorised, found)
    found.delete("")
    return {
      written: [...new Set([...found].flatMap(spellings))].sort((one, other) => other.length - one.length),
      meant: [...found]
        .flatMap((secret) => [secret, ...base64(secret)])
        .map(canonical)
        .filter((text) => text !== "")
    }
  }
  let secrets: ReturnType<typeof find> | undefined
  return (text) => {
    const { meant, written } = (secrets ??= find())
    const clean = written.reduce(
      (clean, secret) => withoutHalf(clean.replaceAll(secret, "<redacted>"), secret),
      text.slice(0, mostSearched)
    )
    const rest = canonical(clean)
    return meant.some((secret) => rest.includes(secret)) ? "<redacted>" : clean
  }
}
