import { describe, expect, it } from "@effect/vitest"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type * as ConfigError from "effect/ConfigError"
import { Authoriser, Credentials, Pagination } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import type { Descriptor } from "../../../../src/Descriptor.js"
import { json, make, respond } from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { described } from "../../../support/described.js"
import { verbs } from "../../../support/verbs.js"
import { Caller, once } from "../../../support/kit.js"

const secret = (text: string) => Redacted.make(text)

type Options = Authoriser.Options<Credentials.Credentials, ConfigError.ConfigError>

const layer = (options: Options) => Layer.orDie(Layer.mergeAll(client, once, Caller.layer(options)))

const key = Credentials.apiKey({ header: "x-api-key", key: secret("key-0123456789abcdef0123") })
const other = Credentials.apiKey({ query: "other", key: secret("other-0123456789abcdef01") })
const inCookie = Credentials.apiKey({ cookie: "sid", key: secret("cookie-0123456789abcdef0") })
const token = Credentials.bearer(secret("token-0123456789abcdef01"))

/** The credentials that a server received. */
const sentTo = ({ requests }: Effect.Effect.Success<ReturnType<typeof make>>, index = 0) => {
  const { headers, target } = requests[index]!
  return [
    ...(headers["x-api-key"] === undefined ? [] : ["key"]),
    ...(target.includes("other=") ? ["other"] : []),
    ...(headers["cookie"] === undefined ? [] : ["cookie"]),
    ...(headers["authorization"] === undefined ? [] : ["token"])
  ].join(" ")
}

describe("The security of an operation", () => {
  const schemes = { key, other, inCookie, token }
  type Name = keyof typeof schemes
  const given = (...names: ReadonlyArray<Name>) =>
    Credentials.bySecurity(Object.fromEntries(names.map((name) => [name, schemes[name]])))

  it.effect.each([
    [[["key"], ["token"]], ["key", "token"], "key"],
    [[["key"], ["token"]], ["token"], "token"],
    [[["key", "other"], ["token"]], ["key", "token"], "token"],
    [[["key", "other", "inCookie"]], ["key", "other", "inCookie"], "key other cookie"],
    [[[], ["key"]], ["key"], "key"],
    [[["key"], []], ["token"], ""],
    [[[], ["key"]], [], ""],
    [[], ["key"], ""],
    [[[]], ["key"], ""],
    [undefined, ["token", "key"], "token"],
    [undefined, [], ""]
  ] as ReadonlyArray<readonly [Descriptor["security"], ReadonlyArray<Name>, string]>)(
    "%j, with %j given",
    ([security, names, expected]) =>
      Effect.gen(function* () {
        const server = yield* make([json(null)])
        const call = described({ security })()
        yield* Effect.provide(call, layer({ baseUrl: server.url, credentials: given(...names) }))
        expect(sentTo(server)).toBe(expected)
      }).pipe(Effect.scoped)
  )

  it.effect("fails before anything is sent, if none of its schemes is given", () =>
    Effect.gen(function* () {
      const server = yield* make([json(null)])
      const call = Effect.flip(described({ security: [["key", "other"], ["oauth"]] })())
      const provided = (credentials: Options["credentials"]) =>
        Effect.provide(call, layer({ baseUrl: server.url, credentials }))
      const error = yield* provided(given("key", "token"))
      expect([error._tag, server.requests.length]).toEqual(["AuthoriserError", 0])
      expect(error.message).toContain(
        "the operation needs the credentials of key and other, or oauth, and those of key, token are given: add them to Credentials.bySecurity"
      )
      expect((yield* provided(given())).message).toContain("and none are given")
    }).pipe(Effect.scoped)
  )

  it.effect("does not select among other credentials, which are sent unless it has none", () =>
    Effect.gen(function* () {
      const server = yield* make([json(null)])
      const live = layer({ baseUrl: server.url, credentials: token })
      yield* Effect.provide(described({ security: [["anything"]] })(), live)
      yield* Effect.provide(described({ security: [[]] })(), live)
      expect([sentTo(server), sentTo(server, 1)]).toEqual(["token", ""])
    }).pipe(Effect.scoped)
  )

  it.effect("applies to every step: a 401 refreshes the credentials that were sent", () =>
    Effect.gen(function* () {
      const server = yield* make([respond({ status: 401 }), json(null)])
      const calls: Array<string> = []
      let generation = 0
      const renewed = (name: string): Effect.Effect<Credentials.Credentials> =>
        Effect.succeed({
          ...Credentials.none,
          identity: name,
          authorize: (request) => Effect.sync(() => ({ request, generation: name === "a" ? generation : 7 })),
          rejected: (rejected) =>
            Effect.sync(() => {
              calls.push(`${name} ${rejected}`)
              generation += 1
              return name === "a"
            })
        })
      const credentials = Credentials.bySecurity({ a: renewed("a"), b: renewed("b"), c: renewed("c") })
      yield* Effect.provide(described({ security: [["a", "b"]] })(), layer({ baseUrl: server.url, credentials }))
      expect([calls, server.requests.length]).toEqual([["a 0", "b 7"], 2])
    }).pipe(Effect.scoped)
  )

  it.effect("remembers a bounded number of renewals of credentials that it needs together", () =>
    Effect.gen(function* () {
      let generation = 0
      const calls: Array<number> = []
      const renewed: Effect.Effect<Credentials.Credentials> = Effect.succeed({
        ...Credentials.none,
        authorize: (request) => Effect.sync(() => ({ request, generation: (generation += 1) })),
        rejected: (rejected) => Effect.sync(() => calls.push(rejected) === 0)
      })
      const { forSecurity } = yield* Credentials.bySecurity({ a: renewed, b: Effect.succeed(Credentials.none) })
      const both = forSecurity!([["a", "b"]])
      const first = yield* both.authorize(HttpClientRequest.get("/"))
      let last = first
      for (let count = 0; count < 1000; count += 1) last = yield* both.authorize(HttpClientRequest.get("/"))
      // Credentials that were replaced long ago are known to be, without asking.
      expect([yield* both.rejected(first.generation), calls]).toEqual([true, []])
      expect([yield* both.rejected(last.generation), calls]).toEqual([false, [1001]])
    })
  )

  it.effect("separates the entries of the response cache by the credentials that are sent", () =>
    Effect.gen(function* () {
      const server = yield* make([json(null, { headers: { "cache-control": "private, max-age=60" } })])
      const credentials = given("key", "token")
      const live = layer({ baseUrl: server.url, credentials }).pipe(
        Layer.provide(HttpCache.layerMemory()),
        Layer.provideMerge(client)
      )
      yield* Effect.gen(function* () {
        for (const security of [[["key"]], [["token"]], [["key", "token"]], [], [["key"]]])
          yield* described({ security })()
      }).pipe(Effect.provide(live))
      expect(server.requests.map((_, index) => sentTo(server, index))).toEqual(["key", "token", "key token", ""])
    }).pipe(Effect.scoped)
  )
})

