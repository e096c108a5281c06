import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  As,
  Authoriser,
  Batch,
  Credentials,
  Deadline,
  ResponseCache,
  RetryPolicy,
  Token,
  Tokens,
  TokenStore,
  Verbs
} from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../../servers/scripted.js"
import { at, Caller, clients, once, thing } from "../kit.js"

const [[, client]] = clients as [(typeof clients)[number]]
const { get, put } = Verbs.make(Caller)
const fresh = { "cache-control": "max-age=1000" }

/** A resource that is written, and read. */
const written = (
  answers: (write: () => void, received: Scripted.Received) => Scripted.Behaviour | undefined = () => undefined
) =>
  Effect.suspend(() => {
    let version = 0
    return Scripted.make((received) => {
      const write = () => void (version += 1)
      const own = answers(write, received)
      if (own !== undefined) return own
      if (received.method === "PUT") write()
      return Scripted.json({ version }, { headers: fresh })
    })
  })

const caching = (options: HttpCache.Options = {}) => HttpCache.layerMemory(options)

describe("a write", () => {
  it.scopedLive("that ends by its deadline has ended what is kept before its caller knows", () =>
    Effect.gen(function* () {
      const server = yield* written((write, { method }) => {
        if (method !== "PUT") return undefined
        write()
        return Scripted.silence
      })
      yield* Effect.gen(function* () {
        expect(yield* get("/a")).toEqual({ version: 0 })
        const slow = Effect.provideService(put("/a", { json: {} }), Deadline.Current, "100 millis")
        expect(yield* Effect.flip(slow)).toMatchObject({ _tag: "TimeoutError" })
        expect(yield* get("/a")).toEqual({ version: 1 })
      }).pipe(Effect.provide(at(server.url)), Effect.provide(caching()), Effect.provide(Layer.merge(client, once)))
    })
  )

  it.scopedLive("that is redirected ends what is kept of where it led, too", () =>
    Effect.gen(function* () {
      const server = yield* written((_, { method, target }) =>
        method === "PUT" && target === "/a" ? Scripted.redirect("/b", 308) : undefined
      )
      yield* Effect.gen(function* () {
        expect(yield* get("/b")).toEqual({ version: 0 })
        yield* put("/a", { json: {} })
        expect(yield* get("/b")).toEqual({ version: 1 })
      }).pipe(Effect.provide(at(server.url)), Effect.provide(caching()), Effect.provide(Layer.merge(client, once)))
    })
  )

  it.scopedLive("that ends while a batch is under way is not undone by it", () =>
    Effect.gen(function* () {
      const Item = Schema.Struct({ id: Schema.String, version: Schema.Number })
      const one = () =>
        HttpApiEndpoint.get("one", "/items/:id")
          .setPath(Schema.Struct({ id: Schema.String }))
          .addSuccess(Item)
      const items = Batch.make(Caller, {
        one: { endpoint: one, request: (id: string) => ({ path: { id } }) },
        many: {
          endpoint: () => HttpApiEndpoint.get("many", "/items").addSuccess(Schema.Array(Schema.Unknown)),
          request: () => ({})
        },
        items: (answer) => answer,
        id: ({ id }) => id,
        size: 10
      })
      const asked = yield* Deferred.make<() => void>()
      let version = 0
      const server = yield* Scripted.make(({ method, target }) => (response, received) => {
        if (method === "PUT") version += 1
        const now = version
        const whole = target === "/items" ? [{ id: "a", version: now }] : { id: "a", version: now }
        const respond = () => Scripted.json(whole, { headers: fresh })(response, received)
        if (target === "/items") Deferred.unsafeDone(asked, Effect.succeed(respond))
        else respond()
      })
      yield* Effect.gen(function* () {
        const batch = yield* Effect.fork(items(["a"]))
        const respond = yield* Deferred.await(asked)
        yield* put("/items/a", { json: {} })
        respond()
        expect(yield* Fiber.join(batch)).toEqual([Option.some({ id: "a", version: 0 })])
        expect(yield* get("/items/a")).toEqual({ id: "a", version: 1 })
      }).pipe(Effect.provide(at(server.url)), Effect.provide(caching()), Effect.provide(Layer.merge(client, once)))
    })
  )
})

