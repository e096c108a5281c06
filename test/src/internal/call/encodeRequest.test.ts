import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import { Body, Endpoint, Operation } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { at, Caller, forAll, Ok, once, stub } from "../../../support/kit.js"

const getItem = Operation.make(
  Caller,
  () => Endpoint.get("/items/{item}/end", { success: Ok }),
  (item: string) => ({ item })
)

const search = Operation.make(Caller, () =>
  Endpoint.get("/search", {
    query: {
      q: Schema.optional(Schema.String),
      tag: Schema.optional(Schema.Array(Schema.String)),
      page: Schema.optional(Schema.NumberFromString)
    },
    success: Ok
  })
)

const post = <B extends Schema.Schema.AnyNoContext | Body.Any>(body: B) =>
  Operation.make(Caller, () => Endpoint.post("/things", { body, success: Ok }))

const ok = Scripted.json({ ok: true })
const place = (url: URL) => Layer.merge(at(url), once)

describe.each(clients)("an encoded request, with %s", (_, client) => {
  describe("path", () => {
    it.scopedLive("has any text as one segment, or is refused", () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([ok])
        const special = fc.constantFrom(
          "..",
          ".",
          "%2e%2e",
          "%2E",
          "/",
          "\\",
          "?",
          "#",
          ";",
          ":",
          "@",
          "%",
          "%00",
          " ",
          "+"
        )
        const text = fc.oneof(
          fc.string(),
          fc.string({ unit: "binary" }),
          fc.array(special, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
          fc.constantFrom("..", ".", "", "a/b", "../admin", "👩‍🚀", "\ud800", "a\udc00", "\n", "\0")
        )
        yield* forAll(text, (item) =>
          Effect.gen(function* () {
            const before = requests.length
            const result = yield* Effect.either(getItem(item))
            const refused = Either.isLeft(result) && result.left._tag === "EncodeError"
            expect(refused).toBe(item === "" || item === "." || item === ".." || !item.isWellFormed())
            if (refused) return expect(requests).toHaveLength(before)
            const segments = requests.at(-1)?.target.split("/")
            expect(segments).toHaveLength(4)
            expect([segments?.[1], segments?.[3]]).toEqual(["items", "end"])
            expect(decodeURIComponent(segments?.[2] ?? "")).toBe(item)
          })
        ).pipe(Effect.provide(place(url)))
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is no other path to a URL parser", () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([ok])
        yield* Effect.forEach(["%2e%2e", "..%2fadmin", "../admin", "a?b=c#d", "..;"], getItem).pipe(
          Effect.provide(place(url))
        )
        const paths = requests.map(({ target }) => new URL(target, url))
        expect(paths.map(({ pathname }) => pathname)).toEqual([
          "/items/%252e%252e/end",
          "/items/..%252fadmin/end",
          "/items/..%2Fadmin/end",
          "/items/a%3Fb%3Dc%23d/end",
          "/items/..%3B/end"
        ])
        expect(paths.every(({ hash, search }) => hash === "" && search === "")).toBe(true)
      }).pipe(Effect.provide(client))
    )
  })

  describe("query", () => {
    const targetOf = (params: Parameters<typeof search>[0]) =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([ok])
        yield* search(params).pipe(Effect.provide(place(url)))
        return requests[0]?.target
      }).pipe(Effect.provide(client))

    it.scopedLive("is absent without values", () =>
      Effect.gen(function* () {
        expect(yield* targetOf({})).toBe("/search")
        expect(yield* targetOf({ tag: [] })).toBe("/search")
      })
    )

    it.scopedLive("has empty values", () =>
      Effect.gen(function* () {
        expect(yield* targetOf({ q: "" })).toBe("/search?q=")
      })
    )

    it.scopedLive("repeats the name for a list", () =>
      Effect.gen(function* () {
        expect(yield* targetOf({ tag: ["a,b", "c"], page: 2 })).toBe("/search?tag=a%2Cb&tag=c&page=2")
      })
    )

    it.scopedLive("has any text unchanged", () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([ok])
        const text = fc.oneof(
          fc.string({ unit: "grapheme" }),
          fc.constantFrom("a+b", "a b", "a&b=c", "%41", "#", "?", "é", "日本", "👩‍🚀", "\r\n")
        )
        yield* forAll(fc.array(text), (tag) =>
          Effect.gen(function* () {
            yield* search({ tag })
            expect(new URL(requests.at(-1)?.target ?? "", url).searchParams.getAll("tag")).toEqual(tag)
          })
        ).pipe(Effect.provide(place(url)))
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("refuses text that is not well-formed Unicode", () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([ok])
        const error = yield* search({ q: "a\ud800" }).pipe(Effect.flip, Effect.provide(place(url)))
        expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["q"] }] })
        expect(requests).toEqual([])
      }).pipe(Effect.provide(client))
    )
  })

  describe("headers", () => {
    const withHeaders = Operation.make(
      Caller,
      () =>
        Endpoint.get("/", {
          headers: { "x-one": Schema.String, "x-two": Schema.optional(Schema.String) },
          success: Ok
        }),
      (one: string, two?: string) => ({ headers: { "x-one": one, "x-two": two } })
    )

    it.scopedLive("are those of the input, beside the kit's own", () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([ok])
        yield* withHeaders("1").pipe(Effect.provide(place(url)))
        yield* withHeaders("1", "é").pipe(Effect.provide(place(url)))
        expect(requests[0]?.headers).toMatchObject({ accept: "application/json", "x-one": "1" })
        expect(requests[0]?.headers).not.toHaveProperty("x-two")
        expect(Buffer.from(String(requests[1]?.headers["x-two"]), "latin1").toString("latin1")).toBe("é")
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("refuse text that a header can't hold", () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([ok])
        for (const text of ["a\r\nx-evil: 1", "a\nb", "a\0b", "日本"]) {
          const error = yield* withHeaders(text).pipe(Effect.flip, Effect.provide(place(url)))
          expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["headers", "x-one"] }] })
        }
        expect(requests).toEqual([])
      }).pipe(Effect.provide(client))
    )
  })

  describe("body", () => {
    const sent = <A>(body: Body.Body<A, unknown>, value: A) =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([ok])
        const operation = Operation.make(
          Caller,
          () => Endpoint.post("/things", { body, success: Ok }) as Endpoint.Endpoint<{ body: A }, unknown, never>
        )
        yield* Effect.provide(operation({ body: value } as never), place(url))
        return { ...requests[0], type: requests[0]?.headers["content-type"] }
      }).pipe(Effect.provide(client))

    it.scopedLive("is JSON with integers of any length", () =>
      Effect.gen(function* () {
        const schema = Schema.Struct({ name: Schema.String, id: Schema.BigIntFromSelf })
        const { body, type } = yield* sent(Body.json(schema), { name: "日本", id: 2n ** 64n })
        expect(type).toBe("application/json")
        expect(body).toBe('{"name":"日本","id":18446744073709551616}')
      })
    )

    it.scopedLive("is a form without undefined values", () =>
      Effect.gen(function* () {
        const form = Body.form({ a: Schema.String, b: Schema.optional(Schema.String) })
        const { body, type } = yield* sent(form, { a: "1&2 é+", b: undefined })
        expect(type).toBe("application/x-www-form-urlencoded")
        expect(body).toBe("a=1%262+%C3%A9%2B")
      })
    )

    it.scopedLive("is text of its content type", () =>
      Effect.gen(function* () {
        const { body, type } = yield* sent(Body.text({ contentType: "text/csv" }), "a,é\n")
        expect(type).toBe("text/csv")
        expect(body).toBe("a,é\n")
      })
    )

    it.scopedLive("is bytes", () =>
      Effect.gen(function* () {
        const { bytes, type } = yield* sent(Body.bytes(), new Uint8Array([0, 255, 128]))
        expect(type).toBe("application/octet-stream")
        expect([...(bytes ?? [])]).toEqual([0, 255, 128])
      })
    )
  })

  describe("base URL", () => {
    it.scopedLive.each([
      ["", "/items/a/end"],
      ["/", "/items/a/end"],
      ["/v1", "/v1/items/a/end"],
      ["/v1/", "/v1/items/a/end"],
      ["/a%2Fb", "/a%2Fb/items/a/end"]
    ])("%j comes before the path", ([prefix = "", target]) =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([ok])
        yield* getItem("a").pipe(Effect.provide(place(new URL(url.origin + prefix))))
        expect(requests[0]?.target).toBe(target)
      }).pipe(Effect.provide(client))
    )
  })
})

