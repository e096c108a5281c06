import type { HttpClient } from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"
import {
  Authoriser,
  Body,
  Endpoint,
  type Operation,
  type TimeoutError,
  type Tokens,
  type TransportError,
  Verbs
} from "effect-herald"
import type { CheckJson } from "../../src/internal/endpoint/CheckJson.js"

class Api extends Authoriser.Tag("effect-herald/test/Api")<Api>() {}
class WithTokens extends Authoriser.Tag("effect-herald/test/WithTokens")<WithTokens, Tokens.Tokens>() {}
class Vault extends Context.Tag("effect-herald/test/Vault")<Vault, { readonly key: string }>() {}

declare const verbs: Verbs.Verbs<Api>
const { delete: del, get, head, options, patch, post, put } = verbs

interface User {
  readonly name: string
  readonly born?: Date | undefined
  readonly team: Team
}
interface Team {
  members: Array<User>
  lead: User | null
}
interface Tree {
  readonly [name: string]: Tree | string | number
}
type Json = string | number | boolean | null | { [name: string]: Json } | Array<Json>
class Money extends Data.Class<{ readonly amount: bigint; readonly key: Redacted.Redacted }> {}
class Named extends Schema.Class<Named>("Named")({ name: Schema.String }) {}
class Refused extends Schema.TaggedError<Refused>()("Refused", { by: Schema.String }) {}

declare const user: User
declare const team: Team
declare const tree: Tree
declare const parsed: Json
declare const anything: any
declare const nothing: unknown
declare const some: string
declare const secret: Redacted.Redacted
declare const bytes: Uint8Array
declare const stream: Stream.Stream<Uint8Array, Error>

type Success<Call> = Call extends Effect.Effect<infer A, infer _, infer _> ? A : never
type Failure<Call> = Call extends Effect.Effect<infer _, infer E, infer _> ? E : never
type Requirements<Call> = Call extends Effect.Effect<infer _, infer _, infer R> ? R : never

describe("the `path` option", () => {
  it("is required for the parameters of the target", () => {
    get("/users/{id}", { path: { id: 1 } })
    get("/users/{id}/posts/{post}", { path: { id: "a", post: 1n } })
    get("/{a}{b}-{c}.json", { path: { a: true, b: secret, c: 0 } })
    get("users/{id}?x=1", { path: { id: 1 }, query: { a: 1 } })
    // @ts-expect-error it is missing
    get("/users/{id}")
    // @ts-expect-error it is missing
    get("/users/{id}", {})
    // @ts-expect-error it is missing
    post("/users/{id}", { json: {} })
    // @ts-expect-error `post` is missing
    get("/users/{id}/posts/{post}", { path: { id: 1 } })
    // @ts-expect-error a parameter can't be undefined
    get("/users/{id}", { path: { id: undefined } })
    // @ts-expect-error a parameter can't be null
    get("/users/{id}", { path: { id: null } })
    // @ts-expect-error a parameter can't be a list
    get("/users/{id}", { path: { id: ["a"] } })
    // @ts-expect-error a parameter can't be an object
    get("/users/{id}", { path: { id: {} } })
  })

  it("has no other parameters", () => {
    // @ts-expect-error the parameter is `id`
    get("/users/{id}", { path: { user: 1 } })
    // @ts-expect-error the target has no parameter `user`
    get("/users/{id}", { path: { id: 1, user: 1 } })
    // @ts-expect-error the target has no parameters
    get("/users", { path: { id: 1 } })
    // @ts-expect-error the target has no parameters
    post("/users", { path: { id: 1 }, json: {} })
  })

  it("is absent where the target has no parameters, and the options are optional", () => {
    get("/users")
    get("/users", {})
    get("")
    head("/users")
    options("*")
    post("/users")
    del("/users", {})
  })

  it("has no parameters of the query or of a whole URL", () => {
    get("/search?filter={a}")
    get("/{kind}/search?filter={a}", { path: { kind: "x" } })
    get("https://api.test/{id}")
    // @ts-expect-error the braces are in the query
    get("/search?filter={a}", { path: { a: 1 } })
    // @ts-expect-error the braces are in a URL
    get("https://api.test/{id}", { path: { id: 1 } })
  })

  it("has any parameters where the target is no literal type", () => {
    get(some)
    get(some, { path: { id: 1 } })
    get(new URL(some))
    get(some as string | URL)
    // @ts-expect-error a URL has no parameters
    get(new URL(some), { path: { id: 1 } })
    // @ts-expect-error a parameter can't be an object
    get(some, { path: { id: {} } })
  })

  it("has the parameters of each target of a union", () => {
    const target = some as "/a/{x}" | "/b/{x}"
    get(target, { path: { x: 1 } })
    // @ts-expect-error both have a parameter
    get(target)
  })

  it("belongs to a target that is a text or a URL", () => {
    // @ts-expect-error a number is no target
    get(1)
    // @ts-expect-error the target is missing
    get()
    // @ts-expect-error a Request is no target
    get(new Request("https://api.test"))
  })
})

