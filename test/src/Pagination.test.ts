import { describe, expect, it } from "@effect/vitest"
import type { HttpClient } from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Endpoint, Operation, Pagination } from "effect-herald"
import * as BodyCursors from "../servers/pages/bodyCursors.js"
import * as HeaderCursors from "../servers/pages/headerCursors.js"
import * as LinkHeaders from "../servers/pages/linkHeaders.js"
import * as NextUrls from "../servers/pages/nextUrls.js"
import * as Offsets from "../servers/pages/offsets.js"
import * as PagesFromOne from "../servers/pages/pagesFromOne.js"
import * as PagesFromZero from "../servers/pages/pagesFromZero.js"
import { type Item, itemsFrom, type Options } from "../servers/pages/pageServer.js"
import type { Scripted } from "../servers/scripted.js"
import { client } from "../support/client.js"
import { at, Caller, once } from "../support/kit.js"
import { until } from "../support/settle.js"

const Items = Schema.Array(Schema.Struct({ id: Schema.Number }))

const identity = ({ id }: Item) => id

const fromZero = Pagination.pageNumber(
  Operation.make(Caller, () =>
    Endpoint.get("/items", {
      name: "listItems",
      query: { page: Schema.Number },
      success: Schema.Struct({ page: Schema.Number, perPage: Schema.Number, pages: Schema.Number, data: Items })
    })
  ),
  {
    first: 0,
    items: (page) => page.data,
    end: { totalPages: (page) => page.pages },
    pageSize: (page) => page.perPage,
    reportedPage: (page) => page.page,
    identity
  }
)

const fromOne = Pagination.pageNumber(
  Operation.make(Caller, () =>
    Endpoint.get("/items", { name: "listItems", query: { page: Schema.NumberFromString }, success: Items })
  ),
  {
    items: (page) => page,
    end: { totalItems: (_, { headers }) => Number(headers["x-total-count"]) },
    pageSize: 3
  }
)

const offsets = Pagination.offset(
  Operation.make(Caller, () =>
    Endpoint.get("/items", {
      name: "listItems",
      query: { offset: Schema.Number, limit: Schema.Number },
      success: Schema.Struct({ entries: Items, offset: Schema.Number, has_more: Schema.Boolean })
    })
  ),
  {
    limit: 3,
    items: (page) => page.entries,
    end: { hasMore: (page) => page.has_more },
    reportedOffset: (page) => page.offset
  }
)

const bodyCursors = Pagination.cursor(
  Operation.make(
    Caller,
    () =>
      Endpoint.post("/search", {
        name: "listItems",
        body: Schema.Struct({ text: Schema.String, after: Schema.optional(Schema.Number) }),
        success: Schema.Struct({ hits: Items, after: Schema.optional(Schema.Number) })
      }),
    () => ({ body: { text: "lamp" } })
  ),
  { param: { body: "after" }, items: (page) => page.hits, next: (page) => page.after }
)

const headerCursors = Pagination.cursor(
  Operation.make(Caller, () =>
    Endpoint.get("/items", {
      name: "listItems",
      headers: { "x-cursor": Schema.optional(Schema.String) },
      success: Items
    })
  ),
  { param: { header: "x-cursor" }, items: (page) => page, next: (_, { headers }) => headers["x-next-cursor"] }
)

const linkHeaders = Pagination.link(
  Operation.make(Caller, () => Endpoint.get("/items", { name: "listItems", success: Items })),
  { items: (page) => page }
)

const nextUrls = Pagination.nextUrl(
  Operation.make(Caller, () =>
    Endpoint.get("/items", {
      name: "listItems",
      success: Schema.Struct({ results: Items, next: Schema.NullOr(Schema.String) })
    })
  ),
  { items: (page) => page.results, next: (page) => page.next }
)

/** Any of the lists above. They differ in their positions, which the tests only pass on. */
type AnyList = Pagination.Paginated<[], Item, unknown, any, any, { readonly _tag: string }, HttpClient | Caller>

interface Style {
  readonly title: string
  readonly serve: (options?: Options) => Effect.Effect<Scripted, never, Scope.Scope>
  readonly list: AnyList
  /** The pages have places in the list, not before or after an item, so that items move from page to page. */
  readonly places: boolean
  /** Pages can be requested side by side. */
  readonly addressable: boolean
  /** Pages tell how many there are. */
  readonly total: boolean
  /** The error about a server that serves the first page again and again. */
  readonly stuck: { readonly reason: string; readonly page: number }
  /** The error about a server of three pages whose last one leads to the first one. */
  readonly ring: { readonly reason: string; readonly page: number }
  readonly method: string
  readonly url: string
}

