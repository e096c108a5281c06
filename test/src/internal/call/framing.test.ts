import { openAsBlob } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Authoriser, Body, Credentials, Endpoint, isTransient, Operation, RetryPolicy } from "effect-herald"
import { fromApi } from "effect-herald/http-api"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { at, bearing, Caller, Ok, once, status, stub, thing } from "../../../support/kit.js"
import { loose, place, utf8 } from "../../../support/verbs.js"

const ok = Scripted.json({ ok: true })
const Headers = Schema.Record({ key: Schema.String, value: Schema.String })

const declared = Operation.make(Caller, () =>
  Endpoint.post("/thing", { headers: Headers, body: Body.text(), success: Ok })
)
const ofApi = fromApi(
  Caller,
  HttpApi.make("api").add(
    HttpApiGroup.make("top", { topLevel: true }).add(
      HttpApiEndpoint.post("thing", "/thing").setHeaders(Headers).setPayload(Schema.String).addSuccess(Ok)
    )
  )
)

/** The ways to set a header of a request with a body. */
const ways = [
  ["a verb", (headers: Record<string, string>) => loose.post("/thing", { headers, text: "four" })],
  ["an endpoint's schema", (headers: Record<string, string>) => declared({ headers, body: "four" })],
  ["an HttpApi's schema", (headers: Record<string, string>) => ofApi.thing({ headers, payload: "four" })]
] as const

/** Headers that would frame another request than the one that is sent, or belong to the connection. */
const refused = [
  ["transfer-encoding", "chunked"],
  ["Transfer-Encoding", "identity"],
  ["content-length", "5"],
  ["Content-Length", "03"],
  ["content-length", "-1"],
  ["content-length", "4, 4"],
  ["content-length", ""],
  ["connection", "close"],
  ["Keep-Alive", "timeout=5"],
  ["proxy-connection", "keep-alive"],
  ["te", "trailers"],
  ["trailer", "x-sum"],
  ["upgrade", "websocket"]
] as const

describe("a header that frames the message or belongs to the connection is refused", () => {
  const sending = (call: Effect.Effect<unknown, unknown, any>, caller = at(new URL("https://api.test"))) =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const error = yield* Effect.flip(Effect.provide(call, Layer.mergeAll(caller, once, client.layer)))
      expect(client.requests).toEqual([])
      return error
    })

  it.effect.each(ways.flatMap(([way, call]) => refused.map(([name, value]) => [way, name, value, call] as const)))(
    "in %s: %s: %s",
    ([, name, value, call]) =>
      Effect.gen(function* () {
        expect(yield* sending(call({ [name]: value }))).toMatchObject({
          _tag: "EncodeError",
          issues: [{ path: ["headers", name.toLowerCase()] }]
        })
      })
  )

  it.effect.each(refused)("in credentials: %s: %s", ([name, value]) =>
    Effect.gen(function* () {
      const caller = at(new URL("https://api.test"), { credentials: bearing({ [name]: value }) })
      for (const call of [loose.post("/thing", { text: "four" }), thing("GET")]) {
        expect(yield* sending(call, caller)).toMatchObject({
          _tag: "EncodeError",
          issues: [{ path: ["headers", name.toLowerCase()] }]
        })
      }
    })
  )

  it.effect.each(refused.map(([name]) => name))(
    "in default headers, in an API key and in an idempotency key: %s",
    (name) =>
      Effect.gen(function* () {
        const config = yield* Effect.flip(Authoriser.make({ baseUrl: "https://api.test", headers: { [name]: "4" } }))
        expect(config).toMatchObject({ _op: "InvalidData", path: ["headers"] })
        const key = yield* Effect.flip(Credentials.apiKey({ header: name, key: Redacted.make("k") }))
        expect(key).toMatchObject({ _op: "InvalidData", path: ["header"] })
        expect(() => Endpoint.post("/", { idempotencyKey: name })).toThrow("invalid name")
        expect(yield* sending(loose.post("/", { idempotencyKey: name }))).toMatchObject({ _tag: "EncodeError" })
      })
  )

  it.effect("where the length of the body is not known: content-length", () =>
    Effect.gen(function* () {
      const headers = { "content-length": "10" }
      expect(yield* sending(loose.post("/", { multipart: { a: 1 }, headers }))).toMatchObject({ _tag: "EncodeError" })
      expect(yield* sending(loose.get("/", { headers }))).toMatchObject({ _tag: "EncodeError" })
      const words = { stream: Stream.empty, headers: { "content-length": "ten" } }
      expect(yield* sending(loose.post("/", words))).toMatchObject({ _tag: "EncodeError" })
    })
  )
})

