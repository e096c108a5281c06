import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Endpoint, Operation, Pagination, Verbs } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { at, Caller, forAll, once } from "../support/kit.js"
import { until } from "../support/settle.js"
import * as fc from "effect/FastCheck"

/*
 * The ends of lists, their faults, and their requests: everything that needs no server of its own.
 */

const Numbers = Schema.Array(Schema.Number)

const range = (first: number, last: number) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)

const queryOf = ({ target }: Scripted.Received) => new URL(target, "http://localhost").searchParams

/** A server whose response is a value, or a value with headers, computed from the query of a request. */
const serving = (
  page: (query: URLSearchParams, index: number) => unknown,
  headers?: (query: URLSearchParams) => Record<string, string>
) =>
  Scripted.make((received, index) =>
    Scripted.json(page(queryOf(received), index), { headers: headers?.(queryOf(received)) ?? {} })
  )

/** Everything that a stream emits, and the error that it fails with, if it does. */
const readAll = <A, E, R>(server: Scripted.Scripted, stream: Stream.Stream<A, E, R>) =>
  Effect.gen(function* () {
    const seen: Array<A> = []
    const end = yield* Effect.either(Stream.runForEach(stream, (one) => Effect.sync(() => seen.push(one))))
    return { seen, error: Either.isLeft(end) ? end.left : undefined, requests: server.requests.length }
  }).pipe(Effect.provide(Layer.merge(at(server.url), once)))

const numbers = Operation.make(Caller, () =>
  Endpoint.get("/numbers", { name: "listNumbers", query: { page: Schema.Number }, success: Numbers })
)

const wrapped = Operation.make(Caller, () =>
  Endpoint.get("/numbers", {
    name: "listNumbers",
    query: { page: Schema.Number },
    success: Schema.Struct({
      data: Numbers,
      total: Schema.optional(Schema.Number),
      more: Schema.optional(Schema.Boolean)
    })
  })
)

const items = (page: ReadonlyArray<number>) => page

/** A response that no request was made for. */
const responseOf = <A>(value: A): Operation.Response<A> => ({
  status: 200,
  headers: {},
  setCookies: [],
  url: "http://localhost/numbers",
  cached: undefined,
  value,
  issues: []
})

/** Page `number` of the numbers up to `count`, in pages of two. */
const pageOfTwo = (query: URLSearchParams, count: number) => {
  const page = Number(query.get("page"))
  return range(page * 2 - 1, Math.min(page * 2, count))
}

