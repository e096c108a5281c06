import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Handoff, makeHandoff } from "../handoff.js"
import type { Report } from "../progress/Progress.js"
import type { BodyUse, WithBody } from "../endpoint/Codec.js"
import { checkedBytes, InvalidStream } from "../http/checkedBytes.js"
import { asRepeatable, isRepeatable } from "../http/contentBody.js"
import { isBrowser } from "../http/userAgent.js"
import { makeReporter } from "../progress/reporter.js"
import { UploadReport } from "../progress/upload.js"

/** Reports the bytes of a Stream as they are read, from 0 in each run. */
const reported = (
  stream: Stream.Stream<Uint8Array, unknown>,
  report: Report,
  total: number | undefined
): Stream.Stream<Uint8Array, unknown> =>
  Stream.unwrap(
    Effect.map(makeReporter(report, "bytes", total), ({ advance, finish }) => {
      let done = 0
      let ended = false
      const end = Effect.suspend(() => {
        if (ended) return Effect.void
        ended = true
        return finish(done, done)
      })
      return stream.pipe(
        Stream.mapChunksEffect((chunk) => {
          for (const piece of chunk) done += piece.length
          // With the last bytes of a known length the request is complete: the attempt can end before the Stream does.
          return Effect.as(done === total ? end : advance(done), chunk)
        }),
        Stream.concat(Stream.execute(end))
      )
    })
  )

/**
 * Makes a Stream that fibers of the scope read, at most one chunk ahead. Its source is finalized with the scope, even if the reader of
 * the Stream abandons it: `fetch` in Node 20 never finalizes a body that it aborts. Reading starts with the first pull. If the body is
 * repeatable, another run of the Stream ends the reading before it, and begins anew.
 *
 * Where the source fails, `onFailure` runs, and the Stream never ends: node:http would complete the request, so that the server takes a
 * part of the body for the whole. Where the scope closes, the Stream is interrupted, for the same reason.
 */
const scoped = (
  source: Stream.Stream<Uint8Array, unknown>,
  repeatable: boolean,
  use: BodyUse,
  onFailure: (cause: Cause.Cause<unknown>) => Effect.Effect<unknown>
): Effect.Effect<Stream.Stream<Uint8Array>, never, Scope.Scope> =>
  Effect.gen(function* () {
    // Undefined is the end.
    type Reading = {
      readonly chunks: Handoff<Chunk.Chunk<Uint8Array> | undefined>
      readonly fiber: Fiber.Fiber<unknown, unknown>
    }
    // Transports run the Stream in another context, such as without a tracer.
    const fiberRefs = yield* Effect.getFiberRefs
    const scope = yield* Effect.scope
    let reading: Reading | undefined
    yield* Effect.addFinalizer(() => Effect.suspend(() => reading?.chunks.close ?? Effect.void))

    const failed = (cause: Cause.Cause<unknown>) => {
      // A failed body can't be sent again by a retry.
      use.consumed = true
      return onFailure(cause)
    }
    const begin = Effect.gen(function* () {
      const before = reading
      if (before !== undefined) {
        yield* Fiber.interrupt(before.fiber)
        yield* before.chunks.close
      }
      const chunks: Reading["chunks"] = makeHandoff()
      const read =
        before === undefined || repeatable
          ? Effect.zipRight(
              Stream.runForEachChunk(Stream.tapErrorCause(source, failed), chunks.offer),
              chunks.offer(undefined)
            )
          : failed(
              Cause.fail(new InvalidStream({ message: "the Stream can be sent once, and the client sends it again" }))
            )
      use.consumed ||= !repeatable
      const fiber = yield* Effect.forkIn(
        Effect.zipRight(Effect.setFiberRefs(fiberRefs), Effect.interruptible(read)),
        scope
      )
      reading = { chunks, fiber }
      // After a failure, there is nothing to take, until the scope closes.
      const next = Effect.flatMap(chunks.take, (chunk): Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<never>> =>
        chunk === undefined
          ? Effect.fail(Option.none())
          : // node:http waits for its buffer to drain between two pieces of a chunk, and not after the last one.
            Effect.succeed(Chunk.append(chunk, new Uint8Array(0)))
      )
      return Stream.repeatEffectChunkOption(next)
    })
    return Stream.unwrap(Effect.uninterruptible(begin))
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
 * interrupted, which aborts the request. A defect of the Stream remains one. The Stream of a DELETE without a length is read whole,
 * since node:http sends it without a length and without chunks, so that a server would read it as the next request. So is one of no
 * bytes, which transports do not read, and each in browsers: few can send a Stream, others send a text in its place, and Chromium
 * sends it over HTTP/2 only.
 */
export const withStreamBody: WithBody = (request, use, attempt, fail) => {
  const { body } = request
  if (body._tag !== "Stream") return attempt(request)
  const given = request.headers["content-length"]
  const length = given === undefined ? body.contentLength : Number(given)
  const inMemory = isBrowser() || length === 0 || (request.method === "DELETE" && length === undefined)
  return Effect.scoped(
    Effect.gen(function* () {
      const report = yield* Effect.map(Effect.context<never>(), Context.get(UploadReport))
      const failed = yield* Deferred.make<never, ReturnType<typeof fail>>()
      const checked = checkedBytes(body.stream, length, "its content-length")
      const source = report === undefined ? checked : reported(checked, report, length)
      const stream = yield* scoped(source, isRepeatable(body), use, (cause) =>
        Deferred.failCause(
          failed,
          Option.getOrElse(Cause.keepDefects(cause), () => Cause.fail(fail(cause)))
        )
      )
      const streamed = HttpBody.stream(stream, body.contentType, body.contentLength)
      const prepared = inMemory
        ? whole(stream, body.contentType)
        : Effect.succeed(isRepeatable(body) ? asRepeatable(streamed) : streamed)
      return yield* Effect.raceFirst(
        Effect.flatMap(prepared, (body) => attempt(HttpRequest.setBody(request, body))),
        Deferred.await(failed)
      )
    })
  )
}
