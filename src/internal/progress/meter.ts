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
  /** Returns the progress now. */
  readonly read: (done: number, now: number, total?: number) => Progress
}

/** Makes a meter. Its rate is an exponential average, so that it follows a change within seconds. */
export const makeMeter = (options: MeterOptions): Meter => {
  const { now: startedAt, unit } = options
  const initially = options.done ?? 0
  let last = { done: initially, now: startedAt }
  let average: number | undefined
  return {
    read: (done, now, total = options.total) => {
      const passed = now - last.now
      if (passed > 0 && done >= last.done) {
        const rate = ((done - last.done) / passed) * 1000
        const weight = 1 - Math.exp(-passed / averagedOver)
        average = average === undefined ? rate : average + weight * (rate - average)
        last = { done, now }
      }
      const rate = average ?? 0
      const left = total === undefined ? undefined : Math.max(0, total - done)
      return {
        unit,
        done,
        total,
        rate,
        elapsed: Duration.millis(Math.max(0, now - startedAt)),
        remaining:
          left === 0 ? Duration.zero : left === undefined || rate <= 0 ? undefined : Duration.seconds(left / rate)
      }
    }
  }
}
