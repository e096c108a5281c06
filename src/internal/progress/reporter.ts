import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Progress, Report } from "./Progress.js"
import { makeMeter } from "./meter.js"

/** The shortest time between two reports, in milliseconds. */
const interval = 100

/** Reports progress. */
export interface Reporter {
  /** Reports that this much is done, unless the last report was a moment ago. */
  readonly advance: (done: number, total?: number) => Effect.Effect<void>
  /** Reports the end, always. */
  readonly finish: (done: number, total?: number) => Effect.Effect<void>
}

/**
 * Makes a reporter, which starts now. The first report is made at once.
 *
 * - `report`: reports the progress
 * - `total`: the amount of all the work, if it is known
 * - `done`: the part that was done before, which is not counted in the rate. Default: 0
 */
export const makeReporter = (
  report: Report,
  unit: Progress["unit"],
  total: number | undefined,
  done = 0
): Effect.Effect<Reporter> =>
  Effect.map(Clock.currentTimeMillis, (startedAt) => {
    const meter = makeMeter({ unit, total, now: startedAt, done })
    let reportedAt: number | undefined
    const at = (now: number, done: number, total?: number) => {
      reportedAt = now
      return Effect.asVoid(report(meter.read(done, now, total)))
    }
    return {
      advance: (done, total) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          // A clock that went back is no reason to be silent until it has caught up.
          reportedAt !== undefined && now >= reportedAt && now - reportedAt < interval
            ? Effect.void
            : at(now, done, total)
        ),
      finish: (done, total) => Effect.flatMap(Clock.currentTimeMillis, (now) => at(now, done, total))
    }
  })
