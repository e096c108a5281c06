/**
 * The APIs that the backend calls, on loopback: the Polympics server of the other examples, and a weather API with faults. Each
 * fault depends on the number of a request alone, so that every run has the same ones.
 */
import { type HttpApp, HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Redacted, Ref } from "effect"
import { createServer } from "node:http"
import { start as startPolympics } from "../support/demoServer.js"

export const weatherClient = { clientId: "backend", clientSecret: Redacted.make("weather-client-secret") }

/** The beginning of each access token of the weather API. */
export const accessTokenPrefix = "weather-access-token-"

const counter = Effect.map(Ref.make(0), (count) => Ref.updateAndGet(count, (n) => n + 1))

/** Requests of stations during an outage, by number. All of them fail. */
const isOutage = (number: number) => number >= 30 && number < 54

const weather = Effect.gen(function* () {
  const [tokens, stations, radars, reports] = yield* Effect.all([counter, counter, counter, counter])
  const authorized = <E, R>(app: HttpApp.Default<E, R>) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
      headers["authorization"]?.startsWith(`Bearer ${accessTokenPrefix}`) === true
        ? app
        : Effect.succeed(HttpServerResponse.empty({ status: 401 }))
    )

  /** The token endpoint. A token is valid for two seconds, so that it is renewed after one. */
  const token = Effect.flatMap(tokens, (number) =>
    HttpServerResponse.json({
      access_token: `${accessTokenPrefix}${number}`,
      token_type: "Bearer",
      expires_in: 2
    })
  )

  /** Fresh for five seconds. */
  const forecast = Effect.flatMap(HttpRouter.params, ({ city }) =>
    HttpServerResponse.json({ city, celsius: 12 }, { headers: { "cache-control": "max-age=5" } })
  ).pipe(Effect.delay("15 millis"))

  /** Every fifth request is refused, and all of them during the outage. */
  const station = Effect.flatMap(stations, (number) =>
    number % 5 === 0 || isOutage(number)
      ? HttpServerResponse.empty({ status: 503 })
      : Effect.delay(HttpServerResponse.json({ pressure: 1013 }), "20 millis")
  )

  /** Every fourth image takes longer than any backend waits. */
  const radar = Effect.flatMap(radars, (number) =>
    number % 4 === 0 ? Effect.never : Effect.delay(HttpServerResponse.json({ dbz: 35 }), "60 millis")
  )

  /** The tenth report is one too many, and every seventh is lost in an error. */
  const report = Effect.flatMap(reports, (number) =>
    number % 10 === 0
      ? HttpServerResponse.empty({ status: 429, headers: { "retry-after": "1" } })
      : HttpServerResponse.empty({ status: number % 7 === 0 ? 500 : 202 })
  )

  return HttpRouter.empty.pipe(
    HttpRouter.post("/token", token),
    HttpRouter.get("/forecast/:city", authorized(forecast)),
    HttpRouter.get("/stations/:city", authorized(station)),
    HttpRouter.get("/radar/:region", authorized(radar)),
    HttpRouter.post("/reports", authorized(report))
  )
})

const startWeather = Effect.gen(function* () {
  const server = yield* Layer.build(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
  return yield* Effect.gen(function* () {
    yield* HttpServer.serveEffect(yield* weather)
    return yield* HttpServer.addressFormattedWith(Effect.succeed)
  }).pipe(Effect.provide(server))
})

/** Serves both until the scope closes. Returns their base URLs. */
export const start = Effect.all({ polympics: startPolympics, weather: startWeather })
