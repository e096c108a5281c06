import { createServer } from "node:http"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiError from "@effect/platform/HttpApiError"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiMiddleware from "@effect/platform/HttpApiMiddleware"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpApiSecurity from "@effect/platform/HttpApiSecurity"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Multipart from "@effect/platform/Multipart"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  IdempotencyKey,
  Idempotent,
  Sensitive,
  SideEffects,
  StreamPayload,
  StreamSuccess,
  NeverRetried
} from "effect-herald/http-api"

/*
 * An `HttpApi` with an endpoint of every kind, and its server. Handlers return the decoded parts of the request, so that different
 * requests have different responses.
 */

// Bodies

const UserId = Schema.String.pipe(Schema.brand("UserId"))

export class Account extends Schema.Class<Account>("Account")({
  id: UserId,
  createdAt: Schema.Date,
  balance: Schema.BigInt,
  nickname: Schema.optionalWith(Schema.String, { as: "Option" }),
  level: Schema.optionalWith(Schema.Int, { default: () => 1 }),
  tags: Schema.Set(Schema.String)
}) {}

const Numbers = Schema.Struct({ from: Schema.NumberFromString, to: Schema.optional(Schema.NumberFromString) })

const NumbersForm = HttpApiSchema.withEncoding(Numbers, { kind: "UrlParams" })

const Sum = Schema.Struct({ sum: Schema.Number })

const NumberText = HttpApiSchema.withEncoding(Schema.NumberFromString, { kind: "Text" })

/** Bytes that are decoded to their length. */
const ByteCount = HttpApiSchema.withEncoding(
  Schema.transform(Schema.Uint8ArrayFromSelf, Schema.Number, {
    decode: (bytes) => bytes.length,
    encode: (count) => new Uint8Array(count)
  }),
  { kind: "Uint8Array", contentType: "application/x-count" }
)

const Circle = Schema.TaggedStruct("Circle", { radius: Schema.Number })
const Square = Schema.TaggedStruct("Square", { side: Schema.NumberFromString })

/** The parts of a request as the server decodes them. */
const Echo = Schema.Struct({
  path: Schema.optional(Schema.Unknown),
  urlParams: Schema.optional(Schema.Unknown),
  headers: Schema.optional(Schema.Unknown),
  payload: Schema.optional(Schema.Unknown)
})

// Errors

export class NoSuchUser extends Schema.TaggedError<NoSuchUser>()("NoSuchUser", {
  id: UserId,
  since: Schema.Date
}) {}

export class Taken extends Schema.TaggedError<Taken>()(
  "Taken",
  { name: Schema.String },
  HttpApiSchema.annotations({ status: 409 })
) {}

export class Locked extends Schema.TaggedError<Locked>()("Locked", { by: Schema.String }) {}

export class Teapot extends Schema.TaggedError<Teapot>()("Teapot", { capacity: Schema.Number }) {}

export class Maintenance extends Schema.TaggedError<Maintenance>()("Maintenance", { until: Schema.Date }) {}

export class Oops extends Schema.TaggedError<Oops>()("Oops", {}) {}

export class Absent extends Schema.TaggedError<Absent>()("Absent", {}) {}

export class Paused extends HttpApiSchema.EmptyError<Paused>()({ tag: "Paused", status: 423 }) {}

/** An error that is decoded from an empty body. */
export class Missing extends Schema.TaggedError<Missing>()("Missing", { what: Schema.String }) {}

const MissingEmpty = HttpApiSchema.asEmpty(Missing, { status: 404, decode: () => new Missing({ what: "it" }) })

export class Malformed extends Schema.TaggedError<Malformed>()(
  "Malformed",
  { field: Schema.String, line: Schema.NumberFromString },
  HttpApiSchema.annotations({ status: 422 })
) {}

const MalformedForm = HttpApiSchema.withEncoding(Malformed, { kind: "UrlParams" })

export class Partial extends Schema.TaggedError<Partial>()("Partial", { done: Schema.Number }) {}

// Middleware

