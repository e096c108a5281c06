// A user of the kit alone, with an API of their own. Run against the packed package, so it imports what users can.
import { FetchHttpClient, HttpApiEndpoint } from "@effect/platform"
import { Context, Effect, Layer, Schema } from "effect"
import { Authoriser, Operation } from "effect-herald"

class Weather extends Context.Tag("example/Weather")<Weather, Authoriser.Authoriser>() {}

const endpoint = () =>
  HttpApiEndpoint.get("getForecast", "/forecast/:city")
    .setPath(Schema.Struct({ city: Schema.String }))
    .addSuccess(Schema.Struct({ celsius: Schema.Number }))

const getForecast = Operation.make(Weather, endpoint, (city: string) => ({ path: { city } }))

const answer = (input: string | URL | Request) =>
  Promise.resolve(Response.json({ celsius: new Request(input).url.endsWith("/forecast/S%C3%A3o%20Paulo") ? 30 : 0 }))

const { celsius } = await getForecast("São Paulo").pipe(
  Effect.provide(
    Layer.effect(
      Weather,
      Effect.flatMap(Authoriser.parseBaseUrl("https://weather.example"), (baseUrl) => Authoriser.none(baseUrl))
    )
  ),
  Effect.provide(FetchHttpClient.layer),
  Effect.provideService(FetchHttpClient.Fetch, answer),
  Effect.runPromise
)
if (celsius !== 30) throw new Error(`30 degrees, not ${celsius}`)
