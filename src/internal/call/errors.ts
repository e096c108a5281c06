import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Predicate from "effect/Predicate"
import type { Attempt, Verdict } from "../../Attempt.js"
import type { Credentials, CredentialsFailure } from "../../Credentials.js"
import * as HeraldError from "../../HeraldError.js"
import * as Issue from "../../Issue.js"
import type { Timing } from "../../Timing.js"
import { type RawResponse, textOf } from "../../RawResponse.js"
import { anyPath } from "../endpoint/pathTemplate.js"
import { hrefOf } from "../http/baseUrl.js"
import { maxIssues } from "../parseIssues.js"
import type { CallInfo } from "./CallInfo.js"
import { type CallState, timingOf } from "./CallState.js"
import * as Progress from "./Progress.js"
import { isCredentialHeader, makeScrubber, type Scrubber } from "./secrets.js"

/** The facts that an error reports. */
export interface ErrorContext {
  readonly call: Pick<CallInfo, "endpoint" | "authoriser" | "input"> & Partial<Pick<CallInfo, "request" | "context">>
  readonly attempts: ReadonlyArray<Attempt>
  /** Returns the times of the call, which ends now. Undefined if no call has begun. */
  readonly timing?: (() => Timing) | undefined
  /** The last request that was sent, with its credentials. */
  readonly sent?: HttpClientRequest | undefined
  /** The response that the error is about. */
  readonly response?: RawResponse | undefined
}

/** Returns the facts that an error of a call reports now. */
export const errorContext = (call: CallInfo, state: CallState): ErrorContext => ({
  call,
  attempts: state.log.attempts(),
  timing: () => timingOf(call, state),
  sent: Progress.sentRequest(state.progress)
})

/** The length of the part of a body in an error, in characters: enough to recognize the page of a proxy. */
const bodyLength = 1024

/** The length of the server's part of a message, in characters: a server may send any text. */
const sentenceLength = 1024

const shorten = (sentence: string): string =>
  sentence.length > sentenceLength ? `${sentence.slice(0, sentenceLength)}...` : sentence

const requestIdHeaders = ["x-request-id", "request-id", "x-correlation-id"]

/** The headers, besides request ids, that errors of sensitive endpoints have. */
const sensitiveErrorHeaders = ["content-type", "content-length", "date", "retry-after", "server"]

/** The number of headers in an error, their length in all, and the length of a value, in characters. */
const headerLimits = { count: 64, total: 8192, value: 1024 }

