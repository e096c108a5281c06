import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Take from "effect/Take"
import type { BodyUse, WithBody } from "../endpoint/Codec.js"

/** The failure of a Stream that is not the body which it was declared to be. */
class InvalidStream extends Data.TaggedError("InvalidStream")<{ readonly message: string }> {}

/**
 * Makes a Stream fail before its next chunk is sent, if that is not bytes, or if the Stream is not as long as its
 * `Content-Length` says: its other bytes would be read as another request (RFC 9112, 6.3).
 */
const checked = (stream: Stream.Stream<Uint8Array, unknown>, contentLength: string | undefined) => {
  let sent = 0
  const refuse = (message: string) => new InvalidStream({ message })
  const bytes = Stream.mapChunksEffect(stream, (chunk) => {
    for (const piece of chunk) {
      if (!Predicate.isUint8Array(piece)) return refuse("a chunk of the Stream is not a Uint8Array")
      sent += piece.length
    }
    return sent > Number(contentLength ?? Infinity)
      ? refuse(`the Stream is longer than its content-length, ${contentLength}`)
      : // node:http waits for its buffer to drain between two pieces of a chunk, and not after the last one.
        Effect.succeed(Chunk.append(chunk, new Uint8Array(0)))
  })
  if (contentLength === undefined) return bytes
  const end = Effect.suspend(() =>
    sent === Number(contentLength)
      ? Effect.succeed(Chunk.empty<Uint8Array>())
      : refuse(`the Stream has ${sent} bytes, and its content-length is ${contentLength}`)
  )
  return Stream.concat(bytes, Stream.fromIterableEffect(end))
}

/**
 * Makes a Stream that a fiber of the scope reads, at most one chunk ahead. It is finalized with the scope, even if its reader
 * abandons it: `fetch` in Node 20 never finalizes a body that it aborts. Reading starts with the first pull. Where the source
 * fails, `onFailure` runs, and the Stream never ends: node:http would complete the request, so that the server takes a part of the
 * body for the whole.
 */
const scoped = <A, E>(
  stream: Stream.Stream<A, E>,
  use: BodyUse,
  onFailure: (cause: Cause.Cause<unknown>) => Effect.Effect<unknown>
): Effect.Effect<Stream.Stream<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const queue = yield* Effect.acquireRelease(Queue.bounded<Take.Take<A, E>>(1), Queue.shutdown)
    const started = yield* Effect.makeLatch()
    const read = Stream.runIntoQueue(Stream.tapErrorCause(stream, onFailure), queue)
    yield* Effect.forkScoped(Effect.interruptible(started.whenOpen(read)))
    return Stream.suspend(() => {
      use.consumed = true
      started.unsafeOpen()
      return Stream.catchAllCause(Stream.flattenTake(Stream.fromQueue(queue)), () => Stream.never)
    })
  })

/** Reads a Stream whole. */
const whole = (stream: Stream.Stream<Uint8Array>, contentType: string): Effect.Effect<HttpBody.HttpBody> =>
  Effect.flatMap(Stream.runCollect(stream), (chunks) =>
    Effect.map(
      // A `Uint8Array` may be of a `SharedArrayBuffer`, which the types of `Blob` forbid.
      Effect.promise(() => new Blob(Array.from(chunks) as Array<BlobPart>).arrayBuffer()),
      (bytes) => HttpBody.uint8Array(new Uint8Array(bytes), contentType)
    )
  )

/**
 * Runs an attempt with a request whose body is a Stream, which ends with the attempt. If the Stream fails, the attempt is
 * interrupted, which aborts the request. A defect of the Stream remains one. The Stream of a DELETE is read whole, since node:http
 * sends it without a length and without chunks, so that a server would read it as the next request.
 */
export const withStreamBody: WithBody = (request, use, attempt, fail) => {
  const { body } = request
  if (body._tag !== "Stream") return attempt(request)
  const contentLength = request.headers["content-length"]
  const inMemory = request.method === "DELETE" && contentLength === undefined
  return Effect.scoped(
    Effect.gen(function* () {
      const failed = yield* Deferred.make<never, ReturnType<typeof fail>>()
      const stream = yield* scoped(checked(body.stream, contentLength), use, (cause) =>
        Deferred.failCause(
          failed,
          Option.getOrElse(Cause.keepDefects(cause), () => Cause.fail(fail(cause)))
        )
      )
      const prepared = inMemory
        ? Effect.tap(whole(stream, body.contentType), () => {
            use.consumed = false
          })
        : Effect.succeed(HttpBody.stream(stream, body.contentType, body.contentLength))
      return yield* Effect.raceFirst(
        Effect.flatMap(prepared, (body) => attempt(HttpRequest.setBody(request, body))),
        Deferred.await(failed)
      )
    })
  )
}
