import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Polympics from "effect-herald/polympics"
import { nobody } from "./support/callers.js"
import { inProcess, json, type Sent } from "./support/inProcess.js"
import { team } from "./support/wire.js"

const pageOf = ({ target }: Sent) => Number(new URL(target, "http://localhost").searchParams.get("page"))

/** What a server says of a page, and the ids of what it gives. */
interface Claim {
  readonly page: number
  readonly perPage: number
  readonly pages: number
  readonly ids: ReadonlyArray<number>
}

const claims = (claim: (asked: number, index: number) => Claim) =>
  inProcess((sent, index) => {
    const { ids, page, pages, perPage } = claim(pageOf(sent), index)
    return json({ page, per_page: perPage, pages, results: pages * perPage, data: ids.map((id) => team(id)) })
  })

/** Reads all there is: what came, and how it ended. */
const read = (http: ReturnType<typeof claims>, ahead: number) =>
  Effect.gen(function* () {
    const seen: Array<number> = []
    const end = yield* Effect.either(
      Stream.runForEach(Polympics.listTeams({ search: "Xyzzy", ahead }), ({ id }) => Effect.sync(() => seen.push(id)))
    )
    return { seen, end: end._tag === "Left" ? end.left : undefined, asked: http.sent.length }
  }).pipe(Effect.provide(Layer.merge(nobody("https://polympics.test"), http.layer)))

interface Case {
  readonly title: string
  readonly claim: (asked: number, index: number) => Claim
  readonly reason: string
  readonly page: number
  /** What was given before. */
  readonly seen: ReadonlyArray<number>
}

const cases: ReadonlyArray<Case> = [
  {
    title: "always gives the first page",
    claim: () => ({ page: 0, perPage: 2, pages: 1000, ids: [1, 2] }),
    reason: "WrongPage",
    page: 1,
    seen: [1, 2]
  },
  {
    title: "gives the next page instead",
    claim: (asked) => ({ page: asked + 1, perPage: 2, pages: 1000, ids: [1, 2] }),
    reason: "WrongPage",
    page: 0,
    seen: []
  },
  {
    title: "calls the same items another page",
    claim: (page) => ({ page, perPage: 2, pages: 1000, ids: [1, 2] }),
    reason: "SamePage",
    page: 2,
    seen: [1, 2, 1, 2]
  },
  {
    title: "always has one more page of the same items",
    claim: (page) => ({ page, perPage: 1, pages: page + 10, ids: [7] }),
    reason: "SamePage",
    page: 2,
    seen: [7, 7]
  },
  {
    // Marked are pages 0, 2, 6 and 14; those of page 6 come again on 9 and 12.
    title: "goes in a circle of three pages",
    claim: (page) => ({ page, perPage: 1, pages: page + 10, ids: [(page % 3) + 1] }),
    reason: "SamePage",
    page: 12,
    seen: [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]
  },
  {
    title: "always has one more page, with nothing on it",
    claim: (page) => ({ page, perPage: 20, pages: page + 10, ids: [] }),
    reason: "ShortPage",
    page: 0,
    seen: []
  },
  {
    title: "has pages of no items",
    claim: (page) => ({ page, perPage: 0, pages: 1000, ids: [] }),
    reason: "ShortPage",
    page: 0,
    seen: []
  },
  {
    title: "leaves items out in the middle",
    claim: (page) => ({ page, perPage: 2, pages: 4, ids: page === 1 ? [3] : [page * 2 + 1, page * 2 + 2] }),
    reason: "ShortPage",
    page: 1,
    seen: [1, 2]
  }
]

describe.each([0, 3])("with %s pages ahead, a server", (ahead) => {
  it.effect.each(cases)("that $title is found out", ({ claim, page, reason, seen }) =>
    Effect.gen(function* () {
      const http = claims(claim)
      const found = yield* read(http, ahead)
      expect(found.seen).toEqual(seen)
      expect(found.end).toMatchObject({
        _tag: "PaginationError",
        reason,
        page,
        operation: "listTeams",
        method: "GET",
        url: "https://polympics.test/teams/search"
      })
      expect(found.end?.message).toContain(String(page))
      expect(JSON.stringify(found.end)).not.toContain("Xyzzy")
      expect(found.asked).toBeLessThanOrEqual(page + 1 + ahead)
    })
  )
})

describe("two pages of the same items", () => {
  it.effect("are taken for a list that changes", () =>
    Effect.gen(function* () {
      const http = claims((page) => ({ page, perPage: 1, pages: 3, ids: [page === 0 ? 1 : page] }))
      expect(yield* read(http, 0)).toEqual({ seen: [1, 1, 2], end: undefined, asked: 3 })
    })
  )
})

describe("a list", () => {
  const claim = FastCheck.record({
    wrong: FastCheck.integer({ min: 0, max: 20 }),
    perPage: FastCheck.integer({ min: 0, max: 3 }),
    pages: FastCheck.integer({ min: 0, max: 30 }),
    ids: FastCheck.array(FastCheck.integer({ min: 1, max: 3 }), { maxLength: 4 })
  })
  it.effect.prop(
    "comes to its end, whatever the server says",
    [FastCheck.array(claim, { minLength: 1, maxLength: 40 }), FastCheck.integer({ min: 0, max: 3 })],
    ([said, ahead]) =>
      Effect.gen(function* () {
        const http = claims((asked, index) => {
          const { ids, pages, perPage, wrong } = said[index % said.length] ?? {
            ids: [],
            pages: 0,
            perPage: 0,
            wrong: 0
          }
          return { page: wrong === 1 ? wrong : asked, perPage, pages, ids }
        })
        const { asked, end } = yield* read(http, ahead)
        expect(asked).toBeLessThanOrEqual(30)
        expect(["PaginationError", undefined]).toContain(end?._tag)
      }),
    60_000
  )
})