export class CurrentUser extends Context.Tag("test/httpApi/CurrentUser")<CurrentUser, { readonly name: string }>() {}

export class Authorization extends HttpApiMiddleware.Tag<Authorization>()("test/httpApi/Authorization", {
  failure: HttpApiError.Unauthorized,
  provides: CurrentUser,
  security: { bearer: HttpApiSecurity.bearer }
}) {}

// The API

const { del, get, head, options, patch, post, put } = HttpApiEndpoint

const encodings = HttpApiGroup.make("encodings")
  .add(post("json", "/json").setPayload(Account).addSuccess(Account))
  .add(patch("anyJson", "/any").setPayload(Schema.Unknown).addSuccess(Schema.Unknown))
  .add(
    post("vendorJson", "/vendor")
      .setPayload(Sum)
      .addSuccess(HttpApiSchema.withEncoding(Sum, { kind: "Json", contentType: "application/vnd.test+json" }))
  )
  .add(post("text", "/text").setPayload(HttpApiSchema.Text()).addSuccess(HttpApiSchema.Text()))
  .add(
    post("csv", "/csv")
      .setPayload(HttpApiSchema.Text({ contentType: "text/csv" }))
      .addSuccess(HttpApiSchema.Text({ contentType: "text/csv" }))
  )
  .add(post("numberText", "/number").setPayload(NumberText).addSuccess(NumberText))
  .add(put("bytes", "/bytes").setPayload(HttpApiSchema.Uint8Array()).addSuccess(HttpApiSchema.Uint8Array()))
  .add(get("png", "/logo.png").addSuccess(HttpApiSchema.Uint8Array({ contentType: "image/png" })))
  .add(post("byteCount", "/count").setPayload(ByteCount).addSuccess(ByteCount))
  .add(post("form", "/form").setPayload(NumbersForm).addSuccess(NumbersForm))
  .add(
    post("union", "/union")
      .setPayload(Schema.Union(NumbersForm, HttpApiSchema.Text(), Circle, HttpApiSchema.Uint8Array()))
      .addSuccess(Schema.Struct({ contentType: Schema.String, payload: Schema.Unknown }))
  )
  .add(
    get("either", "/either")
      .setUrlParams(Schema.Struct({ as: Schema.Literal("json", "text") }))
      .addSuccess(Schema.Union(Sum, HttpApiSchema.Text()))
  )
  .add(post("shapes", "/shapes").setPayload(Schema.Union(Circle, Square)).addSuccess(Schema.Union(Circle, Square)))
  .add(
    post("upload", "/upload")
      .setPayload(
        HttpApiSchema.Multipart(
          Schema.Struct({ title: Schema.String, pages: Schema.NumberFromString, files: Multipart.FilesSchema })
        )
      )
      .addSuccess(Schema.Struct({ title: Schema.String, pages: Schema.Number, names: Schema.Array(Schema.String) }))
  )
  .add(
    post("uploadStream", "/upload/stream")
      .setPayload(HttpApiSchema.MultipartStream(Schema.Struct({ file: Multipart.SingleFileSchema })))
      .addSuccess(Schema.Array(Schema.String))
  )
  .add(
    post("uploadOrJson", "/upload/or")
      .setPayload(Schema.Union(HttpApiSchema.Multipart(Schema.Struct({ title: Schema.String })), Sum))
      .addSuccess(Schema.String)
  )
  .add(get("streamed", "/export.csv").addSuccess(StreamSuccess("text/csv")))
  .add(put("streaming", "/import.csv").setPayload(StreamPayload("text/csv")).addSuccess(Schema.Number))