/** Removes the parts of URLs in a header that may hold secrets: the user information, the query and the fragment. */
const withoutSecrets = (value: string): string => value.replace(/[?#][^>\s]*/g, "").replace(/\/\/[^/>\s]*@/g, "//")

/** Copies the headers of a response without secrets, as many as the limits permit. */
const headersOf = (
  { headers }: RawResponse,
  sensitive: boolean,
  { json, text }: Scrubber
): HeraldError.ErrorDetails["headers"] => {
  let left = headerLimits.total
  const kept: Array<readonly [string, string]> = []
  // The limits apply to other headers first.
  const names = new Set([...sensitiveErrorHeaders, ...Object.keys(headers)])
  for (const name of names) {
    const value = headers[name]
    const isNeutral = sensitiveErrorHeaders.includes(name) || requestIdHeaders.includes(name)
    if (sensitive ? !isNeutral : isCredentialHeader(name)) continue
    if (kept.length >= headerLimits.count || !Predicate.isString(value)) continue
    const plain = /location$|^link$|^refresh$/.test(name) ? withoutSecrets(value) : value
    const clean = text(plain).slice(0, headerLimits.value)
    const size = name.length + clean.length
    // Shorter headers that follow are more useful than none.
    if (size > left) continue
    left -= size
    kept.push([name, clean])
  }
  // The scrubber of JSON scrubs the names, and returns a record of texts for one.
  return json(Object.fromEntries(kept)) as HeraldError.ErrorDetails["headers"]
}

/** Verdicts that are part of the message, since the error itself does not explain why the call was not retried. */
const shownVerdicts: ReadonlyArray<Verdict> = [
  "unsafe",
  "body consumed",
  "wait too long",
  "past deadline",
  "over budget"
]

/** Makes the scrubber of the call that an error is about. */
export const scrubberOf = ({ call, sent }: ErrorContext): Scrubber => makeScrubber(call.input, call.request, sent)

/** Reports whether a response holds a secret of the call, which its errors must not show. */
export const holdsSecret = (context: ErrorContext, response: RawResponse): boolean => {
  const text = textOf(response) + Object.values(response.headers).join()
  return scrubberOf(context).text(text) !== text
}

/** Makes the details of an error. Scrubs headers and body; `sentence` must be free of secrets. */
export const errorDetails = (
  context: ErrorContext,
  sentence: string,
  scrubber = scrubberOf(context)
): HeraldError.ErrorDetails => {
  const { attempts, call, response } = context
  const { authoriser, endpoint } = call
  const { method, name, sensitive, template } = endpoint
  const requestId = requestIdHeaders.map((name) => response?.headers[name]).find((id) => id !== undefined)
  const { baseUrl } = authoriser
  const url = (template === anyPath ? baseUrl.origin : hrefOf(baseUrl)) + template
  const verdict = attempts.at(-1)?.verdict
  const shownVerdict = verdict !== undefined && shownVerdicts.includes(verdict) ? `: ${verdict}` : ""
  const count =
    shownVerdict === "" && attempts.length < 2
      ? ""
      : `${attempts.length} attempt${attempts.length === 1 ? "" : "s"}${shownVerdict}`
  // The name of a request without one is its method and path.
  const request = `${method} ${url}`
  const unnamed = name === `${method} ${template}` || name === method
  const facts = [unnamed ? "" : request, count].filter((fact) => fact !== "").join(", ")
  return {
    message: `${unnamed ? request : name}: ${shorten(sentence)}${facts === "" ? "" : ` (${facts})`}`,
    operation: name,
    method,
    url,
    status: response?.status,
    attempts,
    timing: context.timing?.(),
    requestId: requestId === undefined ? undefined : scrubber.text(requestId).slice(0, 200),
    headers: response && headersOf(response, sensitive, scrubber),
    body: response === undefined || sensitive ? undefined : scrubber.text(textOf(response)).slice(0, bodyLength)
  }
}

/** Removes the secrets of the call from issues, and issues beyond a limit. */
export const scrubIssues = (issues: ReadonlyArray<Issue.Issue>, { text }: Scrubber): ReadonlyArray<Issue.Issue> =>
  issues.slice(0, maxIssues).map((issue) => ({
    path: issue.path.map((key) => (typeof key === "string" ? text(key) : key)),
    message: text(issue.message),
    ...(issue.code === undefined ? {} : { code: text(issue.code) })
  }))

/** Formats issues as one line. */
export const listIssues = (issues: ReadonlyArray<Issue.Issue>): string => issues.map(Issue.format).join("; ")

export const encodeError = (context: ErrorContext, issues: ReadonlyArray<Issue.Issue>): HeraldError.EncodeError =>
  new HeraldError.EncodeError({ ...errorDetails(context, `not sent, since ${listIssues(issues)}`), issues })

export const decodeError = (
  context: ErrorContext,
  reason: HeraldError.DecodeError["reason"],
  found: ReadonlyArray<Issue.Issue>
): HeraldError.DecodeError => {
  const scrubber = scrubberOf(context)
  const issues = scrubIssues(found, scrubber)
  const sentence = `the response (${context.response?.status}) does not match the endpoint: ${listIssues(issues)}`
  return new HeraldError.DecodeError({ ...errorDetails(context, sentence, scrubber), reason, issues })
}

export const authoriserError = (
  context: ErrorContext,
  { message, reason }: Pick<CredentialsFailure, "message" | "reason">
): HeraldError.AuthoriserError => new HeraldError.AuthoriserError({ ...errorDetails(context, message), reason })

/** The content of a response that is an error. */
export interface StatusContent {
  readonly detail?: string | undefined
  readonly issues?: ReadonlyArray<Issue.Issue> | undefined
  /** Without secrets of the call. */
  readonly data?: unknown
  readonly retryAfter?: HeraldError.RateLimited["retryAfter"]
}

const classes: {
  readonly [Tag in HeraldError.StatusError["_tag"]]: new (
    details: HeraldError.RetryableStatusDetails
  ) => HeraldError.StatusError
} = {
  BadRequest: HeraldError.BadRequest,
  Unauthorized: HeraldError.Unauthorized,
  Forbidden: HeraldError.Forbidden,
  NotFound: HeraldError.NotFound,
  Conflict: HeraldError.Conflict,
  PreconditionFailed: HeraldError.PreconditionFailed,
  UnprocessableContent: HeraldError.UnprocessableContent,
  PreconditionRequired: HeraldError.PreconditionRequired,
  RateLimited: HeraldError.RateLimited,
  ClientError: HeraldError.ClientError,
  ServerError: HeraldError.ServerError
}

const sentences: Readonly<Record<HeraldError.StatusError["_tag"], string>> = {
  BadRequest: "the server refused the request",
  Unauthorized: "unauthorized",
  Forbidden: "forbidden",
  NotFound: "not found",
  Conflict: "conflict",
  PreconditionFailed: "the resource is not as the condition demands",
  UnprocessableContent: "the server refused the content",
  PreconditionRequired: "the server demands a condition",
  RateLimited: "too many requests",
  ClientError: "the server refused the request",
  ServerError: "the server failed"
}

/** Names the caller, for the errors that depend on it. */
const callerIn = ({ name, identity }: Credentials, tag: HeraldError.StatusError["_tag"]): string => {
  if (tag !== "Unauthorized" && tag !== "Forbidden") return ""
  const shown = name ?? identity
  return shown === "" ? ", without credentials" : `, as ${shown}`
}

const tags: Readonly<Record<number, HeraldError.StatusError["_tag"]>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  412: "PreconditionFailed",
  422: "UnprocessableContent",
  428: "PreconditionRequired",
  429: "RateLimited"
}

/** Returns the tag of the error that represents a status of 400 or above. */
export const tagOf = (status: number): HeraldError.StatusError["_tag"] =>
  tags[status] ?? (status >= 500 ? "ServerError" : "ClientError")

/** Makes an error of the built-in family that represents a status. */
export const statusError = (
  context: ErrorContext,
  tag: HeraldError.StatusError["_tag"],
  content: StatusContent,
  scrubber: Scrubber,
  /** Advice, at the end of the message. */
  hint = ""
): HeraldError.StatusError => {
  const issues = scrubIssues(content.issues ?? [], scrubber)
  const detail = content.detail === undefined ? undefined : scrubber.text(content.detail)
  const problems = listIssues(issues.filter(({ message }) => message !== detail))
  const explanation = [detail, problems, hint].filter(Boolean).join("; ")
  const caller = callerIn(context.call.authoriser.credentials, tag)
  const sentence = `${sentences[tag]}${caller} (${context.response?.status})${explanation && `: ${explanation}`}`
  return new classes[tag]({
    ...errorDetails(context, sentence, scrubber),
    detail,
    issues,
    data: content.data,
    ...(tag === "RateLimited" || tag === "ServerError" ? { retryAfter: content.retryAfter } : {})
  })
}
