import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"
import { Body, type Content, Endpoint, type TimeoutError, type TransportError } from "effect-herald"

class Vault extends Context.Tag("effect-herald/test/Vault")<Vault, { readonly key: string }>() {}

/** A schema that needs a service to decode and to encode. */
const Needy = Schema.transformOrFail(Schema.String, Schema.String, {
  decode: (text) => Effect.as(Vault, text),
  encode: (text) => Effect.as(Vault, text)
})

declare const some: string

type Input<E> = E extends Endpoint.Endpoint<infer I, infer _, infer __> ? I : never
type Success<E> = E extends Endpoint.Endpoint<infer _, infer A, infer __> ? A : never
type Failure<E> = E extends Endpoint.Endpoint<infer _, infer __, infer F> ? F : never

type PathValue = string | number | bigint | boolean | Redacted.Redacted

describe("the input of an endpoint", () => {
  it("is empty without parameters, headers and body", () => {
    expectTypeOf<Input<ReturnType<typeof ping>>>().toEqualTypeOf<{}>()
    const ping = () => Endpoint.get("/ping")
    const all = () =>
      [
        Endpoint.post("/ping"),
        Endpoint.put("/ping", {}),
        Endpoint.patch("/ping"),
        Endpoint.delete("/ping"),
        Endpoint.head("/ping"),
        Endpoint.options("/ping", { name: "ping", sensitive: true })
      ] as const
    expectTypeOf<Input<ReturnType<typeof all>[number]>>().toEqualTypeOf<{}>()
  })

  it("has the parameters of the path, of any scalar by default", () => {
    const one = () => Endpoint.get("/users/{id}")
    expectTypeOf<Input<ReturnType<typeof one>>>().toEqualTypeOf<{ readonly id: PathValue }>()
    const several = () => Endpoint.get("/{a}{b}-{c}.json/{+rest}")
    expectTypeOf<Input<ReturnType<typeof several>>>().toEqualTypeOf<{
      readonly a: PathValue
      readonly b: PathValue
      readonly c: PathValue
      readonly rest: PathValue
    }>()
    const optional = () => Endpoint.get("/reports{/year}{/month}/{kind}")
    expectTypeOf<Input<ReturnType<typeof optional>>>().toEqualTypeOf<{
      readonly kind: PathValue
      readonly year?: PathValue | undefined
      readonly month?: PathValue | undefined
    }>()
  })

  it("has the types of the path's schemas", () => {
    const endpoint = () =>
      Endpoint.get("/days/{day}/{id}{/page}", { path: { day: Schema.Date, page: Schema.NumberFromString } })
    expectTypeOf<Input<ReturnType<typeof endpoint>>>().toEqualTypeOf<{
      readonly day: Date
      readonly id: PathValue
      readonly page?: number | undefined
    }>()
  })

  it("has the fields of the query beside the path", () => {
    const fields = () =>
      Endpoint.get("/forecast/{city}", {
        query: {
          days: Schema.optional(Schema.Number),
          since: Schema.Date,
          tag: Schema.Array(Schema.String),
          none: Schema.NullOr(Schema.String)
        }
      })
    expectTypeOf<Input<ReturnType<typeof fields>>>().toEqualTypeOf<{
      readonly city: PathValue
      readonly days?: number | undefined
      readonly since: Date
      readonly tag: ReadonlyArray<string>
      readonly none: string | null
    }>()
    const schema = () =>
      Endpoint.get("/list", { query: Schema.Struct({ page: Schema.Int }).pipe(Schema.filter(() => true)) })
    expectTypeOf<Input<ReturnType<typeof schema>>>().toEqualTypeOf<{ readonly page: number }>()
    const record = () => Endpoint.get("/list", { query: Schema.Record({ key: Schema.String, value: Schema.String }) })
    expectTypeOf<Input<ReturnType<typeof record>>>().toEqualTypeOf<{ readonly [name: string]: string }>()
  })

  it("has headers, which are optional if all of them are", () => {
    const required = () =>
      Endpoint.get("/", { headers: { "x-a": Schema.Number, "x-b": Schema.optional(Schema.String) } })
    expectTypeOf<Input<ReturnType<typeof required>>>().toEqualTypeOf<{
      readonly headers: { readonly "x-a": number; readonly "x-b"?: string | undefined }
    }>()
    const optional = () => Endpoint.get("/", { headers: { "x-b": Schema.optional(Schema.String) } })
    expectTypeOf<Input<ReturnType<typeof optional>>>().toEqualTypeOf<{
      readonly headers?: { readonly "x-b"?: string | undefined } | undefined
    }>()
    const schema = () => Endpoint.get("/", { headers: Schema.Struct({ "x-a": Schema.Date }) })
    expectTypeOf<Input<ReturnType<typeof schema>>>().toEqualTypeOf<{ readonly headers: { readonly "x-a": Date } }>()
  })

  it("has a body of its kind", () => {
    const Thing = Schema.Struct({ at: Schema.Date })
    const all = () => ({
      schema: Endpoint.post("/", { body: Thing }),
      json: Endpoint.put("/", { body: Body.json(Thing) }),
      anyJson: Endpoint.patch("/", { body: Body.json() }),
      optional: Endpoint.post("/", { body: Schema.UndefinedOr(Thing) }),
      form: Endpoint.post("/", { body: Body.form({ user: Schema.String, at: Schema.optional(Schema.Date) }) }),
      text: Endpoint.post("/", { body: Body.text() }),
      parsed: Endpoint.post("/", { body: Body.text({ schema: Schema.NumberFromString }) }),
      bytes: Endpoint.post("/", { body: Body.bytes() }),
      stream: Endpoint.post("/", { body: Body.stream() }),
      multipart: Endpoint.post("/", {
        body: Body.multipart({ title: Schema.String, photo: Body.file, more: Schema.Array(Body.file) })
      }),
      formData: Endpoint.post("/", { body: Body.multipart() }),
      beside: Endpoint.delete("/{id}", { query: { force: Schema.optional(Schema.Boolean) }, body: Thing })
    })
    type All = ReturnType<typeof all>
    expectTypeOf<Input<All["schema"]>>().toEqualTypeOf<{ readonly body: { readonly at: Date } }>()
    expectTypeOf<Input<All["json"]>>().toEqualTypeOf<{ readonly body: { readonly at: Date } }>()
    expectTypeOf<Input<All["anyJson"]>>().toEqualTypeOf<{ readonly body?: unknown }>()
    expectTypeOf<Input<All["optional"]>>().toEqualTypeOf<{ readonly body?: { readonly at: Date } | undefined }>()
    expectTypeOf<Input<All["form"]>>().toEqualTypeOf<{
      readonly body: { readonly user: string; readonly at?: Date | undefined }
    }>()
    expectTypeOf<Input<All["text"]>>().toEqualTypeOf<{ readonly body: string }>()
    expectTypeOf<Input<All["parsed"]>>().toEqualTypeOf<{ readonly body: number }>()
    expectTypeOf<Input<All["bytes"]>>().toEqualTypeOf<{ readonly body: Uint8Array }>()
    expectTypeOf<Input<All["stream"]>>().toEqualTypeOf<{
      readonly body: Stream.Stream<Uint8Array, unknown> | Content.Content
    }>()
    expectTypeOf<Input<All["multipart"]>>().toEqualTypeOf<{
      readonly body: {
        readonly title: string
        readonly photo: Blob | Content.FilePart
        readonly more: ReadonlyArray<Blob | Content.FilePart>
      }
    }>()
    expectTypeOf<Input<All["formData"]>>().toEqualTypeOf<{ readonly body: FormData }>()
    expectTypeOf<Input<All["beside"]>>().toEqualTypeOf<{
      readonly id: PathValue
      readonly force?: boolean | undefined
      readonly body: { readonly at: Date }
    }>()
  })
})

