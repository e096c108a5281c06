import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { CacheStore, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { DiskCache } from "effect-herald/node"
import { join } from "node:path"
import { makeApi, noClient, stores, temporaryDirectory, through } from "../../../support/cache.js"

const fresh = { "cache-control": "max-age=1000" }
const size = 16 * 1024

/** Stores with room for this number of responses. */
const limited = [
  ["memory", (maxBytes: number) => HttpCache.storeMemory({ maxBytes })],
  [
    "disk",
    (maxBytes: number) =>
      Layer.unwrapScoped(
        Effect.map(temporaryDirectory, (directory) =>
          DiskCache.store({ directory: join(directory, "cache"), maxBytes })
        )
      )
  ]
] as const

// No time passes, so that a slow disk is not given up.
describe.each(limited)("a cache in %s that has less room than there are responses", (_, store) => {
  it.scoped.each([
    ["of resources of their own", 16, 1, (index: number) => `https://api.test/${index}`],
    ["of resources of their own", 16, 16, (index: number) => `https://api.test/${index}`],
    ["of resources of their own", 16, 64, (index: number) => `https://api.test/${index}`],
    ["of resources of their own", 64, 64, (index: number) => `https://api.test/${index}`],
    ["of one resource", 16, 64, (index: number) => `https://api.test/all?page=${index}`],
    ["of a few resources", 16, 64, (index: number) => `https://api.test/${index % 7}?page=${index}`]
  ] as const)("holds those that it has room for: %s, room for %i, %i at once", ([, room, atOnce, urlOf]) =>
    Effect.gen(function* () {
      const api = makeApi(() =>
        Effect.as(Effect.yieldNow(), { status: 200, headers: fresh, body: new Uint8Array(size) })
      )
      yield* Effect.forEach(Array(400).keys(), (index) => through(api.exchange(urlOf(index))), {
        concurrency: atOnce,
        discard: true
      })
      const { count } = yield* ResponseCache.ResponseCache
      expect(yield* count()).toBeGreaterThanOrEqual(Math.floor(room * 0.85))
      // They are used. Which of the last ones were removed depends on the order in which their requests ended.
      let hits = 0
      for (let index = 399; index >= 400 - room / 2; index -= 1) {
        const sent = api.requests.length
        yield* through(api.exchange(urlOf(index)))
        if (api.requests.length === sent) hits += 1
      }
      expect(hits).toBeGreaterThanOrEqual(Math.floor((room / 2) * 0.75))
    }).pipe(Effect.provide(HttpCache.layer().pipe(Layer.provide(store(room * (size + 1500))), Layer.provide(noClient))))
  )
})

describe.each(stores.filter(({ skip }) => !skip))("a cache in $name", ({ layer }) => {
  it.scoped.each([
    ["no-store", { headers: { "cache-control": "no-store" } }],
    ["an error", { status: 404, headers: { "cache-control": "no-store" } }],
    ["a status that is not cacheable", { status: 202, headers: {} }],
    ["no lifetime", { headers: { "cache-control": "max-age=0" } }],
    ["Vary: *", { headers: { ...fresh, vary: "*" } }]
  ] as const)("stores nothing per response that is never used: %s", ([, outcome]) =>
    Effect.gen(function* () {
      const api = makeApi(() => ({ ...outcome, body: "x" }))
      for (let index = 0; index < 100; index += 1) {
        yield* Effect.ignore(through(api.exchange(`https://api.test/${index}`)))
      }
      const { list } = yield* CacheStore.CacheStore
      expect(yield* Stream.runCount(list)).toBeLessThanOrEqual(1)
    }).pipe(Effect.provide(HttpCache.layer().pipe(Layer.provideMerge(layer), Layer.provide(noClient))))
  )
})
