import type { HttpClient } from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Body, CacheStore, Endpoint, Metrics, Operation, ResponseCache, Verbs } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { rawServer } from "../../../servers/raw.js"
import * as Scripted from "../../../servers/scripted.js"
import { makeApi, noClient } from "../../../support/cache.js"
import { client } from "../../../support/client.js"
import { at, bearing, Caller, type CallerParts, Ok, once, status, stub, thing } from "../../../support/kit.js"

/** The API of a server, with a cache that captures the client. */
const cachedAt = (
  url: URL,
  client: Layer.Layer<HttpClient>,
  parts: CallerParts = {},
  options: HttpCache.Options = {}
) =>
  at(url, parts).pipe(Layer.provideMerge(HttpCache.layerMemory(options)), Layer.provideMerge(client), Layer.merge(once))

const fresh = { "cache-control": "max-age=1000" }
const { get, head } = Verbs.make(Caller)

class Missing extends Schema.TaggedError<Missing>()("Missing", { id: Schema.Number }) {}

const getDeclared = Operation.make(Caller, () => Endpoint.get("/thing", { success: Ok, errors: { 404: Missing } }))

describe("HTTP semantics of a cache", () => {
  it.scopedLive.each([
    ["the length of the resource", "content-length: 10000\r\n"],
    ["a length of zero", "content-length: 0\r\n"],
    ["the length of the stored body", "content-length: 11\r\n"],
    ["chunks", "transfer-encoding: chunked\r\n"],
    ["a content coding", "content-encoding: gzip\r\ncontent-length: 99\r\n"],
    ["a range", "content-range: bytes 0-1/9\r\ncontent-length: 2\r\n"],
    ["a connection that ends", "content-length: 10000\r\nconnection: close\r\n"],
    ["no framing", ""]
  ])("a 304 with %s revalidates the stored response by one request, again and again", ([, headers]) =>
    Effect.gen(function* () {
      let requests = 0
      const url = yield* rawServer(() => {
        requests += 1
        return requests === 1
          ? `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\netag: "a"\r\ncache-control: no-cache\r\ncontent-length: 11\r\n\r\n{"ok":true}`
          : `HTTP/1.1 304 Not Modified\r\netag: "a"\r\n${headers}\r\n`
      })
      yield* Effect.gen(function* () {
        yield* thing()
        for (const count of [2, 3, 4]) {
          const { cached, value } = yield* get.withResponse("/thing")
          expect([value, cached?._tag, requests]).toEqual([{ ok: true }, "Revalidated", count])
        }
      }).pipe(Effect.provide(cachedAt(url, client)))
    })
  )

  it.scopedLive.each([
    ["200 after a 103", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", "200 OK", "content-length: 2\r\n\r\nok"],
    ["200 after a 102", "HTTP/1.1 102 Processing\r\n\r\n", "200 OK", "content-length: 2\r\n\r\nok"],
    ["204 with a length of 0", "", "204 No Content", "content-length: 0\r\n\r\n"],
    ["204 with a length", "", "204 No Content", "content-length: 10\r\n\r\n"],
    ["204 in chunks", "", "204 No Content", "transfer-encoding: chunked\r\n\r\n"],
    ["205 with a length of 0", "", "205 Reset Content", "content-length: 0\r\n\r\n"]
  ])("a %s is stored", ([, interim, statusLine, rest]) =>
    Effect.gen(function* () {
      let requests = 0
      const url = yield* rawServer(() => {
        requests += 1
        return `${interim}HTTP/1.1 ${statusLine}\r\ncache-control: max-age=1000\r\n${rest}`
      })
      yield* Effect.gen(function* () {
        const text = get("/", { success: Body.text() })
        expect([yield* text, yield* text, requests]).toEqual([
          ...Array.from({ length: 2 }, () => (statusLine === "200 OK" ? "ok" : "")),
          1
        ])
      }).pipe(Effect.provide(cachedAt(url, client)))
    })
  )

  it.scopedLive("a stored error is the same typed error, without a request", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.json({ _tag: "Missing", id: 7 }, { status: 404, headers: { ...fresh, "x-a": "1" } })
      ])
      yield* Effect.gen(function* () {
        for (let round = 0; round < 3; round += 1) {
          expect(yield* Effect.flip(getDeclared())).toEqual(new Missing({ id: 7 }))
          const error = yield* Effect.flip(thing())
          expect(error).toMatchObject({ _tag: "NotFound", status: 404, data: { _tag: "Missing", id: 7 } })
          expect(error).toMatchObject({ headers: { "x-a": "1" } })
        }
        expect(server.requests).toHaveLength(1)
        const error = yield* Effect.flip(Effect.provideService(thing(), ResponseCache.Current, "only-if-cached"))
        expect(error._tag).toBe("NotFound")
      }).pipe(Effect.provide(cachedAt(server.url, client)))
    })
  )

  it.scopedLive.each([
    ["401", 401],
    ["429", 429],
    ["404 with a Retry-After", 404, { "retry-after": "1000" }],
    ["404 without freshness", 404, { "cache-control": "max-age=0" }],
    ["404 with no-store", 404, { "cache-control": "no-store, max-age=9" }],
    ["404 whose body repeats the credentials", 404, {}, `{"got":"s3cret-token"}`],
    ["404 whose headers repeat the credentials", 404, { "x-got": "s3cret-token" }]
  ] as const)("an error is not stored: %s", ([, status, headers = {}, body = "{}"]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.respond({ status, headers: { "content-type": "application/json", ...fresh, ...headers }, body }),
        Scripted.json({ ok: true })
      ])
      yield* Effect.gen(function* () {
        yield* Effect.flip(thing())
        expect(yield* thing()).toEqual({ ok: true })
        expect(server.requests).toHaveLength(2)
      }).pipe(
        Effect.provide(cachedAt(server.url, client, { credentials: bearing({ authorization: "Bearer s3cret-token" }) }))
      )
    })
  )

  it.scopedLive("an error whose body is cut short is not stored", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.cutShort({ status: 404, headers: fresh, body: "{}" }),
        Scripted.json({ ok: true })
      ])
      yield* Effect.zipRight(Effect.flip(thing()), thing()).pipe(Effect.provide(cachedAt(server.url, client)))
      expect(server.requests).toHaveLength(2)
    })
  )

  it.scopedLive("calls that share a request get the error that is stored", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ _tag: "Missing", id: 7 }, { status: 404, headers: fresh })])
      yield* Effect.gen(function* () {
        const errors = yield* Effect.all(
          [1, 2, 3].map(() => Effect.flip(getDeclared())),
          { concurrency: "unbounded" }
        )
        expect(errors).toEqual([1, 2, 3].map(() => new Missing({ id: 7 })))
        expect(yield* Effect.flip(getDeclared())).toEqual(new Missing({ id: 7 }))
        expect(server.requests).toHaveLength(1)
      }).pipe(Effect.provide(cachedAt(server.url, client, {}, { share: true })))
    })
  )

  it.scopedLive("a redirect that is followed is not stored, and one that is declared as a response is", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(({ target }) =>
        target === "/from"
          ? Scripted.respond({ status: 301, headers: { ...fresh, location: "/to" } })
          : Scripted.json({ ok: true }, { headers: fresh })
      )
      yield* Effect.gen(function* () {
        for (let round = 0; round < 2; round += 1) expect(yield* get("/from")).toEqual({ ok: true })
        expect(server.requests.map(({ target }) => target)).toEqual(["/from", "/to", "/from", "/to"])
        const declared = get.withResponse("/from", { success: { 301: Body.text() } })
        for (let round = 0; round < 3; round += 1) expect((yield* declared).status).toBe(301)
        expect(server.requests).toHaveLength(5)
      }).pipe(Effect.provide(cachedAt(server.url, client)))
    })
  )

  it.scopedLive(
    "a condition, a range and a HEAD are answered from the stored response, where the endpoint can take it",
    () =>
      Effect.gen(function* () {
        const headers = { ...fresh, etag: `"a"`, "content-type": "text/plain" }
        const server = yield* Scripted.make([Scripted.respond({ headers, body: "0123456789" })])
        const text = { success: Body.text() }
        yield* Effect.gen(function* () {
          expect(yield* get("/", text)).toBe("0123456789")
          const notModified = yield* get.withResponse("/", { ...text, headers: { "if-none-match": `"a"` } })
          expect(notModified).toMatchObject({ status: 304, value: { _tag: "NotModified" }, cached: { _tag: "Hit" } })
          const range = yield* get.withResponse("/", { ...text, headers: { range: "bytes=2-4" } })
          expect(range).toMatchObject({ status: 206, value: "234", headers: { "content-range": "bytes 2-4/10" } })
          const { cached, status } = yield* head("/")
          expect([status, cached?._tag]).toEqual([200, "Hit"])
          expect(server.requests).toHaveLength(1)
          // This endpoint has no response for a 206.
          const only = { success: { 200: Body.text() }, headers: { range: "bytes=2-4" } }
          expect(yield* get("/", only)).toBe("0123456789")
          expect(server.requests).toHaveLength(2)
        }).pipe(Effect.provide(cachedAt(server.url, client)))
      })
  )
})

