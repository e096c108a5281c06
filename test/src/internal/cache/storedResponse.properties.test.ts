import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import { RawResponse, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { makeApi, noClient, stores, text, through } from "../../../support/cache.js"
import { forAll } from "../../../support/kit.js"

const fresh = { "cache-control": "max-age=1000" }

describe.each(stores)("a response stored in $name", ({ layer, name, skip }) => {
  const runs = { numRuns: name === "memory" ? 200 : 40 }
  const provideCache = Effect.provide(HttpCache.layer().pipe(Layer.provideMerge(layer), Layer.provide(noClient)))

  it.effect.skipIf(skip)("has the bytes that were received, and callers can't change it", () =>
    forAll(
      fc.tuple(fc.uint8Array({ maxLength: 5000 }), fc.webPath()),
      ([body, path]) =>
        Effect.gen(function* () {
          const url = new URL(`/x${path}`, "https://api.test").href
          const original = new Uint8Array(body)
          const { exchange, requests } = makeApi(() => ({ headers: fresh, body }))
          const first = yield* through(exchange(url, { mode: "refresh" }))
          RawResponse.bytesOf(first).fill(0)
          for (let round = 0; round < 2; round += 1) {
            const stored = yield* through(exchange(url))
            expect(RawResponse.bytesOf(stored)).toEqual(original)
            // Like that of a response from the network, and not a Buffer.
            expect(stored.body.constructor).toBe(Uint8Array)
            RawResponse.bytesOf(stored).fill(1)
          }
          expect(requests).toHaveLength(1)
        }),
      runs
    ).pipe(provideCache)
  )

  it.effect.skipIf(skip)("has the UTF-8 bytes of a text", () =>
    forAll(
      fc.oneof(
        fc.fullUnicodeString(),
        fc.fullUnicodeString().map((body) => `\uFEFF${body}`)
      ),
      (body) =>
        Effect.gen(function* () {
          const { exchange, requests } = makeApi(() => ({ headers: fresh, body }))
          yield* through(exchange("https://api.test/text", { mode: "refresh" }))
          expect(RawResponse.bytesOf(yield* through(exchange("https://api.test/text")))).toEqual(
            RawResponse.bytesOf({ body })
          )
          expect(requests).toHaveLength(1)
        }),
      runs
    ).pipe(provideCache)
  )

  it.effect.skipIf(skip)("is returned to its own partition and for its own URL only", () => {
    const partition = fc.constantFrom("", "a", "b", "a b", "1:a", " ", "a https://api.test/x", "é")
    const url = fc.constantFrom("x", "x?a", "x?a=1", "y", "x%20y", "a", "b").map((path) => `https://api.test/${path}`)
    return forAll(
      fc.array(fc.tuple(partition, url), { minLength: 1, maxLength: 30 }),
      (calls) =>
        Effect.gen(function* () {
          const cache = yield* ResponseCache.ResponseCache
          yield* cache.clear
          for (const [partition, url] of calls) {
            const body = JSON.stringify([partition, url])
            const { exchange } = makeApi(() => ({ headers: fresh, body }))
            expect(text(yield* through(exchange(url, { partition })))).toBe(body)
          }
          const different = new Set(calls.map((one) => JSON.stringify(one)))
          expect(yield* cache.count()).toBe(different.size)
        }),
      { numRuns: name === "memory" ? 200 : 10 }
    ).pipe(provideCache)
  })
})
