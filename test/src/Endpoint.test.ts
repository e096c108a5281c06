import type { HttpMethod } from "@effect/platform/HttpMethod"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Body, detailsOf, Endpoint, Operation } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { at, Caller, Ok, once } from "../support/kit.js"

const ok = Scripted.json({ ok: true })
const utf8 = (text: string) => new TextEncoder().encode(text)

type Call<A> = Effect.Effect<A, unknown, Effect.Effect.Context<ReturnType<typeof ping>>>

const ping = Operation.make(Caller, () => Endpoint.get("/ping"))

/** The result of a call with this response, and the requests that the server received. */
const exchange = <A>(call: Call<A>, response: Scripted.Behaviour = ok) =>
  Effect.gen(function* () {
    const { requests, url } = yield* Scripted.make([response])
    const result = yield* Effect.either(Effect.provide(call, Layer.merge(at(url), once)))
    return { result, requests, request: requests[0] }
  })

const valueOf = <A>(call: Call<A>, response?: Scripted.Behaviour) =>
  Effect.flatMap(exchange(call, response), ({ result }) => result)

const errorOf = (call: Call<unknown>, response: Scripted.Behaviour) => Effect.flip(valueOf(call, response))

const requestOf = (call: Call<unknown>) =>
  Effect.flatMap(exchange(call), ({ request, result }) => Effect.as(result, { ...request! }))

