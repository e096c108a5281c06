import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type { HttpIncomingMessage } from "@effect/platform/HttpIncomingMessage"
import type * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Expiry } from "./expiry.js"
import type { ReadBody, ReadFailure } from "./receivedBody.js"

/** The parts of the platform's responses that are not in their types. */
interface Response {
  /** The transport's own response, of a response that the platform has wrapped. */
  readonly original?: HttpIncomingMessage<unknown>
  /** The message of the transport: a `Response` of `fetch`, an `IncomingMessage` of `node:http`, or a response of `undici`. */
  readonly source?: { readonly headers?: unknown; readonly body?: unknown } | undefined
  /** Reads the content, of a response of the library's own transport. */
  readonly readBytes?: (maxBytes: number) => Effect.Effect<ReadBody<ReadFailure>>
}

const sourceOf = (message: HttpIncomingMessage<unknown>): Response["source"] => {
  const { original, source } = message as Response
  return original === undefined ? source : sourceOf(original)
}

const isWebResponse = (source: unknown): source is globalThis.Response =>
  typeof globalThis.Response === "function" && source instanceof globalThis.Response

/** The key of the parts by which a client of the library's own transport sends a request without a span of the platform. */
export const directSend: unique symbol = Symbol.for("effect-herald/Transport/directSend")

/** The mark of a client of the library's own transport. */
export interface DirectSend {
  readonly [directSend]?: {
    /** The client's own preparation of requests, which does nothing. Users can add to it. */
    readonly preprocess: (request: HttpClientRequest) => Effect.Effect<HttpClientRequest>
    /** Sends a request, and aborts it at an expiry. */
    readonly send: (
      request: HttpClientRequest,
      expiry: Expiry | undefined
    ) => Effect.Effect<HttpClientResponse, HttpClientError>
  }
}

/** The parts of the platform's clients that are not in their type. */
export interface ClientParts {
  readonly preprocess?: ((request: HttpClientRequest) => Effect.Effect<HttpClientRequest>) | undefined
  readonly postprocess?:
    | (((request: Effect.Effect<HttpClientRequest>) => Effect.Effect<HttpClientResponse, HttpClientError>) & DirectSend)
    | undefined
}

/** Returns the parts of a client. */
export const partsOf = (client: HttpClient): ClientParts => client as object

/** Reports whether the transport is the library's own, which undoes content codings itself. */
export const isOwn = (message: HttpIncomingMessage<unknown>): boolean => {
  const { original, readBytes } = message as Response
  return original === undefined ? readBytes !== undefined : isOwn(original)
}

/**
 * Reads the content of a response of the library's own transport, which costs less than its Stream. Undefined for other responses.
 * The content has its content codings undone. It is returned at once if the response is complete, which most short ones are when
 * their head is received. If it exceeds `maxBytes`, or the connection breaks, or the content is corrupt, the part before is returned,
 * with the failure. The bytes may be a part of a larger buffer, so they are copied by callers that keep them. Reading again returns
 * the same. An interruption aborts the response.
 */
export const readOwnBody = (
  message: HttpIncomingMessage<unknown>,
  maxBytes: number
): Effect.Effect<ReadBody<ReadFailure>> | undefined => {
  const { original, readBytes } = message as Response
  if (original !== undefined) return readOwnBody(original, maxBytes)
  return readBytes?.call(message, maxBytes)
}

/** Reports whether the transport is `fetch`, which undoes content codings itself. */
export const isFetch = (message: HttpIncomingMessage<unknown>): boolean => isWebResponse(sourceOf(message))

/**
 * Returns the values of the `Set-Cookie` headers. They can't be joined, since dates in them contain commas (RFC 6265, 3). The
 * platform's headers have them joined, or the last one only.
 */
export const setCookiesOf = (message: HttpIncomingMessage<unknown>): ReadonlyArray<string> => {
  const source = sourceOf(message)
  if (isWebResponse(source)) return source.headers.getSetCookie()
  const raw = (source?.headers as { readonly "set-cookie"?: unknown } | undefined)?.["set-cookie"]
  const cookies: unknown = raw ?? message.headers["set-cookie"] ?? []
  return (Array.isArray(cookies) ? cookies : [cookies]).map(String)
}

/** Returns the bytes of a message as the transport provides them. Undefined for a message without a body. */
export const bytesOf = (message: HttpIncomingMessage<unknown>): AsyncIterable<Uint8Array> | undefined => {
  const source = sourceOf(message)
  const body: unknown = source?.body ?? source
  return Predicate.hasProperty(body, Symbol.asyncIterator) ? (body as AsyncIterable<Uint8Array>) : undefined
}

/** Returns true for the error that `fetch` causes for a response without a body. */
export const isEmptyBody = (error: unknown): boolean =>
  Predicate.hasProperty(error, "reason") && error.reason === "EmptyBody"