describe("the success of an endpoint", () => {
  const Thing = Schema.Struct({ at: Schema.Date })

  it("is that of its body, and nothing by default", () => {
    const all = () => ({
      none: Endpoint.get("/"),
      schema: Endpoint.get("/", { success: Thing }),
      json: Endpoint.get("/", { success: Body.json(Thing) }),
      anyJson: Endpoint.get("/", { success: Body.json() }),
      text: Endpoint.get("/", { success: Body.text() }),
      parsed: Endpoint.get("/", { success: Body.text({ schema: Schema.NumberFromString }) }),
      form: Endpoint.get("/", { success: Body.form({ token: Schema.Redacted(Schema.String) }) }),
      bytes: Endpoint.get("/", { success: Body.bytes() }),
      stream: Endpoint.get("/", { success: Body.stream() }),
      empty: Endpoint.get("/", { success: Body.empty() }),
      constant: Endpoint.get("/", { success: Body.empty("created") })
    })
    type All = ReturnType<typeof all>
    expectTypeOf<Success<All["none"]>>().toEqualTypeOf<void>()
    expectTypeOf<Success<All["schema"]>>().toEqualTypeOf<{ readonly at: Date }>()
    expectTypeOf<Success<All["json"]>>().toEqualTypeOf<{ readonly at: Date }>()
    expectTypeOf<Success<All["anyJson"]>>().toEqualTypeOf<unknown>()
    expectTypeOf<Success<All["text"]>>().toEqualTypeOf<string>()
    expectTypeOf<Success<All["parsed"]>>().toEqualTypeOf<number>()
    expectTypeOf<Success<All["form"]>>().toEqualTypeOf<{ readonly token: Redacted.Redacted }>()
    expectTypeOf<Success<All["bytes"]>>().toEqualTypeOf<Uint8Array>()
    expectTypeOf<Success<All["stream"]>>().toEqualTypeOf<Stream.Stream<Uint8Array, TransportError | TimeoutError>>()
    expectTypeOf<Success<All["empty"]>>().toEqualTypeOf<void>()
    expectTypeOf<Success<All["constant"]>>().toEqualTypeOf<"created">()
  })

  it("is the union of its statuses", () => {
    const endpoint = () =>
      Endpoint.put("/", {
        success: { 200: Thing, 201: Body.empty("Created"), 204: Body.empty("Existed"), 404: Body.empty(false) }
      })
    expectTypeOf<Success<ReturnType<typeof endpoint>>>().toEqualTypeOf<
      { readonly at: Date } | "Created" | "Existed" | false
    >()
  })
})