const numbered = { places: true, addressable: true, total: true, method: "GET", url: "/items" }
const chained = {
  addressable: false,
  total: false,
  method: "GET",
  url: "/items",
  stuck: { reason: "SameCursor", page: 1 },
  ring: { reason: "SameCursor", page: 5 }
}

const styles: ReadonlyArray<Style> = [
  {
    ...numbered,
    title: "page numbers from 0",
    serve: PagesFromZero.make,
    list: fromZero,
    stuck: { reason: "WrongPage", page: 1 },
    ring: { reason: "SamePage", page: 12 }
  },
  {
    ...numbered,
    title: "page numbers from 1",
    serve: PagesFromOne.make,
    list: fromOne,
    stuck: { reason: "SamePage", page: 2 },
    ring: { reason: "SamePage", page: 12 }
  },
  {
    ...numbered,
    title: "offsets",
    total: false,
    serve: Offsets.make,
    list: offsets,
    stuck: { reason: "WrongPage", page: 1 },
    ring: { reason: "SamePage", page: 12 }
  },
  {
    ...chained,
    title: "cursors in bodies",
    serve: BodyCursors.make,
    list: bodyCursors,
    places: false,
    method: "POST",
    url: "/search"
  },
  {
    ...chained,
    title: "cursors in headers",
    serve: HeaderCursors.make,
    list: headerCursors,
    places: false
  },
  {
    ...chained,
    title: "Link headers",
    serve: LinkHeaders.make,
    list: linkHeaders,
    places: true
  },
  {
    ...chained,
    title: "URLs of next pages",
    serve: NextUrls.make,
    list: nextUrls,
    places: false
  }
]

const ids = (first: number, last: number) => itemsFrom(first, last).map(identity)

const idsOf = <A extends Item, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), (items) => Chunk.toReadonlyArray(items).map(identity))

/** The ids that a stream emits, and the error that it fails with, if it does. */
const readAll = <E, R>(stream: Stream.Stream<Item, E, R>) =>
  Effect.gen(function* () {
    const seen: Array<number> = []
    const end = yield* Effect.either(Stream.runForEach(stream, ({ id }) => Effect.sync(() => seen.push(id))))
    return { seen, error: Either.isLeft(end) ? end.left : undefined }
  })

const place = (server: Scripted) => Layer.merge(at(server.url), once)

/** A position as another process reads it. */
const stored = (position: unknown): unknown =>
  position === undefined ? undefined : (JSON.parse(JSON.stringify(position)) as unknown)

