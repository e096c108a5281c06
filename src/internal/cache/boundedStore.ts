import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import type { CacheStore } from "../../CacheStore.js"
import { CacheFailure } from "../../ResponseCache.js"
import { eagerly } from "../eagerly.js"
import { within } from "../within.js"

type Store = Context.Tag.Service<CacheStore>

/** Time without a response of the store to any access of a kind after which a call does not wait for its own, in milliseconds. */
const silenceBound = 1000

/** Longest time that a call waits for one access, in milliseconds. It matters for a store that is slow under load. */
const accessBound = 5000

/**
 * Interval at which a waiting call looks whether the store has responded to others, in milliseconds. Since time counts in these
 * steps, a process that is too busy to read the responses does not take the store for a silent one.
 */
const step = 250

/** Longest time that a function of the cache, such as `purge`, waits for one access to the store, in milliseconds. */
const maintenanceBound = 10_000

/** Time for which a kind of access is not tried again after it has not responded, in milliseconds. */
const retryInterval = 5000

/** Kinds of accesses that calls make. */
type Kind = "get" | "set" | "remove" | "clear"

/**
 * Marks an access that ends synchronously and can't die, so that it needs no bound. The mark is on the function, since a store that
 * wraps another one may copy its other functions.
 */
export const synchronous = <F extends object>(access: F): F => Object.assign(access, { synchronous: true })

/** Makes the failure of an access that has ended in another way than a store may end it, such as a defect. */
const failureOf = (cause: Cause.Cause<CacheFailure>): CacheFailure =>
  Option.getOrElse(Cause.failureOption(cause), () => {
    const defect = Cause.squash(cause)
    return new CacheFailure({ message: defect instanceof Error ? defect.message : "The store died", cause: defect })
  })

const noResponse = (bound: number): CacheFailure =>
  new CacheFailure({ message: `The store did not respond within ${bound / 1000} s` })

/** Accesses of calls to a store, each of which ends within a bound, however the store behaves. */
export type BoundedStore = Pick<Store, Kind>

/**
 * Bounds the accesses of calls. An access that takes too long fails, and is interrupted without waiting for its end. Accesses of
 * its kind then fail at once; after `retryInterval`, one of them is let through. Defects and exceptions become failures.
 */
export const make = (store: Store): BoundedStore => {
  /**
   * Kinds of accesses that did not respond: the time until which they are not tried, in milliseconds since the epoch, and the bound
   * that was reached.
   */
  const suspended = new Map<Kind, { readonly until: number; readonly bound: number }>()
  /** Numbers of responses. */
  const responses = { get: 0, set: 0, remove: 0, clear: 0 }

  /** Ends when an access of this kind has taken too long. Returns the bound that was reached. */
  const tooLong = (kind: Kind, waited = 0, silent = 0): Effect.Effect<number> =>
    Effect.suspend(() => {
      if (silent >= silenceBound) return Effect.succeed(silenceBound)
      if (waited >= accessBound) return Effect.succeed(accessBound)
      const before = responses[kind]
      return Effect.flatMap(Effect.sleep(step), () =>
        tooLong(kind, waited + step, responses[kind] === before ? silent + step : step)
      )
    })

  /** Runs an access in a fiber of its own. Waits with a timer only if it does not end synchronously, as it does in memory. */
  const bounded = <A>(kind: Kind, access: () => Effect.Effect<A, CacheFailure>): Effect.Effect<A, CacheFailure> => {
    const settle = (exit: Exit.Exit<A, CacheFailure>): Effect.Effect<A, CacheFailure> => {
      responses[kind] += 1
      if (suspended.size > 0) suspended.delete(kind)
      return Exit.isSuccess(exit) ? exit : Effect.fail(failureOf(exit.cause))
    }
    const suspend = (bound: number): Effect.Effect<never, CacheFailure> =>
      Effect.clockWith((clock) => {
        suspended.set(kind, { until: clock.unsafeCurrentTimeMillis() + retryInterval, bound })
        return noResponse(bound)
      })
    // A fiber that fails is logged, so this one succeeds with the exit.
    const work = Effect.exit(Effect.interruptible(Effect.suspend(access)))
    const run = Effect.flatMap(
      eagerly(work, (fiber, runtime) =>
        Effect.async<Exit.Exit<A, CacheFailure> | number>((resume) => {
          const timer = Runtime.runFork(runtime)(Effect.interruptible(tooLong(kind)))
          // The access is interrupted without waiting for its end, which a store may delay.
          const stop = () => {
            timer.unsafeInterruptAsFork(FiberId.none)
            fiber.unsafeInterruptAsFork(FiberId.none)
          }
          const end = (exit: Exit.Exit<Exit.Exit<A, CacheFailure> | number>) => {
            stop()
            resume(exit)
          }
          timer.addObserver((exit) => {
            if (Exit.isSuccess(exit)) end(exit)
          })
          fiber.addObserver(end)
          return Effect.sync(stop)
        })
      ),
      (outcome) => (typeof outcome === "number" ? suspend(outcome) : settle(outcome))
    )
    return Effect.suspend(() => {
      const suspension = suspended.get(kind)
      if (suspension === undefined) return run
      return Effect.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        if (now < suspension.until) return noResponse(suspension.bound)
        // The other accesses do not wait for the one that is let through.
        suspended.set(kind, { until: now + retryInterval, bound: suspension.bound })
        return run
      })
    })
  }

  return {
    get: "synchronous" in store.get ? store.get : (keys) => bounded("get", () => store.get(keys)),
    set: (key, value) => bounded("set", () => store.set(key, value)),
    remove: (keys) => bounded("remove", () => store.remove(keys)),
    clear: bounded("clear", () => store.clear)
  }
}

/** Bounds the accesses of the functions that list and remove stored responses. The items of `list` are bounded one by one. */
export const forMaintenance = (store: Store): Pick<Store, "list" | "remove" | "clear"> => {
  const duration = Duration.millis(maintenanceBound)
  const bounded = (access: () => Effect.Effect<void, CacheFailure>): Effect.Effect<void, CacheFailure> =>
    Effect.catchAllCause(
      within(Effect.suspend(access), duration, () => Effect.fail(noResponse(maintenanceBound))),
      (cause) => (Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : Effect.fail(failureOf(cause)))
    )
  const list = Stream.fromPull(
    Effect.map(Stream.toPull(Stream.suspend(() => store.list)), (pull) =>
      within(pull, duration, () => Effect.fail(Option.some(noResponse(maintenanceBound))))
    )
  )
  return {
    remove: (keys) => bounded(() => store.remove(keys)),
    clear: bounded(() => store.clear),
    list: Stream.catchAllCause(list, (cause) =>
      Cause.isInterruptedOnly(cause) ? Stream.failCause(cause) : Stream.fail(failureOf(cause))
    )
  }
}