describe("the errors of an endpoint", () => {
  class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}
  class Closed extends Schema.TaggedError<Closed>()("Closed", {}) {}
  const Problem = Schema.Struct({ _tag: Schema.tag("Problem"), code: Schema.Int })
  interface Problem {
    readonly _tag: "Problem"
    readonly code: number
  }

  it("are those that it declares", () => {
    const all = () => ({
      none: Endpoint.get("/"),
      one: Endpoint.get("/", { errors: { 404: NoSuchCity } }),
      byStatus: Endpoint.get("/", { errors: { 404: NoSuchCity, 409: Closed, 422: Problem } }),
      list: Endpoint.get("/", { errors: { 422: [NoSuchCity, Problem] } }),
      union: Endpoint.get("/", { errors: { 422: Schema.Union(NoSuchCity, Closed) } }),
      withSuccess: Endpoint.post("/", { success: { 200: Schema.Number }, errors: { 404: NoSuchCity } }),
      ofTwoHundreds: Endpoint.get("/", { success: { 200: Schema.Number }, errors: { 202: NoSuchCity, "2XX": Closed } })
    })
    type All = ReturnType<typeof all>
    expectTypeOf<Failure<All["none"]>>().toEqualTypeOf<never>()
    expectTypeOf<Failure<All["one"]>>().toEqualTypeOf<NoSuchCity>()
    expectTypeOf<Failure<All["byStatus"]>>().toEqualTypeOf<NoSuchCity | Closed | Problem>()
    expectTypeOf<Failure<All["list"]>>().toEqualTypeOf<NoSuchCity | Problem>()
    expectTypeOf<Failure<All["union"]>>().toEqualTypeOf<NoSuchCity | Closed>()
    expectTypeOf<Failure<All["withSuccess"]>>().toEqualTypeOf<NoSuchCity>()
    expectTypeOf<Failure<All["ofTwoHundreds"]>>().toEqualTypeOf<NoSuchCity | Closed>()
  })

  it("do not include those of errorAs, which any call can fail with", () => {
    const endpoint = () =>
      Endpoint.get("/", {
        errors: {
          404: Endpoint.errorAs("NotFound"),
          410: Endpoint.errorAs("NotFound", Body.empty()),
          422: [Endpoint.errorAs("Conflict", Schema.Struct({ detail: Schema.Literal("taken") })), NoSuchCity]
        }
      })
    expectTypeOf<Failure<ReturnType<typeof endpoint>>>().toEqualTypeOf<NoSuchCity>()
    // @ts-expect-error there is no such error
    Endpoint.errorAs("NotThere")
    // @ts-expect-error it stands for no status
    Endpoint.errorAs("TransportError")
    // @ts-expect-error a detail is a text
    Endpoint.errorAs("NotFound", Schema.Struct({ detail: Schema.Number }))
  })

  it("of errorAs have a detail, issues and data, and lose no other field", () => {
    class Content extends Schema.Class<Content>("Content")({ detail: Schema.String }) {}
    class Tagged extends Schema.TaggedError<Tagged>()("Tagged", { detail: Schema.String }) {}
    const Detail = Schema.Struct({ detail: Schema.String })
    const Data = Schema.Struct({ detail: Schema.optional(Schema.String), data: Schema.Struct({ a: Schema.Number }) })
    const Issues = Schema.Struct({
      issues: Schema.Array(
        Schema.Struct({ path: Schema.Array(Schema.String), message: Schema.String, id: Schema.Number })
      )
    })
    Endpoint.errorAs("Conflict", Schema.Struct({}))
    Endpoint.errorAs("Conflict", Content)
    Endpoint.errorAs("Conflict", Data)
    Endpoint.errorAs("Conflict", Issues)
    Endpoint.errorAs("Conflict", Schema.Union(Detail, Data))
    Endpoint.errorAs("Conflict", Schema.Struct({ error: Schema.String }).pipe(Schema.rename({ error: "detail" })))

    // @ts-expect-error another field
    Endpoint.errorAs("Conflict", Schema.Struct({ error: Schema.Struct({ message: Schema.String }) }))
    // @ts-expect-error another field besides the detail
    Endpoint.errorAs("Conflict", Schema.Struct({ detail: Schema.String, code: Schema.Number }))
    // @ts-expect-error an optional field
    Endpoint.errorAs("Conflict", Schema.Struct({ code: Schema.optional(Schema.Number) }))
    // @ts-expect-error another field of a member
    Endpoint.errorAs("Conflict", Schema.Union(Detail, Schema.Struct({ code: Schema.Number })))
    // @ts-expect-error any fields
    Endpoint.errorAs("Conflict", Schema.Record({ key: Schema.String, value: Schema.String }))
    // @ts-expect-error issues without messages
    Endpoint.errorAs("Conflict", Schema.Struct({ issues: Schema.Array(Schema.String) }))
    // @ts-expect-error a tagged error is declared itself
    Endpoint.errorAs("Conflict", Tagged)
    // @ts-expect-error a text
    Endpoint.errorAs("Conflict", Schema.String)
    // @ts-expect-error fields that are not known
    Endpoint.errorAs("Conflict", Schema.Unknown)

    type ContentOf<A> = Parameters<typeof Endpoint.errorAs<A, A>>[1]
    type Message =
      "this schema decodes to fields other than `detail`, `issues` and `data`: map it to these, or declare a Schema.TaggedError"
    expectTypeOf<Extract<ContentOf<{ readonly code: number }>, readonly [string, string]>[0]>().toEqualTypeOf<Message>()
    expectTypeOf<Extract<ContentOf<{ readonly code: number }>, readonly [string, string]>[1]>().toEqualTypeOf<"code">()
  })
})

