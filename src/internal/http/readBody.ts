import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type { HttpIncomingMessage } from "@effect/platform/HttpIncomingMessage"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Content } from "./contentCoding.js"
import { concatBytes } from "../concatBytes.js"
import { within } from "../within.js"
import { type ReadBody, type ReadFailure, TooLarge } from "./receivedBody.js"
import { isEmptyBody, readOwnBody } from "./transportResponse.js"

/** The largest body that is drained, as a multiple of the limit. Reading of a larger one stops, which closes the connection. */
const maxDrainFactor = 64

/** The treatment of the rest of a body that exceeds the limit; see `readChunks`. */
type Rest = "left" | "drained"

/**
 * Reads a body chunk by chunk. The rest of a body that exceeds `maxBytes` is `left` unread, which closes the connection, or
 * `drained`, up to a limit, so that a server can still send a response.
 */
export const readChunks = <E>(
  stream: Stream.Stream<Uint8Array, E>,
  maxBytes: number,
  rest: Rest
): Effect.Effect<ReadBody<E | TooLarge>> =>
  Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let length = 0
    const add = (chunk: Uint8Array): Effect.Effect<void, TooLarge> => {
      const room = maxBytes - length
      length += chunk.length
      if (room > 0) chunks.push(chunk.subarray(0, room))
      if (length > maxBytes && (rest === "left" || length > maxBytes * maxDrainFactor)) return new TooLarge()
      return Effect.void
    }
    return Effect.match(Stream.runForEach(stream, add), {
      onSuccess: () => ({ bytes: concatBytes(chunks), failure: length > maxBytes ? new TooLarge() : undefined }),
      onFailure: (failure) => ({ bytes: concatBytes(chunks), failure: isEmptyBody(failure) ? undefined : failure })
    })
  })

/**
 * Reads a body of a server's request, which frees the connection. Fails with `TooLarge` if it exceeds `maxBytes`. The rest of
 * such a body is drained, up to a limit, so that the server can still respond.
 */
export const readRequestBody = <E>(
  request: HttpIncomingMessage<E>,
  maxBytes: number
): Effect.Effect<Uint8Array, E | TooLarge> =>
  Effect.flatMap(readChunks(request.stream, maxBytes, "drained"), ({ bytes, failure }) =>
    failure === undefined ? Effect.succeed(bytes) : Effect.fail(failure)
  )

/**
 * Reads the content of a response, which frees the connection. Returns the part that was received even if the rest fails. The
 * rest of content that exceeds `maxBytes` is left unread, which closes the connection.
 *
 * Content of a known length that is `needed` whole is read at once, which is faster.
 */
export const readResponse = (
  response: HttpClientResponse,
  { length = Number.NaN, stream }: Content,
  maxBytes: number,
  needed: "whole" | "partial"
): Effect.Effect<ReadBody<ReadFailure>> => {
  if (needed === "whole" && length > maxBytes) {
    // Starts the body and abandons it, which closes the connection.
    return Effect.as(Effect.ignore(Stream.runDrain(Stream.take(stream(), 1))), {
      bytes: new Uint8Array(),
      failure: new TooLarge()
    })
  }
  const own = readOwnBody(response, maxBytes)
  if (own !== undefined) return own
  if (needed === "partial" || !(length >= 0)) return readChunks(stream(), maxBytes, "left")
  return Effect.match(response.arrayBuffer, {
    onSuccess: (buffer) => ({ bytes: new Uint8Array(buffer), failure: undefined }),
    onFailure: (failure) => ({ bytes: new Uint8Array(), failure })
  })
}

/** The limit of a dropped body, in bytes. A new connection costs less than reading more. */
const maxDropped = 16_384

/** The longest time that is spent on a dropped body. */
const dropTime = Duration.millis(250)

/** Drops a body. Frees the connection if the body is short and arrives at once, and otherwise closes the connection. */
export const dropBody = (response: HttpClientResponse): Effect.Effect<void> => {
  const read = readChunks(response.stream, maxDropped, "left")
  return Effect.ignore(response.headers["content-length"] === "0" ? read : within(read, dropTime, () => Effect.void))
}

/** Ends a response that has no content (RFC 9110, 6.4.1). Some transports fail if it has a `Content-Length`. */
export const endResponse = (response: HttpClientResponse): Effect.Effect<void> =>
  Effect.ignore(Stream.runDrain(response.stream))

/** Drops a body that was opened as a Stream: reads its beginning, for a moment, and closes the connection. */
export const dropStream = <E>(stream: Stream.Stream<Uint8Array, E> | undefined): Effect.Effect<void> =>
  stream === undefined
    ? Effect.void
    : Effect.ignore(within(Stream.runDrain(Stream.take(stream, 1)), dropTime, () => Effect.void))
