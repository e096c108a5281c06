import * as HttpBody from "@effect/platform/HttpBody"
import { RequestError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { concatBytes } from "../concatBytes.js"

/** Chunks of a body up to a limit. */
export interface Collected {
  readonly add: (chunk: Uint8Array) => void
  readonly bytes: () => Uint8Array
  /** True if the body is larger than the limit. The bytes are its beginning then. */
  readonly isTooLarge: () => boolean
  readonly end: () => void
  /** True if the whole body was read. */
  readonly isEnded: () => boolean
}

/** Collects chunks up to a limit, in bytes. */
export const collect = (limit: number): Collected => {
  let chunks: Array<Uint8Array> = []
  let length = 0
  let ended = false
  return {
    end: () => {
      ended = true
    },
    isEnded: () => ended,
    add: (chunk) => {
      if (length + chunk.length <= limit) chunks.push(new Uint8Array(chunk))
      length += chunk.length
    },
    bytes: () => {
      const bytes = concatBytes(chunks)
      chunks = [bytes]
      return bytes
    },
    isTooLarge: () => length > limit
  }
}

const isWebBody = (body: unknown): body is string | Blob | URLSearchParams | ArrayBuffer | FormData =>
  typeof body === "string" ||
  body instanceof Blob ||
  body instanceof URLSearchParams ||
  body instanceof ArrayBuffer ||
  body instanceof FormData

/**
 * Returns a request whose body is collected while it is sent. A form is sent as bytes, so that its boundary is known.
 */
export const tapBody = (
  request: HttpClientRequest.HttpClientRequest,
  collected: Collected
): Effect.Effect<HttpClientRequest.HttpClientRequest, RequestError> => {
  const { body } = request
  const whole = (content: BodyInit) =>
    Effect.tryPromise({
      try: async () => {
        const web = new Response(content)
        const bytes = new Uint8Array(await web.arrayBuffer())
        collected.add(bytes)
        collected.end()
        const type = request.headers["content-type"] ?? web.headers.get("content-type") ?? undefined
        return HttpClientRequest.setBody(request, HttpBody.uint8Array(bytes, type))
      },
      catch: (cause) => new RequestError({ request, reason: "Encode", cause })
    })
  switch (body._tag) {
    case "Empty":
      collected.end()
      return Effect.succeed(request)
    case "Uint8Array":
      collected.add(body.body)
      collected.end()
      return Effect.succeed(request)
    case "FormData":
      return whole(body.formData)
    case "Stream":
      return Effect.succeed(
        HttpClientRequest.setBody(
          request,
          HttpBody.stream(
            body.stream.pipe(
              Stream.tap((chunk) => Effect.sync(() => collected.add(chunk))),
              Stream.concat(Stream.execute(Effect.sync(collected.end)))
            ),
            body.contentType,
            body.contentLength
          )
        )
      )
    case "Raw": {
      const raw = body.body
      if (ArrayBuffer.isView(raw)) {
        collected.add(new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength))
        collected.end()
        return Effect.succeed(request)
      }
      if (isWebBody(raw)) return whole(raw)
      if (!Predicate.hasProperty(raw, Symbol.asyncIterator)) return Effect.succeed(request)
      const tapped = async function* () {
        // Transports take such a body as chunks.
        for await (const chunk of raw as AsyncIterable<Uint8Array | string>) {
          collected.add(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk)
          yield chunk
        }
        collected.end()
      }
      return Effect.succeed(HttpClientRequest.setBody(request, HttpBody.raw(tapped(), body)))
    }
  }
}

/** Reads the whole body of a request. */
export const readBody = (
  request: HttpClientRequest.HttpClientRequest,
  collected: Collected
): Effect.Effect<HttpClientRequest.HttpClientRequest, RequestError> =>
  Effect.tap(tapBody(request, collected), ({ body }) => {
    const fail = (cause: unknown) => new RequestError({ request, reason: "Transport", cause })
    if (body._tag === "Stream") return Effect.mapError(Stream.runDrain(body.stream), fail)
    if (body._tag !== "Raw" || !Predicate.hasProperty(body.body, Symbol.asyncIterator)) return Effect.void
    return Stream.runDrain(Stream.fromAsyncIterable(body.body as AsyncIterable<unknown>, fail))
  })