describe("what does not compile", () => {
  class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}
  const Untagged = Schema.Struct({ city: Schema.String })

  it("a path that is none", () => {
    // @ts-expect-error a path begins with a slash
    Endpoint.get("users")
    // @ts-expect-error a path has no query
    Endpoint.get("/users?page=1")
    // @ts-expect-error a path has no fragment
    Endpoint.get("/users#all")
    // @ts-expect-error a path is a text
    Endpoint.get(new URL("https://api.test"))
    Endpoint.get(some)
  })

  it("schemas of the path", () => {
    // @ts-expect-error the path has no such parameter
    Endpoint.get("/users/{id}", { path: { user: Schema.String } })
    // @ts-expect-error the path has no parameter
    Endpoint.get("/users", { path: { id: Schema.String } })
    // @ts-expect-error an object is no part of a path
    Endpoint.get("/users/{id}", { path: { id: Schema.Struct({ a: Schema.String }) } })
    // @ts-expect-error undefined is no part of a path
    Endpoint.get("/users/{id}", { path: { id: Schema.UndefinedOr(Schema.String) } })
    // @ts-expect-error the schema has requirements
    Endpoint.get("/users/{id}", { path: { id: Needy } })
  })

  it("a query", () => {
    // @ts-expect-error the path has the parameter
    Endpoint.get("/users/{id}", { query: { id: Schema.String } })
    // @ts-expect-error the path has the parameter
    Endpoint.get("/users/{id}", { query: Schema.Struct({ id: Schema.String }) })
    // @ts-expect-error the input has another part of this name
    Endpoint.get("/users", { query: { headers: Schema.String } })
    // @ts-expect-error the input has another part of this name
    Endpoint.post("/users", { query: { body: Schema.String } })
    // @ts-expect-error an object is no text
    Endpoint.get("/users", { query: { filter: Schema.Struct({ name: Schema.String }) } })
    // @ts-expect-error a list of lists is no text
    Endpoint.get("/users", { query: { filter: Schema.Array(Schema.Array(Schema.String)) } })
    // @ts-expect-error a Date that is not encoded is no text
    Endpoint.get("/users", { query: { since: Schema.DateFromSelf } })
    // @ts-expect-error the schema has requirements
    Endpoint.get("/users", { query: { key: Needy } })
    // @ts-expect-error a text is no record
    Endpoint.get("/users", { query: Schema.String })
  })

  it("headers", () => {
    // @ts-expect-error a header has one value
    Endpoint.get("/users", { headers: { "x-a": Schema.Array(Schema.String) } })
    // @ts-expect-error an object is no text
    Endpoint.get("/users", { headers: { "x-a": Schema.Struct({}) } })
    // @ts-expect-error the schema has requirements
    Endpoint.get("/users", { headers: { "x-a": Needy } })
  })

  it("a request body", () => {
    // @ts-expect-error a GET has no body
    Endpoint.get("/users", { body: Schema.String })
    // @ts-expect-error a HEAD has no body
    Endpoint.head("/users", { body: Schema.String })
    // @ts-expect-error an OPTIONS has no body
    Endpoint.options("/users", { body: Schema.String })
    // @ts-expect-error the schema has requirements
    Endpoint.post("/users", { body: Needy })
    // @ts-expect-error a text is no body
    Endpoint.post("/users", { body: "text" })
    // @ts-expect-error a form has no nested fields
    Body.form({ a: Schema.Struct({ b: Schema.String }) })
    // @ts-expect-error a form has no files
    Body.form({ a: Body.file })
    // @ts-expect-error the schema has requirements
    Body.form({ a: Needy })
    // @ts-expect-error multipart has no nested fields
    Body.multipart({ a: Schema.Struct({ b: Schema.String }) })
    // @ts-expect-error a text is not encoded to a number
    Body.text({ schema: Schema.Number })
  })

  it("a success", () => {
    // @ts-expect-error the schema has requirements
    Endpoint.get("/users", { success: Needy })
    // @ts-expect-error the schema has requirements
    Endpoint.get("/users", { success: { 200: Needy } })
    // @ts-expect-error the schema has requirements
    Endpoint.get("/users", { success: Body.json(Needy) })
    // @ts-expect-error a text is no body
    Endpoint.get("/users", { success: "text" })
    // @ts-expect-error a status is a number
    Endpoint.get("/users", { success: { ok: Schema.String } })
  })

  it("errors", () => {
    // @ts-expect-error the error has no tag
    Endpoint.get("/users", { errors: { 404: Untagged } })
    // @ts-expect-error one of the errors has no tag
    Endpoint.get("/users", { errors: { 404: [NoSuchCity, Untagged] } })
    // @ts-expect-error a member of the union has no tag
    Endpoint.get("/users", { errors: { 404: Schema.Union(NoSuchCity, Untagged) } })
    // @ts-expect-error a text has no tag
    Endpoint.get("/users", { success: Schema.String, errors: { 404: Schema.String } })
    // @ts-expect-error the status is a success, too
    Endpoint.get("/users", { success: { 200: Schema.String, 404: Body.empty() }, errors: { 404: NoSuchCity } })
    // @ts-expect-error a 202 is a success, too, since the success is that of every 2xx
    Endpoint.get("/users", { success: Schema.String, errors: { 202: NoSuchCity } })
    // @ts-expect-error without a success every 2xx is one
    Endpoint.get("/users", { errors: { 202: NoSuchCity } })
    // @ts-expect-error a class of them, too
    Endpoint.get("/users", { success: Schema.String, errors: { "2XX": NoSuchCity } })
    // @ts-expect-error an error is read as JSON
    Endpoint.get("/users", { errors: { 404: Body.text() } })
    // @ts-expect-error the schema has requirements
    Endpoint.get("/users", { errors: { 404: Needy } })
    // @ts-expect-error a status is a number
    Endpoint.get("/users", { errors: { notFound: NoSuchCity } })
  })

  it("misspelt options", () => {
    // @ts-expect-error it is `query`
    Endpoint.get("/users", { querry: { page: Schema.Number } })
    // @ts-expect-error it is `success`
    Endpoint.get("/users", { sucess: Schema.String })
    // @ts-expect-error it is `body`
    Endpoint.post("/users", { payload: Schema.String })
    // @ts-expect-error it is `errors`
    Endpoint.post("/users", { body: Schema.String, error: { 404: NoSuchCity } })
    // @ts-expect-error it is a boolean
    Endpoint.post("/users", { idempotent: "yes" })
    // @ts-expect-error it is the name of a header
    Endpoint.post("/users", { idempotencyKey: true })
  })
})
