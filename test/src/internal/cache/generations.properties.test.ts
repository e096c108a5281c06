import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { CacheStore } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { makeApi, noClient, text } from "../../../support/cache.js"
import { forAll } from "../../../support/kit.js"

/** Lets other fibers run, so many times. */
const yieldTimes = (times: number): Effect.Effect<void> =>
  times === 0 ? Effect.void : Effect.flatMap(Effect.yieldNow(), () => yieldTimes(times - 1))

/** A store in memory that lets other fibers run before and after each access. */
const yieldingStore = (yields: () => number) =>
  Layer.effect(
    CacheStore.CacheStore,
    Effect.map(CacheStore.CacheStore, (memory) => {
      const pause = Effect.suspend(() => yieldTimes(yields()))
      const slowly = <A, E>(access: Effect.Effect<A, E>): Effect.Effect<A, E> =>
        Effect.zipLeft(Effect.zipRight(pause, access), pause)
      return {
        ...memory,
        get: (keys) => slowly(memory.get(keys)),
        set: (key, value) => slowly(memory.set(key, value)),
        remove: (keys) => slowly(memory.remove(keys))
      }
    })
  ).pipe(Layer.provide(HttpCache.storeMemory()))

/** A read of a resource, or a write to it. Delays are numbers of yields. */
interface Access {
  readonly write: boolean
  /** Selects one of two caches over the same store. */
  readonly first: boolean
  readonly query: string
  readonly refresh: boolean
  /** A write fails after the server has carried it out. A response to a read is fresh. */
  readonly flag: boolean
  /** Delay after which the call is interrupted, if it is. */
  readonly interruptAfter: number | undefined
  readonly startAfter: number
  /** Delay of the server before it reads or writes the resource. */
  readonly serverBefore: number
  /** Delay of the server before it sends the response. */
  readonly serverAfter: number
}

const access: fc.Arbitrary<Access> = fc.record({
  write: fc.integer({ min: 0, max: 3 }).map((value) => value === 0),
  first: fc.boolean(),
  query: fc.constantFrom("", "?a", "?b"),
  refresh: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
  flag: fc.boolean(),
  interruptAfter: fc.option(fc.nat(20), { nil: undefined, freq: 3 }),
  startAfter: fc.nat(400),
  serverBefore: fc.nat(12),
  serverAfter: fc.nat(12)
})

describe("a read that begins after the end of a write", () => {
  it.effect.each([
    ["without shared requests", false, false],
    ["with shared requests", true, false],
    ["in one process, whose writes do not wait for the store", false, true],
    ["in one process, whose writes do not wait for the store, with shared requests", true, true]
  ] as const)("never returns what was there before the write: %s", ([, share, impatient]) => {
    let fromCache = 0
    const checked = forAll(
      fc.tuple(fc.array(access, { minLength: 2, maxLength: 40 }), fc.array(fc.nat(6), { minLength: 1, maxLength: 40 })),
      ([accesses, yields]) =>
        Effect.gen(function* () {
          let storeAccesses = 0
          const store = yield* Layer.build(yieldingStore(() => yields[storeAccesses++ % yields.length]!))
          // Like the caches of two processes.
          const makeCache = HttpCache.make({ share }).pipe(Effect.provide(store), Effect.provide(noClient))
          const first = yield* makeCache
          const second = impatient ? first : yield* makeCache
          // Some accesses to the store then take longer than a write waits.
          const passTime = Effect.zipRight(TestClock.adjust("50 millis"), yieldTimes(3))
          if (impatient) yield* Effect.forkScoped(Effect.forever(passTime))

          let version = 0
          /** The newest version whose write has ended. */
          let lastWritten = 0

          const write = ({ first: useFirst, flag, interruptAfter, query, serverAfter, serverBefore }: Access) => {
            const url = `https://api.test/thing${query}`
            let ownVersion = 0
            const { exchange } = makeApi(() =>
              Effect.gen(function* () {
                yield* yieldTimes(serverBefore)
                version += 1
                ownVersion = version
                yield* yieldTimes(serverAfter)
                if (flag) return yield* Effect.interrupt
                return { status: 204, headers: {}, body: "" }
              })
            )
            const sent = exchange(url, { method: "PUT" }).send("own", {})
            const call = (useFirst ? first : second).invalidating(
              url,
              Effect.map(Effect.provide(sent, noClient), (response) => ({ response }))
            )
            return Effect.gen(function* () {
              const writer = yield* Effect.fork(call)
              if (interruptAfter !== undefined) {
                yield* yieldTimes(interruptAfter)
                yield* Fiber.interrupt(writer)
              }
              yield* Fiber.await(writer)
              lastWritten = Math.max(lastWritten, ownVersion)
            })
          }

          const read = (options: Access) => {
            const { first: useFirst, flag, interruptAfter, query, refresh, serverAfter, serverBefore } = options
            const url = `https://api.test/thing${query}`
            const { exchange, requests } = makeApi(({ headers }) =>
              Effect.gen(function* () {
                yield* yieldTimes(serverBefore)
                const etag = `"${version}"`
                const body = `${version}`
                yield* yieldTimes(serverAfter)
                const responseHeaders = { "cache-control": flag ? "max-age=1000" : "max-age=0", etag }
                return headers["if-none-match"] === etag
                  ? { status: 304, headers: responseHeaders, body: "" }
                  : { status: 200, headers: responseHeaders, body }
              })
            )
            const call = (useFirst ? first : second)
              .through(exchange(url, refresh ? { mode: "refresh" } : {}))
              .pipe(Effect.provide(noClient), Effect.asSome)
            return Effect.gen(function* () {
              const atLeast = lastWritten
              const result = yield* interruptAfter === undefined
                ? call
                : Effect.raceFirst(call, Effect.as(yieldTimes(interruptAfter), Option.none()))
              if (Option.isNone(result)) return
              if (requests.length === 0) fromCache += 1
              expect(Number(text(result.value.response))).toBeGreaterThanOrEqual(atLeast)
            })
          }

          const run = (options: Access) =>
            Effect.zipRight(
              yieldTimes(options.startAfter),
              Effect.suspend(() => (options.write ? write(options) : read(options)))
            )
          yield* Effect.forEach(accesses, run, { concurrency: "unbounded", discard: true })
        }).pipe(Effect.scoped),
      { numRuns: 150 }
    )
    // The property holds trivially for reads that are sent, so some must come from the cache. Their number is random, mostly between 10
    // and 40, and seldom so small that more reads are needed.
    return Effect.repeat(checked, { until: () => fromCache > 5, times: 4 }).pipe(
      Effect.map(() => expect(fromCache).toBeGreaterThan(5))
    )
  })
})
