// A user of raw verbs, of OAuth, and of the cache in memory. Run against the packed package, so it imports what users can.
import { FetchHttpClient } from "@effect/platform"
import { Context, Effect, Layer, Redacted } from "effect"
import { Authoriser, Verbs } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as OAuth from "effect-herald/oauth"

class Weather extends Context.Tag("example/Weather")<Weather, Authoriser.Authoriser>() {}

const { get } = Verbs.make(Weather)

const live = Authoriser.layer(Weather, {
  baseUrl: "https://weather.example",
  credentials: OAuth.clientCredentials({
    server: { tokenEndpoint: "https://auth.example/token" },
    client: { clientId: "reporter", clientSecret: Redacted.make("secret") }
  })
}).pipe(Layer.provide(HttpCache.layerMemory({ lifetime: () => "1 hour" })))

const sent: Array<string> = []
const answer = (input: string | URL | Request, init?: RequestInit) => {
  const { headers, url } = new Request(input, init)
  sent.push(url)
  return Promise.resolve(
    url.includes("/token")
      ? Response.json({ access_token: "granted", token_type: "bearer", expires_in: 3600 })
      : Response.json({ celsius: 30, by: headers.get("authorization") })
  )
}

const [first, second] = await Effect.all([
  get("/weather/{city}", { path: { city: "Oslo" } }),
  get("/weather/Oslo")
]).pipe(
  Effect.provide(live),
  Effect.provide(FetchHttpClient.layer),
  Effect.provideService(FetchHttpClient.Fetch, answer),
  Effect.runPromise
)
const expected = JSON.stringify({ celsius: 30, by: "Bearer granted" })
if (JSON.stringify(first) !== expected || JSON.stringify(second) !== expected || sent.length !== 2) {
  throw new Error(`${sent.join()}: ${JSON.stringify([first, second])}`)
}
