import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Authoriser, CacheStore, Credentials, Tokens, Verbs } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Polympics from "effect-herald/polympics"
import * as Scripted from "../../servers/scripted.js"
import { clients, once } from "../kit.js"

class Api extends Context.Tag("effect-herald/test/cache/Api")<Api, Authoriser.Authoriser>() {}

const secret = Redacted.make("correct horse")
const guess = Redacted.make("correct house")

type Made = NonNullable<Parameters<typeof Authoriser.layer<Api, Authoriser.Authoriser, unknown>>[1]["credentials"]>

/** Two that are alike but for their secret. */
const pairs: Readonly<Record<string, readonly [Made, Made]>> = {
  "Basic, of one user name": [
    Credentials.basic({ username: "bob", password: secret }),
    Credentials.basic({ username: "bob", password: guess })
  ],
  bearer: [Credentials.bearer(Redacted.make("token-1")), Credentials.bearer(Redacted.make("token-2"))],
  "a key in the query": [
    Credentials.apiKey({ query: "key", key: Redacted.make("token-1") }),
    Credentials.apiKey({ query: "key", key: Redacted.make("token-2") })
  ],
  "nobody, and somebody": [Credentials.make("", (request) => request), Credentials.bearer(Redacted.make("token-1"))]
}

const [[, client]] = clients as [(typeof clients)[number]]

const fresh = Scripted.json({ ok: true }, { headers: { "cache-control": "max-age=1000" } })

describe("what is cached for one", () => {
  it.scopedLive.each(Object.entries(pairs))("is not given to another: %s", ([, [one, other]]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([fresh])
      const as = (credentials: Made) =>
        Effect.provide(Verbs.make(Api).get("/me"), Authoriser.layer(Api, { baseUrl: server.url, credentials }))
      yield* Effect.gen(function* () {
        yield* as(one)
        yield* as(one)
        expect(server.requests).toHaveLength(1)
        yield* as(other)
        expect(server.requests).toHaveLength(2)
      }).pipe(Effect.provide(HttpCache.layerMemory()), Effect.provide(Layer.merge(client, once)))
    })
  )

  it.scopedLive("is not given to a user with another password", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.json({ signups_open: true }, { headers: { "cache-control": "max-age=1000" } })
      ])
      const as = (password: Redacted.Redacted) =>
        Polympics.checkSignups.pipe(
          Effect.either,
          Effect.provide(Polympics.user({ username: "S1", password }, { baseUrl: server.url }))
        )
      yield* Effect.gen(function* () {
        yield* as(secret)
        yield* as(secret)
        expect(server.requests).toHaveLength(1)
        yield* as(guess)
        expect(server.requests).toHaveLength(2)
      }).pipe(Effect.provide(HttpCache.layerMemory()), Effect.provide(Layer.merge(client, once)))
    })
  )

  it.scopedLive("is not given to the next one who signs in, though to oneself with a refreshed token", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([fresh])
      let given = 0
      const next = Effect.sync(() => ({
        accessToken: Redacted.make(`access-${(given += 1)}`),
        refreshToken: Redacted.make("refresh"),
        expiresIn: 3600
      }))
      class Person extends Context.Tag("effect-herald/test/cache/Person")<
        Person,
        Authoriser.Authoriser & Tokens.Tokens
      >() {}
      const credentials = Tokens.make({ name: "me", identity: "me", grant: next, refresh: () => next })
      const get = Verbs.make(Person).get("/me")
      yield* Effect.gen(function* () {
        const { rejected, token } = yield* Person
        yield* get
        expect(yield* rejected(1)).toBe(true)
        yield* get
        expect([given, server.requests.length]).toEqual([2, 1])
        yield* token({ forceNew: true })
        yield* get
        expect([given, server.requests.length]).toEqual([3, 2])
      }).pipe(
        Effect.provide(Authoriser.layer(Person, { baseUrl: server.url, credentials })),
        Effect.provide(HttpCache.layerMemory()),
        Effect.provide(Layer.merge(client, once))
      )
    })
  )

  it.scopedLive(
    "is kept without a secret, in the key or beside it; what a caller's own secret asked for is not kept",
    () =>
      Effect.gen(function* () {
        const server = yield* Scripted.make([fresh])
        const kept: Array<string> = []
        const store = Layer.map(HttpCache.storeMemory(), (context) => {
          const memory = Context.get(context, CacheStore.CacheStore)
          return Context.make(CacheStore.CacheStore, {
            ...memory,
            set: (key, stored) => {
              kept.push(`${key}\n${stored.about}`)
              return memory.set(key, stored)
            }
          })
        })
        const { get } = Verbs.make(Api)
        yield* Effect.gen(function* () {
          for (const credentials of Object.values(pairs).flat()) {
            yield* Effect.provide(get("/me"), Authoriser.layer(Api, { baseUrl: server.url, credentials }))
          }
          const all = kept.length
          expect(all).toBeGreaterThanOrEqual(6)
          yield* Effect.provide(
            Effect.all([
              get("/me", { headers: { authorization: "in a header" } }),
              get("/me", { headers: { cookie: "in a cookie" } }),
              get("/me", { headers: { "x-key": Redacted.make("in a header of ours") } }),
              get("/me", { query: { key: Redacted.make("in the query") } }),
              get("/me", { sensitive: true }),
              get("/me", { sideEffects: true })
            ]),
            Authoriser.layer(Api, { baseUrl: server.url })
          )
          expect(kept.length).toBe(all)
        }).pipe(Effect.provide(HttpCache.layer().pipe(Layer.provide(store))), Effect.provide(Layer.merge(client, once)))
        for (const text of ["correct", "token-1", "token-2", "Bearer", "Basic"]) expect(kept.join()).not.toContain(text)
      })
  )
})