const empties = HttpApiGroup.make("empties")
  .add(get("standard", "/standard"))
  .add(post("created", "/created").addSuccess(HttpApiSchema.Created))
  .add(put("accepted", "/accepted").addSuccess(HttpApiSchema.Accepted))
  .add(del("deleted", "/deleted/:id").setPath(Schema.Struct({ id: Schema.String })))
  .add(get("empty200", "/empty").addSuccess(HttpApiSchema.Empty(200)))
  .add(head("head", "/head").addSuccess(HttpApiSchema.Empty(200)))
  .add(options("options", "/options"))
  .add(
    post("asEmpty", "/as").addSuccess(
      HttpApiSchema.asEmpty(Schema.Literal("done"), { status: 202, decode: () => "done" as const })
    )
  )
  .add(
    get("several", "/several/:as")
      .setPath(Schema.Struct({ as: Schema.Literal("found", "created", "nothing", "reset") }))
      .addSuccess(Sum)
      .addSuccess(Circle, { status: 201 })
      .addSuccess(HttpApiSchema.asEmpty(Schema.Literal("reset"), { status: 205, decode: () => "reset" as const }))
      .addSuccess(HttpApiSchema.NoContent)
  )
  .add(get("sees", "/moved").addSuccess(HttpApiSchema.Empty(303)))
  .prefix("/empties")

const params = HttpApiGroup.make("params")
  .add(
    get("number", "/users/:id")
      .setPath(Schema.Struct({ id: Schema.NumberFromString }))
      .addSuccess(Echo)
  )
  .add(
    get("branded", "/brands/:id")
      .setPath(Schema.Struct({ id: UserId }))
      .addSuccess(UserId)
  )
  .add(
    get("text", "/texts/:text")
      .setPath(Schema.Struct({ text: Schema.String }))
      .addSuccess(Echo)
  )
  .add(
    get(
      "template"
    )`/orgs/${HttpApiSchema.param("org", Schema.String)}/repos/${HttpApiSchema.param("repo", Schema.NumberFromString)}`.addSuccess(
      Echo
    )
  )
  .add(get("unnamed")`/unnamed/${Schema.NumberFromString}`.addSuccess(Echo))
  .add(
    get("optional", "/optional/:id?")
      .setPath(Schema.Struct({ id: Schema.optional(Schema.String) }))
      .addSuccess(Echo)
  )
  .add(
    get("wildcard", "/files/*")
      .setPath(Schema.Struct({ "*": Schema.String }))
      .addSuccess(Echo)
  )
  .add(
    get("dotted", "/docs/:name.json")
      .setPath(Schema.Struct({ name: Schema.String }))
      .addSuccess(Echo)
  )
  .add(
    get("range", "/ranges/:from-:to")
      .setPath(Schema.Struct({ from: Schema.NumberFromString, to: Schema.NumberFromString }))
      .addSuccess(Echo)
  )
  .add(get("colon", "/items::batch").addSuccess(Schema.String))
  .add(
    get("pattern", "/years/:year(^\\d{4}$)")
      .setPath(Schema.Struct({ year: Schema.NumberFromString }))
      .addSuccess(Echo)
  )
  .add(
    get("query", "/query")
      .setUrlParams(
        Schema.Struct({
          page: Schema.NumberFromString,
          sort: Schema.optional(Schema.Literal("up", "down")),
          tag: Schema.optional(Schema.Array(Schema.String)),
          active: Schema.optional(Schema.BooleanFromString),
          after: Schema.optional(Schema.DateFromString)
        })
      )
      .addSuccess(Echo)
  )
  .add(
    get("headers", "/headers")
      .setHeaders(Schema.Struct({ "x-count": Schema.NumberFromString, "x-trace": Schema.optional(Schema.String) }))
      .addSuccess(Echo)
  )
  .add(
    get("queryPayload", "/payload")
      .setPayload(Schema.Struct({ q: Schema.String, limit: Schema.optional(Schema.NumberFromString) }))
      .addSuccess(Echo)
  )
  .add(
    get("bothQueries", "/both")
      .setPayload(Schema.Struct({ q: Schema.String }))
      .setUrlParams(Schema.Struct({ page: Schema.NumberFromString }))
      .addSuccess(Echo)
  )
  .add(
    put("allParts", "/all/:id")
      .setPath(Schema.Struct({ id: Schema.NumberFromString }))
      .setUrlParams(Schema.Struct({ dry: Schema.BooleanFromString }))
      .setHeaders(Schema.Struct({ "if-match": Schema.String }))
      .setPayload(Schema.Struct({ name: Schema.String, at: Schema.DateFromString }))
      .addSuccess(Echo)
  )
  .add(
    get("redacted", "/redacted")
      .setUrlParams(Schema.Struct({ key: Schema.Redacted(Schema.String) }))
      .addSuccess(Schema.Number)
  )
  .prefix("/params")

