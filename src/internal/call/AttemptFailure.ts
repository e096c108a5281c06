import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { Attempt, FailedAttempt } from "../../Attempt.js"
import type { CredentialsFailure } from "../../Credentials.js"
import * as HeraldError from "../../HeraldError.js"
import type { Issue } from "../../Issue.js"
import type { RawResponse } from "../../RawResponse.js"
import * as RetryAfter from "../../RetryAfter.js"
import { corrupt, type UnknownCoding } from "../http/contentCoding.js"
import type { TooLarge } from "../http/receivedBody.js"
import { isBrowser } from "../http/userAgent.js"
import { durationText } from "../durationText.js"
import { classifyStatus, classifyTransport } from "./classify.js"
import { passedBefore } from "./passedBefore.js"
import type * as Progress from "./Progress.js"
import { decodeFailure } from "./decodeResponse.js"
import { authoriserError, decodeError, encodeError, errorDetails, type ErrorContext } from "./errors.js"

/** The failure of an attempt, and the error of the call if no other attempt follows. */
export interface AttemptFailure extends Pick<FailedAttempt, "class" | "reason" | "status" | "retryAfter" | "headers"> {
  /** True if the server asked for the wait of `retryAfter`, false if that comes from headers of a rate limit. */
  readonly waitRequested: boolean
  /** True if the response comes from another origin, after a redirect. */
  readonly crossOrigin: boolean
  readonly response: RawResponse | undefined
  /** True if the server acted on the request, though the response is missing or an error. */
  readonly carriedOut: boolean
  /** True if the request body can't be sent again, since part of it was read. */
  readonly bodyConsumed: boolean
  /** Makes the error of the call, which reports all failed attempts. */
  readonly error: (attempts: ReadonlyArray<Attempt>) => HeraldError.AnyError
}

/** The context of an error without the attempts, which are known when the call ends. */
export type FailureContext = Omit<ErrorContext, "attempts">

const base = {
  status: undefined,
  headers: undefined,
  retryAfter: undefined,
  waitRequested: false,
  crossOrigin: false,
  response: undefined,
  carriedOut: false,
  bodyConsumed: false
}

/** Classifies a response by its status, unless the server says itself whether the request should be sent again. */
const classifyResponse = ({ headers, status }: RawResponse, hasRetryAfter: boolean): AttemptFailure["class"] => {
  const byStatus = classifyStatus(status, hasRetryAfter)
  const shouldRetry = RetryAfter.shouldRetry(headers)
  return shouldRetry === false ? "Final" : shouldRetry && byStatus === "Final" ? "Ambiguous" : byStatus
}

/** The failure of a response whose status is not a success. It was received at `now`, in milliseconds since the epoch. */
export const fromStatus = (context: FailureContext, response: RawResponse, now: number): AttemptFailure => {
  const { requested, wait: retryAfter } = RetryAfter.fromHeaders(response.headers, response.status, now)
  return {
    ...base,
    class: classifyResponse(response, requested),
    reason: String(response.status),
    status: response.status,
    headers: response.headers,
    retryAfter,
    waitRequested: requested,
    response,
    error: (attempts) => decodeFailure({ ...context, attempts, response }, retryAfter)
  }
}

/**
 * The failure of a response whose body is incomplete when a deadline passes, by its status. Undefined if none is being received,
 * or if its status can be a success.
 */
export const fromHead = (
  context: FailureContext,
  { current }: Progress.ProgressCell,
  canSucceed: (status: number) => boolean,
  now: number
): AttemptFailure | undefined =>
  current._tag === "HeadReceived" && !canSucceed(current.status)
    ? fromStatus(context, { ...current, body: "" }, now)
    : undefined

/** The failure of a success whose content is larger than this library reads, or has an unknown content coding. */
export const fromContent = (
  context: FailureContext,
  failure: TooLarge | UnknownCoding,
  { headers, status }: Pick<RawResponse, "status" | "headers">,
  now: number
): AttemptFailure => {
  const [reason, message] =
    failure._tag === "TooLarge"
      ? (["Size", "the body is too large"] as const)
      : (["Coding", `the content coding ${failure.coding} is not known`] as const)
  const response = { status, headers, body: "" }
  return {
    ...base,
    class: "Final",
    reason: failure._tag,
    status,
    headers,
    retryAfter: RetryAfter.fromHeaders(headers, status, now).wait,
    error: (attempts) => decodeError({ ...context, attempts, response }, reason, [{ path: [], message }])
  }
}

