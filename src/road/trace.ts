import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"
import type { HeraldError } from "../HeraldError.js"
import type { Call } from "./errors.js"

/**
 * A span for the call, named as OpenTelemetry's HTTP client conventions have it, if someone listens: the tracer that Effect
 * begins with keeps what nobody reads. No attribute has a value of the path or the query.
 */
export const trace = <A, R>(call: Call, effect: Effect.Effect<A, HeraldError, R>): Effect.Effect<A, HeraldError, R> =>
  Effect.withFiberRuntime((fiber) => {
    if (fiber.currentTracer === Context.get(DefaultServices.liveServices, Tracer.Tracer)) return effect
    const { baseUrl, route } = call
    return Effect.useSpan(
      `${route.method} ${route.template}`,
      {
        kind: "client",
        captureStackTrace: false,
        attributes: {
          "http.request.method": route.method,
          "url.template": route.template,
          "server.address": baseUrl.hostname,
          "server.port": Number(baseUrl.port) || (baseUrl.protocol === "https:" ? 443 : 80)
        }
      },
      (span) =>
        effect.pipe(
          Effect.tapBoth({
            onSuccess: () => Effect.sync(() => outcome(span, call)),
            onFailure: (error) => Effect.sync(() => outcome(span, call, error))
          }),
          Effect.withParentSpan(span)
        )
    )
  })

const outcome = (span: Tracer.Span, call: Call, error?: HeraldError) => {
  const resends = call.attempts.filter(({ verdict }) => verdict === "repeated").length
  if (resends > 0) span.attribute("http.request.resend_count", resends)
  if (call.status !== undefined) span.attribute("http.response.status_code", call.status)
  if (error !== undefined) span.attribute("error.type", error._tag)
}
