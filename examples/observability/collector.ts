/** A collector: a server that receives traces, metrics and logs by OTLP over HTTP as JSON, and keeps them in memory. */
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"
import { createServer } from "node:http"
import { LogsData, MetricsData, TracesData } from "./otlp.js"

/** The payloads that were received, in order. */
export interface Received {
  readonly traces: Array<TracesData>
  readonly metrics: Array<MetricsData>
  readonly logs: Array<LogsData>
  /** The payloads as they were sent. */
  readonly texts: Array<string>
}

/** Starts a collector on loopback, until the scope closes. */
export const start = Effect.gen(function* () {
  const received: Received = { traces: [], metrics: [], logs: [], texts: [] }
  const receive = <A, I>(schema: Schema.Schema<A, I>, keep: Array<A>) => {
    const decode = Schema.decode(Schema.parseJson(schema))
    return Effect.gen(function* () {
      const { text } = yield* HttpServerRequest.HttpServerRequest
      const payload = yield* text
      received.texts.push(payload)
      keep.push(yield* decode(payload))
      return HttpServerResponse.unsafeJson({ partialSuccess: {} })
    }).pipe(Effect.catchTag("ParseError", ({ message }) => HttpServerResponse.text(message, { status: 400 })))
  }
  const server = yield* Layer.build(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
  const url = yield* Effect.gen(function* () {
    yield* HttpServer.serveEffect(
      HttpRouter.empty.pipe(
        HttpRouter.post("/v1/traces", receive(TracesData, received.traces)),
        HttpRouter.post("/v1/metrics", receive(MetricsData, received.metrics)),
        HttpRouter.post("/v1/logs", receive(LogsData, received.logs))
      )
    )
    return yield* HttpServer.addressFormattedWith(Effect.succeed)
  }).pipe(Effect.provide(server))
  return { url, received }
})
