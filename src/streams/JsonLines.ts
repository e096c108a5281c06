import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type * as Body from "../Body.js"
import { jsonLinesParser } from "../internal/streams/jsonLines.js"
import type { InvalidRecord, StreamError, StreamOptions } from "../internal/streams/options.js"
import { streamReader } from "../internal/streams/records.js"
import { jsonEncoder, streamBody } from "../internal/streams/streamBody.js"

export type { InvalidRecord, StreamError }

/** Options of a body of JSON lines. */
export interface Options extends StreamOptions, Body.Options {}

/**
 * A response of JSON texts, one a line (NDJSON, JSON Lines), as a Stream of values that a schema decodes. Lines end with LF or CRLF, and
 * the last one need not end. Empty lines are ignored. The content type of the response is not checked.
 *
 * The call ends, with its deadlines, when the headers are received. Reading is as fast as the Stream is, and ends with it. The Stream
 * fails with a `TransportError` or a `TimeoutError` if the connection does, and with a `DecodeError` that names the number of the line.
 *
 * - `schema`: the schema of a line. `Schema.Unknown` accepts any JSON. Integers beyond 2^53 - 1 are a `bigint`
 * - `options.contentType`: the `Accept` of the call. Default: `application/x-ndjson`
 *
 * @example
 * ```ts
 * import { Effect, Schema, Stream } from "effect"
 * import { Authoriser, Endpoint, Operation } from "effect-herald"
 * import { JsonLines } from "effect-herald/streams"
 *
 * class Store extends Authoriser.Tag("app/Store")<Store>() {}
 *
 * const Product = Schema.Struct({ id: Schema.Number, name: Schema.String })
 * const exportProducts = Operation.make(Store, () =>
 *   Endpoint.get("/products.jsonl", {
 *     success: JsonLines.body(Product, {
 *       onInvalid: ({ number, skipped }) => Effect.logWarning(`line ${number} was skipped, ${skipped} in all`)
 *     })
 *   })
 * )
 *
 * const names = Stream.unwrap(exportProducts()).pipe(Stream.map(({ name }) => name))
 * ```
 */
export const body = <A, I>(
  schema: Schema.Schema<A, I>,
  options: Options = {}
): Body.Body<never, Stream.Stream<A, StreamError>> =>
  streamBody(
    options.contentType ?? "application/x-ndjson",
    streamReader({ ...options, makeParser: jsonLinesParser(schema, options) }),
    () => jsonEncoder(schema, (text) => `${text}\n`)
  )
