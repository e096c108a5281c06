import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import {
  Authoriser,
  CacheStore,
  Credentials,
  Deadline,
  ResponseCache,
  Token,
  Tokens,
  TokenStore,
  Verbs
} from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, Caller, once } from "../../../support/kit.js"

/** An API whose users sign in. */
class SignedIn extends Authoriser.Tag("effect-herald/test/cache/SignedIn")<SignedIn, Tokens.Tokens>() {}

const { get } = Verbs.make(Caller)

const password = Redacted.make("correct horse")
const otherPassword = Redacted.make("correct house")

type MakeCredentials = Effect.Effect<Credentials.Credentials, ConfigError.ConfigError>

/** Credentials that differ in their secrets only. */
const pairs: Readonly<Record<string, readonly [MakeCredentials, MakeCredentials]>> = {
  "Basic, with the same user name": [
    Credentials.basic({ username: "bob", password }),
    Credentials.basic({ username: "bob", password: otherPassword })
  ],
  bearer: [
    Credentials.bearer(Redacted.make("token-1-of-the-first-user")),
    Credentials.bearer(Redacted.make("token-2-of-the-other-one"))
  ],
  "a key in the query": [
    Credentials.apiKey({ query: "key", key: Redacted.make("token-1-of-the-first-user") }),
    Credentials.apiKey({ query: "key", key: Redacted.make("token-2-of-the-other-one") })
  ],
  "no credentials, and a bearer token": [
    Effect.succeed(Credentials.none),
    Credentials.bearer(Redacted.make("token-1-of-the-first-user"))
  ]
}

const provideClient = Effect.provide(Layer.merge(client, once))
const provideCache = Effect.provide(HttpCache.layerMemory())

const fresh = { "cache-control": "max-age=1000" }
const ok = Scripted.json({ ok: true }, { headers: fresh })

describe("a stored response", () => {
  it.scopedLive.each(Object.entries(pairs))("is not returned to other credentials: %s", ([, [credentials, others]]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok])
      const getWith = (credentials: MakeCredentials) =>
        Effect.provide(get("/me"), Caller.layer({ baseUrl: server.url, credentials }))
      yield* Effect.gen(function* () {
        yield* getWith(credentials)
        yield* getWith(credentials)
        expect(server.requests).toHaveLength(1)
        yield* getWith(others)
        expect(server.requests).toHaveLength(2)
      }).pipe(provideCache, provideClient)
    })
  )

  it.scopedLive("is returned after a refresh of the token, but not after a new sign-in", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok])
      let issued = 0
      const issue = Effect.sync(() => ({
        accessToken: Redacted.make(`access-${(issued += 1)}`),
        refreshToken: Redacted.make("refresh"),
        expiresIn: 3600
      }))
      const credentials = Tokens.make({ name: "me", identity: "me", grant: issue, refresh: () => issue })
      const { get } = Verbs.make(SignedIn)
      yield* Effect.gen(function* () {
        const { rejected, token } = (yield* SignedIn).credentials
        yield* get("/me")
        expect(yield* rejected(1)).toBe(true)
        yield* get("/me")
        expect([issued, server.requests.length]).toEqual([2, 1])
        yield* token({ forceNew: true })
        yield* get("/me")
        expect([issued, server.requests.length]).toEqual([3, 2])
      }).pipe(Effect.provide(SignedIn.layer({ baseUrl: server.url, credentials })), provideCache, provideClient)
    })
  )

  it.scopedLive("has no secret in its key and metadata, and is not stored if the request has secrets of its own", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok])
      const stored: Array<string> = []
      const store = Layer.map(HttpCache.storeMemory(), (context) => {
        const memory = Context.get(context, CacheStore.CacheStore)
        return Context.make(CacheStore.CacheStore, {
          ...memory,
          set: (key, value) => {
            stored.push(`${key}\n${value.metadata}`)
            return memory.set(key, value)
          }
        })
      })
      yield* Effect.gen(function* () {
        for (const credentials of Object.values(pairs).flat()) {
          yield* Effect.provide(get("/me"), Caller.layer({ baseUrl: server.url, credentials }))
        }
        const count = stored.length
        expect(count).toBeGreaterThanOrEqual(6)
        yield* Effect.provide(
          Effect.all([
            get("/me", { headers: { authorization: "in a header" } }),
            get("/me", { headers: { cookie: "in a cookie" } }),
            get("/me", { headers: { "x-key": Redacted.make("in a header of our own") } }),
            get("/me", { query: { key: Redacted.make("in the query") } }),
            get("/me", { sensitive: true }),
            get("/me", { sideEffects: true })
          ]),
          Caller.layer({ baseUrl: server.url })
        )
        expect(stored.length).toBe(count)
      }).pipe(Effect.provide(HttpCache.layer().pipe(Layer.provide(store))), provideClient)
      for (const text of ["correct", "token-1", "token-2", "Bearer", "Basic"]) expect(stored.join()).not.toContain(text)
    })
  )
})