/** Runs calls of `/thing` in virtual time, against a stub with these responses. */
const stubbed = (steps: Parameters<typeof stub>[0], url = "http://cache.test", options: HttpCache.Options = {}) => {
  const { layer, requests } = stub(steps)
  return { requests, provide: Effect.provide(cachedAt(new URL(url), layer, {}, options)) }
}

describe("a clock", () => {
  const year = Duration.days(365)

  it.effect.each([
    ["max-age", { "cache-control": "max-age=1000" }],
    ["Expires", { expires: "Fri, 01 Jan 2038 00:00:00 GMT" }],
    ["stale-while-revalidate", { "cache-control": "max-age=0, stale-while-revalidate=99999999" }],
    ["max-age=0 and an ETag", { "cache-control": "max-age=0", etag: `"a"` }],
    ["an ETag alone", { etag: `"a"` }]
  ] as const)("that was ahead when a response was stored does not make it fresh: %s", ([, headers]) =>
    Effect.gen(function* () {
      const { provide, requests } = stubbed([status(200, headers)])
      yield* Effect.gen(function* () {
        yield* TestClock.setTime(Duration.toMillis(year))
        yield* thing()
        for (const [index, time] of [0, 1, Duration.toMillis(year) - 2].entries()) {
          yield* TestClock.setTime(time)
          yield* (yield* ResponseCache.ResponseCache).clear
          yield* TestClock.setTime(Duration.toMillis(year))
          yield* thing()
          yield* TestClock.setTime(time)
          const { cached } = yield* get.withResponse("/thing")
          expect(cached).toBeUndefined()
          expect(requests).toHaveLength(1 + 2 * (index + 1))
        }
      }).pipe(provide)
    })
  )

  it.effect("that was set back makes no response fresh, used stale, or younger than zero, until it is replaced", () =>
    Effect.gen(function* () {
      const { provide, requests } = stubbed([
        status(200, { "cache-control": "max-age=1000, stale-if-error=99999999" }),
        status(503),
        status(200, fresh)
      ])
      yield* Effect.gen(function* () {
        yield* TestClock.setTime(3_600_000)
        yield* thing()
        yield* TestClock.setTime(1)
        const { count, has } = yield* ResponseCache.ResponseCache
        expect([yield* count(), yield* has("http://cache.test/thing")]).toEqual([0, false])
        expect((yield* Effect.flip(thing()))._tag).toBe("ServerError")
        yield* thing()
        expect(requests).toHaveLength(3)
        const { cached, headers } = yield* get.withResponse("/thing")
        expect([cached, headers["age"]]).toEqual([{ _tag: "Hit", age: Duration.zero }, "0"])
      }).pipe(provide)
    })
  )

  it.effect("that is ahead of the machine that stored a response makes it older", () =>
    Effect.gen(function* () {
      const { provide, requests } = stubbed([status(200, fresh)])
      yield* Effect.gen(function* () {
        yield* thing()
        yield* TestClock.adjust("1000 seconds")
        yield* thing()
        expect(requests).toHaveLength(2)
      }).pipe(provide)
    })
  )
})

