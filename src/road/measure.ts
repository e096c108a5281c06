import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Answer } from "../Answer.js"
import type { Authoriser } from "../Authoriser.js"
import type { HeraldError } from "../HeraldError.js"
import { Metrics } from "../Metrics.js"
import type { Call } from "./errors.js"
import { type Failed, heldBack } from "./repeat.js"
import type { Watched } from "./watch.js"
import { about, errorType, origin } from "./trace.js"

const metricsOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Context.Tag.Service<Metrics> | undefined =>
  Option.getOrUndefined(Context.getOption(fiber.currentContext, Metrics))

/** A function that tells how long ago this is, in seconds. */
const stopwatch = ({ clock }: Call): (() => number) => {
  const begun = clock.unsafeCurrentTimeNanos()
  return () => Number(clock.unsafeCurrentTimeNanos() - begun) / 1e9
}

/** Measures a call, its retries, and what its origin's budget has left, if there are `Metrics`. */
export const measure = <A, R>(
  call: Watched,
  { traffic: { budget } }: Authoriser,
  effect: Effect.Effect<A, HeraldError, R>
): Effect.Effect<A, HeraldError, R> =>
  Effect.withFiberRuntime((fiber) => {
    const metrics = metricsOf(fiber)
    if (metrics === undefined) return effect
    const seconds = stopwatch(call)
    const labels = about(call)
    const left = Effect.suspend(() =>
      budget === undefined
        ? Effect.void
        : metrics.budgetAvailable(budget.available(call.clock.unsafeCurrentTimeMillis()), origin(call))
    )
    call.watchers.push(({ reason, verdict }) =>
      verdict === "repeated"
        ? Effect.zipRight(metrics.retries(1, { ...labels, "herald.reason": reason }), left)
        : Effect.void
    )
    return Effect.onExit(effect, (exit) => {
      const verdict = call.attempts.at(-1)?.verdict
      const told = {
        ...labels,
        "error.type": errorType(exit, ({ _tag }) => _tag),
        "herald.verdict": verdict === "repeated" ? undefined : verdict
      }
      return Effect.zipRight(metrics.callDuration(seconds(), told), left)
    })
  })

/** Measures an attempt, if there are `Metrics`. */
export const measureAttempt = <R>(
  call: Call,
  attempt: Effect.Effect<Answer, Failed | typeof heldBack, R>
): Effect.Effect<Answer, Failed | typeof heldBack, R> =>
  Effect.withFiberRuntime((fiber) => {
    const metrics = metricsOf(fiber)
    if (metrics === undefined) return attempt
    const seconds = stopwatch(call)
    return Effect.onExit(attempt, (exit) => {
      const failed = Exit.isSuccess(exit) ? undefined : Option.getOrUndefined(Cause.failureOption(exit.cause))
      if (failed === heldBack) return Effect.void
      return metrics.requestDuration(seconds(), {
        ...about(call),
        "http.response.status_code": Exit.isSuccess(exit) ? exit.value.status : failed?.status,
        "error.type": failed?.reason ?? errorType(exit, String)
      })
    })
  })
