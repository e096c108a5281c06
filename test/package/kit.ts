// A program with an API of its own. It runs against the packed package, so that it imports what users can.
import { FetchHttpClient } from "@effect/platform"
import { Effect, Redacted, Schema } from "effect"
import { Authoriser, Credentials, detailsOf, Endpoint, Operation } from "effect-herald"

class Weather extends Authoriser.Tag("example/Weather")<Weather>() {}

const Forecast = Schema.Struct({ celsius: Schema.Number })

class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}

const getForecast = Operation.make(Weather, () =>
  Endpoint.get("/forecast/{city}", {
    query: { days: Schema.optional(Schema.Number) },
    success: Forecast,
    errors: { 404: NoSuchCity }
  })
)

const respond = (input: string | URL | Request, init?: RequestInit) => {
  const { headers, url } = new Request(input, init)
  const known = url === "https://weather.example/forecast/S%C3%A3o%20Paulo?days=3"
  return Promise.resolve(
    known && headers.get("authorization") === "Bearer secret"
      ? Response.json({ celsius: 30 })
      : Response.json({ city: "Nowhere" }, { status: 404 })
  )
}

const live = Weather.layer({
  baseUrl: "https://weather.example",
  credentials: Credentials.bearer(Redacted.make("secret"))
})

const [response, error] = await Effect.all([
  getForecast.withResponse({ city: "São Paulo", days: 3 }),
  Effect.flip(getForecast({ city: "Nowhere" }))
]).pipe(
  Effect.provide(live),
  Effect.provide(FetchHttpClient.layer),
  Effect.provideService(FetchHttpClient.Fetch, respond),
  Effect.runPromise
)
if (response.status !== 200 || response.value.celsius !== 30) {
  throw new Error(`a 200 with 30 degrees is expected, not ${JSON.stringify(response)}`)
}
if (!(error instanceof NoSuchCity) || error.city !== "Nowhere" || detailsOf(error)?.attempts.length !== 1) {
  throw new Error(`NoSuchCity is expected, not ${String(error)}`)
}
