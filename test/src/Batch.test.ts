import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Batch, Operation, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../servers/scripted.js"
import { at, Caller, forAll, once } from "./kit.js"

const Track = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  plays: Schema.optional(Schema.Union(Schema.Number, Schema.BigIntFromSelf))
})

const one = () =>
  HttpApiEndpoint.get("getTrack", "/tracks/:id")
    .setPath(Schema.Struct({ id: Schema.String }))
    .addSuccess(Track)

const many = () =>
  HttpApiEndpoint.get("getTracks", "/tracks")
    .setUrlParams(Schema.Struct({ ids: Schema.String }))
    .addSuccess(Schema.Struct({ tracks: Schema.Array(Schema.Unknown) }))

const getTrack = Operation.make(Caller, one, (id: string) => ({ path: { id } }))

const tracks = (size = 3, concurrency?: number) =>
  Batch.make(Caller, {
    one: { endpoint: one, request: (id: string) => ({ path: { id } }) },
    many: { endpoint: many, request: (ids) => ({ urlParams: { ids: ids.join() } }) },
    items: (answer) => answer.tracks,
    id: ({ id }) => id,
    size,
    concurrency
  })

/** The ids of a request for many. */
const idsIn = ({ target }: Scripted.Received): ReadonlyArray<string> =>
  (new URL(target, "http://a.test").searchParams.get("ids") ?? "").split(",")

/** Answers for whatever is asked for, but for ids that begin with `no`; in an order of its own. */
const library = (headers: Record<string, string> = { "cache-control": "max-age=60" }) =>
  Scripted.make((received) => {
    if (!received.target.startsWith("/tracks?")) {
      const id = decodeURIComponent(received.target.split("/").at(-1) ?? "")
      return Scripted.answer({ headers, body: JSON.stringify({ id, name: `alone ${id}` }) })
    }
    const found = idsIn(received).map((id) => (id.startsWith("no") ? null : { id, name: `track ${id}` }))
    return Scripted.answer({ headers, body: JSON.stringify({ tracks: found.toReversed() }) })
  })

const cached = (url: URL, options: HttpCache.Options = {}) =>
  Layer.mergeAll(Layer.provideMerge(at(url), HttpCache.layerMemory(options)), NodeHttpClient.layerUndici, once)

const names = (found: ReadonlyArray<Option.Option<typeof Track.Type>>) =>
  found.map((track) => Option.getOrUndefined(track)?.name)

const targets = ({ requests }: Scripted.Scripted) => requests.map(({ target }) => decodeURIComponent(target))

