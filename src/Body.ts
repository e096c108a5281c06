import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { type Content, type FilePart, isFilePart } from "./Content.js"
import type { TimeoutError, TransportError } from "./HeraldError.js"
import type { Codec } from "./internal/endpoint/Codec.js"
import { bytesCodec, emptyCodec, formCodec, jsonCodec, streamCodec, textCodec } from "./internal/endpoint/codecs.js"
import { multipartCodec } from "./internal/endpoint/multipart.js"
import type { Scalar, ScalarOrList } from "./internal/endpoint/scalars.js"
import { isBlob } from "./internal/http/webBodies.js"

export type { Scalar, ScalarOrList }

/** The key that identifies a `Body` at run time. */
export const TypeId: unique symbol = Symbol.for("effect-herald/Body")
/** The type of `TypeId`. */
export type TypeId = typeof TypeId

/** The encoding of a body. */
export type Kind = "json" | "form" | "text" | "bytes" | "stream" | "multipart" | "empty"

/**
 * The body of a request or a response.
 *
 * - `In`: the type that a caller passes for a request body; `never` if the body is for responses only
 * - `Out`: the type that a response body is decoded to; `never` if the body is for requests only
 */
export interface Body<in In, out Out> {
  readonly [TypeId]: { readonly In: (input: In) => void; readonly Out: () => Out }
  readonly kind: Kind
  /** The media type: the `Content-Type` of a request, or the `Accept` of a call. The type of a response is not checked. */
  readonly contentType: string | undefined
  /** The schema of the body, if it has one. */
  readonly schema?: Schema.Schema.AnyNoContext | undefined
  /** Writes and reads the body. */
  readonly codec: Codec
}

/** Any body. */
export type Any = Body<never, unknown>

/** Reports whether a value is a `Body`. */
export const isBody = (value: unknown): value is Any => Predicate.hasProperty(value, TypeId)

/** Options of a body. */
export interface Options {
  /** The media type. Default: that of the kind for requests; for responses, `text`, `bytes` and `stream` accept any. */
  readonly contentType?: string | undefined
}

/** Carries types only: nothing reads its members. */
const variance = {} as Body<any, any>[TypeId]

const make = <In, Out>(
  kind: Kind,
  codec: Codec,
  contentType?: string,
  schema?: Schema.Schema.AnyNoContext
): Body<In, Out> => ({
  [TypeId]: variance,
  kind,
  contentType,
  schema,
  codec
})

/**
 * JSON. An `Endpoint` accepts a schema in place of `json(schema)`. Without a schema the body is any JSON value. Integers beyond
 * the safe integers (2^53 - 1) are a `bigint`, in both directions. An empty response is `undefined`.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Body } from "effect-herald"
 *
 * const patch = Body.json(Schema.Struct({ name: Schema.String }), { contentType: "application/merge-patch+json" })
 * ```
 */
export const json: {
  (): Body<unknown, unknown>
  <A, I>(schema: Schema.Schema<A, I>, options?: Options): Body<A, A>
} = (schema?: Schema.Schema.AnyNoContext, options?: Options): Body<any, any> =>
  make("json", jsonCodec(schema), options?.contentType ?? "application/json", schema)

/** Fields: a schema of a record, or the fields of a `Schema.Struct`. */
export type Fields = Schema.Struct.Fields | Schema.Schema.AnyNoContext

/** The decoded type of fields. */
export type FieldsType<F> =
  F extends Schema.Schema<infer A, infer _, infer __>
    ? A
    : F extends Schema.Struct.Fields
      ? Schema.Simplify<Schema.Struct.Type<F>>
      : never

/** The encoded type of fields. */
type FieldsEncoded<F> =
  F extends Schema.Schema<infer _, infer I, infer __>
    ? I
    : F extends Schema.Struct.Fields
      ? Schema.Struct.Encoded<F>
      : never

/** The services that schemas of fields need. */
type FieldsContext<F> =
  F extends Schema.Schema<infer _, infer __, infer R>
    ? R
    : F extends Schema.Struct.Fields
      ? Schema.Struct.Context<F>
      : never

/** Refuses, at compile time, fields that can't be written as text, or whose schemas need services. */
export type CheckFields<F, Value = ScalarOrList> =
  FieldsEncoded<F> extends { readonly [K in keyof FieldsEncoded<F>]: Value }
    ? [FieldsContext<F>] extends [never]
      ? unknown
      : "a schema of these fields needs services"
    : "a field is not encoded to a text, number, bigint or boolean, or to a list of them"

/** Returns the schema of fields. */
export const fieldsSchema = (fields: Fields): Schema.Schema.AnyNoContext =>
  // `CheckFields` refuses fields whose schemas need services.
  (Schema.isSchema(fields) ? fields : Schema.Struct(fields)) as Schema.Schema.AnyNoContext

/**
 * Form fields, `application/x-www-form-urlencoded`, from a schema or the fields of a struct. Values are encoded to strings,
 * numbers, bigints or booleans, or lists of these, which repeat the name; undefined and null are left out.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Body } from "effect-herald"
 *
 * const login = Body.form({ user: Schema.String, password: Schema.Redacted(Schema.String) })
 * ```
 */
export const form = <const F extends Fields>(fields: F & CheckFields<F>): Body<FieldsType<F>, FieldsType<F>> => {
  const schema = fieldsSchema(fields)
  return make("form", formCodec(schema), "application/x-www-form-urlencoded", schema)
}

