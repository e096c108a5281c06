import type * as Stream from "effect/Stream"
import type { Content, FilePart } from "../../Content.js"
import type { Writer } from "./Codec.js"
import { bytesCodec, formCodec, jsonCodec, streamCodec, textCodec } from "./codecs.js"
import { multipartCodec } from "./multipart.js"
import type { Value, ValueOrList } from "./values.js"

/** A field of a multipart body without a schema. */
export type MultipartValue = ValueOrList | Blob | FilePart | ReadonlyArray<Value | Blob | FilePart | null | undefined>

/** The bodies that a verb takes, by the name of their option. `Redacted` values in them are sent, and appear in no error. */
interface Bodies<J = unknown> {
  readonly json: J
  readonly form: Readonly<Record<string, ValueOrList>>
  readonly text: string
  readonly bytes: Uint8Array
  readonly stream: Stream.Stream<Uint8Array, unknown> | Content
  readonly multipart: FormData | Readonly<Record<string, MultipartValue>>
}

/** None of these kinds of bodies. */
export type NoBody<K extends keyof Bodies = keyof Bodies> = { readonly [None in K]?: undefined }

/** A body, of one kind. `J` is the type of JSON. */
export type BodyOption<J = unknown> = {
  readonly [K in keyof Bodies]: Pick<Bodies<J>, K> & NoBody<Exclude<keyof Bodies, K>>
}[keyof Bodies]

/** The writers of a verb's bodies. */
export const verbWriters: Readonly<Record<keyof Bodies, () => Writer>> = {
  json: () => jsonCodec().writer,
  form: () => formCodec().writer,
  text: () => textCodec().writer,
  bytes: () => bytesCodec().writer,
  stream: () => streamCodec().writer,
  multipart: () => multipartCodec().writer
}

/** The names of the options that are bodies. */
export const verbBodyNames: ReadonlyArray<keyof Bodies> = ["json", "form", "text", "bytes", "stream", "multipart"]
