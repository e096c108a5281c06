import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type { HttpApiDecodeError, NotFound as PlatformNotFound, Unauthorized } from "@effect/platform/HttpApiError"
import * as HttpApiError from "@effect/platform/HttpApiError"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import type { HttpClient } from "@effect/platform/HttpClient"
import * as Multipart from "@effect/platform/Multipart"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import {
  Authoriser,
  type CallError,
  type EncodeError,
  type Operation,
  type TimeoutError,
  type TransportError
} from "effect-herald"
import { fromApi, type Operations, StreamPayload, StreamSuccess } from "effect-herald/http-api"
import { describe, expectTypeOf, it } from "vitest"
import type { CatalogueApi } from "../servers/httpApi.js"

/*
 * The input, output, errors and requirements of the operations of an API, as the compiler infers them.
 */

class Api extends Authoriser.Tag("effect-herald/test/Api")<Api>() {}

class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}
class GroupError extends Schema.TaggedError<GroupError>()("GroupError", {}) {}
class ApiError extends Schema.TaggedError<ApiError>()("ApiError", {}) {}

class CurrentUser extends Context.Tag("effect-herald/test/CurrentUser")<CurrentUser, string>() {}

class Authorization extends HttpApiMiddleware.Tag<Authorization>()("effect-herald/test/Authorization", {
  failure: HttpApiError.Unauthorized,
  provides: CurrentUser
}) {}

class Vault extends Context.Tag("effect-herald/test/Vault")<Vault, { readonly key: string }>() {}

const Sealed: Schema.Schema<string, string, Vault> = Schema.transformOrFail(Schema.String, Schema.String, {
  strict: true,
  decode: (text) => Effect.map(Vault, ({ key }) => text + key),
  encode: (text) => Effect.succeed(text)
})

const { get, post } = HttpApiEndpoint

const Id = Schema.Struct({ id: Schema.NumberFromString })
const Page = Schema.Struct({ page: Schema.NumberFromString })
const OptionalPage = Schema.Struct({ page: Schema.optional(Schema.NumberFromString) })
const Ok = Schema.Struct({ ok: Schema.Boolean })

class TestApi extends HttpApi.make("test")
  .add(
    HttpApiGroup.make("parts")
      .add(get("none", "/none"))
      .add(get("path", "/path/:id").setPath(Id))
      .add(get("template")`/t/${HttpApiSchema.param("city", Schema.String)}`)
      .add(get("optionalPath", "/optional/:id?").setPath(Schema.Struct({ id: Schema.optional(Schema.String) })))
      .add(get("urlParams", "/query").setUrlParams(Page))
      .add(get("optionalUrlParams", "/optional").setUrlParams(OptionalPage))
      .add(get("queryPayload", "/payload").setPayload(OptionalPage))
      .add(get("headers", "/headers").setHeaders(Schema.Struct({ "x-a": Schema.String })))
      .add(post("payload", "/payload").setPayload(OptionalPage))
      .add(post("optionalPayload", "/optional").setPayload(Schema.UndefinedOr(Ok)))
      .add(post("unions", "/unions").setPayload(Schema.Union(Ok, HttpApiSchema.Text())))
      .add(
        post("upload", "/upload").setPayload(HttpApiSchema.Multipart(Schema.Struct({ file: Multipart.FilesSchema })))
      )
      .add(
        post("uploadStream", "/stream").setPayload(HttpApiSchema.MultipartStream(Schema.Struct({ a: Schema.String })))
      )
      .add(post("uploadOrText", "/or").setPayload(Schema.Union(HttpApiSchema.Multipart(Ok), HttpApiSchema.Text())))
      .add(post("streaming", "/streaming").setPayload(StreamPayload()).addSuccess(StreamSuccess()))
      .add(
        post("all", "/all/:id")
          .setPath(Id)
          .setUrlParams(OptionalPage)
          .setHeaders(Schema.Struct({ "x-a": Schema.String }))
          .setPayload(Ok)
      )
  )
  .add(
    HttpApiGroup.make("results")
      .add(get("nothing", "/nothing"))
      .add(get("one", "/one").addSuccess(Ok).addError(NoSuchCity, { status: 404 }))
      .add(get("several", "/several").addSuccess(Ok).addSuccess(Schema.DateFromString, { status: 201 }))
      .add(
        get("platform", "/platform")
          .addError(HttpApiError.NotFound)
          .addError(HttpApiSchema.Empty(410))
          .addError(Schema.Struct({ reason: Schema.String }), { status: 422 })
      )
      .addError(GroupError)
  )
  .add(HttpApiGroup.make("secured").add(get("me", "/me").addSuccess(Schema.String)).middleware(Authorization))
  .add(HttpApiGroup.make("top", { topLevel: true }).add(get("health", "/health").addSuccess(Ok)).addError(GroupError))
  .add(HttpApiGroup.make("second", { topLevel: true }).add(get("version", "/version").addSuccess(Schema.String)))
  .addError(ApiError) {}

const api = fromApi(Api, TestApi)
const { parts, results } = api

