import type * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"

/** The default limit of a response body, in bytes: 64 MiB. Larger bodies should be Streams. */
const maxResponseBytes = 67_108_864

/** A body exceeds the limit. */
export class TooLarge extends Data.TaggedError("TooLarge") {}

/** Returns true for the error that `fetch` causes for a response without a body. */
export const isEmptyBody = (error: unknown): boolean =>
  Predicate.hasProperty(error, "reason") && error.reason === "EmptyBody"

/** The largest body that is drained, as a multiple of the limit. Reading of a larger one stops, which closes the connection. */
const maxDrainFactor = 64

/** The treatment of the rest of a body that exceeds the limit; see `readBody`. */
type Rest = "left" | "drained"

/** Joins the chunks of a body. */
interface Accumulator<A> {
  readonly add: (chunk: Uint8Array) => void
  readonly result: () => A
}

const textAccumulator = (): Accumulator<string> => {
  const decoder = new TextDecoder()
  let text = ""
  return {
    add: (chunk) => {
      text += decoder.decode(chunk, { stream: true })
    },
    result: () => text + decoder.decode()
  }
}

const bytesAccumulator = (): Accumulator<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  return {
    add: (chunk) => {
      chunks.push(chunk)
    },
    result: () => {
      const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
      let offset = 0
      for (const chunk of chunks) {
        bytes.set(chunk, offset)
        offset += chunk.length
      }
      return bytes
    }
  }
}

/** Reads a body of unknown length chunk by chunk. The length of compressed content is unknown, too. */
const readChunks = <A, E>(
  message: HttpIncomingMessage.HttpIncomingMessage<E>,
  makeAccumulator: () => Accumulator<A>,
  maxBytes: number,
  rest: Rest
) =>
  Effect.suspend(() => {
    const accumulator = makeAccumulator()
    let bytes = 0
    return Stream.runForEach(message.stream, (chunk) => {
      bytes += chunk.length
      if (bytes <= maxBytes) accumulator.add(chunk)
      else if (rest === "left" || bytes > maxBytes * maxDrainFactor) return Effect.fail(new TooLarge())
      return Effect.void
    }).pipe(
      Effect.catchIf(isEmptyBody, () => Effect.void),
      Effect.flatMap(() => (bytes > maxBytes ? Effect.fail(new TooLarge()) : Effect.sync(accumulator.result)))
    )
  })

/** Reads a body at once if its length is known and within the limit, or else chunk by chunk. */
const read = <A, E>(
  message: HttpIncomingMessage.HttpIncomingMessage<E>,
  readAtOnce: Effect.Effect<A, E>,
  makeAccumulator: () => Accumulator<A>,
  maxBytes: number,
  rest: Rest
): Effect.Effect<A, E | TooLarge> => {
  const length = Number(message.headers["content-length"] ?? Number.NaN)
  if (length > maxBytes && rest === "left") {
    // Starts the body and abandons it, which closes the connection.
    return Effect.zipRight(Effect.ignore(Stream.runDrain(Stream.take(message.stream, 1))), new TooLarge())
  }
  return length >= 0 && length <= maxBytes && message.headers["content-encoding"] === undefined
    ? readAtOnce
    : readChunks(message, makeAccumulator, maxBytes, rest)
}

/**
 * Reads the whole body as text, which frees the connection for the next request. Fails with `TooLarge` if the body exceeds
 * `maxBytes`. The rest of such a body is `left` unread, which closes the connection, or `drained`, up to a limit, so that a
 * server can still send a response.
 */
export const readBody = <E>(
  message: HttpIncomingMessage.HttpIncomingMessage<E>,
  maxBytes = maxResponseBytes,
  rest: Rest = "left"
): Effect.Effect<string, E | TooLarge> => read(message, message.text, textAccumulator, maxBytes, rest)

/** Reads the whole body as bytes. Fails with `TooLarge` if the body exceeds `maxBytes`. */
export const readBytes = <E>(
  message: HttpIncomingMessage.HttpIncomingMessage<E>,
  maxBytes = maxResponseBytes
): Effect.Effect<Uint8Array, E | TooLarge> =>
  read(
    message,
    Effect.map(message.arrayBuffer, (buffer) => new Uint8Array(buffer)),
    bytesAccumulator,
    maxBytes,
    "left"
  )
