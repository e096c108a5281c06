import type { HttpClient } from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describe, expectTypeOf, it } from "vitest"
import { Authoriser, Body, type CallError, type EncodeError, Endpoint, Operation, type Tokens } from "effect-herald"

class Api extends Authoriser.Tag("effect-herald/test/Api")<Api>() {}
class WithTokens extends Authoriser.Tag("effect-herald/test/WithTokens")<WithTokens, Tokens.Tokens>() {}
class Vault extends Context.Tag("effect-herald/test/Vault")<Vault, { readonly key: string }>() {}
class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}

const Forecast = Schema.Struct({ celsius: Schema.Number })
interface Forecast {
  readonly celsius: number
}

const getForecast = Operation.make(Api, () =>
  Endpoint.get("/forecast/{city}", {
    query: { days: Schema.optional(Schema.Number) },
    success: Forecast,
    errors: { 404: NoSuchCity }
  })
)
const ping = Operation.make(Api, () => Endpoint.get("/ping"))
const list = Operation.make(Api, () => Endpoint.get("/list", { query: { page: Schema.optional(Schema.Number) } }))
const create = Operation.make(Api, () => Endpoint.post("/cities", { body: Forecast, success: { 201: Body.empty() } }))

describe("the arguments of an operation", () => {
  it("are the input of the endpoint, none or optional where the endpoint allows it", () => {
    expectTypeOf(ping).parameters.toEqualTypeOf<[]>()
    expectTypeOf(list).parameters.toEqualTypeOf<[input?: { readonly page?: number | undefined }]>()
    expectTypeOf(create).parameters.toEqualTypeOf<[input: { readonly body: Forecast }]>()
    getForecast({ city: "Oslo" })
    getForecast({ city: 7n, days: 3 })
    // @ts-expect-error the city is missing
    getForecast({ days: 3 })
    // @ts-expect-error the input is missing
    getForecast()
    // @ts-expect-error it is `days`
    getForecast({ city: "Oslo", day: 3 })
    // @ts-expect-error a text is no number
    getForecast({ city: "Oslo", days: "3" })
    // @ts-expect-error there is no input
    ping({})
    // @ts-expect-error the input is one object
    getForecast("Oslo", 3)
  })

  it("are those of the third argument", () => {
    const byCity = Operation.make(
      Api,
      () => Endpoint.get("/forecast/{city}", { query: { days: Schema.optional(Schema.Number) }, success: Forecast }),
      (city: string, days?: number) => ({ city, days })
    )
    expectTypeOf(byCity).parameters.toEqualTypeOf<[city: string, days?: number | undefined]>()
    expectTypeOf(byCity.withResponse).parameters.toEqualTypeOf<[city: string, days?: number | undefined]>()
    Operation.make(
      Api,
      () => Endpoint.get("/forecast/{city}"),
      // @ts-expect-error the input has a city
      (town: string) => ({ town })
    )
  })
})

describe("the effect of an operation", () => {
  it("has the success, the errors and the requirements", () => {
    const call = () => getForecast({ city: "Oslo" })
    expectTypeOf(call).returns.toEqualTypeOf<
      Effect.Effect<Forecast, NoSuchCity | CallError | EncodeError, HttpClient | Api>
    >()
    const withResponse = () => getForecast.withResponse({ city: "Oslo" })
    expectTypeOf(withResponse).returns.toEqualTypeOf<
      Effect.Effect<Operation.Response<Forecast>, NoSuchCity | CallError | EncodeError, HttpClient | Api>
    >()
    expectTypeOf(() => create({ body: { celsius: 1 } })).returns.toEqualTypeOf<
      Effect.Effect<void, CallError | EncodeError, HttpClient | Api>
    >()
  })

  it("can't fail with EncodeError where there is no input", () => {
    expectTypeOf(() => ping()).returns.toEqualTypeOf<Effect.Effect<void, CallError, HttpClient | Api>>()
  })

  it("requires the tag that it was made for", () => {
    const other = Operation.make(WithTokens, () => Endpoint.get("/ping"))
    expectTypeOf(() => other()).returns.toEqualTypeOf<Effect.Effect<void, CallError, HttpClient | WithTokens>>()
    // @ts-expect-error another tag has no Authoriser
    Operation.make(Vault, () => Endpoint.get("/ping"))
    // @ts-expect-error the endpoint is given as a function
    Operation.make(Api, Endpoint.get("/ping"))
  })

  it("has a response with status, headers, URL, value, and the part of the cache", () => {
    expectTypeOf<Operation.Response<Forecast>["status"]>().toEqualTypeOf<number>()
    expectTypeOf<Operation.Response<Forecast>["headers"]>().toEqualTypeOf<
      Readonly<Record<string, string | undefined>>
    >()
    expectTypeOf<Operation.Response<Forecast>["url"]>().toEqualTypeOf<string>()
    expectTypeOf<Operation.Response<Forecast>["value"]>().toEqualTypeOf<Forecast>()
    expectTypeOf<NonNullable<Operation.Response<Forecast>["cached"]>["_tag"]>().toEqualTypeOf<
      "Hit" | "Stale" | "Revalidated"
    >()
  })
})
