import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"

/**
 * Makes locks by name for the fibers of this process. The first entry of a name's queue holds the lock, until its scope
 * closes.
 */
export const makeLocks = (): ((name: string) => Effect.Effect<void, never, Scope.Scope>) => {
  const queues = new Map<string, ReadonlyArray<Deferred.Deferred<void>>>()
  return (name) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const entry = Deferred.unsafeMake<void>(FiberId.none)
        const release = Effect.sync(() => {
          const queue = (queues.get(name) ?? []).filter((other) => other !== entry)
          if (queue[0] === undefined) queues.delete(name)
          else {
            queues.set(name, queue)
            Deferred.unsafeDone(queue[0], Effect.void)
          }
        })
        const queue = [...(queues.get(name) ?? []), entry]
        queues.set(name, queue)
        const acquire = queue[0] === entry ? Effect.void : Effect.onError(restore(Deferred.await(entry)), () => release)
        return Effect.zipRight(
          acquire,
          Effect.addFinalizer(() => release)
        )
      })
    )
}
