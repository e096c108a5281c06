import type { Headers } from "@effect/platform/Headers"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { RawResponse } from "../../RawResponse.js"
import type { ToError } from "../endpoint/Codec.js"
import { type CompiledEndpoint, receiver } from "../endpoint/CompiledEndpoint.js"
import { decodeText } from "../http/charset.js"
import { contentOf, type UnknownCoding } from "../http/contentCoding.js"
import { flatMapNow } from "../flatMapNow.js"
import { dropBody, endResponse, readResponse } from "../http/readBody.js"
import type { ReadFailure } from "../http/receivedBody.js"
import { undecodedCoding } from "../http/fetchDispatcher.js"
import { statusesWithoutContent } from "../http/statuses.js"
import { setCookiesOf } from "../http/transportResponse.js"

/** The limit of the body of a success, in bytes: 64 MiB. Larger bodies should be Streams. */
const maxSuccessBytes = 67_108_864

/** The limit of the body of any other response, in bytes: 1 MiB. The rest of it is dropped. */
const maxFailureBytes = 1_048_576

/** Reports whether a response has no content, whatever its headers say (RFC 9110, 6.4.1). */
const hasNoContent = (method: string, status: number): boolean =>
  method === "HEAD" || statusesWithoutContent.includes(status)

/** Returns the status and headers of a response. */
export const headOf = (
  response: HttpClientResponse,
  headers: Headers
): Pick<RawResponse, "status" | "headers" | "setCookies"> => {
  const { status } = response
  if (headers["set-cookie"] === undefined && headers[undecodedCoding] === undefined) return { status, headers }
  const { "set-cookie": cookies, [undecodedCoding]: coding, ...others } = headers
  return {
    status,
    headers: coding === undefined ? others : { ...others, "content-encoding": coding },
    setCookies: setCookiesOf(response)
  }
}

/** Copies bytes that are a part of a larger buffer, such as that of a socket, since a reference to them keeps all of it in memory. */
const ownBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array && bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)

/** How a response is received. */
interface ReceiveOptions {
  /** True if the body is not to be decoded as text. */
  readonly asBytes: boolean
  /** True if the status is a success. */
  readonly isSuccess: boolean
  readonly toError: ToError
  /** The URL that the last redirect led to, if there was one. */
  readonly redirected: string | undefined
  /** True if the response must not be stored. */
  readonly uncacheable: boolean
}

/**
 * Reads the body of a response, or opens it as a Stream. Fails if the body of a success is incomplete, too large, or has an
 * unknown content coding. Of any other response, returns the part that was received: its status decides what follows.
 *
 * - `received`: the headers of the response, as the transport returns them
 * - `head`: its head, as callers see it
 */
export const receive = (
  response: HttpClientResponse,
  received: Headers,
  { headers, setCookies, status }: Pick<RawResponse, "status" | "headers" | "setCookies">,
  endpoint: CompiledEndpoint,
  { asBytes, isSuccess, redirected, toError, uncacheable }: ReceiveOptions
): Effect.Effect<RawResponse, ReadFailure | UnknownCoding> => {
  // All in one literal, since spreads cost a part of the call.
  const complete = (body: RawResponse["body"], stream?: RawResponse["stream"], isCut = false): RawResponse => ({
    status,
    headers,
    setCookies,
    body,
    stream,
    redirected,
    uncacheable: uncacheable || isCut
  })
  const { open, receives } = receiver(endpoint, status, headers["content-type"])
  if (hasNoContent(response.request.method, status)) {
    // Unlike the others, a 205 may be followed by bytes that the transport reads as content.
    const ended = status === 205 ? dropBody(response) : endResponse(response)
    return Effect.as(ended, complete("", open?.(Stream.empty, toError)))
  }
  const content = contentOf(response, received)
  if (Either.isLeft(content)) {
    return Effect.zipRight(dropBody(response), isSuccess ? content.left : Effect.succeed(complete("")))
  }
  if (open !== undefined) return Effect.succeed(complete("", open(content.right.stream(), toError)))
  const read = readResponse(
    response,
    content.right,
    isSuccess ? maxSuccessBytes : maxFailureBytes,
    isSuccess ? "whole" : "partial"
  )
  return flatMapNow(read, ({ bytes, failure }) => {
    if (failure !== undefined && isSuccess) return Effect.fail(failure)
    const body = asBytes || receives === "bytes" ? ownBytes(bytes) : decodeText(bytes, headers["content-type"])
    return Effect.succeed(complete(body, undefined, failure !== undefined))
  })
}
