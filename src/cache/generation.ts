import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { randomHex } from "../hex.js"
import { generationKey } from "./keys.js"
import { encode } from "./record.js"
import type { Shelf } from "./shelf.js"

/**
 * What keeps an answer from before a write from being used after it, without clocks, among all processes that share a store.
 *
 * A resource has a generation, a random text in the store. A request is sent when it has one, and its answer is of use as long
 * as that is the one in the store. A write ends with its removal; then the next request makes a new one, before it is sent.
 * So a request from before the end of a write has a generation that is gone or replaced, whenever its answer is kept, and
 * one that was lost in another way costs no more than asking again.
 */
export interface Generations {
  /** That of the resource, which has none: a new one; undefined if it can't be had. */
  readonly begin: (resource: string, now: number) => Effect.Effect<string | undefined>
  /** Ends that of the resource. */
  readonly end: (resource: string) => Effect.Effect<void>
  /** Whether one is still in the store that has ended. */
  readonly isLost: (resource: string) => boolean
  /** Ends what could not be ended; false if it still can't. */
  readonly recover: (resource: string) => Effect.Effect<boolean>
  readonly forgetLost: () => void
}

const year = 365 * 86_400_000

/** For how long anything is kept, at most, in milliseconds. A generation is no longer needed than what it guards. */
export const longestKept = year

/** So many resources are told apart while the store is away; if there are more, everything goes when it is back. */
const mostLost = 10_000

export const make = (shelf: Shelf): Generations => {
  const lost = new Set<string>()
  let allLost = false
  /** Who finds none while one is made waits for that: what it is for is sent after. */
  const begun = new Map<string, Deferred.Deferred<string | undefined>>()

  const end = (resource: string): Effect.Effect<boolean> =>
    Effect.map(shelf.remove([generationKey(resource)]), (ended) => {
      if (ended) lost.delete(resource)
      else if (lost.size < mostLost) lost.add(resource)
      else allLost = true
      return ended
    })

  return {
    begin: (resource, now) =>
      Effect.uninterruptibleMask((restore) => {
        const other = begun.get(resource)
        if (other !== undefined) return restore(Deferred.await(other))
        const id = randomHex(16)
        const about = encode({ _tag: "Generation", resource, id })
        const mine = Deferred.unsafeMake<string | undefined>(FiberId.none)
        begun.set(resource, mine)
        const made = shelf.set(generationKey(resource), { about, bytes: new Uint8Array(), dropAt: now + longestKept })
        return Effect.flatMap(Effect.exit(made), (exit) => {
          begun.delete(resource)
          const result = Exit.map(exit, (kept) => (kept ? id : undefined))
          Deferred.unsafeDone(mine, result)
          return result
        })
      }),
    end,
    isLost: (resource) => allLost || lost.has(resource),
    recover: (resource) =>
      Effect.suspend(() => {
        if (!allLost) return end(resource)
        return Effect.map(shelf.clear, (cleared) => {
          if (cleared) {
            allLost = false
            lost.clear()
          }
          return cleared
        })
      }),
    forgetLost: () => {
      allLost = false
      lost.clear()
    }
  }
}
