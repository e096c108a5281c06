import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { canonical } from "./canonical.js"

/** Texts, and texts within what is redacted as a whole. */
const redactedIn = (value: unknown, found: Set<string>, seen = new Set<unknown>(), inside = false): void => {
  if (Redacted.isRedacted(value)) {
    const secret = Redacted.value(value)
    if (typeof secret === "object") redactedIn(secret, found, seen, true)
    else found.add(String(secret))
  } else if (typeof value === "object" && value !== null) {
    // Bytes are no texts, and a Stream is not read.
    if (seen.has(value) || ArrayBuffer.isView(value) || Predicate.hasProperty(value, Stream.StreamTypeId)) return
    seen.add(value)
    const parts = Predicate.isIterable(value) ? value : Object.values(value)
    for (const part of parts) redactedIn(part, found, seen, inside)
  } else if (inside) {
    found.add(String(value))
  }
}

/** Whether an input holds anything that is `Redacted`. */
export const holdsSecrets = (input: unknown): boolean => {
  const found = new Set<string>()
  redactedIn(input, found)
  return found.size > 0
}

/** Headers that are credentials, whoever puts them on (RFC 9110, 11; RFC 6265). */
const credentialHeaders = ["authorization", "proxy-authorization", "cookie"]

/** Whether a request has credentials that its caller put on. */
export const carriesCredentials = ({ headers }: HttpClientRequest): boolean =>
  credentialHeaders.some((name) => headers[name] !== undefined)

/**
 * What the authoriser put on the request, or the caller by the names above: values of the query, values of headers, the credentials in these, and what Basic
 * ones decode to.
 */
const credentialsIn = (plain: HttpClientRequest, authorised: HttpClientRequest, found: Set<string>): void => {
  for (const [name, value] of authorised.urlParams) {
    if (!plain.urlParams.some(([other, same]) => other === name && same === value)) found.add(value)
  }
  for (const [name, value] of Object.entries(authorised.headers)) {
    if (plain.headers[name] === value && !credentialHeaders.includes(name)) continue
    found.add(value)
    const credentials = value.slice(value.indexOf(" ") + 1)
    found.add(credentials)
    const decoded = Either.getOrElse(Encoding.decodeBase64String(credentials), () => "")
    if (decoded.includes(":")) found.add(decoded.slice(decoded.indexOf(":") + 1))
  }
}

const base64 = (secret: string): ReadonlyArray<string> =>
  [Encoding.encodeBase64(secret), Encoding.encodeBase64Url(secret)].map((text) => text.replace(/=+$/, ""))

/** As much of a text as is searched, in characters; the rest is dropped. */
const mostSearched = 16_384

/** Fewer characters of a secret's beginning, at the end of a text, give nothing away. */
const fewest = 4

/** Whether a text has a secret, or ends amid one, as a body does that was cut short. */
const repeats = (text: string, secret: string): boolean => {
  if (text.includes(secret)) return true
  for (let length = Math.min(secret.length - 1, text.length); length >= fewest; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return true
  }
  return false
}

/**
 * A function that drops a text in which a server repeats a secret of the call, however it is escaped: what is `Redacted` in
 * its input, or what the authoriser put on its request. Servers, and proxies before them, do send requests back in their error
 * pages.
 */
export const scrubber = (
  input: unknown,
  plain: HttpClientRequest | undefined,
  authorised: HttpClientRequest | undefined
): ((text: string) => string) => {
  const find = () => {
    const found = new Set<string>()
    redactedIn(input, found)
    if (plain !== undefined) credentialsIn(plain, authorised ?? plain, found)
    const spellings = [...found].flatMap((secret) => [secret, ...base64(secret)])
    return [...new Set(spellings.map(canonical))].filter((text) => text !== "")
  }
  let secrets: ReadonlyArray<string> | undefined
  return (text) => {
    const searched = text.slice(0, mostSearched)
    const meant = canonical(searched)
    return (secrets ??= find()).some((secret) => repeats(meant, secret))
      ? "<redacted: it repeats a secret of this call>"
      : searched
  }
}
