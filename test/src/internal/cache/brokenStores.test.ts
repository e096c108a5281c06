import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { CacheStore, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { makeApi, noClient, settle, text, written } from "../../../support/cache.js"

const url = "https://api.test/page"
const fresh = { "cache-control": "max-age=100000" }

type Store = typeof CacheStore.CacheStore.Service
type Operation = "get" | "set" | "remove"
const operations: ReadonlyArray<Operation> = ["get", "set", "remove"]

/** The behaviour of an access to a store. `access` is what a working store does. */
type Fault = <A>(access: Effect.Effect<A, ResponseCache.CacheFailure>) => Effect.Effect<A, ResponseCache.CacheFailure>

const silent: Fault = () => Effect.never

/** Faults, with the longest time that an access takes. */
const faults: ReadonlyArray<readonly [name: string, fault: Fault]> = [
  ["never responds", silent],
  ["never responds and can't be interrupted", () => Effect.uninterruptible(Effect.never)],
  ["responds after the bound", (access) => Effect.delay(access, "3 seconds")],
  ["changes the store, and never responds", (access) => Effect.zipRight(access, Effect.never)],
  ["fails", () => new ResponseCache.CacheFailure({ message: "broken" })],
  ["dies", () => Effect.die(new Error("broken"))],
  [
    "throws",
    () => {
      throw new Error("broken")
    }
  ],
  ["is interrupted", () => Effect.interrupt]
]

/** A store in memory whose accesses can be given faults. */
const makeStore = Effect.gen(function* () {
  const memory = Context.get(yield* Layer.build(HttpCache.storeMemory()), CacheStore.CacheStore)
  const faulty = new Map<Operation | "list" | "clear", Fault>()
  let accesses = 0
  const access = <A>(name: Operation | "clear", effect: Effect.Effect<A, ResponseCache.CacheFailure>) => {
    accesses += 1
    return (faulty.get(name) ?? ((working) => working))(effect)
  }
  const store: Store = {
    get: (keys) => access("get", memory.get(keys)),
    set: (key, value) => access("set", memory.set(key, value)),
    remove: (keys) => access("remove", memory.remove(keys)),
    list: Stream.unwrap(Effect.suspend(() => (faulty.get("list") ?? ((all) => all))(Effect.succeed(memory.list)))),
    clear: Effect.suspend(() => access("clear", memory.clear))
  }
  return { store, faulty, accesses: () => accesses, memory }
})

/** A cache over a store, like that of a process of its own. */
const cacheOver = (store: Store) =>
  HttpCache.make().pipe(Effect.provideService(CacheStore.CacheStore, store), Effect.provide(noClient))

/** A resource whose response is the number of writes to it. */
const makeResource = () => {
  let version = 0
  return {
    api: makeApi(() => ({ headers: fresh, body: `${version}` })),
    current: () => `${version}`,
    writeThrough: (cache: Effect.Effect.Success<ReturnType<typeof cacheOver>>) =>
      cache.invalidating(
        url,
        Effect.suspend(() => {
          version += 1
          return written
        })
      )
  }
}

/** Runs an effect, and returns its outcome and how long it took in virtual time, in milliseconds. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const begun = yield* TestClock.currentTimeMillis
    const fiber = yield* Effect.fork(effect)
    for (let step = 0; step < 300; step += 1) {
      yield* settle
      const exit = fiber.unsafePoll()
      if (exit !== null) return { exit, millis: (yield* TestClock.currentTimeMillis) - begun }
      yield* TestClock.adjust("100 millis")
    }
    return yield* Effect.dieMessage("the effect did not end within 30 seconds")
  })

const successOf = <A, E>({ exit }: { readonly exit: Exit.Exit<A, E> }): A => {
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
  return exit.value
}

const withoutLogs = Logger.remove(Logger.defaultLogger)

/** A GET whose server counts, through a cache. */
const getWith = (cache: typeof ResponseCache.ResponseCache.Service, api: ReturnType<typeof makeApi>) =>
  Effect.map(Effect.provide(cache.through(api.exchange(url)), noClient), ({ response }) => text(response))

describe.each(operations)("a store whose `%s`", (operation) => {
  it.scoped.each(faults)(
    "%s: calls go on without it, and each waits for at most a few seconds, later ones not at all",
    ([, fault]) =>
      Effect.gen(function* () {
        const { faulty, store } = yield* makeStore
        const api = makeApi((_, index) => ({ headers: fresh, body: `${index}` }))
        const cache = yield* cacheOver(store)
        expect(yield* getWith(cache, api)).toBe("0")
        faulty.set(operation, fault)
        const other = Effect.provide(cache.through(api.exchange(`${url}/other`)), noClient)
        const calls = [cache.invalidating(url, written), getWith(cache, api), other, cache.invalidating(url, written)]
        const durations: Array<number> = []
        for (const call of calls) durations.push((yield* timed(call as Effect.Effect<unknown, unknown>)).millis)
        for (const millis of durations) expect(millis).toBeLessThanOrEqual(2500)
        // Each kind of access is waited for once.
        expect(durations.reduce((sum, millis) => sum + millis)).toBeLessThanOrEqual(2500)
        expect(durations.at(-1)).toBe(0)
      }).pipe(Effect.provide(withoutLogs))
  )

  it.scoped.each(faults)("%s never makes a call return a response from before a write", ([, fault]) =>
    Effect.gen(function* () {
      const { faulty, store } = yield* makeStore
      const { api, current, writeThrough } = makeResource()
      const cache = yield* cacheOver(store)
      const write = writeThrough(cache)
      for (let round = 0; round < 3; round += 1) {
        yield* getWith(cache, api)
        faulty.set(operation, fault)
        yield* timed(write)
        expect(successOf(yield* timed(getWith(cache, api)))).toBe(current())
        faulty.clear()
        expect(successOf(yield* timed(getWith(cache, api)))).toBe(current())
        yield* TestClock.adjust("10 seconds")
        expect(successOf(yield* timed(getWith(cache, api)))).toBe(current())
      }
      // The store is used again after its recovery.
      const before = api.requests.length
      yield* getWith(cache, api)
      expect(api.requests.length).toBe(before)
    }).pipe(Effect.provide(withoutLogs))
  )

  it.scoped("that never responds is not tried again for a while, however many calls there are", () =>
    Effect.gen(function* () {
      const { faulty, store } = yield* makeStore
      const api = makeApi((_, index) => ({ headers: fresh, body: `${index}` }))
      const cache = yield* cacheOver(store)
      faulty.set(operation, silent)
      yield* timed(getWith(cache, api))
      yield* timed(getWith(cache, api))
      let total = 0
      for (let call = 0; call < 20; call += 1) total += (yield* timed(getWith(cache, api))).millis
      expect(total).toBe(0)
    }).pipe(Effect.provide(withoutLogs))
  )

  it.scoped("that never responds does not delay the interruption of a GET", () =>
    Effect.gen(function* () {
      const { faulty, store } = yield* makeStore
      const api = makeApi(() => ({ headers: fresh, body: "" }))
      const cache = yield* cacheOver(store)
      faulty.set(operation, () => Effect.uninterruptible(Effect.never))
      const call = yield* Effect.fork(getWith(cache, api))
      yield* settle
      yield* Fiber.interrupt(call)
    }).pipe(Effect.provide(withoutLogs))
  )
})

describe("a write", () => {
  it.scoped("is interrupted in a bounded time, though the store never responds", () =>
    Effect.gen(function* () {
      const { faulty, store } = yield* makeStore
      const cache = yield* cacheOver(store)
      for (const operation of operations) faulty.set(operation, silent)
      const call = yield* Effect.fork(cache.invalidating(url, Effect.never))
      yield* settle
      expect((yield* timed(Fiber.interrupt(call))).millis).toBeLessThanOrEqual(2000)
    }).pipe(Effect.provide(withoutLogs))
  )

  it.scoped("during which the process ends leaves no response from before it to the next process", () =>
    Effect.gen(function* () {
      const { store } = yield* makeStore
      let version = 0
      const api = makeApi(() => ({ headers: fresh, body: `${version}` }))
      const first = yield* cacheOver(store)
      expect(yield* getWith(first, api)).toBe("0")
      // The process is killed after the server has carried out the write.
      yield* Effect.fork(
        first.invalidating(
          url,
          Effect.suspend(() => {
            version = 1
            return Effect.never
          })
        )
      )
      yield* settle
      expect(version).toBe(1)
      expect(yield* getWith(yield* cacheOver(store), api)).toBe("1")
    })
  )

  it.scoped.each<ReadonlyArray<Operation>>([operations.slice(1), ["set"], ["remove"]])(
    "that a process can't record in the store is not seen as undone by the next process: %j",
    (...broken) =>
      Effect.gen(function* () {
        const { faulty, store } = yield* makeStore
        let version = 0
        const api = makeApi(() => ({ headers: fresh, body: `${version}` }))
        const first = yield* cacheOver(store)
        expect(yield* getWith(first, api)).toBe("0")
        for (const operation of broken.flat()) {
          faulty.set(operation, () => new ResponseCache.CacheFailure({ message: "read-only" }))
        }
        yield* first.invalidating(
          url,
          Effect.suspend(() => {
            version = 1
            return written
          })
        )
        expect(yield* getWith(first, api)).toBe("1")
        expect(yield* getWith(yield* cacheOver(store), api)).toBe("1")
      }).pipe(Effect.provide(withoutLogs))
  )
})

describe("a write to a store that is slow", () => {
  /** Faults that make a store slow, with the time until a removal of two keys has ended, in milliseconds. */
  const slowness: ReadonlyArray<readonly [name: string, fault: Fault]> = [
    ["takes 900 ms per access", (access) => Effect.delay(access, "900 millis")],
    ["responds after the bound", (access) => Effect.delay(access, "3 seconds")],
    ["never responds", silent],
    ["never responds and can't be interrupted", () => Effect.uninterruptible(Effect.never)]
  ]
  /** Time that the first write may wait until it is sent. */
  const bound = 100

  it.scoped.each(slowness)("%s is sent after a short wait, and returns at the time of its response", ([, fault]) =>
    Effect.gen(function* () {
      const { faulty, store } = yield* makeStore
      const cache = yield* cacheOver(store)
      for (const operation of operations) faulty.set(operation, fault)
      const waits: Array<number> = []
      for (let write = 0; write < 3; write += 1) {
        const begun = yield* TestClock.currentTimeMillis
        let sentAfter = Infinity
        const send = Effect.flatMap(TestClock.currentTimeMillis, (now) => {
          sentAfter = now - begun
          return Effect.delay(written, "200 millis")
        })
        const { millis } = yield* timed(cache.invalidating(url, send))
        expect(millis - sentAfter).toBe(200)
        waits.push(sentAfter)
      }
      expect(waits).toEqual([bound, 0, 0])
    }).pipe(Effect.provide(withoutLogs))
  )

  it.scoped.each(slowness)("%s does not delay its interruption before it is sent", ([, fault]) =>
    Effect.gen(function* () {
      const { faulty, store } = yield* makeStore
      const cache = yield* cacheOver(store)
      faulty.set("remove", fault)
      let sent = false
      const write = yield* Effect.fork(
        cache.invalidating(
          url,
          Effect.suspend(() => {
            sent = true
            return written
          })
        )
      )
      yield* settle
      yield* Fiber.interrupt(write)
      expect(sent).toBe(false)
    }).pipe(Effect.provide(withoutLogs))
  )

  it.scoped.each(slowness)(
    "%s is not seen as undone by a read right after it, nor by one that waits for it",
    ([, fault]) =>
      Effect.gen(function* () {
        const { faulty, store } = yield* makeStore
        const { api, current, writeThrough } = makeResource()
        const cache = yield* cacheOver(store)
        const write = writeThrough(cache)
        for (let round = 0; round < 3; round += 1) {
          expect(yield* getWith(cache, api)).toBe(current())
          faulty.set("remove", fault)
          const after = Effect.zipRight(
            write,
            Effect.all([getWith(cache, api), getWith(cache, api)], { concurrency: 2 })
          )
          const read = yield* timed(after)
          expect(successOf(read)).toEqual([current(), current()])
          expect(read.millis).toBeLessThanOrEqual(5000)
          faulty.clear()
          expect(successOf(yield* timed(getWith(cache, api)))).toBe(current())
          yield* TestClock.adjust("20 seconds")
          expect(successOf(yield* timed(getWith(cache, api)))).toBe(current())
        }
        const before = api.requests.length
        yield* getWith(cache, api)
        expect(api.requests.length).toBe(before)
      }).pipe(Effect.provide(withoutLogs))
  )

  it.scoped("waits again once the store responds in time, so that other processes see the write", () =>
    Effect.gen(function* () {
      const { faulty, store } = yield* makeStore
      const { api, writeThrough } = makeResource()
      const first = yield* cacheOver(store)
      const second = yield* cacheOver(store)
      const write = writeThrough(first)
      faulty.set("remove", (access) => Effect.delay(access, "900 millis"))
      yield* timed(write)
      yield* TestClock.adjust("10 seconds")
      faulty.set("remove", (access) => Effect.delay(access, "20 millis"))
      yield* timed(write)
      yield* TestClock.adjust("10 seconds")
      expect(successOf(yield* timed(getWith(second, api)))).toBe("2")
      // Both removals of the write have ended, each of two accesses.
      expect((yield* timed(write)).millis).toBeGreaterThanOrEqual(80)
      expect(successOf(yield* timed(getWith(second, api)))).toBe("3")
    }).pipe(Effect.provide(withoutLogs))
  )

  it.live("is removed from the store before the cache has closed", () =>
    Effect.gen(function* () {
      const { faulty, store } = yield* makeStore
      let version = 0
      const api = makeApi(() => ({ headers: fresh, body: `${version}` }))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const cache = yield* cacheOver(store)
          yield* getWith(cache, api)
          faulty.set("remove", (access) => Effect.delay(access, "300 millis"))
          yield* cache.invalidating(
            url,
            Effect.gen(function* () {
              yield* Effect.sleep("1 second")
              // It is stored after the removal at the beginning of the write.
              expect(yield* getWith(cache, api)).toBe("0")
              version = 1
              return yield* written
            })
          )
        })
      )
      expect(yield* Effect.scoped(Effect.flatMap(cacheOver(store), (cache) => getWith(cache, api)))).toBe("1")
    }).pipe(Effect.scoped, Effect.provide(withoutLogs))
  )

  it.scopedLive("never responds, closes in a bounded time", () =>
    Effect.gen(function* () {
      const { faulty, store } = yield* makeStore
      faulty.set("remove", () => Effect.uninterruptible(Effect.never))
      yield* Effect.scoped(Effect.flatMap(cacheOver(store), (cache) => cache.invalidating(url, written)))
    }).pipe(Effect.provide(withoutLogs))
  )
})

