import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"

/**
 * Returns a function that steps a schedule and returns its delay, or undefined at the schedule's end. It does not wait. The function
 * holds the schedule's state.
 *
 * - `input`: the input of the schedule
 * - `now`: the time in milliseconds since the epoch
 */
export const makeScheduleStep = <In>(schedule: Schedule.Schedule<unknown, In>) => {
  let state = schedule.initial
  return (input: In, now: number): Effect.Effect<Duration.Duration | undefined> =>
    Effect.map(schedule.step(now, input, state), ([next, , decision]) => {
      state = next
      return ScheduleDecision.isContinue(decision)
        ? Duration.millis(Math.max(0, ScheduleIntervals.start(decision.intervals) - now))
        : undefined
    })
}
