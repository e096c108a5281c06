// A user who knows an API's limit. Run against the packed package, so it imports what users can.
import { FetchHttpClient, HttpApiEndpoint } from "@effect/platform"
import { Context, Effect, Layer, Schema } from "effect"
import { Authoriser, Operation } from "effect-herald"
import * as RateLimit from "effect-herald/rate-limit"

class Weather extends Context.Tag("example/Weather")<Weather, Authoriser.Authoriser>() {}

const endpoint = () =>
  HttpApiEndpoint.get("getWeather", "/weather").addSuccess(Schema.Struct({ celsius: Schema.Number }))

const getWeather = Operation.make(Weather, endpoint, () => ({}))

const live = Layer.effect(
  Weather,
  Effect.flatMap(Authoriser.parseBaseUrl("https://weather.example"), (baseUrl) => Authoriser.none(baseUrl))
).pipe(Layer.provide(RateLimit.layerMemory({ limit: 1, window: "1 hour" })))

const sent: Array<unknown> = []
const answer = (input: unknown) => {
  sent.push(input)
  return Promise.resolve(Response.json({ celsius: 30 }))
}

const error = await getWeather().pipe(
  Effect.zipRight(Effect.flip(getWeather())),
  Effect.provide(live),
  Effect.provide(FetchHttpClient.layer),
  Effect.provideService(FetchHttpClient.Fetch, answer),
  Effect.runPromise
)
if (error._tag !== "NotSent" || sent.length !== 1) throw new Error(`sent ${sent.length}, and then ${error._tag}`)