type InputOf<O> = O extends Operation.Operation<infer Args, infer _, infer __, infer ___> ? Args : never
type ValueOf<O> = O extends Operation.Operation<infer _, infer A, infer __, infer ___> ? A : never
type ErrorOf<O> = O extends Operation.Operation<infer _, infer __, infer E, infer ___> ? E : never
type NeedsOf<O> = O extends Operation.Operation<infer _, infer __, infer ___, infer R> ? R : never

type Shared = CallError | ApiError | HttpApiDecodeError

declare const upload: FormData

describe("the operations of an API", () => {
  it("are by group and endpoint, and those of top-level groups by endpoint", () => {
    expectTypeOf<keyof typeof api>().toEqualTypeOf<"parts" | "results" | "secured" | "health" | "version">()
    expectTypeOf<keyof typeof results>().toEqualTypeOf<"nothing" | "one" | "several" | "platform">()
    // @ts-expect-error a top-level group has no name of its own
    void api.top
    // @ts-expect-error there is no such endpoint
    void api.results.two
  })

  it("have the names of HttpApiClient", () => {
    const client = HttpApiClient.make(TestApi)
    type Client = Effect.Effect.Success<typeof client>
    // The type of HttpApiClient has no top-level endpoints where there are two such groups.
    expectTypeOf<keyof typeof api>().toEqualTypeOf<keyof Client | "health" | "version">()
    expectTypeOf<keyof typeof parts>().toEqualTypeOf<keyof Client["parts"]>()
    type Catalogue =
      typeof CatalogueApi extends HttpApi.HttpApi<infer _, infer Groups, infer E, infer __>
        ? Operations<Api, Groups, E>
        : never
    expectTypeOf<keyof Catalogue["params"]>().toEqualTypeOf<
      | "number"
      | "branded"
      | "text"
      | "template"
      | "unnamed"
      | "optional"
      | "wildcard"
      | "dotted"
      | "range"
      | "colon"
      | "pattern"
      | "query"
      | "headers"
      | "queryPayload"
      | "bothQueries"
      | "allParts"
      | "redacted"
    >()
  })

  it("need the client and the API", () => {
    expectTypeOf<NeedsOf<typeof results.one>>().toEqualTypeOf<HttpClient | Api>()
    expectTypeOf<NeedsOf<typeof api.secured.me>>().toEqualTypeOf<HttpClient | Api>()
  })
})

describe("the input", () => {
  it("has the parts that the endpoint has", () => {
    expectTypeOf<InputOf<typeof parts.none>>().toEqualTypeOf<[]>()
    expectTypeOf<InputOf<typeof parts.path>>().toEqualTypeOf<[input: { readonly path: { readonly id: number } }]>()
    expectTypeOf<InputOf<typeof parts.template>>().toEqualTypeOf<
      [input: { readonly path: { readonly city: string } }]
    >()
    expectTypeOf<InputOf<typeof parts.urlParams>>().toEqualTypeOf<
      [input: { readonly urlParams: { readonly page: number } }]
    >()
    expectTypeOf<InputOf<typeof parts.headers>>().toEqualTypeOf<
      [input: { readonly headers: { readonly "x-a": string } }]
    >()
    expectTypeOf<InputOf<typeof parts.all>>().toEqualTypeOf<
      [
        input: {
          readonly path: { readonly id: number }
          readonly urlParams?: { readonly page?: number | undefined } | undefined
          readonly headers: { readonly "x-a": string }
          readonly payload: { readonly ok: boolean }
        }
      ]
    >()
  })

  it("can be left out if all of it can", () => {
    void parts.none()
    void parts.optionalPath()
    void parts.optionalPath({})
    void parts.optionalUrlParams()
    void parts.optionalUrlParams({ urlParams: { page: 1 } })
    void parts.queryPayload()
    void parts.queryPayload({ payload: { page: 1 } })
    void parts.optionalPayload()
    // @ts-expect-error it has no input
    void parts.none({})
    // @ts-expect-error a body is sent, and so is needed
    void parts.payload()
    void parts.payload({ payload: {} })
    // @ts-expect-error the path is missing
    void parts.path()
    // @ts-expect-error the parameter is missing
    void parts.path({ path: {} })
    // @ts-expect-error the parameter is a number
    void parts.path({ path: { id: "1" } })
    // @ts-expect-error there is no such part
    void parts.path({ path: { id: 1 }, query: {} })
    // @ts-expect-error the headers are missing
    void parts.all({ path: { id: 1 }, payload: { ok: true } })
    // @ts-expect-error as they are for `withResponse`
    void parts.all.withResponse({ path: { id: 1 }, payload: { ok: true } })
  })

  it("has a payload of each encoding", () => {
    expectTypeOf<InputOf<typeof parts.upload>>().toEqualTypeOf<[input: { readonly payload: FormData }]>()
    expectTypeOf<InputOf<typeof parts.uploadStream>>().toEqualTypeOf<[input: { readonly payload: FormData }]>()
    expectTypeOf<InputOf<typeof parts.uploadOrText>>().toEqualTypeOf<[input: { readonly payload: FormData | string }]>()
    expectTypeOf<InputOf<typeof parts.unions>>().toEqualTypeOf<
      [input: { readonly payload: { readonly ok: boolean } | string }]
    >()
    expectTypeOf<InputOf<typeof parts.streaming>>().toEqualTypeOf<
      [input: { readonly payload: Stream.Stream<Uint8Array, unknown> }]
    >()
    void parts.upload({ payload: upload })
    // @ts-expect-error fields of a multipart body are in a FormData
    void parts.upload({ payload: { file: [] } })
  })

  it("is that of HttpApiClient", () => {
    type Client = Effect.Effect.Success<
      ReturnType<
        typeof HttpApiClient.make<
          "test",
          typeof TestApi extends HttpApi.HttpApi<infer _, infer G, infer __, infer ___> ? G : never,
          never,
          never
        >
      >
    >
    type Theirs = Parameters<Client["parts"]["all"]>[0]
    expectTypeOf<Theirs>().toExtend<InputOf<typeof parts.all>[0]>()
    expectTypeOf<Parameters<Client["parts"]["upload"]>[0]>().toExtend<InputOf<typeof parts.upload>[0]>()
  })
})

