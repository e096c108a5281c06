import { HttpClient } from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Current, PerAttempt } from "../../Deadline.js"
import { type AnyError, NotSent, TimeoutError } from "../../HeraldError.js"
import { durationText } from "../durationText.js"
import { directSend, partsOf } from "../http/transportResponse.js"
import { isValue } from "../flatMapNow.js"
import { isImmediate } from "../immediateCredentials.js"
import { startTimer } from "../timer.js"
import { within } from "../within.js"
import { type AttemptFailure, fromHead } from "./AttemptFailure.js"
import { failedAttempt } from "./AttemptLog.js"
import type { CallInfo } from "./CallInfo.js"
import { type CallExpiry, type CallState, timingOf } from "./CallState.js"
import { errorContext, errorDetails } from "./errors.js"
import { passedBefore } from "./passedBefore.js"
import * as Progress from "./Progress.js"

/**
 * The time at which the deadline began, in milliseconds since the epoch, for a call that something waited to make. Default: the
 * start of the call.
 */
export class DeadlineStart extends Context.Reference<DeadlineStart>()("effect-herald/DeadlineStart", {
  defaultValue: (): number | undefined => undefined
}) {}

/**
 * Returns the failure of the attempt in progress if a response with a final status was received, whose body is incomplete. The
 * status is the outcome of the call. Undefined for any other progress.
 */
const finalFailure = (call: CallInfo, state: CallState): AttemptFailure | undefined => {
  const { accepts, successes } = call.endpoint
  const canSucceed = (status: number) => accepts(status) || successes(status) !== undefined
  const { progress } = state
  const context = { call, timing: () => timingOf(call, state), sent: Progress.sentRequest(progress) }
  const failure = fromHead(context, progress, canSucceed, call.clock.unsafeCurrentTimeMillis())
  return failure?.class === "Final" ? failure : undefined
}

/** Records the attempt that the deadline ended, if one was in progress. */
const recordInterrupted = (call: CallInfo, { log, progress }: CallState): Effect.Effect<void> => {
  const { current } = progress
  if (current._tag === "Idle" || current._tag === "Joined") return Effect.void
  const failed = failedAttempt(call, log, {
    class: Progress.interruptedClass(progress),
    reason: "deadline",
    status: current._tag === "HeadReceived" ? current.status : undefined
  })
  return log.record({ ...failed, verdict: "past deadline" }, call.clock.unsafeCurrentTimeMillis())
}

/** Fails with the error of a call whose deadline has passed. */
const failLate = (call: CallInfo, state: CallState, deadline: Duration.Duration): Effect.Effect<never, AnyError> => {
  const { log } = state
  const failure = finalFailure(call, state)
  return failure === undefined
    ? Effect.zipRight(
        recordInterrupted(call, state),
        Effect.failSync(() => deadlineError(call, state, deadline))
      )
    : Effect.zipRight(
        log.record({ ...failedAttempt(call, log, failure), verdict: "final" }, call.clock.unsafeCurrentTimeMillis()),
        Effect.failSync(() => failure.error(log.attempts()))
      )
}

const deadlineError = (call: CallInfo, state: CallState, deadline: Duration.Duration): NotSent | TimeoutError => {
  const context = errorContext(call, state)
  const time = durationText(deadline)
  // A shared request may have been sent, though not by this call.
  return context.sent === undefined && state.progress.current._tag !== "Joined"
    ? new NotSent(errorDetails(context, passedBefore(deadline) ?? `not sent within its deadline of ${time}`))
    : new TimeoutError({ ...errorDetails(context, `not done within its deadline of ${time}`), reason: "deadline" })
}

/**
 * Reports whether nothing but the transport can make a call wait past its deadline, and the transport aborts a request at an `Expiry`:
 * it is the library's own, and credentials, request body, cache and rate limiter do not wait. `untilDeadline` ends what waits between two
 * attempts.
 */