describe("a lifetime of the user's own", () => {
  type Lifetimes = ReadonlyArray<readonly [name: string, lifetime: () => Duration.DurationInput]>

  const failing = (thrown: unknown) => (): never => {
    throw thrown
  }

  const empty: Lifetimes = [
    ["zero", () => 0],
    ["negative", () => -1],
    ["negative, as text", () => "-5 seconds"],
    ["NaN", () => Number.NaN],
    ["minus infinity", () => Number.NEGATIVE_INFINITY]
  ]

  const invalid: Lifetimes = [
    ["throws an error", failing(new Error("no lifetime"))],
    ["throws anything", failing("no lifetime")],
    // Callers may use JavaScript.
    ["returns no duration", () => "soon" as "1 hour"],
    ["returns an object", () => ({}) as "1 hour"]
  ]

  const endless: Lifetimes = [
    ["infinity", () => Number.POSITIVE_INFINITY],
    ["an infinite duration", () => Duration.infinity],
    ["more than the cache keeps", () => "90000 days"]
  ]

  it.effect.each(empty)("that is %s bypasses the cache", ([, lifetime]) =>
    Effect.gen(function* () {
      const { provide, requests } = stubbed([status(200, fresh)], undefined, { lifetime })
      yield* Effect.zipRight(thing(), thing()).pipe(provide)
      expect(requests).toHaveLength(2)
    })
  )

  it.effect.each(invalid)("that %s bypasses the cache, with one warning", ([, lifetime]) =>
    Effect.gen(function* () {
      const warnings: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel._tag === "Warning") warnings.push(String(message))
      })
      const { provide, requests } = stubbed([status(200, fresh)], undefined, { lifetime })
      yield* Effect.gen(function* () {
        for (let round = 0; round < 3; round += 1) yield* thing()
        const { count, purge } = yield* ResponseCache.ResponseCache
        expect([yield* count(), yield* purge]).toEqual([0, 0])
      }).pipe(provide, Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      expect(requests).toHaveLength(3)
      expect(warnings).toEqual([expect.stringContaining("`lifetime`")])
    })
  )

  const uses: ReadonlyArray<
    readonly [use: string, (cache: typeof ResponseCache.ResponseCache.Service) => Effect.Effect<unknown, unknown>]
  > = [
    ["lookup", ({ lookup }) => lookup(makeApi(() => ({})).exchange("https://api.test/a"))],
    ["storing", ({ storing }) => storing(makeApi(() => ({})).exchange("https://api.test/a"))],
    ["count", ({ count }) => count()],
    ["has", ({ has }) => has("https://api.test/a")],
    ["entries", ({ entries }) => Stream.runDrain(entries)],
    ["purge", ({ purge }) => purge]
  ]

  it.scoped.each(uses)("that throws is reported once, by %s too", ([, use]) =>
    Effect.gen(function* () {
      const warnings: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel._tag === "Warning") warnings.push(String(message))
      })
      const store = yield* Layer.build(HttpCache.storeMemory())
      const cacheOf = (options: HttpCache.Options) =>
        HttpCache.make(options).pipe(Effect.provide(store), Effect.provide(noClient))
      const api = makeApi(() => ({ headers: fresh }))
      yield* Effect.provide((yield* cacheOf({})).through(api.exchange("https://api.test/a")), noClient)
      const failingCache = yield* cacheOf({ lifetime: failing("no lifetime") })
      yield* Effect.zipRight(use(failingCache), use(failingCache)).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      expect(warnings).toEqual([expect.stringContaining("`lifetime`")])
    })
  )

  it.effect.each(endless)("of %s lasts", ([, lifetime]) =>
    Effect.gen(function* () {
      const { provide, requests } = stubbed([status(200, { "cache-control": "no-store" })], undefined, { lifetime })
      yield* thing().pipe(Effect.zipRight(TestClock.adjust("300 days")), Effect.zipRight(thing()), provide)
      expect(requests).toHaveLength(1)
    })
  )

  it.effect("does not apply to errors, whose headers decide", () =>
    Effect.gen(function* () {
      const { provide, requests } = stubbed(
        [status(404, { "cache-control": "max-age=10" }), status(404, { "cache-control": "max-age=10" })],
        undefined,
        { lifetime: () => "1 day" }
      )
      yield* Effect.gen(function* () {
        const failed = Effect.flip(thing())
        yield* failed
        yield* TestClock.adjust("9 seconds")
        yield* failed
        expect(requests).toHaveLength(1)
        yield* TestClock.adjust("1 second")
        yield* failed
        expect(requests).toHaveLength(2)
      }).pipe(provide)
    })
  )
})

