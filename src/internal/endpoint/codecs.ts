import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { bytesOf, textOf } from "../../RawResponse.js"
import type { Issue } from "../../Issue.js"
import { withStreamBody } from "../call/streamBody.js"
import * as Json from "../http/json.js"
import { isEmptyBody } from "../http/transportResponse.js"
import { decodeWithIssues } from "../parseIssues.js"
import type { Codec, Mismatch, Reader, WithBody, Writer } from "./Codec.js"
import type { Encode, Texts } from "./CompiledEndpoint.js"
import { isPlainObject, plainJson } from "./plainJson.js"
import {
  encodeBySchema,
  encodeFields,
  encodeFormText,
  encodeParams,
  isValue,
  mismatch,
  prependPath,
  reveal
} from "./values.js"

type AnySchema = Schema.Schema.AnyNoContext

type Written = Either.Either<HttpBody.HttpBody, ReadonlyArray<Issue>>

/** Makes an encoder that returns a value unchanged if it passes the test. */
const checked =
  (is: (value: unknown) => boolean, description: string): Encode =>
  (input) =>
    is(input) ? Either.right(input) : Either.left(mismatch(description, input))

const writer = (encode: Encode, write: (encoded: never, contentType: string | undefined) => Written): Writer => ({
  // `encoded` has the type that the encoder of the same kind returns.
  write: (value, contentType) => Either.flatMap(encode(value), (encoded) => write(encoded as never, contentType))
})

/** Makes a decoder from a schema. Without a schema, the decoder returns the value unchanged. */
export const decoderOf = (schema: AnySchema | undefined): ((value: unknown) => Either.Either<unknown, Mismatch>) => {
  if (schema === undefined) return Either.right
  const decode = decodeWithIssues(schema)
  return (value) => Either.mapLeft(decode(value), (issues): Mismatch => ({ reason: "Shape", issues }))
}

const emptyBody: Mismatch = { reason: "Json", issues: [{ path: [], message: "the body is empty" }] }

/** Makes a reader of JSON from a decoder. */
export const jsonReader = (decode: (value: unknown) => Either.Either<unknown, Mismatch>): Reader => ({
  receives: "text",
  read: (_, json) =>
    Either.flatMap(json(), (value) => {
      const decoded = decode(value)
      return value === undefined && Either.isLeft(decoded) ? Either.left(emptyBody) : decoded
    })
})

/** The codec of JSON. Without a schema, it accepts any JSON value. */
export const jsonCodec = (schema?: AnySchema): Codec => ({
  writer: writer(schema === undefined ? Either.right : encodeBySchema(schema), (value: unknown, contentType) =>
    Either.map(plainJson(value), (plain) =>
      // Undefined has no JSON. A schema that allows it declares an optional body.
      plain === undefined ? HttpBody.empty : HttpBody.text(Json.stringify(plain), contentType ?? "application/json")
    )
  ),
  reader: jsonReader(decoderOf(schema))
})

/** Parses form fields. A repeated name has a list of values. */
const parseForm = (text: string): Readonly<Record<string, string | ReadonlyArray<string>>> => {
  const fields = new URLSearchParams(text)
  return Object.fromEntries(
    [...new Set(fields.keys())].map((name) => {
      const values = fields.getAll(name)
      return [name, values.length === 1 ? values[0]! : values]
    })
  )
}

/** The codec of form fields. Without a schema, it accepts any fields. */
export const formCodec = (schema?: AnySchema): Codec => {
  const decode = decoderOf(schema)
  return {
    writer: writer(schema === undefined ? encodeParams : encodeFields(schema), (texts: Texts, contentType) =>
      Either.map(encodeFormText(texts, []), (form) =>
        HttpBody.text(form, contentType ?? "application/x-www-form-urlencoded")
      )
    ),
    reader: { receives: "text", read: (response) => decode(parseForm(textOf(response))) }
  }
}

const encodeAnyText = checked(
  (input) => Predicate.isString(input) && input.isWellFormed(),
  "text without lone surrogates"
)

/** The codec of text. Without a schema, it accepts any text. */
export const textCodec = (schema?: AnySchema): Codec => {
  const decode = decoderOf(schema)
  const encode: Encode =
    schema === undefined ? encodeAnyText : (input) => Either.flatMap(encodeBySchema(schema)(input), encodeAnyText)
  return {
    writer: writer(encode, (text: string, contentType) =>
      Either.right(HttpBody.text(text, contentType ?? "text/plain; charset=utf-8"))
    ),
    reader: { receives: "text", read: (response) => decode(textOf(response)) }
  }
}