describe("an invalid endpoint is refused with the reason:", () => {
  const A = Schema.String
  class Failed extends Schema.TaggedError<Failed>()("Failed", {}) {}

  const refused: ReadonlyArray<
    readonly [
      what: string,
      reason: string,
      method: HttpMethod,
      path: string,
      options?: Parameters<typeof Endpoint.make>[2]
    ]
  > = [
    ["a path without its first slash", "a path begins with a slash", "GET", "users"],
    ["an empty path", "a path begins with a slash", "GET", ""],
    ["a whole URL", "a path begins with a slash", "GET", "https://api.test/users"],
    ["a query in the path", "a path has no query and no fragment: declare parameters in `query`", "GET", "/a?b=1"],
    ["a fragment in the path", "a path has no query and no fragment: declare parameters in `query`", "GET", "/a#b"],
    ["a lone surrogate in the path", "the path is not well-formed Unicode", "GET", "/a\ud800"],
    ["a brace that is not closed", "the path has a brace without its partner", "GET", "/{a"],
    ["a brace that was not opened", "the path has a brace without its partner", "GET", "/a}"],
    ["nested braces", "the path has a brace without its partner", "GET", "/{a{b}}"],
    ["a parameter without a name", "a parameter has no name", "GET", "/{}"],
    ["an optional parameter without a name", "a parameter has no name", "GET", "/a{/}"],
    ["a name with a space", "{a b} is not the name of a parameter", "GET", "/{a b}"],
    ["an operator that is not supported", "{*a} is not the name of a parameter", "GET", "/{*a}"],
    ["a modifier that is not supported", "{a*} is not the name of a parameter", "GET", "/{a*}"],
    ["text after an optional segment", "nothing can follow an optional segment but a slash", "GET", "/a{/b}c"],
    ["a parameter after an optional segment", "nothing can follow an optional segment but a slash", "GET", "/a{/b}{c}"],
    ["a segment of dots", "the path has a segment of dots, which a URL resolves", "GET", "/a/../b"],
    ["a segment of encoded dots", "the path has a segment of dots, which a URL resolves", "GET", "/a/%2E%2e"],
    ["two path parameters of one name", "the path has two parameters of the name a", "GET", "/{a}/{a}"],
    [
      "a schema of an unknown path parameter",
      "the path has no parameter of the name b",
      "GET",
      "/{a}",
      { path: { b: A } }
    ],
    ["a name in path and query", "path and query both have a parameter a", "GET", "/{a}", { query: { a: A } }],
    [
      "the same, in a query by a schema with a transformation",
      "path and query both have a parameter a",
      "GET",
      "/{a}",
      { query: Schema.Struct({ a: Schema.optionalWith(A, { default: () => "x" }) }).pipe(Schema.filter(() => true)) }
    ],
    [
      "a query parameter `headers` beside headers",
      "a parameter can't have the name headers, which is another part of the input",
      "GET",
      "/",
      { query: { headers: A }, headers: { "x-a": A } }
    ],
    [
      "a path parameter `body` beside a body",
      "a parameter can't have the name body, which is another part of the input",
      "POST",
      "/{body}",
      { body: A }
    ],
    [
      "a query by a class",
      "the schema of the query is that of a class: use its fields",
      "GET",
      "/",
      { query: class Page extends Schema.Class<Page>("Page")({ page: Schema.Number }) {} }
    ],
    ["a body of a GET", "a GET has no body", "GET", "/", { body: A }],
    ["a body of a HEAD", "a HEAD has no body", "HEAD", "/", { body: A }],
    ["a body of an OPTIONS", "a OPTIONS has no body", "OPTIONS", "/", { body: A }],
    ["an empty request body", "an empty body is none: leave `body` out", "POST", "/", { body: Body.empty() }],
    ["a multipart response", "a response can't be multipart", "GET", "/", { success: Body.multipart() }],
    [
      "a multipart response by status",
      "a response can't be multipart",
      "GET",
      "/",
      { success: { 200: Body.multipart() } }
    ],
    [
      "a body in the response to a HEAD",
      "the response to a HEAD has no body: declare it as Body.empty()",
      "HEAD",
      "/",
      { success: A }
    ],
    ["a 204 with a body", "a 204 has no body: declare it as Body.empty()", "GET", "/", { success: { 204: A } }],
    [
      "a 205 with a body",
      "a 205 has no body: declare it as Body.empty()",
      "GET",
      "/",
      { success: { 205: Body.text() } }
    ],
    ["a success without a status", "`success` has no status", "GET", "/", { success: {} }],
    ["a success by what is no status", "20 is not the status of a response", "GET", "/", { success: { 20: A } }],
    ["a success by an interim status", "103 is not the status of a response", "GET", "/", { success: { 103: A } }],
    ["an error by what is no status", "4040 is not the status of a response", "GET", "/", { errors: { 4040: Failed } }],
    [
      "a status that is both",
      "404 is declared as a success and as an error",
      "GET",
      "/",
      { success: { 200: A, 404: A }, errors: { 404: Failed } }
    ],
    [
      "an error by a status of success",
      "a 200 can't be an error, since the success is that of every 2xx: declare the success by its status",
      "GET",
      "/",
      { errors: { 200: Failed } }
    ],
    [
      "an error by the status of a success",
      "202 is declared as a success and as an error",
      "GET",
      "/",
      { success: { 202: A }, errors: { 202: Failed } }
    ],
    [
      "a 204 with the schema of an error",
      "a 204 has no body: declare it as Endpoint.errorAs with Body.empty()",
      "GET",
      "/",
      { success: { 200: A }, errors: { 204: Failed } }
    ],
    [
      "an invalid header of the idempotency key",
      "the idempotency key's header has an invalid name (RFC 9110, 5.1)",
      "POST",
      "/",
      { idempotencyKey: "Idempotency Key" }
    ]
  ]

  it.each(refused.map(([what, ...row]) => [what, row] as const))("%s", (_, [reason, method, path, options]) => {
    expect(() => Endpoint.make(method, path, options)).toThrow(new TypeError(`${method} ${path} is invalid: ${reason}`))
  })

  it("with all reasons at once, and its name", () => {
    const options = { name: "find", query: { a: A }, body: A }
    expect(() => Endpoint.make("GET", "/{a}", options)).toThrow(
      "find is invalid: path and query both have a parameter a; a GET has no body"
    )
  })

  it.effect("when its operation is first used", () =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () => Endpoint.get("/{a}/{a}"))
      const call = operation({ a: 1 })
      const defect = yield* call.pipe(
        Effect.provide(Layer.merge(at(new URL("https://api.test")), client)),
        Effect.catchAllDefect(Effect.succeed)
      )
      expect(defect).toEqual(new TypeError("GET /{a}/{a} is invalid: the path has two parameters of the name a"))
      expect(() => operation.endpoint).toThrow(TypeError)
    })
  )
})

describe("an endpoint", () => {
  it("is named by its method and path, or by the option `name`", () => {
    expect(Endpoint.get("/users/{id}").name).toBe("GET /users/{id}")
    expect(Endpoint.delete("/users/{id}", { name: "deleteUser" }).name).toBe("deleteUser")
  })

  it("is data", () => {
    const endpoint = Endpoint.put("/users/{id}", {
      path: { id: Schema.Number },
      body: Schema.String,
      idempotencyKey: "Idempotency-Key",
      sensitive: true
    })
    expect(endpoint).toMatchObject({
      method: "PUT",
      path: "/users/{id}",
      name: "PUT /users/{id}",
      idempotencyKey: "Idempotency-Key",
      sensitive: true,
      body: { kind: "json", contentType: "application/json" },
      success: { kind: "empty" },
      errors: {}
    })
    expect(Object.keys(endpoint.pathSchemas)).toEqual(["id"])
  })
})

