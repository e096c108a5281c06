import type { HttpIncomingMessage } from "@effect/platform/HttpIncomingMessage"
import * as Predicate from "effect/Predicate"

/** The parts of the platform's responses that are not in their types. */
interface Response {
  /** The transport's own response, of a response that the platform has wrapped. */
  readonly original?: HttpIncomingMessage<unknown>
  /** The message of the transport: a `Response` of `fetch`, an `IncomingMessage` of `node:http`, or a response of `undici`. */
  readonly source?: { readonly headers?: unknown; readonly body?: unknown } | undefined
}

const sourceOf = (message: HttpIncomingMessage<unknown>): Response["source"] => {
  const { original, source } = message as Response
  return original === undefined ? source : sourceOf(original)
}

const isWebResponse = (source: unknown): source is globalThis.Response =>
  typeof globalThis.Response === "function" && source instanceof globalThis.Response

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
