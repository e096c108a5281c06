import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"

/** One request that several calls wait for. */
interface Flight<A, E> {
  readonly landed: Deferred.Deferred<A, E>
  waiting: number
  done: boolean
  fiber?: Fiber.RuntimeFiber<void>
}

export interface Flights<A, E> {
  /** Waits for the flight of this key, or for a new one of this request. Who is interrupted leaves it; the last one ends it. */
  readonly join: <R>(key: string, request: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Flights, which end with the scope. */
export const make = <A, E>(scope: Scope.Scope): Flights<A, E> => {
  const open = new Map<string, Flight<A, E>>()

  const close = (key: string, flight: Flight<A, E>) => {
    if (open.get(key) === flight) open.delete(key)
  }

  const depart = <R>(key: string, request: Effect.Effect<A, E, R>) => {
    const flight: Flight<A, E> = { landed: Deferred.unsafeMake(FiberId.none), waiting: 1, done: false }
    open.set(key, flight)
    const travel = Effect.flatMap(Effect.exit(Effect.interruptible(request)), (exit) =>
      Effect.sync(() => {
        flight.done = true
        close(key, flight)
        Deferred.unsafeDone(flight.landed, exit)
      })
    )
    // What is interrupted before it began would not say so.
    return Effect.map(Effect.forkIn(Effect.uninterruptible(travel), scope), (fiber) => {
      flight.fiber = fiber
      return flight
    })
  }

  return {
    join: (key, request) =>
      Effect.acquireUseRelease(
        Effect.suspend(() => {
          const flight = open.get(key)
          if (flight === undefined) return depart(key, request)
          flight.waiting += 1
          return Effect.succeed(flight)
        }),
        ({ landed }) => Deferred.await(landed),
        (flight) =>
          Effect.suspend(() => {
            flight.waiting -= 1
            if (flight.waiting > 0 || flight.done) return Effect.void
            close(key, flight)
            return flight.fiber === undefined ? Effect.void : Fiber.interrupt(flight.fiber)
          })
      )
  }
}