describe("The server of an operation", () => {
  it.effect.each([
    ["/v2", "/v2/x"],
    ["/v2/", "/v2/x"],
    ["/", "/x"],
    ["v2", "/api/v2/x"],
    ["?a=b#c", "/api/v1/x"]
  ])("%s, on the origin of the base URL", ([server, target]) =>
    Effect.gen(function* () {
      const http = yield* make([json(null)])
      const live = layer({ baseUrl: new URL("/api/v1", http.url), credentials: token })
      yield* Effect.provide(described({ server })(), live)
      expect([http.requests[0]?.target, sentTo(http)]).toEqual([target, "token"])
    }).pipe(Effect.scoped)
  )

  const elsewhere = (options: (other: URL) => Partial<Options>) =>
    Effect.gen(function* () {
      const [api, uploads] = [yield* make([json("api")]), yield* make([json("uploads")])]
      const headers = { "x-tenant": "t", "user-agent": "test/1" }
      const live = layer({ baseUrl: api.url, credentials: token, headers, ...options(uploads.url) })
      const value = yield* Effect.provide(described({ server: new URL("/up", uploads.url).href })(), live)
      const { headers: received, target } = uploads.requests[0]!
      return [value, target, sentTo(uploads), received["x-tenant"], received["user-agent"], api.requests.length]
    }).pipe(Effect.scoped)

  it.effect("on another origin receives neither credentials nor default headers", () =>
    Effect.gen(function* () {
      expect(yield* elsewhere(() => ({}))).toEqual(["uploads", "/up/x", "", undefined, "test/1", 0])
    })
  )

  it.effect("on a trusted origin receives both", () =>
    Effect.gen(function* () {
      expect(yield* elsewhere(({ origin }) => ({ trustedOrigins: [origin] }))).toEqual([
        "uploads",
        "/up/x",
        "token",
        "t",
        "test/1",
        0
      ])
    })
  )

  it.effect("on another origin has pauses and budgets of its own", () =>
    Effect.gen(function* () {
      const uploads = yield* make([respond({ status: 503, headers: { "retry-after": "3600" } })])
      const api = yield* make([json("api")])
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(described({ server: uploads.url.href })())
        expect(error._tag).toBe("ServerError")
        expect(yield* described({})()).toBe("api")
        // The pause is shared by the operations of that server.
        yield* Effect.flip(described({ path: "/y", server: uploads.url.href })())
        expect(uploads.requests.length).toBe(1)
      }).pipe(Effect.provide(layer({ baseUrl: api.url })))
    }).pipe(Effect.scoped)
  )

  it.effect.each(["ftp://a.example", "https://", "https://u:p@a.example", "javascript:alert(1)", "\ud800://"])(
    "%s can't be used",
    (server) =>
      Effect.gen(function* () {
        const http = yield* make([json(null)])
        const error = yield* Effect.flip(Effect.provide(described({ server })(), layer({ baseUrl: http.url })))
        expect([error._tag, http.requests.length]).toEqual(["EncodeError", 0])
        expect(error.message).toMatch(/server: is (?:not|a)/)
      }).pipe(Effect.scoped)
  )

  it.effect("has pages whose links are of its origin", () =>
    Effect.gen(function* () {
      const api = yield* make([json([])])
      const uploads = yield* make(({ target }, index) =>
        json([index], index > 0 ? {} : { headers: { link: `<${target}?page=2>; rel="next"` } })
      )
      const list = Pagination.link(described({ server: uploads.url.href }), {
        items: (value) => value as ReadonlyArray<number>
      })
      const pages = yield* Effect.provide(
        Effect.map(Stream.runCollect(list()), (items) => [...items]),
        layer({ baseUrl: api.url, credentials: token, trustedOrigins: [uploads.url.origin] })
      )
      expect([pages, uploads.requests.map(({ target }) => target), api.requests.length]).toEqual([
        [0, 1],
        ["/x", "/x?page=2"],
        0
      ])
      expect(uploads.requests.map((_, index) => sentTo(uploads, index))).toEqual(["token", "token"])
    }).pipe(Effect.scoped)
  )
})

