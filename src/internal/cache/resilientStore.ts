import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { CacheStore, StoredValue } from "../../CacheStore.js"
import type { CacheFailure } from "../../ResponseCache.js"
import * as BoundedStore from "./boundedStore.js"
import { epochKey } from "./keys.js"
import { type Parsed, parse } from "./storedResponse.js"

/**
 * A store that reports failures as results instead of errors, so that they can't fail a call. Logs a warning when the store
 * begins to fail, and a message when it works again.
 */
export interface ResilientStore {
  /** Returns the value of each key; `undefined` if the store failed. */
  readonly get: (keys: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Parsed | undefined> | undefined>
  /** Stores a value. Returns `false` if the store failed. */
  readonly set: (key: string, value: StoredValue) => Effect.Effect<boolean>
  /** Removes values. Returns `false` if the store failed. */
  readonly remove: (keys: ReadonlyArray<string>) => Effect.Effect<boolean>
  /** Removes all values. Returns `false` if the store failed. */
  readonly clear: Effect.Effect<boolean>
}

/** Reading and writing fail independently: a full disk can still be read. */
type Access = "reading" | "writing"

/**
 * Time without a failure after which a store counts as working again, in milliseconds. A store that fails now and then, such as a
 * full disk, is reported once.
 */
export const recoveryPeriod = 60_000

export const make = (store: Context.Tag.Service<CacheStore>): ResilientStore => {
  const bounded = BoundedStore.make(store)
  /** Times of the last failures, in milliseconds since the epoch. */
  const failing = new Map<Access, number>()
  /** Parsed values. A store in memory returns the same object for each lookup, so it is parsed once. */
  const parsedValues = new WeakMap<StoredValue, Parsed>()

  const reportFailure = (access: Access, { message }: CacheFailure): Effect.Effect<void> =>
    Effect.clockWith((clock) => {
      const reported = failing.size > 0
      // A store that can't be read can't be written either, so "writing" adds nothing to "reading".
      failing.set(failing.has("reading") ? "reading" : access, clock.unsafeCurrentTimeMillis())
      return reported
        ? Effect.void
        : Effect.logWarning(`The store of the response cache failed. Calls continue without the cache: ${message}`)
    })
  const reportSuccess = (access: Access): Effect.Effect<void> =>
    Effect.clockWith((clock) => {
      const failedAt = failing.get(access)
      if (failedAt === undefined || clock.unsafeCurrentTimeMillis() - failedAt < recoveryPeriod) return Effect.void
      failing.delete(access)
      return failing.size === 0 ? Effect.logInfo("The store of the response cache works again") : Effect.void
    })
  const write = (change: Effect.Effect<void, CacheFailure>): Effect.Effect<boolean> =>
    Effect.matchEffect(change, {
      onSuccess: () => (failing.size > 0 ? Effect.as(reportSuccess("writing"), true) : Effect.succeed(true)),
      onFailure: (failure) => Effect.as(reportFailure("writing", failure), false)
    })
  const remove: ResilientStore["remove"] = (keys) => write(bounded.remove(keys))

  const parseAll = (keys: ReadonlyArray<string>, values: ReadonlyArray<StoredValue | undefined>) => {
    let damaged: Array<string> | undefined
    const all = values.map((value, index) => {
      if (value === undefined) return undefined
      const known = parsedValues.get(value)
      if (known !== undefined) return known
      const parsed = parse(value)
      // An unreadable epoch is replaced by the call that reads it, and nothing is lost.
      if (parsed === undefined) {
        if (keys[index] !== epochKey) (damaged ??= []).push(keys[index]!)
      } else parsedValues.set(value, parsed)
      return parsed
    })
    if (damaged === undefined) return Effect.succeed(all)
    return Effect.logWarning(`Removing unreadable entries from the response cache: ${damaged.length}`).pipe(
      Effect.zipRight(remove(damaged)),
      Effect.as(all)
    )
  }

  return {
    get: (keys) =>
      Effect.matchEffect(bounded.get(keys), {
        onSuccess: (values) =>
          failing.size > 0 ? Effect.zipRight(reportSuccess("reading"), parseAll(keys, values)) : parseAll(keys, values),
        onFailure: (failure) => Effect.as(reportFailure("reading", failure), undefined)
      }),
    set: (key, value) => write(bounded.set(key, value)),
    remove,
    clear: write(bounded.clear)
  }
}
