import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type * as Body from "../Body.js"
import { jsonSequenceParser } from "../internal/streams/jsonSequence.js"
import type { InvalidRecord, StreamError, StreamOptions } from "../internal/streams/options.js"
import { streamReader } from "../internal/streams/records.js"
import { jsonEncoder, streamBody } from "../internal/streams/streamBody.js"

export type { InvalidRecord, StreamError }

/** Options of a body of a JSON text sequence. */
export interface Options extends StreamOptions, Body.Options {}

/**
 * A response of a JSON text sequence, `application/json-seq` (RFC 7464), as a Stream of values that a schema decodes. Each text begins
 * with a record separator (U+001E), so that a text can have line feeds, and the text after one that was cut short is found. A number,
 * `true`, `false` or `null` without white space after it may be cut short, and is invalid (RFC 7464, 2.4).
 *
 * Everything else is as in `JsonLines.body`. `number` is that of the element.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Authoriser, Endpoint, Operation } from "effect-herald"
 * import { JsonSequence } from "effect-herald/streams"
 *
 * class Sensors extends Authoriser.Tag("app/Sensors")<Sensors>() {}
 *
 * const readings = Operation.make(Sensors, () =>
 *   Endpoint.get("/readings", { success: JsonSequence.body(Schema.Struct({ celsius: Schema.Number })) })
 * )
 * ```
 */
export const body = <A, I>(
  schema: Schema.Schema<A, I>,
  options: Options = {}
): Body.Body<never, Stream.Stream<A, StreamError>> =>
  streamBody(
    options.contentType ?? "application/json-seq",
    streamReader({ ...options, makeParser: jsonSequenceParser(schema, options) }),
    () => jsonEncoder(schema, (text) => `\u001e${text}\n`)
  )