const failures = HttpApiGroup.make("failures")
  .add(
    get("own", "/own/:kind")
      .setPath(
        Schema.Struct({
          kind: Schema.Literal("missing", "taken", "locked", "standard", "group", "api", "decode", "none")
        })
      )
      .addSuccess(Schema.String)
      .addError(NoSuchUser, { status: 404 })
      .addError(Taken)
      .addError(Locked, { status: 423 })
      .addError(Oops)
  )
  .add(
    get("platform", "/platform/:status")
      .setPath(Schema.Struct({ status: Schema.NumberFromString }))
      .addError(HttpApiError.BadRequest)
      .addError(HttpApiError.Unauthorized)
      .addError(HttpApiError.Forbidden)
      .addError(HttpApiError.NotFound)
      .addError(HttpApiError.MethodNotAllowed)
      .addError(HttpApiError.NotAcceptable)
      .addError(HttpApiError.RequestTimeout)
      .addError(HttpApiError.Conflict)
      .addError(HttpApiError.Gone)
      .addError(HttpApiError.InternalServerError)
      .addError(HttpApiError.NotImplemented)
      .addError(HttpApiError.ServiceUnavailable)
  )
  .add(
    post("empty", "/empty/:kind")
      .setPath(Schema.Struct({ kind: Schema.String }))
      .addError(Paused)
      .addError(MissingEmpty)
  )
  .add(
    get("sameStatus", "/same/:kind")
      .setPath(Schema.Struct({ kind: Schema.String }))
      .addError(Absent, { status: 404 })
      .addError(HttpApiError.NotFound)
      .addError(NoSuchUser, { status: 404 })
  )
  .add(get("form", "/form").addError(MalformedForm))
  .add(get("text", "/text").addError(HttpApiSchema.Text(), { status: 400 }))
  .add(get("bytes", "/bytes").addError(HttpApiSchema.Uint8Array(), { status: 400 }))
  .add(get("untagged", "/untagged").addError(Schema.Struct({ reason: Schema.String }), { status: 400 }))
  .add(get("void", "/void").addError(HttpApiSchema.Empty(404)))
  .add(get("partial", "/partial").addError(Partial, { status: 207 }))
  .add(get("tagless", "/tagless").addError(NoSuchUser, { status: 404 }))
  .add(get("undeclared", "/undeclared").addSuccess(Sum))
  .add(get("malformed", "/malformed").addSuccess(Sum))
  .add(get("mismatch", "/mismatch").addSuccess(Sum))
  .add(get("long", "/long").addSuccess(Schema.Struct({ id: Schema.Unknown })))
  .addError(Teapot, { status: 418 })
  .prefix("/failures")

const secured = HttpApiGroup.make("secured")
  .add(get("whoAmI", "/me").addSuccess(Schema.String))
  .middleware(Authorization)
  .prefix("/secured")

const facts = HttpApiGroup.make("facts")
  .add(post("plain", "/plain").addSuccess(Schema.Number))
  .add(post("idempotent", "/idempotent").addSuccess(Schema.Number).annotate(Idempotent, true))
  .add(post("keyed", "/keyed").addSuccess(Schema.Array(Schema.String)).annotate(IdempotencyKey, "Idempotency-Key"))
  .add(get("neverRetried", "/neverRetried").addSuccess(Schema.Number).annotate(NeverRetried, true))
  .add(get("sideEffects", "/effects").addSuccess(Schema.Number).annotate(SideEffects, true))
  .add(get("sensitive", "/sensitive").addSuccess(Sum).annotate(Sensitive, true))
  .prefix("/facts")

