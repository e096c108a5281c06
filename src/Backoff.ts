import * as Duration from "effect/Duration"
import * as Schedule from "effect/Schedule"
import type { FailedAttempt } from "./Attempt.js"

/**
 * How a wait is varied, so that callers who failed together do not come back together:
 *
 * - `none`: not at all
 * - `equal`: between half of it and all of it
 * - `full`: between nothing and all of it
 */
export type Jitter = "none" | "equal" | "full"

/** What every backoff can be given. */
export interface Options {
  /** The first wait. */
  readonly start: Duration.DurationInput
  /** No wait grows beyond this. Default: none. */
  readonly cap?: Duration.DurationInput | undefined
  /** Default: `none`. It varies the wait as capped. */
  readonly jitter?: Jitter | undefined
}

const smallest: Readonly<Record<Exclude<Jitter, "none">, number>> = { equal: 0.5, full: 0 }

const shaped = (
  { cap, jitter = "none" }: Options,
  waits: Schedule.Schedule<Duration.Duration>
): Schedule.Schedule<Duration.Duration> => {
  const capped = cap === undefined ? waits : Schedule.modifyDelay(waits, (_, delay) => Duration.min(delay, cap))
  return jitter === "none" ? capped : Schedule.jitteredWith(capped, { min: smallest[jitter], max: 1 })
}

/**
 * Waits that grow by a factor, 2 unless said otherwise: `start`, `start * factor`, `start * factor²`, ... It does not end by
 * itself: intersect it with `attempts` or `elapsed`, or with any `Schedule`.
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
): Schedule.Schedule<Duration.Duration> => shaped(options, Schedule.exponential(options.start, options.factor))

/**
 * Waits that grow by a step, as long as the first wait unless said otherwise: `start`, `start + step`, `start + 2 * step`, ...
 * It does not end by itself.
 */
export const linear = (
  options: Options & { readonly step?: Duration.DurationInput | undefined }
): Schedule.Schedule<Duration.Duration> =>
  shaped(
    options,
    Schedule.delayedSchedule(
      Schedule.map(Schedule.forever, (index) =>
        Duration.sum(options.start, Duration.times(options.step ?? options.start, index))
      )
    )
  )

/** No more than so many attempts in a call, the first one included, whichever rule of a policy repeated them. No waits. */
export const attempts = (most: number): Schedule.Schedule<FailedAttempt, FailedAttempt> =>
  Schedule.recurWhile(({ number }) => number < most)

/** No attempt after a failure that came so long after the beginning of the call. No waits. */
export const elapsed = (most: Duration.DurationInput): Schedule.Schedule<FailedAttempt, FailedAttempt> =>
  Schedule.recurWhile(({ elapsed }) => Duration.lessThan(elapsed, most))
