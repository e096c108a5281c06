import { describe, expect, it } from "@effect/vitest"
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { inspect } from "node:util"
import { Endpoint, Operation, Pagination, Verbs } from "effect-herald"
import { fromApi } from "effect-herald/http-api"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { at, bearing, Caller, once } from "../support/kit.js"

const Numbers = Schema.Array(Schema.Number)

const Page = Schema.Struct({ data: Numbers, next: Schema.optional(Schema.NullOr(Schema.String)) })

const operation = Operation.make(Caller, () =>
  Endpoint.get("/lists/{list}", {
    name: "readList",
    query: { sort: Schema.optional(Schema.String) },
    headers: { "x-lang": Schema.optional(Schema.String) },
    success: Page
  })
)

const list = Pagination.nextUrl(operation, { items: (page) => page.data, next: (page) => page.next })

const byLink = Pagination.link(operation, { items: (page) => page.data })

const { get } = Verbs.make(Caller)

const byVerb = Pagination.nextUrl(
  Pagination.requests(({ url }) => get.withResponse(url ?? "/lists/a", { success: Page })),
  { items: (page) => page.data, next: (page) => page.next }
)

const secret = "hunter2"

const placeAt = (url: URL) =>
  Layer.merge(at(url, { credentials: bearing({ authorization: `Bearer ${secret}` }) }), once)

/** A server whose first page has this URL of the next one, in its body and in its `Link` header; and without one after that. */
const leadingTo = (next: (origin: string) => string) =>
  Scripted.make(({ headers }, index) => {
    const target = next(`http://${headers.host}`)
    return index === 0
      ? Scripted.json({ data: [1], next: target }, { headers: { link: `<${target}>; rel="next"` } })
      : Scripted.json({ data: [2] })
  })

const readAll = <E, R>(base: URL, stream: Stream.Stream<number, E, R>) =>
  Effect.gen(function* () {
    const seen: Array<number> = []
    const end = yield* Effect.either(Stream.runForEach(stream, (one) => Effect.sync(() => seen.push(one))))
    return { seen, error: Either.isLeft(end) ? end.left : undefined }
  }).pipe(Effect.provide(placeAt(base)))

const sources = [
  { title: "in a body", stream: list({ list: "a" }), operation: "readList" },
  { title: "in a Link header", stream: byLink({ list: "a" }), operation: "readList" },
  { title: "in a body, by a verb", stream: byVerb(), operation: "GET /lists/a" }
]

