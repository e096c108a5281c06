import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as Duration from "effect/Duration"
import type { Attempt, FailedAttempt } from "../../Attempt.js"
import type { CredentialsFailure } from "../../Credentials.js"
import * as HeraldError from "../../HeraldError.js"
import type { RawResponse } from "../../RawResponse.js"
import * as RetryAfter from "../../RetryAfter.js"
import { durationText } from "../durationText.js"
import { classifyStatus, classifyTransport } from "./classify.js"
import { passedBefore } from "./deadline.js"
import { decodeFailure } from "./decodeResponse.js"
import { authoriserError, decodeError, errorDetails, type ErrorContext } from "./errors.js"

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
 * The failure of a response with an incomplete body, by its status and headers, which determine if and when it is retried.
 * Undefined for a status that is not retried, and for a 401, which only refreshes credentials if its body is complete.
 */
export const fromHead = (
  context: FailureContext,
  { headers, status }: Pick<RawResponse, "status" | "headers">,
  now: number
): AttemptFailure | undefined => {
  const failure = fromStatus(context, { status, headers, body: "" }, now)
  return failure.class === "Final" || status === 401 ? undefined : failure
}

/** The failure of a response whose body is larger than this library reads. */
export const fromTooLarge = (context: FailureContext, response: RawResponse, now: number): AttemptFailure => ({
  ...base,
  class: "Final",
  reason: "TooLarge",
  status: response.status,
  headers: response.headers,
  retryAfter: RetryAfter.fromHeaders(response.headers, response.status, now).wait,
  error: (attempts) =>
    decodeError({ ...context, attempts, response }, "Size", [{ path: [], message: "the body is too large" }])
})

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

/** The failure of an attempt whose request body, a Stream, failed. */
export const fromRequestBody = (context: FailureContext): AttemptFailure => ({
  ...base,
  class: "Ambiguous",
  reason: "body",
  error: (attempts) =>
    new HeraldError.TransportError({
      ...errorDetails({ ...context, attempts }, "the Stream of the request body failed"),
      reason: "body"
    })
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

/** Makes the error of a request without a complete response. */
export const transportError = (
  context: ErrorContext,
  failure: HttpClientError.HttpClientError
): HeraldError.TimeoutError | HeraldError.TransportError => {
  const stage = stageOf(failure)
  const { class: failureClass, reason, timedOut } = classifyTransport(failure.cause, stage)
  if (timedOut) {
    return new HeraldError.TimeoutError({ ...errorDetails(context, `no response in time (${reason})`), reason })
  }
  const sentence =
    failureClass === "NotSent"
      ? `no connection (${reason})`
      : stage === "send"
        ? `the connection broke before a response was received (${reason})`
        : `the connection broke within the response (${reason})`
  return new HeraldError.TransportError({ ...errorDetails(context, sentence), reason })
}

/** The failure of an attempt without a complete response. */
export const fromTransport = (context: FailureContext, failure: HttpClientError.HttpClientError): AttemptFailure => {
  const { class: failureClass, reason } = classifyTransport(failure.cause, stageOf(failure))
  return {
    ...base,
    class: failure.reason === "InvalidUrl" ? "Final" : failureClass,
    reason,
    error: (attempts) => transportError({ ...context, attempts }, failure)
  }
}
