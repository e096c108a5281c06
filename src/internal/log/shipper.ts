import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { isTransient } from "../../HeraldError.js"
import type { LogStore } from "./LogStore.js"
import type { ShipOptions } from "./options.js"
import { detached } from "../call/detached.js"
import { within } from "../within.js"
import { atLeastOne } from "./atLeastOne.js"
import { isShipping } from "./isShipping.js"
import type { QueueState } from "./queue.js"
import type { Stats } from "./Stats.js"
import { makeShipping } from "./shipping.js"

const defaultSize = 100
const defaultBytes = 524_288

/** 1, 2, 4 and at most 30 seconds, without end. */
const defaultRetry = () =>
  Schedule.exponential("1 second").pipe(Schedule.union(Schedule.spaced("30 seconds")), Schedule.jittered)

/** A signal that is given once. */
const makeClosing = () => {
  let isOpen = true
  const listeners = new Set<() => void>()
  return {
    isOpen: () => isOpen,
    onClosed: (closed: () => void) => {
      if (isOpen) listeners.add(closed)
      return () => {
        listeners.delete(closed)
      }
    },
    close: () => {
      isOpen = false
      for (const closed of listeners) closed()
      listeners.clear()
    }
  }
}

/** The service of a shipper. */
export interface ShipperService {
  /** Waits until all records that were logged before are shipped, dropped or failed, or the shipper has ended. */
  readonly flush: Effect.Effect<void>
  readonly stats: Effect.Effect<Stats>
}

/** Ships the records of a queue until the scope closes, and then those that are left, within a time limit. */
export const makeShipper = <E, R>(
  { backlog, outage, setSending, setShipping }: QueueState,
  store: LogStore | undefined,
  { batch, flushWithin = "5 seconds", retry, retryWhile = isTransient, send }: ShipOptions<E, R>
): Effect.Effect<ShipperService, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const limits =
      batch === undefined
        ? undefined
        : {
            size: yield* atLeastOne("batch.size", batch.size ?? defaultSize),
            bytes: yield* atLeastOne("batch.bytes", batch.bytes ?? defaultBytes),
            within: Duration.decode(batch.within ?? "1 second")
          }
    const flushTime = Duration.decode(flushWithin)
    if (store !== undefined) backlog.attach(store)
    const closing = makeClosing()
    const ended = makeClosing()
    const flush = Effect.async<void>((resume) => {
      if (!ended.isOpen()) return resume(Effect.void)
      const forget = backlog.onFlushed(() => resume(Effect.void))
      const forgetEnd = ended.onClosed(() => resume(Effect.void))
      return Effect.sync(() => {
        forget()
        forgetEnd()
      })
    })
    /** Flushes until nothing waits: records may be logged meanwhile. */
    const drain = Effect.whileLoop({
      while: () => backlog.stats().queued > 0,
      body: () => flush,
      step: () => {}
    })
    const shipping = makeShipping({
      backlog,
      outage,
      send,
      retry: retry ?? defaultRetry(),
      retryWhile,
      batch: limits,
      closing,
      onSend: setSending
    }).pipe(
      detached,
      // The span in which the layer is built ends before the records are sent.
      // `R` does not name that service, so that the other ones are still those of `R`.
      Effect.mapInputContext(
        (context: Context.Context<R>) => Context.omit(Tracer.ParentSpan)(context) as Context.Context<R>
      ),
      Effect.locally(isShipping(), true),
      Effect.interruptible
    )
    // An interruption of the layer's build must not leave the fiber behind.
    yield* Effect.acquireRelease(
      Effect.tap(Effect.forkDaemon(shipping), () => Effect.sync(() => setShipping(true))),
      (fiber) =>
        Effect.suspend(() => {
          closing.close()
          setShipping(false)
          return within(drain, flushTime, () => Effect.void).pipe(
            // An interruption is not waited for: what is being sent may not end at once.
            Effect.zipRight(Fiber.interruptFork(fiber)),
            // The store may close before that fiber has ended.
            Effect.zipRight(Effect.sync(backlog.detach)),
            Effect.zipRight(Effect.sync(ended.close))
          )
        })
    )
    return { flush, stats: Effect.sync(backlog.stats) }
  })
