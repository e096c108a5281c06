import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { type Token, TokenFailure } from "../../Token.js"
import { detached } from "../call/detached.js"
import type { AcquiredToken, CurrentToken, NumberedToken } from "./currentToken.js"
import type { TokenStorage } from "./tokenStorage.js"

/** The reason to acquire a token: a usable one is needed, the store has to be read again, or a new grant is wanted. */
export type Purpose = "use" | "reload" | "renew"

/** The acquisition or removal in progress. There is one at a time. */
interface Task {
  readonly purpose: Purpose | "forget"
  /** Undefined once the token is forgotten. */
  readonly outcome: Deferred.Deferred<NumberedToken | undefined, TokenFailure>
}

/** The token operations of a set of credentials, which all their calls share. */
export interface SharedAcquisition {
  /** Returns the usable token, or acquires one. Callers with the same purpose wait for the same acquisition. */
  readonly acquire: (purpose: Purpose) => Effect.Effect<NumberedToken, TokenFailure>
  /** Removes the token from memory and from the store, after the acquisition in progress, and returns it. */
  readonly forget: Effect.Effect<Option.Option<Token>, TokenFailure>
}

/** Returns the token that was granted last; of two that were granted at the same time, the second one. */
const latestOf = (one: Token | undefined, other: Token | undefined): Token | undefined =>
  one === undefined || (other !== undefined && other.grantedAt >= one.grantedAt) ? other : one

/**
 * Makes token operations that run one at a time. Each runs in a fiber of its own, in `scope`, so that neither the deadline nor
 * the interruption of a waiting call ends it.
 */
export const makeSharedAcquisition = ({
  acquireToken,
  current,
  forgetRefusals,
  scope,
  storage
}: {
  readonly acquireToken: (forceNew: boolean) => Effect.Effect<AcquiredToken, TokenFailure>
  readonly forgetRefusals: () => void
  readonly current: CurrentToken
  readonly scope: Scope.Scope
  readonly storage: TokenStorage
}): SharedAcquisition => {
  let task: Task | undefined

  const clear = (): undefined => {
    current.clear()
    storage.dropUnsaved()
    forgetRefusals()
  }

  const start = (
    purpose: Task["purpose"],
    run: Effect.Effect<AcquiredToken | undefined, TokenFailure>,
    clock: Clock.Clock
  ): Effect.Effect<Task> => {
    const started: Task = { purpose, outcome: Deferred.unsafeMake(FiberId.none) }
    // Set before the fork: other callers may run before the forked fiber does.
    task = started
    return Effect.map(Effect.forkIn(Effect.interruptible(run), scope), (fiber) => {
      fiber.addObserver((exit) => {
        task = undefined
        const outcome = Exit.match(exit, {
          onSuccess: (acquired) => Exit.succeed(acquired === undefined ? clear() : current.set(acquired, clock)),
          onFailure: (cause) =>
            Cause.isInterruptedOnly(cause)
              ? Exit.fail(
                  new TokenFailure({ reason: "Unavailable", message: "the layer that provides the tokens is closed" })
                )
              : Exit.failCause(cause)
        })
        Deferred.unsafeDone(started.outcome, outcome)
      })
      return started
    })
  }

  const acquire = (purpose: Purpose): Effect.Effect<NumberedToken, TokenFailure> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.clockWith((clock) => {
        // Another fiber may have acquired a token since the caller checked.
        const usable = purpose === "use" ? current.usable(clock) : undefined
        if (usable !== undefined) return Effect.succeed(usable)
        const retry = Effect.suspend(() => restore(acquire(purpose)))
        const join = ({ outcome }: Task) =>
          Effect.flatMap(restore(Deferred.await(outcome)), (acquired) =>
            acquired === undefined || (purpose === "use" && current.isRejected(acquired.generation))
              ? retry
              : Effect.succeed(acquired)
          )
        if (task === undefined) {
          return Effect.flatMap(start(purpose, detached(acquireToken(purpose === "renew")), clock), join)
        }
        return task.purpose === purpose || (purpose === "use" && task.purpose !== "forget")
          ? join(task)
          : Effect.zipRight(restore(Effect.exit(Deferred.await(task.outcome))), retry)
      })
    )

  const forget: SharedAcquisition["forget"] = Effect.uninterruptibleMask((restore) =>
    Effect.clockWith((clock) => {
      if (task !== undefined) {
        return Effect.zipRight(restore(Effect.exit(Deferred.await(task.outcome))), restore(forget))
      }
      let forgotten: Token | undefined
      const remove = Effect.gen(function* () {
        yield* Effect.asVoid(storage.lock)
        forgotten = latestOf(yield* storage.load, current.get()?.token)
        yield* storage.remove
        return undefined
      }).pipe(Effect.scoped)
      return Effect.flatMap(start("forget", remove, clock), ({ outcome }) =>
        Effect.map(restore(Deferred.await(outcome)), () => Option.fromNullable(forgotten))
      )
    })
  )

  return { acquire, forget }
}
