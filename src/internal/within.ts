import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import { startTimer } from "./timer.js"

/**
 * Interrupts an effect that takes longer than a duration, and runs another one instead. The timer interrupts the effect even within
 * an uninterruptible region of the caller. A timeout does not wait until the effect has ended; an interruption of the caller
 * does. Therefore the effect runs in a fiber of its own, which is no child of the caller's: an interruption of the caller would reach a
 * child even within an uninterruptible region.
 */
export const within = <A, E, R, B, E2, R2>(
  effect: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => Effect.Effect<B, E2, R2>
): Effect.Effect<A | B, E | E2, R | R2> =>
  Duration.lessThanOrEqualTo(duration, Duration.zero)
    ? Effect.suspend(onTimeout)
    : Effect.withFiberRuntime((caller, { runtimeFlags }) => {
        const runtime = Runtime.make({
          context: caller.currentContext,
          fiberRefs: caller.getFiberRefs(),
          runtimeFlags: RuntimeFlags.enable(runtimeFlags, RuntimeFlags.Interruption)
        })
        const clock = Context.get(caller.currentDefaultServices, Clock.Clock)
        return Effect.async<A | B, E | E2, R | R2>((resume) => {
          // A fiber that fails is logged, so this one succeeds with the exit. Its context is that of the caller, which has `R`.
          const work = Runtime.runFork(runtime, Effect.exit(effect) as Effect.Effect<Exit.Exit<A, E>>)
          const done = work.unsafePoll()
          if (done !== null) return resume(Exit.flatten(done))
          const cancel = startTimer(clock, Duration.toMillis(duration), () => {
            resume(Effect.suspend(onTimeout))
            work.unsafeInterruptAsFork(caller.id())
          })
          work.addObserver((exit) => {
            cancel()
            resume(Exit.flatten(exit))
          })
          return Effect.suspend(() => {
            cancel()
            return Fiber.interrupt(work)
          })
        })
      })
