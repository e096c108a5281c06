import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { LogStore } from "./internal/log/LogStore.js"
import type { Options, QueueOptions, ShipOptions } from "./internal/log/options.js"
import { makeQueue, type QueueState } from "./internal/log/queue.js"
import { makeShipper } from "./internal/log/shipper.js"
import type { Stats } from "./internal/log/Stats.js"

export type { LogRecord, SourceLocation } from "./internal/log/LogRecord.js"
export type { LogStore, StoredRecord } from "./internal/log/LogStore.js"
export type { Options, QueueOptions, ShipOptions } from "./internal/log/options.js"
export type { Stats } from "./internal/log/Stats.js"

/** The shipper of a layer. */
export class Shipper extends Context.Tag("effect-herald/log/Shipper")<
  Shipper,
  {
    /** Waits until all records that were logged before are shipped, dropped or failed. */
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