/** The failure of an attempt that did not end within its deadline. */
export const fromAttemptDeadline = (
  context: FailureContext,
  failureClass: AttemptFailure["class"],
  limit: Duration.Duration
): AttemptFailure => ({
  ...base,
  class: failureClass,
  reason: "attempt deadline",
  error: (attempts) =>
    new HeraldError.TimeoutError({
      ...errorDetails(
        { ...context, attempts },
        passedBefore(limit) ?? `no whole response within ${durationText(limit)}`
      ),
      reason: "attempt deadline"
    })
})

/** The failure of an attempt whose request body, a Stream, failed by this cause. The program's own error is kept. */
export const fromRequestBody = (context: FailureContext, failure: Cause.Cause<unknown>): AttemptFailure => ({
  ...base,
  class: "Ambiguous",
  reason: "body",
  error: (attempts) =>
    new HeraldError.TransportError({
      ...errorDetails({ ...context, attempts }, "the Stream of the request body failed"),
      reason: "body",
      ...Option.match(Cause.failureOption(failure), { onNone: () => ({}), onSome: (cause) => ({ cause }) })
    })
})

/** The failure of an attempt whose credentials added something to the request that can't be sent. */
export const fromIssue = (context: FailureContext, issue: Issue): AttemptFailure => ({
  ...base,
  class: "Final",
  reason: "headers",
  error: (attempts) => encodeError({ ...context, attempts }, [issue])
})

/** The failure of an attempt whose credentials could not be obtained, or must not be sent. */
export const fromCredentials = (
  context: FailureContext,
  failure: Pick<CredentialsFailure, "message" | "reason">
): AttemptFailure => ({
  ...base,
  class: "Final",
  reason: failure.reason,
  error: (attempts) => authoriserError({ ...context, attempts }, failure)
})

const stageOf = ({ _tag }: HttpClientError.HttpClientError) => (_tag === "RequestError" ? "send" : "read")

const classify = (failure: HttpClientError.HttpClientError): ReturnType<typeof classifyTransport> => {
  const classified = classifyTransport(failure.cause, stageOf(failure))
  return failure.reason === "InvalidUrl" ? { ...classified, class: "Final" } : classified
}

/** A browser tells nothing about a request that failed: neither the reason, nor whether it was sent. */
const noResponse = (reason: string): string =>
  !isBrowser()
    ? `the connection broke before a response was received (${reason})`
    : navigator.onLine
      ? "no response: the connection failed, or the server does not permit this page to read the response (CORS); the console of the browser has the reason"
      : "no response: the browser is offline"

/** Makes the error of a request without a complete response. */
export const transportError = (
  context: ErrorContext,
  failure: HttpClientError.HttpClientError
): HeraldError.TimeoutError | HeraldError.TransportError => {
  const stage = stageOf(failure)
  const { class: failureClass, reason, timedOut } = classify(failure)
  if (timedOut) {
    return new HeraldError.TimeoutError({ ...errorDetails(context, `no response in time (${reason})`), reason })
  }
  const sentence =
    failureClass === "NotSent"
      ? `no connection (${reason})`
      : reason === corrupt
        ? "the content of the response is corrupt or cut short"
        : failureClass === "Final"
          ? `the transport refused the request (${reason})`
          : stage === "send"
            ? noResponse(reason)
            : `the connection broke within the response (${reason})`
  return new HeraldError.TransportError({ ...errorDetails(context, sentence), reason })
}

/** The failure of an attempt without a complete response. */
export const fromTransport = (context: FailureContext, failure: HttpClientError.HttpClientError): AttemptFailure => {
  const { class: failureClass, reason } = classify(failure)
  return {
    ...base,
    class: failureClass,
    reason,
    error: (attempts) => transportError({ ...context, attempts }, failure)
  }
}
