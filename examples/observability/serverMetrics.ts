/** The metric of a server's requests, which `@effect/platform` does not have. */
import { type HttpApp, HttpRouter, HttpServerRequest } from "@effect/platform"
import { Duration, Effect, Metric, MetricBoundaries } from "effect"

/** `http.server.request.duration`, with the boundaries that OpenTelemetry's conventions advise, in seconds. */
const requestDuration = Metric.histogram(
  "http.server.request.duration",
  MetricBoundaries.fromIterable([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]),
  "Duration of HTTP server requests."
)

/** Measures each request to a route, by method, route and status. */
export const measured = <E, R>(handler: HttpApp.Default<E, R>) =>
  Effect.gen(function* () {
    const { method } = yield* HttpServerRequest.HttpServerRequest
    const { route } = yield* HttpRouter.RouteContext
    const [elapsed, response] = yield* Effect.timed(handler)
    const labels = {
      "http.request.method": method,
      "http.route": route.path,
      "http.response.status_code": String(response.status),
      // Exporters read the unit of a metric from this label.
      unit: "s"
    }
    const tagged = Object.entries(labels).reduce(
      (metric, [name, value]) => Metric.tagged(metric, name, value),
      requestDuration
    )
    yield* Metric.update(tagged, Duration.toSeconds(elapsed))
    return response
  })
