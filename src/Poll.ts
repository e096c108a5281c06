import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { dual, identity } from "effect/Function"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import type * as Schedule from "effect/Schedule"
import * as Backoff from "./Backoff.js"
import { isTransient } from "./HeraldError.js"
import { durationText } from "./internal/durationText.js"
import type { Progress, Report } from "./internal/progress/Progress.js"
import { makeReporter, type Reporter } from "./internal/progress/reporter.js"
import { retryAfterOf } from "./internal/retryAfterOf.js"
import { makeScheduleStep } from "./internal/scheduleStep.js"
import { within } from "./internal/within.js"
import type { Response } from "./Operation.js"
import * as RetryAfter from "./RetryAfter.js"

/** The job is not done, and is not polled any longer. */
export class NotDone<A = unknown> extends Data.TaggedError("NotDone")<{
  readonly message: string
  /**
   * - `deadline`: the deadline has passed, or would pass before the next poll
   * - `schedule`: the schedule has ended
   * - `wait too long`: the server asks for a longer wait than `maxWait`
   */
  readonly reason: "deadline" | "schedule" | "wait too long"
  /** The value of the last poll that succeeded. Undefined if there was none. */
  readonly last: A | undefined
  /** The number of polls. */
  readonly polls: number
  readonly elapsed: Duration.Duration
}> {}

/** The amount of a job that is done. */
export interface Amount extends Pick<Progress, "done"> {
  /** Default: 100 for percent, or else not known. */
  readonly total?: number | undefined
}

/** The progress of a job, as its state tells it. */
export interface ProgressOptions<A> {
  /** Returns the amount that is done. */
  readonly of: (value: A) => Amount
  /** Default: `items`. */
  readonly unit?: Progress["unit"] | undefined
  readonly report: Report
}

/** The limits of polling, and what accompanies it. */
export interface Options<A, RC = never> {
  /**
   * The waits between polls. Polling ends with it. Default: 1 second, and each time 1.2 times as long, up to 15 seconds. A longer wait that
   * the server asks for by `Retry-After` counts instead.
   */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
  /** The longest wait that the server may ask for. Default: 10 minutes. */
  readonly maxWait?: Duration.DurationInput | undefined
  /** The time for the job, from the first poll, or from its start by `run`. Default: no limit. */
  readonly deadline?: Duration.DurationInput | undefined
  /**
   * The number of polls in a row that may fail for a temporary reason (`isTransient`), besides the retries of each call. Default: 5.
   */
  readonly toleratedFailures?: number | undefined
  /**
   * Cancels the job at the server. It runs if the job is given up before it is done: by an interruption, or with `NotDone`. It has 30
   * seconds. Its failure is logged as a warning. After a poll that failed the job goes on, since its state is not known. Default: the job
   * goes on.
   */
  readonly cancel?: Effect.Effect<unknown, unknown, RC> | undefined
  readonly progress?: ProgressOptions<A> | undefined
}

/** The state in which a job is done. */
export interface Done<A, B extends A> {
  /** Reports whether the job is done: whether it has succeeded or failed. */
  readonly done: Predicate.Refinement<A, B>
}

/** The state in which a job is done, if its type does not tell it. */
export interface DoneByValue<A> {
  readonly done: Predicate.Predicate<NoInfer<A>>
}

const defaultSchedule = () => Backoff.exponential({ start: "1 second", factor: 1.2, cap: "15 seconds" })

/** The time in which a job is cancelled. */
const cancelTime = Duration.seconds(30)

const defaultToleratedFailures = 5

const cancelling = <R>(cancel: Effect.Effect<unknown, unknown, R>): Effect.Effect<void, never, R> =>
  within(Effect.asVoid(cancel), cancelTime, () =>
    Effect.logWarning(`the job could not be cancelled within ${durationText(cancelTime)}`)
  ).pipe(Effect.catchAllCause((cause) => Effect.logWarning("the job could not be cancelled", cause)))

/** The polling of a job. */
interface Polling<A, E, R> {
  readonly result: Effect.Effect<Response<A>, E, R>
  /** Reports whether a response has said that the job is done. It is not cancelled then. */
  readonly isOver: () => boolean
}

const passedDeadline = (time: number): string =>
  `its deadline of ${durationText(time)} has passed, or passes before the next poll`

