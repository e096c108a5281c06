import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"

/** A request in flight, and the number of calls that wait for it. */
interface SharedRequest<A, E> {
  readonly result: Deferred.Deferred<A, E>
  waiting: number
  done: boolean
  fiber?: Fiber.RuntimeFiber<void>
}

/** Requests in flight, each of which several calls may wait for. */
export interface SharedRequests<A, E> {
  /**
   * Waits for the request in flight under this key, or starts this one. An interrupted call stops waiting; the request is
   * interrupted when no call waits for it any more.
   */
  readonly join: <R>(key: string, request: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Makes shared requests that are interrupted when the scope closes. */
export const make = <A, E>(scope: Scope.Scope): SharedRequests<A, E> => {
  const inFlight = new Map<string, SharedRequest<A, E>>()

  const close = (key: string, shared: SharedRequest<A, E>) => {
    if (inFlight.get(key) === shared) inFlight.delete(key)
  }

  const start = <R>(key: string, request: Effect.Effect<A, E, R>) => {
    const shared: SharedRequest<A, E> = { result: Deferred.unsafeMake(FiberId.none), waiting: 1, done: false }
    inFlight.set(key, shared)
    const run = Effect.flatMap(Effect.exit(Effect.interruptible(request)), (exit) =>
      Effect.sync(() => {
        shared.done = true
        close(key, shared)
        Deferred.unsafeDone(shared.result, exit)
      })
    )
    // A fiber that is interrupted before it starts would never complete the Deferred.
    return Effect.map(Effect.forkIn(Effect.uninterruptible(run), scope), (fiber) => {
      shared.fiber = fiber
      return shared
    })
  }

  return {
    join: (key, request) =>
      Effect.acquireUseRelease(
        Effect.suspend(() => {
          const shared = inFlight.get(key)
          if (shared === undefined) return start(key, request)
          shared.waiting += 1
          return Effect.succeed(shared)
        }),
        ({ result }) => Deferred.await(result),
        (shared) =>
          Effect.suspend(() => {
            shared.waiting -= 1
            if (shared.waiting > 0 || shared.done) return Effect.void
            close(key, shared)
            return shared.fiber === undefined ? Effect.void : Fiber.interrupt(shared.fiber)
          })
      )
  }
}
