import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** The longest time of a timer, in milliseconds: 24.8 days. Effect's live clock never ends a longer sleep. */
const longestTimer = 2_147_483_647

/**
 * Calls a function after a number of milliseconds by a clock: by a timer of the system if it is Effect's live clock, which costs much
 * less than a fiber that sleeps. Returns a function that cancels it.
 */
export const startTimer = (clock: Clock.Clock, millis: number, end: () => void): (() => void) => {
  if (clock === Context.get(DefaultServices.liveServices, Clock.Clock)) {
    const timer = millis <= longestTimer ? setTimeout(end, millis) : undefined
    return () => clearTimeout(timer)
  }
  const sleeper = Effect.runFork(Effect.zipRight(clock.sleep(Duration.millis(millis)), Effect.sync(end)))
  return () => sleeper.unsafeInterruptAsFork(sleeper.id())
}
