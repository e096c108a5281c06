import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { isCredentialHeader, secretsOf } from "../call/secrets.js"
import { parseJson } from "../parseJson.js"
import { stringify } from "../http/json.js"
import { isFormType, isJsonType } from "../http/mediaType.js"
import { makePlaceholders } from "./placeholders.js"

/** Stands for a secret. */
export const redacted = "<redacted>"

/** Replaces the secrets of a request. */
export interface Redactor {
  /** Returns a value of a header or a parameter, without secrets. */
  readonly value: (text: string) => string
  readonly json: (value: unknown) => unknown
  /** Returns a body without secrets, by its content type. */
  readonly body: (text: string, contentType: string) => string
  readonly headers: (headers: HttpClientRequest["headers"]) => Readonly<Record<string, string>>
  readonly url: (url: URL) => string
}

/** Schemes of authentication (RFC 9110, 16.4.1), which are no secrets. */
const scheme = /^(?:Basic|Bearer|Digest|DPoP|HOBA|Mutual|Negotiate|OAuth|PrivateToken) (?=\S)/i

/**
 * Makes the redactor of a request.
 *
 * - `input`: the caller's input, whose `Redacted` values are secrets
 * - `plain`, `authorized`: the request without and with credentials, which are secrets
 */
export const makeRedactor = (input: unknown, plain: HttpClientRequest, authorized: HttpClientRequest): Redactor => {
  const secrets = secretsOf(input, plain, authorized).filter((secret) => secret !== "")
  const placeholders = makePlaceholders(() => redacted)
  for (const secret of secrets) placeholders.add(secret)

  const value = (text: string): string => (secrets.includes(text) ? redacted : (placeholders.replace(text) ?? redacted))
  const json = (one: unknown): unknown => {
    if (typeof one === "string") return value(one)
    if (Array.isArray(one)) return one.map(json)
    if (typeof one !== "object" || one === null) return secrets.includes(String(one)) ? redacted : one
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [value(key), json(inner)]))
  }
  const fields = (pairs: URLSearchParams): string =>
    [...pairs].map(([name, one]) => `${encode(value(name))}=${encode(value(one))}`).join("&")
  return {
    value,
    json,
    body: (text, contentType) => {
      if (secrets.length === 0) return text
      if (isJsonType(contentType)) {
        const parsed = parseJson(text)
        return parsed === undefined ? value(text) : stringify(json(parsed))
      }
      return isFormType(contentType) ? fields(new URLSearchParams(text)) : value(text)
    },
    headers: (headers) =>
      Object.fromEntries(
        Object.entries(headers).map(([name, one]) => {
          const isSecret = isCredentialHeader(name) || plain.headers[name] !== one
          if (!isSecret) return [name, value(one)]
          const prefix = name.endsWith("authorization") ? (scheme.exec(one)?.[0] ?? "") : ""
          return [name, prefix + redacted]
        })
      ),
    url: ({ origin, pathname, searchParams }) => {
      const path = pathname
        .split("/")
        .map((segment) => {
          const text = decode(segment)
          const clean = value(text)
          return clean === text ? segment : clean
        })
        .join("/")
      const query = fields(searchParams)
      return `${origin}${path}${query === "" ? "" : `?${query}`}`
    }
  }
}

/** Percent-encodes a text, and leaves the mark of a secret readable. */
const encode = (text: string): string => text.split(redacted).map(encodeURIComponent).join(redacted)

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
