import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { CacheStore } from "../CacheStore.js"
import { CacheFailure, type Entry, type Kind, type ResponseCache } from "../ResponseCache.js"
import { expiryOf } from "./freshness.js"
import type { Generations } from "./generation.js"
import { addressOf, entryKey, resourceOf } from "./keys.js"
import { type AnswerRecord, decode, termsOfRecord } from "./record.js"
import { type Lifetime, millisOf } from "./visit.js"

type Service = Context.Tag.Service<ResponseCache>

/** What a store holds, told apart. */
interface Survey {
  /** Answers of use, and their keys. */
  readonly entries: ReadonlyArray<{ readonly key: string; readonly entry: Entry }>
  /** The keys of what no call can be answered with: answers from before a write, and what can't be read. */
  readonly dead: ReadonlyArray<string>
  /** Where there are several answers: their own key, by that of all. */
  readonly forks: ReadonlyArray<string>
  /** The keys of the generations, by the resource. */
  readonly generations: ReadonlyMap<string, string>
}

/** A URL as the cache has it; a path tells nothing to what is kept for several APIs. */
const absolute = (url: string | URL): Effect.Effect<string, CacheFailure> => {
  const address = addressOf(url)
  return address === undefined
    ? new CacheFailure({ message: "a URL that is kept is absolute, such as https://api.example/users/1" })
    : Effect.succeed(address.url)
}

/** What one does with a cache beside calling through it. */
export const make = (
  store: Context.Tag.Service<CacheStore>,
  generations: Generations,
  lifetime: Lifetime | undefined
): Pick<Service, "entries" | "count" | "has" | "remove" | "purge" | "clear"> => {
  const entryOf = (record: AnswerRecord): Entry => {
    const { bytes, method, operation, partition, requestedAt, status, storedAt, template, url } = record
    const kind: Kind = { operation, method, template }
    const expiresAt = expiryOf(termsOfRecord(record), requestedAt, millisOf(lifetime, kind))
    return { method, url, partition, operation, status, bytes, storedAt, expiresAt }
  }

  const survey: Effect.Effect<Survey, CacheFailure> = Effect.map(Stream.runCollect(store.list), (all) => {
    const answers: Array<{ readonly key: string; readonly record: AnswerRecord }> = []
    const dead: Array<string> = []
    const forks: Array<string> = []
    const ids = new Map<string, string>()
    const keys = new Map<string, string>()
    for (const { about, key } of all) {
      const record = decode(about)
      if (record === undefined) dead.push(key)
      else if (record._tag === "Vary") forks.push(key)
      else if (record._tag === "Answer") answers.push({ key, record })
      else {
        ids.set(record.resource, record.id)
        keys.set(record.resource, key)
      }
    }
    const entries: Array<Survey["entries"][number]> = []
    for (const { key, record } of answers) {
      const resource = resourceOf(record.url)
      if (record.generation === ids.get(resource) && !generations.isLost(resource)) {
        entries.push({ key, entry: entryOf(record) })
      } else dead.push(key)
    }
    return { entries, dead, forks, generations: keys }
  })

  const now = Effect.clockWith((clock) => clock.currentTimeMillis)
  const isFresh = (now: number) => (entry: Entry) => entry.expiresAt > now

  return {
    entries: Stream.unwrap(Effect.map(survey, ({ entries }) => Stream.fromIterable(entries.map(({ entry }) => entry)))),

    count: ({ expired = false } = {}) =>
      Effect.zipWith(survey, now, ({ entries }, now) =>
        expired ? entries.length : entries.filter(({ entry }) => isFresh(now)(entry)).length
      ),

    has: (url) =>
      Effect.flatMap(absolute(url), (wanted) =>
        Effect.zipWith(survey, now, ({ entries }, now) =>
          entries.some(({ entry }) => entry.url === wanted && isFresh(now)(entry))
        )
      ),

    remove: (which) =>
      Effect.flatMap(typeof which === "function" ? Effect.succeed(undefined) : absolute(which), (wanted) =>
        Effect.flatMap(survey, ({ entries }) => {
          const chosen = entries.filter(({ entry }) =>
            typeof which === "function" ? which(entry) : entry.url === wanted
          )
          return Effect.as(store.remove(chosen.map(({ key }) => key)), chosen.length)
        })
      ),

    purge: Effect.flatMap(Effect.zip(survey, now), ([{ dead, entries, forks, generations: markers }, now]) => {
      const expired = entries.filter(({ entry }) => !isFresh(now)(entry))
      const left = entries.filter(({ entry }) => isFresh(now)(entry))
      const guarded = new Set(left.map(({ entry }) => resourceOf(entry.url)))
      const forked = new Set(
        left.map(({ entry: { method, partition, url } }) => entryKey(method, partition, { url, resource: url }))
      )
      const idle = [...markers].flatMap(([resource, key]) => (guarded.has(resource) ? [] : key))
      const gone = [...expired.map(({ key }) => key), ...dead, ...forks.filter((key) => !forked.has(key)), ...idle]
      return Effect.as(store.remove(gone), expired.length)
    }),

    clear: Effect.zipRight(
      store.clear,
      Effect.sync(() => generations.forgetLost())
    )
  }
}