const top = HttpApiGroup.make("top", { topLevel: true })
  .add(get("health", "/health").addSuccess(Schema.Struct({ ok: Schema.Boolean })))
  .add(get("root", "/").addSuccess(Schema.String))

class LegacyApi extends HttpApi.make("legacy")
  .add(HttpApiGroup.make("legacy").add(get("old", "/old").addSuccess(Schema.String)))
  .addError(Locked, { status: 423 }) {}

export class CatalogueApi extends HttpApi.make("catalogue")
  .add(encodings)
  .add(empties)
  .add(params)
  .add(failures)
  .add(secured)
  .add(facts)
  .add(top)
  .addHttpApi(LegacyApi)
  .addError(Maintenance, { status: 503 })
  .prefix("/v1") {}

// The server

const date = new Date("2026-01-02T03:04:05.006Z")

const encodingsLive = HttpApiBuilder.group(CatalogueApi, "encodings", (handlers) =>
  handlers
    .handle("json", ({ payload }) => Effect.succeed(payload))
    .handle("anyJson", ({ payload }) => Effect.succeed(payload))
    .handle("vendorJson", ({ payload }) => Effect.succeed(payload))
    .handle("text", ({ payload }) => Effect.succeed(payload))
    .handle("csv", ({ payload }) => Effect.succeed(`${payload}!`))
    .handle("numberText", ({ payload }) => Effect.succeed(payload + 1))
    .handle("bytes", ({ payload }) => Effect.succeed(payload))
    .handle("png", () => Effect.succeed(Uint8Array.of(0x89, 0x50, 0xff, 0, 0xc3)))
    .handle("byteCount", ({ payload }) => Effect.succeed(payload * 2))
    .handle("form", ({ payload: { from, to } }) =>
      Effect.succeed({ from: from + 1, ...(to === undefined ? {} : { to }) })
    )
    .handle("union", ({ payload, request }) =>
      Effect.succeed({
        contentType: request.headers["content-type"] ?? "",
        payload: payload instanceof Uint8Array ? [...payload] : payload
      })
    )
    .handle("either", ({ urlParams }) => Effect.succeed(urlParams.as === "json" ? { sum: 1 } : "one"))
    .handle("shapes", ({ payload }) => Effect.succeed(payload))
    .handle("upload", ({ payload: { files, pages, title } }) =>
      Effect.succeed({ title, pages, names: files.map(({ contentType, name }) => `${name} ${contentType}`) })
    )
    .handle("uploadStream", ({ payload }) =>
      payload.pipe(
        Stream.mapEffect((part) =>
          part._tag === "Field"
            ? Effect.succeed(`${part.key}=${part.value}`)
            : Effect.map(part.contentEffect, (bytes) => `${part.key}: ${part.name}, ${bytes.length}`)
        ),
        Stream.runCollect,
        Effect.map((parts) => [...parts]),
        Effect.orDie
      )
    )
    .handle("uploadOrJson", ({ payload }) =>
      Effect.succeed("title" in payload ? `titled ${payload.title}` : `sum ${payload.sum}`)
    )
    .handle("streamed", () =>
      Effect.succeed(
        HttpServerResponse.stream(Stream.make("a,b\n", "1,2\n").pipe(Stream.encodeText), { contentType: "text/csv" })
      )
    )
    .handleRaw("streaming", ({ request }) => Effect.orDie(Effect.map(request.text, (text) => text.length)))
)

const emptiesLive = HttpApiBuilder.group(CatalogueApi, "empties", (handlers) =>
  handlers
    .handle("standard", () => Effect.void)
    .handle("created", () => Effect.void)
    .handle("accepted", () => Effect.void)
    .handle("deleted", () => Effect.void)
    .handle("empty200", () => Effect.void)
    .handle("head", () => Effect.void)
    .handle("options", () => Effect.void)
    .handle("asEmpty", () => Effect.succeed("done" as const))
    .handle("several", ({ path: { as } }) => {
      switch (as) {
        case "found":
          return Effect.succeed({ sum: 2 })
        case "created":
          return Effect.succeed({ _tag: "Circle" as const, radius: 3 })
        case "reset":
          return Effect.succeed("reset" as const)
        case "nothing":
          return Effect.void
      }
    })
    .handle("sees", () =>
      Effect.succeed(HttpServerResponse.empty({ status: 303, headers: { location: "/v1/health" } }))
    )
)