describe("an answer that the call can't make anything of", () => {
  const page = Scripted.answer({
    headers: { ...fresh, "content-type": "text/html" },
    body: "<h1>Sign in to the hotel</h1>"
  })
  const lifetime = () => "4 weeks" as const

  it.scopedLive("is not kept", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([page, Scripted.json({ ok: true })])
      yield* Effect.gen(function* () {
        const call = thing()
        expect(yield* Effect.flip(call)).toMatchObject({ _tag: "DecodeError", reason: "Json" })
        expect(yield* call).toEqual({ ok: true })
        expect(yield* call).toEqual({ ok: true })
        expect(server.requests).toHaveLength(2)
      }).pipe(
        Effect.provide(at(server.url)),
        Effect.provide(caching({ lifetime })),
        Effect.provide(Layer.merge(client, once))
      )
    })
  )

  it.scopedLive("and was kept by another, is asked for again", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.json({ v: 1 }, { headers: fresh }),
        Scripted.json({ ok: true }, { headers: fresh })
      ])
      yield* Effect.gen(function* () {
        expect(yield* get("/thing")).toEqual({ v: 1 })
        expect(yield* thing()).toEqual({ ok: true })
        expect(yield* thing()).toEqual({ ok: true })
        expect(server.requests).toHaveLength(2)
        expect(server.requests[1]?.headers["if-none-match"]).toBeUndefined()
      }).pipe(Effect.provide(at(server.url)), Effect.provide(caching()), Effect.provide(Layer.merge(client, once)))
    })
  )
})

describe("a shared request", () => {
  it.scopedLive("goes by the API's own policy and attempts, and not by those of the call that it began with", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<() => void>()
      const server = yield* Scripted.make((_, index) => (response, received) => {
        const respond = () =>
          index === 0
            ? Scripted.answer({ status: 503 })(response, received)
            : Scripted.json({ ok: true })(response, received)
        if (index === 0) Deferred.unsafeDone(gate, Effect.succeed(respond))
        else respond()
      })
      yield* Effect.gen(function* () {
        const call = thing()
        const hasty = yield* call.pipe(
          Effect.provideService(RetryPolicy.Current, RetryPolicy.none),
          Effect.provideService(Deadline.PerAttempt, "200 millis"),
          Effect.provideService(Deadline.Current, "1 second"),
          Effect.either,
          Effect.fork
        )
        const respond = yield* Deferred.await(gate)
        const patient = yield* Effect.fork(call)
        yield* Effect.sleep("300 millis")
        respond()
        expect(yield* Fiber.join(patient)).toEqual({ ok: true })
        expect(server.requests).toHaveLength(2)
        yield* Fiber.join(hasty)
      }).pipe(Effect.provide(at(server.url)), Effect.provide(caching({ share: true })), Effect.provide(client))
    })
  )
})

describe("Basic", () => {
  it.scopedLive("has its partition derived once, though the first that wants it is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* written()
      const credentials = Credentials.basic({ username: "bob", password: Redacted.make("secret") })
      yield* Effect.gen(function* () {
        yield* Effect.either(Effect.provideService(get("/a"), Deadline.Current, "1 millis"))
        expect(yield* get("/a")).toEqual({ version: 0 })
      }).pipe(
        Effect.provide(Authoriser.layer(Caller, { baseUrl: server.url, credentials })),
        Effect.provide(caching()),
        Effect.provide(Layer.merge(client, once))
      )
    })
  )
})

