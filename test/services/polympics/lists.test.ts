import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Polympics from "effect-herald/polympics"
import { anonymous } from "./support/callers.js"
import { type InProcess, inProcess } from "../../support/inProcess.js"
import { account, page, team, teams } from "./support/wire.js"

const environment = ({ layer }: InProcess) => Layer.merge(anonymous("https://polympics.test"), layer)

/** The ids of a stream's items. */
const idsOf = <A extends { readonly id: unknown }, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), (items) => Chunk.toReadonlyArray(items).map(({ id }) => id))

/** The numbers of the pages that were requested. */
const requestedPages = ({ sent }: InProcess) =>
  sent.map(({ target }) => Number(new URL(target, "http://localhost").searchParams.get("page")))

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

describe("a list requests a page when it is needed", () => {
  const cases = [
    { take: 0, pages: [] },
    { take: 1, pages: [0] },
    { take: 20, pages: [0] },
    { take: 21, pages: [0, 1] },
    { take: 40, pages: [0, 1] },
    { take: 41, pages: [0, 1, 2] },
    { take: 1000, pages: [0, 1, 2] }
  ]
  it.effect.each(cases)("for $take items", ({ pages, take }) => {
    const http = inProcess(({ target }) => page(teams(45), target))
    return Effect.gen(function* () {
      expect(yield* idsOf(Stream.take(Polympics.listTeams(), take))).toEqual(range(1, Math.min(take, 45)))
      expect(requestedPages(http)).toEqual(pages)
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("and no more once the reader stops", () => {
    const http = inProcess(({ target }) => page(teams(45), target))
    return Effect.gen(function* () {
      const found = yield* Stream.runHead(Stream.filter(Polympics.listTeams({ pageSize: 5 }), ({ id }) => id === 7))
      expect(found._tag === "Some" && found.value.name).toBe("Team 7")
      expect(requestedPages(http)).toEqual([0, 1])
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("and none before it runs, but all of them in each run", () => {
    const http = inProcess(({ target }) => page(teams(3), target))
    return Effect.gen(function* () {
      const list = Polympics.listTeams({ pageSize: 2 })
      expect(http.sent).toEqual([])
      expect(yield* idsOf(list)).toEqual([1, 2, 3])
      expect(yield* idsOf(list)).toEqual([1, 2, 3])
      expect(requestedPages(http)).toEqual([0, 1, 0, 1])
    }).pipe(Effect.provide(environment(http)))
  })
})

describe("a list starts", () => {
  const cases = [
    { title: "at the first page", first: undefined, items: range(1, 45), pages: [0, 1, 2] },
    { title: "at a later page", first: 1, items: range(21, 45), pages: [1, 2] },
    { title: "at the last page", first: 2, items: range(41, 45), pages: [2] },
    { title: "past the last page", first: 3, items: [], pages: [3] },
    { title: "far past the last page", first: 1000, items: [], pages: [1000] }
  ]
  it.effect.each(cases)("$title", ({ first, items, pages }) => {
    const http = inProcess(({ target }) => page(teams(45), target))
    return Effect.gen(function* () {
      expect(yield* idsOf(Polympics.listTeams.with({ from: first })())).toEqual(items)
      expect(requestedPages(http)).toEqual(pages)
    }).pipe(Effect.provide(environment(http)))
  })
})

describe("a list ends", () => {
  it.effect("if there are no items", () => {
    const http = inProcess(({ target }) => page([], target))
    return Effect.gen(function* () {
      expect(yield* idsOf(Polympics.listAccounts())).toEqual([])
      expect(requestedPages(http)).toEqual([0])
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("after a last page that is full", () => {
    const http = inProcess(({ target }) => page(teams(40), target))
    return Effect.gen(function* () {
      expect(yield* idsOf(Polympics.listTeams())).toEqual(range(1, 40))
      expect(requestedPages(http)).toEqual([0, 1])
    }).pipe(Effect.provide(environment(http)))
  })
})

describe("a list that changes while it is read", () => {
  it.effect("continues if it grows", () => {
    const items = teams(4)
    const http = inProcess(({ target }, index) => {
      if (index === 1) items.push(team(5), team(6), team(7))
      return page(items, target)
    })
    return Effect.gen(function* () {
      expect(yield* idsOf(Polympics.listTeams({ pageSize: 2 }))).toEqual(range(1, 7))
      expect(requestedPages(http)).toEqual([0, 1, 2, 3])
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("ends if it shrinks to less than was read", () => {
    const http = inProcess(({ target }, index) => page(teams(index === 0 ? 8 : 2), target))
    return Effect.gen(function* () {
      expect(yield* idsOf(Polympics.listTeams({ pageSize: 4 }))).toEqual(range(1, 4))
      expect(requestedPages(http)).toEqual([0, 1])
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("has an item twice if it moves to the next page", () => {
    const http = inProcess(({ target }, index) => page(index === 0 ? teams(4) : [team(9), ...teams(4)], target))
    return Effect.gen(function* () {
      expect(yield* idsOf(Polympics.listTeams({ pageSize: 2 }))).toEqual([1, 2, 2, 3, 4])
    }).pipe(Effect.provide(environment(http)))
  })
})

describe("the pages of a list", () => {
  it.effect("have the totals from the first on", () => {
    const accounts = ["9", "8", "7"].map((id) => account(id))
    const http = inProcess(({ target }) => page(accounts, target))
    return Effect.gen(function* () {
      const first = yield* Stream.runHead(Polympics.listAccounts.pages({ pageSize: 2 }))
      expect(first).toMatchObject({
        _tag: "Some",
        value: {
          value: { page: 0, perPage: 2, pages: 2, results: 3 },
          items: [{ id: "9" }, { id: "8" }],
          position: 0,
          next: 1
        }
      })
      expect(requestedPages(http)).toEqual([0])
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("are read in order, and are one empty page if there are no items", () => {
    const http = inProcess(({ target }) => page(target.includes("q=nothing") ? [] : teams(3), target))
    return Effect.gen(function* () {
      const numbers = (search: string) =>
        Effect.map(Stream.runCollect(Polympics.listTeams.pages({ search, pageSize: 2 })), (pages) =>
          Chunk.toReadonlyArray(pages).map(({ items, position }) => [position, items.length])
        )
      expect(yield* numbers("team")).toEqual([
        [0, 2],
        [1, 1]
      ])
      expect(yield* numbers("nothing")).toEqual([[0, 0]])
    }).pipe(Effect.provide(environment(http)))
  })
})

describe("a list that fails", () => {
  it.effect.each([0, 3])("has the items of the pages before, with %s pages ahead", (ahead) => {
    const http = inProcess(({ target }) =>
      target.includes("?page=2&") ? { status: 500, body: "boom" } : page(teams(10), target)
    )
    return Effect.gen(function* () {
      const seen: Array<number> = []
      const end = yield* Effect.either(
        Stream.runForEach(Polympics.listTeams.with({ ahead })({ pageSize: 2 }), ({ id }) =>
          Effect.sync(() => seen.push(id))
        )
      )
      expect(seen).toEqual([1, 2, 3, 4])
      expect(Either.isLeft(end) && end.left).toMatchObject({ _tag: "ServerError", status: 500, body: "boom" })
    }).pipe(Effect.provide(environment(http)))
  })
})
