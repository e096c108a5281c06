import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import type { Attempt } from "../../Attempt.js"
import { type AnyError, detailsOf } from "../../HeraldError.js"
import type { RawResponse } from "../../RawResponse.js"
import type { Step } from "../../Timing.js"
import type { CallInfo } from "./CallInfo.js"
import type { CallState } from "./CallState.js"
import * as Progress from "./Progress.js"

/** The parts of a call that attributes describe. */
export interface MeasuredCall {
  readonly authoriser: Pick<CallInfo["authoriser"], "baseUrl">
  readonly endpoint: Pick<CallInfo["endpoint"], "method" | "template">
}

/** The server of a call, by OpenTelemetry's HTTP client conventions. */
export const serverAttributes = ({ authoriser: { baseUrl } }: MeasuredCall) => ({
  "server.address": baseUrl.hostname,
  "server.port": Number(baseUrl.port) || (baseUrl.protocol === "https:" ? 443 : 80)
})

/** The kind of a call, without values of its path or query. */
export const callAttributes = (call: MeasuredCall) => ({
  "http.request.method": call.endpoint.method,
  "url.template": call.endpoint.template,
  ...serverAttributes(call)
})

/** Returns the tag of an error. An `HttpApi` may declare errors without a `_tag`. */
export const tagOf = ({ _tag }: Partial<AnyError>): string => _tag ?? "_OTHER"

/** The `error.type` of an exit that is not a success: the name of its error, `interrupted`, or `_OTHER` for a defect. */
export const errorType = <E>(exit: Exit.Exit<unknown, E>, nameOf: (error: E) => string): string | undefined =>
  Exit.isSuccess(exit)
    ? undefined
    : Option.match(Cause.failureOption(exit.cause), {
        onSome: nameOf,
        onNone: () => (Cause.isInterrupted(exit.cause) ? "interrupted" : "_OTHER")
      })

/**
 * Adds the current span to a request as its parent (`traceparent`, W3C Trace Context, 3.2), and runs an effect with it. The
 * request stays as it is with a span whose ids W3C does not allow, and if it has the header.
 */
export const withTraceContext = <A, E, R>(
  request: HttpRequest.HttpClientRequest,
  use: (request: HttpRequest.HttpClientRequest) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) => {
    const { currentSpan: span } = fiber
    const isOff = !fiber.getFiberRef(HttpClient.currentTracerPropagation)
    if (span === undefined || isOff || "traceparent" in request.headers) return use(request)
    const value = `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}`
    const isValid = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-/.test(value)
    return use(isValid ? HttpRequest.setHeader(request, "traceparent", value) : request)
  })

/** Records a failed attempt as an event. The conventions have no name for it, since they make each attempt a span. */
const recordFailure = (span: Tracer.Span, { clock }: CallInfo, attempt: Attempt): void => {
  span.event("herald.attempt.failed", clock.unsafeCurrentTimeNanos(), {
    ...(attempt.number > 1 ? { "http.request.resend_count": attempt.number - 1 } : {}),
    ...(attempt.status === undefined ? {} : { "http.response.status_code": attempt.status }),
    "error.type": attempt.reason,
    "herald.class": attempt.class,
    "herald.verdict": attempt.verdict,
    // In seconds.
    ...(attempt.waited === undefined ? {} : { "herald.wait": Duration.toSeconds(attempt.waited) }),
    ...(attempt.retryAfter === undefined ? {} : { "herald.retry_after": Duration.toSeconds(attempt.retryAfter) }),
    ...(attempt.waitReason === undefined ? {} : { "herald.wait.reason": attempt.waitReason })
  })
}

/**
 * Makes the function that records the steps that are not in every call as events: waits before attempts, attempts after a wait or a
 * failure, redirects, and refreshes of credentials with the request that follows.
 */
