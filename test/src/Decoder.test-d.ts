import type * as Either from "effect/Either"
import type * as Effect from "effect/Effect"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { Decoder } from "effect-herald"
import * as Entry from "effect-herald/decoder"
import { expectTypeOf, test } from "vitest"

const Renamed = Schema.Struct({ a: Schema.propertySignature(Schema.NumberFromString).pipe(Schema.fromKey("b")) })

test("a decoder returns the type of the schema or a ParseError", () => {
  expectTypeOf(Decoder.make(Renamed)).toEqualTypeOf<
    (input: unknown) => Either.Either<{ readonly a: number }, ParseResult.ParseError>
  >()
  expectTypeOf(Entry.make).toEqualTypeOf(Decoder.make)
})

test("a schema that needs services is not accepted", () => {
  const needing = Schema.String as Schema.Schema<string, string, Effect.Effect<never>>
  // @ts-expect-error -- it needs a service
  Decoder.make(needing)
})
