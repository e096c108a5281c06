import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { eagerly } from "../eagerly.js"
import { randomHex } from "../hex.js"
import { within } from "../within.js"
import { checkKey, epochKey, generationKey } from "./keys.js"
import type { ResilientStore } from "./resilientStore.js"
import { encodeRecord, type EpochRecord, type GenerationRecord } from "./storedResponse.js"

/** The state of a resource before a request to it is sent. */
export interface Version {
  /** The resource's generation, if it had one. */
  readonly generation: string | undefined
  readonly epoch: string
}

/**
 * Generations of resources. They prevent the use of a response after a write if it was requested before the end of the write,
 * without comparing clocks, in all processes that share a store.
 *
 * A resource that has stored responses has a generation in the store, a random string. A stored response names a generation, and
 * is used only while it is the current one. The store also has an epoch, a random string. A write removes first the epoch, then the
 * generations of its resources. They are created again with new values.
 *
 * Two rules say when a response may be stored. Both are checked after the response was received.
 *
 * - Its resource has the generation that it had before the request was sent. A write that ends later removes this generation, and no
 *   other process creates the same one.
 * - Otherwise, a generation is created, or the one that another response has created is read, and after that the epoch is read. If
 *   it is the one from before the request was sent, no write has removed the epoch in between. A write that removes it later
 *   removes the generation after that, so it finds the one that was created.
 *
 * The response is stored after its generation, so that a store that evicts the oldest values keeps those that belong together. A
 * response that may not be stored, such as one with `no-store`, creates no generation. A generation or an epoch that is lost for
 * another reason, such as eviction, only costs another request.
 *
 * A slow store does not hold up the result of a write. The resources are marked before the write returns, and a call of this process
 * that begins later does not read them until the removal has ended. So the order above is that of the store even then: such a call
 * reads the epoch from after the removal, and requests that were sent before have the one from before it. Another process has no
 * mark. It can use the response from before the write while the removal of a slow store goes on after `endBound`.
 */
export interface Generations {
  /**
   * Returns `true` if stored responses of the resource may be used: this process can write to the store, and has ended all
   * generations that it had to end.
   */
  readonly isUsable: (resource: string) => boolean
  /**
   * Waits until the resource's generation has ended, if that is under way. Ends the generations that could not be ended before, and
   * checks that the store can be written: a process that can't invalidate stored responses does not use them either. Returns
   * what `isUsable` then does.
   */
  readonly recover: (resource: string) => Effect.Effect<boolean>
  /** Returns `true` if the resource's generation has not ended yet, or could not be ended, so that an outdated one may be stored. */
  readonly isLost: (resource: string) => boolean
  /**
   * Reads the epoch before a request is sent, or creates one. Returns `undefined` if the store failed. `now` is in
   * milliseconds.
   */
  readonly version: (generation: string | undefined, now: number) => Effect.Effect<Version | undefined>
  /**
   * Returns the generation to store a response with. Returns `undefined` if a write has invalidated the resource since the
   * request was sent, or if the store failed. A new generation is stored until `dropAt`, that of the response.
   */
  readonly confirm: (resource: string, version: Version, dropAt: number) => Effect.Effect<string | undefined>
  /**
   * Removes the generations of resources to which a write begins, for the case that the process ends during the write. Waits for at
   * most `endBound`.
   */
  readonly begin: (resources: ReadonlyArray<string>) => Effect.Effect<void>
  /**
   * Ends the generations of resources at the end of a write. From then on, this process does not use what is stored under them. Waits
   * for at most `endBound` until they are removed from the store, for the sake of other processes; their removal goes on after that.
   */
  readonly end: (resources: ReadonlyArray<string>) => Effect.Effect<void>
  /** Waits for at most `closeBound` until all generations have ended. */
  readonly close: Effect.Effect<void>
  /** Forgets lost generations, after the store was cleared. */
  readonly forgetLost: () => void
}

/** Maximum time for which a value is stored: a year, in milliseconds. */
export const maxStoredMillis = 31_536_000_000

/** Maximum number of lost generations to remember while the store fails. If there are more, the recovered store is cleared. */
const maxLost = 10_000

/** Number of generations to remove at once. */
const batchSize = 500

const noBytes = (): Uint8Array => new Uint8Array()

/**
 * Makes a function that runs one effect per key at a time, in a fiber of its own. Concurrent callers wait for the same result. An
 * interrupted caller stops waiting.
 */
