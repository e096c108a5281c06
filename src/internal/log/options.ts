import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as LogLevel from "effect/LogLevel"
import type * as Schedule from "effect/Schedule"
import type { LogRecord } from "./LogRecord.js"

/** Options of `queue`. */
export interface QueueOptions {
  /** The largest number of records that wait, at least 1: building the layer dies with another number. Default: 10,000. */
  readonly capacity?: number | undefined
  /**
   * What happens to a record that is logged while the queue is full. Default: `drop-oldest`.
   *
   * - `drop-oldest`: the first record of the queue is dropped
   * - `drop-newest`: the record is dropped
   * - `wait`: the fiber that logged continues once there is room. A fiber that can't wait drops its record: one with a scheduler of its own,
   *   such as that of `Effect.runSync`, one that is being interrupted, and any fiber before the shipper is ready, after it has ended, or
   *   while one `send` takes longer than 30 seconds, since that may need what the fiber holds.
   */
  readonly whenFull?: "drop-oldest" | "drop-newest" | "wait" | undefined
  /** The lowest level that is shipped. Default: that of the program, below which Effect calls no logger. */
  readonly minimumLevel?: LogLevel.LogLevel | undefined
}

/** Options of `ship`. */
export interface ShipOptions<E, R> {
  /** Sends records: an operation of any API, with these records as its input. */
  readonly send: (records: NonEmptyReadonlyArray<LogRecord>) => Effect.Effect<unknown, E, R>
  /** How records are put together. Default: each is sent by itself. */
  readonly batch?:
    | {
        /** The largest number of records, at least 1: building the layer dies with another number. Default: 100. */
        readonly size?: number | undefined
        /** The largest size of the records, in bytes of their JSON. At least 1. A larger record is sent by itself. Default: 512 KiB. */
        readonly bytes?: number | undefined
        /** How long the first record of a batch waits for others. Default: 1 second. */
        readonly within?: Duration.DurationInput | undefined
      }
    | undefined
  /**
   * The retries of a batch that failed, besides those of the operation's own policy. Default: without end, after 1, 2, 4 and at most 30
   * seconds, while the queue takes new records.
   */
  readonly retry?: Schedule.Schedule<unknown, E> | undefined
  /** The errors that are retried. Default: `isTransient`, which is false for errors of others than this library. */
  readonly retryWhile?: ((error: E) => boolean) | undefined
  /** How long the end of the layer's scope waits for the records that are queued. Default: 5 seconds. */
  readonly flushWithin?: Duration.DurationInput | undefined
}

/** Options of `layer`. */
export interface Options<E, R> extends ShipOptions<E, R> {
  readonly queue?: Omit<QueueOptions, "minimumLevel"> | undefined
  /** The lowest level that is shipped. Default: that of the program, below which Effect calls no logger. */
  readonly minimumLevel?: LogLevel.LogLevel | undefined
}

/** Options of `otlp`. */
export interface OtlpOptions {
  /** The resource's attribute `service.name`. */
  readonly serviceName: string
  /** The resource's attribute `service.version`. */
  readonly serviceVersion?: string | undefined
  /** Other attributes of the resource, such as `deployment.environment.name`. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>> | undefined
  /** The name of the instrumentation scope. Default: the service's name. */
  readonly scope?: string | undefined
}