describe.each(clients)("with %s", (name, client) => {
  it.scopedLive("a content-length that is the body's is sent", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      for (const [, call] of ways.slice(0, 2)) {
        yield* Effect.provide(call({ "content-length": "4" }), [place(url), client])
      }
      yield* Effect.provide(loose.post("/", { json: "é", headers: { "Content-Length": "4" } }), [place(url), client])
      yield* Effect.provide(loose.get("/", { headers: { "content-length": "0" } }), [place(url), client])
      yield* Effect.provide(loose.post("/", { headers: { "content-length": "0" } }), [place(url), client])
      expect(requests.map(({ body }) => body)).toEqual(["four", "four", '"é"', "", ""])
    })
  )

  it.scopedLive("a DELETE with a Stream is framed, so that the next request of its connection is whole", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const call = loose.delete("/", { stream: Stream.make(utf8("GET /x HTTP/1.1\r\n"), utf8("\r\n")) })
      yield* Effect.provide(Effect.repeatN(call, 2), [place(url), client])
      expect(requests.map(({ body, method }) => [method, body])).toEqual(
        Array.from({ length: 3 }, () => ["DELETE", "GET /x HTTP/1.1\r\n\r\n"])
      )
    })
  )

  const retrying = Layer.succeed(RetryPolicy.Current, RetryPolicy.standard)
  const inHeaders = (headers: Record<string, string>) => ({ credentials: bearing(headers) })
  const refusals = [
    ["a line break in a header of the credentials", "/thing", inHeaders({ "x-a": "a\nb" })],
    ["text beyond Latin-1 in a header of the credentials", "/thing", inHeaders({ "x-a": "日" })],
    ["a header name with a space in the credentials", "/thing", inHeaders({ "x a": "b" })],
    [
      "a URL of another scheme by the credentials",
      "/thing",
      {
        credentials: {
          authorize: (request: HttpClientRequest.HttpClientRequest) =>
            Effect.succeed({ request: HttpClientRequest.setUrl(request, "ftp://127.0.0.1/"), generation: 0 })
        }
      }
    ]
  ] as const
  it.scopedLive.each(refusals)("a request that the transport refuses is final: %s", ([, , parts]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const error = yield* thing("GET").pipe(Effect.flip, Effect.provide([at(url, parts), retrying, client]))
      expect(error).toMatchObject({ _tag: "TransportError", attempts: [{ class: "Final", verdict: "final" }] })
      expect(error.message).toMatch(/the transport refused the request \((UND_ERR_\w+|ERR_\w+|TypeError)\)/)
      expect(isTransient(error)).toBe(false)
      expect(requests).toEqual([])
    })
  )

  it.scopedLive("Expect is for the server: it is sent, or the transport refuses the request", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([ok])
      const call = loose.put("/thing", { text: "four", headers: { expect: "100-continue" } })
      const result = yield* Effect.either(Effect.provide(call, [at(url), retrying, client]))
      if (name === "node:http") expect(result).toMatchObject({ right: { ok: true } })
      else {
        expect(result).toMatchObject({
          left: { _tag: "TransportError", reason: "UND_ERR_NOT_SUPPORTED", attempts: [{ class: "Final" }] }
        })
      }
    })
  )

  it.scopedLive.each(["TRACE", "FOO BAR", "CONNECT"])(
    "a method that the transport does not take is final: %s",
    (method) =>
      Effect.gen(function* () {
        const { url } = yield* Scripted.make([ok])
        // The types admit other methods only.
        const call = Effect.either(thing(method as "GET"))
        const environment = [at(url), retrying, client] as const
        if (name === "fetch" || method === "FOO BAR") {
          expect(yield* Effect.provide(call, environment)).toMatchObject({
            left: { _tag: "TransportError", attempts: [{ class: "Final" }] }
          })
        } else {
          // The transport may send it, and wait for a response that never comes.
          yield* Effect.provide(Effect.timeoutOption(call, "1 second"), environment)
        }
      })
  )

  it.scopedLive("a port that fetch forbids is final", () =>
    Effect.gen(function* () {
      const url = new URL("http://127.0.0.1:6000")
      const error = yield* thing("GET").pipe(Effect.flip, Effect.provide([at(url), once, client]))
      const attempt = name === "fetch" ? { class: "Final", reason: "TypeError" } : { class: "NotSent" }
      expect(error).toMatchObject({ _tag: "TransportError", attempts: [attempt] })
    })
  )

  const params = [
    ["a b", "a%20b"],
    ["a+b", "a%2Bb"],
    ["it's (1) *~", "it%27s%20%281%29%20*%7E"],
    ["100%", "100%25"],
    ["%20", "%2520"],
    ["é&=?#/", "%C3%A9%26%3D%3F%23%2F"]
  ] as const
  it.scopedLive("a query is written alike for every call, and credentials do not rewrite it", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const search = Operation.make(Caller, () =>
        Endpoint.get("/thing", { query: { q: Schema.String }, success: Schema.Unknown })
      )
      const keyed = yield* Credentials.apiKey({ query: "api key", key: Redacted.make("k'(~)") })
      for (const [value, written] of params) {
        const before = requests.length
        yield* Effect.provide(loose.get("/thing?flag&raw=a%20b'", { query: { q: value } }), [place(url), client])
        yield* Effect.provide(search({ q: value }), [place(url), client])
        const withKey = Effect.all([
          loose.get.withResponse("/thing?flag&raw=a+b", { query: { q: value } }),
          search.withResponse({ q: value })
        ])
        const responses = yield* Effect.provide(withKey, [at(url, { credentials: keyed }), once, client])
        const key = "api%20key=k%27%28%7E%29"
        expect(requests.slice(before).map(({ target }) => target)).toEqual([
          `/thing?flag&raw=a%20b%27&q=${written}`,
          `/thing?q=${written}`,
          `/thing?flag&raw=a+b&q=${written}&${key}`,
          `/thing?q=${written}&${key}`
        ])
        // The URL of a response has no credentials.
        expect(JSON.stringify(responses)).not.toContain("api%20key")
      }
      const bare = loose.get("/thing")
      yield* Effect.provide(bare, [at(url, { credentials: keyed }), once, client])
      expect(requests.at(-1)?.target).toBe("/thing?api%20key=k%27%28%7E%29")
    })
  )
})

