import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { Body, type CallError, type EncodeError, Endpoint, Operation } from "effect-herald"
import { EventStream, JsonLines, JsonSequence } from "effect-herald/streams"
import { describe, expectTypeOf, it } from "vitest"
import { Caller } from "../../support/kit.js"

class Gone extends Schema.TaggedError<Gone>()("Gone", {}) {}

const Price = Schema.Struct({ at: Schema.Date })

type Price = typeof Price.Type

type SuccessOf<O> = O extends Operation.Operation<never, infer A, infer _, infer __> ? A : never

describe("a body of JSON lines, or of a JSON text sequence", () => {
  it("is a Stream of what its schema decodes to", () => {
    const lines = Operation.make(Caller, () => Endpoint.get("/", { success: JsonLines.body(Price) }))
    expectTypeOf<SuccessOf<typeof lines>>().toEqualTypeOf<Stream.Stream<Price, JsonLines.StreamError>>()
    const texts = Operation.make(Caller, () => Endpoint.get("/", { success: JsonSequence.body(Schema.Unknown) }))
    expectTypeOf<SuccessOf<typeof texts>>().toEqualTypeOf<Stream.Stream<unknown, JsonLines.StreamError>>()
  })

  it("takes no schema that needs services, and is no body of a request", () => {
    const needy = Schema.transformOrFail(Schema.String, Schema.String, {
      decode: (text) => Effect.as(Caller, text),
      encode: Effect.succeed
    })
    // @ts-expect-error: the schema needs `Caller`.
    JsonLines.body(needy)
    expectTypeOf(JsonLines.body(Price)).toEqualTypeOf<Body.Body<never, Stream.Stream<Price, JsonLines.StreamError>>>()
  })
})

describe("a body of events", () => {
  it("has one type of data for all events", () => {
    expectTypeOf(EventStream.body(Price)).toEqualTypeOf<
      Body.Body<never, Stream.Stream<EventStream.Event<Price>, EventStream.StreamError>>
    >()
    expectTypeOf(EventStream.body(EventStream.text())).toEqualTypeOf<
      Body.Body<never, Stream.Stream<EventStream.Event<string>, EventStream.StreamError>>
    >()
  })

  it("has a union of events that their type tells apart", () => {
    const body = EventStream.body({
      price: Price,
      log: EventStream.text(),
      size: EventStream.text(Schema.NumberFromString)
    })
    expectTypeOf(body).toEqualTypeOf<
      Body.Body<
        never,
        Stream.Stream<
          EventStream.Event<Price, "price"> | EventStream.Event<string, "log"> | EventStream.Event<number, "size">,
          EventStream.StreamError
        >
      >
    >()
  })

  it("takes no text whose schema decodes other values than text", () => {
    // @ts-expect-error: the schema's encoded side is a number.
    EventStream.text(Schema.Number)
  })
})

describe("follow", () => {
  const prices = Operation.make(Caller, () =>
    Endpoint.get("/prices/{symbol}", {
      success: { 200: EventStream.body({ price: Price }), 202: Body.empty("later") },
      errors: { 410: Gone }
    })
  )

  it("takes the arguments of the operation, and has its errors and requirements", () => {
    expectTypeOf(EventStream.follow(prices)).toEqualTypeOf<
      (input: {
        readonly symbol: Endpoint.PathValue
      }) => Stream.Stream<EventStream.Event<Price, "price">, Gone | CallError | EncodeError, HttpClient | Caller>
    >()
  })

  it("gives the schedule the errors of the operation", () => {
    EventStream.follow(prices, {
      schedule: Schedule.recurWhile(({ error }) => {
        expectTypeOf(error).toEqualTypeOf<Gone | CallError | EncodeError | undefined>()
        return error?._tag !== "Gone"
      })
    })
  })

  it("takes no operation without a success of events", () => {
    const json = Operation.make(Caller, () => Endpoint.get("/price", { success: Price }))
    // @ts-expect-error: the response is JSON.
    EventStream.follow(json)
    const lines = Operation.make(Caller, () => Endpoint.get("/prices", { success: JsonLines.body(Price) }))
    // @ts-expect-error: the response is JSON lines.
    EventStream.follow(lines)
  })
})
