import * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, RequestError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constFalse } from "effect/Function"
import { globalValue } from "effect/GlobalValue"
import * as Predicate from "effect/Predicate"
import * as Runtime from "effect/Runtime"
import { Readable } from "node:stream"
import type { Dispatcher } from "undici"
import { flatMapNow } from "../internal/flatMapNow.js"
import type { Expiry } from "../internal/http/expiry.js"
import { type DirectSend, directSend } from "../internal/http/transportResponse.js"
import { abortReason, Exchange } from "./exchange.js"
import { OwnResponse } from "./ownResponse.js"
import { type SendableBody, toSendable } from "./requestBody.js"
import { type Origins, type Target, targetOf } from "./requestTarget.js"
import { type AnyFiber, isTraced, traced } from "./requestSpan.js"

/** The part of undici's dispatchers that a client uses. */
export type Dispatch = Pick<Dispatcher, "dispatch">

/** Settings of a client. */
export interface ClientSettings {
  /** Maximum size of a body that is read whole, in bytes. */
  readonly maxBodySize: number
  /** Options of each request. */
  readonly options: Pick<Dispatcher.DispatchOptions, "headersTimeout" | "bodyTimeout" | "blocking">
}

/** The codings that are asked for, unless the request says otherwise. */
const acceptedCodings = "gzip, deflate, br"

/** Returns the headers as undici takes them: names and values alternate. */
const headersOf = ({ headers }: HttpClientRequest, { contentLength, contentType }: SendableBody): Array<string> => {
  const list: Array<string> = []
  for (const name in headers) list.push(name, headers[name]!)
  if (contentType !== undefined && headers["content-type"] === undefined) list.push("content-type", contentType)
  if (contentLength !== undefined && headers["content-length"] === undefined) {
    list.push("content-length", `${contentLength}`)
  }
  // A part of content with a coding can't be decoded.
  if (headers["accept-encoding"] === undefined && headers["range"] === undefined) {
    list.push("accept-encoding", acceptedCodings)
  }
  return list
}

/** Codes of requests that undici refuses. */
const refusedCodes: ReadonlyArray<unknown> = [
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"
]

const toError = (request: HttpClientRequest, cause: unknown): RequestError => {
  const refused = Predicate.hasProperty(cause, "code") && refusedCodes.includes(cause.code)
  return new RequestError({ request, reason: refused ? "Encode" : "Transport", cause })
}

/** Returns the runtime of a fiber, for the Streams of its requests. */
const runtimeOf = (fiber: AnyFiber): Runtime.Runtime<never> =>
  Runtime.make({
    context: fiber.currentContext as Context.Context<never>,
    runtimeFlags: Runtime.defaultRuntime.runtimeFlags,
    fiberRefs: fiber.getFiberRefs()
  })

/** Makes a client that sends requests by a dispatcher of undici. */
export const makeClient = (dispatcher: Dispatch, { maxBodySize, options }: ClientSettings): HttpClient.HttpClient => {
  const origins: Origins = new Map()
  // The platform's own, by which `HttpClient.withScope` tells its clients of the scope of a request.
  const scopes = globalValue(
    "@effect/platform/HttpClient/scopedRequests",
    () => new WeakMap<HttpClientRequest, AbortController>()
  )
  // Aborts a response that was dropped before it was read, which would hold its connection.
  const dropped = new FinalizationRegistry<Exchange>((exchange) => exchange.drop())

  const respond = (request: HttpClientRequest, exchange: Exchange): HttpClientResponse => {
    const response = new OwnResponse(request, exchange, maxBodySize)
    if (!exchange.ended) dropped.register(response, exchange)
    return response
  }

  const exchange = (
    request: HttpClientRequest,
    { origin, path }: Target,
    fiber: AnyFiber,
    scoped: AbortSignal | undefined,
    expiry: Expiry | undefined
  ): Effect.Effect<HttpClientResponse, HttpClientError> => {
    const exchange = new Exchange()
    if (expiry !== undefined) expiry.abort = () => exchange.abort()
    let bodyFailure: { readonly cause: unknown } | undefined
    let body: SendableBody
    try {
      body = toSendable(request.body, {
        runtime: () => runtimeOf(fiber),
        onFailure: (cause) => {
          bodyFailure = { cause }
        }
      })
    } catch (cause) {
      // Such as a `ReadableStream` that something else reads.
      return Effect.fail(new RequestError({ request, reason: "Encode", cause }))
    }
    if (body.content instanceof Readable) exchange.body = body.content
    if (scoped !== undefined) exchange.abortWith(scoped)
    const sent = Effect.async<void, RequestError>((resume) => {
      exchange.onHead = () => resume(Effect.void)
      exchange.onFailure = (cause) =>
        resume(
          Effect.fail(
            bodyFailure === undefined
              ? toError(request, cause)
              : new RequestError({ request, reason: "Encode", ...bodyFailure })
          )
        )
      exchange.start(dispatcher, {
        origin,
        path,
        method: request.method,
        headers: headersOf(request, body),
        body: body.content,
        opening: exchange.opening,
        ...options
      })
    })
    // The interruption is awaited outside of `async`, so that none is missed while the request starts.
    return Effect.uninterruptibleMask((restore) =>
      Effect.matchCauseEffect(restore(sent), {
        onSuccess: () => Effect.succeed(respond(request, exchange)),
        onFailure: (cause) => {
          if (!Cause.isInterrupted(cause)) return Effect.failCause(cause)
          exchange.abort()
          return Effect.zipRight(body.ended ?? Effect.void, Effect.failCause(cause))
        }
      })
    )
  }

  const send = (
    request: HttpClientRequest,
    expiry: Expiry | undefined,
    hasSpan: (fiber: AnyFiber) => boolean
  ): Effect.Effect<HttpClientResponse, HttpClientError> =>
    Effect.withFiberRuntime((fiber) => {
      if (expiry?.passed === true) {
        return Effect.fail(new RequestError({ request, reason: "Transport", cause: abortReason() }))
      }
      const target = targetOf(request, origins)
      if (Either.isLeft(target)) {
        return Effect.fail(new RequestError({ request, reason: "InvalidUrl", cause: target.left }))
      }
      // A span changes the headers, and thereby the request that is sent.
      const scoped = scopes.get(request)?.signal
      return hasSpan(fiber)
        ? traced(fiber, request, target.right, (request) => exchange(request, target.right, fiber, scoped, expiry))
        : exchange(request, target.right, fiber, scoped, expiry)
    })

  const postprocess = (request: Effect.Effect<HttpClientRequest>) =>
    flatMapNow(request, (request) => send(request, undefined, (fiber) => isTraced(fiber, request)))
  const preprocess: HttpClient.HttpClient.Preprocess<never, never> = (request) => Effect.succeed(request)
  const direct: DirectSend = {
    [directSend]: { preprocess, send: (request, expiry) => send(request, expiry, constFalse) }
  }
  return HttpClient.makeWith(Object.assign(postprocess, direct), preprocess)
}