describe("the body of a request", () => {
  it("is of one kind", () => {
    for (const verb of [post, put, patch, del]) {
      verb("/", { json: [1, { a: 2n }] })
      verb("/", { form: { a: 1, b: ["x", null], c: undefined, d: secret } })
      verb("/", { text: "a" })
      verb("/", { bytes })
      verb("/", { stream })
      verb("/", {
        multipart: { title: "a", tags: ["b", 1], photo: new Blob(), more: [new File([], "a")], key: secret }
      })
      verb("/", { multipart: new FormData() })
      // @ts-expect-error multipart has no nested fields
      verb("/", { multipart: { a: { b: 1 } } })
      // @ts-expect-error two bodies
      verb("/", { json: 1, text: "a" })
      // @ts-expect-error two bodies
      verb("/", { form: {}, json: {} })
      // @ts-expect-error two bodies
      verb("/", { bytes, stream })
      // @ts-expect-error a number is no text
      verb("/", { text: 1 })
      // @ts-expect-error a text is no bytes
      verb("/", { bytes: "a" })
      // @ts-expect-error a form has no nested fields
      verb("/", { form: { a: { b: 1 } } })
      // @ts-expect-error there is no such option
      verb("/", { body: "a" })
    }
  })

  it("is JSON of any type whose content JSON can have", () => {
    post("/", { json: user })
    post("/", { json: [user, { a: [user] }] })
    post("/", { json: team })
    post("/", { json: tree })
    post("/", { json: anything })
    post("/", { json: nothing })
    post("/", { json: { a: nothing, b: anything, c: some, d: "literal" as const } })
    post("/", { json: parsed })
    post("/", { json: undefined })
    post("/", { json: [1n, null, true, undefined] })
    post("/", { json: Redacted.make({ a: [secret] }) })
    post("/", { json: { at: new Date(), url: new URL("https://api.test"), time: DateTime.unsafeNow() } })
    post("/", { json: { toJSON: () => ({ password: secret }) } })
    post("/", { json: new Money({ amount: 1n, key: secret }) })
    post("/", { json: new Named({ name: "ada" }) })
    post("/", { json: new Refused({ by: "bob" }) })
    post("/", { json: {} as Partial<User> })
    post("/", { json: {} as Record<string, unknown> })
    post("/", { json: ["a", 1] as readonly [string, number] })
    const given = { json: { a: 1 } }
    post("/", given)
    post("/{id}", { path: { id: 1 }, json: { a: 1 }, success: Schema.Number })
  })

  it("is no JSON of which the content would be lost", () => {
    // @ts-expect-error a FormData is not JSON: use `multipart`
    post("/", { json: new FormData() })
    // @ts-expect-error a Map is not JSON: use Object.fromEntries
    post("/", { json: new Map([["a", 1]]) })
    // @ts-expect-error a Set is not JSON: use Array.from
    post("/", { json: { a: [{ b: new Set([1]) }] } })
    // @ts-expect-error a URLSearchParams is not JSON
    post("/", { json: { a: new URLSearchParams() } })
    // @ts-expect-error a Headers is not JSON
    post("/", { json: new Headers() })
    // @ts-expect-error a Blob is not JSON
    post("/", { json: [new Blob()] })
    // @ts-expect-error a File is not JSON
    post("/", { json: new File([], "a") })
    // @ts-expect-error bytes are not JSON
    post("/", { json: bytes })
    // @ts-expect-error bytes are not JSON
    post("/", { json: { a: new ArrayBuffer(1) } })
    // @ts-expect-error a Stream is not JSON
    post("/", { json: new ReadableStream() })
    // @ts-expect-error a Stream is not JSON
    post("/", { json: { stream } })
    // @ts-expect-error a Promise is not JSON
    post("/", { json: Promise.resolve(1) })
    // @ts-expect-error an Effect is not JSON
    post("/", { json: get("/") })
    // @ts-expect-error an Error is not JSON
    post("/", { json: new Error("no") })
    // @ts-expect-error a RegExp is not JSON
    post("/", { json: { a: /a/ } })
    // @ts-expect-error a function is not JSON
    post("/", { json: { a: () => 1 } })
    // @ts-expect-error a symbol is not JSON
    post("/", { json: { a: Symbol("a") } })
    // @ts-expect-error an Option is not JSON
    post("/", { json: Option.some(1) })
    // @ts-expect-error a Chunk is not JSON
    post("/", { json: { a: Chunk.of(secret) } })
    // @ts-expect-error a Map may be among the values
    post("/", { json: { a: 1 as number | Map<string, number> } })
    // @ts-expect-error a Redacted Map is no JSON, either
    post("/", { json: Redacted.make(new Map()) })
    expectTypeOf<CheckJson<FormData>>().toEqualTypeOf<"a FormData is not JSON: use `multipart`">()
  })

  it("is absent for GET, HEAD and OPTIONS", () => {
    // @ts-expect-error a GET has no body
    get("/", { json: {} })
    // @ts-expect-error a GET has no body
    get("/", { form: {} })
    // @ts-expect-error a GET has no body
    get("/", { text: "" })
    // @ts-expect-error a GET has no body
    get("/", { bytes })
    // @ts-expect-error a GET has no body
    get("/", { stream })
    // @ts-expect-error a HEAD has no body
    head("/", { json: {} })
    // @ts-expect-error an OPTIONS has no body
    options("/", { json: {} })
  })
})

