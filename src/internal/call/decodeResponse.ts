import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type * as HeraldError from "../../HeraldError.js"
import type { NotModified } from "../../Endpoint.js"
import type { Issue } from "../../Issue.js"
import { type RawResponse, textOf } from "../../RawResponse.js"
import type { Decoded, Json, Mismatch } from "../endpoint/Codec.js"
import type { ErrorReader } from "../endpoint/CompiledEndpoint.js"
import { attachDetails } from "../errorDetails.js"
import { parse } from "../http/json.js"
import { closest } from "../parseIssues.js"
import { type ErrorBody, readErrorBody } from "./errorBody.js"
import {
  decodeError,
  errorDetails,
  type ErrorContext,
  listIssues,
  scrubIssues,
  scrubberOf,
  statusError,
  type StatusContent,
  tagOf
} from "./errors.js"
import { isNotModified } from "./notModified.js"
import type { Scrubber } from "./secrets.js"

/** A response that an error is about. */
type ResponseContext = ErrorContext & { readonly response: RawResponse }

/** Parses the JSON of a response. Returns undefined if its body is empty. */
const parseJson = (response: RawResponse): Either.Either<unknown, Mismatch> => {
  const text = textOf(response)
  if (text === "") return Either.right(undefined)
  try {
    return Either.right(parse(text))
  } catch {
    const type = response.headers["content-type"]?.replace(/;.*/s, "") ?? "no content type"
    return Either.left({
      reason: "Json",
      issues: [{ path: [], message: `the body is not JSON, or is cut short (${type}, ${text.length} characters)` }]
    })
  }
}

/** Makes a function that parses JSON when it is first called. */
const once = (parse: Json): Json => {
  let parsed: ReturnType<Json> | undefined
  return () => (parsed ??= parse())
}

/** Decodes the response of a success by the first reader that succeeds. */
export const decodeSuccess = (context: ResponseContext): Decoded<HeraldError.DecodeError> => {
  const { response } = context
  const { successStatuses, successes } = context.call.endpoint
  const readers = successes(response.status)
  if (isNotModified(context.call, response.status)) {
    const value: NotModified = { _tag: "NotModified", headers: response.headers }
    return Either.right(value)
  }
  if (readers === undefined) {
    const message = `the status should be ${successStatuses}, and is ${response.status}`
    return Either.left(decodeError(context, "Status", [{ path: [], message }]))
  }
  const parsed = once(() => parseJson(response))
  const issues: Array<Issue> = []
  let reason: Mismatch["reason"] = "Shape"
  for (const reader of readers) {
    const decoded = reader.read(response, parsed, context.call, context)
    // A right side has no error, of whatever type.
    if (Either.isRight(decoded)) return decoded as Either.Right<never, unknown>
    reason = decoded.left.reason
    issues.push(...decoded.left.issues)
  }
  return Either.left(decodeError(context, reason, issues))
}

/** Decodes a response: that of a success to its value, and that of an error, as the cache stores them, to the error. */
export const decodeResponse = (context: ResponseContext): Decoded<HeraldError.AnyError> => {
  const { status } = context.response
  const { errors, successes } = context.call.endpoint
  const isError = status >= 400 || (errors(status) !== undefined && !isNotModified(context.call, status))
  return isError && successes(status) === undefined
    ? Either.left(decodeFailure(context, undefined))
    : decodeSuccess(context)
}

/** The maximum length of a plain text that is an explanation, in characters. */
const plainLength = 1024

/** The maximum length of a body that an error has as data, in characters. */
const dataLength = 65_536

/** The maximum nesting of the body of an error. Deeper JSON could overflow the stack of a program that prints the error. */
const maxDepth = 100

const isShallow = (value: unknown, depth = 0): boolean =>
  typeof value !== "object" ||
  value === null ||
  (depth < maxDepth && Object.values(value).every((one) => isShallow(one, depth + 1)))

/** Makes a function that parses the JSON of an error when it is first called. */
const parseError = (response: RawResponse): Json =>
  once(() =>
    Either.filterOrLeft(parseJson(response), isShallow, (): Mismatch => ({
      reason: "Json",
      issues: [{ path: [], message: "the body is nested too deeply" }]
    }))
  )

