import type * as HttpBody from "@effect/platform/HttpBody"
import { RequestError } from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { decodeText } from "../http/charset.js"
import { parse } from "../http/json.js"
import { isFormType, isJsonType } from "../http/mediaType.js"
import { parseJson } from "../parseJson.js"
import { readChunks } from "../http/readBody.js"

/** A request, as a server receives it. */
export interface ReceivedRequest {
  readonly method: string
  readonly url: URL
  /** Names are in lower case. Credentials are among them. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The body, which is read once. */
  readonly bytes: Effect.Effect<Uint8Array>
  readonly text: Effect.Effect<string>
  /** The JSON of the body; undefined if it is empty. Dies if it is not JSON. */
  readonly json: Effect.Effect<unknown>
  /** The fields of a form, of either media type. Dies if the body is not one. */
  readonly formData: Effect.Effect<FormData>
  /** The body as it is sent. A body that is a Stream can be read once. */
  readonly stream: Stream.Stream<Uint8Array>
}

/** The defect of a request body whose own Stream failed. */
class BodyFailure extends Data.Error<{ readonly failure: unknown }> {}

/** Makes the failure of a request body's own Stream the failure of the request, as in any transport. */
export const failWithBody =
  (request: HttpClientRequest) =>
  <A, E, R>(handling: Effect.Effect<A, E, R>): Effect.Effect<A, E | RequestError, R> =>
    Effect.catchSomeDefect(handling, (defect) =>
      defect instanceof BodyFailure
        ? Option.some(new RequestError({ request, reason: "Transport", cause: defect.failure }))
        : Option.none()
    )

/** Reads a body of `fetch`. */
const bytesOf = (body: BodyInit): Effect.Effect<Uint8Array, unknown> =>
  Effect.tryPromise({
    try: async () => new Uint8Array(await new Response(body).arrayBuffer()),
    catch: (failure) => failure
  })

const streamOf = (body: HttpBody.HttpBody): Stream.Stream<Uint8Array, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Stream.empty
    case "Uint8Array":
      return Stream.make(body.body)
    case "Stream":
      return body.stream
    case "FormData":
      return Stream.fromEffect(bytesOf(body.formData))
    case "Raw":
      // A client of the platform can be given any body of `fetch`.
      return Stream.fromEffect(bytesOf(body.body as BodyInit))
  }
}

/** Receives a request of a client. */
export const receive = (request: HttpClientRequest, url: URL): ReceivedRequest => {
  const { method } = request
  // A `FormData` is written by a `Response`, which chooses the boundary in its content type.
  const written = request.body._tag === "FormData" ? new Response(request.body.formData) : undefined
  const contentType =
    written?.headers.get("content-type") ?? request.headers["content-type"] ?? request.body.contentType ?? ""
  const stream = (written === undefined ? streamOf(request.body) : Stream.fromEffect(bytesOfWritten(written))).pipe(
    Stream.catchAll((failure) => Stream.die(new BodyFailure({ failure })))
  )
  let kept: Uint8Array | undefined
  const bytes = Effect.suspend(() =>
    kept === undefined
      ? Effect.map(readChunks(stream, Number.MAX_SAFE_INTEGER, "left"), ({ bytes }) => (kept = bytes))
      : Effect.succeed(kept)
  )
  const text = Effect.map(bytes, (bytes) => decodeText(bytes, contentType))
  return {
    method,
    url,
    headers: contentType === "" ? request.headers : { ...request.headers, "content-type": contentType },
    bytes,
    text,
    json: Effect.map(text, (text): unknown => (text === "" ? undefined : parse(text))),
    formData: Effect.flatMap(bytes, (bytes) =>
      Effect.promise(() => new Response(new Uint8Array(bytes), { headers: { "content-type": contentType } }).formData())
    ),
    stream: Stream.suspend(() => (kept === undefined ? stream : Stream.make(kept)))
  }
}

const bytesOfWritten = (written: Response): Effect.Effect<Uint8Array, unknown> =>
  Effect.tryPromise({
    try: async () => new Uint8Array(await written.arrayBuffer()),
    catch: (failure) => failure
  })

/** Returns pairs as a record. A repeated name has a list of values. */
export const fieldsOf = (params: URLSearchParams): Readonly<Record<string, string | ReadonlyArray<string>>> =>
  Object.fromEntries(
    [...new Set(params.keys())].map((name) => {
      const values = params.getAll(name)
      return [name, values.length === 1 ? values[0]! : values]
    })
  )

/** Reads a body by its content type. */
export const anyBodyOf = ({ bytes, formData, headers, text }: ReceivedRequest): Effect.Effect<unknown> =>
  Effect.flatMap(bytes, (content): Effect.Effect<unknown> => {
    if (content.length === 0) return Effect.succeed(undefined)
    const type = headers["content-type"] ?? ""
    // Text that is not JSON stays text.
    if (isJsonType(type)) return Effect.map(text, (text) => parseJson(text) ?? text)
    if (isFormType(type)) return Effect.map(text, (text) => fieldsOf(new URLSearchParams(text)))
    if (/^multipart\//i.test(type)) return formData
    return /^text\//i.test(type) ? text : Effect.succeed(content)
  })
