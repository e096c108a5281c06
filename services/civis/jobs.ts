import type { HttpClient } from "@effect/platform/HttpClient"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { CallError, EncodeError } from "../../src/HeraldError.js"
import type { Response } from "../../src/Operation.js"
import * as Poll from "../../src/Poll.js"
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
  readonly onRun?: ((run: Run) => Effect.Effect<void, never, R>) | undefined
  /**
   * The time between two requests for the state. Default: 1 second, and each time 1.2 times as long, up to 15 seconds.
   */
  readonly pollingInterval?: Duration.DurationInput | undefined
}

/** The errors of a job. */
export type JobError = JobFailed | Poll.NotDone<Run> | CallError | EncodeError

/** The number of messages in an error. */
const shownMessages = 15

/** The time within which the last messages of a run appear in its log, in milliseconds, and the interval at which they are looked for. */
const logDelay = { total: 15_000, interval: 5000 }

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

/** Polls a run: its state, when it has ended, and how often it is read. */
const polling = ({ pollingInterval }: JobOptions<unknown>) => ({
  done: isFinished,
  schedule: pollingInterval === undefined ? undefined : Schedule.spaced(pollingInterval)
})

/** Reads a run, and reports it. */
const read = <R>(jobId: number, runId: number, { onRun }: JobOptions<R>) =>
  reported(strictly(getRun.withResponse(jobId, runId)), onRun)

/** Reports a run that was read. */
const reported = <E, R, RP>(
  run: Effect.Effect<Response<Run>, E, R>,
  onRun: JobOptions<RP>["onRun"] = () => Effect.void
): Effect.Effect<Response<Run>, E, R | RP> => Effect.tap(run, ({ value }) => onRun(value))

/** Returns a run that has succeeded, or fails. */
const succeeded =
  (jobId: number) =>
  ({ value }: Response<Run>): Effect.Effect<Run, JobFailed, HttpClient | Authoriser> =>
    isSuccess(value) ? Effect.succeed(value) : Effect.flatMap(jobFailed(jobId, value), Effect.fail)

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
  Effect.flatMap(Poll.until(read(jobId, runId, options), polling(options)), succeeded(jobId))

/**
 * Runs a job, and waits until the run has ended. Scripts, containers, imports, exports and workflows' tasks are jobs. Fails with
 * `JobFailed` if the run does not succeed. If the Effect is interrupted, the run is cancelled.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Civis from "effect-herald/civis"
 *
 * const nightly = Civis.runJob(2303, { onRun: (run) => Effect.log(`run ${run.id} is ${run.state}`) }).pipe(
 *   Effect.catchTag("JobFailed", ({ jobId, logs }) => Effect.logError(`job ${jobId}: ${logs.at(-1)?.message}`))
 * )
 * ```
 */
export const runJob = <R = never>(
  jobId: number,
  options: JobOptions<R> = {}
): Effect.Effect<Run, JobError, HttpClient | Authoriser | R> =>
  Effect.flatMap(
    Poll.run({
      ...polling(options),
      start: reported(strictly(startRun.withResponse(jobId)), options.onRun),
      state: (started) => started,
      poll: ({ value }) => read(jobId, value.id, options),
      cancel: ({ value }) => cancelRun(jobId, value.id)
    }),
    succeeded(jobId)
  )
