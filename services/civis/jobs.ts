import type { HttpClient } from "@effect/platform/HttpClient"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { type CallError, type EncodeError, isTransient } from "../../src/HeraldError.js"
import type { Authoriser } from "./Authoriser.js"
import { cancelRun, getRun, listLogs, type LogMessage, type Run, startRun, strictly } from "./operations.js"

/** The run of a job has failed, or was cancelled. The message has the job, the run, its error and the last lines of its log. */
export class JobFailed extends Data.TaggedError("JobFailed")<{
  readonly message: string
  readonly jobId: number
  readonly runId: number
  /** The run as it ended. Its `state` is `failed` or `cancelled`. */
  readonly run: Run
  /** The last messages of the log, at most 15, in order. Empty if the log can't be read. */
  readonly logs: ReadonlyArray<LogMessage>
}> {}

/** Options of `runJob` and `waitForRun`. */
export interface JobOptions<R = never> {
  /** Runs whenever the state of the run was read, also at its end. */
  readonly onProgress?: ((run: Run) => Effect.Effect<void, never, R>) | undefined
  /**
   * The time between two requests for the state. Default: 1 second, and each time 1.2 times as long, up to 15 seconds.
   */
  readonly pollingInterval?: Duration.DurationInput | undefined
}

/** The errors of a job. */
export type JobError = JobFailed | CallError | EncodeError

const firstInterval = 1000
const factor = 1.2
const longestInterval = 15_000

/** The number of polls in a row that may fail for a temporary reason, such as a broken connection. */
const toleratedFailures = 5

/** The number of messages in an error. */
const shownMessages = 15

/** The time within which the last messages of a run appear in its log, in milliseconds, and the interval at which they are looked for. */
const logDelay = { total: 15_000, interval: 5000 }

/** The time for which an interruption waits for a run that is being started, so as to cancel it. */
const startBound = Duration.seconds(30)

const isSuccess = ({ state }: Run): boolean => state === "succeeded" || state === "success"

const isFinished = (run: Run): boolean => isSuccess(run) || run.state === "failed" || run.state === "cancelled"

/** Returns the last messages of the log. Waits for those that are late. Empty if they can't be read. */
const lastLogs = (
  jobId: number,
  runId: number,
  waited = 0
): Effect.Effect<ReadonlyArray<LogMessage>, never, HttpClient | Authoriser> =>
  Effect.matchEffect(strictly(listLogs.withResponse(jobId, runId, { limit: shownMessages })), {
    onFailure: () => Effect.succeed([]),
    onSuccess: ({ headers, value }) =>
      headers["civis-cache-control"] === "no-store" && waited < logDelay.total
        ? Effect.delay(lastLogs(jobId, runId, waited + logDelay.interval), logDelay.interval)
        : Effect.succeed(value.toReversed())
  })

/** Makes the error of a run that has not succeeded. */
const jobFailed = (jobId: number, run: Run) =>
  Effect.map(lastLogs(jobId, run.id), (logs) => {
    const what = run.state === "cancelled" ? "The run was cancelled." : (run.error ?? "The run failed.")
    const lines = logs.map(({ message }) => message)
    return new JobFailed({
      message: [`(From job ${jobId} / run ${run.id}) ${what}`, ...lines].join("\n"),
      jobId,
      runId: run.id,
      run,
      logs
    })
  })

