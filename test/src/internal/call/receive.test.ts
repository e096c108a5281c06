import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Body, Endpoint, Operation, RetryPolicy, Verbs } from "effect-herald"
import { rawServer } from "../../../servers/raw.js"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { at, Caller, Ok, once } from "../../../support/kit.js"

const verbs = Verbs.make(Caller)

describe.each(clients)("a response, with %s", (_, client) => {
  const provide = (url: URL) => Layer.mergeAll(at(url), once, client)

  it.scopedLive.each([
    ["304 with the length of the resource", "304 Not Modified", 'content-length: 10000\r\netag: "a"\r\n'],
    ["304 with a content coding", "304 Not Modified", "content-encoding: gzip\r\n"],
    ["304 without a length", "304 Not Modified", ""],
    ["204 with a length of 0", "204 No Content", "content-length: 0\r\n"],
    ["204 without a length", "204 No Content", ""],
    ["205 with a length of 0", "205 Reset Content", "content-length: 0\r\n"]
  ])("without content is taken, whatever its headers: %s", ([, statusLine, headers]) =>
    Effect.gen(function* () {
      const url = yield* rawServer(() => `HTTP/1.1 ${statusLine}\r\n${headers}\r\n`)
      const call = Operation.make(Caller, () =>
        Endpoint.get("/", { success: { 204: Body.empty("none"), 205: Body.empty("none"), 304: Body.empty("none") } })
      )
      for (let count = 0; count < 3; count += 1) expect(yield* Effect.provide(call(), provide(url))).toBe("none")
      const stream = Operation.make(Caller, () => Endpoint.get("/", { success: Body.stream() }))
      if (statusLine === "204 No Content") {
        const chunks = yield* Effect.provide(Stream.runCollect(Stream.unwrap(stream())), provide(url))
        expect(Chunk.toReadonlyArray(chunks)).toEqual([])
      }
    })
  )

  it.scopedLive("to a HEAD has no content, whatever its length", () =>
    Effect.gen(function* () {
      const url = yield* rawServer(
        () => "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\ncontent-encoding: gzip\r\n\r\n"
      )
      for (let count = 0; count < 3; count += 1) {
        expect(yield* Effect.provide(verbs.head("/"), provide(url))).toMatchObject({ status: 200, value: undefined })
      }
    })
  )

  it.scopedLive.each([
    ["none", []],
    ["one", ["a=1; Path=/"]],
    ["two, with commas", ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2; Expires=Thu, 22 Oct 2026 07:28:00 GMT"]],
    ["two of one name", ["a=1; Path=/x", "a=2; Path=/y"]],
    ["invalid ones", ["=", "a b; c,d", ""]]
  ] as const)("has its cookies apart: %s", ([, cookies]) =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([
        Scripted.respond({
          headers: { ...(cookies.length > 0 ? { "set-cookie": cookies } : {}), etag: "x" },
          body: "1"
        })
      ])
      const response = yield* Effect.provide(verbs.get.withResponse("/"), provide(url))
      expect(response.setCookies).toEqual(cookies)
      expect(response.headers["set-cookie"]).toBeUndefined()
      expect(response.headers["etag"]).toBe("x")
    })
  )

  describe("304 to a condition of the caller's own", () => {
    const notModified = Scripted.respond({ status: 304, headers: { etag: '"a"', "x-more": "1" } })
    const value = { _tag: "NotModified", headers: { etag: '"a"', "x-more": "1" } }

    it.scopedLive.each(["if-none-match", "If-Modified-Since"])("is a value for a verb: %s", (name) =>
      Effect.gen(function* () {
        const { url } = yield* Scripted.make([notModified])
        const headers = { [name]: '"a"' }
        expect(yield* Effect.provide(verbs.get("/", { headers }), provide(url))).toMatchObject(value)
        const response = yield* Effect.provide(verbs.get.withResponse("/", { headers, success: Ok }), provide(url))
        expect(response).toMatchObject({ status: 304, value, headers: value.headers })
        expect(yield* Effect.provide(verbs.head("/", { headers }), provide(url))).toMatchObject({ status: 304, value })
      })
    )

    it.scopedLive("is a value for an operation", () =>
      Effect.gen(function* () {
        const { url } = yield* Scripted.make([notModified])
        const get = Operation.make(Caller, () =>
          Endpoint.get("/", { success: Ok, headers: { "If-None-Match": Schema.optional(Schema.String) } })
        )
        const result = yield* Effect.provide(get({ headers: { "If-None-Match": '"a"' } }), provide(url))
        expect(result).toMatchObject(value)
      })
    )

    it.scopedLive("is what the endpoint declares, if it declares it", () =>
      Effect.gen(function* () {
        const { url } = yield* Scripted.make([notModified])
        const headers = { "if-none-match": '"a"' }
        const same = Body.empty("same")
        const calls = [
          verbs.get("/", { headers, success: { 200: Ok, 304: same } }),
          verbs.get("/", { headers, success: { 200: Ok, "3XX": same } }),
          verbs.get("/", { headers, success: { 200: Ok, default: same } })
        ]
        for (const call of calls) expect(yield* Effect.provide(call, provide(url))).toBe("same")
      })
    )

    it.scopedLive("is a value where `default` is declared as an error, too", () =>
      Effect.gen(function* () {
        const { url } = yield* Scripted.make([notModified])
        const headers = { "if-none-match": '"a"' }
        const call = verbs.get("/", { headers, success: Ok, errors: { default: Endpoint.errorAs("ClientError") } })
        expect(yield* Effect.provide(call, provide(url))).toMatchObject(value)
      })
    )

    it.scopedLive("is a DecodeError without a condition, and for a POST", () =>
      Effect.gen(function* () {
        const { url } = yield* Scripted.make([notModified])
        const headers = { "if-none-match": '"a"' }
        for (const call of [verbs.get("/"), verbs.post("/", { headers, json: {} })]) {
          const error = yield* Effect.flip(Effect.provide(call, provide(url)))
          expect(error).toMatchObject({ _tag: "DecodeError", reason: "Status", status: 304 })
        }
      })
    )
  })

  describe("whose status is declared as a success", () => {
    const statuses = [200, 207, 302, 400, 404, 409, 418, 500, 503]

    it.scopedLive.each(statuses)("by its number is a value: %i", (status) =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([
          Scripted.json({ ok: true }, { status, headers: { "x-a": "1", location: "/" } })
        ])
        const success = { [status]: Ok }
        const response = yield* Effect.provide(verbs.get.withResponse("/", { success }), Layer.merge(at(url), client))
        expect(response).toMatchObject({ status, headers: { "x-a": "1" }, value: { ok: true } })
        expect(requests).toHaveLength(1)
      })
    )

    it.scopedLive("by its class or `default` is retried and refreshed first, and then a value", () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make(({ target }) =>
          Scripted.json({ target }, { status: Number(target.slice(1)) })
        )
        let refreshes = 0
        const credentials = { rejected: () => Effect.sync(() => (refreshes += 1) === 1) }
        const layer = Layer.mergeAll(at(url, { credentials }), client)
        const policy = RetryPolicy.make({ schedule: Schedule.recurs(2), retries: RetryPolicy.onStatus(503) })
        const declared = [{ default: Body.json() }, { "4XX": Body.json(), "5XX": Body.json() }]
        for (const success of declared) {
          for (const [status, count] of [
            [503, 3],
            [401, refreshes === 0 ? 2 : 1],
            [404, 1]
          ] as const) {
            const before = requests.length
            const call = verbs.get.withResponse(`/${status}`, {
              success: success as { readonly default: Body.Body<unknown, unknown> }
            })
            const response = yield* call.pipe(Effect.provideService(RetryPolicy.Current, policy), Effect.provide(layer))
            expect(response).toMatchObject({ status, value: { target: `/${status}` } })
            expect(requests.length - before).toBe(count)
          }
        }
      })
    )

    it.scopedLive("by `default` as a Stream leaves no body of an attempt open", () =>
      Effect.gen(function* () {
        const open = Scripted.stalled("busy", { status: 503 })
        const server = yield* Scripted.make([open, open, Scripted.respond({ body: "done" })])
        const policy = RetryPolicy.make({ schedule: Schedule.recurs(2), retries: RetryPolicy.onStatus(503) })
        const stream = yield* verbs
          .get("/", { success: { default: Body.stream() } })
          .pipe(Effect.provideService(RetryPolicy.Current, policy), Effect.provide(Layer.merge(at(server.url), client)))
        yield* server.abandoned
        yield* server.abandoned
        expect(Chunk.join(yield* Stream.runCollect(Stream.decodeText(stream)), "")).toBe("done")
      })
    )

    it.scopedLive("takes the most specific of number, class and default", () =>
      Effect.gen(function* () {
        const { url } = yield* Scripted.make(({ target }) => Scripted.json({}, { status: Number(target.slice(1)) }))
        const endpoint = (path: string) =>
          verbs.get(path, {
            success: {
              200: Body.empty("200"),
              "2XX": Body.empty("2XX"),
              "4XX": Body.empty("4XX"),
              404: Body.empty("404")
            },
            errors: { 409: Endpoint.errorAs("Conflict"), "5XX": Endpoint.errorAs("ServerError") }
          })
        const result = (status: number) =>
          Effect.map(Effect.either(Effect.provide(endpoint(`/${status}`), provide(url))), (either) =>
            either._tag === "Right" ? either.right : either.left._tag
          )
        expect(yield* Effect.forEach([200, 207, 404, 418, 409, 500], result)).toEqual([
          "200",
          "2XX",
          "404",
          "4XX",
          "Conflict",
          "ServerError"
        ])
      })
    )
  })
})