const notDoneAfter = <A>(
  facts: Pick<NotDone<A>, "reason" | "last" | "polls" | "elapsed">,
  explanation: string
): NotDone<A> =>
  new NotDone<A>({
    ...facts,
    message: `the job is not done after ${facts.polls === 1 ? "1 poll" : `${facts.polls} polls`}: ${explanation}`
  })

/** Makes the polling of a job until it is done. It is run once. */
const polling = <A, E, R, RC>(
  poll: Effect.Effect<Response<A>, E, R>,
  options: Options<A, RC> & DoneByValue<A>,
  startedAt: number,
  begun?: { readonly response: Response<unknown>; readonly state: A | undefined }
): Polling<A, E | NotDone<A>, R> => {
  const { done, progress, schedule = defaultSchedule(), toleratedFailures = defaultToleratedFailures } = options
  const maxWait = Duration.decode(options.maxWait ?? "10 minutes")
  const endsAt = options.deadline === undefined ? Infinity : startedAt + Duration.toMillis(options.deadline)
  const step = makeScheduleStep(schedule)
  let last: A | undefined
  let polls = 0
  let isOver = false
  let reporter: Reporter | undefined

  const notDone = (reason: NotDone["reason"], now: number, explanation: string) =>
    notDoneAfter({ reason, last, polls, elapsed: Duration.millis(now - startedAt) }, explanation)
  const deadlinePassed = (now: number) => notDone("deadline", now, passedDeadline(endsAt - startedAt))

  const reporting = (value: A, isDone: boolean): Effect.Effect<void> => {
    if (progress === undefined) return Effect.void
    const unit = progress.unit ?? "items"
    const { done, total = unit === "percent" ? 100 : undefined } = progress.of(value)
    const made = reporter === undefined ? makeReporter(progress.report, unit, total, done) : Effect.succeed(reporter)
    return Effect.flatMap(made, (made) => {
      reporter = made
      return isDone ? made.finish(done, total) : made.advance(done, total)
    })
  }

  /** Waits for the next poll: as long as the schedule says, and no shorter than the server asks. */
  const wait = (asked: Duration.Duration): Effect.Effect<void, NotDone<A>> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.flatMap(step(undefined, now), (delay): Effect.Effect<void, NotDone<A>> => {
        if (delay === undefined) return notDone("schedule", now, "its schedule has ended")
        if (Duration.greaterThan(asked, maxWait)) {
          return notDone("wait too long", now, `the server asks to wait ${durationText(asked)}`)
        }
        const time = Duration.max(delay, asked)
        return now + Duration.toMillis(time) >= endsAt ? deadlinePassed(now) : Effect.sleep(time)
      })
    )

  const askedBy = ({ headers, status }: Response<unknown>) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const { requested, wait = Duration.zero } = RetryAfter.fromHeaders(headers, status, now)
      return requested ? wait : Duration.zero
    })

  const next = (failures: number): Effect.Effect<Response<A>, E | NotDone<A>, R> =>
    Effect.suspend(() => {
      polls += 1
      return Effect.matchEffect(poll, {
        onFailure: (error) =>
          isTransient(error) && failures < toleratedFailures
            ? Effect.logDebug("a poll failed", error).pipe(
                Effect.zipRight(wait(retryAfterOf(error))),
                Effect.zipRight(next(failures + 1))
              )
            : Effect.fail(error),
        onSuccess: seen
      })
    })

  const seen = (response: Response<A>): Effect.Effect<Response<A>, E | NotDone<A>, R> => {
    last = response.value
    isOver = done(response.value)
    return Effect.zipRight(reporting(response.value, isOver), isOver ? Effect.succeed(response) : after(response))
  }

  const begin = () => {
    if (begun === undefined) return next(0)
    const { response, state } = begun
    return state === undefined ? after(response) : seen({ ...response, value: state })
  }

  const after = (response: Response<unknown>) =>
    Effect.flatMap(askedBy(response), (asked) => Effect.zipRight(wait(asked), next(0)))

  const result = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.suspend(begin).pipe(
      endsAt === Infinity
        ? identity
        : Effect.timeoutFail({
            duration: Duration.millis(Math.max(0, endsAt - now)),
            onTimeout: () => deadlinePassed(endsAt)
          })
    )
  )
  return { result, isOver: () => isOver }
}

const isGivenUp = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) &&
  (Cause.isInterrupted(exit.cause) ||
    Option.exists(Cause.failureOption(exit.cause), (error) => error instanceof NotDone))

