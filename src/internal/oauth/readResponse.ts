import * as Predicate from "effect/Predicate"
import { isSuccess, statusesWithoutContent } from "../http/statuses.js"
import { parseJson } from "../parseJson.js"
import { maxLifetime, readLifetime, readNumber, readScope, readText } from "../tokens/tokenFields.js"
import { knownCode } from "./failures.js"
import { jsonResponse } from "./jsonResponse.js"

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
  /** True if the server says that a later request may succeed. */
  readonly transient: boolean
}

/** A response that is no error. */
export interface ReadSuccess {
  readonly _tag: "Success"
  /** The response, as `oauth4webapi` accepts it. */
  readonly response: Response
  /** Names of the fields that were converted or ignored. */
  readonly converted: ReadonlyArray<string>
  readonly ignored: ReadonlyArray<string>
  /** Names of the fields whose value means that there is none. */
  readonly empty: ReadonlyArray<string>
  /** True if the body is neither a JSON object nor a form, such as the page of a proxy. */
  readonly unreadable: boolean
}

/**
 * A body of a form (`application/x-www-form-urlencoded`), which some servers send whatever the `Accept` header. Its values may have
 * raw spaces, and it may begin as a query does.
 */
const form = /^\??[\w.-]+=[^\r\n]*$/

/** Reads the fields of a body: of a JSON object, or of a form, whatever the content type. */
const readFields = (text: string): Fields | undefined => {
  const parsed = parseJson(text)
  if (parsed !== undefined) return Predicate.isRecord(parsed) ? parsed : undefined
  const trimmed = text.trim()
  return form.test(trimmed) ? Object.fromEntries(new URLSearchParams(trimmed)) : undefined
}

/** Returns a body that is a text alone, which may be a text of JSON. */
const wholeText = (text: string): string => {
  const parsed = parseJson(text)
  return Predicate.isString(parsed) ? parsed : text.trim()
}

/** Returns the first text that is not empty. */
const firstText = (...values: ReadonlyArray<unknown>): string | undefined =>
  values.map(readText).find(Predicate.isString)

/** The fields in which servers send an error code, the most specific first. */
const codeFields = [
  "error",
  "error_code",
  "errorCode",
  "code",
  "status",
  "type",
  "errorType",
  "reason",
  "name",
  "title",
  "error_description",
  "message",
  "errmsg",
  "msg",
  "errors"
]

/** The depth of objects at which error codes are looked for: `{"error":{"errors":[{"reason":"…"}]}}` has three. */
const maxDepth = 3

const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value)

/**
 * Returns the first known error code of a value: a text, an object, or a list whose first element is one of them. Other texts in these
 * places are not meant as a code.
 */
const findCode = (value: unknown, depth = 0): string | undefined => {
  const first = firstOf(value)
  if (Predicate.isString(first)) return knownCode(first)
  if (!Predicate.isRecord(first) || depth === maxDepth) return undefined
  for (const name of codeFields) {
    const code = findCode(first[name], depth + 1)
    if (code !== undefined) return code
  }
  return undefined
}

/** The error of a `WWW-Authenticate` header, such as `Bearer error="invalid_client"` (RFC 6750, 3). */
const challengeError = /\berror="?([\w.-]+)/

/** Headers that tell how many more requests a server accepts for now. */
const remainingHeaders = ["x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining"]

/**
 * Reads an error, which may be a code, or an object with a code and a message (Facebook, Google's APIs). A known code in any place has
 * precedence over another text in `error`, such as `Bad Request`.
 */
const readError = (text: string, fields: Fields, headers: ServerResponse["headers"]): ReadError => {
  const error = firstOf(fields["error"])
  const listed = firstOf(fields["errors"])
  const nested: Fields = Predicate.isRecord(error) ? error : Predicate.isRecord(listed) ? listed : {}
  const challenge = challengeError.exec(headers["www-authenticate"] ?? "")?.[1]
  return {
    _tag: "Error",
    code:
      findCode(fields) ??
      knownCode(text) ??
      findCode(challenge) ??
      (Predicate.isString(error) ? firstText(error.trim()) : undefined),
    description: firstText(
      fields["error_description"],
      nested["message"],
      nested["error_description"],
      nested["description"],
      fields["error_message"],
      fields["errorSummary"],
      fields["message"],
      fields["errmsg"],
      fields["msg"]
    ),
    interval: fields["interval"],
    transient:
      [fields, nested].some((object) => object["is_transient"] === true) ||
      remainingHeaders.some((name) => headers[name]?.trim() === "0")
  }
}

