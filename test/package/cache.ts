// A program that uses verbs, OAuth, and the cache in memory. It runs against the packed package, so it imports what users can.
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { Authoriser, Verbs } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as OAuth from "effect-herald/oauth"

class Weather extends Authoriser.Tag("example/Weather")<Weather>() {}

const { get } = Verbs.make(Weather)

const live = Layer.provide(
  Weather.layer({
    baseUrl: "https://weather.example",
    credentials: OAuth.clientCredentials({
      server: { tokenEndpoint: "https://auth.example/token" },
      client: { clientId: "reporter", clientSecret: Redacted.make("secret") }
    })
  }),
  HttpCache.layerMemory({ lifetime: () => "1 hour" })
)

const requested: Array<string> = []
const respond = (input: string | URL | Request, init?: RequestInit) => {
  const { headers, url } = new Request(input, init)
  requested.push(url)
  return Promise.resolve(
    url.includes("/token")
      ? Response.json({ access_token: "granted", token_type: "bearer", expires_in: 3600 })
      : Response.json({ celsius: 30, authorization: headers.get("authorization") })
  )
}

const [first, second] = await Effect.all([
  get.withResponse("/weather/{city}", { path: { city: "Oslo" } }),
  get.withResponse("/weather/Oslo")
]).pipe(
  Effect.provide(live),
  Effect.provide(FetchHttpClient.layer),
  Effect.provideService(FetchHttpClient.Fetch, respond),
  Effect.runPromise
)
const expected = JSON.stringify({ celsius: 30, authorization: "Bearer granted" })
if (
  JSON.stringify(first.value) !== expected ||
  JSON.stringify(second.value) !== expected ||
  first.cached !== undefined ||
  second.cached?._tag !== "Hit" ||
  requested.length !== 2
) {
  throw new Error(`${requested.join()}: ${JSON.stringify([first, second])}`)
}