describe("a path", () => {
  const paths: ReadonlyArray<readonly [template: string, values: Record<string, string>]> = [
    ["/x/{+rest}", { rest: "a/../b" }],
    ["/x/{+rest}", { rest: ".." }],
    ["/x/{+rest}", { rest: "a//b" }],
    ["/x/.{+rest}", { rest: "/b" }],
    ["/x/.{+rest}", { rest: "./b" }],
    ["/x/{+rest}.", { rest: "a/" }],
    ["/x/{+rest}..", { rest: "a/" }],
    ["/x/{+a}{+b}", { a: "a/", b: "/b" }],
    ["/x/{+a}.{+b}", { a: "a/", b: "/b" }],
    ["/%2e{x}", { x: "." }],
    ["/{x}%2E", { x: "." }],
    ["/x/%2e{a}", { a: "." }],
    ["/x/%2e{+a}", { a: "/b" }],
    ["/{a}{b}", { a: ".", b: "." }],
    ["/.{a}/b", { a: "." }]
  ]
  it.effect.each(paths)("of %s with %o, which a URL would resolve, is refused", ([template, values]) =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      // The path is a value here, so that the types can't tell its parameters.
      const operation = Operation.make(Caller, () => Endpoint.make("GET", template, { success: Ok }) as never) as (
        input: Record<string, string>
      ) => Effect.Effect<unknown, unknown, Caller>
      for (const call of [loose.get(template, { path: values }), operation(values)]) {
        const error = yield* Effect.flip(
          Effect.provide(call, Layer.mergeAll(at(new URL("https://api.test")), once, client.layer))
        )
        expect(error).toMatchObject({ _tag: "EncodeError" })
      }
      expect(client.requests).toEqual([])
    })
  )
})

