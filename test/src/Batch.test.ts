import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Batch, Endpoint, Operation, ResponseCache, Verbs } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { at, Caller, forAll, once } from "../support/kit.js"

const Track = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  plays: Schema.optional(Schema.Union(Schema.Number, Schema.BigIntFromSelf))
})

const getTrack = Operation.make(
  Caller,
  () => Endpoint.get("/tracks/{id}", { name: "getTrack", success: Track }),
  (id: string) => ({ id })
)

const getManyTracks = Operation.make(
  Caller,
  () =>
    Endpoint.get("/tracks", {
      name: "getTracks",
      query: { ids: Schema.String },
      success: Schema.Struct({ tracks: Schema.Array(Schema.Unknown) })
    }),
  (ids: ReadonlyArray<string>) => ({ ids: ids.join() })
)

const makeBatch = (size = 3, concurrency?: number) =>
  Batch.make({
    one: getTrack,
    many: getManyTracks,
    items: ({ tracks }) => tracks,
    id: ({ id }) => id,
    size,
    concurrency
  })

const getTracks = makeBatch()

/** The ids of a request for many. */
const idsOf = ({ target }: Scripted.Received): ReadonlyArray<string> =>
  (new URL(target, "http://a.test").searchParams.get("ids") ?? "").split(",")

/** A server that has a track for every id that does not begin with `no`. It returns those of a batch in reverse order. */
const makeServer = (headers: Record<string, string> = { "cache-control": "max-age=60" }) =>
  Scripted.make((received) => {
    if (!received.target.startsWith("/tracks?")) {
      const id = decodeURIComponent(received.target.split("/").at(-1) ?? "")
      return Scripted.json({ id, name: `single ${id}` }, { headers })
    }
    const tracks = idsOf(received).map((id) => (id.startsWith("no") ? null : { id, name: `track ${id}` }))
    return Scripted.json({ tracks: tracks.toReversed() }, { headers })
  })

const environment = Layer.merge(client, once)

/** The API of a server, with a cache and a client. */
const cachedAt = (url: URL, options: HttpCache.Options = {}) =>
  Layer.provideMerge(Layer.provideMerge(at(url), HttpCache.layerMemory(options)), environment)

const namesOf = (found: ReadonlyArray<Option.Option<typeof Track.Type>>) =>
  found.map((track) => Option.getOrUndefined(track)?.name)

const targetsOf = ({ requests }: Scripted.Scripted) => requests.map(({ target }) => decodeURIComponent(target))

