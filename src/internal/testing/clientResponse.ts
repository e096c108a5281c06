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
import { readChunks } from "../http/readBody.js"

/** The parts of a response. */
export interface ResponseParts {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly setCookies: ReadonlyArray<string>
  /** The content, without content codings. Fails with the cause of the transport. */
  readonly content: Stream.Stream<Uint8Array, unknown>
}

/** Makes a response of the platform, whose content is read in the fiber of the reader, with its clock and its interruption. */
export const makeResponse = (
  request: HttpClientRequest,
  { content, headers, setCookies, status }: ResponseParts
): HttpClientResponse.HttpClientResponse => {
  const fail = (cause: unknown) => new ResponseError({ request, response, reason: "Decode", cause })
  const stream = Stream.mapError(content, (cause) => (cause instanceof ResponseError ? cause : fail(cause)))
  const bytes = Effect.flatMap(
    readChunks(stream, Number.MAX_SAFE_INTEGER, "left"),
    // The limit can't be exceeded.
    ({ bytes, failure }) => (failure === undefined ? Effect.succeed(bytes) : Effect.fail(failure as ResponseError))
  )
  const text = Effect.map(bytes, (bytes) => new TextDecoder().decode(bytes))
  const response: HttpClientResponse.HttpClientResponse & { readonly source: unknown } = {
    [HttpClientResponse.TypeId]: HttpClientResponse.TypeId,
    [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId,
    request,
    status,
    headers: Headers.fromInput({ ...headers, ...(setCookies.length > 0 && { "set-cookie": setCookies.join(", ") }) }),
    cookies: Cookies.fromSetCookie(setCookies),
    // The pipeline reads the cookies here, as those of Node's transports.
    source: { headers: { "set-cookie": setCookies } },
    remoteAddress: Option.none(),
    stream,
    text,
    json: Effect.flatMap(text, (text) =>
      Effect.try({ try: () => (text === "" ? null : (JSON.parse(text) as unknown)), catch: fail })
    ),
    urlParamsBody: Effect.map(text, (text) => UrlParams.fromInput(new URLSearchParams(text))),
    arrayBuffer: Effect.map(bytes, (bytes) => new Uint8Array(bytes).buffer),
    formData: Effect.flatMap(bytes, (bytes) =>
      Effect.tryPromise({
        try: () =>
          new Response(new Uint8Array(bytes), {
            headers: { "content-type": headers["content-type"] ?? "" }
          }).formData(),
        catch: fail
      })
    ),
    toJSON: () => ({ _id: "@effect/platform/HttpClientResponse", request: request.toJSON(), status }),
    toString: () => Inspectable.format(response.toJSON()),
    [Inspectable.NodeInspectSymbol]: () => response.toJSON()
  }
  return response
}
