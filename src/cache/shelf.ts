import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { CacheStore, Stored } from "../CacheStore.js"
import type { CacheFailure } from "../ResponseCache.js"
import { type Found, read } from "./record.js"

/** A store that no call need fear: where it fails, it says so once in the log, and once when it is back. */
export interface Shelf {
  /** What is there under each of these keys; undefined if the store failed. */
  readonly get: (keys: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Found | undefined> | undefined>
  /** Whether it is kept now. */
  readonly set: (key: string, stored: Stored) => Effect.Effect<boolean>
  /** Whether it is gone now. */
  readonly remove: (keys: ReadonlyArray<string>) => Effect.Effect<boolean>
  readonly clear: Effect.Effect<boolean>
}

export const make = (store: Context.Tag.Service<CacheStore>): Shelf => {
  /** What fails at present: a disk that can't be written can be read. */
  const failing = new Set<"reading" | "writing">()
  /** What a store in memory gives again and again is read once. */
  const known = new WeakMap<Stored, Found>()

  const failed = (what: "reading" | "writing", { message }: CacheFailure): Effect.Effect<void> => {
    const known = failing.size > 0
    // What can't be read can't be written either.
    if (!failing.has("reading")) failing.add(what)
    return known
      ? Effect.void
      : Effect.logWarning(`The store of the response cache fails; calls go on without it: ${message}`)
  }
  const back = (what: "reading" | "writing"): Effect.Effect<void> =>
    Effect.suspend(() =>
      failing.delete(what) && failing.size === 0
        ? Effect.logInfo("The store of the response cache is back")
        : Effect.void
    )
  const done = (change: Effect.Effect<void, CacheFailure>): Effect.Effect<boolean> =>
    Effect.matchEffect(change, {
      onSuccess: () => (failing.size > 0 ? Effect.as(back("writing"), true) : Effect.succeed(true)),
      onFailure: (failure) => Effect.as(failed("writing", failure), false)
    })
  const remove: Shelf["remove"] = (keys) => done(store.remove(keys))

  const readAll = (keys: ReadonlyArray<string>, all: ReadonlyArray<Stored | undefined>) => {
    let damaged: Array<string> | undefined
    const found = all.map((stored, index) => {
      if (stored === undefined) return undefined
      const before = known.get(stored)
      if (before !== undefined) return before
      const now = read(stored)
      if (now === undefined) (damaged ??= []).push(keys[index]!)
      else known.set(stored, now)
      return now
    })
    if (damaged === undefined) return Effect.succeed(found)
    return Effect.logWarning(`Of what the response cache keeps, ${damaged.length} can't be read, and is dropped`).pipe(
      Effect.zipRight(remove(damaged)),
      Effect.as(found)
    )
  }

  return {
    get: (keys) =>
      Effect.matchEffect(store.get(keys), {
        onSuccess: (all) =>
          failing.size > 0 ? Effect.zipRight(back("reading"), readAll(keys, all)) : readAll(keys, all),
        onFailure: (failure) => Effect.as(failed("reading", failure), undefined)
      }),
    set: (key, stored) => done(store.set(key, stored)),
    remove,
    clear: done(store.clear)
  }
}
