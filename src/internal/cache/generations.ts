import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { randomHex } from "../hex.js"
import { generationKey } from "./keys.js"
import type { ResilientStore } from "./resilientStore.js"
import { encodeRecord } from "./storedResponse.js"

/**
 * Generations of resources. They prevent the use of a response after a write if it was requested before the write, without
 * comparing clocks, in all processes that share a store.
 *
 * The generation of a resource is a random string in the store. A request is sent only when its resource has one, and the
 * response is stored with it. A stored response is used only while its generation is the current one. A write removes the
 * generation when it is over, and the next request creates a new one before it is sent. So a request that was sent before
 * the end of a write has an outdated generation, however late its response is stored. A generation that is lost for another
 * reason, such as eviction, only costs another request.
 */
export interface Generations {
  /** Creates a generation for a resource that has none. Returns `undefined` if the store failed. `now` is in milliseconds. */
  readonly begin: (resource: string, now: number) => Effect.Effect<string | undefined>
  /** Ends the generation of a resource. */
  readonly end: (resource: string) => Effect.Effect<void>
  /** Returns `true` if the store failed to end the resource's generation, so that an outdated one is still stored. */
  readonly isLost: (resource: string) => boolean
  /** Tries again to end a lost generation. Returns `false` if the store failed again. */
  readonly recover: (resource: string) => Effect.Effect<boolean>
  /** Forgets lost generations, after the store was cleared. */
  readonly forgetLost: () => void
}

/** Maximum time for which a value is stored: a year, in milliseconds. */
export const maxStoredMillis = 365 * 86_400_000

/** Maximum number of lost generations to remember while the store fails. If there are more, the recovered store is cleared. */
const maxLost = 10_000

export const make = (store: ResilientStore): Generations => {
  const lost = new Set<string>()
  /** True if more than `maxLost` generations were lost, so that any generation may be. */
  let allLost = false
  /**
   * Generations that are being created. Concurrent requests to a resource use the same one, and are sent after it is
   * stored.
   */
  const creating = new Map<string, Deferred.Deferred<string | undefined>>()

  const forgetLost = () => {
    allLost = false
    lost.clear()
  }

  const end = (resource: string): Effect.Effect<boolean> =>
    Effect.map(store.remove([generationKey(resource)]), (removed) => {
      if (removed) lost.delete(resource)
      else if (lost.size < maxLost) lost.add(resource)
      else allLost = true
      return removed
    })

  return {
    begin: (resource, now) =>
      Effect.uninterruptibleMask((restore) => {
        const pending = creating.get(resource)
        if (pending !== undefined) return restore(Deferred.await(pending))
        const id = randomHex(16)
        const metadata = encodeRecord({ _tag: "Generation", resource, id })
        const created = Deferred.unsafeMake<string | undefined>(FiberId.none)
        creating.set(resource, created)
        const written = store.set(generationKey(resource), {
          metadata,
          bytes: new Uint8Array(),
          dropAt: now + maxStoredMillis
        })
        return Effect.flatMap(Effect.exit(written), (exit) => {
          creating.delete(resource)
          const result = Exit.map(exit, (stored) => (stored ? id : undefined))
          Deferred.unsafeDone(created, result)
          return result
        })
      }),
    end,
    isLost: (resource) => allLost || lost.has(resource),
    recover: (resource) =>
      Effect.suspend(() => {
        if (!allLost) return end(resource)
        return Effect.map(store.clear, (cleared) => {
          if (cleared) forgetLost()
          return cleared
        })
      }),
    forgetLost
  }
}
