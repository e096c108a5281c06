// A program that knows the limit of an API. It runs against the packed package, so it imports what users can.
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer, Schema } from "effect"
import { Authoriser, Endpoint, Operation } from "effect-herald"
import * as RateLimit from "effect-herald/rate-limit"

class Weather extends Authoriser.Tag("example/Weather")<Weather>() {}

const getWeather = Operation.make(Weather, () =>
  Endpoint.get("/weather", { success: Schema.Struct({ celsius: Schema.Number }) })
)

const live = Layer.provide(
  Weather.layer({ baseUrl: "https://weather.example" }),
  RateLimit.layerMemory({ limit: 1, window: "1 hour" })
)

let requests = 0
const respond = () => {
  requests += 1
  return Promise.resolve(Response.json({ celsius: 30 }))
}

const error = await getWeather().pipe(
  Effect.zipRight(Effect.flip(getWeather())),
  Effect.provide(live),
  Effect.provide(FetchHttpClient.layer),
  Effect.provideService(FetchHttpClient.Fetch, respond),
  Effect.runPromise
)
if (error._tag !== "NotSent" || requests !== 1) throw new Error(`${requests} requests, and then ${error._tag}`)