describe("the value", () => {
  it("is that of every success", () => {
    expectTypeOf<ValueOf<typeof results.nothing>>().toEqualTypeOf<void>()
    expectTypeOf<ValueOf<typeof results.one>>().toEqualTypeOf<{ readonly ok: boolean }>()
    expectTypeOf<ValueOf<typeof results.several>>().toEqualTypeOf<Date | { readonly ok: boolean }>()
    expectTypeOf<ValueOf<typeof parts.streaming>>().toEqualTypeOf<
      Stream.Stream<Uint8Array, TransportError | TimeoutError>
    >()
    expectTypeOf(results.one.withResponse()).toExtend<
      Effect.Effect<Operation.Response<{ readonly ok: boolean }>, unknown, unknown>
    >()
  })
})

describe("the errors", () => {
  it("are those of the endpoint, its group and the API, and those of any call", () => {
    expectTypeOf<ErrorOf<typeof results.one>>().toEqualTypeOf<NoSuchCity | GroupError | Shared>()
    expectTypeOf<ErrorOf<typeof results.nothing>>().toEqualTypeOf<GroupError | Shared>()
    expectTypeOf<ErrorOf<typeof api.health>>().toEqualTypeOf<GroupError | Shared>()
    expectTypeOf<ErrorOf<typeof api.version>>().toEqualTypeOf<Shared>()
    expectTypeOf<ErrorOf<typeof api.secured.me>>().toEqualTypeOf<Unauthorized | Shared>()
    expectTypeOf<ErrorOf<typeof parts.path>>().toEqualTypeOf<Shared | EncodeError>()
    expectTypeOf<ErrorOf<typeof parts.none>>().toEqualTypeOf<Shared>()
  })

  it("have those of the platform, and none without a value", () => {
    expectTypeOf<ErrorOf<typeof results.platform>>().toEqualTypeOf<
      PlatformNotFound | { readonly reason: string } | GroupError | Shared
    >()
  })

  it("can be caught by tag", () => {
    const caught = results.one().pipe(Effect.catchTag("NoSuchCity", ({ city }) => Effect.succeed(city)))
    expectTypeOf<Effect.Effect.Success<typeof caught>>().toEqualTypeOf<string | { readonly ok: boolean }>()
    expectTypeOf<Effect.Effect.Error<typeof caught>>().toEqualTypeOf<GroupError | Shared>()
  })
})

describe("what does not compile", () => {
  const one = <E extends HttpApiEndpoint.HttpApiEndpoint.Any>(endpoint: E) =>
    HttpApi.make("one").add(HttpApiGroup.make("group").add(endpoint))

  it("is an API whose schemas need services", () => {
    fromApi(Api, one(get("a", "/a").addSuccess(Schema.String)))
    // @ts-expect-error the success needs the Vault
    fromApi(Api, one(get("a", "/a").addSuccess(Sealed)))
    // @ts-expect-error the payload needs it
    fromApi(Api, one(post("a", "/a").setPayload(Sealed)))
    // @ts-expect-error the path needs it
    fromApi(Api, one(get("a", "/a/:id").setPath(Schema.Struct({ id: Sealed }))))
    // @ts-expect-error an error needs it
    fromApi(Api, one(get("a", "/a").addError(Schema.Struct({ sealed: Sealed }))))
    // @ts-expect-error an error of the API needs it
    fromApi(Api, one(get("a", "/a")).addError(Schema.Struct({ sealed: Sealed })))
    // @ts-expect-error an error of the group needs it
    fromApi(Api, HttpApi.make("one").add(HttpApiGroup.make("g").addError(Schema.Struct({ sealed: Sealed }))))
  })

  it("is a tag of something else, or what is no API", () => {
    // @ts-expect-error the service is no Authoriser
    fromApi(Vault, one(get("a", "/a")))
    // @ts-expect-error a group is no API
    fromApi(Api, HttpApiGroup.make("group"))
  })
})
