import type * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"

/** The most that is read of an answer, in bytes, 64 MiB: no JSON worth decoding in one piece is larger, and endless ones end here. */
const mostOfAnswer = 67_108_864

/** A body is larger than may be read; the rest of it was not waited for. */
export class TooLarge extends /*#__PURE__*/ Data.TaggedError("TooLarge") {}

/** So many times as much as may be read is drained, to be able to answer; who sends more gets no answer. */
const mostDrained = 64

/** What becomes of the rest of a body that is too large. */
type Rest = "left" | "drained"

/** Reads what says no length, or says it of something compressed, piece by piece. */
const readPieces = <E>(message: HttpIncomingMessage.HttpIncomingMessage<E>, mostBytes: number, rest: Rest) =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let text = ""
    let bytes = 0
    return Stream.runForEach(message.stream, (piece) => {
      bytes += piece.length
      if (bytes <= mostBytes) text += decoder.decode(piece, { stream: true })
      else if (rest === "left" || bytes > mostBytes * mostDrained) return Effect.fail(new TooLarge())
      return Effect.void
    }).pipe(
      // What `fetch` makes of an answer without a body.
      Effect.catchIf(
        (error) => Predicate.hasProperty(error, "reason") && error.reason === "EmptyBody",
        () => Effect.void
      ),
      Effect.flatMap(() => (bytes > mostBytes ? Effect.fail(new TooLarge()) : Effect.succeed(text + decoder.decode())))
    )
  })

/**
 * The whole body as text, so that the connection is free for the next message. The rest of a body that is too large is left
 * where it is, which ends the connection, unless it is to be drained: a server could not answer otherwise.
 */
export const readBody = <E>(
  message: HttpIncomingMessage.HttpIncomingMessage<E>,
  mostBytes = mostOfAnswer,
  rest: Rest = "left"
): Effect.Effect<string, E | TooLarge> => {
  const length = Number(message.headers["content-length"] ?? Number.NaN)
  if (length > mostBytes && rest === "left") {
    return Effect.zipRight(Effect.ignore(Stream.runDrain(Stream.take(message.stream, 1))), new TooLarge())
  }
  return length >= 0 && length <= mostBytes && message.headers["content-encoding"] === undefined
    ? message.text
    : readPieces(message, mostBytes, rest)
}
