import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CacheStore } from "../../CacheStore.js"
import { CacheFailure, type Entry, type Kind, type ResponseCache } from "../../ResponseCache.js"
import type { Lifetimes } from "./cacheRequest.js"
import * as BoundedStore from "./boundedStore.js"
import { expiryOf, isFresh } from "./freshness.js"
import type { Generations } from "./generations.js"
import { addressOf, entryKey, epochKey, resourceOf } from "./keys.js"
import { decodeRecord, type ResponseRecord, rulesOfRecord } from "./storedResponse.js"

type Service = Context.Tag.Service<ResponseCache>

/** A stored response of the current generation. */
interface Stored {
  readonly key: string
  readonly entry: Entry
  /** Reports whether the response is fresh at a time in milliseconds since the epoch. */
  readonly isFresh: (now: number) => boolean
}

/** Contents of a store, by kind. */
interface Survey {
  readonly entries: ReadonlyArray<Stored>
  /** Keys of values that no call can use: responses of outdated generations, and unreadable values. */
  readonly unusable: ReadonlyArray<string>
  /** Keys of `Vary` records. */
  readonly varyRecords: ReadonlyArray<string>
  /** Keys of generations, by resource. */
  readonly generations: ReadonlyMap<string, string>
}

/** Normalizes a URL. A relative one is refused, since a cache may hold responses of several APIs. */
const absoluteUrl = (url: string | URL): Effect.Effect<string, CacheFailure> => {
  const address = addressOf(url)
  return address === undefined
    ? new CacheFailure({ message: "The URL must be absolute, such as https://api.example/users/1" })
    : Effect.succeed(address.url)
}

/** Makes the functions that list and remove stored responses. */
export const make = (
  cacheStore: Context.Tag.Service<CacheStore>,
  generations: Generations,
  lifetimes: Lifetimes
): Pick<Service, "entries" | "count" | "has" | "remove" | "purge" | "clear"> => {
  const store = BoundedStore.forMaintenance(cacheStore)

  /** Describes a stored response. Its lifetime is zero if the user's function fails, since calls then don't use it. */
  const storedOf = (
    key: string,
    record: ResponseRecord
  ): Stored & { readonly failure: { readonly thrown: unknown } | undefined } => {
    const { bytes, method, operation, partition, requestedAt, status, storedAt, template, url } = record
    const kind: Kind = { operation, method, template }
    const chosen = lifetimes.of(kind)
    const failure = "thrown" in chosen ? chosen : undefined
    const userLifetime = "thrown" in chosen ? 0 : chosen.lifetime
    const rules = rulesOfRecord(record)
    const expiresAt = expiryOf(rules, requestedAt, userLifetime)
    return {
      key,
      entry: { method, url, partition, operation, status, bytes, storedAt, expiresAt },
      isFresh: (now) => failure === undefined && isFresh(rules, requestedAt, userLifetime, now),
      failure
    }
  }

  const survey: Effect.Effect<Survey, CacheFailure> = Effect.flatMap(Stream.runCollect(store.list), (values) => {
    const responses: Array<{ readonly key: string; readonly record: ResponseRecord }> = []
    const unusable: Array<string> = []
    const varyRecords: Array<string> = []
    const generationIds = new Map<string, string>()
    const generationKeys = new Map<string, string>()
    for (const { key, metadata } of values) {
      const record = decodeRecord(metadata)
      if (record === undefined) unusable.push(key)
      else if (record._tag === "Vary") varyRecords.push(key)
      else if (record._tag === "Response") responses.push({ key, record })
      else if (record._tag === "Generation") {
        generationIds.set(record.resource, record.id)
        generationKeys.set(record.resource, key)
      }
    }
    const entries: Array<ReturnType<typeof storedOf>> = []
    for (const { key, record } of responses) {
      const resource = resourceOf(record.url)
      if (record.generation === generationIds.get(resource) && !generations.isLost(resource)) {
        entries.push(storedOf(key, record))
      } else unusable.push(key)
    }
    const failure = entries.find(({ failure }) => failure !== undefined)?.failure
    return Effect.as(failure === undefined ? Effect.void : lifetimes.warn(failure.thrown), {
      entries,
      unusable,
      varyRecords,
      generations: generationKeys
    })
  })

  const now = Effect.clockWith((clock) => clock.currentTimeMillis)

  return {
    entries: Stream.unwrap(Effect.map(survey, ({ entries }) => Stream.fromIterable(entries.map(({ entry }) => entry)))),

    count: ({ expired = false } = {}) =>
      Effect.zipWith(survey, now, ({ entries }, now) =>
        expired ? entries.length : entries.filter(({ isFresh }) => isFresh(now)).length
      ),

    has: (url) =>
      Effect.flatMap(absoluteUrl(url), (wanted) =>
        Effect.zipWith(survey, now, ({ entries }, now) =>
          entries.some(({ entry, isFresh }) => entry.url === wanted && isFresh(now))
        )
      ),

    remove: (which) =>
      Effect.flatMap(typeof which === "function" ? Effect.succeed(undefined) : absoluteUrl(which), (wanted) =>
        Effect.flatMap(survey, ({ entries }) => {
          const chosen = entries.filter(({ entry }) =>
            typeof which === "function" ? which(entry) : entry.url === wanted
          )
          return Effect.as(store.remove(chosen.map(({ key }) => key)), chosen.length)
        })
      ),

    purge: Effect.flatMap(Effect.zip(survey, now), ([contents, now]) => {
      const { entries, unusable, varyRecords } = contents
      const expired = entries.filter(({ isFresh }) => !isFresh(now))
      const remaining = entries.filter(({ isFresh }) => isFresh(now))
      // The generation and the `Vary` record of a remaining response are needed to use it.
      const resources = new Set(remaining.map(({ entry }) => resourceOf(entry.url)))
      const baseKeys = new Set(
        remaining.map(({ entry: { method, partition, url } }) => entryKey(method, partition, { url, resource: url }))
      )
      const unusedGenerations = [...contents.generations].flatMap(([resource, key]) =>
        resources.has(resource) ? [] : key
      )
      const unusedVaryRecords = varyRecords.filter((key) => !baseKeys.has(key))
      // Without stored responses, the epoch protects none.
      const unusedEpoch = remaining.length === 0 ? [epochKey] : []
      const removed = [
        ...expired.map(({ key }) => key),
        ...unusable,
        ...unusedVaryRecords,
        ...unusedGenerations,
        ...unusedEpoch
      ]
      return Effect.as(store.remove(removed), expired.length)
    }),

    clear: Effect.zipRight(
      store.clear,
      Effect.sync(() => generations.forgetLost())
    )
  }
}
