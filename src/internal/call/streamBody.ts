import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
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
      : Effect.succeed(chunk)
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
      Stream.tapErrorCause(stream, (cause) =>
        Effect.sync(() => {
          use.failure = cause
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

/** Reads a Stream whole. If it fails, returns a Stream that fails in the same way. */
const whole = (stream: Stream.Stream<Uint8Array, unknown>, contentType: string) =>
  Effect.matchCauseEffect(Stream.runCollect(stream), {
    onSuccess: (chunks) =>
      Effect.map(
        Effect.promise(() => new Blob(Array.from(chunks) as Array<BlobPart>).arrayBuffer()),
        (bytes): HttpBody.HttpBody => HttpBody.uint8Array(new Uint8Array(bytes), contentType)
      ),
    onFailure: (cause) => Effect.succeed(HttpBody.stream(Stream.failCause(cause), contentType))
  })

/**
 * Runs an attempt with a request whose body is a Stream, which ends with the attempt. A defect of the Stream remains one. That of
 * a DELETE is read whole, since node:http sends it without a length and without chunks, so that a server would read it as the
 * next request.
 */
export const withStreamBody: WithBody = (request, use, attempt) => {
  const { body } = request
  if (body._tag !== "Stream") return attempt(request)
  const contentLength = request.headers["content-length"]
  const inMemory = request.method === "DELETE" && contentLength === undefined
  return Effect.scoped(
    Effect.flatMap(scoped(checked(body.stream, contentLength), use), (stream) =>
      Effect.flatMap(
        inMemory
          ? whole(stream, body.contentType)
          : Effect.succeed(HttpBody.stream(stream, body.contentType, body.contentLength)),
        (prepared) => attempt(HttpRequest.setBody(request, prepared))
      )
    )
  ).pipe(
    Effect.catchAllCause((cause) =>
      // The transports report the defect as failures of their own.
      Effect.failCause(Option.getOrElse(Cause.keepDefects(use.failure ?? Cause.empty), () => cause))
    )
  )
}