describe("a batch", () => {
  it.scoped(
    "sends requests of the given size, and returns items in the order of the ids, with none for missing ones",
    () =>
      Effect.gen(function* () {
        const server = yield* makeServer()
        const found = yield* Effect.provide(getTracks(["b", "a", "no1", "a", "d", "c"]), cachedAt(server.url))
        expect(namesOf(found)).toEqual(["track b", "track a", undefined, "track a", "track d", "track c"])
        expect(targetsOf(server)).toEqual(["/tracks?ids=b,a,no1", "/tracks?ids=d,c"])
      })
  )

  it.scoped("sends nothing for no ids", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      expect(yield* Effect.provide(getTracks([]), cachedAt(server.url))).toEqual([])
      expect(server.requests).toHaveLength(0)
    })
  )

  it.scoped("reads items from the cache, and stores items for later batches and single calls", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      yield* Effect.gen(function* () {
        yield* getTrack("a")
        yield* getTracks(["b"])
        expect(namesOf(yield* getTracks(["c", "b", "a", "d"]))).toEqual(["track c", "track b", "single a", "track d"])
        const single = yield* getTrack.withResponse("d")
        expect(single.value.name).toBe("track d")
        expect(single.cached?._tag).toBe("Hit")
      }).pipe(Effect.provide(cachedAt(server.url)))
      expect(targetsOf(server)).toEqual(["/tracks/a", "/tracks?ids=b", "/tracks?ids=c,d"])
    })
  )

  it.scoped("stores items by the response headers, or by the lifetime that is set for the operation for one", () =>
    Effect.gen(function* () {
      const server = yield* makeServer({ "cache-control": "no-store" })
      const twice = Effect.repeatN(getTracks(["a"]), 1)
      yield* Effect.provide(twice, cachedAt(server.url))
      expect(server.requests).toHaveLength(2)
      const lifetime = ({ operation }: ResponseCache.Kind) => (operation === "getTrack" ? "1 hour" : undefined)
      yield* Effect.provide(twice, cachedAt(server.url, { lifetime }))
      expect(server.requests).toHaveLength(3)
    })
  )

  it.scoped("requests stale items again, though a single call may use them while it revalidates them", () =>
    Effect.gen(function* () {
      const server = yield* makeServer({ "cache-control": "max-age=1, stale-while-revalidate=86400" })
      yield* Effect.gen(function* () {
        yield* getTracks(["a"])
        yield* getTracks(["a"])
        yield* TestClock.adjust("2 seconds")
        yield* getTracks(["a"])
      }).pipe(Effect.provide(cachedAt(server.url)))
      expect(targetsOf(server)).toEqual(["/tracks?ids=a", "/tracks?ids=a"])
    })
  )

  it.scoped("does not read the items of another identity", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      const getAs = (identity: string) =>
        Effect.provide(getTracks(["a"]), at(server.url, { credentials: { identity } }))
      yield* Effect.all([getAs("bob"), getAs("bob"), getAs("eve")]).pipe(
        Effect.provide(HttpCache.layerMemory()),
        Effect.provide(environment)
      )
      expect(server.requests).toHaveLength(2)
    })
  )

  it.scoped("follows the cache mode, like a call", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      const getIn = (mode: ResponseCache.Mode) =>
        Effect.provideService(getTracks(["a", "b"]), ResponseCache.Current, mode)
      yield* Effect.gen(function* () {
        yield* getIn("bypass")
        expect(yield* Effect.flip(getIn("only-if-cached"))).toMatchObject({ _tag: "NotSent" })
        yield* getIn("use")
        yield* getIn("use")
        yield* getIn("only-if-cached")
        expect(server.requests).toHaveLength(2)
        yield* getIn("refresh")
      }).pipe(Effect.provide(cachedAt(server.url)))
      expect(server.requests).toHaveLength(3)
      expect(server.requests[2]?.headers["cache-control"]).toBe("no-cache")
    })
  )

  it.scoped("works without a cache", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      const twice = Effect.repeatN(getTracks(["a", "b", "c", "d"]), 1)
      yield* Effect.provide(twice, Layer.merge(at(server.url), environment))
      expect(server.requests).toHaveLength(4)
    })
  )

  it.scoped("that fails has stored the items of its earlier requests", () =>
    Effect.gen(function* () {
      let failing = true
      const server = yield* Scripted.make((received) =>
        failing && idsOf(received).includes("d")
          ? Scripted.respond({ status: 500 })
          : Scripted.json(
              { tracks: idsOf(received).map((id) => ({ id, name: id })) },
              { headers: { "cache-control": "max-age=60" } }
            )
      )
      yield* Effect.gen(function* () {
        const getAll = getTracks(["a", "b", "c", "d"])
        expect(yield* Effect.flip(getAll)).toMatchObject({ _tag: "ServerError", operation: "getTracks" })
        failing = false
        expect(namesOf(yield* getAll)).toEqual(["a", "b", "c", "d"])
      }).pipe(Effect.provide(cachedAt(server.url)))
      expect(targetsOf(server)).toEqual(["/tracks?ids=a,b,c", "/tracks?ids=d", "/tracks?ids=d"])
    })
  )

  it.scoped("stores large numbers exactly, and ignores items that were not requested", () =>
    Effect.gen(function* () {
      const items = `[{"id":"x","name":"other"},{"id":"a","name":"a","plays":409107086526644234},null]`
      const server = yield* Scripted.make([
        Scripted.respond({ headers: { "cache-control": "max-age=60" }, body: `{"tracks":${items}}` })
      ])
      yield* Effect.gen(function* () {
        for (const found of [yield* getTracks(["a"]), yield* getTracks(["a"]), [Option.some(yield* getTrack("a"))]]) {
          expect(found).toEqual([Option.some({ id: "a", name: "a", plays: 409107086526644234n })])
        }
        expect(
          yield* Effect.flip(Effect.provideService(getTrack("x"), ResponseCache.Current, "only-if-cached"))
        ).toMatchObject({ _tag: "NotSent" })
      }).pipe(Effect.provide(cachedAt(server.url)))
      expect(server.requests).toHaveLength(1)
    })
  )

  it.scoped("fails with a DecodeError if an item does not match the endpoint for one", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.respond({ body: `{"tracks":[{"id":"a","name":7}]}` })])
      const error = yield* Effect.flip(Effect.provide(getTracks(["a"]), cachedAt(server.url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Shape", issues: [{ path: ["name"] }] })
    })
  )

  it.scoped("requests an item again whose stored response does not match the endpoint for one", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(({ target }) =>
        Scripted.json(target === "/tracks/a" ? { id: "a", name: 7 } : { tracks: [{ id: "a", name: "a" }] }, {
          headers: { "cache-control": "max-age=60" }
        })
      )
      yield* Effect.gen(function* () {
        yield* Verbs.make(Caller).get("/tracks/a")
        expect(namesOf(yield* getTracks(["a"]))).toEqual(["a"])
        expect((yield* getTrack("a")).name).toBe("a")
      }).pipe(Effect.provide(cachedAt(server.url)))
      expect(targetsOf(server)).toEqual(["/tracks/a", "/tracks?ids=a"])
    })
  )

  it.scoped("fails with the errors that the operation for many declares", () =>
    Effect.gen(function* () {
      class TooMany extends Schema.TaggedError<TooMany>()("TooMany", { limit: Schema.Number }) {}
      const getMany = Operation.make(
        Caller,
        () =>
          Endpoint.get("/tracks", {
            query: { ids: Schema.String },
            success: Schema.Array(Schema.Unknown),
            errors: { 422: TooMany }
          }),
        (ids: ReadonlyArray<string>) => ({ ids: ids.join() })
      )
      const batch = Batch.make({ one: getTrack, many: getMany, items: (all) => all, id: ({ id }) => id, size: 50 })
      const server = yield* Scripted.make([Scripted.json({ limit: 20 }, { status: 422 })])
      const limit = yield* batch(["a", "b"]).pipe(
        Effect.as(0),
        Effect.catchTag("TooMany", ({ limit }) => Effect.succeed(limit)),
        Effect.provide(cachedAt(server.url))
      )
      expect(limit).toBe(20)
    })
  )

  describe("with a fallback", () => {
    /** A server that refuses a request for many with the id `bad`, and has no track for ids that begin with `no`. */
    const makeStrictServer = Scripted.make((received) => {
      if (received.target.startsWith("/tracks?")) {
        const ids = idsOf(received)
        return ids.includes("bad")
          ? Scripted.json({ error: "unknown id" }, { status: 400 })
          : Scripted.json({ tracks: ids.map((id) => ({ id, name: `track ${id}` })) })
      }
      const id = received.target.split("/").at(-1) ?? ""
      if (id === "bad") return Scripted.json({}, { status: 403 })
      if (id.startsWith("no")) return Scripted.json({}, { status: 404 })
      return Scripted.json({ id, name: `single ${id}` }, { headers: { "cache-control": "max-age=60" } })
    })

    const lenient = Batch.make({
      one: getTrack,
      many: getManyTracks,
      items: ({ tracks }) => tracks,
      id: ({ id }) => id,
      size: 2,
      fallback: (error) => error._tag === "BadRequest"
    })

    it.scoped("requests the ids of a refused batch one by one, and no others", () =>
      Effect.gen(function* () {
        const server = yield* makeStrictServer
        const error = yield* Effect.flip(
          Effect.provide(lenient(["a", "b", "c", "bad", "d", "e"]), cachedAt(server.url))
        )
        expect(error).toMatchObject({ _tag: "Forbidden", operation: "getTrack" })
        expect(targetsOf(server)).toEqual(["/tracks?ids=a,b", "/tracks?ids=c,bad", "/tracks/c", "/tracks/bad"])
      })
    )

    it.scoped("returns none for an id that a single request does not find, and stores what it finds", () =>
      Effect.gen(function* () {
        const refusing = yield* Scripted.make(({ target }) =>
          target.startsWith("/tracks?")
            ? Scripted.json({}, { status: 400 })
            : target.endsWith("no1")
              ? Scripted.json({}, { status: 404 })
              : Scripted.json({ id: "a", name: "single a" }, { headers: { "cache-control": "max-age=60" } })
        )
        yield* Effect.gen(function* () {
          expect(namesOf(yield* lenient(["a", "no1"]))).toEqual(["single a", undefined])
          expect(namesOf(yield* lenient(["a"]))).toEqual(["single a"])
        }).pipe(Effect.provide(cachedAt(refusing.url)))
        expect(targetsOf(refusing)).toEqual(["/tracks?ids=a,no1", "/tracks/a", "/tracks/no1"])
      })
    )

    it.scoped("fails with other failures of the request for many", () =>
      Effect.gen(function* () {
        const server = yield* Scripted.make([Scripted.json({}, { status: 403 })])
        const error = yield* Effect.flip(Effect.provide(lenient(["a"]), cachedAt(server.url)))
        expect(error).toMatchObject({ _tag: "Forbidden", operation: "getTracks" })
        expect(server.requests).toHaveLength(1)
      })
    )
  })

  it("refuses a size or a concurrency that is not a whole number of at least 1", () => {
    for (const value of [0, -1, 0.5, Number.NaN, Infinity]) {
      expect(() => makeBatch(value)).toThrow("size of a batch")
      expect(() => makeBatch(3, value)).toThrow("concurrency of a batch")
    }
  })

  it.scoped("refuses an invalid id before anything is sent", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      for (const id of ["..", "", "\ud800"]) {
        const error = yield* Effect.flip(Effect.provide(getTracks(["a", id]), cachedAt(server.url)))
        expect(error).toMatchObject({ _tag: "EncodeError", operation: "getTrack" })
      }
      expect(server.requests).toHaveLength(0)
    })
  )

  it.scoped("sends as many requests at a time as `concurrency` says", () =>
    Effect.gen(function* () {
      let pending = 0
      let most = 0
      const server = yield* Scripted.make((received) => (response, ...rest) => {
        pending += 1
        most = Math.max(most, pending)
        setImmediate(() => {
          setImmediate(() => {
            pending -= 1
            Scripted.json({ tracks: idsOf(received).map((id) => ({ id, name: id })) })(response, ...rest)
          })
        })
      })
      const ids = Array.from({ length: 20 }, (_, index) => `${index}`)
      expect(namesOf(yield* Effect.provide(makeBatch(1)(ids), cachedAt(server.url)))).toEqual(ids)
      expect(most).toBe(1)
      expect(namesOf(yield* Effect.provide(makeBatch(1, 5)(ids), cachedAt(server.url)))).toEqual(ids)
      expect(most).toBeLessThanOrEqual(5)
    })
  )

  it.scoped("returns the requested items for any ids, size and cached items, with as few requests as possible", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      const id = fc.constantFrom("a", "b", "c", "d", "e", "no1", "no2", "é", "a b", "%2f")
      yield* forAll(
        fc.record({ before: fc.array(id), ids: fc.array(id), size: fc.integer({ min: 1, max: 4 }) }),
        ({ before, ids, size }) =>
          Effect.gen(function* () {
            yield* makeBatch(size)(before)
            const requests = server.requests.length
            const found = namesOf(yield* makeBatch(size)(ids))
            expect(found).toEqual(ids.map((id) => (id.startsWith("no") ? undefined : `track ${id}`)))
            const missing = new Set(ids.filter((id) => id.startsWith("no") || !before.includes(id)))
            expect(server.requests.length - requests).toBe(Math.ceil(missing.size / size))
          }).pipe(Effect.provide(cachedAt(server.url))),
        { numRuns: 50 }
      )
    })
  )
})
