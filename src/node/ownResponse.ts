import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import { ResponseError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { IncomingHttpHeaders } from "node:http"
import { decodeUtf8 } from "../internal/http/charset.js"
import { type Coding, decodedStream, parseCodings } from "../internal/http/contentCoding.js"
import { readChunks } from "../internal/http/readBody.js"
import { type ReadBody, type ReadFailure, TooLarge } from "../internal/http/receivedBody.js"
import { abortReason, type Exchange } from "./exchange.js"
import { type Failure, iterateBody, readWhole, streamBody } from "./exchangeBody.js"

/** Joins the values of headers that a response has more than once (RFC 9110, 5.3). */
const joinHeaders = (received: IncomingHttpHeaders): Headers.Headers => {
  for (const name in received) {
    if (typeof received[name] !== "string") return Headers.fromInput(received)
  }
  // All values are strings, and names are in lower case.
  return Headers.unsafeFromRecord({ ...received } as Record<string, string>)
}

/**
 * A response, whose body is read from the chunks that its exchange keeps. Content codings are undone. A class, since the platform's
 * responses have getters, and objects of closures cost more.
 */
export class OwnResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  // Set in the constructor: a class that computes the names of its fields stays in bundles that do not use it.
  declare readonly [HttpClientResponse.TypeId]: typeof HttpClientResponse.TypeId
  declare readonly [HttpIncomingMessage.TypeId]: typeof HttpIncomingMessage.TypeId
  private joinedHeaders: Headers.Headers | undefined
  private parsedCookies: Cookies.Cookies | undefined
  /** The content that was read or is being read, of a response with a content coding. */
  private decoded: Deferred.Deferred<ReadBody<ReadFailure>> | undefined

  constructor(
    readonly request: HttpClientRequest,
    private readonly exchange: Exchange,
    /** The maximum size of a body that is read whole, in bytes. */
    private readonly maxBodySize: number
  ) {
    super()
    this[HttpClientResponse.TypeId] = HttpClientResponse.TypeId
    this[HttpIncomingMessage.TypeId] = HttpIncomingMessage.TypeId
  }

  get status(): number {
    return this.exchange.status
  }

  /** The headers as they were received: some have several values. */
  get source(): { readonly headers: IncomingHttpHeaders } {
    return { headers: this.exchange.headers }
  }

  get headers(): Headers.Headers {
    return (this.joinedHeaders ??= joinHeaders(this.exchange.headers))
  }

  get cookies(): Cookies.Cookies {
    return (this.parsedCookies ??= Cookies.fromSetCookie(this.exchange.headers["set-cookie"] ?? []))
  }

  get remoteAddress(): Option.Option<string> {
    return Option.none()
  }

  get text(): Effect.Effect<string, ResponseError> {
    return this.content((bytes) => Effect.succeed(decodeUtf8(bytes)))
  }

  get json(): Effect.Effect<unknown, ResponseError> {
    return this.content((bytes) => {
      if (bytes.length === 0) return Effect.succeed(null)
      try {
        return Effect.succeed(JSON.parse(decodeUtf8(bytes)) as unknown)
      } catch (cause) {
        return Effect.fail(this.toError({ cause }))
      }
    })
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, ResponseError> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, ResponseError> {
    return this.content((bytes) =>
      Effect.tryPromise({
        // The bytes are not of a `SharedArrayBuffer`, which the types of `Response` forbid.
        try: () =>
          new Response(bytes as Uint8Array<ArrayBuffer>, {
            headers: { "content-type": this.headers["content-type"] ?? "" }
          }).formData(),
        catch: (cause) => this.toError({ cause })
      })
    )
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, ResponseError> {
    // The bytes may be a part of a larger buffer.
    return this.content((bytes) => Effect.succeed(new Uint8Array(bytes).buffer))
  }

  get stream(): Stream.Stream<Uint8Array, ResponseError> {
    return Stream.suspend(() => {
      const { codings, decoded, exchange } = this
      if (decoded !== undefined) {
        return Stream.fromEffect(
          Effect.flatMap(Deferred.await(decoded), ({ bytes, failure }) =>
            failure === undefined ? Effect.succeed(bytes) : Effect.fail(this.toError(failure))
          )
        )
      }
      return codings === undefined
        ? Stream.mapError(streamBody(exchange), (failure) => this.toError(failure))
        : decodedStream(this, iterateBody(exchange), codings)
    })
  }

  /** Reads the content; see `readOwnBody`. */
  readBytes(maxBytes: number): Effect.Effect<ReadBody<ReadFailure>> {
    const { codings } = this
    if (codings !== undefined) return this.readDecoded(maxBytes, codings)
    return readWhole(this.exchange, maxBytes, (failure) => this.toError(failure))
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }

  /** The codings to undo. None of a response without content, such as that to a HEAD, even if it has the header. */
  private get codings() {
    const { ended, headers, length, streamed } = this.exchange
    const header = headers["content-encoding"]
    if (header === undefined || (ended && length === 0 && !streamed)) return undefined
    return parseCodings(String(header))
  }

  /** Uses the content, if it is not larger than the limit of the program, or else that of the transport. */
  private content<A>(use: (bytes: Uint8Array) => Effect.Effect<A, ResponseError>): Effect.Effect<A, ResponseError> {
    return Effect.contextWithEffect((context: Context.Context<never>) => {
      const { exchange } = this
      const limit = Context.get(context, HttpIncomingMessage.MaxBodySize)
      const maxBytes = limit._tag === "Some" ? Number(limit.value) : this.maxBodySize
      if (!exchange.ended && Number(exchange.headers["content-length"]) > maxBytes) {
        exchange.abort()
        return Effect.fail(this.toError(new TooLarge()))
      }
      return Effect.flatMap(this.readBytes(maxBytes), ({ bytes, failure }) =>
        failure === undefined ? use(bytes) : Effect.fail(this.toError(failure))
      )
    })
  }

  /** Reads the content once, also for those that want it meanwhile. */
  private readDecoded(maxBytes: number, codings: ReadonlyArray<Coding>): Effect.Effect<ReadBody<ReadFailure>> {
    return Effect.suspend(() => {
      if (this.decoded !== undefined) {
        return Effect.map(Deferred.await(this.decoded), (read) =>
          read.bytes.length > maxBytes ? { bytes: read.bytes.subarray(0, maxBytes), failure: new TooLarge() } : read
        )
      }
      const decoded = (this.decoded = Deferred.unsafeMake(FiberId.none))
      return Effect.onExit(
        readChunks(decodedStream(this, iterateBody(this.exchange), codings), maxBytes, "left"),
        (exit) =>
          Deferred.succeed(
            decoded,
            Exit.getOrElse(exit, () => ({
              bytes: new Uint8Array(),
              failure: this.toError({ cause: abortReason() })
            }))
          )
      )
    })
  }

  private toError(failure: Failure | ReadFailure): ResponseError {
    if (failure instanceof ResponseError) return failure
    const { request } = this
    return failure instanceof TooLarge
      ? new ResponseError({
          request,
          response: this,
          reason: "Decode",
          cause: failure,
          description: "the body is larger than the limit: read it as a stream, or raise `maxBodySize` of the transport"
        })
      : new ResponseError({ request, response: this, reason: "Decode", cause: failure.cause })
  }
}