const canExpire = ({ authoriser: { credentials, origin }, context, endpoint }: CallInfo): boolean => {
  const client = Option.getOrUndefined(Context.getOption(context, HttpClient))
  if (client === undefined) return false
  const { postprocess, preprocess } = partsOf(client)
  return (
    preprocess !== undefined &&
    preprocess === postprocess?.[directSend]?.preprocess &&
    origin.cache === undefined &&
    origin.limiter === undefined &&
    endpoint.body?.writer.withBody === undefined &&
    isImmediate(credentials)
  )
}

/**
 * Runs a call until a timer makes the transport abort its request, after which `retry` runs `onTimeout`. This costs much less than a
 * fiber that is interrupted.
 */
const untilExpiry = <A, R>(
  { clock }: CallInfo,
  state: CallState,
  millis: number,
  run: () => Effect.Effect<A, AnyError, R>,
  onTimeout: () => Effect.Effect<never, AnyError>
): Effect.Effect<A, AnyError, R> =>
  Effect.uninterruptibleMask((restore) => {
    const expiry: CallExpiry = { passed: false, abort: undefined, fail: onTimeout }
    state.expiry = expiry
    const cancel = startTimer(clock, millis, () => {
      expiry.passed = true
      expiry.abort?.()
    })
    return Effect.matchCauseEffect(restore(Effect.suspend(run)), {
      onSuccess: (value) => {
        cancel()
        return Effect.succeed(value)
      },
      onFailure: (cause) => {
        cancel()
        return Effect.failCause(cause)
      }
    })
  })

/**
 * Runs a call within its deadline, if it has one. `run` receives the end of the deadline, in milliseconds since the epoch.
 */
export const withDeadline = <A, R>(
  call: CallInfo,
  state: CallState,
  run: (endsAt: number | undefined) => Effect.Effect<A, AnyError, R>
): Effect.Effect<A, AnyError, R> => {
  const { authoriser, context, startedAt } = call
  const given = Context.get(context, Current) ?? authoriser.defaults.deadline
  if (given === undefined) return run(undefined)
  const deadline = Duration.decode(given)
  const endsAt = (Context.get(context, DeadlineStart) ?? startedAt) + Duration.toMillis(deadline)
  const millis = endsAt - startedAt
  state.endsAt = endsAt
  const runUntil = () => run(endsAt)
  const onTimeout = () => failLate(call, state, deadline)
  return millis > 0 && canExpire(call)
    ? untilExpiry(call, state, millis, runUntil, onTimeout)
    : within(Effect.suspend(runUntil), Duration.millis(millis), onTimeout)
}

/** Returns the time until the deadline of a call, if it has one. */
export const timeLeft = ({ clock }: CallInfo, endsAt: number | undefined): Duration.Duration | undefined =>
  endsAt === undefined ? undefined : Duration.millis(Math.max(0, endsAt - clock.unsafeCurrentTimeMillis()))

/**
 * Runs a step between two attempts, such as a wait. Ends it at the call's deadline, if nothing but the transport ends the call then.
 *
 * - `endsAt`: the end of the call's deadline, in milliseconds since the epoch
 */
export const untilDeadline = <A>(
  call: CallInfo,
  { expiry }: CallState,
  endsAt: number | undefined,
  step: Effect.Effect<A>
): Effect.Effect<A, AnyError> => {
  const left = expiry && timeLeft(call, endsAt)
  return expiry === undefined || left === undefined || isValue(step) ? step : within(step, left, expiry.fail)
}

/** Runs an attempt within its deadline, if it has one. */
export const withAttemptDeadline = <A, E, E2, R>(
  { authoriser, context }: CallInfo,
  attempt: () => Effect.Effect<A, E, R>,
  onTimeout: (limit: Duration.Duration) => E2
): Effect.Effect<A, E | E2, R> => {
  const given = Context.get(context, PerAttempt) ?? authoriser.defaults.attemptDeadline
  if (given === undefined) return attempt()
  const limit = Duration.decode(given)
  return within(Effect.suspend(attempt), limit, () => Effect.failSync(() => onTimeout(limit)))
}