const makeOnce = <A>() => {
  const running = new Map<string, Fiber.RuntimeFiber<A>>()
  return (key: string, effect: Effect.Effect<A>): Effect.Effect<A> =>
    Effect.suspend(() => {
      const pending = running.get(key)
      if (pending !== undefined) return Effect.flatten(Fiber.await(pending))
      return eagerly(effect, (fiber) => {
        running.set(key, fiber)
        fiber.addObserver(() => running.delete(key))
        return Effect.flatten(Fiber.await(fiber))
      })
    })
}

/** Longest time that a write waits for the store to invalidate its resources, in milliseconds. */
const endBound = 100

/**
 * Steps in which this time passes. Between them, the event loop reads responses, so that a process that is too busy to do so does
 * not take the store for a slow one.
 */
const endSteps = 4

/** Longest time that the end of a cache waits for the store to invalidate the resources of past writes, in milliseconds. */
const closeBound = 2000

export const make = (store: ResilientStore): Generations => {
  /** Lost generations, by resource, with the number of the attempt to end them that failed last. */
  const lost = new Map<string, number>()
  /** True if more than `maxLost` generations were lost, so that any generation may be. */
  let allLost = false
  /** Number of attempts to end generations. */
  let attempts = 0
  /** True if the store could be written when this was last tried. */
  let writable = false
  /** The removals under way of generations that have ended, by resource. */
  const ending = new Map<string, Fiber.RuntimeFiber<void>>()
  /** True if the last removal took longer than a write waits. */
  let slow = false
  const creating = makeOnce<string | undefined>()
  const recovering = makeOnce<boolean>()

  const forgetLost = () => {
    allLost = false
    lost.clear()
  }
  const isLost = (resource: string) => allLost || lost.has(resource) || ending.has(resource)
  const isUsable = (resource: string) => writable && !isLost(resource)

  const put = (
    key: string,
    record: GenerationRecord | EpochRecord,
    dropAt: number
  ): Effect.Effect<string | undefined> =>
    Effect.map(store.set(key, { metadata: encodeRecord(record), bytes: noBytes(), dropAt }), (stored) =>
      stored ? record.id : undefined
    )

  /** Reads the value of a key. Calls `onMissing` if there is none. Returns `undefined` if the store failed. */
  const read = (
    key: string,
    tag: "Epoch" | "Generation",
    onMissing: Effect.Effect<string | undefined>
  ): Effect.Effect<string | undefined> =>
    Effect.flatMap(store.get([key]), (values) => {
      if (values === undefined) return Effect.succeed(undefined)
      const record = values[0]?.record
      return record?._tag === tag ? Effect.succeed(record.id) : onMissing
    })

  const none = Effect.succeed(undefined)

  /**
   * Reads or creates the epoch. The effect that creates it reads it first, since a concurrent call may have created it. This read
   * must not be shared between calls without the one before: the epoch tells calls before a write from those after it.
   */
  const currentEpoch = (now: number): Effect.Effect<string | undefined> => {
    const create = Effect.suspend(() => put(epochKey, { _tag: "Epoch", id: randomHex(16) }, now + maxStoredMillis))
    return read(epochKey, "Epoch", creating(epochKey, read(epochKey, "Epoch", create)))
  }

  const currentGeneration = (resource: string, dropAt: number): Effect.Effect<string | undefined> => {
    const key = generationKey(resource)
    const create = Effect.suspend(() => put(key, { _tag: "Generation", resource, id: randomHex(16) }, dropAt))
    return creating(key, read(key, "Generation", create))
  }

  const removeEpoch = store.remove([epochKey])

  const removeGenerations = (resources: ReadonlyArray<string>): Effect.Effect<boolean> =>
    Effect.suspend(() => {
      if (resources.length === 0) return Effect.succeed(true)
      const removed = store.remove(resources.slice(0, batchSize).map(generationKey))
      return resources.length <= batchSize
        ? removed
        : Effect.flatMap(removed, (done) =>
            done ? removeGenerations(resources.slice(batchSize)) : Effect.succeed(false)
          )
    })

  /** Removes the epoch, then the generations, even if the epoch could not be removed. */
  const remove = (resources: ReadonlyArray<string>): Effect.Effect<boolean> =>
    Effect.zipWith(removeEpoch, removeGenerations(resources), (first, second) => first && second)

  /** Forgets lost generations that an attempt of this number has ended. */
  const forgetUpTo = (resources: Iterable<string>, attempt: number) => {
    for (const resource of resources) if ((lost.get(resource) ?? attempt) < attempt) lost.delete(resource)
  }

  /** Stores a value and removes it. Both have to succeed: some stores ignore the removal of a missing value. */
  const check: Effect.Effect<boolean> = Effect.suspend(() => {
    const id = randomHex(8)
    const stored = Effect.clockWith((clock) =>
      put(checkKey(id), { _tag: "Epoch", id }, clock.unsafeCurrentTimeMillis() + 60_000)
    )
    return Effect.flatMap(stored, (known) =>
      known === undefined ? Effect.succeed(false) : store.remove([checkKey(id)])
    )
  })

  const removeLost: Effect.Effect<boolean> = Effect.suspend(() => {
    if (lost.size === 0) return Effect.succeed(true)
    attempts += 1
    const attempt = attempts
    if (allLost) {
      return Effect.map(store.clear, (cleared) => {
        if (cleared) forgetLost()
        return cleared
      })
    }
    const resources = [...lost.keys()]
    return Effect.map(remove(resources), (removed) => {
      if (removed) forgetUpTo(resources, attempt)
      return removed
    })
  })

  /** Removes the generations of resources, and marks them as lost if that fails. */
  const removeOrLose = (resources: ReadonlyArray<string>): Effect.Effect<void> =>
    Effect.suspend(() => {
      attempts += 1
      const attempt = attempts
      return Effect.map(remove(resources), (removed) => {
        if (removed) return forgetUpTo(resources, attempt)
        writable = false
        for (const resource of resources) {
          if (lost.size < maxLost) lost.set(resource, attempts)
          else allLost = true
        }
      })
    })

  /**
   * Removes the generations of resources in a fiber of its own, and waits for a short time. While a store is known to take longer, no
   * write waits for it.
   */
  const removeSoon = (
    resources: ReadonlyArray<string>,
    onPending: (removal: Fiber.RuntimeFiber<void>) => void
  ): Effect.Effect<void> =>
    Effect.clockWith((clock) => {
      if (resources.length === 0) return Effect.void
      const begunAt = clock.unsafeCurrentTimeMillis()
      return eagerly(Effect.interruptible(removeOrLose(resources)), (removal) => {
        removal.addObserver(() => {
          if (clock.unsafeCurrentTimeMillis() - begunAt < endBound) slow = false
        })
        onPending(removal)
        if (slow) return Effect.void
        const timer = Effect.map(Effect.repeatN(Effect.sleep(endBound / endSteps), endSteps - 1), () => {
          slow = true
        })
        // Its own interruption ends the race even in an uninterruptible region.
        return Effect.raceFirst(Effect.interruptible(Fiber.await(removal)), Effect.interruptible(timer))
      })
    })

  /** Marks resources until a removal has ended. A later removal of the same resource takes the place of an earlier one. */
  const markUntilEndOf = (resources: ReadonlyArray<string>) => (removal: Fiber.RuntimeFiber<void>) => {
    for (const resource of resources) ending.set(resource, removal)
    removal.addObserver(() => {
      for (const resource of resources) if (ending.get(resource) === removal) ending.delete(resource)
    })
  }

  const recoverAll = recovering(
    "",
    Effect.flatMap(
      Effect.suspend(() => (writable ? Effect.succeed(true) : check)),
      (checked) => {
        if (!checked) return Effect.succeed(false)
        return Effect.map(removeLost, (removed) => {
          writable = removed
          return removed
        })
      }
    )
  )

  return {
    isUsable,
    isLost,
    forgetLost,
    recover: (resource) =>
      Effect.suspend(() => {
        const removal = ending.get(resource)
        const ended = removal === undefined ? Effect.void : Fiber.await(removal)
        const recovered = Effect.suspend(() => (isUsable(resource) ? Effect.void : recoverAll))
        // The generation may have been lost after the recovery of another call began.
        return Effect.map(Effect.zipRight(ended, recovered), () => isUsable(resource))
      }),
    version: (generation, now) =>
      Effect.map(currentEpoch(now), (epoch) => (epoch === undefined ? undefined : { generation, epoch })),
    confirm: (resource, { epoch, generation }, dropAt) =>
      Effect.flatMap(currentGeneration(resource, dropAt), (current) => {
        if (current === undefined || current === generation) return Effect.succeed(current)
        return Effect.map(read(epochKey, "Epoch", none), (found) => (found === epoch ? current : undefined))
      }),
    begin: (resources) => removeSoon(resources, () => {}),
    end: (resources) => removeSoon(resources, markUntilEndOf(resources)),
    // The system's clock, since a clock of a test may not move any more.
    close: Effect.suspend(() =>
      within(Fiber.awaitAll(new Set(ending.values())), Duration.millis(closeBound), () => Effect.void)
    ).pipe(Effect.withClock(Clock.make()), Effect.ignore)
  }
}
