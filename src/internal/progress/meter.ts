import * as Duration from "effect/Duration"
import type { Progress } from "./Progress.js"

/** The time over which the rate is averaged, in milliseconds: long enough to be steady, short enough to follow a change. */
const averagedOver = 5000

/** The facts that a meter starts with. */
export interface MeterOptions {
  readonly unit: Progress["unit"]
  readonly total: number | undefined
  /** In milliseconds, as all times of a meter. */
  readonly now: number
  /** The part that was done before, such as the bytes of a download that is resumed. Default: 0. */
  readonly done?: number | undefined
}

/** Measures the rate of work. */
export interface Meter {
  /** Returns the progress now. A total that is not a number of at least 0 is not known. */
  readonly read: (done: number, now: number, total?: number) => Progress
}

/** The product of rounding can be more than the largest number. */
const finite = (number: number) => Math.min(number, Number.MAX_VALUE)

const remainingOf = (left: number | undefined, rate: number): Duration.Duration | undefined => {
  if (left === 0) return Duration.zero
  return left === undefined || rate <= 0 ? undefined : Duration.seconds(left / rate)
}

/**
 * Makes a meter. Its rate is an exponential average over the time that was measured, so that it follows a change within seconds and is
 * exact from the start. Time that a clock goes back, and work that is undone, are not measured.
 */
export const makeMeter = (options: MeterOptions): Meter => {
  let last = { done: options.done ?? 0, now: options.now }
  let elapsed = 0
  // The weighted sum of the rates, and the sum of their weights. It approaches 1 as time passes.
  let weighted = 0
  let weights = 0
  return {
    read: (done, now, total = options.total) => {
      const passed = now - last.now
      if (passed > 0) elapsed += passed
      if (passed > 0 && done >= last.done) {
        const kept = Math.exp(-passed / averagedOver)
        weighted = finite(weighted * kept + finite(((done - last.done) / passed) * 1000) * (1 - kept))
        weights = weights * kept + (1 - kept)
      }
      // Work that is done within the same millisecond counts for the next one.
      if (passed !== 0 || done < last.done) last = { done, now }
      const rate = weights === 0 ? 0 : finite(weighted / weights)
      const known = total !== undefined && total >= 0 && Number.isFinite(total) ? total : undefined
      return {
        unit: options.unit,
        done,
        total: known,
        rate,
        elapsed: Duration.millis(elapsed),
        remaining: remainingOf(known === undefined ? undefined : Math.max(0, known - done), rate)
      }
    }
  }
}
