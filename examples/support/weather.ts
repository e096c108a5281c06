/** The program that `examples/testing.ts` and `examples/vitest/weather.test.ts` test: an API, and what is made of it. */
import { Array, Effect, Option, Order, Schema } from "effect"
import { Authoriser, Endpoint, Operation } from "effect-herald"

export class Weather extends Authoriser.Tag("example/Weather")<Weather>() {}

export class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}

export const getForecast = Operation.make(Weather, () =>
  Endpoint.get("/forecast/{city}", {
    query: { days: Schema.optional(Schema.Number) },
    success: Schema.Struct({ celsius: Schema.Number }),
    errors: { 404: NoSuchCity }
  })
)

const byTemperature = Order.mapInput(Order.number, ({ celsius }: { readonly celsius: number }) => celsius)

/** Returns the warmest of these cities. Leaves out those that the API does not know. */
export const warmest = (cities: ReadonlyArray<string>) =>
  Effect.forEach(cities, (city) =>
    getForecast({ city, days: 1 }).pipe(
      Effect.map(({ celsius }) => Option.some({ city, celsius })),
      Effect.catchTag("NoSuchCity", () => Effect.succeedNone)
    )
  ).pipe(
    Effect.map(Array.getSomes),
    Effect.map((known) => (Array.isNonEmptyArray(known) ? Array.max(known, byTemperature).city : undefined))
  )