/** Reads the state of a run until it has ended. */
const poll = <R>(
  jobId: number,
  first: Run,
  { onProgress = () => Effect.void, pollingInterval }: JobOptions<R>
): Effect.Effect<Run, JobError, HttpClient | Authoriser | R> => {
  const fixed = pollingInterval === undefined ? undefined : Duration.toMillis(pollingInterval)

  const next = (interval: number, failures: number): Effect.Effect<Run, JobError, HttpClient | Authoriser | R> =>
    Effect.delay(
      Effect.matchEffect(strictly(getRun(jobId, first.id)), {
        onSuccess: (run) => seen(run, longer(interval)),
        onFailure: (error) =>
          isTransient(error) && failures < toleratedFailures
            ? Effect.zipRight(
                Effect.logDebug(`The state of job ${jobId} / run ${first.id} could not be read`, error),
                next(longer(interval), failures + 1)
              )
            : Effect.fail(error)
      }),
      interval
    )

  const longer = (interval: number) => fixed ?? Math.min(interval * factor, longestInterval)

  const seen = (run: Run, interval: number): Effect.Effect<Run, JobError, HttpClient | Authoriser | R> =>
    Effect.zipRight(
      onProgress(run),
      isSuccess(run)
        ? Effect.succeed(run)
        : isFinished(run)
          ? Effect.flatMap(jobFailed(jobId, run), Effect.fail)
          : next(interval, 0)
    )

  return seen(first, fixed ?? firstInterval)
}

/**
 * Waits until a run has ended, and returns it. Fails with `JobFailed` if it does not succeed. A poll that fails for a temporary reason is
 * repeated at the next interval, five times in a row. If the Effect is interrupted, the run goes on.
 *
 * @example
 * ```ts
 * import * as Civis from "effect-herald/civis"
 *
 * // Job 1234 was started elsewhere, and 5678 is the number of its run.
 * const finished = Civis.waitForRun(1234, 5678)
 * ```
 */
export const waitForRun = <R = never>(
  jobId: number,
  runId: number,
  options: JobOptions<R> = {}
): Effect.Effect<Run, JobError, HttpClient | Authoriser | R> =>
  Effect.flatMap(strictly(getRun(jobId, runId)), (run) => poll(jobId, run, options))

const cancel = (jobId: number, runId: number): Effect.Effect<void, never, HttpClient | Authoriser> =>
  Effect.catchAll(cancelRun(jobId, runId), (error) =>
    Effect.logWarning(`Job ${jobId} / run ${runId} could not be cancelled: ${error.message}`)
  )

/** Cancels a run that is being started, as soon as it has an id. Waits for that no longer than `startBound`. */
const cancelStarting = <E>(
  jobId: number,
  starting: Fiber.RuntimeFiber<Run, E>
): Effect.Effect<void, never, HttpClient | Authoriser> =>
  Fiber.await(starting).pipe(
    Effect.timeoutOption(startBound),
    // In a fiber of its own, since the one that is interrupted can't end a wait.
    Effect.interruptible,
    Effect.forkDaemon,
    Effect.flatMap(Fiber.join),
    Effect.flatMap(
      Option.match({
        onNone: () => Fiber.interruptFork(starting),
        onSome: (exit) => (Exit.isSuccess(exit) ? cancel(jobId, exit.value.id) : Effect.void)
      })
    )
  )

/**
 * Runs a job, and waits until the run has ended. Scripts, containers, imports, exports and workflows' tasks are jobs. Fails with
 * `JobFailed` if the run does not succeed. If the Effect is interrupted, the run is cancelled.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Civis from "effect-herald/civis"
 *
 * const nightly = Civis.runJob(2303, { onProgress: (run) => Effect.log(`run ${run.id} is ${run.state}`) }).pipe(
 *   Effect.catchTag("JobFailed", ({ jobId, logs }) => Effect.logError(`job ${jobId}: ${logs.at(-1)?.message}`))
 * )
 * ```
 */
export const runJob = <R = never>(
  jobId: number,
  options: JobOptions<R> = {}
): Effect.Effect<Run, JobError, HttpClient | Authoriser | R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      // An interruption must not lose the id of a run that the server has begun.
      const starting = yield* Effect.forkDaemon(Effect.interruptible(strictly(startRun(jobId))))
      const started = yield* restore(Fiber.join(starting)).pipe(
        Effect.onInterrupt(() => cancelStarting(jobId, starting))
      )
      return yield* restore(poll(jobId, started, options)).pipe(Effect.onInterrupt(() => cancel(jobId, started.id)))
    })
  )
