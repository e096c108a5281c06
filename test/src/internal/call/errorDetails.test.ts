import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import { Credentials, detailsOf, Endpoint, Operation, RetryPolicy, Verbs } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, bearing, broken, Caller, type CallerParts, elapsing, once, status, stub } from "../../../support/kit.js"

const { get, head, post } = Verbs.make(Caller)

const secret = "Kx7-hunter2-q9Z"
const replacement = "<redacted: it repeats a secret of this call>"

/** The details of the error of a call, against a server with this behaviour. */
const detailsFrom = <A, E>(
  call: Effect.Effect<A, E, Effect.Effect.Context<ReturnType<typeof get>>>,
  behaviour: Scripted.Behaviour,
  parts: CallerParts = {}
) =>
  Effect.gen(function* () {
    const { url } = yield* Scripted.make([behaviour])
    const error = yield* Effect.flip(call).pipe(Effect.provide(Layer.mergeAll(at(url, parts), client, once)))
    const details = detailsOf(error)
    if (details === undefined) throw new Error("the error has no details")
    return { error, details, shown: inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error) }
  })

describe("the headers of an error", () => {
  it.scopedLive("are those of the response, by their names in lower case", () =>
    Effect.gen(function* () {
      const headers = { "X-Request-Id": "r1", "X-RateLimit-Remaining": "0", "Content-Type": "text/html" }
      const { details } = yield* detailsFrom(get("/"), Scripted.respond({ status: 404, headers }))
      expect(details.headers).toMatchObject({
        "x-request-id": "r1",
        "x-ratelimit-remaining": "0",
        "content-type": "text/html"
      })
    })
  )

  it.scopedLive("are those of the response of an error of any kind", () =>
    Effect.gen(function* () {
      const headers = { "x-a": "1" }
      class Taken extends Schema.TaggedError<Taken>()("Taken", { by: Schema.String }) {}
      const cases = [
        [get("/", { errors: { 409: Taken } }), Scripted.json({ by: "you" }, { status: 409, headers }), "Taken"],
        [get("/", { success: Schema.Number }), Scripted.json("x", { headers }), "DecodeError"],
        [get("/"), Scripted.respond({ status: 500, headers }), "ServerError"]
      ] as const
      for (const [call, behaviour, tag] of cases) {
        const { details, error } = yield* detailsFrom<unknown, { readonly _tag: string }>(call, behaviour)
        expect([error._tag, details.headers?.["x-a"]]).toEqual([tag, "1"])
      }
    })
  )

  it.scopedLive("have no credentials and no secret of the call", () =>
    Effect.gen(function* () {
      const headers = {
        "set-cookie": ["session=abc", "csrf=def"],
        authorization: "Bearer abc",
        "x-auth-token": "abc",
        "x-api-key": "abc",
        "x-amz-security-token": "abc",
        location: `https://u:p@h.example/a?signature=abc#${secret}`,
        "x-echo": `you sent ${secret}`,
        "x-echo-json": JSON.stringify({ a: encodeURIComponent(secret) }),
        [`x-${secret.toLowerCase()}`]: "1",
        "www-authenticate": 'Bearer error="invalid_token"',
        "x-ratelimit-remaining-tokens": "5"
      }
      const { details, shown } = yield* detailsFrom(
        post("/", { json: { a: Redacted.make(secret), b: Redacted.make(secret.toLowerCase()) } }),
        Scripted.respond({ status: 401, headers }),
        { credentials: bearing({ authorization: `Bearer ${secret}` }) }
      )
      expect(shown).not.toMatch(/hunter2/)
      expect(details.headers).toMatchObject({
        location: "https://h.example/a",
        "x-echo": replacement,
        "x-echo-json": replacement,
        "www-authenticate": 'Bearer error="invalid_token"',
        "x-ratelimit-remaining-tokens": "5"
      })
      for (const name of ["set-cookie", "authorization", "x-auth-token", "x-api-key", "x-amz-security-token"]) {
        expect(details.headers).not.toHaveProperty(name)
      }
    })
  )

  it.scopedLive("of a sensitive endpoint are a few without content", () =>
    Effect.gen(function* () {
      const headers = {
        "x-user": "bob",
        "retry-after": "0",
        "x-request-id": "r1",
        "content-type": "text/plain",
        etag: "x"
      }
      const call = get("/", { sensitive: true })
      const { details } = yield* detailsFrom(call, Scripted.respond({ status: 404, headers }))
      expect(details.headers).toMatchObject({ "retry-after": "0", "x-request-id": "r1", "content-type": "text/plain" })
      expect(Object.keys(details.headers ?? {})).not.toEqual(expect.arrayContaining(["x-user"]))
      expect(details.headers?.["etag"]).toBeUndefined()
    })
  )
})

