import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as LogLevel from "effect/LogLevel"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Option from "effect/Option"
import type * as Schedule from "effect/Schedule"
import { makeQueue, type QueueState } from "./internal/log/queue.js"
import { makeShipper } from "./internal/log/shipper.js"

/** A place in a source file. */
export interface SourceLocation {
  /** The path or URL of the file. */
  readonly file: string
  /** The line, from 1. */
  readonly line: number
  readonly function?: string | undefined
}

/**
 * A record of a log. It is plain JSON, made when the program logs: later changes of the logged values do not change it. It holds no
 * secret: `Redacted` values, and annotations whose names are those of secrets, are `<redacted>`.
 */
export interface LogRecord {
  /** The time of the call, in milliseconds since the epoch. */
  readonly time: number
  readonly level: LogLevel.Literal
  /** The logged values as one text. */
  readonly message: string
  /** The logged values that are no texts, as JSON. */
  readonly values: ReadonlyArray<unknown>
  /** The name of the fiber, such as `#12`. */
  readonly fiber: string
  /** The milliseconds since the begin of each log span, by its label. */
  readonly spans: Readonly<Record<string, number>>
  readonly annotations: Readonly<Record<string, unknown>>
  /** The cause that was logged, as text with stacks. */
  readonly cause?: string | undefined
  readonly location?: SourceLocation | undefined
  /** The trace that the record belongs to, if a tracer is installed. */
  readonly trace?: { readonly traceId: string; readonly spanId: string; readonly sampled: boolean } | undefined
}

/** The counts of a shipper since its layer was built. `accepted` is the sum of the others. */
export interface Stats {
  /** The records that were logged, above the minimum level and not by the shipping itself; and those found in the store. */
  readonly accepted: number
  /** The records that the API received. */
  readonly shipped: number
  /** The records that were dropped since the queue was full. */
  readonly dropped: number
  /** The records that could not be shipped: refused, or failed until the retries ended. */
  readonly failed: number
  /** The records that wait, or are being sent. */
  readonly queued: number
}

/** The shipper of a layer. */
export class Shipper extends Context.Tag("effect-herald/log/Shipper")<
  Shipper,
  {
    /** Waits until all records that were logged before are shipped, dropped or failed. */
    readonly flush: Effect.Effect<void>
    readonly stats: Effect.Effect<Stats>
  }
>() {}

/** A record in a store. */
export interface StoredRecord {
  /** The position of the record: a later record has a greater one. */
  readonly position: number
  /** The record, as the JSON text that was appended. */
  readonly text: string
}

/**
 * A queue of records outside of the program's memory, such as on disk. All functions are synchronous, since a logger is: a record is
 * accepted when `append` returns.
 */
export interface LogStore {
  /** Appends a record. Throws if it can't be stored. */
  readonly append: (text: string) => number
  /** Returns the first records after a position, in order. */
  readonly read: (after: number, limit: number) => ReadonlyArray<StoredRecord>
  /** Removes the records up to and including a position. */
  readonly removeThrough: (position: number) => void
  /** Removes the record at a position. */
  readonly remove: (position: number) => void
  /** The number of records. */
  readonly size: () => number
}

/** The store that a shipper uses, if its layer is provided with one. Default: memory. */
export class Store extends Context.Tag("effect-herald/log/Store")<Store, LogStore>() {}

/** Options of `queue`. */
export interface QueueOptions {
  /** The largest number of records that wait. Default: 10,000. */
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
        /** The largest number of records. Default: 100. */
        readonly size?: number | undefined
        /** The largest size of the records, in bytes of their JSON. A larger record is sent by itself. Default: 512 KiB. */
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

/** The queue of a layer. */
export class Queue extends Context.Tag("effect-herald/log/Queue")<
  Queue,
  {
    readonly stats: Effect.Effect<Stats>
    /** The state that `ship` uses. */
    readonly state: QueueState
  }
>() {}

/**
 * A layer that adds a logger, and a queue in memory for its records. Other loggers stay. `ship` sends them. Two layers let records be
 * logged, kept and shipped first that are logged while the API's layer is built, or while it signs in.
 */
export const queue = (options: QueueOptions = {}): Layer.Layer<Queue> =>
  Layer.scoped(
    Queue,
    Effect.map(makeQueue(options), (state) => ({ stats: Effect.sync(state.backlog.stats), state }))
  )

/** A layer that ships the records of a queue. */
export const ship = <E, R>(options: ShipOptions<E, R>): Layer.Layer<Shipper, never, R | Queue> =>
  Layer.scoped(
    Shipper,
    Effect.gen(function* () {
      const { state } = yield* Queue
      const store = yield* Effect.serviceOption(Store)
      return yield* makeShipper(state, Option.getOrUndefined(store), options)
    })
  )

/** A layer that adds a logger that ships records: `queue` and `ship`. */
export const layer = <E, R>(options: Options<E, R>): Layer.Layer<Shipper, never, R> =>
  Layer.provide(ship(options), queue({ ...options.queue, minimumLevel: options.minimumLevel }))
