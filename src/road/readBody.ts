import type * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"

/** The most that is read of an answer, in bytes: no JSON worth decoding in one piece is larger, and endless ones end here. */
const mostOfAnswer = 64 * 1024 * 1024

/** A body is larger than may be read; the rest of it was not waited for. */
export class TooLarge extends /*#__PURE__*/ Data.TaggedError("TooLarge") {}

/** Reads what says no length, or says it of something compressed, piece by piece. */
const readPieces = <E>(message: HttpIncomingMessage.HttpIncomingMessage<E>, mostBytes: number) =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let text = ""
    let bytes = 0
    return Stream.runForEach(message.stream, (piece) => {
      bytes += piece.length
      if (bytes > mostBytes) return Effect.fail(new TooLarge())
      text += decoder.decode(piece, { stream: true })
      return Effect.void
    }).pipe(
      // What `fetch` makes of an answer without a body.
      Effect.catchIf((error) => Predicate.hasProperty(error, "reason") && error.reason === "EmptyBody", () => Effect.void),
      Effect.map(() => text + decoder.decode())
    )
  })

/** The whole body as text, so that the connection is free for the next message. */
export const readBody = <E>(
  message: HttpIncomingMessage.HttpIncomingMessage<E>,
  mostBytes = mostOfAnswer
): Effect.Effect<string, E | TooLarge> => {
  const length = Number(message.headers["content-length"] ?? Number.NaN)
  if (length > mostBytes) {
    return Effect.zipRight(Effect.ignore(Stream.runDrain(Stream.take(message.stream, 1))), new TooLarge())
  }
  return length >= 0 && message.headers["content-encoding"] === undefined
    ? message.text
    : readPieces(message, mostBytes)
}
