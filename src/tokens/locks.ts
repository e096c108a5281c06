import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"

/** A lock for each name, for those in this process. Whoever is first in the line has it, and stays there for so long. */
export const makeLocks = (): ((name: string) => Effect.Effect<void, never, Scope.Scope>) => {
  const lines = new Map<string, ReadonlyArray<Deferred.Deferred<void>>>()
  return (name) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const turn = Deferred.unsafeMake<void>(FiberId.none)
        const leave = Effect.sync(() => {
          const line = (lines.get(name) ?? []).filter((other) => other !== turn)
          if (line[0] === undefined) lines.delete(name)
          else {
            lines.set(name, line)
            Deferred.unsafeDone(line[0], Effect.void)
          }
        })
        const line = [...(lines.get(name) ?? []), turn]
        lines.set(name, line)
        const come = line[0] === turn ? Effect.void : Effect.onError(restore(Deferred.await(turn)), () => leave)
        return Effect.zipRight(
          come,
          Effect.addFinalizer(() => leave)
        )
      })
    )
}