const paramsLive = HttpApiBuilder.group(CatalogueApi, "params", (handlers) =>
  handlers
    .handle("number", ({ path }) => Effect.succeed({ path }))
    .handle("branded", ({ path: { id } }) => Effect.succeed(id))
    .handle("text", ({ path }) => Effect.succeed({ path }))
    .handle("template", ({ path }) => Effect.succeed({ path }))
    .handle("unnamed", ({ path }) => Effect.succeed({ path }))
    .handle("optional", ({ path }) => Effect.succeed({ path }))
    .handle("wildcard", ({ path }) => Effect.succeed({ path }))
    .handle("dotted", ({ path }) => Effect.succeed({ path }))
    .handle("range", ({ path }) => Effect.succeed({ path }))
    .handle("colon", () => Effect.succeed("batch"))
    .handle("pattern", ({ path }) => Effect.succeed({ path }))
    .handle("query", ({ urlParams }) => Effect.succeed({ urlParams }))
    .handle("headers", ({ headers }) => Effect.succeed({ headers }))
    .handle("queryPayload", ({ payload }) => Effect.succeed({ payload }))
    .handle("bothQueries", ({ payload, urlParams }) => Effect.succeed({ payload, urlParams }))
    .handle("allParts", ({ headers, path, payload, urlParams }) =>
      Effect.succeed({ headers, path, payload, urlParams })
    )
    .handle("redacted", ({ urlParams: { key } }) => Effect.succeed(Redacted.value(key).length))
)

const platformErrors = {
  400: HttpApiError.BadRequest,
  401: HttpApiError.Unauthorized,
  403: HttpApiError.Forbidden,
  404: HttpApiError.NotFound,
  405: HttpApiError.MethodNotAllowed,
  406: HttpApiError.NotAcceptable,
  408: HttpApiError.RequestTimeout,
  409: HttpApiError.Conflict,
  410: HttpApiError.Gone,
  500: HttpApiError.InternalServerError,
  501: HttpApiError.NotImplemented,
  503: HttpApiError.ServiceUnavailable
}

const json = (body: string, status: number) =>
  Effect.succeed(HttpServerResponse.text(body, { status, contentType: "application/json" }))

const failuresLive = HttpApiBuilder.group(CatalogueApi, "failures", (handlers) =>
  handlers
    .handle("own", ({ path: { kind } }) => {
      switch (kind) {
        case "missing":
          return new NoSuchUser({ id: UserId.make("u1"), since: date })
        case "taken":
          return new Taken({ name: "ada" })
        case "locked":
          return new Locked({ by: "bob" })
        case "standard":
          return new Oops()
        case "group":
          return new Teapot({ capacity: 3 })
        case "api":
          return new Maintenance({ until: date })
        case "decode":
          return new HttpApiError.HttpApiDecodeError({
            issues: [{ _tag: "Missing", path: ["name"], message: "is missing" }],
            message: "name is missing"
          })
        case "none":
          return Effect.succeed("fine")
      }
    })
    .handle("platform", ({ path: { status } }) => {
      const PlatformError = platformErrors[status as keyof typeof platformErrors]
      return Effect.fail(new PlatformError())
    })
    .handle("empty", ({ path: { kind } }) =>
      kind === "paused" ? Effect.fail(new Paused()) : Effect.fail(new Missing({ what: "something" }))
    )
    .handle("sameStatus", ({ path: { kind } }): Effect.Effect<never, Absent | NoSuchUser | HttpApiError.NotFound> => {
      if (kind === "platform") return Effect.fail(new HttpApiError.NotFound())
      return kind === "absent" ? new Absent() : new NoSuchUser({ id: UserId.make("u2"), since: date })
    })
    .handle("form", () => new Malformed({ field: "a b", line: 7 }))
    .handle("text", () => Effect.fail("it is wrong"))
    // `HttpApiBuilder` can't send an error that is bytes.
    .handle("bytes", () => Effect.succeed(HttpServerResponse.uint8Array(Uint8Array.of(0xff, 0, 0xc3), { status: 400 })))
    .handle("untagged", () => Effect.fail({ reason: "no tag" }))
    .handle("void", () => Effect.succeed(HttpServerResponse.empty({ status: 404 })))
    .handle("partial", () => new Partial({ done: 3 }))
    .handle("tagless", () => json(`{"id":"u3","since":"2026-01-02T03:04:05.006Z"}`, 404))
    .handle("undeclared", () => json(`{"message":"pay first"}`, 402))
    .handle("malformed", () => json(`{"sum":`, 200))
    .handle("mismatch", () => json(`{"sum":"1"}`, 200))
    .handle("long", () => json(`{"id":9007199254740993}`, 200))
)

