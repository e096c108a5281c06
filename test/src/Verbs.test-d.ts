import type { HttpClient } from "@effect/platform/HttpClient"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"
import { As, Authoriser, Credentials, type TimeoutError, type Tokens, type TransportError, Verbs } from "effect-herald"

/*
 * What a verb takes, gives and needs, and what the layer of its caller does, as the compiler says it.
 */

class Api extends Context.Tag("effect-herald/test/Api")<Api, Authoriser.Authoriser>() {}
class WithTokens extends Context.Tag("effect-herald/test/WithTokens")<
  WithTokens,
  Authoriser.Authoriser & Tokens.Tokens
>() {}
class Vault extends Context.Tag("effect-herald/test/Vault")<Vault, { readonly key: string }>() {}

declare const verbs: Verbs.Verbs<Api>
const { delete: del, get, head, options, patch, post, put } = verbs

declare const some: string
declare const secret: Redacted.Redacted
declare const bytes: Uint8Array
declare const stream: Stream.Stream<Uint8Array, Error>

type Gives<Call> = Call extends Effect.Effect<infer A, infer _, infer _> ? A : never
type Fails<Call> = Call extends Effect.Effect<infer _, infer E, infer _> ? E : never
type Needs<Call> = Call extends Effect.Effect<infer _, infer _, infer R> ? R : never

describe("a path", () => {
  it("is wanted for what is in braces", () => {
    get("/users/{id}", { path: { id: 1 } })
    get("/users/{id}/posts/{post}", { path: { id: "a", post: 1n } })
    get("/{a}{b}-{c}.json", { path: { a: true, b: secret, c: 0 } })
    get("users/{id}?x=1", { path: { id: 1 }, query: { a: 1 } })
    // @ts-expect-error there is none
    get("/users/{id}")
    // @ts-expect-error nor here
    get("/users/{id}", {})
    // @ts-expect-error nor here
    post("/users/{id}", { json: {} })
    // @ts-expect-error one is missing
    get("/users/{id}/posts/{post}", { path: { id: 1 } })
    // @ts-expect-error nothing is left out of a path
    get("/users/{id}", { path: { id: undefined } })
    // @ts-expect-error nor is it null
    get("/users/{id}", { path: { id: null } })
    // @ts-expect-error nor a list
    get("/users/{id}", { path: { id: ["a"] } })
    // @ts-expect-error nor an object
    get("/users/{id}", { path: { id: {} } })
  })

  it("has no other names", () => {
    // @ts-expect-error it is `id`
    get("/users/{id}", { path: { user: 1 } })
    // @ts-expect-error there is one more
    get("/users/{id}", { path: { id: 1, user: 1 } })
    // @ts-expect-error nothing is in braces
    get("/users", { path: { id: 1 } })
    // @ts-expect-error nothing is in braces
    post("/users", { path: { id: 1 }, json: {} })
  })

  it("is not wanted where nothing is in braces, nor are options", () => {
    get("/users")
    get("/users", {})
    get("")
    head("/users")
    options("*")
    post("/users")
    del("/users", {})
  })

  it("ends at the query, and is none in a URL", () => {
    get("/search?filter={a}")
    get("/{kind}/search?filter={a}", { path: { kind: "x" } })
    get("https://api.test/{id}")
    // @ts-expect-error it stands in the query
    get("/search?filter={a}", { path: { a: 1 } })
    // @ts-expect-error it stands in a URL
    get("https://api.test/{id}", { path: { id: 1 } })
  })

  it("may have any names where the target is not known", () => {
    get(some)
    get(some, { path: { id: 1 } })
    get(new URL(some))
    get(some as string | URL)
    // @ts-expect-error a URL has nothing in braces
    get(new URL(some), { path: { id: 1 } })
    // @ts-expect-error values are as ever
    get(some, { path: { id: {} } })
  })

  it("of a target that is one of several is that of each", () => {
    const target = some as "/a/{x}" | "/b/{x}"
    get(target, { path: { x: 1 } })
    // @ts-expect-error both want it
    get(target)
  })

  it("belongs to a text or a URL", () => {
    // @ts-expect-error a number is none
    get(1)
    // @ts-expect-error nor is nothing
    get()
    // @ts-expect-error nor is a Request
    get(new Request("https://api.test"))
  })
})

