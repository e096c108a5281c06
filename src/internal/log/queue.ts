import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as HashSet from "effect/HashSet"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import type { QueueOptions } from "./options.js"
import { atLeastOne } from "./atLeastOne.js"
import { type Backlog, makeBacklog } from "./backlog.js"
import { type Holding, makeHolding } from "./holding.js"
import { isShipping } from "./isShipping.js"
import { makeDrafter } from "./makeRecord.js"
import { makeOutage, type Outage } from "./outage.js"
import { makeIsSecret } from "./secretNames.js"

/** The state of a queue, and of its shipper if there is one. */
export interface QueueState {
  readonly backlog: Backlog
  readonly outage: Outage
  /** Writes a line to the program's console. It never throws. */
  readonly write: (line: string) => void
  /** Lets fibers wait for room from now on, or no more. */
  readonly setShipping: (isShipping: boolean) => void
  /** Reports that a send begins, or has ended. */
  readonly setSending: (isSending: boolean) => void
}

/** The time of one send after which no fiber waits for room, in milliseconds: the send may need what the fiber holds. */
const longestSend = 30_000

const defaultCapacity = 10_000

/** Adds the logger, and makes its queue. The end of the scope removes the logger. */
export const makeQueue = ({
  capacity = defaultCapacity,
  minimumLevel,
  whenFull = "drop-oldest"
}: QueueOptions): Effect.Effect<QueueState, never, Scope.Scope> =>
  Effect.gen(function* () {
    const most = yield* atLeastOne("queue.capacity", capacity)
    const clock = yield* Effect.clock
    const console = yield* Effect.console
    const shippingRef = isShipping()
    const now = () => clock.unsafeCurrentTimeMillis()
    const write = (line: string) => {
      try {
        console.unsafe.error(line)
      } catch {
        // A console that fails must not fail the program.
      }
    }
    const outage = makeOutage(now, write)

    let hasShipper = false
    let sendingSince: number | undefined
    const mayHold = () =>
      hasShipper && backlog.isFull() && (sendingSince === undefined || now() - sendingSince < longestSend)
    let holding: Holding | undefined

    const backlog = makeBacklog({
      capacity: most,
      whenFull,
      now,
      outage,
      onRoom: (room) => holding?.release(room)
    })

    if (whenFull === "wait") {
      holding = makeHolding(yield* FiberRef.get(FiberRef.currentScheduler), mayHold)
      yield* Effect.locallyScoped(FiberRef.currentScheduler, holding.scheduler)
    }

    const makeDraft = makeDrafter(makeIsSecret())
    const lowest = minimumLevel?.ordinal ?? Number.NEGATIVE_INFINITY
    const logger = Logger.make((options) => {
      if (options.logLevel.ordinal < lowest || FiberRefs.getOrDefault(options.context, shippingRef)) return
      const { draft, size } = makeDraft(options)
      backlog.offer(draft, size, () => holding?.hold(options.fiberId, options.context) ?? false)
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        backlog.close()
        holding?.release(Number.POSITIVE_INFINITY)
        outage.end()
        const { queued } = backlog.stats()
        const kept = backlog.kept()
        const note = kept > 0 ? ` ${kept} of them are in the store, and are shipped by the next process.` : ""
        if (queued > 0) write(`effect-herald/log: ${queued} log records are not shipped: the shipper has ended.${note}`)
      })
    )
    yield* Effect.locallyScopedWith(FiberRef.currentLoggers, HashSet.add(logger))

    return {
      backlog,
      outage,
      write,
      setShipping: (value) => {
        hasShipper = value
        if (!value) holding?.release(Number.POSITIVE_INFINITY)
      },
      setSending: (value) => {
        sendingSince = value ? now() : undefined
      }
    }
  })