describe("an EncodeError", () => {
  const secret = "hunter2-hunter2"
  const strict = Schema.Struct({
    name: Schema.String.pipe(Schema.maxLength(3)),
    token: Schema.Redacted(Schema.String.pipe(Schema.pattern(/^\d+$/))),
    either: Schema.Union(Schema.Literal("a"), Schema.Number),
    list: Schema.Array(Schema.NumberFromString)
  })

  it.effect("names the problems and their places, without values", () =>
    Effect.gen(function* () {
      const operation = post(strict)
      const input = { name: secret, token: Redacted.make(secret), either: secret, list: [1, secret] }
      const error = yield* Effect.flip(operation({ body: input as unknown as typeof strict.Type }))
      expect(error).toMatchObject({ _tag: "EncodeError", attempts: [], status: undefined })
      expect(error._tag === "EncodeError" && error.issues.map(({ path }) => path.join("."))).toEqual(
        expect.arrayContaining(["body.name", "body.token", "body.either", "body.list.1"])
      )
      expect(inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error)).not.toContain(secret)
    }).pipe(Effect.provide(at(new URL("http://127.0.0.1:1"))), Effect.provide(stub([]).layer))
  )

  it.effect("has at most 20 issues", () =>
    Effect.gen(function* () {
      const operation = post(Schema.Array(Schema.String))
      const error = yield* Effect.flip(
        operation({ body: Array.from({ length: 10_000 }, () => 1) as unknown as Array<string> })
      )
      expect(error._tag === "EncodeError" && error.issues.length).toBe(20)
    }).pipe(Effect.provide(at(new URL("http://127.0.0.1:1"))), Effect.provide(stub([]).layer))
  )
})