describe("a body", () => {
  it("is of one kind", () => {
    for (const verb of [post, put, patch, del]) {
      verb("/", { json: [1, { a: 2n }] })
      verb("/", { form: { a: 1, b: ["x", null], c: undefined, d: secret } })
      verb("/", { text: "a" })
      verb("/", { bytes })
      verb("/", { stream })
      // @ts-expect-error not of two
      verb("/", { json: 1, text: "a" })
      // @ts-expect-error not of two
      verb("/", { form: {}, json: {} })
      // @ts-expect-error not of two
      verb("/", { bytes, stream })
      // @ts-expect-error text is text
      verb("/", { text: 1 })
      // @ts-expect-error bytes are bytes
      verb("/", { bytes: "a" })
      // @ts-expect-error a form is flat
      verb("/", { form: { a: { b: 1 } } })
      // @ts-expect-error it has a kind
      verb("/", { body: "a" })
    }
  })

  it("is not of a get, a head or an options", () => {
    // @ts-expect-error a GET has none
    get("/", { json: {} })
    // @ts-expect-error of no kind
    get("/", { form: {} })
    // @ts-expect-error of no kind
    get("/", { text: "" })
    // @ts-expect-error of no kind
    get("/", { bytes })
    // @ts-expect-error of no kind
    get("/", { stream })
    // @ts-expect-error a HEAD has none
    head("/", { json: {} })
    // @ts-expect-error an OPTIONS has none
    options("/", { json: {} })
  })
})

describe("what a request has besides", () => {
  it("is a query, headers, and what an endpoint can be annotated with", () => {
    get("/", { query: { a: 1, b: "x", c: true, d: 1n, e: null, f: undefined, g: [1, "x", null], h: secret } })
    get("/", { headers: { a: 1, b: "x", c: true, d: 1n, e: null, f: undefined, g: secret } })
    post("/", { idempotent: true, idempotencyKey: "Idempotency-Key", sensitive: true, sideEffects: true, json: {} })
    // @ts-expect-error a query is flat
    get("/", { query: { a: {} } })
    // @ts-expect-error a Date is written in some way
    get("/", { query: { a: new Date(0) } })
    // @ts-expect-error URLSearchParams are none
    get("/", { query: new URLSearchParams() })
    // @ts-expect-error a header has one value
    get("/", { headers: { a: ["x"] } })
    // @ts-expect-error Headers are none
    get("/", { headers: new Headers() })
    // @ts-expect-error it is a name
    post("/", { idempotencyKey: true })
    // @ts-expect-error there is no such option
    get("/", { params: {} })
  })
})

