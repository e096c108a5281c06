import { expect, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import * as fc from "effect/FastCheck"
import { Authoriser, Body, Endpoint, Operation } from "effect-herald"
import { TestApi } from "effect-herald/testing"

class Any extends Authoriser.Tag("test/properties/Any")<Any>() {}

type AnySchema = Schema.Schema<any, any>

/** A schema, with the generator of its values. */
interface Kind {
  readonly schema: AnySchema
  readonly value: fc.Arbitrary<unknown>
}

const text = fc.oneof(
  fc.fullUnicodeString({ maxLength: 12 }).filter((text) => text.isWellFormed()),
  fc.constantFrom("1", "true", "null", "a b", "a+b", "a,b", "%2F", "ü/&=?#", "[]", " ")
)
/** A number whose text in JSON is not that of an integer beyond the safe ones, which would be decoded as a bigint. */
const number = fc
  .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  // The text of a negative zero is that of zero.
  .map((value) => value + 0)
  .filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= 1e21)
const date = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })

const textKind: Kind = { schema: Schema.String, value: text }

/** A secret that nothing else contains, since errors do not repeat the secrets of a call. */
const secret: Kind = {
  schema: Schema.Redacted(Schema.String),
  value: text.map((value) => Redacted.make(`the secret ${value}`))
}

const scalars: ReadonlyArray<Kind> = [
  textKind,
  { schema: Schema.Number, value: number },
  { schema: Schema.NumberFromString, value: number },
  { schema: Schema.Boolean, value: fc.boolean() },
  { schema: Schema.Date, value: date },
  { schema: Schema.BigInt, value: fc.bigInt() },
  { schema: Schema.BigIntFromSelf, value: fc.bigInt() },
  { schema: Schema.Literal("a", "b", 7, true), value: fc.constantFrom("a", "b", 7, true) },
  { schema: Schema.Union(Schema.Number, Schema.Boolean), value: fc.oneof(number, fc.boolean()) },
  secret,
  { schema: Schema.Int.pipe(Schema.positive(), Schema.brand("Id")), value: fc.integer({ min: 1 }) }
]

const scalar = fc.constantFrom(...scalars)

/** A value of a path, which can't be empty, nor a segment of dots. */
const segment = scalar.map(({ schema, value }) => ({
  schema,
  value: value.filter((one) => {
    const plain = Redacted.isRedacted(one) ? Redacted.value(one) : one
    return plain !== "" && plain !== "." && plain !== ".."
  })
}))

/** A value of a field, with those that repeat the name. An empty list is not told from an absent one. */
const field: fc.Arbitrary<Kind> = fc.oneof(
  scalar,
  scalar.map(
    ({ schema, value }) => ({ schema: Schema.optional(schema), value: fc.option(value, { nil: undefined }) }) as never
  ),
  scalar.map(({ schema, value }) => ({ schema: Schema.Array(schema), value: fc.array(value, { maxLength: 3 }) })),
  scalar.map(({ schema, value }) => ({ schema: Schema.NullOr(schema), value: fc.option(value) }))
)

const inJson = fc.constantFrom(
  ...scalars.filter(({ schema }) => schema !== Schema.BigIntFromSelf && schema !== secret.schema)
)

const json: fc.Arbitrary<Kind> = fc.oneof(
  inJson,
  fc.constant({
    schema: Schema.Unknown,
    value: fc
      .jsonValue()
      .map((value): unknown => JSON.parse(JSON.stringify(value)))
      // Any JSON is decoded with bigints in place of integers that a number can't hold.
      .filter((value) => !/\d{16}/.test(JSON.stringify(value)))
  }),
  inJson.map(({ schema, value }) => ({
    schema: Schema.Struct({ one: schema, many: Schema.Array(schema) }),
    value: fc.record({ one: value, many: fc.array(value, { maxLength: 3 }) })
  }))
)

/** Header text: visible ASCII without spaces at its ends, and without commas, which separate the values of a list. */
const headerText = fc.stringOf(fc.constantFrom(..."abcXYZ019-_.;="), { minLength: 1, maxLength: 10 })

const bytes = fc.uint8Array({ maxLength: 40 })

/** A body, with the generator of its values. */
interface BodyKind {
  readonly body: Body.Any
  readonly value: fc.Arbitrary<unknown>
}

const fieldsOf = (kinds: ReadonlyArray<Kind>) =>
  Object.fromEntries(kinds.map(({ schema }, index) => [`f${index}`, schema])) as Record<string, Schema.Schema<any, any>>

