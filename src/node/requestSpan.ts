import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import type * as Tracer from "effect/Tracer"
import { isDefaultTracer } from "../internal/isDefaultTracer.js"
import type { Target } from "./requestTarget.js"

export type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/**
 * Reports whether a request has a span: tracing is not disabled, and there is a tracer, or a span that the request is a part of. A span
 * of Effect's default tracer that has no parent is not exported.
 */
export const isTraced = (fiber: AnyFiber, request: HttpClientRequest.HttpClientRequest): boolean =>
  (fiber.currentSpan !== undefined || !isDefaultTracer(fiber.currentTracer)) &&
  fiber.getFiberRef(FiberRef.currentTracerEnabled) &&
  !fiber.getFiberRef(HttpClient.currentTracerDisabledWhen)(request)

const recordRequest = (
  span: Tracer.Span,
  { headers, method }: HttpClientRequest.HttpClientRequest,
  { origin, path }: Target,
  redacted: Parameters<typeof Headers.redact>[1]
): void => {
  const url = new URL(origin + path)
  span.attribute("http.request.method", method)
  span.attribute("server.address", origin)
  if (url.port !== "") span.attribute("server.port", Number(url.port))
  span.attribute("url.full", url.href)
  span.attribute("url.path", url.pathname)
  span.attribute("url.scheme", url.protocol.slice(0, -1))
  if (url.search !== "") span.attribute("url.query", url.search.slice(1))
  recordHeaders(span, "request", headers, redacted)
}

const recordHeaders = (
  span: Tracer.Span,
  message: "request" | "response",
  headers: Headers.Headers,
  redacted: Parameters<typeof Headers.redact>[1]
): void => {
  for (const [name, value] of Object.entries(Headers.redact(headers, redacted))) {
    span.attribute(`http.${message}.header.${name}`, String(value))
  }
}

/** Sends a request in a span, as the platform's clients do. Adds the context of the trace, unless the program disables that. */
export const traced = <E>(
  fiber: AnyFiber,
  request: HttpClientRequest.HttpClientRequest,
  target: Target,
  send: (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<HttpClientResponse, E>
): Effect.Effect<HttpClientResponse, E> =>
  Effect.useSpan(
    Context.get(fiber.currentContext, HttpClient.SpanNameGenerator)(request),
    { kind: "client", captureStackTrace: false },
    (span) => {
      const redacted = fiber.getFiberRef(Headers.currentRedactedNames)
      recordRequest(span, request, target, redacted)
      const propagated = fiber.getFiberRef(HttpClient.currentTracerPropagation)
        ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span))
        : request
      return Effect.tap(Effect.withParentSpan(send(propagated), span), ({ headers, status }) => {
        span.attribute("http.response.status_code", status)
        recordHeaders(span, "response", headers, redacted)
      })
    }
  )