describe("one who signs in", () => {
  class Person extends Context.Tag("effect-herald/test/cache/reviewed/Person")<
    Person,
    Authoriser.Authoriser & Tokens.Tokens
  >() {}
  const mine = Verbs.make(Person).get("/me", { as: As.response(As.json) })

  /** An API that says who asks, under an entity tag that is the same for all. */
  const whoAmI = Scripted.make(({ headers }) =>
    headers["if-none-match"] === undefined
      ? Scripted.json({ you: headers.authorization }, { headers: { "cache-control": "max-age=0", etag: '"same"' } })
      : Scripted.answer({ status: 304 })
  )

  it.scopedLive("as another amid a call gets their own answer, which is not kept for the one before", () =>
    Effect.gen(function* () {
      const server = yield* whoAmI
      const store = yield* TokenStore.makeMemory
      const tokenOf = (who: string, expiresAt: number) =>
        JSON.stringify({ access_token: who, granted_at: 1, expires_at: expiresAt, grant_id: `grant of ${who}` })
      const credentials = Tokens.make({
        name: "me",
        identity: "me",
        grant: Effect.dieMessage("nobody is asked to sign in")
      })
      const far = 9_999_999_999
      yield* store.save("me", tokenOf("alice", far))
      yield* Effect.gen(function* () {
        expect((yield* mine).body).toEqual({ you: "Bearer alice" })
        const { rejected } = yield* Person
        // Somebody else signs in with another program, and this one is yet to see it.
        yield* store.save("me", tokenOf("bob", far))
        const [lookedUp] = yield* Effect.all([(yield* Person).partition!])
        expect(Option.getOrThrow(lookedUp)).toContain("alice")
        // The server takes alice's token no longer: the call that finds out goes on as bob.
        yield* rejected(1)
        expect((yield* mine).body).toEqual({ you: "Bearer bob" })
      }).pipe(
        Effect.provide(Authoriser.layer(Person, { baseUrl: server.url, credentials })),
        Effect.provideService(TokenStore.TokenStore, store),
        Effect.provide(caching()),
        Effect.provide(Layer.merge(client, once))
      )
    })
  )

  it.scopedLive(
    "between the look into the cache and the credentials is told by these, and given nothing of the other's",
    () =>
      Effect.gen(function* () {
        const server = yield* whoAmI
        let who = "alice"
        const partition = Effect.sync(() => Option.some(who))
        /** The cache is asked as one, and credentials are those of the next. */
        let turns = false
        const caller = at(server.url, {
          partition,
          authorise: (request) =>
            Effect.sync(() => {
              if (turns) who = "bob"
              return {
                request: { ...request, headers: { ...request.headers, authorization: who } },
                generation: 0,
                partition: who
              } as Authoriser.Authorised
            })
        })
        yield* Effect.gen(function* () {
          const { entries } = yield* ResponseCache.ResponseCache
          expect(yield* get("/me")).toEqual({ you: "alice" })
          turns = true
          expect(yield* get("/me")).toEqual({ you: "bob" })
          who = "alice"
          turns = false
          expect(server.requests.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, undefined])
          expect(yield* get("/me")).toEqual({ you: "alice" })
          const kept = yield* Effect.map(
            Effect.map(Stream.runCollect(entries), (all) => [...all]),
            (all) => all.map(({ partition }) => partition)
          )
          expect(kept).toEqual(["alice"])
        }).pipe(Effect.provide(caller), Effect.provide(caching()), Effect.provide(Layer.merge(client, once)))
      })
  )

  it.scopedLive("is not asked to, by a call that is only to be answered from the cache", () =>
    Effect.gen(function* () {
      const server = yield* whoAmI
      let granted = 0
      const credentials = Tokens.make({
        name: "me",
        identity: "me",
        grant: Effect.sync(() => ({ accessToken: Redacted.make(`${(granted += 1)}`) }))
      })
      const error = yield* mine.pipe(
        Effect.flip,
        Effect.provideService(ResponseCache.Current, "only-if-cached"),
        Effect.provide(Authoriser.layer(Person, { baseUrl: server.url, credentials })),
        Effect.provide(caching()),
        Effect.provide(Layer.merge(client, once))
      )
      expect(error._tag).toBe("NotSent")
      expect([granted, server.requests.length]).toEqual([0, 0])
    })
  )

  it.scopedLive("and does not, is asked once", () =>
    Effect.gen(function* () {
      const server = yield* whoAmI
      let asked = 0
      const credentials = Tokens.make({
        name: "me",
        identity: "me",
        grant: Effect.suspend(() => {
          asked += 1
          return new Token.TokenFailure({ reason: "Denied", message: "no" })
        })
      })
      const error = yield* mine.pipe(
        Effect.flip,
        Effect.provide(Authoriser.layer(Person, { baseUrl: server.url, credentials })),
        Effect.provide(caching()),
        Effect.provide(Layer.merge(client, once))
      )
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Denied" })
      expect([asked, server.requests.length]).toEqual([1, 0])
    })
  )
})
