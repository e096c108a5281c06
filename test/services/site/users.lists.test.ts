import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as Site from "effect-herald/site"
import { inProcess, type Reply } from "../../support/inProcess.js"
import { environment, html, jsonText } from "./support.js"

const firstId = 409107086526644000n

const userText = (index: number) =>
  `{"id":${firstId + BigInt(index)},"name":"u${index}","display_name":"","discriminator":0,"roles":[],"in_guild":true}`

/** The digits of the ids of these users. */
const idsOf = (indices: ReadonlyArray<number>) => indices.map((index) => String(firstId + BigInt(index)))

const range = (length: number, first = 0) => Array.from({ length }, (_, index) => first + index)

const invalidPage = jsonText('{"detail":"Invalid page."}', 404)

const pageText = (users: ReadonlyArray<number>, next: unknown, previous: unknown, count: number) =>
  `{"count":${count},"next_page_no":${JSON.stringify(next)},"previous_page_no":${JSON.stringify(previous)},"results":[${users
    .map(userText)
    .join(",")}]}`

const paramsOf = (target: string) => new URL(target, "http://localhost").searchParams
const pageOf = (target: string) => Number(paramsOf(target).get("page") ?? 1)

/** The page of these users, as the site responds. */
const respond = (users: ReadonlyArray<number>, target: string): Reply => {
  const size = Number(paramsOf(target).get("page_size") ?? 2500)
  const page = pageOf(target)
  const pages = Math.max(1, Math.ceil(users.length / size))
  return page > pages
    ? invalidPage
    : jsonText(
        pageText(
          users.slice((page - 1) * size, page * size),
          page < pages ? page + 1 : null,
          page > 1 ? page - 1 : null,
          users.length
        )
      )
}

const collect = <E, R>(stream: Stream.Stream<Site.User, E, R>) =>
  Effect.map(Stream.runCollect(stream), (users) => Chunk.toReadonlyArray(users).map(({ id }) => id))