const valuesOf = (kinds: ReadonlyArray<Kind>, prefix = "f") =>
  fc.record(Object.fromEntries(kinds.map(({ value }, index) => [`${prefix}${index}`, value])))

const form = fc.array(field, { minLength: 1, maxLength: 3 }).map((kinds): BodyKind => ({
  body: Body.form(fieldsOf(kinds) as never),
  value: valuesOf(kinds)
}))

const jsonBody = json.map(({ schema, value }): BodyKind => ({ body: Body.json(schema) as Body.Any, value }))

const responseBody: fc.Arbitrary<BodyKind> = fc.oneof(
  jsonBody,
  // The values of a form that a program reads are texts.
  fc.constant({ body: Body.form({ f0: Schema.String }) as Body.Any, value: fc.record({ f0: text }) }),
  fc.constant({ body: Body.text() as Body.Any, value: text.filter((value) => !value.startsWith("\uFEFF")) }),
  fc.constant({ body: Body.text({ schema: Schema.NumberFromString }) as Body.Any, value: number }),
  fc.constant({ body: Body.bytes() as Body.Any, value: bytes }),
  fc.constant({ body: Body.empty("Done") as Body.Any, value: fc.constant("Done") })
)

const requestBody = fc.oneof(
  jsonBody,
  form,
  fc.constant({ body: Body.text() as Body.Any, value: text.filter((value) => !value.startsWith("\uFEFF")) }),
  fc.constant({ body: Body.bytes() as Body.Any, value: bytes })
)

/** An endpoint, an input of it, and the outcome of its handler. */
const example = fc
  .record({
    path: fc.array(segment, { maxLength: 3 }),
    query: fc.array(field, { maxLength: 4 }),
    headers: fc.array(fc.constantFrom("X-One", "X-Two", "x-three"), { maxLength: 3 }),
    body: fc.option(requestBody),
    success: responseBody,
    status: fc.option(fc.constantFrom(200, 201, 299)),
    failure: fc.option(json)
  })
  .chain(({ body, failure, headers, path, query, status, success }) => {
    const names = [...new Set(headers)]
    class Failed extends Schema.TaggedError<Failed>()("Failed", { why: failure?.schema ?? Schema.String }) {}
    const endpoint = () =>
      Endpoint.make("POST", `/things${path.map((_, index) => `/{p${index}}`).join("")}`, {
        path: Object.fromEntries(path.map(({ schema }, index) => [`p${index}`, schema])),
        query: fieldsOf(query),
        ...(names.length === 0 ? {} : { headers: Object.fromEntries(names.map((name) => [name, Schema.String])) }),
        ...(body === null ? {} : { body: body.body }),
        success: (status === null ? success.body : { [status]: success.body }) as never,
        errors: { 422: Failed }
      }) as Endpoint.Endpoint<Record<string, unknown>, unknown, Failed>
    const input = fc
      .tuple(
        valuesOf(path, "p"),
        valuesOf(query),
        fc.record(Object.fromEntries(names.map((name) => [name, headerText]))),
        body?.value ?? fc.constant(undefined)
      )
      .map(([path, query, headers, value]) => ({
        ...path,
        ...query,
        ...(names.length === 0 ? {} : { headers }),
        ...(body === null ? {} : { body: value })
      }))
    return fc.record({
      endpoint: fc.constant(endpoint),
      input,
      outcome:
        failure === null
          ? success.value.map((value): Effect.Effect<unknown, Failed> => Effect.succeed(value))
          : failure.value.map((why) => Effect.fail(new Failed({ why })))
    })
  })

const layer = Any.layer({ baseUrl: "https://any.test/base/" })

it.effect("any input arrives equal at the handler, and any outcome of the handler is that of the call", () =>
  Effect.promise(() =>
    fc.assert(
      fc.asyncProperty(example, async ({ endpoint, input, outcome }) => {
        const operation = Operation.make(Any, endpoint)
        const received: Array<unknown> = []
        const api = TestApi.layer(
          TestApi.handle(operation, (given) => {
            received.push(given)
            return outcome
          })
        )
        const call = Effect.either(operation(input)).pipe(Effect.provide(layer), Effect.provide(api))
        const result = await Effect.runPromise(call)
        expect(received).toEqual([input])
        const wanted = await Effect.runPromise(Effect.either(outcome))
        expect(result).toEqual(wanted)
      }),
      { numRuns: 60 }
    )
  )
)
