import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { decodeBase64, encodeBase64 } from "../base64.js"
import { canonical } from "../http/canonicalText.js"

/** Collects the texts of `Redacted` values, and every text within a `Redacted` object. */
const collectRedacted = (value: unknown, found: Set<string>, seen = new Set<unknown>(), inside = false): void => {
  if (Redacted.isRedacted(value)) {
    const secret = Redacted.value(value)
    if (typeof secret === "object") collectRedacted(secret, found, seen, true)
    else found.add(String(secret))
  } else if (typeof value === "object" && value !== null) {
    // Bytes are not searched, and a Stream can't be.
    if (seen.has(value) || ArrayBuffer.isView(value) || Predicate.hasProperty(value, Stream.StreamTypeId)) return
    seen.add(value)
    const parts = Predicate.isIterable(value) ? value : Object.values(value)
    for (const part of parts) collectRedacted(part, found, seen, inside)
  } else if (inside) {
    found.add(String(value))
  }
}

/** Reports whether an input has `Redacted` values. */
export const holdsSecrets = (input: unknown): boolean => {
  const found = new Set<string>()
  collectRedacted(input, found)
  return found.size > 0
}

/** Headers that hold credentials (RFC 9110, 11; RFC 6265). */
export const credentialHeaders = ["authorization", "proxy-authorization", "cookie"]

/** Names of headers that hold credentials by convention, such as `x-api-key`, `x-auth-token` or `set-cookie`. */
const credentialNames =
  /\bauth\b|authori[sz]ation|authentication|cookie|token\b|secret|passw|credential|signature|session|csrf|xsrf|key\b/

/** Reports whether a header holds credentials, by its name in lower case. Servers repeat idempotency keys in explanations. */
export const isCredentialHeader = (name: string): boolean => credentialNames.test(name) && !name.includes("idempotency")

/** Reports whether a request has credentials that the caller set as headers. */
export const carriesCredentials = ({ headers }: HttpClientRequest): boolean =>
  credentialHeaders.some((name) => headers[name] !== undefined)

/** Returns the query parameters of a request, those in its URL included. */
export const paramsOf = ({
  url,
  urlParams
}: HttpClientRequest): ReadonlyArray<readonly [name: string, value: string]> => [
  ...new URL(url).searchParams,
  ...urlParams
]

/**
 * Collects the credentials of a request, from the authoriser, the API's default headers or the caller: values of query parameters
 * and headers, the part after the authentication scheme, and the password of Basic credentials, or the user name if there is no password.
 */
const collectCredentials = (plain: HttpClientRequest, authorized: HttpClientRequest, found: Set<string>): void => {
  const own = paramsOf(plain)
  const isRedirected = authorized.url.split("?")[0] !== plain.url.split("?")[0]
  for (const [name, value] of isRedirected ? authorized.urlParams : paramsOf(authorized)) {
    if (!own.some(([other, same]) => other === name && same === value)) found.add(value)
  }
  for (const [name, value] of Object.entries(authorized.headers)) {
    if (plain.headers[name] !== value || isCredentialHeader(name)) collectFromHeader(name, value, found)
  }
}

/** Collects the secrets of a header, whose name is in lower case. */
export const collectFromHeader = (name: string, value: string, found: Set<string>): void => {
  const credentials = value.slice(value.indexOf(" ") + 1)
  // An authentication scheme, with which the value begins, is no secret.
  if (!name.endsWith("authorization")) found.add(value)
  found.add(credentials)
  if (name === "cookie") for (const pair of value.split(/; */)) found.add(pair.slice(pair.indexOf("=") + 1))
  const decoded = decodeBase64(credentials) ?? ""
  const colon = decoded.indexOf(":")
  // Where there is no password, the user name is the secret.
  if (colon >= 0) found.add(decoded.slice(colon + 1) || decoded.slice(0, colon))
}

/** Returns the secrets of a request: the `Redacted` values of its input, and its credentials. */
export const secretsOf = (
  input: unknown,
  plain: HttpClientRequest,
  authorized: HttpClientRequest
): ReadonlyArray<string> => {
  const found = new Set<string>()
  collectRedacted(input, found)
  collectCredentials(plain, authorized, found)
  return [...found]
}

