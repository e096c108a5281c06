import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Batch, Deadline, Endpoint, Operation, Verbs } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, Caller, once } from "../../../support/kit.js"

const { get, put } = Verbs.make(Caller)
const fresh = { "cache-control": "max-age=1000" }

/** A resource whose version each PUT increases, unless `override` has another behaviour for the request. */
const versionedServer = (
  override: (increase: () => void, received: Scripted.Received) => Scripted.Behaviour | undefined = () => undefined
) =>
  Effect.suspend(() => {
    let version = 0
    const increase = () => {
      version += 1
    }
    return Scripted.make((received) => {
      const overridden = override(increase, received)
      if (overridden !== undefined) return overridden
      if (received.method === "PUT") increase()
      return Scripted.json({ version }, { headers: fresh })
    })
  })

/** Provides the API of a server, a cache and a client that does not retry. */
const provideApi = (url: URL) =>
  Effect.provide(
    at(url).pipe(Layer.provideMerge(HttpCache.layerMemory()), Layer.provideMerge(client), Layer.merge(once))
  )

describe("a write", () => {
  it.scoped("that exceeds its deadline invalidates stored responses before it fails", () =>
    Effect.gen(function* () {
      const server = yield* versionedServer((increase, { method }) => {
        if (method !== "PUT") return undefined
        increase()
        return Scripted.silence
      })
      yield* Effect.gen(function* () {
        expect(yield* get("/a")).toEqual({ version: 0 })
        yield* server.next
        const slow = Effect.provideService(put("/a", { json: {} }), Deadline.Current, "100 millis")
        const failing = yield* Effect.fork(Effect.flip(slow))
        yield* server.next
        yield* TestClock.adjust("100 millis")
        expect(yield* Fiber.join(failing)).toMatchObject({ _tag: "TimeoutError" })
        expect(yield* get("/a")).toEqual({ version: 1 })
      }).pipe(provideApi(server.url))
    })
  )

  it.scopedLive("that is redirected invalidates the responses of its target, too", () =>
    Effect.gen(function* () {
      const server = yield* versionedServer((_, { method, target }) =>
        method === "PUT" && target === "/a" ? Scripted.redirect("/b", 308) : undefined
      )
      yield* Effect.gen(function* () {
        expect(yield* get("/b")).toEqual({ version: 0 })
        yield* put("/a", { json: {} })
        expect(yield* get("/b")).toEqual({ version: 1 })
      }).pipe(provideApi(server.url))
    })
  )

  it.scopedLive("during a batch keeps the batch from storing outdated items", () =>
    Effect.gen(function* () {
      const Item = Schema.Struct({ id: Schema.String, version: Schema.Number })
      const getItem = Operation.make(
        Caller,
        () => Endpoint.get("/items/{id}", { success: Item }),
        (id: string) => ({ id })
      )
      const getItems = Operation.make(
        Caller,
        () => Endpoint.get("/items", { success: Schema.Array(Schema.Unknown) }),
        (_: ReadonlyArray<string>) => ({})
      )
      const items = Batch.make({ one: getItem, many: getItems, items: (all) => all, id: ({ id }) => id, size: 10 })
      const batchReceived = yield* Deferred.make<() => void>()
      let version = 0
      const server = yield* Scripted.make(({ method, target }) => (response, received) => {
        if (method === "PUT") version += 1
        const item = { id: "a", version }
        const respond = () => Scripted.json(target === "/items" ? [item] : item, { headers: fresh })(response, received)
        if (target === "/items") Deferred.unsafeDone(batchReceived, Effect.succeed(respond))
        else respond()
      })
      yield* Effect.gen(function* () {
        const batch = yield* Effect.fork(items(["a"]))
        const respond = yield* Deferred.await(batchReceived)
        yield* put("/items/a", { json: {} })
        respond()
        expect(yield* Fiber.join(batch)).toEqual([Option.some({ id: "a", version: 0 })])
        expect(yield* get("/items/a")).toEqual({ id: "a", version: 1 })
      }).pipe(provideApi(server.url))
    })
  )
})
