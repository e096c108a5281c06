import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Polympics from "effect-herald/polympics"
import { anonymous } from "./support/callers.js"
import { inProcess, json, type Sent } from "../../support/inProcess.js"
import { team } from "./support/wire.js"

const pageOf = ({ target }: Sent) => Number(new URL(target, "http://localhost").searchParams.get("page"))

/** A page of a server, with the ids of its items. */
interface Served {
  readonly page: number
  readonly perPage: number
  readonly pages: number
  readonly ids: ReadonlyArray<number>
}

const serve = (pageFor: (requested: number, index: number) => Served) =>
  inProcess((sent, index) => {
    const { ids, page, pages, perPage } = pageFor(pageOf(sent), index)
    return json({ page, per_page: perPage, pages, results: pages * perPage, data: ids.map((id) => team(id)) })
  })

/** Reads a list: its items, its error, and the number of its requests. */
const read = (http: ReturnType<typeof serve>, ahead: number) =>
  Effect.gen(function* () {
    const seen: Array<number> = []
    const result = yield* Effect.either(
      Stream.runForEach(Polympics.listTeams.with({ ahead })({ search: "Xyzzy" }), ({ id }) =>
        Effect.sync(() => seen.push(id))
      )
    )
    return { seen, error: result._tag === "Left" ? result.left : undefined, requests: http.sent.length }
  }).pipe(Effect.provide(Layer.merge(anonymous("https://polympics.test"), http.layer)))

interface Case {
  readonly title: string
  readonly pageFor: (requested: number, index: number) => Served
  readonly reason: string
  readonly page: number
  /** The ids of the items before the error. */
  readonly seen: ReadonlyArray<number>
}

const cases: ReadonlyArray<Case> = [
  {
    title: "always sends the first page",
    pageFor: () => ({ page: 0, perPage: 2, pages: 1000, ids: [1, 2] }),
    reason: "WrongPage",
    page: 1,
    seen: [1, 2]
  },
  {
    title: "sends the next page instead",
    pageFor: (requested) => ({ page: requested + 1, perPage: 2, pages: 1000, ids: [1, 2] }),
    reason: "WrongPage",
    page: 0,
    seen: []
  },
  {
    title: "sends the same items on each page",
    pageFor: (page) => ({ page, perPage: 2, pages: 1000, ids: [1, 2] }),
    reason: "SamePage",
    page: 2,
    seen: [1, 2, 1, 2]
  },
  {
    title: "sends the same items on ever more pages",
    pageFor: (page) => ({ page, perPage: 1, pages: page + 10, ids: [7] }),
    reason: "SamePage",
    page: 2,
    seen: [7, 7]
  },
  {
    // The marks are pages 0, 2, 6 and 14. The items of page 6 are repeated on pages 9 and 12.
    title: "repeats three pages",
    pageFor: (page) => ({ page, perPage: 1, pages: page + 10, ids: [(page % 3) + 1] }),
    reason: "SamePage",
    page: 12,
    seen: [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]
  },
  {
    title: "sends ever more empty pages",
    pageFor: (page) => ({ page, perPage: 20, pages: page + 10, ids: [] }),
    reason: "ShortPage",
    page: 0,
    seen: []
  },
  {
    title: "has a page size of zero",
    pageFor: (page) => ({ page, perPage: 0, pages: 1000, ids: [] }),
    reason: "ShortPage",
    page: 0,
    seen: []
  },
  {
    title: "omits items of a page in the middle",
    pageFor: (page) => ({ page, perPage: 2, pages: 4, ids: page === 1 ? [3] : [page * 2 + 1, page * 2 + 2] }),
    reason: "ShortPage",
    page: 1,
    seen: [1, 2]
  }
]

describe.each([0, 3])("with %s pages ahead, a server", (ahead) => {
  it.effect.each(cases)("that $title is detected", ({ page, pageFor, reason, seen }) =>
    Effect.gen(function* () {
      const http = serve(pageFor)
      const result = yield* read(http, ahead)
      expect(result.seen).toEqual(seen)
      expect(result.error).toMatchObject({
        _tag: "PaginationError",
        reason,
        page,
        operation: "listTeams",
        method: "GET",
        url: "https://polympics.test/teams/search"
      })
      expect(result.error?.message).toContain(String(page))
      expect(JSON.stringify(result.error)).not.toContain("Xyzzy")
      expect(result.requests).toBeLessThanOrEqual(page + 1 + ahead)
    })
  )
})

describe("two pages of the same items", () => {
  it.effect("are accepted, since a list can change while it is read", () =>
    Effect.gen(function* () {
      const http = serve((page) => ({ page, perPage: 1, pages: 3, ids: [page === 0 ? 1 : page] }))
      expect(yield* read(http, 0)).toEqual({ seen: [1, 1, 2], error: undefined, requests: 3 })
    })
  )
})

describe("a list", () => {
  const served = FastCheck.record({
    wrong: FastCheck.integer({ min: 0, max: 20 }),
    perPage: FastCheck.integer({ min: 0, max: 3 }),
    pages: FastCheck.integer({ min: 0, max: 30 }),
    ids: FastCheck.array(FastCheck.integer({ min: 1, max: 3 }), { maxLength: 4 })
  })
  it.effect.prop(
    "ends for any responses of the server",
    [FastCheck.array(served, { minLength: 1, maxLength: 40 }), FastCheck.integer({ min: 0, max: 3 })],
    ([responses, ahead]) =>
      Effect.gen(function* () {
        const http = serve((requested, index) => {
          const { ids, pages, perPage, wrong } = responses[index % responses.length] ?? {
            ids: [],
            pages: 0,
            perPage: 0,
            wrong: 0
          }
          return { page: wrong === 1 ? wrong : requested, perPage, pages, ids }
        })
        const { error, requests } = yield* read(http, ahead)
        expect(requests).toBeLessThanOrEqual(30)
        expect(["PaginationError", undefined]).toContain(error?._tag)
      }),
    60_000
  )
})