const securedLive = HttpApiBuilder.group(CatalogueApi, "secured", (handlers) =>
  handlers.handle("whoAmI", () => Effect.map(CurrentUser, ({ name }) => name))
)

const authorizationLive = Layer.succeed(Authorization, {
  bearer: (token) =>
    Redacted.value(token) === "secret" ? Effect.succeed({ name: "ada" }) : Effect.fail(new HttpApiError.Unauthorized())
})

const factsLive = HttpApiBuilder.group(CatalogueApi, "facts", (handlers) =>
  Effect.gen(function* () {
    const counts = yield* Ref.make<Readonly<Record<string, number>>>({})
    const keys = yield* Ref.make<ReadonlyArray<string>>([])
    /** Responds with a 502 to every other request, and otherwise returns the number of requests. */
    const flaky = (name: string) =>
      Effect.map(
        Ref.updateAndGet(counts, (all) => ({ ...all, [name]: (all[name] ?? 0) + 1 })),
        (all) => {
          const count = all[name] ?? 0
          return count % 2 === 1 ? HttpServerResponse.empty({ status: 502 }) : count
        }
      )
    return handlers
      .handle("plain", () => flaky("plain"))
      .handle("idempotent", () => flaky("idempotent"))
      .handle("keyed", ({ request }) =>
        Effect.gen(function* () {
          const all = yield* Ref.updateAndGet(keys, (known) => [...known, request.headers["idempotency-key"] ?? ""])
          const response = yield* flaky("keyed")
          return typeof response === "number" ? all : response
        })
      )
      .handle("neverRetried", () => flaky("neverRetried"))
      .handle("sideEffects", () => flaky("sideEffects"))
      .handle("sensitive", () => json(`{"secret":"abc"}`, 400))
  })
)

const topLive = HttpApiBuilder.group(CatalogueApi, "top", (handlers) =>
  handlers.handle("health", () => Effect.succeed({ ok: true })).handle("root", () => Effect.succeed("root"))
)

const legacyLive = HttpApiBuilder.group(CatalogueApi, "legacy", (handlers) =>
  handlers.handle("old", () => new Locked({ by: "age" }))
)

const catalogueLive = HttpApiBuilder.api(CatalogueApi).pipe(
  Layer.provide([encodingsLive, emptiesLive, paramsLive, failuresLive, securedLive, factsLive, topLive, legacyLive]),
  Layer.provide(authorizationLive)
)

/** Serves the API on a free port of the loopback interface. */
export const serve: Layer.Layer<HttpServer.HttpServer> = HttpApiBuilder.serve().pipe(
  Layer.provide(catalogueLive),
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.orDie
)

/** The base URL of the server. */
export const baseUrl: Effect.Effect<string, never, HttpServer.HttpServer> = HttpServer.addressFormattedWith(
  Effect.succeed
)