describe("trustedOrigins", () => {
  it.effect.each([["https://a.example/"], ["a.example"], "https://a.example", [5]])("%j is refused", (trustedOrigins) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Authoriser.make({ baseUrl: "https://b.example", trustedOrigins } as never))
      expect(String(error)).toContain("must be origins, such as https://uploads.example")
    })
  )
})

describe("A key in a cookie", () => {
  it.effect("is added to the cookies of the call", () =>
    Effect.gen(function* () {
      const server = yield* make([json(null)])
      const call = described({ parameters: [{ name: "theme", in: "cookie" }] })({ cookies: { theme: "dark" } })
      yield* Effect.provide(call, layer({ baseUrl: server.url, credentials: inCookie }))
      expect(server.requests[0]?.headers["cookie"]).toBe("theme=dark; sid=cookie-0123456789abcdef0")
    }).pipe(Effect.scoped)
  )

  it.effect("is in no error", () =>
    Effect.gen(function* () {
      const server = yield* make([json({ message: "unknown session cookie-0123456789abcdef0" }, { status: 403 })])
      const call = Effect.flip(verbs.get("/x"))
      const error = yield* Effect.provide(call, layer({ baseUrl: server.url, credentials: inCookie }))
      expect(JSON.stringify(error) + String(error)).not.toContain("cookie-0123456789abcdef0")
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    [{ cookie: "a b", key: secret("k") }],
    [{ cookie: "", key: secret("k") }],
    [{ cookie: "a", key: secret("k;b=c") }],
    [{ cookie: "a", key: secret("k\n") }],
    [{ cookie: "a", key: "k" as never }]
  ] as const)("is refused if a cookie can't have it", ([options]) =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(Credentials.apiKey(options)))._op).toBe("InvalidData")
    })
  )
})