describe("the other options", () => {
  it("are a query, headers, and the behaviour of the endpoint", () => {
    get("/", { query: { a: 1, b: "x", c: true, d: 1n, e: null, f: undefined, g: [1, "x", null], h: secret } })
    get("/", { headers: { a: 1, b: "x", c: true, d: 1n, e: null, f: undefined, g: secret } })
    post("/", { idempotent: true, idempotencyKey: "Idempotency-Key", sensitive: true, sideEffects: true, json: {} })
    // @ts-expect-error a query has no nested values
    get("/", { query: { a: {} } })
    // @ts-expect-error a Date is no text
    get("/", { query: { a: new Date(0) } })
    // @ts-expect-error URLSearchParams are no record
    get("/", { query: new URLSearchParams() })
    // @ts-expect-error a header has one value
    get("/", { headers: { a: ["x"] } })
    // @ts-expect-error Headers are no record
    get("/", { headers: new Headers() })
    // @ts-expect-error a boolean is no header
    post("/", { idempotencyKey: true })
    // @ts-expect-error there is no such option
    get("/", { params: {} })
  })
})

describe("the value of a call", () => {
  const Thing = Schema.Struct({ id: Schema.Number, at: Schema.DateFromString })
  interface Thing {
    readonly id: number
    readonly at: Date
  }
  type Bytes = Stream.Stream<Uint8Array, TransportError | TimeoutError>

  it("is unknown by default, since it is any JSON", () => {
    const json = () =>
      [get("/"), post("/", { json: 1 }), put("/"), patch("/"), del("/"), get("/", { query: {} })] as const
    expectTypeOf<Success<ReturnType<typeof json>[number]>>().toEqualTypeOf<unknown>()
    const withPath = () => get("/users/{id}", { path: { id: 1 } })
    expectTypeOf<Success<ReturnType<typeof withPath>>>().toEqualTypeOf<unknown>()
  })

  it("is that of `success`", () => {
    const all = () => ({
      json: get("/", { success: Body.json() }),
      text: get("/", { success: Body.text() }),
      parsed: get("/", { success: Body.text({ schema: Schema.NumberFromString }) }),
      bytes: get("/", { success: Body.bytes() }),
      empty: get("/", { success: Body.empty() }),
      constant: get("/", { success: Body.empty("created") }),
      stream: get("/", { success: Body.stream() }),
      schema: get("/", { success: Thing }),
      byStatus: get("/", { success: { 200: Thing, 204: Body.empty() } }),
      response: get.withResponse("/", { success: Thing }),
      streamed: get.withResponse("/", { success: Body.stream() }),
      unknown: get.withResponse("/"),
      withPath: get("/{id}", { path: { id: 1 }, success: Body.text() }),
      withBody: post("/{id}", { path: { id: 1 }, json: {}, success: Thing }),
      anyTarget: get(some, { success: Body.text() }),
      url: get(new URL(some), { success: Body.text() })
    })
    type All = ReturnType<typeof all>
    expectTypeOf<Success<All["json"]>>().toEqualTypeOf<unknown>()
    expectTypeOf<Success<All["text"]>>().toEqualTypeOf<string>()
    expectTypeOf<Success<All["parsed"]>>().toEqualTypeOf<number>()
    expectTypeOf<Success<All["bytes"]>>().toEqualTypeOf<Uint8Array>()
    expectTypeOf<Success<All["empty"]>>().toEqualTypeOf<void>()
    expectTypeOf<Success<All["constant"]>>().toEqualTypeOf<"created">()
    expectTypeOf<Success<All["stream"]>>().toEqualTypeOf<Bytes>()
    expectTypeOf<Success<All["schema"]>>().toEqualTypeOf<Thing>()
    expectTypeOf<Success<All["byStatus"]>>().toEqualTypeOf<Thing | void>()
    expectTypeOf<Success<All["response"]>>().toEqualTypeOf<Operation.Response<Thing>>()
    expectTypeOf<Success<All["streamed"]>>().toEqualTypeOf<Operation.Response<Bytes>>()
    expectTypeOf<Success<All["unknown"]>>().toEqualTypeOf<Operation.Response<unknown>>()
    expectTypeOf<Success<All["withPath"]>>().toEqualTypeOf<string>()
    expectTypeOf<Success<All["withBody"]>>().toEqualTypeOf<Thing>()
    expectTypeOf<Success<All["anyTarget"]>>().toEqualTypeOf<string>()
    expectTypeOf<Success<All["url"]>>().toEqualTypeOf<string>()
  })

  it("of head is a response without a value, and of options one with the text", () => {
    const all = () => [head("/"), options("/"), head("/{id}", { path: { id: 1 } })] as const
    type All = ReturnType<typeof all>
    expectTypeOf<Success<All[0]>>().toEqualTypeOf<Operation.Response<void>>()
    expectTypeOf<Success<All[1]>>().toEqualTypeOf<Operation.Response<string>>()
    expectTypeOf<Success<All[2]>>().toEqualTypeOf<Operation.Response<void>>()
    expectTypeOf<Operation.Response<string>["status"]>().toEqualTypeOf<number>()
    expectTypeOf<Operation.Response<string>["value"]>().toEqualTypeOf<string>()
  })

  it("does not depend on the type that is expected", () => {
    // @ts-expect-error it is a text
    const number: Effect.Effect<number, unknown, unknown> = get("/", { success: Body.text() })
    // @ts-expect-error it is unknown
    const withOptions: Effect.Effect<number, unknown, unknown> = get("/", {})
    // @ts-expect-error it is unknown
    const withoutOptions: Effect.Effect<number, unknown, unknown> = get("/")
    // @ts-expect-error a text is no success
    get("/", { success: "text" })
    return [number, withOptions, withoutOptions]
  })

  it("can't be decoded by a schema with requirements", () => {
    const Needy = Schema.make<string, string, Vault>(Schema.String.ast)
    // @ts-expect-error the schema requires Vault
    get("/", { success: Needy })
    // @ts-expect-error the schema requires Vault
    get("/", { success: Body.json(Needy) })
    // @ts-expect-error the schema requires Vault
    get("/", { success: { 200: Needy } })
  })
})

