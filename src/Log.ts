import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { HttpClient } from "@effect/platform/HttpClient"
import type { Authoriser } from "./Authoriser.js"
import * as Body from "./Body.js"
import * as Endpoint from "./Endpoint.js"
import { type CallError, detailsOf, type EncodeError, isTransient } from "./HeraldError.js"
import type { LogRecord } from "./internal/log/LogRecord.js"
import type { LogStore } from "./internal/log/LogStore.js"
import type { Options, OtlpOptions, QueueOptions, ShipOptions } from "./internal/log/options.js"
import { exportRequest, rejectedRecords, retryableStatuses } from "./internal/log/otlp.js"
import { makeQueue, type QueueState } from "./internal/log/queue.js"
import { makeShipper } from "./internal/log/shipper.js"
import { RecordsRejected } from "./internal/log/RecordsRejected.js"
import type { Stats } from "./internal/log/Stats.js"
import * as Operation from "./Operation.js"

export type { LogRecord, SourceLocation } from "./internal/log/LogRecord.js"
export type { LogStore, StoredRecord } from "./internal/log/LogStore.js"
export type { Options, OtlpOptions, QueueOptions, ShipOptions } from "./internal/log/options.js"
export { RecordsRejected } from "./internal/log/RecordsRejected.js"
export type { Stats } from "./internal/log/Stats.js"

/**
 * The shipper of a layer.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Log from "effect-herald/log"
 *
 * const program = Effect.gen(function* () {
 *   const { flush, stats } = yield* Log.Shipper
 *   yield* Effect.log("deployed")
 *   yield* flush
 *   return (yield* stats).failed
 * })
 * ```
 */
export class Shipper extends Context.Tag("effect-herald/log/Shipper")<
  Shipper,
  {
    /** Waits until all records that were logged before are shipped, dropped or failed, or the shipper has ended. */
    readonly flush: Effect.Effect<void>
    readonly stats: Effect.Effect<Stats>
  }
>() {}

/** The store that a shipper uses, if its layer is provided with one. Default: memory. */
export class Store extends Context.Tag("effect-herald/log/Store")<Store, LogStore>() {}

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
 * A layer that adds a logger, and a queue in memory for its records. Other loggers stay. `ship` sends them. With two layers, records that
 * are logged while the API's layer is built, or while it signs in, are kept and shipped first.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Authoriser, Verbs } from "effect-herald"
 * import * as Log from "effect-herald/log"
 *
 * class Logs extends Authoriser.Tag("app/Logs")<Logs>() {}
 * const { post } = Verbs.make(Logs)
 *
 * const api = Layer.unwrapEffect(
 *   Effect.as(Effect.log("the first record that is shipped"), Logs.layer({ baseUrl: "https://logs.example" }))
 * )
 *
 * const live = Log.ship({ send: (records) => post("/logs", { json: records }), batch: {} }).pipe(
 *   Layer.provide(api),
 *   Layer.provide(Log.queue({ capacity: 50_000 }))
 * )
 * ```
 */
export const queue = (options: QueueOptions = {}): Layer.Layer<Queue> =>
  Layer.scoped(
    Queue,
    Effect.map(makeQueue(options), (state) => ({ stats: Effect.sync(state.backlog.stats), state }))
  )

/**
 * A layer that ships the records of a queue, in order, one request at a time. A record whose request failed after the server received it can
 * arrive twice. Records that come from the shipping itself, in any fiber that it started, are not shipped. The end of the scope sends what
 * waits, within `flushWithin`, also after an interruption. See `queue` for an example.
 */
export const ship = <E, R>(options: ShipOptions<E, R>): Layer.Layer<Shipper, never, R | Queue> =>
  Layer.scoped(
    Shipper,
    Effect.gen(function* () {
      const { state } = yield* Queue
      const store = yield* Effect.serviceOption(Store)
      return yield* makeShipper(state, Option.getOrUndefined(store), options)
    })
  )

/**
 * A layer that adds a logger that ships records: `queue` and `ship`. Provide it last, so that other layers are built after it, and what they
 * log when they are closed arrives.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Authoriser, Verbs } from "effect-herald"
 * import * as Log from "effect-herald/log"
 *
 * class Logs extends Authoriser.Tag("app/Logs")<Logs>() {}
 * const { post } = Verbs.make(Logs)
 *
 * const logs = Log.layer({ send: (records) => post("/logs", { json: records }), batch: { size: 500 } })
 *
 * const program = Effect.log("started").pipe(
 *   Effect.provide(Layer.provide(logs, Logs.layer({ baseUrl: "https://logs.example" })))
 * )
 * ```
 */
export const layer = <E, R>(options: Options<E, R>): Layer.Layer<Shipper, never, R> =>
  Layer.provide(ship(options), queue({ ...options.queue, minimumLevel: options.minimumLevel }))

const postLogs = () => Endpoint.post("/v1/logs", { name: "exportLogs", body: Schema.Unknown, success: Body.text() })

/**
 * Options that ship records to an OpenTelemetry collector, by OTLP/HTTP in JSON, in batches. The tag is that of the collector: its base URL
 * is the part before `/v1/logs`, and its credentials and default headers are sent. Errors are retried if their status is 429, 502, 503 or
 * 504, as the protocol says, or if the connection failed. Records that the collector rejects in a partial success count as failed.
 *
 * If a program sends traces and metrics to the collector, too, use `@effect/opentelemetry`. It retries an export a few times and drops it then.
 *
 * Attributes of a record are its annotations, `fiberId`, `logSpan.<label>` (milliseconds), `exception.stacktrace` (the cause),
 * `code.file.path`, `code.line.number`, `code.function.name`, and `log.values` (the logged values that are no texts).
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { Authoriser } from "effect-herald"
 * import * as Log from "effect-herald/log"
 *
 * class Collector extends Authoriser.Tag("app/Collector")<Collector>() {}
 *
 * const logs = Log.layer({ ...Log.otlp(Collector, { serviceName: "bot" }), queue: { capacity: 50_000 } }).pipe(
 *   Layer.provide(Collector.layer({ baseUrl: "http://localhost:4318" }))
 * )
 * ```
 */
export const otlp = <Id, Service extends Authoriser>(
  tag: Context.Tag<Id, Service>,
  options: OtlpOptions
): ShipOptions<CallError | EncodeError | RecordsRejected, HttpClient | Id> => {
  const send = Operation.make(tag, postLogs, (records: ReadonlyArray<LogRecord>) => ({
    body: exportRequest(records, options)
  }))
  return {
    batch: {},
    send: (records) =>
      Effect.flatMap(send(records), (text) => {
        const partial = rejectedRecords(text)
        return partial === undefined ? Effect.void : new RecordsRejected(partial)
      }),
    retryWhile: (error) => {
      const status = detailsOf(error)?.status
      return status === undefined ? isTransient(error) : retryableStatuses.has(status)
    }
  }
}
