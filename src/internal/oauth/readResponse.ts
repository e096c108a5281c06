import * as Predicate from "effect/Predicate"
import { isSuccess, statusesWithoutContent } from "../http/statuses.js"
import { parseJson } from "../parseJson.js"
import { maxLifetime, readLifetime, readScope, readText } from "../tokens/tokenFields.js"
import { isKnownCode } from "./failures.js"

/** A response of an authorization server, with its body as text. */
export interface ServerResponse {
  readonly status: number
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
}

type Fields = Readonly<Record<string, unknown>>

/** An error response, as it was read. Its texts may hold secrets. */
export interface ReadError {
  readonly _tag: "Error"
  /** Undefined if the response has no error code. */
  readonly code: string | undefined
  readonly description: string | undefined
  readonly interval: unknown
}

/** A response that is no error. */
export interface ReadSuccess {
  readonly _tag: "Success"
  /** The response, as `oauth4webapi` accepts it. */
  readonly response: Response
  /** Names of the fields that were converted or ignored. */
  readonly converted: ReadonlyArray<string>
  readonly ignored: ReadonlyArray<string>
}

/** A body of a form (`application/x-www-form-urlencoded`), which some servers send whatever the `Accept` header. */
const form = /^[\w.-]+=[^\s<>]*$/

/** Reads the fields of a body: of a JSON object, or of a form, whatever the content type. */
const readFields = (text: string): Fields | undefined => {
  const parsed = parseJson(text)
  if (parsed !== undefined) return Predicate.isRecord(parsed) ? parsed : undefined
  const trimmed = text.trim()
  return form.test(trimmed) ? Object.fromEntries(new URLSearchParams(trimmed)) : undefined
}

/** Returns the first text that is not empty. */
const firstText = (...values: ReadonlyArray<unknown>): string | undefined =>
  values.map(readText).find(Predicate.isString)

/** Returns the first text that is a known error code: other texts in these places are not meant as one. */
const firstCode = (...values: ReadonlyArray<unknown>): string | undefined =>
  values.find((value): value is string => Predicate.isString(value) && isKnownCode(value))

/** The error of a `WWW-Authenticate` header, such as `Bearer error="invalid_client"` (RFC 6750, 3). */
const challengeError = /\berror="?([\w.-]+)/

/** Reads an error, which may be a code, or an object with a code and a message (Facebook, Google's APIs). */
const readError = (fields: Fields, headers: ServerResponse["headers"]): ReadError => {
  const { error: sent } = fields
  const error: unknown = Array.isArray(sent) ? sent[0] : sent
  const nested: Fields = Predicate.isRecord(error) ? error : {}
  const challenge = challengeError.exec(headers["www-authenticate"] ?? "")?.[1]
  return {
    _tag: "Error",
    code:
      (Predicate.isString(error) ? firstText(error.trim()) : undefined) ??
      firstCode(nested["error"], nested["code"], nested["status"], nested["type"]) ??
      firstCode(fields["error_code"], fields["errorCode"], fields["code"], challenge),
    description: firstText(
      fields["error_description"],
      nested["message"],
      nested["error_description"],
      nested["description"],
      fields["error_message"],
      fields["errorSummary"],
      fields["message"],
      fields["msg"]
    ),
    interval: fields["interval"]
  }
}

/** Converts names that are separated by commas. A comma is permitted in a name: it separates where nothing else does. */
const normalizeScope = (value: unknown): string | undefined => {
  const scope = readScope(value)?.trim()
  if (scope === undefined || scope === "") return undefined
  return /\s/.test(scope) ? scope : scope.split(",").filter(Boolean).join(" ")
}

/** The fields of responses that are read leniently: a value that can't be read is ignored. */
const readers = (bearerTypes: ReadonlyArray<string>): Readonly<Record<string, (value: unknown) => unknown>> => ({
  expires_in: readLifetime,
  refresh_token: readText,
  scope: normalizeScope,
  token_type: (value) => {
    const type = Predicate.isString(value) ? value.trim() : ""
    return type === "" || bearerTypes.includes(type.toLowerCase()) ? "Bearer" : type
  },
  // The device authorization response (RFC 8628, 3.2).
  interval: readLifetime,
  device_code: readText,
  user_code: readText,
  verification_uri: readText,
  verification_uri_complete: readText
})

/** Reports whether a value means that there is none, such as the lifetime -1. It is ignored without a warning. */
const isEmpty = (value: unknown): boolean =>
  value === "" || (Array.isArray(value) && value.length === 0) || Number(value) <= 0 || Number(value) > maxLifetime

/** The lifetime of a device code whose server sends none, in seconds. */
const defaultCodeLifetime = 900

/** Adds the fields that RFC 6749 and RFC 8628 require, and servers leave out. */
const complete = (fields: Fields): Fields => {
  if (Predicate.isString(fields["access_token"])) return { token_type: "Bearer", ...fields }
  if (fields["device_code"] === undefined) return fields
  return {
    expires_in: defaultCodeLifetime,
    // Google's names are older than the RFC.
    verification_uri: fields["verification_url"] ?? fields["verification_uri_complete"],
    verification_uri_complete: readText(fields["verification_url_complete"]),
    ...fields
  }
}

/**
 * Reads a response of an authorization server. `oauth4webapi` is stricter than servers are, so that it would throw away a new
 * refresh token for a `scope` that is a list. The differences:
 *
 * - a body may be a form, and the content type of JSON does not matter
 * - a token response may have any status of 2xx
 * - an `error` in a 2xx without a token is an error response
 * - fields that are `null` are removed; optional fields are converted, or removed if they can't be read
 * - a missing `token_type` is `Bearer`, as are the types in `bearerTypes` (in lower case)
 * - a device code without a lifetime lasts 15 minutes
 */
export const readResponse = (
  { headers, status, text }: ServerResponse,
  bearerTypes: ReadonlyArray<string>
): ReadSuccess | ReadError => {
  const fields = readFields(text)
  const isGrant = Predicate.isString(fields?.["access_token"]) && fields["access_token"] !== ""
  const hasError = Predicate.isString(fields?.["error"])
    ? fields["error"] !== ""
    : Predicate.isRecord(fields?.["error"])
  if (!isSuccess(status) || (hasError && !isGrant)) return readError(fields ?? {}, headers)

  // The constructor accepts no body for these.
  const body = statusesWithoutContent.includes(status) ? null : text
  const other = { _tag: "Success", converted: [], ignored: [] } as const
  if (fields === undefined || body === null) {
    return { ...other, response: new Response(body, { status, headers: { "content-type": "text/plain" } }) }
  }
  const converted: Array<string> = []
  const ignored: Array<string> = []
  const known = readers(bearerTypes)
  const read = Object.entries(fields).flatMap(([name, value]): ReadonlyArray<readonly [string, unknown]> => {
    if (value === null) return []
    const reader = Object.hasOwn(known, name) ? known[name] : undefined
    const result = reader === undefined ? value : reader(value)
    if (result === undefined) {
      if (!isEmpty(value)) ignored.push(name)
      return []
    }
    if (result !== value && name !== "token_type") converted.push(name)
    return [[name, result]]
  })
  const done = complete(Object.fromEntries(read))
  const isExact = isGrant || done["device_code"] !== undefined
  return { _tag: "Success", response: Response.json(done, { status: isExact ? 200 : status }), converted, ignored }
}