describe("the Accept header", () => {
  class Failure extends Schema.TaggedError<Failure>()("Failure", { why: Schema.String }) {}
  const csv = Body.text({ contentType: "text/csv" })
  const scim = Body.json(Schema.Unknown, { contentType: "application/scim+json" })
  const problem = Body.json(Schema.Struct({ detail: Schema.String }), { contentType: "application/problem+json" })

  it.effect.each([
    ["CSV", { success: csv }, "text/csv"],
    ["CSV, and an error", { success: csv, errors: { 400: Failure } }, "text/csv, application/json;q=0.9"],
    ["SCIM", { success: scim }, "application/scim+json"],
    [
      "SCIM, and an error",
      { success: scim, errors: { 400: Failure } },
      "application/scim+json, application/json;q=0.9"
    ],
    ["JSON, and an error", { success: Ok, errors: { 400: Failure } }, "application/json"],
    ["CSV or SCIM", { success: { 200: csv, 201: scim } }, "text/csv, application/scim+json"],
    ["nothing", { success: Body.empty(), errors: { 400: Failure } }, "application/json"],
    [
      "JSON, and a problem",
      { success: Ok, errors: { 400: Endpoint.errorAs("BadRequest", problem as never) } },
      "application/json, application/problem+json;q=0.9"
    ],
    ["any text, and an error", { success: Body.text(), errors: { 400: Failure } }, "*/*"]
  ] as const)("of %s", ([, options, accept]) =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const operation = Operation.make(Caller, () => Endpoint.make("GET", "/", options as never) as never) as (
        input: object
      ) => Effect.Effect<unknown, unknown, Caller>
      for (const call of [loose.get("/", options), operation({})]) {
        yield* Effect.either(Effect.provide(call, Layer.mergeAll(at(new URL("https://api.test")), once, client.layer)))
      }
      expect(client.requests.map(({ request }) => request.headers["accept"])).toEqual([accept, accept])
    })
  )

  it.effect("of an HttpApi", () =>
    Effect.gen(function* () {
      const { HttpApiSchema } = yield* Effect.promise(() => import("@effect/platform"))
      const api = fromApi(
        Caller,
        HttpApi.make("api").add(
          HttpApiGroup.make("top", { topLevel: true })
            .add(HttpApiEndpoint.get("csv", "/csv").addSuccess(HttpApiSchema.Text({ contentType: "text/csv" })))
            .add(HttpApiEndpoint.get("json", "/json").addSuccess(Ok))
        )
      )
      const client = stub([status(200)])
      const calls = Effect.all([Effect.either(api.csv()), Effect.either(api.json())])
      yield* Effect.provide(calls, Layer.mergeAll(at(new URL("https://api.test")), once, client.layer))
      expect(client.requests.map(({ request }) => request.headers["accept"])).toEqual([
        // Every endpoint of an `HttpApi` has an error of JSON.
        "text/csv, application/json;q=0.9",
        "application/json"
      ])
    })
  )
})

describe.each(clients)("a file of a multipart body, with %s,", (_, client) => {
  it.scopedLive("that can't be read makes a TransportError with that failure, and nothing is sent", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const directory = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "herald-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true }))
      )
      const path = join(directory, "file")
      yield* Effect.promise(() => writeFile(path, "before"))
      const file = yield* Effect.promise(() => openAsBlob(path))
      yield* Effect.promise(() => writeFile(path, "after, and longer"))
      const call = loose.post("/", { multipart: { file } })
      const error = yield* Effect.flip(Effect.provide(call, [place(url), client]))
      expect(error).toMatchObject({ _tag: "TransportError", reason: "body", cause: { name: "NotReadableError" } })
      expect(requests).toEqual([])
    })
  )
})
