import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { AnyError } from "../../HeraldError.js"
import { Metrics } from "../../Metrics.js"
import type { RawResponse } from "../../RawResponse.js"
import type { WaitReason } from "../../Timing.js"
import { pauseBegan, type PauseBegan } from "./authorize.js"
import type { AttemptFailure } from "./AttemptFailure.js"
import { labelsFor } from "../endpoint/requestTemplate.js"
import type { CallInfo } from "./CallInfo.js"
import type { CallState } from "./CallState.js"
import { cacheResult, callAttributes, errorType, failedAttempts, serverAttributes, tagOf } from "./tracing.js"

const metricsOf = ({ context }: CallInfo): Context.Tag.Service<Metrics> | undefined =>
  Option.getOrUndefined(Context.getOption(context, Metrics))

/** Makes a function that returns the time since now, in seconds. */
const stopwatch = ({ clock }: CallInfo): (() => number) => {
  const startedAt = clock.unsafeCurrentTimeNanos()
  return () => Number(clock.unsafeCurrentTimeNanos() - startedAt) / 1e9
}

/** Measures the tokens left in the retry budget of a call's origin. */
const measuredBudget = (call: CallInfo, metrics: Context.Tag.Service<Metrics>): Effect.Effect<void> => {
  const { authoriser, clock, endpoint } = call
  const { budget } = authoriser.origin
  return Effect.suspend(() =>
    budget === undefined
      ? Effect.void
      : metrics.budgetAvailable(
          budget.available(clock.unsafeCurrentTimeMillis()),
          labelsFor(endpoint, authoriser, "server", () => serverAttributes(call))
        )
  )
}

/** Counts the retries of a call, if `Metrics` are in context. */
export const countRetries = (call: CallInfo, { log }: CallState): void => {
  const metrics = metricsOf(call)
  if (metrics === undefined) return
  const measureBudget = measuredBudget(call, metrics)
  log.listen(({ reason, verdict }) =>
    verdict === "retried"
      ? Effect.zipRight(metrics.retries(1, { ...callAttributes(call), "herald.reason": reason }), measureBudget)
      : Effect.void
  )
}

/** Measures a call that begins now, its retries, and the tokens left in the retry budget of its origin, if `Metrics` are in context. */
export const measured = <A, R>(
  call: CallInfo,
  state: CallState,
  run: () => Effect.Effect<A, AnyError, R>
): Effect.Effect<A, AnyError, R> => {
  const metrics = metricsOf(call)
  if (metrics === undefined) return run()
  const { authoriser, endpoint } = call
  const seconds = stopwatch(call)
  const measureBudget = measuredBudget(call, metrics)
  countRetries(call, state)
  return Effect.onExit(Effect.suspend(run), (exit) => {
    const verdict = failedAttempts(state, exit).at(-1)?.verdict
    const error = errorType(exit, tagOf)
    const outcome = labelsFor(endpoint, authoriser, `call ${error} ${verdict}`, () => ({
      ...callAttributes(call),
      "error.type": error,
      "herald.verdict": verdict === "retried" ? undefined : verdict
    }))
    return Effect.zipRight(metrics.callDuration(seconds(), outcome), measureBudget)
  })
}

/** Measures an attempt that begins now, if `Metrics` are in context. An attempt that is re-queued is not measured. */
export const measuredAttempt = <R>(
  call: CallInfo,
  { expiry }: CallState,
  attempt: () => Effect.Effect<RawResponse, AttemptFailure | PauseBegan, R>
): Effect.Effect<RawResponse, AttemptFailure | PauseBegan, R> => {
  const metrics = metricsOf(call)
  if (metrics === undefined) return attempt()
  const seconds = stopwatch(call)
  return Effect.onExit(Effect.suspend(attempt), (exit) => {
    // A request that the transport aborts at the deadline counts as interrupted.
    const late = expiry?.passed === true
    const failure = Exit.isSuccess(exit) ? undefined : Option.getOrUndefined(Cause.failureOption(exit.cause))
    if (failure === pauseBegan) return Effect.void
    const status = late ? undefined : Exit.isSuccess(exit) ? exit.value.status : failure?.status
    const error = late ? "interrupted" : (failure?.reason ?? errorType(exit, String))
    return metrics.requestDuration(
      seconds(),
      labelsFor(call.endpoint, call.authoriser, `attempt ${status} ${error}`, () => ({
        ...callAttributes(call),
        "http.response.status_code": status,
        "error.type": error
      }))
    )
  })
}

/** Measures a wait before an attempt, if `Metrics` are in context. */
export const measuredWait = <A, E, R>(
  call: CallInfo,
  reason: WaitReason,
  wait: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const metrics = metricsOf(call)
  if (metrics === undefined) return wait
  const { authoriser, endpoint } = call
  return Effect.suspend(() => {
    const seconds = stopwatch(call)
    return Effect.onExit(wait, () =>
      metrics.waitDuration(
        seconds(),
        labelsFor(endpoint, authoriser, `wait ${reason}`, () => ({
          ...callAttributes(call),
          "herald.wait.reason": reason
        }))
      )
    )
  })
}

/** Measures the cache's part in a call, if `Metrics` are in context. */
export const measuredCache = <A extends { readonly response: RawResponse }, E, R>(
  call: CallInfo,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const metrics = metricsOf(call)
  if (metrics === undefined) return effect
  return Effect.onExit(effect, (exit) => {
    const result = Exit.isSuccess(exit) ? cacheResult(exit.value.response) : "miss"
    return metrics.cacheLookups(1, { ...callAttributes(call), "herald.cache.result": result })
  })
}
