import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"

/**
 * The progress of an upload, a download, a list or a job. Its numbers are never `NaN`.
 *
 * @example
 * ```ts
 * import type { Progress } from "effect-herald"
 *
 * export const percentage = ({ done, total }: Progress.Progress) =>
 *   total === undefined || total === 0 ? undefined : Math.min(100, Math.floor((done / total) * 100))
 * ```
 */
export interface Progress {
  readonly unit: "bytes" | "items" | "percent"
  /** The amount that is done, in the unit. It contains what was done before, such as the bytes of a download that is resumed. */
  readonly done: number
  /** The amount of all the work. Undefined if it is not known. It can be less than `done` if the server was wrong. */
  readonly total: number | undefined
  /** The average of the last seconds, in units per second. It is 0 until time has passed. */
  readonly rate: number
  /** The time since the work began, or was resumed. */
  readonly elapsed: Duration.Duration
  /** The time left at this rate. Undefined if it is not known: there is no total, or the rate is 0. */
  readonly remaining: Duration.Duration | undefined
}

/**
 * Reports progress. It runs in the fiber of the work, which waits for it; at most ten times a second, and at the end.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import type { Progress } from "effect-herald"
 *
 * export const log: Progress.Report = ({ done, total, unit }) => Effect.logInfo(`${done} of ${total ?? "?"} ${unit}`)
 * ```
 */
export type Report = (progress: Progress) => Effect.Effect<unknown>