/** Runs the polling of a job, and cancels the job if it is given up. */
const cancelledIfGivenUp = <A, E, R, RC>(
  { isOver, result }: Polling<A, E, R>,
  cancel: Effect.Effect<unknown, unknown, RC> | undefined
): Effect.Effect<Response<A>, E, R | RC> =>
  cancel === undefined
    ? result
    : Effect.onExit(result, (exit) => (isGivenUp(exit) && !isOver() ? cancelling(cancel) : Effect.void))

/**
 * Asks for a resource until it is done, such as a job at the server. Returns the response of the last poll.
 *
 * - `poll`: asks for the resource: a call by `withResponse`, or `Location.follow`
 * - `done`: reports whether the job is done, whether it has succeeded or failed. A type guard narrows the type of the result
 * - other options: the schedule, the deadline, the cancellation, the progress; see `Options`
 *
 * The first poll is made at once. `Retry-After` of a response, of any status, is the shortest wait before the next poll (RFC 9110,
 * 10.2.3). Fails as a poll does, and with `NotDone` if polling ends before the job is done.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Authoriser, Endpoint, Operation, Poll } from "effect-herald"
 *
 * class Renders extends Authoriser.Tag("example/Renders")<Renders>() {}
 *
 * const Running = Schema.Struct({ state: Schema.Literal("queued", "running"), percent: Schema.Number })
 * const Finished = Schema.Struct({ state: Schema.Literal("finished"), video: Schema.String })
 * const Failed = Schema.Struct({ state: Schema.Literal("failed"), reason: Schema.String })
 * const Render = Schema.Union(Running, Finished, Failed)
 *
 * const getRender = Operation.make(Renders, () => Endpoint.get("/renders/{id}", { success: Render }))
 * const cancelRender = Operation.make(Renders, () => Endpoint.delete("/renders/{id}"))
 *
 * class RenderFailed extends Schema.TaggedError<RenderFailed>()("RenderFailed", { reason: Schema.String }) {}
 *
 * const isDone = Schema.is(Schema.Union(Finished, Failed))
 *
 * const video = (id: string) =>
 *   Poll.until(getRender.withResponse({ id }), {
 *     done: isDone,
 *     deadline: "10 minutes",
 *     cancel: cancelRender({ id })
 *   }).pipe(
 *     Effect.flatMap(({ value }) =>
 *       value.state === "finished" ? Effect.succeed(value.video) : new RenderFailed({ reason: value.reason })
 *     )
 *   )
 * ```
 */
export const until: {
  <A, B extends A, RC = never>(
    options: Options<A, RC> & Done<A, B>
  ): <E, R>(poll: Effect.Effect<Response<A>, E, R>) => Effect.Effect<Response<B>, E | NotDone<A>, R | RC>
  <A, RC = never>(
    options: Options<A, RC> & DoneByValue<A>
  ): <E, R>(poll: Effect.Effect<Response<A>, E, R>) => Effect.Effect<Response<A>, E | NotDone<A>, R | RC>
  <A, B extends A, E, R, RC = never>(
    poll: Effect.Effect<Response<A>, E, R>,
    options: Options<A, RC> & Done<A, B>
  ): Effect.Effect<Response<B>, E | NotDone<A>, R | RC>
  <A, E, R, RC = never>(
    poll: Effect.Effect<Response<A>, E, R>,
    options: Options<A, RC> & DoneByValue<A>
  ): Effect.Effect<Response<A>, E | NotDone<A>, R | RC>
} = dual(
  2,
  <A, E, R, RC>(
    poll: Effect.Effect<Response<A>, E, R>,
    options: Options<A, RC> & DoneByValue<A>
  ): Effect.Effect<Response<A>, E | NotDone<A>, R | RC> =>
    Effect.flatMap(Clock.currentTimeMillis, (startedAt) =>
      cancelledIfGivenUp(polling(poll, options, startedAt), options.cancel)
    )
)

/** The parts of a job that is started, polled and, if it is given up, cancelled. */
export interface Job<S, E, R, A, E2, R2, RC> extends Omit<Options<A>, "cancel"> {
  /** Starts the job: a call by `withResponse`. */
  readonly start: Effect.Effect<Response<S>, E, R>
  /** Asks for the job that was started, such as by `Location.follow`. */
  readonly poll: (started: Response<S>) => Effect.Effect<Response<A>, E2, R2>
  /**
   * Returns the state of the job from the response to the start. A job that is done then is not polled. Default: the first state is that of
   * the first poll.
   */
  readonly state?: ((started: S) => A) | undefined
  /** Cancels the job that was started; see `Options.cancel`. */
  readonly cancel?: ((started: Response<S>) => Effect.Effect<unknown, unknown, RC>) | undefined
}