/** Text, in UTF-8. With a schema, the text is its encoded side. */
export const text: {
  (options?: Options): Body<string, string>
  <A>(options: Options & { readonly schema: Schema.Schema<A, string> }): Body<A, A>
} = (options: Options & { readonly schema?: Schema.Schema.AnyNoContext } = {}): Body<any, any> =>
  make("text", textCodec(options.schema), options.contentType, options.schema)

/** Bytes, which are read as a whole. With a schema, the bytes are its encoded side. */
export const bytes: {
  (options?: Options): Body<Uint8Array, Uint8Array>
  <A>(options: Options & { readonly schema: Schema.Schema<A, Uint8Array> }): Body<A, A>
} = (options: Options & { readonly schema?: Schema.Schema.AnyNoContext } = {}): Body<any, any> =>
  make("bytes", bytesCodec(options.schema), options.contentType, options.schema)

/** Options of a body that is a Stream of bytes. */
export interface StreamOptions extends Options {
  /**
   * True for a request body that can always be sent again: only a `Content<true>` is accepted, such as one of `Content.make`, of a
   * `Blob` or of a file. Default: false.
   */
  readonly repeatable?: boolean | undefined
}

/**
 * A Stream of bytes.
 *
 * A request body is a Stream or a `Content`, and is sent as it is pulled. A content that is repeatable is sent again by retries, by
 * redirects that keep the method, and after credentials were refreshed. Of any other, once part of it was read, the call is not
 * retried, since a Stream may not produce the same bytes twice: the verdict is `body consumed`. If a content has a size, the request
 * has a `Content-Length`, and fails before it is complete if there are more or fewer bytes.
 *
 * A response body is not read by the call, which ends, with its deadlines, when the headers are received. If the connection
 * fails after that, the Stream fails with a `TransportError` or `TimeoutError`, and nothing is retried. The response is not
 * cached. The connection is in use until the Stream has ended or was interrupted.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { Authoriser, Body, Content, Endpoint, Operation } from "effect-herald"
 *
 * class Files extends Authoriser.Tag("example/Files")<Files>() {}
 *
 * const getExport = Operation.make(Files, () => Endpoint.get("/export.csv", { success: Body.stream() }))
 *
 * const lines = Stream.unwrap(getExport()).pipe(Stream.decodeText(), Stream.splitLines)
 *
 * const putTable = Operation.make(Files, () =>
 *   Endpoint.put("/tables/{name}", { body: Body.stream({ contentType: "text/csv", repeatable: true }) })
 * )
 *
 * const stored = putTable({ name: "cities", body: Content.fromBlob(new Blob(["id,name\n", "1,Oslo\n"])) })
 * ```
 */
export const stream: {
  (
    options: StreamOptions & { readonly repeatable: true }
  ): Body<Content<true>, Stream.Stream<Uint8Array, TransportError | TimeoutError>>
  (
    options?: StreamOptions
  ): Body<Stream.Stream<Uint8Array, unknown> | Content, Stream.Stream<Uint8Array, TransportError | TimeoutError>>
} = (options?: StreamOptions): Body<any, Stream.Stream<Uint8Array, TransportError | TimeoutError>> =>
  make("stream", streamCodec(options?.repeatable), options?.contentType)

/** A file of a multipart body: a `Blob`, a `File`, which has a name, or a `FilePart` of a content. */
export const file: Schema.Schema<Blob | FilePart> = Schema.declare(
  (input): input is Blob | FilePart => isFilePart(input) || isBlob(input),
  { description: "a Blob, a File or a FilePart" }
)

/**
 * Fields and files, `multipart/form-data` (RFC 7578), for requests. Fields are encoded as those of `form`; files are `file`,
 * or arrays of it. Without an argument the caller passes a `FormData`.
 *
 * Files are read while they are sent. The request has a `Content-Length` if the sizes of all files are known, and is sent again by
 * retries and redirects if all files can be read again, as a `Blob` can. Names and media types are written as browsers do (HTML
 * Standard, 4.10.22.8).
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Authoriser, Body, Endpoint, Operation } from "effect-herald"
 *
 * class Photos extends Authoriser.Tag("example/Photos")<Photos>() {}
 *
 * const upload = Operation.make(Photos, () =>
 *   Endpoint.post("/photos", { body: Body.multipart({ title: Schema.String, photo: Body.file }) })
 * )
 *
 * const sunset = upload({ body: { title: "Sunset", photo: new File(["..."], "sunset.jpg", { type: "image/jpeg" }) } })
 * ```
 */
export const multipart: {
  (): Body<FormData, never>
  <const F extends Fields>(
    fields: F & CheckFields<F, ScalarOrList | Blob | FilePart | ReadonlyArray<Blob | FilePart>>
  ): Body<FieldsType<F>, never>
} = (fields?: Fields): Body<any, never> => {
  const schema = fields && fieldsSchema(fields)
  return make("multipart", multipartCodec(schema), undefined, schema)
}

/**
 * No body, for responses. The call returns undefined, or this value.
 *
 * @example
 * ```ts
 * import { Endpoint, Body } from "effect-herald"
 *
 * // A call returns "Created" or "Existed".
 * const follow = Endpoint.put("/following/{user}", {
 *   success: { 201: Body.empty("Created"), 204: Body.empty("Existed") }
 * })
 * ```
 */
export const empty: {
  (): Body<never, void>
  <const A>(value: A): Body<never, A>
} = (value?: unknown): Body<never, any> => make("empty", emptyCodec(value))
