import { deepStrictEqual } from "node:assert"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Decoder } from "effect-herald"

/** The properties of a value and of the values in it, with their order, which `deepStrictEqual` does not compare. */
const layout = (value: unknown): unknown =>
  typeof value === "object" && value !== null
    ? [Object.getPrototypeOf(value), Object.entries(value).map(([key, inner]) => [key, layout(inner)])]
    : value

const outcome = (decode: (input: unknown) => Either.Either<unknown, Error>, input: unknown) => {
  try {
    return Either.match(decode(input), {
      onLeft: (error) => ({ error: error.message }),
      onRight: (value) => ({ value, layout: layout(value) })
    })
  } catch (thrown) {
    return { thrown }
  }
}

/** Decodes inputs by a decoder and by Schema, and expects the same outcome: a value, an error, or what a function throws. */
export const expectAsBySchema = (schema: Schema.Schema<any, any>, inputs: ReadonlyArray<unknown>): void => {
  const decode = Decoder.make(schema)
  // Effect throws where it can't make a decoder.
  const bySchema = (input: unknown) => Schema.decodeUnknownEither(schema)(input)
  // Vitest takes a property with the name `constructor` for the class.
  for (const input of inputs) deepStrictEqual(outcome(decode, input), outcome(bySchema, input))
}
