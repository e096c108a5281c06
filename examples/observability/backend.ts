/** A backend as one would deploy it: its routes call two APIs, and it exports traces, metrics and logs. */
import { Otlp } from "@effect/opentelemetry"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { type Duration, Effect, Layer, Logger, LogLevel, Schema } from "effect"
import { Authoriser, Body, Endpoint, Metrics, Operation, Snowflake } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as OAuth from "effect-herald/oauth"
import * as Polympics from "effect-herald/polympics"
import * as RateLimit from "effect-herald/rate-limit"
import { createServer } from "node:http"
import { appCredentials } from "../support/demoServer.js"
import { measured } from "./serverMetrics.js"
import { weatherClient } from "./upstreams.js"

class Weather extends Authoriser.Tag("example/Weather")<Weather>() {}

const getForecast = Operation.make(Weather, () =>
  Endpoint.get("/forecast/{city}", { success: Schema.Struct({ celsius: Schema.Number }) })
)

const getStation = Operation.make(Weather, () =>
  Endpoint.get("/stations/{city}", { success: Schema.Struct({ pressure: Schema.Number }) })
)

const getRadar = Operation.make(Weather, () =>
  Endpoint.get("/radar/{region}", { success: Schema.Struct({ dbz: Schema.Number }) })
)

const postReport = Operation.make(Weather, () =>
  Endpoint.post("/reports", { body: Schema.Struct({ text: Schema.String }), success: { 202: Body.empty() } })
)

const Trip = HttpRouter.schemaPathParams(Schema.Struct({ player: Snowflake.Snowflake, city: Schema.String }))

/** GET /trips/:player/:city returns a player and the weather. */
const trip = Effect.gen(function* () {
  const { city, player } = yield* Trip
  const account = yield* Polympics.getAccount(player)
  const [{ celsius }, { pressure }] = yield* Effect.all([getForecast({ city }), getStation({ city })], {
    concurrency: "unbounded"
  })
  return HttpServerResponse.unsafeJson({ name: account.name, celsius, pressure })
})

/** GET /radar/:region returns an image in time, or not at all. */
const radar = Effect.flatMap(HttpRouter.schemaPathParams(Schema.Struct({ region: Schema.String })), getRadar).pipe(
  Effect.map((image) => HttpServerResponse.unsafeJson(image))
)

/** POST /reports passes on a report. */
const report = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ text }) => text).pipe(
  Effect.flatMap((text) => postReport({ body: { text } })),
  Effect.as(HttpServerResponse.empty({ status: 202 }))
)

/** The status of the backend's response to a failed call. All other failures are a 502. */
const statuses: Readonly<Record<string, number>> = {
  NotFound: 404,
  ParseError: 400,
  RateLimited: 503,
  TimeoutError: 504
}

const routes = HttpRouter.empty.pipe(
  HttpRouter.get("/trips/:player/:city", trip),
  HttpRouter.get("/radar/:region", radar),
  HttpRouter.post("/reports", report),
  // A log record inside of the server's span has the id of its trace.
  HttpRouter.catchAll((error) =>
    Effect.logWarning(error.message).pipe(
      Effect.annotateLogs({ "error.type": error._tag }),
      Effect.as(HttpServerResponse.unsafeJson({ error: error._tag }, { status: statuses[error._tag] ?? 502 }))
    )
  ),
  HttpRouter.use(measured)
)

interface Options {
  readonly urls: { readonly polympics: string; readonly weather: string }
  /** The deadline of calls to the weather API. */
  readonly deadline: Duration.DurationInput
}

/** The APIs. The weather API allows 50 requests a second. */
const apis = ({ deadline, urls }: Options) =>
  Layer.mergeAll(
    Polympics.app(appCredentials, { baseUrl: urls.polympics }),
    Weather.layer({
      baseUrl: urls.weather,
      credentials: OAuth.clientCredentials({
        server: { tokenEndpoint: `${urls.weather}/token` },
        client: weatherClient,
        name: "weather"
      }),
      deadline,
      // After a 429 only the calls of the same operation wait.
      rateLimit: { scope: "operation" }
    }).pipe(
      Layer.provide(HttpCache.layerMemory({ share: true })),
      Layer.provide(RateLimit.layerMemory({ limit: 50, window: "1 second" }))
    )
  )

/** Exports traces, metrics and logs to a collector. Needs an `HttpClient`. */
export const telemetry = (collector: string, exportInterval: Duration.DurationInput) =>
  Layer.mergeAll(
    Otlp.layerJson({
      baseUrl: collector,
      resource: { serviceName: "trips", serviceVersion: "1.0.0" },
      replaceLogger: Logger.defaultLogger,
      tracerExportInterval: exportInterval,
      metricsExportInterval: exportInterval,
      loggerExportInterval: exportInterval,
      shutdownTimeout: "10 seconds"
    }),
    Metrics.layer,
    // Retries, pauses and refreshes are logged at this level.
    Logger.minimumLogLevel(LogLevel.Debug)
  )

/** Serves the routes on loopback until the scope closes. Returns the base URL. */
export const start = (options: Options) =>
  Effect.gen(function* () {
    const server = NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })
    const context = yield* Layer.build(Layer.merge(apis(options), server))
    return yield* HttpServer.serveEffect(routes).pipe(
      Effect.zipRight(HttpServer.addressFormattedWith(Effect.succeed)),
      Effect.provide(context)
    )
  })