describe("the origin of a response", () => {
  it.effect("is told by its tag and counted: hit, stale, revalidated, miss", () =>
    Effect.gen(function* () {
      const etag = { "cache-control": "max-age=10, stale-if-error=100", etag: `"a"` }
      const { provide, requests } = stubbed(
        [
          status(200, etag),
          () => new Response(null, { status: 304 }),
          status(503),
          status(404, {}, ""),
          status(404, fresh, "")
        ],
        "http://origin-of-response.test"
      )
      const response = Effect.map(get.withResponse("/thing"), ({ cached }) => cached)
      yield* Effect.gen(function* () {
        expect(yield* response).toBeUndefined()
        expect(yield* response).toEqual({ _tag: "Hit", age: Duration.zero })
        yield* TestClock.adjust("10 seconds")
        expect(yield* response).toEqual({ _tag: "Revalidated", age: Duration.zero })
        yield* TestClock.adjust("12 seconds")
        expect(yield* response).toEqual({ _tag: "Stale", age: Duration.seconds(12) })
        // Errors: two that the server sends, of which the second is stored, and one from the cache.
        for (let round = 0; round < 3; round += 1) yield* Effect.flip(response)
        expect(requests).toHaveLength(5)
        // These do not use the cache.
        yield* Effect.flip(Effect.provideService(response, ResponseCache.Current, "bypass"))
        yield* Effect.exit(thing("POST"))
      }).pipe(provide, Effect.provide(Metrics.layer))
      const counted = (yield* Metric.snapshot).flatMap(({ metricKey: { name, tags }, metricState }) => {
        const labels = Object.fromEntries(tags.map(({ key, value }) => [key, value]))
        return name === "herald.client.cache.lookups" &&
          labels["server.address"] === "origin-of-response.test" &&
          MetricState.isCounterState(metricState)
          ? [[labels["herald.cache.result"], labels["unit"], labels["url.template"], Number(metricState.count)]]
          : []
      })
      expect(counted.sort()).toEqual([
        ["hit", "{call}", "/thing", 2],
        ["miss", "{call}", "/thing", 3],
        ["revalidated", "{call}", "/thing", 1],
        ["stale", "{call}", "/thing", 1]
      ])
    })
  )
})

