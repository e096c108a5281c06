import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { Answer, CacheStore, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { forAll } from "../kit.js"
import { api, noClient, stores, text, through } from "./kit.js"

const fresh = { "cache-control": "max-age=1000" }

describe.each(stores)("what is kept in $name", ({ layer, name, skip }) => {
  const runs = { numRuns: name === "memory" ? 200 : 40 }
  const cached = Effect.provide(HttpCache.layer().pipe(Layer.provideMerge(layer)))

  it.effect.skipIf(skip)("is given back byte for byte, and nobody can change it", () =>
    forAll(
      fc.tuple(fc.uint8Array({ maxLength: 5000 }), fc.webPath()),
      ([body, path]) =>
        Effect.gen(function* () {
          const url = new URL(`/x${path}`, "https://api.test").href
          const original = new Uint8Array(body)
          const server = api(() => ({ headers: fresh, body }))
          const refresh = server.exchange(url, { mode: "refresh" })
          const first = yield* through(refresh)
          Answer.bytesOf(first).fill(0)
          for (let time = 0; time < 2; time += 1) {
            const again = yield* through(server.exchange(url))
            expect(Answer.bytesOf(again)).toEqual(original)
            // As an answer from the network: bytes, and no Buffer.
            expect(again.body.constructor).toBe(Uint8Array)
            Answer.bytesOf(again).fill(1)
          }
          expect(server.requests).toHaveLength(1)
        }),
      runs
    ).pipe(cached)
  )

  it.effect.skipIf(skip)("is given back as the bytes of the text that it was", () =>
    forAll(
      fc.oneof(
        fc.fullUnicodeString(),
        fc.fullUnicodeString().map((body) => `\uFEFF${body}`)
      ),
      (body) =>
        Effect.gen(function* () {
          const server = api(() => ({ headers: fresh, body }))
          yield* through(server.exchange("https://api.test/text", { mode: "refresh" }))
          expect(Answer.bytesOf(yield* through(server.exchange("https://api.test/text")))).toEqual(
            Answer.bytesOf({ body })
          )
          expect(server.requests).toHaveLength(1)
        }),
      runs
    ).pipe(cached)
  )

  it.effect.skipIf(skip)("is never given to another partition, nor for another URL", () => {
    const part = fc.constantFrom("", "a", "b", "a b", "1:a", " ", "a https://api.test/x", "é")
    const url = fc.constantFrom("x", "x?a", "x?a=1", "y", "x%20y", "a", "b").map((path) => `https://api.test/${path}`)
    return forAll(
      fc.array(fc.tuple(part, url), { minLength: 1, maxLength: 30 }),
      (calls) =>
        Effect.gen(function* () {
          const cache = yield* ResponseCache.ResponseCache
          yield* cache.clear
          for (const [partition, url] of calls) {
            const mine = JSON.stringify([partition, url])
            const server = api(() => ({ headers: fresh, body: mine }))
            expect(text(yield* through(server.exchange(url, { partition })))).toBe(mine)
          }
          const different = new Set(calls.map((call) => JSON.stringify(call)))
          expect(yield* cache.count()).toBe(different.size)
        }),
      { numRuns: name === "memory" ? 200 : 10 }
    ).pipe(cached)
  })
})

/** Lets other fibers go first, so many times. */
const wait = (turns: number): Effect.Effect<void> =>
  turns === 0 ? Effect.void : Effect.flatMap(Effect.yieldNow(), () => wait(turns - 1))

/** A store in memory that takes its time: before it does something, and after. */
const slow = (turns: () => number) =>
  Layer.effect(
    CacheStore.CacheStore,
    Effect.map(CacheStore.CacheStore, (real) => {
      const pause = Effect.suspend(() => wait(turns()))
      const slowly = <A, E>(run: Effect.Effect<A, E>): Effect.Effect<A, E> =>
        Effect.zipLeft(Effect.zipRight(pause, run), pause)
      return {
        ...real,
        get: (keys) => slowly(real.get(keys)),
        set: (key, stored) => slowly(real.set(key, stored)),
        remove: (keys) => slowly(real.remove(keys))
      }
    })
  ).pipe(Layer.provide(HttpCache.storeMemory()))

interface Op {
  readonly write: boolean
  /** Which of two caches it goes through. */
  readonly first: boolean
  readonly query: string
  readonly refresh: boolean
  /** The write fails, after it was carried out; or it, or the read, is interrupted. */
  readonly fails: boolean
  readonly leaves: number | undefined
  readonly starts: number
  readonly before: number
  readonly after: number
}

const op: fc.Arbitrary<Op> = fc.record({
  write: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
  first: fc.boolean(),
  query: fc.constantFrom("", "?a", "?b"),
  refresh: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
  fails: fc.boolean(),
  leaves: fc.option(fc.nat(20), { nil: undefined, freq: 3 }),
  starts: fc.nat(400),
  before: fc.nat(12),
  after: fc.nat(12)
})

describe("a read that begins after a write ended", () => {
  it.effect.each([
    ["each read alone", false],
    ["shared reads", true]
  ] as const)("never sees what was there before: %s", ([, share]) => {
    let kept = 0
    const checked = forAll(
      fc.tuple(fc.array(op, { minLength: 2, maxLength: 40 }), fc.array(fc.nat(6), { minLength: 1, maxLength: 40 })),
      ([ops, pauses]) =>
        Effect.gen(function* () {
          let pause = 0
          const store = yield* Layer.build(slow(() => pauses[pause++ % pauses.length]!))
          // As in two processes.
          const made = Effect.provide(HttpCache.make({ share }), store)
          const [one, other] = yield* Effect.all([made, made])

          let version = 0
          let ended = 0
          const run = ({ after, before, fails, first, leaves, query, refresh, starts, write }: Op) => {
            const cache = first ? one : other
            const url = `https://api.test/thing${query}`
            if (write) {
              let mine = 0
              const server = api(() =>
                Effect.gen(function* () {
                  yield* wait(before)
                  version += 1
                  mine = version
                  yield* wait(after)
                  if (fails) return yield* Effect.interrupt
                  return { status: 204, headers: {}, body: "" }
                })
              )
              const call = server.exchange(url, { method: "PUT" }).send("own", {})
              const written = cache.invalidating(url, Effect.provide(call, noClient))
              return Effect.gen(function* () {
                yield* wait(starts)
                const writer = yield* Effect.fork(written)
                if (leaves !== undefined) {
                  yield* wait(leaves)
                  yield* Fiber.interrupt(writer)
                }
                yield* Fiber.await(writer)
                ended = Math.max(ended, mine)
              })
            }
            const server = api(({ headers }) =>
              Effect.gen(function* () {
                yield* wait(before)
                const tag = `"${version}"`
                const body = `${version}`
                yield* wait(after)
                const told = { "cache-control": fails ? "max-age=1000" : "max-age=0", etag: tag }
                return headers["if-none-match"] === tag
                  ? { status: 304, headers: told, body: "" }
                  : { status: 200, headers: told, body }
              })
            )
            const read = Effect.provide(
              cache.through(server.exchange(url, refresh ? { mode: "refresh" } : {})),
              noClient
            )
            return Effect.gen(function* () {
              yield* wait(starts)
              const least = ended
              const call =
                leaves === undefined
                  ? Effect.asSome(read)
                  : Effect.raceFirst(Effect.asSome(read), Effect.as(wait(leaves), undefined))
              const answer = yield* call
              if (answer === undefined || answer._tag === "None") return
              if (server.requests.length === 0) kept += 1
              expect(Number(text(answer.value))).toBeGreaterThanOrEqual(least)
            })
          }
          yield* Effect.forEach(ops, run, { concurrency: "unbounded", discard: true })
        }).pipe(Effect.scoped),
      { numRuns: 400 }
    )
    // Of which there were some that it could have gone wrong with.
    return Effect.map(checked, () => expect(kept).toBeGreaterThan(100))
  })
})