describe("the warning about a store that does not respond", () => {
  it.scoped.each<readonly [bound: string, others: boolean]>([
    ["1 s", false],
    ["5 s", true]
  ])("says that it did not respond within %s (while it responds to others: %s)", ([bound, others]) =>
    Effect.gen(function* () {
      const { faulty, store } = yield* makeStore
      const messages: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => {
          messages.push(String(message))
        })
      )
      const api = makeApi(() => ({ headers: fresh, body: "" }))
      const cache = yield* cacheOver(store)
      yield* getWith(cache, api)
      let accesses = 0
      faulty.set("get", (access) => ((accesses += 1) === 1 ? Effect.never : access))
      const call = yield* Effect.fork(Effect.provide(getWith(cache, api), logger))
      yield* settle
      for (let step = 0; step < 60; step += 1) {
        if (others) yield* getWith(cache, api)
        yield* TestClock.adjust("100 millis")
        yield* settle
      }
      yield* Fiber.join(call)
      expect(messages).toEqual([expect.stringContaining(`did not respond within ${bound}`)])
    }).pipe(Effect.provide(withoutLogs))
  )
})

describe("maintenance of a store", () => {
  it.scoped.each(faults.filter(([name]) => name !== "responds after the bound" && name !== "is interrupted"))(
    "that %s fails with CacheFailure within a bound",
    ([, fault]) =>
      Effect.gen(function* () {
        const { faulty, store } = yield* makeStore
        const cache = yield* cacheOver(store)
        for (const name of ["list", "remove", "clear"] as const) faulty.set(name, fault)
        const all: ReadonlyArray<Effect.Effect<unknown, ResponseCache.CacheFailure>> = [
          cache.count(),
          cache.has(url),
          cache.remove(url),
          cache.purge,
          cache.clear,
          Stream.runCollect(cache.entries)
        ]
        for (const access of all) {
          const { exit, millis } = yield* timed(Effect.flip(access))
          expect(Exit.isSuccess(exit) && exit.value._tag).toBe("CacheFailure")
          expect(millis).toBeLessThanOrEqual(10_000)
        }
      })
  )
})