describe("a result", () => {
  const Thing = Schema.Struct({ id: Schema.Number, at: Schema.DateFromString })
  interface Thing {
    readonly id: number
    readonly at: Date
  }
  type Bytes = Stream.Stream<Uint8Array, TransportError | TimeoutError>

  it("is JSON unless said otherwise, and so of no known type", () => {
    const json = () =>
      [get("/"), post("/", { json: 1 }), put("/"), patch("/"), del("/"), get("/", { query: {} })] as const
    expectTypeOf<Gives<ReturnType<typeof json>[number]>>().toEqualTypeOf<unknown>()
    const noted = () => get("/users/{id}", { path: { id: 1 } })
    expectTypeOf<Gives<ReturnType<typeof noted>>>().toEqualTypeOf<unknown>()
  })

  it("is as `as` says", () => {
    const all = () => ({
      json: get("/", { as: As.json }),
      text: get("/", { as: As.text }),
      bytes: get("/", { as: As.bytes }),
      none: get("/", { as: As.none }),
      stream: get("/", { as: As.stream }),
      schema: get("/", { as: As.schema(Thing) }),
      response: get("/", { as: As.response(As.schema(Thing)) }),
      streamed: get("/", { as: As.response(As.stream) }),
      withPath: get("/{id}", { path: { id: 1 }, as: As.text }),
      withBody: post("/{id}", { path: { id: 1 }, json: {}, as: As.schema(Thing) }),
      unknown: get(some, { as: As.text }),
      url: get(new URL(some), { as: As.text })
    })
    type All = ReturnType<typeof all>
    expectTypeOf<Gives<All["json"]>>().toEqualTypeOf<unknown>()
    expectTypeOf<Gives<All["text"]>>().toEqualTypeOf<string>()
    expectTypeOf<Gives<All["bytes"]>>().toEqualTypeOf<Uint8Array>()
    expectTypeOf<Gives<All["none"]>>().toEqualTypeOf<void>()
    expectTypeOf<Gives<All["stream"]>>().toEqualTypeOf<Bytes>()
    expectTypeOf<Gives<All["schema"]>>().toEqualTypeOf<Thing>()
    expectTypeOf<Gives<All["response"]>>().toEqualTypeOf<As.Response<Thing>>()
    expectTypeOf<Gives<All["streamed"]>>().toEqualTypeOf<As.Response<Bytes>>()
    expectTypeOf<Gives<All["withPath"]>>().toEqualTypeOf<string>()
    expectTypeOf<Gives<All["withBody"]>>().toEqualTypeOf<Thing>()
    expectTypeOf<Gives<All["unknown"]>>().toEqualTypeOf<string>()
    expectTypeOf<Gives<All["url"]>>().toEqualTypeOf<string>()
  })

  it("of head is status and headers, and of options the text besides", () => {
    const all = () => [head("/"), options("/"), head("/{id}", { path: { id: 1 } }), head("/", { as: As.none })] as const
    type All = ReturnType<typeof all>
    expectTypeOf<Gives<All[0]>>().toEqualTypeOf<As.Response<void>>()
    expectTypeOf<Gives<All[1]>>().toEqualTypeOf<As.Response<string>>()
    expectTypeOf<Gives<All[2]>>().toEqualTypeOf<As.Response<void>>()
    expectTypeOf<Gives<All[3]>>().toEqualTypeOf<void>()
    expectTypeOf<As.Response<string>["status"]>().toEqualTypeOf<number>()
  })

  it("is not of another type because someone wants it so", () => {
    // @ts-expect-error it is text
    const thing: Effect.Effect<number, unknown, unknown> = get("/", { as: As.text })
    // @ts-expect-error it is not known
    const other: Effect.Effect<number, unknown, unknown> = get("/", {})
    // @ts-expect-error nor without options
    const third: Effect.Effect<number, unknown, unknown> = get("/")
    // @ts-expect-error a name is no `as`
    get("/", { as: "text" })
    // @ts-expect-error nor is a schema
    get("/", { as: Thing })
    return [thing, other, third]
  })

  it("of a schema that needs a service does not compile", () => {
    const Needy = Schema.make<string, string, Vault>(Schema.String.ast)
    // @ts-expect-error nobody provides it
    get("/", { as: As.schema(Needy) })
  })
})

describe("a call", () => {
  const all = () =>
    [
      get("/"),
      post("/", { json: 1 }),
      put("/"),
      patch("/"),
      del("/"),
      head("/"),
      options("/"),
      get("/", { as: As.stream })
    ] as const
  type Call = ReturnType<typeof all>[number]

  it("fails with what any call can, what it was given, and what statuses say", () => {
    expectTypeOf<Fails<Call>>().toEqualTypeOf<Verbs.Errors>()
    expectTypeOf<Verbs.Errors["_tag"]>().toEqualTypeOf<
      | "EncodeError"
      | "NotSent"
      | "TransportError"
      | "TimeoutError"
      | "DecodeError"
      | "Unauthorised"
      | "Forbidden"
      | "NotFound"
      | "Conflict"
      | "DataError"
      | "RateLimited"
      | "ClientError"
      | "ServerError"
      | "AuthoriserError"
    >()
  })

  it("needs an HttpClient and its own caller", () => {
    expectTypeOf<Needs<Call>>().toEqualTypeOf<HttpClient | Api>()
    const { get } = Verbs.make(WithTokens)
    const other = () => get("/")
    expectTypeOf<Needs<ReturnType<typeof other>>>().toEqualTypeOf<HttpClient | WithTokens>()
    // @ts-expect-error a tag of something else is none
    Verbs.make(Vault)
  })
})

