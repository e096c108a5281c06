import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Take from "effect/Take"

/**
 * A Stream as its reader is given it: read by a fiber of the scope's own, one chunk ahead at most, so that it is over, and
 * finalised, when the scope is, whatever its reader does. (`fetch` in Node 20 leaves a body open when it is aborted, or done
 * with it early.) It is not begun before the reader begins.
 */
export const lend = <A, E>(
  stream: Stream.Stream<A, E>,
  told: { readonly begun: () => void; readonly failed: () => void }
): Effect.Effect<Stream.Stream<A, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const queue = yield* Effect.acquireRelease(Queue.bounded<Take.Take<A, E>>(1), Queue.shutdown)
    const wanted = yield* Effect.makeLatch()
    const read = Stream.runIntoQueue(
      Stream.tapErrorCause(stream, () => Effect.sync(told.failed)),
      queue
    )
    yield* Effect.forkScoped(Effect.interruptible(wanted.whenOpen(read)))
    return Stream.suspend(() => {
      told.begun()
      wanted.unsafeOpen()
      return Stream.flattenTake(Stream.fromQueue(queue))
    })
  })