describe("the end of a list by page numbers", () => {
  const cases = [
    { count: 0, short: 1, empty: 1 },
    { count: 1, short: 1, empty: 2 },
    { count: 2, short: 2, empty: 2 },
    { count: 5, short: 3, empty: 4 },
    { count: 6, short: 4, empty: 4 }
  ]

  it.scopedLive.each(cases)("of $count items is told by a short page, or by an empty one", ({ count, empty, short }) =>
    Effect.gen(function* () {
      for (const [list, requests] of [
        [Pagination.pageNumber(numbers, { items, end: "shortPage", pageSize: 2 }), short],
        [Pagination.pageNumber(numbers, { items, end: "emptyPage" }), empty],
        [Pagination.pageNumber(numbers, { items, end: "emptyPage", pageSize: 2 }), empty]
      ] as const) {
        const server = yield* serving((query) => pageOfTwo(query, count))
        expect(yield* readAll(server, list())).toEqual({ seen: range(1, count), error: undefined, requests })
      }
    }).pipe(Effect.provide(client))
  )

  const totals: ReadonlyArray<{ readonly title: string; readonly total: () => number | undefined }> = [
    { title: "absent", total: () => undefined },
    { title: "no number", total: () => Number("many") },
    { title: "negative", total: () => -1 }
  ]

  it.scopedLive.each(totals)("is an empty page where the total is $title", ({ total }) =>
    Effect.gen(function* () {
      for (const list of [
        Pagination.pageNumber(numbers, { items, end: { totalPages: total } }),
        Pagination.pageNumber(numbers, { items, end: { totalItems: total }, pageSize: 2 })
      ]) {
        const server = yield* serving((query) => pageOfTwo(query, 5))
        expect(yield* readAll(server, list())).toEqual({ seen: range(1, 5), error: undefined, requests: 4 })
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is told by a total that is counted from the first number", () =>
    Effect.gen(function* () {
      const server = yield* serving((query) => {
        const page = Number(query.get("page")) - 10
        return { data: range(page * 2 + 1, Math.min(page * 2 + 2, 5)), total: 5 }
      })
      const list = Pagination.pageNumber(wrapped, {
        first: 10,
        items: (page) => page.data,
        end: { totalItems: (page) => page.total },
        pageSize: 2
      })
      expect(yield* readAll(server, list.with({ ahead: 9 })())).toEqual({
        seen: range(1, 5),
        error: undefined,
        requests: 3
      })
    }).pipe(Effect.provide(client))
  )
})

describe("the offset of the next page", () => {
  const operation = Operation.make(Caller, () =>
    Endpoint.get("/numbers", {
      query: { offset: Schema.Number, limit: Schema.optional(Schema.Number) },
      success: Numbers
    })
  )
  const sizes = [3, 1, 4, 1, 5]
  const offsets = [0, 3, 4, 8, 9, 14]
  const uneven = serving((query): ReadonlyArray<number> => {
    const start = Number(query.get("offset"))
    return range(start + 1, Math.min(14, start + (sizes[offsets.indexOf(start)] ?? 2)))
  })

  it.scopedLive.each([0, 3])("follows the items of each page where no limit is known, with %s pages ahead", (ahead) =>
    Effect.gen(function* () {
      const server = yield* uneven
      const list = Pagination.offset(operation, { items, end: "emptyPage" })
      const { error, seen } = yield* readAll(server, list.with({ ahead })())
      expect({ error, seen }).toEqual({ error: undefined, seen: range(1, 14) })
      if (ahead === 0) expect(server.requests.map((request) => Number(queryOf(request).get("offset")))).toEqual(offsets)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("follows the items of a page that has more than the limit", () =>
    Effect.gen(function* () {
      const server = yield* serving((query) => {
        const offset = Number(query.get("offset"))
        return range(offset + 1, Math.min(10, offset + 4))
      })
      const list = Pagination.offset(operation, { items, limit: 2, end: { totalItems: () => 10 } })
      expect(yield* readAll(server, list())).toEqual({ seen: range(1, 10), error: undefined, requests: 3 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("follows the limit where that is known, so that a page which is not full leaves a gap", () =>
    Effect.gen(function* () {
      const server = yield* serving((query) => (Number(query.get("offset")) < 4 ? [Number(query.get("offset"))] : []))
      const found = yield* readAll(server, Pagination.offset(operation, { items, limit: 2, end: "emptyPage" })())
      expect(server.requests.map((request) => queryOf(request).get("offset"))).toEqual(["0", "2"])
      expect(found).toMatchObject({ seen: [0], error: { reason: "ShortPage", page: 0 } })
      expect(found.error?.message).toContain("the page at offset 0 has 1 item instead of 2")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is sent with the limit, under their own names, and replaces those of the input", () =>
    Effect.gen(function* () {
      const jira = Operation.make(
        Caller,
        () =>
          Endpoint.get("/numbers", {
            query: { startAt: Schema.Number, maxResults: Schema.Number, jql: Schema.String },
            success: Numbers
          }),
        (jql: string) => ({ jql, startAt: 99, maxResults: 99 })
      )
      const server = yield* serving((query) => (Number(query.get("startAt")) < 5 ? [1, 2] : []))
      const list = Pagination.offset(jira, {
        param: "startAt",
        limitParam: "maxResults",
        first: 1,
        limit: 2,
        items,
        end: "emptyPage",
        identity: "none"
      })
      yield* readAll(server, list("project = X"))
      expect(server.requests.map(queryOf).map(Object.fromEntries)).toEqual(
        [1, 3, 5].map((startAt) => ({ jql: "project = X", startAt: String(startAt), maxResults: "2" }))
      )
    }).pipe(Effect.provide(client))
  )
})

describe("a page that is not full", () => {
  const pages = (sizes: ReadonlyArray<number>) =>
    serving((query) => {
      const index = Number(query.get("page")) - 1
      const size = sizes[index] ?? 0
      return { data: range(index * 10 + 1, index * 10 + size), total: sizes.length, more: index < sizes.length - 1 }
    })
  const data = (page: { readonly data: ReadonlyArray<number> }) => page.data

  const cases = [
    {
      title: "a total",
      end: { totalPages: (page: { readonly total?: number | undefined }) => page.total },
      seen: [1, 2]
    },
    {
      title: "hasMore",
      end: { hasMore: (page: { readonly more?: boolean | undefined }) => page.more === true },
      seen: [1, 2]
    },
    // Only the page after it tells that it is not the last one.
    { title: "an empty page", end: "emptyPage" as const, seen: [1, 2, 11] }
  ]

  it.scopedLive.each(cases)("is a fault if others follow, by $title", ({ end, seen }) =>
    Effect.gen(function* () {
      const server = yield* pages([2, 1, 2])
      const found = yield* readAll(server, Pagination.pageNumber(wrapped, { items: data, end, pageSize: 2 })())
      expect(found.seen).toEqual(seen)
      expect(found.error).toMatchObject({ _tag: "PaginationError", reason: "ShortPage", page: 1 })
      expect(found.error?.message).toContain("page 2 has 1 item instead of 2, and is not the last")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each(cases)("is none where the list is sparse, by $title", ({ end }) =>
    Effect.gen(function* () {
      const server = yield* pages([2, 1, 2])
      const list = Pagination.pageNumber(wrapped, { items: data, end, pageSize: 2, sparse: true })
      expect(yield* readAll(server, list())).toMatchObject({ seen: [1, 2, 11, 21, 22], error: undefined })
      const empty = yield* pages([2, 0, 2])
      const seen = end === "emptyPage" ? [1, 2] : [1, 2, 21, 22]
      expect(yield* readAll(empty, list())).toMatchObject({ seen, error: undefined })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is a fault in a sparse list, too, after a thousand pages without items", () =>
    Effect.gen(function* () {
      const server = yield* serving(() => ({ data: [], more: true }))
      const list = Pagination.pageNumber(wrapped, {
        items: data,
        end: { hasMore: (page) => page.more === true },
        sparse: true
      })
      const found = yield* readAll(server, list())
      expect(found).toMatchObject({ seen: [], error: { _tag: "PaginationError", reason: "SamePage" }, requests: 1001 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each(cases.slice(0, 2))("and has no items is a fault without a page size too, by $title", ({ end }) =>
    Effect.gen(function* () {
      const server = yield* pages([2, 0, 2])
      const found = yield* readAll(server, Pagination.pageNumber(wrapped, { items: data, end })())
      expect(found.error).toMatchObject({ reason: "ShortPage", page: 1 })
      expect(found.error?.message).toContain("page 2 has no items, and is not the last")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is none without a page size", () =>
    Effect.gen(function* () {
      const server = yield* pages([2, 1, 2])
      expect(yield* readAll(server, Pagination.pageNumber(wrapped, { items: data, end: "emptyPage" })())).toMatchObject(
        {
          seen: [1, 2, 11, 21, 22],
          error: undefined
        }
      )
    }).pipe(Effect.provide(client))
  )
})

describe("pages of the same items", () => {
  it.scopedLive.each([0, 3])("are tolerated once, and on the last page, with %s pages ahead", (ahead) =>
    Effect.gen(function* () {
      const list = Pagination.pageNumber(numbers, { items, end: { totalPages: () => 5 } }).with({ ahead })
      const twice = yield* serving((query) => [Math.max(1, Number(query.get("page")) - 1)])
      expect(yield* readAll(twice, list())).toMatchObject({ seen: [1, 1, 2, 3, 4], error: undefined })
      const short = yield* serving(() => [1])
      const three = Pagination.pageNumber(numbers, { items, end: { totalPages: () => 3 } }).with({ ahead })
      expect(yield* readAll(short, three())).toMatchObject({ seen: [1, 1, 1], error: undefined })
      const always = yield* serving(() => [1])
      const { error, seen } = yield* readAll(always, list())
      expect(seen).toEqual([1, 1])
      expect(error).toMatchObject({ reason: "SamePage", page: 2 })
      expect(error?.message).toContain("the items of page 3 were received before, again and again")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("are compared by the identity of their items", () =>
    Effect.gen(function* () {
      const end = { totalPages: () => 5 }
      // Each page is new, but for the last digit.
      const server = serving((_, index) => [index * 10])
      const byDigit = Pagination.pageNumber(numbers, { items, end, identity: (item) => item % 10 })
      expect(yield* readAll(yield* server, byDigit())).toMatchObject({ error: { reason: "SamePage" } })
      expect(yield* readAll(yield* server, Pagination.pageNumber(numbers, { items, end })())).toMatchObject({
        error: undefined
      })
      const same = yield* serving(() => [1])
      const none = Pagination.pageNumber(numbers, { items, end, identity: "none" })
      expect(yield* readAll(same, none())).toMatchObject({ seen: [1, 1, 1, 1, 1], error: undefined })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("are compared as JSON by default, with long integers and values that have none", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((received) =>
        Scripted.respond({
          body: `[{"id": 9007199254740993${queryOf(received).get("page")}}]`,
          headers: { "content-type": "application/json" }
        })
      )
      const operation = Operation.make(Caller, () =>
        Endpoint.get("/numbers", {
          query: { page: Schema.Number },
          success: Schema.Array(Schema.Struct({ id: Schema.BigIntFromSelf }))
        })
      )
      const end = { totalPages: () => 5 }
      const list = Pagination.pageNumber(operation, { items: (page) => page, end })
      expect(yield* readAll(server, list())).toMatchObject({ error: undefined, requests: 5 })
      const circular = Pagination.pageNumber(operation, {
        items: () => {
          const item: { self?: unknown } = {}
          item.self = item
          return [item]
        },
        end
      })
      expect(yield* readAll(server, circular())).toMatchObject({ error: undefined })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("are found where each has a new cursor, but for pages without items", () =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () =>
        Endpoint.get("/numbers", {
          query: { cursor: Schema.optional(Schema.Number) },
          success: Schema.Struct({ data: Numbers, next: Schema.NullOr(Schema.Number) })
        })
      )
      const list = Pagination.cursor(operation, { items: (page) => page.data, next: (page) => page.next })
      const full = yield* serving((_, index) => ({ data: [1], next: index + 1 }))
      expect(yield* readAll(full, list())).toMatchObject({ seen: [1, 1], error: { reason: "SamePage", page: 2 } })
      const empty = yield* serving((_, index) => ({
        data: index === 9 ? [1] : [],
        next: index === 9 ? null : index + 1
      }))
      expect(yield* readAll(empty, list())).toEqual({ seen: [1], error: undefined, requests: 10 })
    }).pipe(Effect.provide(client))
  )
})

describe("cursors", () => {
  const operation = Operation.make(Caller, () =>
    Endpoint.get("/numbers", {
      query: { cursor: Schema.optional(Schema.String) },
      success: Schema.Struct({ data: Numbers, next: Schema.optional(Schema.NullOr(Schema.String)) })
    })
  )
  const list = Pagination.cursor(operation, { items: (page) => page.data, next: (page) => page.next })

  it.scopedLive.each([[null], [""], [undefined]])("and URLs end at %s", ([next]) =>
    Effect.gen(function* () {
      const byUrl = Pagination.nextUrl(operation, { items: (page) => page.data, next: (page) => page.next })
      for (const one of [list(), byUrl()]) {
        const server = yield* serving(() => ({ data: [1], next }))
        expect(yield* readAll(server, one)).toEqual({ seen: [1], error: undefined, requests: 1 })
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("that lead to their own page are found at once", () =>
    Effect.gen(function* () {
      const leads: Readonly<Record<string, string>> = { "": "a", a: "b", b: "c", c: "d", d: "d" }
      const server = yield* serving((query, index) => ({ data: [index], next: leads[query.get("cursor") ?? ""] }))
      expect(yield* readAll(server, list())).toMatchObject({
        seen: [0, 1, 2, 3, 4],
        error: { reason: "SameCursor", page: 4 },
        requests: 5
      })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("end the list, wherever they lead", () =>
    forAll(
      fc.record({
        // The cursor that the page of each cursor has; the last index is none.
        leads: fc.array(fc.nat({ max: 12 }), { minLength: 12, maxLength: 12 }),
        ahead: fc.constantFrom(0 as const, 1 as const)
      }),
      ({ ahead, leads }) =>
        Effect.scoped(
          Effect.gen(function* () {
            const server = yield* serving((query, index) => {
              const lead = leads[Number(query.get("cursor") ?? 0)]
              return { data: [index], next: lead === 12 ? null : String(lead) }
            })
            const { error, requests } = yield* readAll(server, list.with({ ahead })())
            const reached = new Set<number>()
            let at = 0
            while (at !== 12 && !reached.has(at)) {
              reached.add(at)
              at = leads[at]!
            }
            expect(error?._tag).toBe(at === 12 ? undefined : "PaginationError")
            if (at === 12) expect(requests).toBe(reached.size)
            else expect(error).toMatchObject({ reason: "SameCursor" })
            expect(requests).toBeLessThanOrEqual(4 * reached.size + 4)
          })
        ),
      { numRuns: 60 }
    ).pipe(Effect.provide(client))
  )

  it.scopedLive("can be numbers, objects in a body, and have a first one", () =>
    Effect.gen(function* () {
      const scan = Operation.make(Caller, () =>
        Endpoint.post("/scan", {
          body: Schema.Struct({ table: Schema.String, start: Schema.optional(Schema.Struct({ id: Schema.Number })) }),
          success: Schema.Struct({ data: Numbers, last: Schema.optional(Schema.Struct({ id: Schema.Number })) })
        })
      )
      const server = yield* Scripted.make(({ body }) => {
        const { start } = JSON.parse(body) as { readonly start: { readonly id: number } }
        const id = start.id + 1
        return Scripted.json({ data: [id], ...(id < 3 ? { last: { id } } : {}) })
      })
      const scanned = Pagination.cursor(scan, {
        param: { body: "start" },
        first: { id: 0 },
        items: (page) => page.data,
        next: (page) => page.last
      })
      expect(yield* readAll(server, scanned({ body: { table: "t" } }))).toMatchObject({
        seen: [1, 2, 3],
        error: undefined
      })
      expect(server.requests.map(({ body }) => JSON.parse(body) as unknown)).toEqual(
        [0, 1, 2].map((id) => ({ table: "t", start: { id } }))
      )
      const round = yield* Scripted.make([Scripted.json({ data: [1], last: { id: 0 } })])
      expect(yield* readAll(round, scanned({ body: { table: "t" } }))).toMatchObject({
        seen: [1],
        error: { reason: "SameCursor", page: 0 },
        requests: 1
      })
    }).pipe(Effect.provide(client))
  )
})

describe("one page in advance", () => {
  it.scopedLive("is requested while a page is processed, and no more than one", () =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () =>
        Endpoint.get("/numbers", {
          query: { cursor: Schema.optional(Schema.Number) },
          success: Schema.Struct({ data: Numbers, next: Schema.NullOr(Schema.Number) })
        })
      )
      const list = Pagination.cursor(operation, { items: (page) => page.data, next: (page) => page.next })
      const server = yield* serving((query) => {
        const index = Number(query.get("cursor") ?? 0)
        return { data: [index], next: index < 3 ? index + 1 : null }
      })
      const known: Array<number> = []
      // The types forbid 5.
      const aheads: ReadonlyArray<1> = [1, 5 as 1]
      for (const ahead of aheads) {
        known.length = 0
        const before = server.requests.length
        const process = Effect.suspend(() =>
          until(() => server.requests.length - before >= Math.min(known.length + 2, 4))
        ).pipe(
          // A request for one more page would be received.
          Effect.zipRight(Effect.sleep("50 millis")),
          Effect.zipRight(Effect.sync(() => known.push(server.requests.length - before)))
        )
        yield* list
          .with({ ahead })
          .pages()
          .pipe(
            Stream.runForEach(() => process),
            Effect.provide(Layer.merge(at(server.url), once))
          )
        expect(known).toEqual([2, 3, 4, 4])
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is not requested if it was requested before", () =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () =>
        Endpoint.get("/numbers", { query: { cursor: Schema.optional(Schema.Number) }, success: Numbers })
      )
      const list = Pagination.cursor(operation, { items, next: () => 1 }).with({ ahead: 1 })
      const server = yield* serving((_, index) => [index])
      const slow = Stream.tap(list(), () => Effect.sleep("50 millis"))
      expect(yield* readAll(server, slow)).toMatchObject({ seen: [0, 1], error: { reason: "SameCursor" }, requests: 2 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("that fails does not hide the page before it", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((received) =>
        queryOf(received).get("page") === "3" ? Scripted.respond({ status: 500, body: "boom" }) : Scripted.json([1])
      )
      const list = Pagination.pageNumber(numbers, { items, end: { totalPages: () => 9 } }).with({ ahead: 4 })
      expect(yield* readAll(server, list())).toMatchObject({
        seen: [1, 1],
        error: { _tag: "ServerError", status: 500, operation: "listNumbers" }
      })
    }).pipe(Effect.provide(client))
  )
})

describe("the options of reading", () => {
  it.scopedLive("add up", () =>
    Effect.gen(function* () {
      const list = Pagination.pageNumber(numbers, { items, end: { totalPages: () => 9 } })
      const server = yield* serving((query) => [Number(query.get("page"))])
      const later = list.with({ from: 5 }).with({ ahead: 2 })
      expect(yield* readAll(server, later())).toMatchObject({ seen: [5, 6, 7, 8, 9], error: undefined })
      expect(yield* readAll(server, later.with({ from: undefined })())).toMatchObject({ seen: range(1, 9) })
    }).pipe(Effect.provide(client))
  )
})

describe("the chunks of a list", () => {
  it.effect("are those of its pages, whose arrays are not copied", () =>
    Effect.gen(function* () {
      const pages = [range(1, 1000), [], [1001], range(1002, 1100)]
      const source = Pagination.requests(({ query }) => Effect.succeed(responseOf(pages[Number(query["page"]) - 1]!)))
      const list = Pagination.pageNumber(source, {
        items,
        end: { hasMore: (page) => page !== pages[3] },
        sparse: true
      })
      for (const ahead of [0, 2]) {
        const chunks = yield* Stream.runCollect(Stream.chunks(list.with({ ahead })()))
        expect(Array.from(chunks, Chunk.size)).toEqual([1000, 0, 1, 99])
        expect(Chunk.toReadonlyArray(Chunk.unsafeHead(chunks))).toBe(pages[0])
      }
    })
  )
})

describe("pages ahead", () => {
  it.effect.each([1, 3])("are requested before the page is processed, without waiting for it, with %s ahead", (ahead) =>
    Effect.gen(function* () {
      const requested: Array<number> = []
      const source = Pagination.requests(({ query }) =>
        Effect.zipRight(
          Effect.sync(() => requested.push(Number(query["page"]))),
          Effect.as(Effect.yieldNow(), responseOf([Number(query["page"])]))
        )
      )
      const list = Pagination.pageNumber(source, { items, end: { totalPages: () => 5 } }).with({ ahead })
      const known: Array<number> = []
      // Nothing here lets another fiber run.
      yield* Stream.runForEach(list(), () => Effect.sync(() => known.push(requested.length)))
      expect(known).toEqual([1, 2, 3, 4, 5].map((page) => Math.min(page + ahead, 5)))
      expect(requested).toEqual([1, 2, 3, 4, 5])
    })
  )

  it.effect("whose request can't be made fail in their turn", () =>
    Effect.gen(function* () {
      const source = Pagination.requests(({ query }) => {
        if (query["page"] === 3) throw new Error("no such page")
        return Effect.succeed(responseOf([Number(query["page"])]))
      })
      const seen: Array<number> = []
      const exit = yield* Pagination.pageNumber(source, { items, end: { totalPages: () => 5 } })
        .with({ ahead: 4 })()
        .pipe(
          Stream.runForEach((one) => Effect.sync(() => seen.push(one))),
          Effect.exit
        )
      expect(seen).toEqual([1, 2])
      expect(exit).toEqual(Exit.die(new Error("no such page")))
    })
  )

  it.effect.each(["the reader is interrupted", "enough was read", "a page fails"])(
    "are interrupted where %s, also the one that is waited for",
    (end) =>
      Effect.gen(function* () {
        const interrupted: Array<number> = []
        const source = Pagination.requests(
          ({ query }): Effect.Effect<Operation.Response<ReadonlyArray<number>>, string> => {
            const page = Number(query["page"])
            if (page <= 2) return Effect.succeed(responseOf([page]))
            if (page === 3 && end === "a page fails") return Effect.zipRight(Effect.sleep(10), Effect.fail("failed"))
            return Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted.push(page)))
          }
        )
        const list = Pagination.pageNumber(source, { items, end: { totalPages: () => 9 } }).with({ ahead: 3 })
        const reader = yield* Effect.fork(Stream.runDrain(end === "enough was read" ? Stream.take(list(), 2) : list()))
        yield* TestClock.adjust(10)
        if (end === "the reader is interrupted") yield* Fiber.interrupt(reader)
        yield* Fiber.await(reader)
        expect(interrupted.toSorted()).toEqual(end === "a page fails" ? [4, 5] : [3, 4, 5])
      })
  )

  it.scopedLive("are 100 at most", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((received) =>
        queryOf(received).get("page") === "1" ? Scripted.json([1]) : Scripted.silence
      )
      const list = Pagination.pageNumber(numbers, { items, end: "emptyPage" }).with({ ahead: Infinity })
      const reader = yield* Effect.fork(readAll(server, list()))
      for (let count = 0; count < 101; count += 1) yield* server.next
      yield* Effect.sleep("100 millis")
      expect(server.requests.length).toBe(101)
      yield* Fiber.interrupt(reader)
    }).pipe(Effect.provide(client))
  )
})

describe("a parameter that the operation does not have", () => {
  it.effect("is refused when the list is first read", () =>
    Effect.gen(function* () {
      const byNumber = Pagination.pageNumber(numbers, { param: "p", items, end: "emptyPage" })
      const byHeader = Pagination.cursor(numbers, { param: { header: "x-cursor" }, items, next: () => "a" })
      const cause = (stream: Stream.Stream<number, unknown, Stream.Stream.Context<ReturnType<typeof byNumber>>>) =>
        Effect.map(Effect.sandbox(Effect.flip(Effect.sandbox(Stream.runDrain(stream)))), String)
      expect(yield* cause(byNumber({ page: 1 }))).toContain("listNumbers can't be paginated: its query has no field p")
      expect(yield* cause(byHeader({ page: 1 }))).toContain(
        "listNumbers can't be paginated: its headers has no field x-cursor"
      )
    }).pipe(Effect.provide(Layer.merge(at(new URL("http://127.0.0.1:1")), client)))
  )
})

describe("a list of requests", () => {
  const { get, post } = Verbs.make(Caller)

  it.scopedLive("has the query, headers and body of each page, and its own arguments", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((_, index) => Scripted.json(index < 2 ? [index] : []))
      const place = Layer.merge(at(server.url), once)
      const byQuery = Pagination.pageNumber(
        Pagination.requests(({ query }, shelf: string, sort?: string) =>
          get.withResponse("/shelves/{shelf}", { path: { shelf }, query: { ...query, sort }, success: Numbers })
        ),
        { items: (page) => page, end: "emptyPage" }
      )
      expect(yield* Effect.provide(Stream.runCollect(byQuery("a b", "price")), place)).toEqual(Chunk.make(0, 1))
      expect(server.requests.map(({ target }) => target)).toEqual(
        [1, 2, 3].map((page) => `/shelves/a%20b?page=${page}&sort=price`)
      )
      const other = yield* Scripted.make((_, index) => Scripted.json(index < 1 ? [index] : []))
      const byBody = Pagination.offset(
        Pagination.requests(({ body, headers }) =>
          post.withResponse("/search", { json: { text: "x", ...body }, headers, success: Numbers })
        ),
        {
          param: { body: "from" },
          limitParam: { header: "x-limit" },
          limit: 1,
          items: (page) => page,
          end: "emptyPage"
        }
      )
      yield* Effect.provide(Stream.runDrain(byBody()), Layer.merge(at(other.url), once))
      expect(other.requests.map(({ body, headers }) => [JSON.parse(body), headers["x-limit"]])).toEqual([
        [{ text: "x", from: 0 }, "1"],
        [{ text: "x", from: 1 }, "1"]
      ])
      const third = yield* Scripted.make([Scripted.json([])])
      const wholly = Pagination.offset(
        Pagination.requests(({ body }) => post.withResponse("/search", { json: body, success: Numbers })),
        { param: { body: "from" }, limitParam: { body: "size" }, limit: 1, items: (page) => page, end: "emptyPage" }
      )
      yield* Effect.provide(Stream.runDrain(wholly()), Layer.merge(at(third.url), once))
      expect(third.requests.map(({ body }) => JSON.parse(body) as unknown)).toEqual([{ from: 0, size: 1 }])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("fails with the details of the request whose page is faulty", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json([1], { headers: { "x-request-id": "r1" } })])
      const list = Pagination.pageNumber(
        Pagination.requests(({ query }) =>
          get.withResponse("/a/{b}", { path: { b: "secret" }, query, success: Numbers })
        ),
        { items: (page) => page, end: { totalPages: () => 9 } }
      )
      const { error } = yield* readAll(server, list())
      expect(error).toMatchObject({
        _tag: "PaginationError",
        reason: "SamePage",
        page: 2,
        operation: "GET /a/{b}",
        method: "GET",
        url: `${server.url.origin}/a/{b}`,
        status: 200,
        requestId: "r1",
        body: undefined,
        attempts: []
      })
      expect(error?.message).toBe(
        `GET ${server.url.origin}/a/{b}: the items of page 3 were received before, again and again`
      )
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("fails with what is known where its responses are not those of a verb", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json([1])])
      const list = Pagination.pageNumber(
        Pagination.requests(({ query }) =>
          Effect.map(get.withResponse("/a", { query, success: Numbers }), (response) => ({ ...response }))
        ),
        { items: (page) => page, end: { totalPages: () => 9 } }
      )
      const { error } = yield* readAll(server, list())
      expect(error).toMatchObject({
        reason: "SamePage",
        operation: "list",
        method: "GET",
        url: server.url.origin,
        status: 200
      })
    }).pipe(Effect.provide(client))
  )
})
