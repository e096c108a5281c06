import * as HttpBody from "@effect/platform/HttpBody"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Content from "../../Content.js"
import { bytesOf, textOf } from "../../RawResponse.js"
import type { Issue } from "../../Issue.js"
import { withStreamBody } from "../call/streamBody.js"
import { contentBody, hasSize, sizeMessage } from "../http/contentBody.js"
import * as Json from "../http/json.js"
import { isEmptyBody } from "../http/transportResponse.js"
import { decodeWithIssues } from "../parseIssues.js"
import type { Codec, Mismatch, Reader, Writer } from "./Codec.js"
import type { Encode, Texts } from "./CompiledEndpoint.js"
import { plainJson } from "./plainJson.js"
import { encodeBySchema, encodeFields, encodeFormText, encodeParams, mismatch } from "./values.js"

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

/** Encodes a Stream or a content. */
const encodeContent =
  (repeatable: boolean): Encode =>
  (input) => {
    if (!repeatable && Predicate.hasProperty(input, Stream.StreamTypeId)) {
      // The chunks of any Stream are checked while they are sent.
      return Either.right(Content.once(input as unknown as Content.Content["stream"]))
    }
    if (!Content.isContent(input)) {
      return Either.left(
        mismatch(repeatable ? "a Content that is repeatable" : "a Stream of bytes or a Content", input)
      )
    }
    const refuse = (message: string) => Either.left([{ path: [], message }])
    if (repeatable && !input.repeatable) {
      return refuse("should be a Content that is repeatable, and can be read once: make it by Content.make")
    }
    return hasSize(input) ? Either.right(input) : refuse(sizeMessage)
  }

/** The codec of a Stream of bytes. If `repeatable` is true, a request body has to be a content that can be read again. */
export const streamCodec = (repeatable = false): Codec => ({
  writer: {
    ...writer(encodeContent(repeatable), (content: Content.Content, contentType) =>
      Either.right(contentBody(content, contentType))
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

/** The codec of no body, for responses. */
export const emptyCodec = (value: unknown): Codec => ({
  writer: { write: () => Either.right(HttpBody.empty) },
  reader: { receives: "nothing", read: () => Either.right(value) }
})
