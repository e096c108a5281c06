import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { withBlob } from "./internal/http/contentBlob.js"

/** The key that identifies a `Content` at run time. */
export const TypeId: unique symbol = Symbol.for("effect-herald/Content")
/** The type of `TypeId`. */
export type TypeId = typeof TypeId

/**
 * Bytes to send: the body of a request, or a file in a form.
 *
 * `Repeatable` is true if the bytes can be read again, so that a request with them can be retried and redirected. In Node,
 * `FileContent` of `effect-herald/node` makes the content of a file.
 */
export interface Content<out Repeatable extends boolean = boolean> {
  readonly [TypeId]: TypeId
  readonly repeatable: Repeatable
  /** The number of bytes, if it is known: the request then has a `Content-Length`. */
  readonly size: number | undefined
  /** Reads the bytes. Each run begins at the first byte, if the content is repeatable. */
  readonly stream: Stream.Stream<Uint8Array, unknown>
}

/** Reports whether a value is a `Content`. */
export const isContent = (value: unknown): value is Content => Predicate.hasProperty(value, TypeId)

/** Options of a content. */
export interface Options {
  /**
   * The number of bytes. A call fails before its request is complete if there are more or fewer: with a `TransportError` whose `reason`
   * is `body`. Default: not known, so that the request has no `Content-Length`.
   */
  readonly size?: number | undefined
}

/**
 * Makes a content that can be read again, from a function that opens it. The function runs for each attempt, and for each redirect
 * that repeats the body.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { Content } from "effect-herald"
 *
 * const rows = ["id,name", "1,Oslo", "2,Bergen"]
 *
 * const csv = Content.make(() => Stream.fromIterable(rows).pipe(Stream.map((row) => `${row}\n`), Stream.encodeText))
 * ```
 */
export const make = (open: () => Stream.Stream<Uint8Array, unknown>, options: Options = {}): Content<true> => ({
  [TypeId]: TypeId,
  repeatable: true,
  size: options.size,
  stream: Stream.suspend(open)
})

/**
 * Makes a content that can be read once: the request with it is not retried once part of it was read.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { Content } from "effect-herald"
 *
 * // The body of a request that this program has received, of which the length is known.
 * const forwarded = (request: Request) =>
 *   Content.once(
 *     Stream.fromReadableStream({ evaluate: () => request.body!, onError: (error) => error }),
 *     { size: Number(request.headers.get("content-length")) }
 *   )
 * ```
 */
export const once = (stream: Stream.Stream<Uint8Array, unknown>, options: Options = {}): Content<false> => ({
  [TypeId]: TypeId,
  repeatable: false,
  size: options.size,
  stream
})

/** The content of bytes in memory. They must not be changed while they are sent. */
export const fromBytes = (bytes: Uint8Array): Content<true> => make(() => Stream.make(bytes), { size: bytes.length })

/**
 * The content of a `Blob` or a `File`, which is read in pieces. A browser sends the `Blob` itself, without reports of its progress.
 *
 * @example
 * ```ts
 * import { Content } from "effect-herald"
 *
 * const content = Content.fromBlob(new Blob(["id,name\n", "1,Oslo\n"]))
 * content.size // => 15
 * ```
 */
export const fromBlob = (blob: Blob): Content<true> =>
  withBlob(
    make(() => Stream.fromReadableStream({ evaluate: () => blob.stream(), onError: (error) => error }), {
      size: blob.size
    }),
    blob
  )

/** The key that identifies a `FilePart` at run time. */
export const FilePartTypeId: unique symbol = Symbol.for("effect-herald/Content/FilePart")
/** The type of `FilePartTypeId`. */
export type FilePartTypeId = typeof FilePartTypeId

/** A file in a form (RFC 7578): a value of a field of `Body.file`, as a `Blob` is. */
export interface FilePart<out Repeatable extends boolean = boolean> {
  readonly [FilePartTypeId]: FilePartTypeId
  /** The name of the file. */
  readonly name: string
  /** The media type of the file. */
  readonly type: string
  readonly content: Content<Repeatable>
}

/** Reports whether a value is a `FilePart`. */
export const isFilePart = (value: unknown): value is FilePart => Predicate.hasProperty(value, FilePartTypeId)

/**
 * Makes a file in a form from a content.
 *
 * - `name`: the name of the file. A path in it is sent as it is given
 * - `type`: its media type. Default: `application/octet-stream`
 *
 * @example
 * ```ts
 * import { Schema, Stream } from "effect"
 * import { Authoriser, Body, Content, Endpoint, Operation } from "effect-herald"
 *
 * class Photos extends Authoriser.Tag("example/Photos")<Photos>() {}
 *
 * const upload = Operation.make(Photos, () =>
 *   Endpoint.post("/tables", { body: Body.multipart({ title: Schema.String, table: Body.file }) })
 * )
 *
 * const table = Content.make(() => Stream.make("id,name\n", "1,Oslo\n").pipe(Stream.encodeText))
 *
 * const sent = upload({
 *   body: { title: "Cities", table: Content.filePart(table, { name: "cities.csv", type: "text/csv" }) }
 * })
 * ```
 */
export const filePart = <Repeatable extends boolean>(
  content: Content<Repeatable>,
  options: { readonly name: string; readonly type?: string | undefined }
): FilePart<Repeatable> => ({
  [FilePartTypeId]: FilePartTypeId,
  name: options.name,
  type: options.type ?? "application/octet-stream",
  content
})