describe("a Vary", () => {
  const vary = (names: string) => status(200, { ...fresh, vary: names })
  const getWith = (headers: Record<string, string>) => get.withResponse("/thing", { headers })

  it.effect("that names another header each time leaves one response and a bounded record", () =>
    Effect.gen(function* () {
      const { layer } = stub(Array.from({ length: 200 }, (_, index) => vary(`x-${index}`)))
      const api = at(new URL("http://cache.test")).pipe(
        Layer.provideMerge(HttpCache.layer()),
        Layer.provideMerge(HttpCache.storeMemory()),
        Layer.provideMerge(layer)
      )
      yield* Effect.gen(function* () {
        for (let index = 0; index < 200; index += 1) {
          yield* Effect.provideService(getWith({ accept: "a" }), ResponseCache.Current, "refresh")
        }
        expect(yield* (yield* ResponseCache.ResponseCache).count()).toBe(1)
        expect((yield* getWith({ accept: "a" })).cached?._tag).toBe("Hit")
        const values = yield* Stream.runCollect((yield* CacheStore.CacheStore).list)
        expect(Math.max(...Array.from(values, ({ metadata }) => metadata.length))).toBeLessThan(1000)
      }).pipe(Effect.provide(api))
    })
  )

  it.effect("of more headers than a variant can have is not stored", () =>
    Effect.gen(function* () {
      const { provide, requests } = stubbed([vary(Array.from({ length: 1000 }, (_, index) => `x-${index}`).join())])
      yield* Effect.zipRight(thing(), thing()).pipe(provide)
      expect(requests).toHaveLength(2)
    })
  )

  it.effect.each([
    ["order", "accept-language", "en, de", "de, en"],
    ["case", "accept-language", "en, de", "eN, De"],
    ["white space", "accept-language", "en, de", "  en ,de  "],
    ["white space of parameters", "accept-language", "en;q=0.5, de", "de , en ; q=0.5"],
    ["order of encodings", "accept-encoding", "gzip, br", "BR,gzip"],
    ["order of media types", "accept", "text/html, application/json;q=0.5", "application/JSON; q=0.5,text/html"],
    ["white space of another header", "foo", "1,2", " 1, 2 "],
    ["white space of a list", "foo", "1,2,3", "1 , 2\t,3"]
  ] as const)("selects a variant by its members, whatever their %s", ([, name, one, other]) =>
    Effect.gen(function* () {
      const { provide, requests } = stubbed([vary(name)])
      yield* Effect.zipRight(getWith({ [name]: one }), getWith({ [name]: other })).pipe(provide)
      expect(requests).toHaveLength(1)
    })
  )

  it.effect.each([
    ["another language", "accept-language", "en", "de"],
    ["another weight", "accept-language", "en;q=0.5, de", "en, de;q=0.5"],
    ["a language less", "accept-language", "en, de", "en"],
    ["another parameter of a media type", "accept", "a/b;version=A", "a/b;version=a"],
    ["a comma in quotes", "accept", `a/b;x="1,2"`, `a/b;x="1", 2"`],
    ["another case of an unknown header", "x-tenant", "A", "a"],
    ["another order of an unknown header", "x-list", "1, 2", "2, 1"],
    ["white space in quotes", "x-list", `"1, 2"`, `"1,2"`],
    ["white space within a word", "x-list", "1 2", "12"]
  ] as const)("tells variants apart by %s", ([, name, one, other]) =>
    Effect.gen(function* () {
      const { provide, requests } = stubbed([vary(name)])
      yield* Effect.zipRight(getWith({ [name]: one }), getWith({ [name]: other })).pipe(provide)
      expect(requests).toHaveLength(2)
    })
  )

  it.effect("that an error lacks does not make it the response to all variants", () =>
    Effect.gen(function* () {
      const { provide, requests } = stubbed([vary("foo"), status(404, fresh, ""), vary("foo")])
      yield* Effect.gen(function* () {
        yield* getWith({ foo: "1" })
        yield* Effect.flip(getWith({ foo: "2" }))
        expect((yield* getWith({ foo: "1" })).cached?._tag).toBe("Hit")
        yield* Effect.flip(getWith({ foo: "2" }))
        yield* getWith({ foo: "3" })
        expect(requests).toHaveLength(3)
      }).pipe(provide)
    })
  )

  it.effect("of * leaves the other variants, and is itself not stored", () =>
    Effect.gen(function* () {
      const { provide, requests } = stubbed([vary("foo"), vary("*"), vary("foo, *")])
      yield* Effect.gen(function* () {
        yield* getWith({ foo: "1" })
        yield* getWith({ foo: "2" })
        yield* getWith({ foo: "2" })
        expect((yield* getWith({ foo: "1" })).cached?._tag).toBe("Hit")
        expect(requests).toHaveLength(3)
      }).pipe(provide)
    })
  )
})
