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
  /** Times until which the kinds of accesses that did not respond are not tried, in milliseconds since the epoch. */
  const suspendedUntil = new Map<Kind, number>()
  /** Numbers of responses. */
  const responses = { get: 0, set: 0, remove: 0, clear: 0 }

  /** Ends when an access of this kind has taken too long. */
  const tooLong = (kind: Kind, waited = 0, silent = 0): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (silent >= silenceBound || waited >= accessBound) return Effect.void
      const before = responses[kind]
      return Effect.flatMap(Effect.sleep(step), () =>
        tooLong(kind, waited + step, responses[kind] === before ? silent + step : step)
      )
    })

  /** Runs an access in a fiber of its own. Waits with a timer only if it does not end synchronously, as it does in memory. */
  const bounded = <A>(kind: Kind, access: () => Effect.Effect<A, CacheFailure>): Effect.Effect<A, CacheFailure> => {
    const interruptible = Effect.interruptible(Effect.suspend(access))
    const settle = (exit: Exit.Exit<A, CacheFailure>): Effect.Effect<A, CacheFailure> => {
      responses[kind] += 1
      if (suspendedUntil.size > 0) suspendedUntil.delete(kind)
      return Exit.isSuccess(exit) ? exit : Effect.fail(failureOf(exit.cause))
    }
    const run = Effect.flatMap(Effect.runtime<never>(), (runtime) => {
      const fork = Runtime.runFork(runtime)
      const work = fork(interruptible)
      const known = work.unsafePoll()
      if (known !== null) return settle(known)
      return Effect.async<A, CacheFailure>((resume) => {
        const timer = fork(Effect.interruptible(tooLong(kind)))
        timer.addObserver((exit) => {
          if (Exit.isFailure(exit)) return
          work.unsafeInterruptAsFork(FiberId.none)
          resume(
            Effect.clockWith((clock) => {
              suspendedUntil.set(kind, clock.unsafeCurrentTimeMillis() + retryInterval)
              return noResponse(silenceBound)
            })
          )
        })
        work.addObserver((exit) => {
          timer.unsafeInterruptAsFork(FiberId.none)
          resume(Effect.suspend(() => settle(exit)))
        })
        return Effect.sync(() => {
          timer.unsafeInterruptAsFork(FiberId.none)
          work.unsafeInterruptAsFork(FiberId.none)
        })
      })
    })
    return Effect.suspend(() => {
      if (!suspendedUntil.has(kind)) return run
      return Effect.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        if (now < (suspendedUntil.get(kind) ?? now)) return noResponse(silenceBound)
        // The other accesses do not wait for the one that is let through.
        suspendedUntil.set(kind, now + retryInterval)
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
      within(Effect.suspend(access), duration, () => noResponse(maintenanceBound)),
      (cause) => (Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : Effect.fail(failureOf(cause)))
    )
  const list = Stream.fromPull(
    Effect.map(Stream.toPull(Stream.suspend(() => store.list)), (pull) =>
      within(pull, duration, () => Option.some(noResponse(maintenanceBound)))
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
