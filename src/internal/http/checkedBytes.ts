import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"

/** The failure of a Stream that is not the body which it was declared to be. */
export class InvalidStream extends Data.TaggedError("InvalidStream")<{ readonly message: string }> {}

/**
 * Makes a Stream fail before its next chunk is sent, if that is not bytes, or if the Stream is not as long as it should be: its
 * other bytes would be read as another request (RFC 9112, 6.3). The last chunk is kept back until the Stream ends, since a request of
 * a known length is complete with its last byte.
 *
 * - `length`: the number of bytes, if it is known
 * - `described`: the length in an error, such as `its content-length`
 */
export const checkedBytes = (
  stream: Stream.Stream<Uint8Array, unknown>,
  length: number | undefined,
  described: string
): Stream.Stream<Uint8Array, unknown> =>
  Stream.suspend(() => {
    let sent = 0
    let last = Chunk.empty<Uint8Array>()
    const refuse = (message: string) => new InvalidStream({ message })
    const bytes = Stream.mapChunksEffect(stream, (chunk) => {
      for (const piece of chunk) {
        if (!Predicate.isUint8Array(piece)) return refuse("a chunk of the Stream is not a Uint8Array")
        sent += piece.length
      }
      if (length === undefined || sent < length) return Effect.succeed(chunk)
      if (sent > length) return refuse(`the Stream is longer than ${described}, ${length}`)
      last = Chunk.appendAll(last, chunk)
      return Effect.succeed(Chunk.empty())
    })
    if (length === undefined) return bytes
    const end = Effect.suspend(() =>
      sent === length ? Effect.succeed(last) : refuse(`the Stream has ${sent} bytes, and ${described} is ${length}`)
    )
    return Stream.concat(bytes, Stream.fromIterableEffect(end))
  })