describe("a store that fails now and then, such as a full disk", () => {
  it.scoped("is reported once, until it has worked for a minute", () =>
    Effect.gen(function* () {
      const { faulty, store } = yield* makeStore
      const logged: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ logLevel }) => {
          logged.push(logLevel.label)
        })
      )
      const api = makeApi((_, index) => ({ headers: fresh, body: `${index}` }))
      const cache = yield* cacheOver(store)
      let calls = 0
      const call = Effect.suspend(() =>
        Effect.provide(cache.through(api.exchange(`${url}/${(calls += 1)}`)), noClient)
      ).pipe(Effect.provide(logger))
      for (let round = 0; round < 60; round += 1) {
        if (round % 3 === 0) faulty.clear()
        else faulty.set("set", () => new ResponseCache.CacheFailure({ message: "ENOSPC" }))
        yield* call
        yield* TestClock.adjust("5 seconds")
      }
      expect(logged).toEqual(["WARN"])
      faulty.clear()
      yield* TestClock.adjust("2 minutes")
      yield* call
      expect(logged).toEqual(["WARN", "INFO"])
      faulty.set("set", () => new ResponseCache.CacheFailure({ message: "ENOSPC" }))
      yield* call
      expect(logged).toEqual(["WARN", "INFO", "WARN"])
    })
  )
})