/** Reads the content of an error that no schema describes, without secrets of the call. */
export const statusContent = (
  context: ResponseContext,
  scrubber = scrubberOf(context),
  parsed: Json = parseError(context.response)
): StatusContent & ErrorBody => {
  const { sensitive } = context.call.endpoint
  const body = Either.getOrUndefined(parsed())
  const read = readErrorBody(body)
  const text = textOf(context.response)
  const type = context.response.headers["content-type"] ?? ""
  const isPlain = /^(?:text\/(?!html|xml)|$)/i.test(type) && !text.startsWith("<") && text.length <= plainLength
  // A plain text is the whole body, of which an error of a sensitive endpoint has no part.
  const plain = isPlain && !sensitive ? text.trim() || undefined : undefined
  const detail = Predicate.isObject(body) ? read.detail : sensitive ? undefined : (read.detail ?? plain)
  return {
    detail: detail === undefined ? undefined : scrubber.text(detail),
    issues: scrubIssues(read.issues, scrubber),
    data: sensitive || text.length > dataLength ? undefined : scrubber.json(body)
  }
}

/** Decodes a declared error by the first reader that succeeds. Returns the issues of the closest readers if none does. */
const decodeDeclared = (
  readers: ReadonlyArray<ErrorReader>,
  response: RawResponse,
  parsed: Json
): Either.Either<{ readonly reader: ErrorReader; readonly value: unknown }, ReadonlyArray<Issue>> => {
  const mismatches: Array<ReadonlyArray<Issue>> = []
  for (const reader of readers) {
    if (reader.anyBody) continue
    // An error that is declared without a body does not match one with a body, which may come from a framework or a proxy.
    if (reader.receives === "nothing" && response.body.length > 0) continue
    const decoded = reader.read(response, parsed)
    if (Either.isRight(decoded)) return Either.right({ reader, value: decoded.right })
    // `errorAs` describes some of the responses of a status, so a mismatch is not an issue.
    if (reader.as === undefined) mismatches.push(decoded.left.issues)
  }
  return Either.left(closest(mismatches))
}

/** Removes the secrets of the call from the body of a response. */
const scrubbed = (response: RawResponse, { json }: Scrubber): RawResponse => {
  const text = textOf(response)
  const clean = json(text)
  return clean === text ? response : { ...response, body: String(clean) }
}

/** Makes the error of a response that is not a success: a declared one, or one of the built-in family. */
export const decodeFailure = (
  context: ResponseContext,
  retryAfter: StatusContent["retryAfter"]
): HeraldError.AnyError => {
  const { response } = context
  const { status } = response
  const scrubber = scrubberOf(context)
  const parsed = parseError(response)
  const readers = context.call.endpoint.errors(status) ?? []
  const declared =
    readers.length === 0
      ? Either.left([])
      : decodeDeclared(readers, scrubbed(response, scrubber), () => Either.map(parsed(), scrubber.json))
  if (Either.isRight(declared)) {
    const { reader, value } = declared.right
    if (reader.as !== undefined) {
      const found = statusContent(context, scrubber, parsed)
      // `errorAs` takes schemas of this content, and `Body.empty()`.
      const { data = found.data, detail = found.detail, issues = found.issues } = (value ?? {}) as StatusContent
      const content = { data: context.call.endpoint.sensitive ? undefined : data, detail, issues, retryAfter }
      return statusError(context, reader.as, content, scrubber)
    }
    // `Endpoint` accepts schemas of tagged values only. An `HttpApi` may declare others.
    const error = value as HeraldError.AnyError
    const name = Predicate.hasProperty(error, "_tag") ? error._tag : "a declared error"
    return attachDetails(error, errorDetails(context, `${name} (${status})`, scrubber))
  }
  const anyOther = readers.find(({ anyBody }) => anyBody)
  const tag = anyOther?.as ?? (status >= 400 ? tagOf(status) : undefined)
  if (tag !== undefined) {
    const wrongUrl =
      status === 404 && context.call.endpoint.method !== "HEAD" && !Predicate.isRecord(Either.getOrUndefined(parsed()))
    const hint = wrongUrl
      ? "is the base URL right?"
      : declared.left.length === 0 || anyOther !== undefined
        ? ""
        : `the body does not match a declared error: ${listIssues(scrubIssues(declared.left, scrubber))}`
    return statusError(context, tag, { ...statusContent(context, scrubber, parsed), retryAfter }, scrubber, hint)
  }
  // The status is declared as an error of this endpoint, and has another body.
  if (declared.left.length > 0) return decodeError(context, "Shape", declared.left)
  if (status === 304) {
    const message = "not modified (304): declare 304 as a success to get it as a value"
    return decodeError(context, "Status", [{ path: [], message }])
  }
  const redirect = (message: string) => decodeError(context, "Redirect", [{ path: [], message }])
  // An opaque redirect (Fetch, 2.2.6).
  if (status === 0)
    return redirect("it is a redirect, which a browser does not let this call follow: request the URL that it leads to")
  if (status >= 300) return redirect("it is a redirect that this call can't follow")
  return decodeError(context, "Status", [{ path: [], message: `the status can't be ${status}` }])
}