describe("a request of an endpoint", () => {
  const endpoints = [
    Endpoint.get("/thing"),
    Endpoint.post("/thing"),
    Endpoint.put("/thing"),
    Endpoint.patch("/thing"),
    Endpoint.delete("/thing"),
    Endpoint.head("/thing"),
    Endpoint.options("/thing")
  ].map((endpoint) => [endpoint.method, endpoint] as const)

  it.scopedLive.each(endpoints)("has the method %s", ([method, endpoint]) =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () => endpoint)
      expect(yield* requestOf(operation())).toMatchObject({ method, target: "/thing", body: "" })
    }).pipe(Effect.provide(client))
  )

  describe("path", () => {
    const targetOf = (call: Call<unknown>) => Effect.map(requestOf(call), ({ target }) => target)

    it.scopedLive("has a parameter as one segment", () =>
      Effect.gen(function* () {
        const getUser = Operation.make(Caller, () => Endpoint.get("/users/{id}"))
        for (const [id, segment] of [
          ["a b/c?d#e%", "a%20b%2Fc%3Fd%23e%25"],
          [7, "7"],
          [409107086526644234n, "409107086526644234"],
          [true, "true"],
          [Redacted.make("secret"), "secret"]
        ] as const) {
          expect(yield* targetOf(getUser({ id }))).toBe(`/users/${segment}`)
        }
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("keeps the slashes of a reserved expansion", () =>
      Effect.gen(function* () {
        const getFile = Operation.make(Caller, () => Endpoint.get("/files/{+path}/raw"))
        expect(yield* targetOf(getFile({ path: "src/a b.ts" }))).toBe("/files/src/a%20b.ts/raw")
        for (const path of ["..", "a/../b", "a//b", "/a", "a/", "."]) {
          const error = yield* Effect.flip(targetOf(getFile({ path })))
          expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["path"] }] })
        }
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("has an optional segment if it has a value", () =>
      Effect.gen(function* () {
        const getReport = Operation.make(Caller, () => Endpoint.get("/reports{/year}{/month}/latest"))
        expect(yield* targetOf(getReport())).toBe("/reports/latest")
        expect(yield* targetOf(getReport({ year: undefined }))).toBe("/reports/latest")
        expect(yield* targetOf(getReport({ year: 2026 }))).toBe("/reports/2026/latest")
        expect(yield* targetOf(getReport({ year: 2026, month: "a/b" }))).toBe("/reports/2026/a%2Fb/latest")
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("has several parameters and text in one segment", () =>
      Effect.gen(function* () {
        const compare = Operation.make(Caller, () => Endpoint.get("/compare/{base}...{head}.json"))
        expect(yield* targetOf(compare({ base: "v1", head: "v2/x" }))).toBe("/compare/v1...v2%2Fx.json")
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("encodes parameters by their schemas", () =>
      Effect.gen(function* () {
        const operation = Operation.make(Caller, () =>
          Endpoint.get("/days/{day}/{secret}{/page}", {
            path: { day: Schema.Date, secret: Schema.Redacted(Schema.String), page: Schema.Int }
          })
        )
        const input = { day: new Date(0), secret: Redacted.make("s/1"), page: 2 }
        expect(yield* targetOf(operation(input))).toBe("/days/1970-01-01T00%3A00%3A00.000Z/s%2F1/2")
        const error = yield* Effect.flip(targetOf(operation({ ...input, page: 1.5 })))
        expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["page"] }] })
      }).pipe(Effect.provide(client))
    )
  })

  describe("query", () => {
    it.scopedLive("has fields, lists and encoded values, without undefined and null", () =>
      Effect.gen(function* () {
        const search = Operation.make(Caller, () =>
          Endpoint.get("/search", {
            query: {
              q: Schema.String,
              tag: Schema.optional(Schema.Array(Schema.NullOr(Schema.String))),
              since: Schema.optional(Schema.Date),
              none: Schema.optional(Schema.NullOr(Schema.Number)),
              id: Schema.optional(Schema.BigIntFromSelf),
              deep: Schema.optional(Schema.Boolean)
            }
          })
        )
        const input = { q: "a&b", tag: ["x", null, "y"], since: new Date(0), none: null, id: 2n ** 64n, deep: false }
        expect((yield* requestOf(search(input))).target).toBe(
          "/search?q=a%26b&tag=x&tag=y&since=1970-01-01T00%3A00%3A00.000Z&id=18446744073709551616&deep=false"
        )
        expect((yield* requestOf(search({ q: "" }))).target).toBe("/search?q=")
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is given by a schema of a record, too", () =>
      Effect.gen(function* () {
        const range = Schema.Struct({ from: Schema.Int, to: Schema.Int }).pipe(
          Schema.filter(({ from, to }) => from <= to || "from is after to")
        )
        const list = Operation.make(Caller, () => Endpoint.get("/list/{kind}", { query: range }))
        expect((yield* requestOf(list({ kind: "a", from: 1, to: 2 }))).target).toBe("/list/a?from=1&to=2")
        const error = yield* Effect.flip(requestOf(list({ kind: "a", from: 2, to: 1 })))
        expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: [], message: "from is after to" }] })

        const anything = Schema.Record({ key: Schema.String, value: Schema.String })
        const find = Operation.make(Caller, () => Endpoint.get("/find", { query: anything }))
        expect((yield* requestOf(find({ "filter[a]": "1", b: "2" }))).target).toBe("/find?filter%5Ba%5D=1&b=2")
        expect((yield* requestOf(find())).target).toBe("/find")
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("has the names that Schema.fromKey gives it", () =>
      Effect.gen(function* () {
        const operation = Operation.make(Caller, () =>
          Endpoint.get("/users/{id}", {
            query: { other: Schema.propertySignature(Schema.Number).pipe(Schema.fromKey("id")) }
          })
        )
        expect((yield* requestOf(operation({ id: "a", other: 2 }))).target).toBe("/users/a?id=2")
      }).pipe(Effect.provide(client))
    )
  })

  it.scopedLive("has encoded headers, beside a body", () =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () =>
        Endpoint.post("/thing", {
          headers: {
            "X-Count": Schema.Number,
            "if-modified-since": Schema.optional(Schema.Date),
            "x-none": Schema.optional(Schema.NullOr(Schema.String))
          },
          body: Schema.Number
        })
      )
      const { body, headers } = yield* requestOf(
        operation({ headers: { "X-Count": 3, "if-modified-since": new Date(0), "x-none": null }, body: 5 })
      )
      expect(headers).toMatchObject({ "x-count": "3", "if-modified-since": "1970-01-01T00:00:00.000Z" })
      expect(headers).not.toHaveProperty("x-none")
      expect(body).toBe("5")
    }).pipe(Effect.provide(client))
  )

  describe("body", () => {
    const receivedOf = (call: Call<unknown>) =>
      Effect.map(requestOf(call), ({ body, bytes, headers }) => ({ body, bytes, type: headers["content-type"] }))

    it.scopedLive("is JSON by a schema alone", () =>
      Effect.gen(function* () {
        const operation = Operation.make(Caller, () =>
          Endpoint.post("/", { body: Schema.Struct({ at: Schema.Date, id: Schema.BigIntFromSelf }) })
        )
        expect(yield* receivedOf(operation({ body: { at: new Date(0), id: 2n ** 64n } }))).toMatchObject({
          body: '{"at":"1970-01-01T00:00:00.000Z","id":18446744073709551616}',
          type: "application/json"
        })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is JSON of another media type, or of any value", () =>
      Effect.gen(function* () {
        const patch = Operation.make(Caller, () =>
          Endpoint.patch("/", {
            body: Body.json(Schema.Struct({ name: Schema.NullOr(Schema.String) }), {
              contentType: "application/merge-patch+json"
            })
          })
        )
        expect(yield* receivedOf(patch({ body: { name: null } }))).toMatchObject({
          body: '{"name":null}',
          type: "application/merge-patch+json"
        })
        const anything = Operation.make(Caller, () => Endpoint.post("/", { body: Body.json() }))
        expect(yield* receivedOf(anything({ body: ["a", null, { b: Redacted.make(1) }] }))).toMatchObject({
          body: '["a",null,{"b":1}]'
        })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is left out where its schema allows undefined", () =>
      Effect.gen(function* () {
        const body = Schema.UndefinedOr(Schema.Struct({ a: Schema.Number }))
        const operation = Operation.make(Caller, () => Endpoint.post("/", { body }))
        const anything = Operation.make(Caller, () => Endpoint.post("/", { body: Body.json() }))
        for (const call of [operation(), operation({}), operation({ body: undefined }), anything(), anything({})]) {
          expect(yield* receivedOf(call)).toMatchObject({ body: "", type: undefined })
        }
        expect(yield* receivedOf(operation({ body: { a: 1 } }))).toMatchObject({ body: '{"a":1}' })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is a form", () =>
      Effect.gen(function* () {
        const operation = Operation.make(Caller, () =>
          Endpoint.post("/", {
            body: Body.form({
              user: Schema.String,
              password: Schema.Redacted(Schema.String),
              scope: Schema.Array(Schema.String),
              none: Schema.optional(Schema.Number)
            })
          })
        )
        const body = { user: "a&b é", password: Redacted.make("p=1"), scope: ["x", "y"] }
        expect(yield* receivedOf(operation({ body }))).toMatchObject({
          body: "user=a%26b+%C3%A9&password=p%3D1&scope=x&scope=y",
          type: "application/x-www-form-urlencoded"
        })
        const error = yield* Effect.flip(receivedOf(operation({ body: { ...body, user: "\ud800" } })))
        expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["body", "user"] }] })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is text", () =>
      Effect.gen(function* () {
        const text = Operation.make(Caller, () => Endpoint.put("/", { body: Body.text() }))
        expect(yield* receivedOf(text({ body: "a,é\n" }))).toMatchObject({
          body: "a,é\n",
          type: "text/plain; charset=utf-8"
        })
        const csv = Operation.make(Caller, () =>
          Endpoint.put("/", { body: Body.text({ contentType: "text/csv", schema: Schema.split(",") }) })
        )
        expect(yield* receivedOf(csv({ body: ["a", "b"] }))).toMatchObject({ body: "a,b", type: "text/csv" })
        const error = yield* Effect.flip(receivedOf(text({ body: "\ud800" })))
        expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["body"] }] })
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is bytes", () =>
      Effect.gen(function* () {
        const put = Operation.make(Caller, () => Endpoint.put("/", { body: Body.bytes({ contentType: "image/png" }) }))
        const { bytes, type } = yield* receivedOf(put({ body: Uint8Array.of(0, 255, 128) }))
        expect([[...bytes], type]).toEqual([[0, 255, 128], "image/png"])
        const plain = Operation.make(Caller, () => Endpoint.put("/", { body: Body.bytes() }))
        expect((yield* receivedOf(plain({ body: new Uint8Array() }))).type).toBe("application/octet-stream")
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is a Stream", () =>
      Effect.gen(function* () {
        const put = Operation.make(Caller, () => Endpoint.put("/", { body: Body.stream({ contentType: "text/csv" }) }))
        expect(yield* receivedOf(put({ body: Stream.make(utf8("one "), utf8("two")) }))).toMatchObject({
          body: "one two",
          type: "text/csv"
        })
      }).pipe(Effect.provide(client))
    )

    const formDataOf = (received: { readonly bytes: Uint8Array; readonly type: string | undefined }) =>
      Effect.promise(() =>
        new Response(Buffer.from(received.bytes), { headers: { "content-type": received.type ?? "" } }).formData()
      )
    const bytesOf = (file: FormDataEntryValue | null) =>
      Effect.map(
        Effect.promise(() => (file as File).arrayBuffer()),
        (buffer) => [...new Uint8Array(buffer)]
      )

    it.scopedLive("is multipart, with fields and files", () =>
      Effect.gen(function* () {
        const upload = Operation.make(Caller, () =>
          Endpoint.post("/photos", {
            body: Body.multipart({
              title: Schema.String,
              taken: Schema.optional(Schema.Date),
              tags: Schema.Array(Schema.String),
              photo: Body.file,
              more: Schema.Array(Body.file)
            })
          })
        )
        const received = yield* receivedOf(
          upload({
            body: {
              title: 'a "é"\r\n',
              taken: new Date(0),
              tags: ["x", "y"],
              photo: new File([Uint8Array.of(0, 255)], "phöto.png", { type: "image/png" }),
              more: [new Blob(["one"], { type: "text/plain" }), new File(["two"], "two.txt")]
            }
          })
        )
        expect(received.type).toMatch(/^multipart\/form-data; *boundary=/)
        const form = yield* formDataOf(received)
        expect([...form.keys()]).toEqual(["title", "taken", "tags", "tags", "photo", "more", "more"])
        expect(form.get("title")).toBe('a "é"\r\n')
        expect(form.get("taken")).toBe("1970-01-01T00:00:00.000Z")
        expect(form.getAll("tags")).toEqual(["x", "y"])
        const photo = form.get("photo") as File
        expect([photo.name, photo.type, yield* bytesOf(photo)]).toEqual(["phöto.png", "image/png", [0, 255]])
        const [one, two] = form.getAll("more") as Array<File>
        expect([one?.type, yield* bytesOf(one!)]).toEqual(["text/plain", [...utf8("one")]])
        expect([two?.name, yield* bytesOf(two!)]).toEqual(["two.txt", [...utf8("two")]])
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is multipart of a FormData", () =>
      Effect.gen(function* () {
        const upload = Operation.make(Caller, () => Endpoint.post("/", { body: Body.multipart() }))
        const body = new FormData()
        body.append("a", "1")
        body.append("file", new Blob([Uint8Array.of(7)]), "b.bin")
        const form = yield* formDataOf(yield* receivedOf(upload({ body })))
        expect([form.get("a"), (form.get("file") as File).name]).toEqual(["1", "b.bin"])
        expect(yield* bytesOf(form.get("file"))).toEqual([7])
      }).pipe(Effect.provide(client))
    )

    it.scopedLive("is multipart that is sent again by a retry and by a redirect", () =>
      Effect.gen(function* () {
        const upload = Operation.make(Caller, () =>
          Endpoint.put("/", { body: Body.multipart({ file: Body.file }), success: Ok })
        )
        const { requests, url } = yield* Scripted.make([
          Scripted.respond({ status: 429, headers: { "retry-after": "0" } }),
          Scripted.redirect("/there", 307),
          ok
        ])
        yield* Effect.provide(upload({ body: { file: new File(["abc"], "a.txt") } }), at(url))
        expect(requests).toHaveLength(3)
        for (const { bytes, headers } of requests) {
          const form = yield* formDataOf({ bytes, type: headers["content-type"] })
          expect(yield* bytesOf(form.get("file"))).toEqual([...utf8("abc")])
        }
      }).pipe(Effect.provide(client))
    )
  })

  it.scopedLive.each([
    ["a schema", Schema.Number, "application/json"],
    [
      "Body.json of another type",
      Body.json(Schema.Number, { contentType: "application/ld+json" }),
      "application/ld+json"
    ],
    ["Body.text()", Body.text(), "*/*"],
    ["Body.text of a type", Body.text({ contentType: "text/csv" }), "text/csv"],
    ["Body.bytes()", Body.bytes(), "*/*"],
    ["Body.stream of a type", Body.stream({ contentType: "image/png" }), "image/png"],
    ["Body.empty()", Body.empty(), "application/json"],
    [
      "bodies by status",
      { 200: Schema.Number, 202: Body.text({ contentType: "text/plain" }) },
      "application/json, text/plain"
    ]
  ] as const)("accepts what its success declares: %s", ([, success, accept]) =>
    Effect.gen(function* () {
      const endpoint = () => Endpoint.make("GET", "/", { success }) as Endpoint.Endpoint<{}, unknown, never>
      const { request } = yield* exchange(Operation.make(Caller, endpoint)())
      expect(request?.headers.accept).toBe(accept)
    }).pipe(Effect.provide(client))
  )
})

describe("the success of an endpoint", () => {
  const Thing = Schema.Struct({ id: Schema.BigIntFromSelf, at: Schema.Date })

  it.scopedLive("is nothing by default, for every 2xx and whatever the body", () =>
    Effect.gen(function* () {
      for (const response of [ok, Scripted.respond({ status: 204 }), Scripted.respond({ status: 299, body: "<p>" })]) {
        expect(yield* valueOf(ping(), response)).toBeUndefined()
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is decoded from JSON by a schema, for every 2xx", () =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () => Endpoint.get("/", { success: Thing }))
      const value = { id: 2n ** 64n, at: new Date(0) }
      for (const status of [200, 201, 299]) {
        const response = Scripted.respond({
          status,
          body: '{"id":18446744073709551616,"at":"1970-01-01T00:00:00.000Z"}'
        })
        expect(yield* valueOf(operation(), response)).toEqual(value)
      }
      const error = yield* errorOf(operation(), Scripted.json({ id: 1, at: "x" }))
      expect(error).toMatchObject({
        _tag: "DecodeError",
        reason: "Shape",
        issues: [{ path: ["id"] }, { path: ["at"] }]
      })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is text, bytes, a form or a Stream", () =>
    Effect.gen(function* () {
      const text = Operation.make(Caller, () => Endpoint.get("/", { success: Body.text() }))
      expect(yield* valueOf(text(), Scripted.respond({ body: "é" }))).toBe("é")

      const lines = Operation.make(Caller, () =>
        Endpoint.get("/", { success: Body.text({ schema: Schema.split("\n") }) })
      )
      expect(yield* valueOf(lines(), Scripted.respond({ body: "a\nb" }))).toEqual(["a", "b"])

      const bytes = Operation.make(Caller, () => Endpoint.get("/", { success: Body.bytes() }))
      expect(yield* valueOf(bytes(), Scripted.respond({ body: Uint8Array.of(0, 255) }))).toEqual(Uint8Array.of(0, 255))

      const form = Operation.make(Caller, () =>
        Endpoint.get("/", { success: Body.form({ token: Schema.String, scope: Schema.Array(Schema.String) }) })
      )
      expect(yield* valueOf(form(), Scripted.respond({ body: "token=a%26b&scope=x&scope=y" }))).toEqual({
        token: "a&b",
        scope: ["x", "y"]
      })

      const stream = Operation.make(Caller, () => Endpoint.get("/", { success: Body.stream() }))
      const { url } = yield* Scripted.make([Scripted.chunked(["one ", "two"])])
      const read = Stream.unwrap(stream()).pipe(Stream.decodeText(), Stream.runCollect)
      expect(Chunk.join(yield* Effect.provide(read, Layer.merge(at(url), once)), "")).toBe("one two")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("differs by status, of which the others are a DecodeError", () =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () =>
        Endpoint.put("/", {
          success: {
            200: Thing,
            201: Body.empty("created"),
            202: Body.text(),
            204: Body.empty(),
            404: Body.empty(false)
          }
        })
      )
      const value = { id: 2n ** 64n, at: new Date(0) }
      const body = '{"id":18446744073709551616,"at":"1970-01-01T00:00:00.000Z"}'
      expect(yield* valueOf(operation(), Scripted.respond({ body }))).toEqual(value)
      expect(yield* valueOf(operation(), Scripted.respond({ status: 201, body }))).toBe("created")
      expect(yield* valueOf(operation(), Scripted.respond({ status: 202, body: "later" }))).toBe("later")
      expect(yield* valueOf(operation(), Scripted.respond({ status: 204 }))).toBeUndefined()
      expect(yield* valueOf(operation(), Scripted.respond({ status: 404 }))).toBe(false)
      expect(yield* errorOf(operation(), Scripted.respond({ status: 206, body }))).toMatchObject({
        _tag: "DecodeError",
        reason: "Status",
        status: 206
      })
      expect(yield* errorOf(operation(), Scripted.respond({ status: 403 }))).toMatchObject({ _tag: "Forbidden" })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is the value of Body.empty(value), for every 2xx", () =>
    Effect.gen(function* () {
      const operation = Operation.make(Caller, () => Endpoint.put("/", { success: Body.empty({ done: true }) }))
      for (const response of [Scripted.respond({ status: 204 }), ok]) {
        expect(yield* valueOf(operation(), response)).toEqual({ done: true })
      }
    }).pipe(Effect.provide(client))
  )
})

describe("the errors of an endpoint", () => {
  class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}
  class Closed extends Schema.TaggedError<Closed>()("Closed", { until: Schema.Date }) {}
  class Gone extends Schema.TaggedError<Gone>()("Gone", {}) {}
  const Problem = Schema.Struct({ _tag: Schema.tag("Problem"), code: Schema.Int })

  const operation = Operation.make(Caller, () =>
    Endpoint.get("/forecast", {
      success: Ok,
      errors: {
        404: NoSuchCity,
        409: Schema.Union(Closed, NoSuchCity),
        410: Gone,
        422: [Closed, Problem, Endpoint.errorAs("BadRequest", Schema.Struct({ detail: Schema.String }))],
        418: Endpoint.errorAs("NotFound"),
        451: Endpoint.errorAs("Forbidden", Body.empty()),
        503: Closed
      }
    })
  )

  const failure = (status: number, body: unknown) => errorOf(operation(), Scripted.json(body, { status }))
  const until = "1970-01-01T00:00:00.000Z"

  it.scopedLive("are instances of their classes, though the response has no _tag", () =>
    Effect.gen(function* () {
      const error = yield* failure(404, { city: "Nowhere", more: 1 })
      expect(error).toBeInstanceOf(NoSuchCity)
      expect(error).toMatchObject({ _tag: "NoSuchCity", city: "Nowhere" })
      expect(yield* failure(422, { code: 3 })).toEqual({ _tag: "Problem", code: 3 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("have the _tag of the response where it has one", () =>
    Effect.gen(function* () {
      expect(yield* failure(404, { _tag: "NoSuchCity", city: "Nowhere" })).toBeInstanceOf(NoSuchCity)
      expect(yield* failure(404, { _tag: "Closed", city: "Nowhere" })).toMatchObject({ _tag: "NotFound", status: 404 })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("are told apart by their schemas, in a union and in a list", () =>
    Effect.gen(function* () {
      for (const status of [409, 422]) {
        const closed = yield* failure(status, { until })
        expect(closed).toBeInstanceOf(Closed)
        expect(closed).toMatchObject({ until: new Date(0) })
      }
      expect(yield* failure(409, { city: "a" })).toBeInstanceOf(NoSuchCity)
      expect(yield* failure(422, { code: 1 })).toMatchObject({ _tag: "Problem" })
      expect(yield* failure(422, { detail: "too long" })).toMatchObject({ _tag: "BadRequest", detail: "too long" })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("without fields have no body, or any object", () =>
    Effect.gen(function* () {
      expect(yield* errorOf(operation(), Scripted.respond({ status: 410 }))).toBeInstanceOf(Gone)
      expect(yield* failure(410, { message: "moved" })).toBeInstanceOf(Gone)
      expect(yield* errorOf(operation(), Scripted.respond({ status: 410, body: "<h1>Gone</h1>" }))).toMatchObject({
        _tag: "ClientError",
        status: 410
      })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("of errorAs are of the built-in family, whatever their status", () =>
    Effect.gen(function* () {
      expect(yield* failure(418, { detail: "a teapot" })).toMatchObject({
        _tag: "NotFound",
        status: 418,
        detail: "a teapot"
      })
      expect(yield* errorOf(operation(), Scripted.respond({ status: 418, body: "short and stout" }))).toMatchObject({
        _tag: "NotFound"
      })
      expect(yield* errorOf(operation(), Scripted.respond({ status: 451 }))).toMatchObject({
        _tag: "Forbidden",
        status: 451
      })
      // With a body it is another response, such as that of a proxy.
      expect(yield* failure(451, { detail: "no" })).toMatchObject({ _tag: "ClientError", status: 451, detail: "no" })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each([
    [404, '{"city":1}', "NotFound"],
    [404, "<h1>Not found</h1>", "NotFound"],
    [404, "", "NotFound"],
    [404, "[]", "NotFound"],
    [409, '{"until":"never"}', "Conflict"],
    [422, '{"code":1.5}', "UnprocessableContent"],
    [503, '{"detail":"busy"}', "ServerError"],
    [400, '{"city":"a"}', "BadRequest"]
  ] as const)("do not include a %i with %j, which is %s", ([status, body, _tag]) =>
    Effect.gen(function* () {
      expect(yield* errorOf(operation(), Scripted.respond({ status, body }))).toMatchObject({ _tag, status, body })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("have the details of the call, which are not enumerable", () =>
    Effect.gen(function* () {
      const error = yield* errorOf(
        operation(),
        Scripted.json({ city: "Nowhere" }, { status: 404, headers: { "x-request-id": "r1" } })
      )
      expect(detailsOf(error)).toMatchObject({
        operation: "GET /forecast",
        method: "GET",
        status: 404,
        requestId: "r1",
        body: '{"city":"Nowhere"}',
        attempts: [{ number: 1, class: "Final", verdict: "final" }]
      })
      expect(Object.keys(error as object)).toEqual(Object.keys(new NoSuchCity({ city: "Nowhere" })))
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("are retried by their status", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([
        Scripted.json({ until }, { status: 503, headers: { "retry-after": "0" } }),
        ok
      ])
      expect(yield* Effect.provide(operation(), at(url))).toEqual({ ok: true })
      expect(requests).toHaveLength(2)
    }).pipe(Effect.provide(client))
  )
})