const makeRecordStep = (span: Tracer.Span, { clock }: CallInfo, { log }: CallState): ((step: Step) => void) => {
  let previous: Step | undefined
  return (step) => {
    const record = (name: string, attributes: Record<string, unknown> = {}) => {
      // The clock of a span need not be that of milliseconds.
      const age = Math.round((clock.unsafeCurrentTimeMillis() - step.at) * 1e6)
      span.event(`herald.${name}`, clock.unsafeCurrentTimeNanos() - BigInt(age), attributes)
    }
    if (step._tag === "WaitStarted") record("wait.started", { "herald.wait.reason": step.reason })
    else if (step._tag === "AttemptStarted" && previous !== undefined) {
      record("attempt.started", { "http.request.resend_count": log.count() })
    } else if (step._tag === "RefreshStarted") record("credentials.rejected")
    else if (step._tag === "RequestSent" && previous?._tag === "HeadReceived") {
      record("request.redirected", {
        "http.response.status_code": previous.status,
        "herald.same_origin": step.sameOrigin
      })
    } else if (step._tag === "RequestSent" && previous?._tag === "RefreshStarted") record("request.resent")
    previous = step
  }
}

/** Records the failed attempts of a request that calls share, or that refreshes a cache entry, on the span of the call that started it. */
export const recordFailures = (call: CallInfo, { log }: CallState, span: Tracer.AnySpan | undefined): void => {
  if (!call.traced || span?._tag !== "Span") return
  // A background request may outlast the call.
  log.listen((attempt) =>
    Effect.sync(() => {
      if (span.status._tag === "Started") recordFailure(span, call, attempt)
    })
  )
}

/** Returns the failed attempts of a call, or those in its error if its request was a shared one. */
export const failedAttempts = ({ log }: CallState, exit: Exit.Exit<unknown, AnyError>): ReadonlyArray<Attempt> =>
  log.count() > 0 || Exit.isSuccess(exit)
    ? log.attempts()
    : Option.match(Cause.failureOption(exit.cause), {
        onNone: () => [],
        onSome: (error) => detailsOf(error)?.attempts ?? []
      })

/** The value of `herald.cache.result`. */
export const cacheResult = ({ cached }: RawResponse): string => cached?._tag.toLowerCase() ?? "miss"

/** Records where the response to a call that uses a cache comes from, and the status of a response that was requested. */
export const recordCacheResult = <A extends { readonly response: RawResponse }, E, R>(
  { traced }: CallInfo,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  traced
    ? Effect.tap(effect, ({ response }) => {
        const result = cacheResult(response)
        return Effect.annotateCurrentSpan({
          "herald.cache.result": result,
          // Also that of a request that this call has joined, which is not in its progress.
          ...(result === "miss" ? { "http.response.status_code": response.status } : {})
        })
      })
    : effect

const recordOutcome = (
  span: Tracer.Span,
  { startedAt }: CallInfo,
  state: CallState,
  exit: Exit.Exit<unknown, AnyError>
): void => {
  const { endsAt } = state
  const resends = failedAttempts(state, exit).filter(({ verdict }) => verdict === "retried").length
  const status = Progress.statusOf(state.progress)
  const error = errorType(exit, tagOf)
  if (resends > 0) span.attribute("http.request.resend_count", resends)
  if (status !== undefined) span.attribute("http.response.status_code", status)
  if (error !== undefined) span.attribute("error.type", error)
  if (endsAt !== undefined && endsAt !== Infinity) span.attribute("herald.deadline", (endsAt - startedAt) / 1000)
}

/**
 * Runs a call in a span, named by OpenTelemetry's HTTP client conventions. Does nothing with Effect's default tracer, which
 * does not export spans. Each failed attempt is an event. Neither attributes nor the span's exit hold values of the call.
 */
export const withSpan = <A, R>(
  call: CallInfo,
  state: CallState,
  run: () => Effect.Effect<A, AnyError, R>
): Effect.Effect<A, AnyError, R> =>
  call.traced
    ? Effect.acquireUseRelease(
        Effect.makeSpan(`${call.endpoint.method} ${call.endpoint.template}`, {
          kind: "client",
          captureStackTrace: false,
          attributes: callAttributes(call)
        }),
        (span) => {
          state.log.listenToSteps(makeRecordStep(span, call, state))
          state.log.listen((attempt) => Effect.sync(() => recordFailure(span, call, attempt)))
          return Effect.withParentSpan(Effect.suspend(run), span)
        },
        (span, exit) =>
          Effect.sync(() => {
            recordOutcome(span, call, state, exit)
            if (span.status._tag === "Started") span.end(call.clock.unsafeCurrentTimeNanos(), Exit.asVoid(exit))
          })
      )
    : run()
