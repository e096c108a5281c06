import * as Effect from "effect/Effect"
import * as Answer from "./answers.js"

/** What the database refuses, nobody catches: a NUL, half a surrogate pair, too many characters. */
export const storableText = (limit: number, ...texts: ReadonlyArray<string | null | undefined>) =>
  texts.every(
    (text) =>
      !text || (!text.includes("\0") && text.isWellFormed() && (text.length <= limit || [...text].length <= limit))
  )
    ? Effect.void
    : Effect.fail(Answer.trap)

/** Its integers have 64 bits. */
export const storableInteger = (...integers: ReadonlyArray<bigint>) =>
  integers.every((integer) => BigInt.asIntN(64, integer) === integer) ? Effect.void : Effect.fail(Answer.trap)
