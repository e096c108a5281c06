import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Take from "effect/Take"
import type { BodyUse, WithBody } from "../endpoint/Codec.js"

/**
 * Makes a Stream that a fiber of the scope reads, at most one chunk ahead. It is finalized with the scope, even if its reader
 * abandons it: `fetch` in Node 20 never finalizes a body that it aborts. Reading starts with the first pull.
 */
const scoped = <A, E>(
  stream: Stream.Stream<A, E>,
  use: BodyUse
): Effect.Effect<Stream.Stream<A, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const queue = yield* Effect.acquireRelease(Queue.bounded<Take.Take<A, E>>(1), Queue.shutdown)
    const started = yield* Effect.makeLatch()
    const read = Stream.runIntoQueue(
      Stream.tapErrorCause(stream, () =>
        Effect.sync(() => {
          use.failed = true
        })
      ),
      queue
    )
    yield* Effect.forkScoped(Effect.interruptible(started.whenOpen(read)))
    return Stream.suspend(() => {
      use.consumed = true
      started.unsafeOpen()
      return Stream.flattenTake(Stream.fromQueue(queue))
    })
  })

/** Runs an attempt with a request whose body is a Stream, which ends with the attempt. */
export const withStreamBody: WithBody = (request, use, attempt) => {
  const { body } = request
  if (body._tag !== "Stream") return attempt(request)
  return Effect.scoped(
    Effect.flatMap(scoped(body.stream, use), (stream) =>
      attempt(HttpRequest.setBody(request, HttpBody.stream(stream, body.contentType, body.contentLength)))
    )
  )
}