describe("the errors of a call", () => {
  class NoSuchUser extends Schema.TaggedError<NoSuchUser>()("NoSuchUser", { id: Schema.Number }) {}
  class Locked extends Schema.TaggedError<Locked>()("Locked", {}) {}

  const all = () =>
    [
      get("/"),
      post("/", { json: 1 }),
      put("/"),
      patch("/"),
      del("/"),
      head("/"),
      options("/"),
      get("/", { success: Body.stream() }),
      get("/", { success: Schema.Number, errors: { 404: Endpoint.errorAs("NotFound", Body.empty()) } })
    ] as const
  type Call = ReturnType<typeof all>[number]

  it("are those of any call, and EncodeError", () => {
    expectTypeOf<Failure<Call>>().toEqualTypeOf<Verbs.Errors>()
    expectTypeOf<Verbs.Errors["_tag"]>().toEqualTypeOf<
      | "EncodeError"
      | "NotSent"
      | "TransportError"
      | "TimeoutError"
      | "DecodeError"
      | "BadRequest"
      | "Unauthorized"
      | "Forbidden"
      | "NotFound"
      | "Conflict"
      | "PreconditionFailed"
      | "UnprocessableContent"
      | "PreconditionRequired"
      | "RateLimited"
      | "ClientError"
      | "ServerError"
      | "AuthoriserError"
    >()
  })

  it("include those that are declared", () => {
    const declaring = () =>
      [
        get("/{id}", { path: { id: 1 }, errors: { 404: NoSuchUser } }),
        get("/", { success: Schema.Number, errors: { 404: NoSuchUser, 409: [Locked, NoSuchUser] } }),
        post("/", { json: 1, success: { 201: Schema.Number }, errors: { 404: NoSuchUser } }),
        get.withResponse("/", { errors: { 404: Schema.Union(NoSuchUser, Locked) } })
      ] as const
    type Calls = ReturnType<typeof declaring>
    expectTypeOf<Failure<Calls[0]>>().toEqualTypeOf<Verbs.Errors | NoSuchUser>()
    expectTypeOf<Failure<Calls[1]>>().toEqualTypeOf<Verbs.Errors | NoSuchUser | Locked>()
    expectTypeOf<Failure<Calls[2]>>().toEqualTypeOf<Verbs.Errors | NoSuchUser>()
    expectTypeOf<Failure<Calls[3]>>().toEqualTypeOf<Verbs.Errors | NoSuchUser | Locked>()
  })

  it("have a tag, and a status that is no success", () => {
    const Untagged = Schema.Struct({ id: Schema.Number })
    // @ts-expect-error it has no tag
    get("/", { errors: { 404: Untagged } })
    // @ts-expect-error one of them has no tag
    get("/", { errors: { 404: [NoSuchUser, Untagged] } })
    // @ts-expect-error the status is a success
    get("/", { success: { 200: Schema.Number }, errors: { 200: NoSuchUser } })
  })
})