describe("the list of users", () => {
  it.effect.each([
    { count: 0, pageSize: 3, pages: [1] },
    { count: 3, pageSize: 3, pages: [1] },
    { count: 4, pageSize: 3, pages: [1, 2] },
    { count: 7, pageSize: 1, pages: [1, 2, 3, 4, 5, 6, 7] }
  ])("of $count has $pages.length pages of $pageSize, and no other is requested", ({ count, pageSize, pages }) =>
    Effect.forEach([0, 1, 5], (ahead) => {
      const http = inProcess(({ target }) => respond(range(count), target))
      return Effect.gen(function* () {
        expect(yield* collect(Site.listUsers.with({ ahead })({ pageSize }))).toEqual(idsOf(range(count)))
        expect(http.sent.map(({ target }) => pageOf(target)).sort((one, other) => one - other)).toEqual(pages)
      }).pipe(Effect.provide(environment(http)))
    })
  )

  it.effect.each([0, 4])("of 25,000 is whole, with %i pages in advance", (ahead) => {
    const http = inProcess(({ target }) => respond(range(25_000), target))
    return Effect.gen(function* () {
      expect(yield* collect(Site.listUsers.with({ ahead })())).toEqual(idsOf(range(25_000)))
      expect(http.sent).toHaveLength(10)
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("requests pages in advance at once, and no more than it is told", () => {
    let most = 0
    const http = inProcess(({ target }) =>
      Effect.gen(function* () {
        most = Math.max(most, http.inFlight())
        yield* Effect.yieldNow()
        return respond(range(40), target)
      })
    )
    return Effect.gen(function* () {
      expect(yield* collect(Site.listUsers.with({ ahead: 3 })({ pageSize: 2 }))).toEqual(idsOf(range(40)))
      expect(most).toBe(3)
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("requests no page before it is needed", () => {
    const http = inProcess(({ target }) => respond(range(40), target))
    return Effect.gen(function* () {
      expect(yield* collect(Stream.take(Site.listUsers({ pageSize: 5 }), 6))).toEqual(idsOf(range(6)))
      expect(http.sent.map(({ target }) => target)).toEqual([
        "/api/bot/users?page=1&page_size=5",
        "/api/bot/users?page=2&page_size=5"
      ])
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("has pages with the number of users, and reads on from one", () => {
    const http = inProcess(({ target }) => respond(range(7), target))
    return Effect.gen(function* () {
      const pages = Chunk.toReadonlyArray(yield* Stream.runCollect(Site.listUsers.pages({ pageSize: 3 })))
      expect(pages.map(({ next, position, value }) => [position, next, value.count])).toEqual([
        [1, 2, 7],
        [2, 3, 7],
        [3, null, 7]
      ])
      for (const { next, position } of pages) {
        expect(yield* collect(Site.listUsers.with({ from: next })({ pageSize: 3 }))).toEqual(
          idsOf(range(7).slice(position * 3))
        )
      }
    }).pipe(Effect.provide(environment(http)))
  })
})

describe("a list of users that changes while it is read", () => {
  /** Responds with the users that are left at each request. */
  const changing = (at: (request: number) => ReadonlyArray<number>) =>
    inProcess(({ target }, index) => respond(at(index), target))

  it.effect.each([0, 1, 3])("ends if its next page is gone, with %i pages in advance", (ahead) => {
    const http = changing((request) => range(request === 0 ? 9 : 3))
    return Effect.gen(function* () {
      expect(yield* collect(Site.listUsers.with({ ahead })({ pageSize: 3 }))).toEqual(idsOf(range(3)))
      const pages = yield* Stream.runCount(Site.listUsers.pages({ pageSize: 3 }))
      expect(pages).toBe(1)
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("is read on from a page that is gone, as an empty list", () => {
    const http = changing(() => range(3))
    return Effect.map(
      collect(Site.listUsers.with({ from: 5 })({ pageSize: 3 })).pipe(Effect.provide(environment(http))),
      (ids) => expect(ids).toEqual([])
    )
  })

  it.effect("includes users that are added at its end", () => {
    const http = changing((request) => range(4 + 2 * Math.min(request, 4)))
    return Effect.map(collect(Site.listUsers({ pageSize: 2 })).pipe(Effect.provide(environment(http))), (ids) =>
      expect(ids).toEqual(idsOf(range(12)))
    )
  })

  it.effect("repeats users, or misses them, where others are added or deleted before them, and does not fail", () => {
    const deleting = changing((request) => (request === 0 ? range(6) : range(5, 1)))
    const adding = changing((request) => (request === 0 ? range(6, 1) : range(7)))
    return Effect.gen(function* () {
      expect(yield* collect(Site.listUsers({ pageSize: 2 })).pipe(Effect.provide(environment(deleting)))).toEqual(
        idsOf([0, 1, 3, 4, 5])
      )
      expect(yield* collect(Site.listUsers({ pageSize: 2 })).pipe(Effect.provide(environment(adding)))).toEqual(
        idsOf([1, 2, 2, 3, 4, 5, 6])
      )
    })
  })
})

describe("a list of users fails", () => {
  const outcome = (respondTo: (page: number) => Reply, ahead = 0) => {
    const http = inProcess(({ target }) => respondTo(pageOf(target)))
    return Stream.runCount(Site.listUsers.with({ ahead })({ pageSize: 2 })).pipe(
      Effect.either,
      Effect.provide(environment(http)),
      Effect.map((result) => ({ result: Either.flip(result), sent: http.sent.length }))
    )
  }
  const two = (page: number) => range(2, 2 * page)

  it.effect.each([
    [
      "repeats itself",
      (page: number) => pageText(two(page), Math.min(page + 1, 2), page > 1 ? page - 1 : null, 100),
      2
    ],
    ["goes back", (page: number) => pageText(two(page), page === 3 ? 1 : page + 1, page > 1 ? page - 1 : null, 100), 3],
    ["skips pages", (page: number) => pageText(two(page), page + 2, page > 1 ? page - 1 : null, 100), 1],
    ["is its own", (page: number) => pageText(two(page), 1, null, 100), 1]
  ] as const)("if the number of its next page %s", ([_, body, sent]) =>
    Effect.forEach([0, 2], (ahead) =>
      Effect.map(
        outcome((page) => jsonText(body(page)), ahead),
        (found) => {
          expect(found.result).toMatchObject({ right: { _tag: "PaginationError", reason: "WrongPage" } })
          if (ahead === 0) expect(found.sent).toBe(sent)
        }
      )
    )
  )

  it.effect.each([
    ["a text", '"2"'],
    ["a fraction", "1.5"],
    ["beyond the safe integers", "9007199254740993"],
    ["zero", "0"],
    ["negative", "-1"],
    ["an object", "{}"]
  ])("if the number of its next page is %s", ([_, next]) =>
    Effect.map(
      outcome(() => jsonText(`{"count":9,"next_page_no":${next},"previous_page_no":null,"results":[${userText(1)}]}`)),
      ({ result }) => expect(result).toMatchObject({ right: { _tag: "DecodeError" } })
    )
  )

  it.effect("if a page that is not the last has no users", () =>
    Effect.map(
      outcome((page) => jsonText(pageText([], page + 1, page > 1 ? page - 1 : null, 100))),
      ({ result, sent }) => {
        expect(result).toMatchObject({ right: { _tag: "PaginationError", reason: "ShortPage" } })
        expect(sent).toBe(1)
      }
    )
  )

  it.effect("if it has the same users again and again", () =>
    Effect.map(
      outcome((page) => jsonText(pageText([1, 2], page + 1, page > 1 ? page - 1 : null, 1_000_000))),
      ({ result }) => expect(result).toMatchObject({ right: { _tag: "PaginationError", reason: "SamePage" } })
    )
  )

  it.effect.each([
    ["NotFound", jsonText('{"detail":"Not found."}', 404)],
    ["ClientError", html(404)],
    ["ServerError", html(500)],
    ["Unauthorized", jsonText('{"detail":"Invalid token."}', 401)],
    ["DecodeError", html(200)]
  ] as const)("with %s, which does not end it", ([tag, reply]) =>
    Effect.map(
      outcome((page) => (page === 1 ? jsonText(pageText([1, 2], 2, null, 4)) : reply)),
      ({ result }) => expect(result).toMatchObject({ right: { _tag: tag } })
    )
  )
})

describe("a page of users", () => {
  it.effect("fails with NotFound past the last one", () => {
    const http = inProcess(({ target }) => respond(range(3), target))
    return Effect.map(Effect.flip(Site.userPage({ page: 2 })).pipe(Effect.provide(environment(http))), (error) =>
      expect(error).toMatchObject({ _tag: "NotFound", detail: "Invalid page." })
    )
  })
})
