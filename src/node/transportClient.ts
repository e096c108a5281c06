import * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, RequestError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type { Dispatcher } from "undici"
import type { Expiry } from "../internal/http/expiry.js"
import { type DirectSend, directSend } from "../internal/http/transportResponse.js"
import { Exchange } from "./exchange.js"
import { OwnResponse } from "./ownResponse.js"
import { convertBody } from "./requestBody.js"
import { type Origins, type Target, targetOf } from "./requestTarget.js"
import { isTraced, traced } from "./requestSpan.js"

/** The part of undici's dispatchers that a client uses. */
export type Dispatch = Pick<Dispatcher, "dispatch">

/** Settings of a client. */
export interface Settings {
  /** Maximum size of a body that is read whole, in bytes. */
  readonly maxBodySize: number
}

/** The codings that are asked for, unless the request says otherwise. */
const acceptedCodings = "gzip, deflate, br"

/** Returns the headers as undici takes them: names and values alternate. */
const headersOf = ({ headers }: HttpClientRequest): Array<string> => {
  const list: Array<string> = []
  for (const name in headers) list.push(name, headers[name]!)
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

const toError = (request: HttpClientRequest, exchange: Exchange, cause: unknown): RequestError => {
  const refused = !exchange.started && Predicate.hasProperty(cause, "code") && refusedCodes.includes(cause.code)
  return new RequestError({ request, reason: refused ? "Encode" : "Transport", cause })
}

/** Makes a client that sends requests by a dispatcher of undici. */
export const makeClient = (dispatcher: Dispatch, { maxBodySize }: Settings): HttpClient.HttpClient => {
  const origins: Origins = new Map()
  // Aborts a response that was dropped before it was read, which would hold its connection.
  const dropped = new FinalizationRegistry<Exchange>((exchange) => exchange.drop())

  const respond = (request: HttpClientRequest, exchange: Exchange): HttpClientResponse => {
    const response = new OwnResponse(request, exchange, maxBodySize)
    if (!exchange.ended) dropped.register(response, exchange)
    return response
  }

  const exchange = (request: HttpClientRequest, { origin, path }: Target, expiry?: Expiry) =>
    Effect.suspend(() => {
      const exchange = new Exchange()
      if (expiry !== undefined) expiry.abort = () => exchange.abort()
      const sent = Effect.async<HttpClientResponse, HttpClientError>((resume) => {
        exchange.onHead = () => resume(Effect.sync(() => respond(request, exchange)))
        exchange.onFailure = (cause) => resume(Effect.fail(toError(request, exchange, cause)))
        exchange.start(dispatcher, {
          origin,
          path,
          method: request.method,
          headers: headersOf(request),
          body: convertBody(request.body),
          headersTimeout: 0,
          bodyTimeout: 0
        })
      })
      // The interruption is awaited outside of `async`, so that none is missed while the request starts.
      return Effect.uninterruptibleMask((restore) =>
        Effect.matchCauseEffect(restore(sent), {
          onSuccess: Effect.succeed,
          onFailure: (cause) => {
            if (Cause.isInterrupted(cause)) exchange.abort()
            return Effect.failCause(cause)
          }
        })
      )
    })

  const toTarget = (
    request: HttpClientRequest,
    send: (target: Target) => Effect.Effect<HttpClientResponse, HttpClientError>
  ) =>
    Either.match(targetOf(request, origins), {
      onLeft: (cause) => Effect.fail(new RequestError({ request, reason: "InvalidUrl", cause })),
      onRight: send
    })

  const sendTraced = (request: HttpClientRequest) =>
    Effect.withFiberRuntime<HttpClientResponse, HttpClientError>((fiber) =>
      toTarget(request, (target) =>
        isTraced(fiber, request)
          ? traced(fiber, request, target, (request) => exchange(request, target))
          : exchange(request, target)
      )
    )

  const postprocess = (request: Effect.Effect<HttpClientRequest>) => Effect.flatMap(request, sendTraced)
  const preprocess: HttpClient.HttpClient.Preprocess<never, never> = (request) => Effect.succeed(request)
  const direct: DirectSend = {
    [directSend]: {
      preprocess,
      send: (request, expiry) => toTarget(request, (target) => exchange(request, target, expiry))
    }
  }
  return HttpClient.makeWith(Object.assign(postprocess, direct), preprocess)
}