/** A secret in base64 and base64url, without padding. */
const base64 = (secret: string): ReadonlyArray<string> => {
  const text = encodeBase64(secret).replace(/=+$/, "")
  return [text, text.replaceAll("+", "-").replaceAll("/", "_")]
}

/** Returns the spellings by which secrets of at least this length are found in canonical texts. */
const spellingsOf = (secrets: ReadonlySet<string>, shortest: number): ReadonlyArray<string> => [
  ...new Set(
    [...secrets].flatMap((secret) => (secret.length >= shortest ? [secret, ...base64(secret)].map(canonical) : []))
  )
]

/** The length from which a credential is searched for within a URL, in characters: a shorter one is there by chance. */
const shortestInUrl = 8

/** Returns a function that reports whether a URL, or a part of one, contains a credential of a request, in any spelling. */
export const makeRevealsCredentials = (
  plain: HttpClientRequest,
  authorized: HttpClientRequest
): ((text: string) => boolean) => {
  const found = new Set<string>()
  collectCredentials(plain, authorized, found)
  const spellings = spellingsOf(found, shortestInUrl)
  return (text) => {
    const canonicalText = canonical(text)
    return spellings.some((secret) => canonicalText.includes(secret))
  }
}

/** The length of a text that is searched, in characters. The rest of a longer text is dropped. */
const searchedLength = 16_384

/**
 * The length from which a secret is searched for, in characters without escapes, and a prefix of one at the end of a text. Most texts
 * contain or are a shorter one by chance: a search for it would remove explanations of the server.
 */
const shortest = 4

const isLong = (secret: string): boolean => secret.length >= shortest

/** Reports whether a text contains a secret, or ends with the beginning of one, such as a body that was cut short. */
const contains = (text: string, secret: string): boolean => {
  if (text.includes(secret)) return true
  for (let length = Math.min(secret.length - 1, text.length); length >= shortest; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return true
  }
  return false
}

const replacement = "<redacted: it repeats a secret of this call>"

/** Removes the secrets of a call from texts of the server. */
export interface Scrubber {
  /** The text, or its first 16,384 characters. A fixed replacement if it contains a secret. */
  readonly text: (text: string) => string
  /** The JSON value, in which every string and every key that contains a secret is replaced, and every number that is one. */
  readonly json: (value: unknown) => unknown
}

/**
 * Makes the scrubber of a call. Servers and proxies repeat requests in their error pages, in the escapes of JSON, URLs,
 * HTML and base64. A text that contains a secret is replaced as a whole, since the part that reveals the secret is not certain.
 *
 * A secret of fewer than 4 characters is not searched for, neither itself nor in base64. An error repeats it if the server does.
 *
 * - `input`: the caller's input, whose `Redacted` values are secrets
 * - `plain`, `authorized`: the request without and with credentials, which are secrets
 */
export const makeScrubber = (
  input: unknown,
  plain: HttpClientRequest | undefined,
  authorized: HttpClientRequest | undefined
): Scrubber => {
  const collect = () => {
    const found = new Set<string>()
    collectRedacted(input, found)
    if (plain !== undefined) collectCredentials(plain, authorized ?? plain, found)
    return spellingsOf(found, shortest).filter(isLong)
  }
  let collected: ReadonlyArray<string> | undefined
  const secrets = () => (collected ??= collect())
  /** Reports whether a text has none of the secrets, in any spelling. */
  const isFree = (text: string, has: (canonicalText: string, secret: string) => boolean): boolean => {
    if (secrets().length === 0) return true
    const canonicalText = canonical(text)
    return !secrets().some((secret) => has(canonicalText, secret))
  }
  const isClean = (text: string) => isFree(text, contains)
  /** Reports whether a key contains no secret. Field names often end with the beginning of one, which does not reveal it. */
  const isCleanKey = (key: string) => isFree(key, (text, secret) => text.includes(secret))
  const json = (value: unknown): unknown => {
    if (typeof value === "string") return isClean(value) ? value : replacement
    if (Array.isArray(value)) return value.map(json)
    if (typeof value !== "object" || value === null)
      return isFree(String(value), (text, secret) => text === secret) ? value : replacement
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [isCleanKey(key) ? key : replacement, json(one)])
    )
  }
  return {
    text: (text) => {
      const searched = text.slice(0, searchedLength)
      return isClean(searched) ? searched : replacement
    },
    json: (value) => (secrets().length === 0 ? value : json(value))
  }
}
