import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { resolve } from "node:path"
import type { TimeoutError, TransportError } from "../HeraldError.js"
import { internals } from "../internal/operation.js"
import type { Operation } from "../Operation.js"
import { download } from "./download/download.js"
import type { FileWriteError, IntegrityError } from "./download/errors.js"
import type { Downloaded, Options } from "./download/options.js"

export { FileWriteError, IntegrityError } from "./download/errors.js"
export type { Algorithm, Digest } from "./download/digests.js"
export type { Downloaded, Expected, Options } from "./download/options.js"

/**
 * Downloads the content of an operation's response to a file. Returns a function of the operation's arguments.
 *
 * The content is written to `<path>.part`, checked, flushed to the disk, and renamed: a file with the name is always whole. Memory is
 * bounded, whatever the size; the connection waits for the disk.
 *
 * After a break of the connection the download resumes, by `Range` and `If-Range` (RFC 9110, 14.2 and 13.1.5), if the method is GET and the
 * server has sent a strong `ETag`, or a `Last-Modified` that is strong (8.8.2.2). It resumes also after an interruption, an error or a crash
 * of the program, when it is called again for the same URL and file: `<path>.part` stays for that, with the facts of the response in
 * `<path>.part.json`. It starts over if the resource has changed, if the server does not support ranges, and, without one of these headers,
 * after each break; of the last, nothing stays.
 *
 * The length is checked, and the digest of the options, of `Repr-Digest` and of `Content-Digest` (RFC 9530). The request asks for no content
 * coding. If the response has one, the decoded content is written; it can't be resumed, and only the digest of the options is checked.
 *
 * Fails as the operation does; with a `TransportError` or `TimeoutError` if the connection breaks more often than `retry` permits; with a
 * `FileWriteError` if the file can't be written; with an `IntegrityError` if the content is not as it should be. Nothing stays after an
 * `IntegrityError` for other bytes than those of a digest or for more than announced, nor after a `FileWriteError` whose reason
 * is `NoSpace`. A method that is not idempotent is not sent again after a break.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser, Body, Endpoint, Operation } from "effect-herald"
 * import { Download } from "effect-herald/node"
 *
 * class Files extends Authoriser.Tag("app/Files")<Files>() {}
 *
 * const getExport = Operation.make(Files, () => Endpoint.get("/exports/{id}", { success: Body.stream() }))
 *
 * const downloadExport = Download.toFile(getExport, {
 *   path: "export.csv",
 *   onProgress: ({ done, total }) => Effect.log(`${done} of ${total ?? "?"} bytes`)
 * })
 *
 * const size = Effect.map(downloadExport({ id: "7" }), ({ bytes }) => bytes)
 * ```
 */
export const toFile =
  <Args extends ReadonlyArray<unknown>, E, R, R2 = never>(
    operation: Operation<Args, Stream.Stream<Uint8Array, TransportError | TimeoutError>, E, R>,
    options: Options<R2>
  ): ((
    ...args: Args
  ) => Effect.Effect<Downloaded, E | TransportError | TimeoutError | FileWriteError | IntegrityError, R | R2>) =>
  (...args) =>
    // The operation's endpoint declares the errors, and its tag the requirements.
    Effect.suspend(() =>
      download(operation[internals], args, { ...options, path: resolve(options.path) })
    ) as Effect.Effect<Downloaded, never, never>
