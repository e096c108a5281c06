import * as Duration from "effect/Duration"
import * as Schedule from "effect/Schedule"
import type { FailedAttempt } from "./Attempt.js"
import { invalidSchedule } from "./internal/invalidSchedule.js"
import { isDuration } from "./internal/isDuration.js"

/**
 * Randomization of waits, so that clients that failed together do not retry together:
 *
 * - `none`: no randomization
 * - `equal`: between half of the wait and the whole wait
 * - `full`: between zero and the whole wait
 */
export type Jitter = "none" | "equal" | "full"

/** Options of every backoff. */
export interface Options {
  /** The first wait. */
  readonly start: Duration.DurationInput
  /** The longest wait. Default: no limit. */
  readonly cap?: Duration.DurationInput | undefined
  /** Randomization of each wait, applied after the cap. Default: `none`. */
  readonly jitter?: Jitter | undefined
}

/** The smallest factor by which jitter multiplies a wait. The largest is 1. */
const minJitterFactor: Readonly<Record<Exclude<Jitter, "none">, number>> = { equal: 0.5, full: 0 }

/** Names the first option that is invalid. JavaScript permits other values than the types do. */
const invalidOption = (
  { cap, jitter = "none", start }: Options,
  [name, step]: readonly [name: string, value: unknown]
): string | undefined => {
  for (const [option, value = 1] of Object.entries({ cap, [name]: step })) {
    if (!(option === "factor" ? Number.isFinite(value) && Number(value) > 0 : isDuration(value))) return option
  }
  if (!isDuration(start)) return "start"
  return jitter === "none" || Object.hasOwn(minJitterFactor, jitter) ? undefined : "jitter"
}

const withCapAndJitter = (
  options: Options,
  step: readonly [name: string, value: unknown],
  makeWaits: () => Schedule.Schedule<Duration.Duration>
): Schedule.Schedule<Duration.Duration> => {
  const invalid = invalidOption(options, step)
  if (invalid !== undefined) {
    return invalidSchedule(`has a backoff whose ${invalid} is invalid`, Duration.zero)
  }
  const { cap, jitter = "none" } = options
  const waits = makeWaits()
  const capped = cap === undefined ? waits : Schedule.modifyDelay(waits, (_, delay) => Duration.min(delay, cap))
  return jitter === "none" ? capped : Schedule.jitteredWith(capped, { min: minJitterFactor[jitter], max: 1 })
}

/**
 * Waits that grow by a factor: `start`, `start * factor`, `start * factor²`, ... The default factor is 2. The schedule does not
 * end: intersect it with `attempts` or `elapsed`, or with any `Schedule`.
 *
 * @example
 * ```ts
 * import { Schedule } from "effect"
 * import { Backoff } from "effect-herald"
 *
 * const schedule = Backoff.exponential({ start: "500 millis", cap: "8 seconds", jitter: "full" }).pipe(
 *   Schedule.intersect(Backoff.attempts(5))
 * )
 * ```
 */
export const exponential = (
  options: Options & { readonly factor?: number | undefined }
): Schedule.Schedule<Duration.Duration> =>
  withCapAndJitter(options, ["factor", options.factor], () => Schedule.exponential(options.start, options.factor))

/**
 * Waits that grow by a step: `start`, `start + step`, `start + 2 * step`, ... The default step is `start`. The schedule does
 * not end: intersect it with `attempts` or `elapsed`, or with any `Schedule`.
 */
export const linear = (
  options: Options & { readonly step?: Duration.DurationInput | undefined }
): Schedule.Schedule<Duration.Duration> =>
  withCapAndJitter(options, ["step", options.step], () =>
    Schedule.delayedSchedule(
      Schedule.map(Schedule.forever, (index) =>
        Duration.sum(options.start, Duration.times(options.step ?? options.start, index))
      )
    )
  )

/** Limits the number of attempts of a call, the first included, across all rules of a policy. Adds no waits. */
export const attempts = (max: number): Schedule.Schedule<unknown, FailedAttempt> =>
  max === Infinity || (Number.isSafeInteger(max) && max >= 1)
    ? Schedule.recurWhile(({ number }: FailedAttempt) => number < max)
    : invalidSchedule("has a number of attempts that is not a whole number above 0", undefined)

/** Ends the retries once a failure occurs at `limit` or later after the start of the call. Adds no waits. */
export const elapsed = (limit: Duration.DurationInput): Schedule.Schedule<unknown, FailedAttempt> =>
  isDuration(limit)
    ? Schedule.recurWhile(({ elapsed }: FailedAttempt) => Duration.lessThan(elapsed, limit))
    : invalidSchedule("has a time limit that is not a duration", undefined)