describe("credentials", () => {
  it("fail with a ConfigError, and need nothing", () => {
    expectTypeOf(Credentials.bearer).returns.toEqualTypeOf<Effect.Effect<Credentials.Credentials, ConfigError>>()
    expectTypeOf(Credentials.token).returns.toEqualTypeOf<Effect.Effect<Credentials.Credentials, ConfigError>>()
    expectTypeOf(Credentials.basic).returns.toEqualTypeOf<Effect.Effect<Credentials.Credentials, ConfigError>>()
    expectTypeOf(Credentials.apiKey).returns.toEqualTypeOf<Effect.Effect<Credentials.Credentials, ConfigError>>()
  })

  it("are made of what is redacted", () => {
    // @ts-expect-error text is not
    Credentials.bearer("secret")
    // @ts-expect-error text is not
    Credentials.basic({ username: "bob", password: "secret" })
    // @ts-expect-error text is not
    Credentials.apiKey({ header: "x-key", key: "secret" })
  })

  it("of a key go in a header or a query", () => {
    Credentials.apiKey({ header: "x-key", key: secret })
    Credentials.apiKey({ query: "key", key: secret, identity: "us" })
    // @ts-expect-error not in both
    Credentials.apiKey({ header: "x-key", query: "key", key: secret })
    // @ts-expect-error not in neither
    Credentials.apiKey({ key: secret })
  })
})

describe("a caller's layer", () => {
  const baseUrl = "https://api.test"

  it("gives its tag alone, and fails with a ConfigError", () => {
    const layer = Authoriser.layer(Api, { baseUrl })
    expectTypeOf(layer).toEqualTypeOf<Layer.Layer<Api, ConfigError>>()
    const bearing = Authoriser.layer(Api, { baseUrl: new URL(baseUrl), credentials: Credentials.bearer(secret) })
    expectTypeOf(bearing).toEqualTypeOf<Layer.Layer<Api, ConfigError>>()
  })

  it("fails and needs as its credentials do, but for a Scope", () => {
    const credentials = null as unknown as Effect.Effect<Credentials.Credentials, "locked", Vault | Scope.Scope>
    const layer = () => Authoriser.layer(Api, { baseUrl, credentials })
    expectTypeOf<ReturnType<typeof layer>>().toEqualTypeOf<Layer.Layer<Api, ConfigError | "locked", Vault>>()
    const scoped = null as unknown as Effect.Effect<Credentials.Credentials, never, Scope.Scope>
    const other = () => Authoriser.layer(Api, { baseUrl, credentials: scoped })
    expectTypeOf<ReturnType<typeof other>>().toEqualTypeOf<Layer.Layer<Api, ConfigError>>()
  })

  it("wants a base URL", () => {
    // @ts-expect-error there is none
    Authoriser.layer(Api, {})
    // @ts-expect-error nor options
    Authoriser.layer(Api)
    // @ts-expect-error a tag of something else is none
    Authoriser.layer(Vault, { baseUrl })
  })

  it("of a tag that wants tokens wants credentials that are", () => {
    const tokens = null as unknown as Effect.Effect<Tokens.Tokens, "locked", HttpClient | Scope.Scope>
    const layer = () => Authoriser.layer(WithTokens, { baseUrl, credentials: tokens })
    expectTypeOf<ReturnType<typeof layer>>().toEqualTypeOf<
      Layer.Layer<WithTokens, ConfigError | "locked", HttpClient>
    >()
    // @ts-expect-error there are none
    Authoriser.layer(WithTokens, { baseUrl })
    // @ts-expect-error these are not
    Authoriser.layer(WithTokens, { baseUrl, credentials: Credentials.bearer(secret) })
    // @ts-expect-error nor are they there
    Authoriser.layer(WithTokens, { baseUrl, credentials: undefined })
    // Tokens do for a tag that does not want them.
    expectTypeOf(() => Authoriser.layer(Api, { baseUrl, credentials: tokens })).returns.toEqualTypeOf<
      Layer.Layer<Api, ConfigError | "locked", HttpClient>
    >()
  })

  it("has defaults", () => {
    Authoriser.layer(Api, { baseUrl, deadline: "3 seconds", attemptDeadline: "1 second", insecure: true })
    // @ts-expect-error it is a boolean
    Authoriser.layer(Api, { baseUrl, insecure: "yes" })
    // @ts-expect-error there is no such option
    Authoriser.layer(Api, { baseUrl, timeout: 1 })
  })
})
