import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Polympics from "effect-herald/polympics"
import { nobody } from "./support/callers.js"
import { type InProcess, inProcess } from "./support/inProcess.js"
import { account, page, team, teams } from "./support/wire.js"

const from = ({ layer }: InProcess) => Layer.merge(nobody("https://polympics.test"), layer)

/** What a stream gives, by id, and which pages were asked for. */
const read = <A extends { readonly id: unknown }, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(stream), (items) => Chunk.toReadonlyArray(items).map(({ id }) => id))

const asked = ({ sent }: InProcess) =>
  sent.map(({ target }) => Number(new URL(target, "http://localhost").searchParams.get("page")))

const ids = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

describe("a list fetches a page when it is wanted", () => {
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
      expect(yield* read(Stream.take(Polympics.listTeams(), take))).toEqual(ids(1, Math.min(take, 45)))
      expect(asked(http)).toEqual(pages)
    }).pipe(Effect.provide(from(http)))
  })

  it.effect("and no more when the reader has enough", () => {
    const http = inProcess(({ target }) => page(teams(45), target))
    return Effect.gen(function* () {
      const found = yield* Stream.runHead(Stream.filter(Polympics.listTeams({ pageSize: 5 }), ({ id }) => id === 7))
      expect(found._tag === "Some" && found.value.name).toBe("Team 7")
      expect(asked(http)).toEqual([0, 1])
    }).pipe(Effect.provide(from(http)))
  })

  it.effect("and none before it runs, but all of them each time that it does", () => {
    const http = inProcess(({ target }) => page(teams(3), target))
    return Effect.gen(function* () {
      const list = Polympics.listTeams({ pageSize: 2 })
      expect(http.sent).toEqual([])
      expect(yield* read(list)).toEqual([1, 2, 3])
      expect(yield* read(list)).toEqual([1, 2, 3])
      expect(asked(http)).toEqual([0, 1, 0, 1])
    }).pipe(Effect.provide(from(http)))
  })
})

describe("a list begins and ends where it is told", () => {
  const cases = [
    { title: "at its first page", first: undefined, items: ids(1, 45), pages: [0, 1, 2] },
    { title: "at a later page", first: 1, items: ids(21, 45), pages: [1, 2] },
    { title: "at its last page", first: 2, items: ids(41, 45), pages: [2] },
    { title: "past its last page", first: 3, items: [], pages: [3] },
    { title: "far past its last page", first: 1000, items: [], pages: [1000] }
  ]
  it.effect.each(cases)("$title", ({ first, items, pages }) => {
    const http = inProcess(({ target }) => page(teams(45), target))
    return Effect.gen(function* () {
      expect(yield* read(Polympics.listTeams({ firstPage: first }))).toEqual(items)
      expect(asked(http)).toEqual(pages)
    }).pipe(Effect.provide(from(http)))
  })

  it.effect("when there is nothing", () => {
    const http = inProcess(({ target }) => page([], target))
    return Effect.gen(function* () {
      expect(yield* read(Polympics.listAccounts())).toEqual([])
      expect(asked(http)).toEqual([0])
    }).pipe(Effect.provide(from(http)))
  })

  it.effect("when its last page is full", () => {
    const http = inProcess(({ target }) => page(teams(40), target))
    return Effect.gen(function* () {
      expect(yield* read(Polympics.listTeams())).toEqual(ids(1, 40))
      expect(asked(http)).toEqual([0, 1])
    }).pipe(Effect.provide(from(http)))
  })
})

describe("a list that changes while it is read", () => {
  it.effect("goes on when it grows", () => {
    const items = teams(4)
    const http = inProcess(({ target }, index) => {
      if (index === 1) items.push(team(5), team(6), team(7))
      return page(items, target)
    })
    return Effect.gen(function* () {
      expect(yield* read(Polympics.listTeams({ pageSize: 2 }))).toEqual(ids(1, 7))
      expect(asked(http)).toEqual([0, 1, 2, 3])
    }).pipe(Effect.provide(from(http)))
  })

  it.effect("ends when it shrinks below what was read", () => {
    const http = inProcess(({ target }, index) => page(teams(index === 0 ? 8 : 2), target))
    return Effect.gen(function* () {
      expect(yield* read(Polympics.listTeams({ pageSize: 4 }))).toEqual(ids(1, 4))
      expect(asked(http)).toEqual([0, 1])
    }).pipe(Effect.provide(from(http)))
  })

  it.effect("gives an item twice when it moves to the next page, as pages by number do", () => {
    const http = inProcess(({ target }, index) => page(index === 0 ? teams(4) : [team(9), ...teams(4)], target))
    return Effect.gen(function* () {
      expect(yield* read(Polympics.listTeams({ pageSize: 2 }))).toEqual([1, 2, 2, 3, 4])
    }).pipe(Effect.provide(from(http)))
  })
})

describe("the pages of a list", () => {
  it.effect("tell the totals with the first", () => {
    const accounts = ["9", "8", "7"].map((id) => account(id))
    const http = inProcess(({ target }) => page(accounts, target))
    return Effect.gen(function* () {
      const first = yield* Stream.runHead(Polympics.listAccounts.pages({ pageSize: 2 }))
      expect(first).toMatchObject({
        _tag: "Some",
        value: { page: 0, perPage: 2, pages: 2, results: 3, data: [{ id: "9" }, { id: "8" }] }
      })
      expect(asked(http)).toEqual([0])
    }).pipe(Effect.provide(from(http)))
  })

  it.effect("come one by one, an empty one where there is nothing", () => {
    const http = inProcess(({ target }) => page(target.includes("q=nothing") ? [] : teams(3), target))
    return Effect.gen(function* () {
      const numbers = (search: string) =>
        Effect.map(Stream.runCollect(Polympics.listTeams.pages({ search, pageSize: 2 })), (pages) =>
          Chunk.toReadonlyArray(pages).map(({ data, page }) => [page, data.length])
        )
      expect(yield* numbers("team")).toEqual([
        [0, 2],
        [1, 1]
      ])
      expect(yield* numbers("nothing")).toEqual([[0, 0]])
    }).pipe(Effect.provide(from(http)))
  })
})

describe("a list that fails midway", () => {
  it.effect.each([0, 3])("gives what came before, with %s ahead", (ahead) => {
    const http = inProcess(({ target }) =>
      target.includes("?page=2&") ? { status: 500, body: "boom" } : page(teams(10), target)
    )
    return Effect.gen(function* () {
      const seen: Array<number> = []
      const end = yield* Effect.either(
        Stream.runForEach(Polympics.listTeams({ pageSize: 2, ahead }), ({ id }) => Effect.sync(() => seen.push(id)))
      )
      expect(seen).toEqual([1, 2, 3, 4])
      expect(Either.isLeft(end) && end.left).toMatchObject({ _tag: "ServerError", status: 500, body: "boom" })
    }).pipe(Effect.provide(from(http)))
  })
})
