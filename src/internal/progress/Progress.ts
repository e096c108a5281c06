import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"

/** The progress of an upload, a download, a list or a job. */
export interface Progress {
  readonly unit: "bytes" | "items" | "percent"
  /** The amount that is done, in the unit. */
  readonly done: number
  /** The amount of all the work. Undefined if it is not known. */
  readonly total: number | undefined
  /** The average of the last seconds, in units per second. */
  readonly rate: number
  readonly elapsed: Duration.Duration
  /** The time left at this rate. Undefined if it is not known. */
  readonly remaining: Duration.Duration | undefined
}

/**
 * Reports progress. It runs in the fiber of the work, which waits for it; at most ten times a second, and at the end.
 */
export type Report = (progress: Progress) => Effect.Effect<unknown>