/** The codec of bytes. Without a schema, it accepts any bytes. */
export const bytesCodec = (schema?: AnySchema): Codec => {
  const decode = decoderOf(schema)
  const check = checked(Predicate.isUint8Array, "a Uint8Array")
  const encode: Encode = schema === undefined ? check : (input) => Either.flatMap(encodeBySchema(schema)(input), check)
  return {
    writer: writer(encode, (bytes: Uint8Array, contentType) =>
      Either.right(HttpBody.uint8Array(bytes, contentType ?? "application/octet-stream"))
    ),
    reader: { receives: "bytes", read: (response) => decode(bytesOf(response)) }
  }
}

/** The codec of a Stream of bytes. */
export const streamCodec = (): Codec => ({
  writer: {
    ...writer(
      checked((input) => Predicate.hasProperty(input, Stream.StreamTypeId), "a Stream of bytes"),
      (stream: Stream.Stream<Uint8Array, unknown>, contentType) =>
        Either.right(HttpBody.stream(stream, contentType ?? "application/octet-stream"))
    ),
    withBody: withStreamBody
  },
  reader: {
    receives: "stream",
    read: ({ stream }) => Either.right(stream),
    open: (content, toError) =>
      content.pipe(
        Stream.catchSome((failure) => (isEmptyBody(failure) ? Option.some(Stream.empty) : Option.none())),
        Stream.mapError(toError)
      )
  }
})

const isFormData = (value: unknown): value is FormData => typeof FormData !== "undefined" && value instanceof FormData

const isBlob = (value: unknown): value is Blob => typeof Blob !== "undefined" && value instanceof Blob

const encodeMultipartFields: Encode = (input) => {
  if (isFormData(input)) return Either.right(input)
  if (!isPlainObject(input)) return Either.left(mismatch("a plain object or a FormData", input))
  const form = new FormData()
  for (const [name, value] of Object.entries(input)) {
    for (const given of Array.isArray(value) ? value : [value]) {
      const one = reveal(given)
      if (Predicate.isNullable(one)) continue
      const text = isValue(one) ? String(one) : ""
      if (!(isBlob(one) || isValue(one)) || !name.isWellFormed() || !text.isWellFormed()) {
        const issues = mismatch("text, a finite number, a boolean, a Blob or a File, or a list of these", one)
        return Either.left(prependPath([name], issues))
      }
      form.append(name, isBlob(one) ? one : text)
    }
  }
  return Either.right(form)
}

const neverRead: Reader = { receives: "nothing", read: () => Either.left({ reason: "Shape", issues: [] }) }

/**
 * Converts a `FormData` to bytes before an attempt, since not every transport takes a `FormData`: the package undici
 * accepts its own class only, and not that of Node.
 */
const withMultipartBody: WithBody = (request, _, attempt, fail) => {
  const { body } = request
  if (body._tag !== "FormData") return attempt(request)
  const response = new Response(body.formData)
  const contentType = response.headers.get("content-type") ?? "multipart/form-data"
  return Effect.flatMap(
    // For example, a file that changed on disk can't be read.
    Effect.tryPromise({ try: () => response.arrayBuffer(), catch: (error) => fail(Cause.fail(error)) }),
    (bytes) => attempt(HttpRequest.setBody(request, HttpBody.uint8Array(new Uint8Array(bytes), contentType)))
  )
}

/**
 * The codec of fields and files, for requests. They are in memory while they are sent. Without a schema, it accepts any
 * fields.
 */
export const multipartCodec = (schema?: AnySchema): Codec => {
  const encode: Encode =
    schema === undefined
      ? encodeMultipartFields
      : (input) => Either.flatMap(encodeBySchema(schema)(input), encodeMultipartFields)
  return {
    writer: {
      ...writer(encode, (form: FormData) => Either.right(HttpBody.formData(form))),
      withBody: withMultipartBody
    },
    reader: neverRead
  }
}

/** The codec of no body, for responses. */
export const emptyCodec = (value: unknown): Codec => ({
  writer: { write: () => Either.right(HttpBody.empty) },
  reader: { receives: "nothing", read: () => Either.right(value) }
})
