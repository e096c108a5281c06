import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { DecodeError, TimeoutError, TransportError } from "../../HeraldError.js"
import type { Issue } from "../../Issue.js"

/** A schema of any type that needs no services. */
export type AnySchema = Schema.Schema.AnyNoContext

/** The failures of a Stream of values: of the connection, a time without bytes, and content that does not match. */
export type StreamError = TransportError | TimeoutError | DecodeError

/** A record that does not match its schema. */
export interface InvalidRecord {
  /** The number of the record in its response, from 1: that of the line, the element or the event. */
  readonly number: number
  /** The problems, without the values. */
  readonly issues: ReadonlyArray<Issue>
  /** The number of the records of this response that were skipped, this one included. */
  readonly skipped: number
}

/** Options of a body of many values. */
export interface StreamOptions {
  /**
   * Skips a record that is not JSON or does not match its schema, and runs this Effect, for which reading waits. `skipped` is the
   * count. Default: the Stream fails with a `DecodeError` at the first one.
   */
  readonly onInvalid?: ((invalid: InvalidRecord) => Effect.Effect<unknown>) | undefined
  /** The longest record, in bytes. A longer one fails with a `DecodeError` whose reason is `Size`. Default: 16 MiB. */
  readonly maxBytes?: number | undefined
  /**
   * The longest time in which nothing is received while the Stream is read. After that it fails with a `TimeoutError` whose reason is
   * `idle timeout`. Default: unlimited.
   */
  readonly idleTimeout?: Duration.DurationInput | undefined
}