describe("the headers of an error", () => {
  it.effect("are undefined without a response", () =>
    Effect.gen(function* () {
      for (const steps of [[broken("ECONNREFUSED")], [broken("ECONNRESET")]]) {
        const error = yield* Effect.flip(get("/")).pipe(
          Effect.provide(Layer.mergeAll(at(new URL("https://api.test")), once, stub(steps).layer))
        )
        expect(error).toMatchObject({ headers: undefined })
      }
      const encode = yield* Effect.flip(get("#")).pipe(
        Effect.provide(Layer.mergeAll(at(new URL("https://api.test")), once, stub([]).layer))
      )
      expect(encode).toMatchObject({ _tag: "EncodeError", headers: undefined })
    })
  )

  const sizeOf = (headers: object) =>
    Object.entries(headers).reduce((sum, [k, v]) => sum + k.length + String(v).length, 0)

  it.effect("are limited in number, in length and in all", () =>
    Effect.gen(function* () {
      const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x-h${i}`, "v"]))
      const long = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`x-h${i}`, "v".repeat(5000)]))
      for (const headers of [many, long, { ...long, ...many }, { "x-one": "v".repeat(1_000_000) }]) {
        const error = yield* Effect.flip(get("/")).pipe(
          Effect.provide(Layer.mergeAll(at(new URL("https://api.test")), once, stub([status(400, headers)]).layer))
        )
        const kept = detailsOf(error)?.headers ?? {}
        expect(Object.keys(kept).length).toBeGreaterThan(0)
        expect(Object.keys(kept).length).toBeLessThanOrEqual(64)
        expect(sizeOf(kept)).toBeLessThanOrEqual(8192)
        for (const value of Object.values(kept)) expect(value?.length).toBeLessThanOrEqual(1024)
      }
    })
  )
})

describe("the data of an error", () => {
  it.scopedLive("is the JSON of the body, without secrets", () =>
    Effect.gen(function* () {
      const body = { a: [1, { b: `it was ${secret}` }], [secret]: 2, big: 1 }
      const { details, shown } = yield* detailsFrom(
        post("/", { json: { a: Redacted.make(secret) } }),
        Scripted.json(body, { status: 400 })
      )
      expect(details).toMatchObject({ data: { a: [1, { b: replacement }], [replacement]: 2, big: 1 } })
      expect(shown).not.toContain(secret)
    })
  )

  const padded = (length: number) => `{"a":"${"x".repeat(length - 8)}"}`

  it.scopedLive.each([
    ["65,536 characters of JSON", padded(65_536), {}, true],
    ["65,537 characters of JSON", padded(65_537), {}, false],
    ["HTML", "<h1>no</h1>", {}, false],
    ["no body", "", {}, false],
    ["a sensitive endpoint", "{}", { sensitive: true }, false],
    ["JSON that is cut short", '{"a":', {}, false]
  ] as const)("is there or not for %s", ([, body, options, present]) =>
    Effect.gen(function* () {
      for (const code of [400, 402, 405, 418, 423, 451, 500, 502]) {
        const { details } = yield* detailsFrom(get("/", options), Scripted.respond({ status: code, body }))
        expect(details).toMatchObject({ data: present ? JSON.parse(body) : undefined })
      }
    })
  )

  it.effect("and the detail are those of a response that asks for a wait that is too long", () =>
    Effect.gen(function* () {
      const body = { message: "come back tomorrow", limit: 5 }
      for (const code of [429, 503]) {
        const headers = { "retry-after": "36000", "content-type": "application/json" }
        const error = yield* Effect.flip(get("/")).pipe(
          Effect.provideService(RetryPolicy.Current, RetryPolicy.standard),
          Effect.provide(
            Layer.merge(at(new URL("https://api.test")), stub([status(code, headers, JSON.stringify(body))]).layer)
          ),
          elapsing
        )
        expect(error).toMatchObject({
          _tag: "RateLimited",
          status: code,
          detail: "come back tomorrow",
          data: body,
          issues: []
        })
      }
    })
  )
})

describe("the content of errorAs", () => {
  const Content = Schema.Struct({
    data: Schema.propertySignature(Schema.Struct({ message: Schema.String, fields: Schema.Array(Schema.String) })).pipe(
      Schema.fromKey("error")
    )
  })
  const body = { error: { message: "wrong", fields: ["a"], more: 1 } }

  it.scopedLive("is the data of the error, and the rest is read from the body", () =>
    Effect.gen(function* () {
      const errors = { 422: Endpoint.errorAs("UnprocessableContent", Content) }
      const { details } = yield* detailsFrom(get("/", { errors }), Scripted.json(body, { status: 422 }))
      expect(details).toMatchObject({ data: { message: "wrong", fields: ["a"] }, detail: "wrong", issues: [] })
    })
  )

  it.scopedLive.each([
    ["any body", () => Endpoint.errorAs("Conflict")],
    ["other content", () => Endpoint.errorAs("Conflict", Schema.Struct({ detail: Schema.optional(Schema.String) }))]
  ] as const)("is by default the whole body: %s", ([, declared]) =>
    Effect.gen(function* () {
      const call = Operation.make(Caller, () => Endpoint.get("/", { errors: { 422: declared() } }))()
      const { details, error } = yield* detailsFrom(call, Scripted.json(body, { status: 422 }))
      expect(error._tag).toBe("Conflict")
      expect(details).toMatchObject({ data: body, detail: "wrong" })
    })
  )

  it.scopedLive("is not the data of the error of a sensitive endpoint", () =>
    Effect.gen(function* () {
      const errors = { 422: Endpoint.errorAs("Conflict", Content) }
      const call = get("/", { errors, sensitive: true })
      const { details } = yield* detailsFrom(call, Scripted.json(body, { status: 422 }))
      expect(details).toMatchObject({ data: undefined, body: undefined })
    })
  )
})

describe("the mismatches of a response", () => {
  const issuesOf = (schema: Schema.Schema.AnyNoContext, value: unknown) =>
    Effect.gen(function* () {
      const call = get("/", { success: schema as Schema.Schema<unknown> })
      const { error } = yield* detailsFrom<unknown, { readonly _tag: string }>(call, Scripted.json(value))
      if (!("issues" in error) || !Array.isArray(error.issues)) throw new Error("no issues")
      return error.issues.map(({ message, path }) => `${path.join(".")}: ${message}`)
    })

  const A = Schema.Struct({ a: Schema.Number, b: Schema.Number, c: Schema.Struct({ d: Schema.String }) })
  const Cat = Schema.Struct({ kind: Schema.Literal("cat"), lives: Schema.Number, name: Schema.String })
  const Dog = Schema.Struct({ kind: Schema.Literal("dog"), tricks: Schema.Array(Schema.String) })

  it.scopedLive.each([
    ["all fields", A, { a: "x", c: {} }, ["a: should be a number, and is string", "b: is missing", "c.d: is missing"]],
    [
      "all items",
      Schema.Array(Schema.Number),
      [1, "a", 2, null],
      ["1: should be a number, and is string", "3: should be a number, and is null"]
    ],
    [
      "the tagged member of a union",
      Schema.Union(Cat, Dog),
      { kind: "cat", lives: "9" },
      ["lives: should be a number, and is string", "name: is missing"]
    ],
    ["the member of the same kind", Schema.Union(Schema.Null, A), { a: 1, b: 2 }, ["c: is missing"]],
    [
      "the closest member",
      Schema.Union(Schema.Struct({ x: Schema.String, y: Schema.String, z: Schema.String }), Schema.Struct({ p: A })),
      { x: "a", y: "b" },
      ["z: is missing", "p: is missing"]
    ],
    [
      "all members of other kinds",
      Schema.Union(Schema.String, Schema.Number),
      true,
      [": should be a string, and is boolean", ": should be a number, and is boolean"]
    ]
  ] as const)("are %s", ([, schema, value, issues]) =>
    Effect.map(issuesOf(schema, value), (found) => expect(found).toEqual(issues))
  )

  it.scopedLive("are at most twenty", () =>
    Effect.gen(function* () {
      const list = Schema.Array(Schema.Union(Schema.Struct({ a: Schema.Number }), Schema.Struct({ b: Schema.Number })))
      expect(
        yield* issuesOf(
          list,
          Array.from({ length: 50_000 }, () => ({}))
        )
      ).toHaveLength(20)
    })
  )
})

describe("secrets in an error", () => {
  it.scopedLive("are values of default headers whose names are those of credentials", () =>
    Effect.gen(function* () {
      for (const name of [
        "X-Api-Key",
        "x-auth-token",
        "X-Auth",
        "ocp-apim-subscription-key",
        "x-client-secret",
        "Cookie"
      ]) {
        const defaults = { headers: { [name]: secret, "x-version": "2024-01-01" } }
        const { details, shown } = yield* detailsFrom(
          get("/"),
          Scripted.json({ message: `bad key ${secret}`, version: "is 2024-01-01" }, { status: 403 }),
          { defaults }
        )
        expect([name, details]).toMatchObject([name, { detail: replacement, data: { version: "is 2024-01-01" } }])
        expect(shown).not.toContain(secret)
      }
    })
  )

  it.scopedLive("are not the values of neutral headers", () =>
    Effect.gen(function* () {
      const defaults = { headers: { "user-agent": "our-app", "idempotency-key": "key-1234", "x-tenant": "acme" } }
      const body = { message: "our-app of acme repeats key-1234" }
      const { details } = yield* detailsFrom(get("/"), Scripted.json(body, { status: 409 }), { defaults })
      expect(details).toMatchObject({ detail: body.message })
    })
  )

  it.scopedLive("do not include the authentication scheme, which servers name in their responses", () =>
    Effect.gen(function* () {
      for (const scheme of ["Bearer", "Basic"]) {
        const { details } = yield* detailsFrom(
          get("/"),
          Scripted.json({ message: `Missing ${scheme}` }, { status: 403, headers: { "x-scheme": scheme } }),
          { credentials: bearing({ authorization: `${scheme} ${secret}` }) }
        )
        expect(details).toMatchObject({ detail: `Missing ${scheme}`, headers: { "x-scheme": scheme } })
        const repeated = yield* detailsFrom(
          get("/"),
          Scripted.json({ message: `${scheme} ${secret}` }, { status: 403 }),
          { credentials: bearing({ authorization: `${scheme} ${secret}` }) }
        )
        expect(repeated.details).toMatchObject({ detail: replacement })
      }
    })
  )

  it.scopedLive("of fewer than four characters are not searched for", () =>
    Effect.gen(function* () {
      for (const short of ["a", "é", "12", "abc"]) {
        const body = { message: `a sentence with ${short} in it`, pin: short, other: "x" }
        const { details } = yield* detailsFrom(
          post("/", { json: { pin: Redacted.make(short) } }),
          Scripted.json(body, { status: 400 })
        )
        expect(details).toMatchObject({ detail: body.message, data: body })
      }
      const { details } = yield* detailsFrom(
        post("/", { json: { pin: Redacted.make("1234") } }),
        Scripted.json({ message: "it is 1234" }, { status: 400 })
      )
      expect(details).toMatchObject({ detail: replacement })
    })
  )
})

describe("the message of an error", () => {
  const named = Operation.make(Caller, () => Endpoint.get("/a/{b}", { name: "getA" }))
  const unnamed = Operation.make(Caller, () => Endpoint.get("/a/{b}"))

  /** The message of a call whose responses have this status. */
  const messageFrom =
    (code: number) =>
    <A, E extends { readonly message: string }>(
      call: Effect.Effect<A, E, Effect.Effect.Context<ReturnType<typeof get>>>
    ) =>
      Effect.flip(call).pipe(
        Effect.map(({ message }) => message),
        Effect.provide(Layer.merge(at(new URL("https://h.test")), stub([status(code)]).layer)),
        elapsing
      )

  it.effect("names method and URL once", () =>
    Effect.gen(function* () {
      const messageOf = messageFrom(410)
      const refused = "the server refused the request (410)"
      expect(yield* messageOf(named({ b: 1 }))).toBe(`getA: ${refused} (GET https://h.test/a/{b})`)
      expect(yield* messageOf(unnamed({ b: 1 }))).toBe(`GET https://h.test/a/{b}: ${refused}`)
      expect(yield* messageOf(get("/a/{b}", { path: { b: 1 } }))).toBe(`GET https://h.test/a/{b}: ${refused}`)
      expect(yield* messageOf(get(""))).toBe(`GET https://h.test: ${refused}`)
      expect(yield* messageOf(get("?a=1"))).toBe(`GET https://h.test: ${refused}`)
      expect(yield* messageOf(head("/"))).toBe(`HEAD https://h.test/: ${refused}`)
      expect(yield* messageOf(get("#"))).toMatch(/^GET https:\/\/h\.test: not sent, since target: /)
    })
  )

  it.effect("counts attempts", () =>
    Effect.gen(function* () {
      const messageOf = messageFrom(503)
      expect(yield* messageOf(named({ b: 1 }))).toMatch(/^getA: .* \(GET https:\/\/h\.test\/a\/\{b\}, \d attempts\)$/)
      expect(yield* messageOf(get("/a"))).toMatch(/^GET https:\/\/h\.test\/a: .* \(\d attempts\)$/)
      expect(yield* messageOf(post("/a"))).toBe("POST https://h.test/a: the server failed (503) (1 attempt: unsafe)")
    })
  )

  it.scopedLive("of a 404 without a JSON object asks for the base URL: from a verb and from an operation", () =>
    Effect.gen(function* () {
      class Gone extends Schema.TaggedError<Gone>()("Gone", { by: Schema.String }) {}
      const declaring = Operation.make(Caller, () => Endpoint.get("/a/{b}", { errors: { 404: Gone } }))
      const page = Scripted.respond({ status: 404, headers: { "content-type": "text/html" }, body: "<h1>No</h1>" })
      for (const call of [named({ b: 1 }), unnamed({ b: 1 }), declaring({ b: 1 }), get("/a")]) {
        const { details, error } = yield* detailsFrom(call, page)
        expect(error._tag).toBe("NotFound")
        expect(details.message).toContain("is the base URL right?")
      }
    })
  )

  it.scopedLive("names a caller without credentials as such", () =>
    Effect.gen(function* () {
      const { details } = yield* detailsFrom(get("/"), Scripted.respond({ status: 401 }), {
        credentials: Credentials.none
      })
      expect(details.message).toContain("unauthorized, without credentials (401)")
    })
  )
})