describe("over a socket", () => {
  describe.each(sources)("the URL of the next page $title", ({ operation, stream }) => {
    it.scopedLive("is not followed to another origin, where credentials would be sent", () =>
      Effect.gen(function* () {
        const other = yield* Scripted.make([Scripted.json({ data: [2] })])
        const server = yield* leadingTo(() => `${other.url.href}lists/a?page=2`)
        const { error, seen } = yield* readAll(server.url, stream)
        expect(seen).toEqual([1])
        expect(error).toMatchObject({
          _tag: "PaginationError",
          reason: "CrossOrigin",
          page: 0,
          operation,
          status: 200,
          attempts: []
        })
        expect(error?.message).toContain(other.url.origin)
        expect(other.requests).toEqual([])
        expect(server.requests.length).toBe(1)
      }).pipe(Effect.provide(client))
    )

    const refused: ReadonlyArray<{
      readonly title: string
      readonly next: (origin: string) => string
      readonly reason: string
      readonly sentence?: string
    }> = [
      { title: "another scheme", next: (origin) => `${origin.replace("http", "https")}/v1/x`, reason: "CrossOrigin" },
      { title: "another port", next: () => "http://127.0.0.1:1/v1/x", reason: "CrossOrigin" },
      {
        title: "another name of the host",
        next: (origin) => `${origin.replace("127.0.0.1", "localhost")}/v1/x`,
        reason: "CrossOrigin"
      },
      { title: "another origin without a scheme", next: () => "//other.test/v1/x", reason: "CrossOrigin" },
      {
        title: "a URL with credentials",
        next: (origin) => `${origin.replace("//", "//user:pass@")}/v1/x`,
        reason: "InvalidLink",
        sentence: "the next page's URL has a user name or password"
      },
      {
        title: "a script",
        next: () => "javascript:alert(1)",
        reason: "InvalidLink",
        sentence: "neither https nor http"
      },
      { title: "a file", next: () => "file:///etc/passwd", reason: "InvalidLink", sentence: "neither https nor http" },
      { title: "no URL", next: () => "http://[", reason: "InvalidLink", sentence: "is not valid" }
    ]

    it.scopedLive.each([
      ["a path outside of the base URL", (origin: string) => `${origin}/v2/x`, "/v2/x"],
      ["a path that leaves the base URL", () => "../../admin", "/admin"],
      ["a path that leaves the base URL, encoded", (origin: string) => `${origin}/v1/%2e%2E/admin`, "/admin"]
    ] as const)("is followed to %s, on the same origin", ([, next, target]) =>
      Effect.gen(function* () {
        const server = yield* leadingTo(next)
        const { error, seen } = yield* readAll(new URL("/v1", server.url), Stream.take(stream, 2))
        expect([seen, error]).toEqual([[1, 2], undefined])
        expect(server.requests[1]?.target).toBe(target)
      }).pipe(Effect.provide(client))
    )

    it.scopedLive.each(refused)("is not followed to $title", ({ next, reason, sentence = "" }) =>
      Effect.gen(function* () {
        const server = yield* leadingTo(next)
        const { error, seen } = yield* readAll(new URL("/v1", server.url), stream)
        expect(seen).toEqual([1])
        expect(error).toMatchObject({ _tag: "PaginationError", reason, page: 0 })
        expect(error?.message).toContain(sentence)
        expect(server.requests.length).toBe(1)
      }).pipe(Effect.provide(client))
    )

    const followed = [
      { title: "absolute", next: (origin: string) => `${origin}/v1/other?page=2`, target: "/v1/other?page=2" },
      {
        title: "absolute, in capitals",
        next: (origin: string) => `${origin.replace("http", "HTTP")}/v1/other`,
        target: "/v1/other"
      },
      { title: "a path", next: () => "/v1/other?page=2", target: "/v1/other?page=2" },
      { title: "a name", next: () => "b?page=2", target: "/v1/lists/b?page=2" },
      { title: "a query", next: () => "?page=2", target: "/v1/lists/a?page=2" },
      { title: "with a fragment", next: () => "?page=2#top", target: "/v1/lists/a?page=2" },
      { title: "the base URL itself", next: () => "/v1?page=2", target: "/v1?page=2" },
      { title: "the base URL with a slash", next: () => "/v1/?page=2", target: "/v1/?page=2" },
      {
        title: "with escapes and signs",
        next: () => "/v1/a%20b;c=d/%7Be%7D/?q=%26+x&list[]=1&empty=",
        target: "/v1/a%20b;c=d/%7Be%7D/?q=%26+x&list%5B%5D=1&empty="
      }
    ]

    it.scopedLive.each(followed)("is followed if it is $title", ({ next, target }) =>
      Effect.gen(function* () {
        const server = yield* leadingTo(next)
        expect(yield* readAll(new URL("/v1/", server.url), stream)).toEqual({ seen: [1, 2], error: undefined })
        expect(server.requests.map(({ headers, method, target }) => [method, target, headers.authorization])).toEqual([
          ["GET", "/v1/lists/a", `Bearer ${secret}`],
          ["GET", target, `Bearer ${secret}`]
        ])
      }).pipe(Effect.provide(client))
    )
  })
})

