import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Batch, Pagination, RetryPolicy } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import type { Descriptor } from "../../../../src/Descriptor.js"
import type { Shape } from "../../../../src/Shape.js"
import { json, make, redirect, respond } from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { described } from "../../../support/described.js"
import { at, once } from "../../../support/kit.js"

const integers: Shape = { type: "array", items: { type: "integer" } }

const list: Partial<Descriptor> = {
  path: "/{folder}/items",
  positional: ["folder"],
  parameters: [
    { name: "folder", in: "path" },
    { name: "page_num", wire: "page", in: "query" },
    { name: "ids", in: "query", style: "form", explode: false }
  ],
  responses: { 200: { content: { "application/json": { shape: integers } } } }
}

describe("An operation of a descriptor", () => {
  it.effect("has pages, with positional arguments", () =>
    Effect.gen(function* () {
      const server = yield* make((_, index) => json(index < 2 ? [index] : []))
      const pages = Pagination.pageNumber(described(list), {
        param: "page_num",
        end: "emptyPage",
        items: (value) => value as ReadonlyArray<number>
      })
      const items = yield* Stream.runCollect(pages("a b", { ids: [1, 2] })).pipe(
        Effect.provide([client, at(server.url), once])
      )
      expect([[...items], server.requests.map(({ target }) => target)]).toEqual([
        [0, 1],
        [1, 2, 3].map((page) => `/a%20b/items?page=${page}&ids=1,2`)
      ])
      const wrong = Effect.flip(Stream.runCollect(pages("a", 1)))
      const error = yield* Effect.provide(wrong, [client, at(server.url), once])
      expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["options"] }] })
    }).pipe(Effect.scoped)
  )

  it.effect("has pages by a property of its body", () =>
    Effect.gen(function* () {
      const server = yield* make((_, index) => json({ items: [index], next: index < 1 ? "c" : null }))
      const search = described({
        method: "POST",
        parameters: [
          { name: "text", in: "body" },
          { name: "cursor", in: "body" }
        ]
      })
      const pages = Pagination.cursor(search, {
        param: { body: "cursor" },
        items: (value) => (value as { readonly items: ReadonlyArray<number> }).items,
        next: (value) => (value as { readonly next: string | null }).next
      })
      yield* Effect.provide(Stream.runDrain(pages({ text: "t" })), [client, at(server.url), once])
      expect(server.requests.map(({ body }) => body)).toEqual(['{"text":"t"}', '{"text":"t","cursor":"c"}'])
    }).pipe(Effect.scoped)
  )

  it.effect("is one of a batch", () =>
    Effect.gen(function* () {
      const server = yield* make([json([{ id: 1 }, { id: 3 }], { headers: { "cache-control": "max-age=60" } })])
      const one = described({ path: "/items/{id}", positional: ["id"], parameters: [{ name: "id", in: "path" }] })
      const many = described({ path: "/items", positional: ["ids"], parameters: [{ ...list.parameters![2]! }] })
      const get = Batch.make({
        one: one as never,
        many: many as never,
        items: (value: ReadonlyArray<unknown>) => value,
        id: ({ id }: { readonly id: number }) => id,
        size: 10
      }) as (ids: Iterable<number>) => Effect.Effect<Array<Option.Option<unknown>>, unknown>
      const live = at(server.url).pipe(Layer.provideMerge(HttpCache.layerMemory()), Layer.provideMerge(client))
      yield* Effect.gen(function* () {
        expect(yield* get([1, 2, 3])).toEqual([Option.some({ id: 1 }), Option.none(), Option.some({ id: 3 })])
        expect(yield* one(3)).toEqual({ id: 3 })
      }).pipe(Effect.provide([live, once]))
      expect(server.requests.map(({ target }) => target)).toEqual(["/items?ids=1,2,3"])
    }).pipe(Effect.scoped)
  )

  it.live("is retried, with the same body", () =>
    Effect.gen(function* () {
      const server = yield* make([respond({ status: 503, headers: { "retry-after": "0" } }), json(null)])
      const upload = described({
        method: "PUT",
        body: { content: { "multipart/form-data": {}, "application/octet-stream": {} } }
      })
      const policy = Layer.succeed(RetryPolicy.Current, RetryPolicy.standard)
      yield* Effect.provide(upload({ body: { file: new Blob(["x"]) } }), [client, at(server.url), policy])
      const [first, second] = server.requests.map(({ body }) => body)
      expect([server.requests.length, first === second, first?.includes("\r\nx\r\n")]).toEqual([2, true, true])
    }).pipe(Effect.scoped)
  )

  it.effect("follows redirects, with its cookies to the same origin only", () =>
    Effect.gen(function* () {
      const other = yield* make([json("other")])
      const server = yield* make([redirect("/y"), redirect(new URL("/z", other.url))])
      const call = described({ parameters: [{ name: "sid", in: "cookie" }] })({ cookies: { sid: "s" } })
      expect(yield* Effect.provide(call, [client, at(server.url), once])).toBe("other")
      expect([...server.requests, ...other.requests].map(({ headers }) => headers["cookie"])).toEqual([
        "sid=s",
        "sid=s",
        undefined
      ])
    }).pipe(Effect.scoped)
  )
})
