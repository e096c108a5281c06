import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { Authoriser, Backoff, type Credentials, Endpoint, Operation, RetryPolicy } from "effect-herald"
import { Timeline } from "effect-herald/diagram"
import { Transport } from "effect-herald/node"
import * as Scripted from "../../test/servers/scripted.js"
import { elapsing } from "../../test/support/kit.js"

class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}

const getForecast = Operation.make(Weather, () =>
  Endpoint.get("/forecast/{city}", { name: "getForecast", success: Schema.Struct({ celsius: Schema.Number }) })
)

/** The responses of the server, and the time until each, in milliseconds. */
const script = [
  [Scripted.respond({ status: 503 }), 240],
  [Scripted.respond({ status: 429, headers: { "retry-after": "2" } }), 120],
  [Scripted.respond({ status: 401 }), 90],
  [Scripted.redirect("/v2/forecast/Oslo", 307), 60],
  [Scripted.respond({ status: 502 }), 310],
  [Scripted.reset, 450]
] as const

/** Credentials that take a moment to be replaced. */
const credentials = (own: Credentials.Credentials): Credentials.Credentials => ({
  ...own,
  rejected: () => Effect.as(Effect.sleep("280 millis"), true)
})

const live = Layer.effect(
  Weather,
  Effect.map(
    Authoriser.make({
      baseUrl: "https://weather.example",
      retryPolicy: RetryPolicy.make({
        schedule: Schedule.intersect(Backoff.exponential({ start: "500 millis" }), Backoff.attempts(4)),
        retries: () => true
      })
    }),
    (service) => ({ ...service, credentials: credentials(service.credentials) })
  )
)

/** A client that sends all requests to a server on loopback. Requests take the times of the script. */
const clientOf = (server: URL) =>
  Layer.map(Transport.layer(), (context) => context).pipe(
    Layer.flatMap((context) => {
      let sent = 0
      return Layer.effect(
        HttpClient.HttpClient,
        Effect.map(Effect.provide(HttpClient.HttpClient, context), (client) =>
          client.pipe(
            HttpClient.mapRequest((request) => {
              const { pathname } = new URL(request.url)
              return HttpClientRequest.setUrl(request, new URL(pathname, server))
            }),
            HttpClient.transform((response) => Effect.delay(response, script[sent++]![1]))
          )
        )
      )
    })
  )

/** The timeline of a real call, which fails. The times are those of a test clock, so that they are always the same. */
export const failedCall: Effect.Effect<Timeline.Timeline> = Effect.gen(function* () {
  yield* TestClock.setTime(Date.UTC(2030, 0, 1, 12))
  const { url } = yield* Scripted.make(script.map(([behaviour]) => behaviour))
  const error = yield* getForecast({ city: "Oslo" }).pipe(
    Effect.flip,
    Effect.provide(Layer.merge(live, clientOf(url))),
    elapsing
  )
  return Timeline.ofError(error)
}).pipe(Effect.scoped, Effect.orDie, Effect.provide(TestContext.TestContext))