/** The time for which an interruption, or the deadline, waits for the response of a job that is being started, so as to cancel it. */
const startTime = Duration.seconds(30)

/**
 * Starts a job and polls it until it is done. Returns the response of the last poll.
 *
 * - `start`: starts the job, such as a POST that responds with a 202 and a `Location`
 * - `poll`: asks for the job that was started. The first poll follows after the wait that the response to the start asks for, or that of
 *   the schedule
 * - `cancel`: cancels the job that was started. An interruption during the start, or the end of the deadline, waits up to 30 seconds for
 *   its response, so that no job is left behind
 * - other options: those of `until`
 *
 * Fails as the start or a poll does, and with `NotDone` if polling ends before the job is done.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Authoriser, Endpoint, Location, Operation, Poll } from "effect-herald"
 *
 * class Reports extends Authoriser.Tag("app/Reports")<Reports>() {}
 *
 * const createReport = Operation.make(Reports, () => Endpoint.post("/reports", { success: { 202: Schema.Unknown } }))
 * const getJob = Operation.make(Reports, () =>
 *   Endpoint.get("/jobs/{id}", { success: Schema.Struct({ status: Schema.Literal("running", "done", "failed") }) })
 * )
 *
 * const report = Poll.run({
 *   start: createReport.withResponse(),
 *   poll: (created) => Location.follow(getJob, created),
 *   done: ({ status }) => status !== "running",
 *   deadline: "1 hour"
 * })
 * ```
 */
export const run: {
  <S, E, R, A, E2, R2, B extends A, RC = never>(
    job: Job<S, E, R, A, E2, R2, RC> & Done<A, B>
  ): Effect.Effect<Response<B>, E | E2 | NotDone<A>, R | R2 | RC>
  <S, E, R, A, E2, R2, RC = never>(
    job: Job<S, E, R, A, E2, R2, RC> & DoneByValue<A>
  ): Effect.Effect<Response<A>, E | E2 | NotDone<A>, R | R2 | RC>
} = <S, E, R, A, E2, R2, RC>(
  job: Job<S, E, R, A, E2, R2, RC> & DoneByValue<A>
): Effect.Effect<Response<A>, E | E2 | NotDone<A>, R | R2 | RC> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { cancel, poll, start, state, ...options } = job
      const { deadline } = options
      const startedAt = yield* Clock.currentTimeMillis
      // An interruption must not lose the id of a job that the server has begun.
      const starting = yield* Effect.forkDaemon(Effect.interruptible(start))
      const inTime =
        deadline === undefined
          ? Fiber.join(starting)
          : Effect.timeoutFail(Fiber.join(starting), {
              duration: deadline,
              onTimeout: () => startTooLong<A>(Duration.decode(deadline))
            })
      const stop =
        cancel === undefined
          ? Fiber.interrupt(starting)
          : cancelStarting(starting, (started) =>
              state !== undefined && options.done(state(started.value)) ? Effect.void : cancel(started)
            )
      const started = yield* Effect.onExit(restore(inTime), (exit) => (isGivenUp(exit) ? stop : Effect.void))
      const { isOver, result } = polling(
        Effect.suspend(() => poll(started)),
        options,
        startedAt,
        { response: started, state: state?.(started.value) }
      )
      return yield* cancelledIfGivenUp(
        { result: restore(result), isOver },
        cancel && Effect.suspend(() => cancel(started))
      )
    })
  )

const startTooLong = <A>(deadline: Duration.Duration): NotDone<A> =>
  notDoneAfter<A>(
    { reason: "deadline", last: undefined, polls: 0, elapsed: deadline },
    passedDeadline(Duration.toMillis(deadline))
  )

/** Cancels a job that is being started, as soon as its response is there. */
const cancelStarting = <S, E, RC>(
  starting: Fiber.RuntimeFiber<Response<S>, E>,
  cancel: (started: Response<S>) => Effect.Effect<unknown, unknown, RC>
): Effect.Effect<void, never, RC> =>
  Effect.flatMap(
    within(Fiber.await(starting), startTime, () => Effect.as(Fiber.interruptFork(starting), undefined)),
    (exit) =>
      exit !== undefined && Exit.isSuccess(exit) ? cancelling(Effect.suspend(() => cancel(exit.value))) : Effect.void
  )
