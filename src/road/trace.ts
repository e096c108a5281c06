import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Attempt } from "../Attempt.js"
import type { HeraldError } from "../HeraldError.js"
import type { Call } from "./errors.js"
import type { Watched } from "./watch.js"

/** Where a call goes, as OpenTelemetry's HTTP client conventions have it. */
export const origin = ({ baseUrl }: Call) => ({
  "server.address": baseUrl.hostname,
  "server.port": Number(baseUrl.port) || (baseUrl.protocol === "https:" ? 443 : 80)
})

/** What a call is, without a value of its path or query. */
export const about = (call: Call) => ({
  "http.request.method": call.route.method,
  "url.template": call.route.template,
  ...origin(call)
})

/**
 * A span for the call, named as OpenTelemetry's HTTP client conventions have it, if someone listens: the tracer that Effect
 * begins with keeps what nobody reads. Each attempt that fails is an event of it. No attribute has a value of the path or the
 * query.
 */
export const trace = <A, R>(
  call: Watched,
  effect: Effect.Effect<A, HeraldError, R>
): Effect.Effect<A, HeraldError, R> =>
  Effect.withFiberRuntime((fiber) => {
    if (fiber.currentTracer === Context.get(DefaultServices.liveServices, Tracer.Tracer)) return effect
    return Effect.useSpan(
      `${call.route.method} ${call.route.template}`,
      { kind: "client", captureStackTrace: false, attributes: about(call) },
      (span) => {
        call.watchers.push((attempt) => Effect.sync(() => failure(span, call, attempt)))
        return effect.pipe(
          Effect.onExit((exit) =>
            Effect.sync(() =>
              outcome(
                span,
                call,
                errorType(exit, ({ _tag }) => _tag)
              )
            )
          ),
          Effect.withParentSpan(span)
        )
      }
    )
  })

/** An attempt that failed. The conventions have no name for the event, for they make each attempt a span. */
const failure = (span: Tracer.Span, { clock }: Call, attempt: Attempt) => {
  span.event("herald.attempt.failed", clock.unsafeCurrentTimeNanos(), {
    ...(attempt.number > 1 ? { "http.request.resend_count": attempt.number - 1 } : {}),
    ...(attempt.status === undefined ? {} : { "http.response.status_code": attempt.status }),
    "error.type": attempt.reason,
    "herald.class": attempt.class,
    "herald.verdict": attempt.verdict,
    // In seconds.
    ...(attempt.waited === undefined ? {} : { "herald.wait": Duration.toSeconds(attempt.waited) })
  })
}

/** What ended something, if it did not succeed: an error by its name, an interruption, or a defect. */
export const errorType = <E>(exit: Exit.Exit<unknown, E>, nameOf: (error: E) => string): string | undefined =>
  Exit.isSuccess(exit)
    ? undefined
    : Option.match(Cause.failureOption(exit.cause), {
        onSome: nameOf,
        onNone: () => (Cause.isInterrupted(exit.cause) ? "interrupted" : "_OTHER")
      })

const outcome = (span: Tracer.Span, call: Call, error: string | undefined) => {
  const resends = call.attempts.filter(({ verdict }) => verdict === "repeated").length
  if (resends > 0) span.attribute("http.request.resend_count", resends)
  if (call.status !== undefined) span.attribute("http.response.status_code", call.status)
  if (error !== undefined) span.attribute("error.type", error)
}
