import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { TimeoutError, TransportError } from "./HeraldError.js"
import type { Codec } from "./internal/endpoint/Codec.js"
import {
  bytesCodec,
  emptyCodec,
  formCodec,
  jsonCodec,
  multipartCodec,
  streamCodec,
  textCodec
} from "./internal/endpoint/codecs.js"
import type { Scalar, ScalarOrList } from "./internal/endpoint/scalars.js"

export type { Scalar, ScalarOrList }

export const TypeId: unique symbol = /*#__PURE__*/ Symbol.for("effect-herald/Body")
export type TypeId = typeof TypeId

/** The ways in which a body is written and read. */
export type Kind = "json" | "form" | "text" | "bytes" | "stream" | "multipart" | "empty"

/**
 * The body of a request or a response.
 *
 * - `In`: what a caller gives for a request's body; `never` if it is for responses only
 * - `Out`: what a response's body is decoded to; `never` if it is for requests only
 */
export interface Body<in In, out Out> {
  readonly [TypeId]: { readonly In: (input: In) => void; readonly Out: () => Out }
  readonly kind: Kind
  /** The media type of a request's body. A response's is asked for by it (`Accept`), and not checked. */
  readonly contentType: string | undefined
  /** Writes and reads it. */
  readonly codec: Codec
}

/** Any body. */
export type Any = Body<never, unknown>

/** Reports whether a value is a `Body`. */
export const isBody = (value: unknown): value is Any => Predicate.hasProperty(value, TypeId)

/** Options of a body with a schema: the media type, where it is not the usual one. */
export interface Options {
  readonly contentType?: string | undefined
}

const variance = {
  In: (_: unknown) => {},
  Out: (): never => {
    throw new Error("Out is a type")
  }
}

const make = <In, Out>(kind: Kind, codec: Codec, contentType?: string): Body<In, Out> => ({
  [TypeId]: variance,
  kind,
  contentType,
  codec
})

/**
 * JSON. Where an `Endpoint` takes a body, a schema alone means this. Without a schema it is any JSON value. Integers beyond
 * 2^53 are a `bigint`, in both directions, unless the text has a key `__proto__`. An empty response is `undefined`.
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
  make("json", jsonCodec(schema), options?.contentType ?? "application/json")

/** Fields: a schema of a record, or the fields of a `Schema.Struct`. */
export type Fields = Schema.Struct.Fields | Schema.Schema.AnyNoContext

/** The type of fields. */
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

/** The schema of fields. */
export const fieldsSchema = (fields: Fields): Schema.Schema.AnyNoContext =>
  // The fields of an endpoint need no services: `Fields` of another kind is refused by the types of the constructors.
  (Schema.isSchema(fields) ? fields : Schema.Struct(fields)) as Schema.Schema.AnyNoContext

/**
 * Form fields, `application/x-www-form-urlencoded`, from a schema or the fields of a struct. Values are encoded to texts,
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
export const form = <const F extends Fields>(fields: F & CheckFields<F>): Body<FieldsType<F>, FieldsType<F>> =>
  make("form", formCodec(fieldsSchema(fields)), "application/x-www-form-urlencoded")

/** Text, in UTF-8. With a schema, the text is its encoded side. */
export const text: {
  (options?: Options): Body<string, string>
  <A>(options: Options & { readonly schema: Schema.Schema<A, string> }): Body<A, A>
} = (options: Options & { readonly schema?: Schema.Schema.AnyNoContext } = {}): Body<any, any> =>
  make("text", textCodec(options.schema), options.contentType)

/** Bytes, read whole. With a schema, they are its encoded side. */
export const bytes: {
  (options?: Options): Body<Uint8Array, Uint8Array>
  <A>(options: Options & { readonly schema: Schema.Schema<A, Uint8Array> }): Body<A, A>
} = (options: Options & { readonly schema?: Schema.Schema.AnyNoContext } = {}): Body<any, any> =>
  make("bytes", bytesCodec(options.schema), options.contentType)

/**
 * A Stream of bytes.
 *
 * As a request's body it is sent as it is pulled. Once part of it was read the call is not retried, since a Stream may not
 * produce the same bytes twice: the verdict is `body consumed`.
 *
 * As a response's body it is not read by the call, which ends, with its deadlines, when the headers are received. A failure
 * after that is a `TransportError` or `TimeoutError` of the Stream, and nothing is retried. The response is not cached. The
 * connection is in use until the Stream has ended or was interrupted.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { Authoriser, Body, Endpoint, Operation } from "effect-herald"
 *
 * class Files extends Authoriser.Tag("example/Files")<Files>() {}
 *
 * const getExport = Operation.make(Files, () => Endpoint.get("/export.csv", { success: Body.stream() }))
 *
 * const lines = Stream.unwrap(getExport()).pipe(Stream.decodeText(), Stream.splitLines)
 * ```
 */
export const stream = (
  options: Options = {}
): Body<Stream.Stream<Uint8Array, unknown>, Stream.Stream<Uint8Array, TransportError | TimeoutError>> =>
  make("stream", streamCodec(), options.contentType)

/** A file of a multipart body: a `Blob`, or a `File`, which has a name. */
export const file: Schema.Schema<Blob> = /*#__PURE__*/ Schema.declare(
  (input): input is Blob => typeof Blob !== "undefined" && input instanceof Blob,
  { description: "a Blob or a File" }
)

/**
 * Fields and files, `multipart/form-data` (RFC 7578), for requests. Fields are encoded as those of `form`; files are `file`,
 * or arrays of it. Without an argument the caller gives a `FormData`.
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
    fields: F & CheckFields<F, ScalarOrList | Blob | ReadonlyArray<Blob>>
  ): Body<FieldsType<F>, never>
} = (fields?: Fields): Body<any, never> => make("multipart", multipartCodec(fields && fieldsSchema(fields)))

/**
 * No body, for responses: the call returns nothing, or a value that stands for the status.
 *
 * @example
 * ```ts
 * import { Endpoint, Body } from "effect-herald"
 *
 * // "Created" | "Existed"
 * const follow = Endpoint.put("/following/{user}", {
 *   success: { 201: Body.empty("Created"), 204: Body.empty("Existed") }
 * })
 * ```
 */
export const empty: {
  (): Body<never, void>
  <const A>(value: A): Body<never, A>
} = (value?: unknown): Body<never, any> => make("empty", emptyCodec(value))