describe("over a socket", () => {
  describe.each(styles)("a list by $title", (style) => {
    const { list, ring, serve, stuck } = style

    it.scopedLive.each([0, 1])("is read to its end, with %s pages ahead", (ahead) =>
      Effect.gen(function* () {
        const server = yield* serve()
        expect(yield* Effect.provide(idsOf(list.with({ ahead })()), place(server))).toEqual(ids(1, 8))
        expect(server.requests.length).toBe(3)
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is read to its end when its last page is full, and when it is empty", () =>
      Effect.gen(function* () {
        const full = yield* serve({ items: [...itemsFrom(1, 6)] })
        expect(yield* Effect.provide(idsOf(list()), place(full))).toEqual(ids(1, 6))
        expect(full.requests.length).toBe(2)
        const empty = yield* serve({ items: [] })
        expect(yield* Effect.provide(idsOf(list()), place(empty))).toEqual([])
        expect(empty.requests.length).toBe(1)
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is read on from the position of every page, and from that of the next", () =>
      Effect.gen(function* () {
        const server = yield* serve()
        yield* Effect.gen(function* () {
          const pages = Chunk.toReadonlyArray(yield* Stream.runCollect(list.pages()))
          expect(pages.map(({ items }) => items.map(identity))).toEqual([ids(1, 3), ids(4, 6), ids(7, 8)])
          for (const [index, { next, position, response }] of pages.entries()) {
            expect(response.status).toBe(200)
            expect(yield* idsOf(list.with({ from: stored(position) })())).toEqual(ids(index * 3 + 1, 8))
            expect(yield* idsOf(list.with({ from: stored(next) })())).toEqual(ids(index * 3 + 4, 8))
          }
          expect(pages.map(({ next }) => next === null)).toEqual([false, false, true])
        }).pipe(Effect.provide(place(server)))
        // The pages, then those from each position, and from each next one.
        expect(server.requests.length).toBe(3 + (3 + 2) + (2 + 1) + (1 + 0))
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("requests no page that is not pulled", () =>
      Effect.gen(function* () {
        const server = yield* serve()
        yield* Effect.provide(idsOf(Stream.take(list(), 0)), place(server))
        expect(server.requests.length).toBe(0)
        expect(yield* Effect.provide(idsOf(Stream.take(list(), 4)), place(server))).toEqual(ids(1, 4))
        yield* Effect.sleep("20 millis")
        expect(server.requests.length).toBe(2)
      }).pipe(Effect.provide(client))
    )

    it.scopedLive.each([0, 1])("abandons its requests when it is interrupted, with %s pages ahead", (ahead) =>
      Effect.gen(function* () {
        const server = yield* serve({ silentAt: 1 })
        const seen: Array<number> = []
        const reader = yield* Stream.runForEach(list.with({ ahead })(), ({ id }) =>
          Effect.sync(() => seen.push(id))
        ).pipe(Effect.provide(place(server)), Effect.fork)
        yield* server.next
        yield* server.next
        yield* until(() => seen.length === 3)
        yield* Fiber.interrupt(reader)
        yield* server.abandoned
        yield* Effect.sleep("20 millis")
        expect(seen).toEqual(ids(1, 3))
        expect(server.requests.length).toBe(2)
      }).pipe(Effect.provide(client))
    )

    it.scopedLive.each([0, 1])("fails if the first page is served again and again, with %s pages ahead", (ahead) =>
      Effect.gen(function* () {
        const server = yield* serve({ stuck: true, items: [...itemsFrom(1, 30)] })
        const { error, seen } = yield* Effect.provide(readAll(list.with({ ahead })()), place(server))
        const fault = stuck.reason === "SameCursor" ? 1 : 0
        expect(seen).toEqual(Array.from({ length: stuck.page + fault }, () => ids(1, 3)).flat())
        expect(error).toMatchObject({
          _tag: "PaginationError",
          ...stuck,
          operation: "listItems",
          method: style.method,
          url: `${server.url.origin}${style.url}`,
          status: 200,
          attempts: []
        })
        // Nothing is requested in advance where the next page is known to be no new one.
        const most = stuck.page + 1 + (stuck.reason === "SameCursor" ? 0 : ahead)
        expect(server.requests.length).toBeLessThanOrEqual(most)
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("fails if its last page leads to the first one", () =>
      Effect.gen(function* () {
        const server = yield* serve({ ring: true, items: [...itemsFrom(1, 9)] })
        const { error } = yield* Effect.provide(readAll(list()), place(server))
        expect(error).toMatchObject({ _tag: "PaginationError", ...ring })
        expect(server.requests.length).toBe(ring.page + 1)
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("has the items that there are when their page is requested", () =>
      Effect.gen(function* () {
        const read = (change: (items: Array<Item>) => void, when: number) =>
          Effect.gen(function* () {
            const items = [...itemsFrom(1, 8)]
            const server = yield* serve({ items, before: (index) => index === when && change(items) })
            return yield* Effect.provide(idsOf(list()), place(server))
          })
        const inserted = yield* read((items) => items.unshift({ id: 0 }), 1)
        expect(inserted).toEqual(style.places ? [1, 2, 3, 3, 4, 5, 6, 7, 8] : ids(1, 8))
        const removed = yield* read((items) => items.shift(), 1)
        expect(removed).toEqual(style.places ? [1, 2, 3, 5, 6, 7, 8] : ids(1, 8))
        const grown = yield* read((items) => items.push({ id: 9 }, { id: 10 }), 2)
        expect(grown).toEqual(ids(1, 10))
        const shrunk = yield* read((items) => items.splice(2), 1)
        expect(shrunk).toEqual(ids(1, 3))
      }).pipe(Effect.provide(client))
    )
  })
})

describe.each(styles.filter(({ addressable }) => addressable))("a list by $title", ({ list, serve, total }) => {
  it.scopedLive.each([2, 5, 1000])("requests %s pages side by side, and returns them in order", (ahead) =>
    Effect.gen(function* () {
      const server = yield* serve({ items: [...itemsFrom(1, 20)] })
      expect(yield* Effect.provide(idsOf(list.with({ ahead })()), place(server))).toEqual(ids(1, 20))
      const count = server.requests.length
      expect(count).toBeGreaterThanOrEqual(7)
      // Where only a page tells whether others follow, pages past the end are requested.
      if (total) expect(count).toBe(7)
    }).pipe(Effect.provide(client))
  )
})

describe("a list that is read on from null", () => {
  it.effect.each(styles)("is empty, by $title", ({ list }) =>
    Effect.gen(function* () {
      expect(yield* idsOf(list.with({ from: null })())).toEqual([])
    }).pipe(Effect.provide(Layer.merge(at(new URL("http://127.0.0.1:1")), client)))
  )
})