describe("the request for the URL of a page", () => {
  it.scopedLive("has the headers of the operation, and neither its path nor its query", () =>
    Effect.gen(function* () {
      const server = yield* leadingTo(() => "/next?cursor=x")
      yield* readAll(server.url, list({ list: "a", sort: "name", headers: { "x-lang": "en" } }))
      expect(server.requests.map(({ headers, target }) => [target, headers["x-lang"]])).toEqual([
        ["/lists/a?sort=name", "en"],
        ["/next?cursor=x", "en"]
      ])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("has the body of the operation", () =>
    Effect.gen(function* () {
      const search = Operation.make(Caller, () =>
        Endpoint.post("/search", { body: Schema.Struct({ text: Schema.String }), success: Page })
      )
      const server = yield* leadingTo(() => "/search?page=2")
      const found = Pagination.nextUrl(search, { items: (page) => page.data, next: (page) => page.next })
      yield* readAll(server.url, found({ body: { text: "lamp" } }))
      expect(server.requests.map(({ body, method, target }) => [method, target, body])).toEqual([
        ["POST", "/search", `{"text":"lamp"}`],
        ["POST", "/search?page=2", `{"text":"lamp"}`]
      ])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is that of an operation of an HttpApi", () =>
    Effect.gen(function* () {
      const Api = HttpApi.make("api").add(
        HttpApiGroup.make("lists").add(
          HttpApiEndpoint.get("read", "/lists/:list")
            .setPath(Schema.Struct({ list: Schema.String }))
            .setUrlParams(
              Schema.Struct({ page: Schema.optional(Schema.NumberFromString), sort: Schema.optional(Schema.String) })
            )
            .addSuccess(Page)
        )
      )
      const { lists } = fromApi(Caller, Api)
      const server = yield* leadingTo(() => "/next?cursor=x")
      const chained = Pagination.nextUrl(lists.read, { items: (page) => page.data, next: (page) => page.next })
      const input = { path: { list: "a" }, urlParams: { sort: "name" } }
      expect(yield* readAll(server.url, chained(input))).toEqual({ seen: [1, 2], error: undefined })
      const numbered = Pagination.pageNumber(lists.read, {
        items: (page) => page.data,
        end: "emptyPage",
        identity: "none"
      })
      yield* readAll(server.url, Stream.take(numbered(input), 1))
      expect(server.requests.map(({ target }) => target)).toEqual([
        "/lists/a?sort=name",
        "/next?cursor=x",
        "/lists/a?page=1&sort=name"
      ])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("fails under the name and the template of the operation", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make(({ target }) =>
        target === "/lists/a"
          ? Scripted.json({ data: [1], next: "/secret/path?token=x" })
          : Scripted.respond({ status: 404 })
      )
      const { error, seen } = yield* readAll(server.url, list({ list: "a" }))
      expect(seen).toEqual([1])
      expect(error).toMatchObject({ _tag: "NotFound", operation: "readList", url: `${server.url.origin}/lists/{list}` })
      expect(inspect(error, { depth: 10 })).not.toContain("token")
    }).pipe(Effect.provide(client))
  )
})

describe("a URL as a position", () => {
  it.scopedLive("is refused before anything is sent, if it is on another origin", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([Scripted.json({ data: [2] })])
      const server = yield* Scripted.make([Scripted.json({ data: [1] })])
      const from = `${other.url.href}lists/a`
      const { error, seen } = yield* readAll(server.url, list.with({ from })({ list: "a" }))
      expect(seen).toEqual([])
      expect(error).toMatchObject({
        reason: "CrossOrigin",
        page: 0,
        operation: "readList",
        url: `${server.url.origin}/lists/{list}`,
        status: undefined
      })
      // A list of requests does not know the API; the verb refuses the URL.
      expect(yield* readAll(server.url, byVerb.with({ from })())).toMatchObject({
        seen: [],
        error: { _tag: "EncodeError" }
      })
      expect([...other.requests, ...server.requests]).toEqual([])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("that is followed again is found, from wherever the list is read on", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.json({ data: [1], next: "/lists/a?page=2" })])
      const from = `${server.url.href}lists/a?page=2`
      expect(yield* readAll(server.url, list.with({ from })({ list: "a" }))).toMatchObject({
        seen: [1],
        error: { reason: "SameCursor", page: 0 }
      })
      expect(server.requests.length).toBe(1)
    }).pipe(Effect.provide(client))
  )
})

describe("an error about a list", () => {
  it.scopedLive("has no secret of the call, and no data of the page", () =>
    Effect.gen(function* () {
      const server = yield* leadingTo(() => `https://${secret}.test/?key=${secret}`)
      const secretive = Operation.make(Caller, () =>
        Endpoint.get("/lists/{list}", {
          name: "readList",
          success: Schema.Struct({ data: Numbers, next: Schema.optional(Schema.String) })
        })
      )
      const found = Pagination.nextUrl(secretive, { items: (page) => page.data, next: (page) => page.next })
      const { error } = yield* readAll(server.url, found({ list: Redacted.make(secret) }))
      expect(error).toMatchObject({ _tag: "PaginationError", reason: "CrossOrigin", body: undefined })
      expect(inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error)).not.toContain(secret)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("and a printed page do not print the credentials", () =>
    Effect.gen(function* () {
      const server = yield* leadingTo(() => "/next")
      const page = yield* Stream.runHead(list.pages({ list: "a" })).pipe(
        Effect.flatten,
        Effect.provide(placeAt(server.url))
      )
      expect(inspect(page, { depth: 10, showHidden: true }) + JSON.stringify(page)).not.toContain(secret)
      expect(page.response).toEqual({
        status: 200,
        headers: page.response.headers,
        setCookies: [],
        url: `${server.url.origin}/lists/a`,
        cached: undefined,
        value: { data: [1], next: "/next" },
        issues: []
      })
    }).pipe(Effect.provide(client))
  )
})