describe("a batch", () => {
  it.scoped("fetches in chunks, and gives what it found in the order of the ids, one for one", () =>
    Effect.gen(function* () {
      const server = yield* library()
      const found = yield* Effect.provide(tracks()(["b", "a", "no1", "a", "d", "c"]), cached(server.url))
      expect(names(found)).toEqual(["track b", "track a", undefined, "track a", "track d", "track c"])
      expect(targets(server)).toEqual(["/tracks?ids=b,a,no1", "/tracks?ids=d,c"])
    })
  )

  it.scoped("fetches nothing for nothing", () =>
    Effect.gen(function* () {
      const server = yield* library()
      expect(yield* Effect.provide(tracks()([]), cached(server.url))).toEqual([])
      expect(server.requests).toHaveLength(0)
    })
  )

  it.scoped("takes what the cache has, of calls for one and of batches, and fetches the rest", () =>
    Effect.gen(function* () {
      const server = yield* library()
      yield* Effect.gen(function* () {
        yield* getTrack("a")
        yield* tracks()(["b"])
        expect(names(yield* tracks()(["c", "b", "a", "d"]))).toEqual(["track c", "track b", "alone a", "track d"])
        expect((yield* getTrack("d")).name).toBe("track d")
      }).pipe(Effect.provide(cached(server.url)))
      expect(targets(server)).toEqual(["/tracks/a", "/tracks?ids=b", "/tracks?ids=c,d"])
    })
  )

  it.scoped("keeps nothing that the API says not to keep, but by a lifetime of the user's own", () =>
    Effect.gen(function* () {
      const server = yield* library({ "cache-control": "no-store" })
      const twice = Effect.repeatN(tracks()(["a"]), 1)
      yield* Effect.provide(twice, cached(server.url))
      expect(server.requests).toHaveLength(2)
      const lifetime = ({ operation }: ResponseCache.Kind) => (operation === "getTrack" ? "1 hour" : undefined)
      yield* Effect.provide(twice, cached(server.url, { lifetime }))
      expect(server.requests).toHaveLength(3)
    })
  )

  it.scoped("is about one identity: another's is fetched anew", () =>
    Effect.gen(function* () {
      const server = yield* library()
      const as = (identity: string) => Effect.provide(tracks()(["a"]), at(server.url, { identity }))
      yield* Effect.zipRight(as("bob"), Effect.zipRight(as("bob"), as("eve"))).pipe(
        Effect.provide(Layer.mergeAll(NodeHttpClient.layerUndici, once)),
        Effect.provide(HttpCache.layerMemory())
      )
      expect(server.requests).toHaveLength(2)
    })
  )

  it.scoped("asks past the cache, and keeps or not, as a call does", () =>
    Effect.gen(function* () {
      const server = yield* library()
      const by = (mode: ResponseCache.Mode) => Effect.provideService(tracks()(["a", "b"]), ResponseCache.Current, mode)
      yield* Effect.gen(function* () {
        yield* by("bypass")
        expect(yield* Effect.flip(by("only-if-cached"))).toMatchObject({ _tag: "NotSent" })
        yield* by("use")
        yield* by("use")
        yield* by("only-if-cached")
        expect(server.requests).toHaveLength(2)
        yield* by("refresh")
      }).pipe(Effect.provide(cached(server.url)))
      expect(server.requests).toHaveLength(3)
      expect(server.requests[2]?.headers["cache-control"]).toBe("no-cache")
    })
  )

  it.scoped("needs no cache", () =>
    Effect.gen(function* () {
      const server = yield* library()
      const layers = Layer.mergeAll(at(server.url), NodeHttpClient.layerUndici, once)
      yield* Effect.provide(Effect.repeatN(tracks()(["a", "b", "c", "d"]), 1), layers)
      expect(server.requests).toHaveLength(4)
    })
  )

  it.scoped("that fails has kept the chunks before", () =>
    Effect.gen(function* () {
      let broken = true
      const server = yield* Scripted.make((received) =>
        broken && idsIn(received).includes("d")
          ? Scripted.answer({ status: 500 })
          : Scripted.answer({
              headers: { "cache-control": "max-age=60" },
              body: JSON.stringify({ tracks: idsIn(received).map((id) => ({ id, name: id })) })
            })
      )
      yield* Effect.gen(function* () {
        const all = tracks()(["a", "b", "c", "d"])
        expect(yield* Effect.flip(all)).toMatchObject({ _tag: "ServerError", operation: "getTracks" })
        broken = false
        expect(names(yield* all)).toEqual(["a", "b", "c", "d"])
      }).pipe(Effect.provide(cached(server.url)))
      expect(targets(server)).toEqual(["/tracks?ids=a,b,c", "/tracks?ids=d", "/tracks?ids=d"])
    })
  )

  it.scoped("keeps the very numbers that came, and leaves what it did not ask for", () =>
    Effect.gen(function* () {
      const items = `[{"id":"x","name":"stranger"},{"id":"a","name":"a","plays":409107086526644234},null]`
      const server = yield* Scripted.make([
        Scripted.answer({ headers: { "cache-control": "max-age=60" }, body: `{"tracks":${items}}` })
      ])
      yield* Effect.gen(function* () {
        for (const found of [yield* tracks()(["a"]), yield* tracks()(["a"]), [Option.some(yield* getTrack("a"))]]) {
          expect(found).toEqual([Option.some({ id: "a", name: "a", plays: 409107086526644234n })])
        }
        expect(
          yield* Effect.flip(Effect.provideService(getTrack("x"), ResponseCache.Current, "only-if-cached"))
        ).toMatchObject({ _tag: "NotSent" })
      }).pipe(Effect.provide(cached(server.url)))
      expect(server.requests).toHaveLength(1)
    })
  )

  it.scoped("of an item that is not what was agreed fails, and says of which", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.answer({ body: `{"tracks":[{"id":"a","name":7}]}` })])
      const error = yield* Effect.flip(Effect.provide(tracks()(["a"]), cached(server.url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Shape", issues: [{ path: ["name"] }] })
    })
  )

  it.scoped("refuses an id that can't be before anything is sent", () =>
    Effect.gen(function* () {
      const server = yield* library()
      for (const id of ["..", "", "\ud800"]) {
        const error = yield* Effect.flip(Effect.provide(tracks()(["a", id]), cached(server.url)))
        expect(error).toMatchObject({ _tag: "EncodeError", operation: "getTrack" })
      }
      expect(server.requests).toHaveLength(0)
    })
  )

  it.scoped("has as many requests under way as it is told", () =>
    Effect.gen(function* () {
      let underWay = 0
      let most = 0
      const server = yield* Scripted.make((received) => (response, ...rest) => {
        underWay += 1
        most = Math.max(most, underWay)
        setImmediate(() => {
          setImmediate(() => {
            underWay -= 1
            const found = idsIn(received).map((id) => ({ id, name: id }))
            Scripted.answer({ body: JSON.stringify({ tracks: found }) })(response, ...rest)
          })
        })
      })
      const ids = Array.from({ length: 20 }, (_, index) => `${index}`)
      expect(names(yield* Effect.provide(tracks(1)(ids), cached(server.url)))).toEqual(ids)
      expect(most).toBe(1)
      expect(names(yield* Effect.provide(tracks(1, 5)(ids), cached(server.url)))).toEqual(ids)
      expect(most).toBeLessThanOrEqual(5)
    })
  )

  it.scoped("is the same as one call for each, whatever is cached, and however large its chunks", () =>
    Effect.gen(function* () {
      const server = yield* library()
      const id = fc.constantFrom("a", "b", "c", "d", "e", "no1", "no2", "é", "a b", "%2f")
      yield* forAll(
        fc.record({ before: fc.array(id), ids: fc.array(id), size: fc.integer({ min: 1, max: 4 }) }),
        ({ before, ids, size }) =>
          Effect.gen(function* () {
            yield* tracks(size)(before)
            const already = server.requests.length
            const found = names(yield* tracks(size)(ids))
            expect(found).toEqual(ids.map((id) => (id.startsWith("no") ? undefined : `track ${id}`)))
            const missing = new Set(ids.filter((id) => id.startsWith("no") || !before.includes(id)))
            expect(server.requests.length - already).toBe(Math.ceil(missing.size / size))
          }).pipe(Effect.provide(cached(server.url))),
        { numRuns: 50 }
      )
    })
  )
})