describe("a condition of the caller's own", () => {
  it("adds NotModified to the value of a GET and a HEAD, unless a 304 is declared", () => {
    const headers = { "If-None-Match": "a" }
    const loose: Record<string, string> = headers
    const success = Schema.Number
    const calls = () =>
      [
        get("/", { success }),
        get("/", { success, headers: { accept: "*/*" } }),
        get("/", { success, headers }),
        get("/", { success, headers: { "if-modified-since": "a", accept: "*/*" } }),
        get("/", { success, headers: loose }),
        get("/", { success: { 200: success, 304: Body.empty("same") }, headers }),
        get("/", { success: { 200: success, "3XX": Body.empty("same") }, headers }),
        post("/", { json: 1, success, headers })
      ] as const
    type Calls = ReturnType<typeof calls>
    expectTypeOf<Success<Calls[0]>>().toEqualTypeOf<number>()
    expectTypeOf<Success<Calls[1]>>().toEqualTypeOf<number>()
    expectTypeOf<Success<Calls[2]>>().toEqualTypeOf<number | Endpoint.NotModified>()
    expectTypeOf<Success<Calls[3]>>().toEqualTypeOf<number | Endpoint.NotModified>()
    expectTypeOf<Success<Calls[4]>>().toEqualTypeOf<number | Endpoint.NotModified>()
    expectTypeOf<Success<Calls[5]>>().toEqualTypeOf<number | "same">()
    expectTypeOf<Success<Calls[6]>>().toEqualTypeOf<number | "same">()
    expectTypeOf<Success<Calls[7]>>().toEqualTypeOf<number>()
  })
})

describe("the requirements of a call", () => {
  it("are an HttpClient and the tag of the API", () => {
    const call = () => get("/")
    expectTypeOf<Requirements<ReturnType<typeof call>>>().toEqualTypeOf<HttpClient | Api>()
    const { get: other } = Verbs.make(WithTokens)
    const otherCall = () => other("/")
    expectTypeOf<Requirements<ReturnType<typeof otherCall>>>().toEqualTypeOf<HttpClient | WithTokens>()
    // @ts-expect-error another tag has no Authoriser
    Verbs.make(Vault)
  })
})
