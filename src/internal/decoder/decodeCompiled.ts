import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import type { Decode } from "./compile.js"
import { compile } from "./compile.js"
import { failed } from "./steps.js"

/**
 * Makes a decoder that runs closures, and Schema for values that the closures do not accept. Compiles when it is first used.
 */
export const decodeCompiled = <A, I>(
  schema: Schema.Schema<A, I>
): ((input: unknown) => Either.Either<A, ParseResult.ParseIssue>) => {
  let compiled: Decode | undefined
  let bySchema: ((input: unknown) => Either.Either<A, ParseResult.ParseIssue>) | undefined
  return (input) => {
    try {
      if (compiled === undefined) {
        compiled = () => failed
        compiled = compile(schema.ast)
      }
      const value = compiled(input)
      // The closures return what Schema returns, an `A`.
      if (value !== failed) return Either.right(value as A)
    } catch {
      // Functions of the schema can throw. Schema runs them again, in its own order.
    }
    return (bySchema ??= ParseResult.decodeUnknownEither(schema))(input)
  }
}
