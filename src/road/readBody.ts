import type * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"

/** The most that is read of an answer, in bytes, 64 MiB: no JSON worth decoding in one piece is larger, and endless ones end here. */
const mostOfAnswer = 67_108_864

/** A body is larger than may be read; the rest of it was not waited for. */
export class TooLarge extends /*#__PURE__*/ Data.TaggedError("TooLarge") {}

/** What `fetch` makes of an answer without a body. */
export const isEmptyBody = (error: unknown): boolean =>
  Predicate.hasProperty(error, "reason") && error.reason === "EmptyBody"

/** So many times as much as may be read is drained, to be able to answer; who sends more gets no answer. */
const mostDrained = 64

/** What becomes of the rest of a body that is too large. */
type Rest = "left" | "drained"

/** Gathers the pieces of a body. */
interface Gatherer<A> {
  readonly add: (piece: Uint8Array) => void
  readonly whole: () => A
}

const gatherText = (): Gatherer<string> => {
  const decoder = new TextDecoder()
  let text = ""
  return {
    add: (piece) => {
      text += decoder.decode(piece, { stream: true })
    },
    whole: () => text + decoder.decode()
  }
}

const gatherBytes = (): Gatherer<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  return {
    add: (piece) => {
      pieces.push(piece)
    },
    whole: () => {
      const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
      let offset = 0
      for (const piece of pieces) {
        bytes.set(piece, offset)
        offset += piece.length
      }
      return bytes
    }
  }
}

/** Reads what says no length, or says it of something compressed, piece by piece. */
const readPieces = <A, E>(
  message: HttpIncomingMessage.HttpIncomingMessage<E>,
  gather: () => Gatherer<A>,
  mostBytes: number,
  rest: Rest
) =>
  Effect.suspend(() => {
    const gathered = gather()
    let bytes = 0
    return Stream.runForEach(message.stream, (piece) => {
      bytes += piece.length
      if (bytes <= mostBytes) gathered.add(piece)
      else if (rest === "left" || bytes > mostBytes * mostDrained) return Effect.fail(new TooLarge())
      return Effect.void
    }).pipe(
      Effect.catchIf(isEmptyBody, () => Effect.void),
      Effect.flatMap(() => (bytes > mostBytes ? Effect.fail(new TooLarge()) : Effect.sync(gathered.whole)))
    )
  })

const read = <A, E>(
  message: HttpIncomingMessage.HttpIncomingMessage<E>,
  short: Effect.Effect<A, E>,
  gather: () => Gatherer<A>,
  mostBytes: number,
  rest: Rest
): Effect.Effect<A, E | TooLarge> => {
  const length = Number(message.headers["content-length"] ?? Number.NaN)
  if (length > mostBytes && rest === "left") {
    return Effect.zipRight(Effect.ignore(Stream.runDrain(Stream.take(message.stream, 1))), new TooLarge())
  }
  return length >= 0 && length <= mostBytes && message.headers["content-encoding"] === undefined
    ? short
    : readPieces(message, gather, mostBytes, rest)
}

/**
 * The whole body as text, so that the connection is free for the next message. The rest of a body that is too large is left
 * where it is, which ends the connection, unless it is to be drained: a server could not answer otherwise.
 */
export const readBody = <E>(
  message: HttpIncomingMessage.HttpIncomingMessage<E>,
  mostBytes = mostOfAnswer,
  rest: Rest = "left"
): Effect.Effect<string, E | TooLarge> => read(message, message.text, gatherText, mostBytes, rest)

/** The same, as bytes. */
export const readBytes = <E>(
  message: HttpIncomingMessage.HttpIncomingMessage<E>,
  mostBytes = mostOfAnswer
): Effect.Effect<Uint8Array, E | TooLarge> =>
  read(
    message,
    Effect.map(message.arrayBuffer, (buffer) => new Uint8Array(buffer)),
    gatherBytes,
    mostBytes,
    "left"
  )
