import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import { ResponseError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Failure, Response as Recorded } from "../../testing/Exchange.js"
import { decodeUtf8 } from "../http/charset.js"
import { readChunks } from "../http/readBody.js"
import { bytesOfBody } from "./content.js"

/** The head of a response, and its body as a Stream. */
export interface ResponseParts {
  readonly status: number
  /** Names are in lower case. `set-cookie` has a list of values. */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** Fails with the error of a transport, such as one with the code `ECONNRESET`. */
  readonly body: Stream.Stream<Uint8Array, unknown>
}

/** A response without a socket. */
export class MemoryResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  // Set in the constructor: a class that computes the names of its fields stays in bundles that do not use it.
  declare readonly [HttpClientResponse.TypeId]: typeof HttpClientResponse.TypeId
  declare readonly [HttpIncomingMessage.TypeId]: typeof HttpIncomingMessage.TypeId

  constructor(
    readonly request: HttpClientRequest,
    private readonly parts: ResponseParts
  ) {
    super()
    this[HttpClientResponse.TypeId] = HttpClientResponse.TypeId
    this[HttpIncomingMessage.TypeId] = HttpIncomingMessage.TypeId
  }

  get status(): number {
    return this.parts.status
  }

  /** The headers as they were sent, and the bytes of the body, as those of `node:http`. */
  get source(): unknown {
    const { body, headers } = this.parts
    return { headers, body: Stream.toAsyncIterable(body) }
  }

  get headers(): Headers.Headers {
    return Headers.fromInput(
      Object.entries(this.parts.headers).map(([name, value]): [string, string] => [
        name,
        typeof value === "string" ? value : value.join(", ")
      ])
    )
  }

  get cookies(): Cookies.Cookies {
    const cookies = this.parts.headers["set-cookie"] ?? []
    return Cookies.fromSetCookie(cookies)
  }

  get remoteAddress(): Option.Option<string> {
    return Option.none()
  }

  get stream(): Stream.Stream<Uint8Array, ResponseError> {
    return Stream.mapError(this.parts.body, (cause) => this.toError(cause))
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, ResponseError> {
    return this.content((bytes) => Effect.succeed(new Uint8Array(bytes).buffer))
  }

  get text(): Effect.Effect<string, ResponseError> {
    return this.content((bytes) => Effect.succeed(decodeUtf8(bytes)))
  }

  get json(): Effect.Effect<unknown, ResponseError> {
    return this.content((bytes) =>
      Effect.try({
        try: (): unknown => (bytes.length === 0 ? null : JSON.parse(decodeUtf8(bytes))),
        catch: (cause) => this.toError(cause)
      })
    )
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, ResponseError> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, ResponseError> {
    return this.content((bytes) =>
      Effect.tryPromise({
        try: () =>
          new Response(new Uint8Array(bytes), {
            headers: { "content-type": this.headers["content-type"] ?? "" }
          }).formData(),
        catch: (cause) => this.toError(cause)
      })
    )
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }

  private content<A>(use: (bytes: Uint8Array) => Effect.Effect<A, ResponseError>): Effect.Effect<A, ResponseError> {
    return Effect.flatMap(readChunks(this.stream, Number.MAX_SAFE_INTEGER, "left"), ({ bytes, failure }) =>
      failure === undefined ? use(bytes) : Effect.fail(this.toError(failure))
    )
  }

  private toError(cause: unknown): ResponseError {
    return cause instanceof ResponseError
      ? cause
      : new ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }
}

/** The error of a transport with this code. */
export const toCause = ({ code, syscall }: Failure): unknown =>
  Object.assign(new Error(code), code === "unknown" ? {} : { code }, syscall === undefined ? {} : { syscall })

/** Makes the response to a request from a recorded one. */
export const responseOf = (request: HttpClientRequest, { body, cut, headers, status }: Recorded): MemoryResponse => {
  const bytes = bytesOfBody(body)
  const hasLength = cut === undefined && request.method !== "HEAD" && status >= 200 && status !== 204 && status !== 304
  const content = bytes.length === 0 ? Stream.empty : Stream.make(bytes)
  const end = cut === undefined ? Stream.empty : cut.code === "interrupted" ? Stream.never : Stream.fail(toCause(cut))
  return new MemoryResponse(request, {
    status,
    headers: hasLength ? { ...headers, "content-length": String(bytes.length) } : headers,
    body: Stream.concat(content, end)
  })
}