describe("the partition of Basic credentials", () => {
  it.scopedLive("is computed once, even if the first call that needs it is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok])
      const credentials = Credentials.basic({ username: "bob", password: Redacted.make("secret") })
      yield* Effect.gen(function* () {
        yield* Effect.either(Effect.provideService(get("/a"), Deadline.Current, "1 millis"))
        expect(yield* get("/a")).toEqual({ ok: true })
      }).pipe(Effect.provide(Caller.layer({ baseUrl: server.url, credentials })), provideCache, provideClient)
    })
  )
})

describe("a user who signs in", () => {
  const getMe = Verbs.make(SignedIn).get("/me")

  /** An API that returns the credentials of the request, under an entity tag that is the same for all users. */
  const identityServer = Scripted.make(({ headers }) =>
    headers["if-none-match"] === undefined
      ? Scripted.json({ you: headers.authorization }, { headers: { "cache-control": "max-age=0", etag: '"same"' } })
      : Scripted.respond({ status: 304 })
  )

  it.scopedLive("during a call gets a response of their own, which is not stored for the previous user", () =>
    Effect.gen(function* () {
      const server = yield* identityServer
      const store = yield* TokenStore.makeMemory
      const tokenOf = (user: string) =>
        JSON.stringify({ access_token: user, granted_at: 1, expires_at: 9_999_999_999, grant_id: `grant of ${user}` })
      const credentials = Tokens.make({
        name: "me",
        identity: "me",
        grant: Effect.dieMessage("no grant is requested")
      })
      yield* store.save("me", tokenOf("alice"))
      yield* Effect.gen(function* () {
        const { partition, rejected } = (yield* SignedIn).credentials
        expect(yield* getMe).toEqual({ you: "Bearer alice" })
        // Another process signs another user in. This one still has the previous token in memory.
        yield* store.save("me", tokenOf("bob"))
        expect(Option.getOrThrow(yield* partition!)).toContain("alice")
        // A 401 makes this process load the new token.
        yield* rejected(1)
        expect(yield* getMe).toEqual({ you: "Bearer bob" })
      }).pipe(
        Effect.provide(SignedIn.layer({ baseUrl: server.url, credentials })),
        Effect.provideService(TokenStore.TokenStore, store),
        provideCache,
        provideClient
      )
    })
  )

  it.scopedLive("between the lookup and the authorization gets no response of the previous user", () =>
    Effect.gen(function* () {
      const server = yield* identityServer
      let user = "alice"
      let switchUser = false
      const api = at(server.url, {
        credentials: {
          partition: Effect.sync(() => Option.some(user)),
          authorize: (request) =>
            Effect.sync(() => {
              if (switchUser) user = "bob"
              return {
                request: HttpClientRequest.setHeader(request, "authorization", user),
                generation: 0,
                partition: user
              }
            })
        }
      })
      yield* Effect.gen(function* () {
        const { entries } = yield* ResponseCache.ResponseCache
        expect(yield* get("/me")).toEqual({ you: "alice" })
        switchUser = true
        expect(yield* get("/me")).toEqual({ you: "bob" })
        user = "alice"
        switchUser = false
        expect(server.requests.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, undefined])
        expect(yield* get("/me")).toEqual({ you: "alice" })
        expect([...(yield* Stream.runCollect(entries))].map(({ partition }) => partition)).toEqual(["alice"])
      }).pipe(Effect.provide(api), provideCache, provideClient)
    })
  )

  it.scopedLive("is not asked to by a call in mode only-if-cached", () =>
    Effect.gen(function* () {
      const server = yield* identityServer
      let granted = 0
      const credentials = Tokens.make({
        name: "me",
        identity: "me",
        grant: Effect.sync(() => ({ accessToken: Redacted.make(`${(granted += 1)}`) }))
      })
      const error = yield* getMe.pipe(
        Effect.flip,
        Effect.provideService(ResponseCache.Current, "only-if-cached"),
        Effect.provide(SignedIn.layer({ baseUrl: server.url, credentials })),
        provideCache,
        provideClient
      )
      expect(error._tag).toBe("NotSent")
      expect([granted, server.requests.length]).toEqual([0, 0])
    })
  )

  it.scopedLive("is asked once by a call that then fails", () =>
    Effect.gen(function* () {
      const server = yield* identityServer
      let requested = 0
      const credentials = Tokens.make({
        name: "me",
        identity: "me",
        grant: Effect.suspend(() => {
          requested += 1
          return new Token.TokenFailure({ reason: "Denied", message: "no" })
        })
      })
      const error = yield* getMe.pipe(
        Effect.flip,
        Effect.provide(SignedIn.layer({ baseUrl: server.url, credentials })),
        provideCache,
        provideClient
      )
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Denied" })
      expect([requested, server.requests.length]).toEqual([1, 0])
    })
  )
})
