import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { TokenStore } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { Caller, once, thing } from "../support/kit.js"
import { settle, until } from "../support/settle.js"
import * as TokenServer from "../support/tokenServer.js"

/** A server whose refresh waits, an API, and a store with an expired token. */
const setUp = Effect.gen(function* () {
  const pending: Array<() => void> = []
  const server = yield* TokenServer.make((respond) => void pending.push(respond))
  const api = yield* Scripted.make([Scripted.json({ ok: true })])
  const store = yield* TokenStore.makeMemory
  yield* store.save("test", TokenServer.firstToken(true))
  const credentials = TokenServer.makeTokens(server.url)
  const layer = Caller.layer({ baseUrl: api.url, credentials }).pipe(
    Layer.provide(Layer.succeed(TokenStore.TokenStore, store))
  )
  return {
    layer,
    store,
    /** Waits until the refresh was sent. */
    refreshing: until(() => pending.length > 0),
    respond: Effect.sync(() => pending.splice(0).forEach((respond) => respond())),
    stored: Effect.map(
      store.load("test"),
      Option.getOrElse(() => "")
    )
  }
})

describe("a refresh", () => {
  const compositions: Readonly<
    Record<
      string,
      (api: Layer.Layer<Caller, unknown, HttpClient.HttpClient>) => Layer.Layer<Caller | HttpClient.HttpClient, unknown>
    >
  > = {
    "provideMerge(client)": (api) => Layer.provideMerge(api, client),
    "provide(client), merged with the client": (api) => Layer.merge(Layer.provide(api, client), client),
    "the client, merged with provide(client)": (api) => Layer.merge(client, Layer.provide(api, client)),
    "a fresh client for calls": (api) => Layer.merge(Layer.provide(api, client), Layer.fresh(client))
  }

  it.scopedLive.each(Object.entries(compositions))(
    "is completed and saved before its client closes: %s",
    ([, compose]) =>
      Effect.gen(function* () {
        const { layer, refreshing, respond, stored } = yield* setUp
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(compose(layer), scope)
        const call = yield* Effect.fork(Effect.exit(thing().pipe(Effect.provide(context), Effect.provide(once))))
        yield* refreshing
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* settle
        expect(Option.isNone(yield* Fiber.poll(closing))).toBe(true)
        yield* respond
        yield* Fiber.join(closing)
        expect(yield* stored).toContain("refresh-1")
        yield* Fiber.interrupt(call)
      })
  )

  it.scopedLive("is completed and saved before a ManagedRuntime closes its client", () =>
    Effect.gen(function* () {
      const { layer, refreshing, respond, stored } = yield* setUp
      const runtime = ManagedRuntime.make(Layer.provideMerge(layer, client))
      const call = runtime.runFork(Effect.provide(thing(), once))
      yield* refreshing
      const disposed = runtime.dispose()
      yield* settle
      yield* respond
      yield* Effect.promise(() => disposed)
      expect(yield* stored).toContain("refresh-1")
      yield* Fiber.interrupt(call)
    })
  )

  it.scopedLive("is completed and saved where the client of the call that began it ends with the call", () =>
    Effect.gen(function* () {
      const { layer, refreshing, respond, stored } = yield* setUp
      const context = yield* Layer.build(Layer.provide(layer, client))
      const call = yield* Effect.fork(
        thing().pipe(Effect.provide(context), Effect.provide(Layer.fresh(client)), Effect.provide(once))
      )
      yield* refreshing
      yield* Fiber.interrupt(call)
      const next = yield* Effect.fork(
        thing().pipe(Effect.provide(context), Effect.provide(client), Effect.provide(once))
      )
      yield* settle
      yield* respond
      expect(yield* Fiber.join(next)).toEqual({ ok: true })
      expect(yield* stored).toContain("refresh-1")
    })
  )
})