/** Reports whether a code of a response is one of an error: neither zero nor a status of 2xx. */
const isErrorCode = (value: unknown): boolean => {
  if (Predicate.isString(value) && readNumber(value) === undefined)
    return value !== "" && !/^(?:ok|success)$/i.test(value)
  const number = readNumber(value)
  return number !== undefined && number !== 0 && !isSuccess(number)
}

/** Reports whether the fields of a 2xx without a token are those of an error. */
const isRefusal = (fields: Fields): boolean => {
  const { error, errors } = fields
  return (
    (Predicate.isString(error) && error !== "") ||
    (Array.isArray(error) && error.length > 0) ||
    Predicate.isRecord(error) ||
    error === true ||
    (Array.isArray(errors) && errors.length > 0) ||
    fields["ok"] === false ||
    fields["success"] === false ||
    ["errcode", "error_code", "errorCode", "errno"].some((name) => isErrorCode(fields[name])) ||
    (isErrorCode(fields["code"]) && firstText(fields["message"], fields["msg"]) !== undefined) ||
    findCode(fields) !== undefined
  )
}

/**
 * Converts names that are separated by commas, with or without spaces. A comma without a space is permitted in a name: it separates
 * where nothing else does.
 */
const normalizeScope = (value: unknown): string | undefined => {
  const normalized = (Array.isArray(value) ? value : [value]).flatMap((item) => {
    const scope = readScope(item)?.trim().replaceAll(/,\s+/g, " ")
    if (scope === undefined || scope === "") return []
    return /\s/.test(scope) ? [scope] : scope.split(",").filter(Boolean)
  })
  return firstText(normalized.join(" "))
}

/** The fields of responses that are read leniently: a value that can't be read is ignored. */
const readers = (bearerTypes: ReadonlyArray<string>): Readonly<Record<string, (value: unknown) => unknown>> => ({
  access_token: readText,
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

/** Reports whether the value of a field means that there is none, such as the lifetime -1. It is ignored without a warning. */
const isEmpty = (name: string, value: unknown): boolean =>
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (["expires_in", "interval"].includes(name) && (Number(value) <= 0 || Number(value) > maxLifetime))

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
 * - a 2xx without a token is an error response if it has an `error`, a known error code, or says that it is no success
 * - fields that are `null` are removed; optional fields are converted, or removed if they can't be read
 * - a missing `token_type` is `Bearer`, as are the types in `bearerTypes` (in lower case)
 * - a device code without a lifetime lasts 15 minutes
 */
export const readResponse = (
  { headers, status, text }: ServerResponse,
  bearerTypes: ReadonlyArray<string>
): ReadSuccess | ReadError => {
  const fields = readFields(text)
  const isGrant = readText(fields?.["access_token"]) !== undefined
  const isOther = isGrant || ["device_code", "request_uri"].some((name) => readText(fields?.[name]) !== undefined)
  const body = fields === undefined ? wholeText(text) : ""
  if (!isSuccess(status) || knownCode(body) !== undefined || (fields !== undefined && !isOther && isRefusal(fields))) {
    return readError(body, fields ?? {}, headers)
  }

  // The constructor accepts no body for these.
  const content = statusesWithoutContent.includes(status) ? null : text
  if (fields === undefined || content === null) {
    return {
      _tag: "Success",
      response: new Response(content, { status, headers: { "content-type": "text/plain" } }),
      converted: [],
      ignored: [],
      empty: [],
      unreadable: true
    }
  }
  const converted: Array<string> = []
  const ignored: Array<string> = []
  const empty: Array<string> = []
  const known = readers(bearerTypes)
  const read = Object.entries(fields).flatMap(([name, value]): ReadonlyArray<readonly [string, unknown]> => {
    if (value === null) return []
    const reader = Object.hasOwn(known, name) ? known[name] : undefined
    const result = reader === undefined ? value : reader(value)
    if (result === undefined) {
      if (isEmpty(name, value)) empty.push(name)
      else ignored.push(name)
      return []
    }
    if (result !== value && name !== "token_type") converted.push(name)
    return [[name, result]]
  })
  const done = complete(Object.fromEntries(read))
  const isExact = isGrant || done["device_code"] !== undefined
  const response = jsonResponse(done, isExact ? 200 : status)
  return { _tag: "Success", response, converted, ignored, empty, unreadable: false }
}
