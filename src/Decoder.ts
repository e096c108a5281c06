import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import { decodeCompiled } from "./internal/decoder/decodeCompiled.js"

/**
 * Makes a decoder that does what `Schema.decodeUnknownEither(schema)` does, in a fraction of the time. The schema is compiled to
 * closures when the decoder is first used, without generated code. A value that they do not accept is decoded by Schema, so that
 * errors are Schema's own.
 *
 * The functions of a schema should have no side effects: they can run more than once for a value that fails.
 *
 * @example
 * ```ts
 * import { Either, Schema } from "effect"
 * import * as Decoder from "effect-herald/decoder"
 *
 * const Account = Schema.Struct({ id: Schema.NonNegativeInt, name: Schema.String })
 * const decode = Decoder.make(Account)
 *
 * Either.getOrThrow(decode({ id: 1, name: "Ada" })) // => { id: 1, name: "Ada" }
 * Either.isLeft(decode({ id: -1, name: "Ada" })) // => true
 * ```
 */
export const make = <A, I>(
  schema: Schema.Schema<A, I>
): ((input: unknown) => Either.Either<A, ParseResult.ParseError>) => {
  const decode = decodeCompiled(schema)
  return (input) => {
    const decoded = decode(input)
    return Either.isRight(decoded) ? Either.right(decoded.right) : Either.left(ParseResult.parseError(decoded.left))
  }
}
