import { HttpApi, HttpApiEndpoint, HttpApiGroup, type HttpClient } from "@effect/platform"
import { describe, expectTypeOf, it } from "@effect/vitest"
import { Context, Effect, type Layer, Redacted, Schema, Stream } from "effect"
import { Authoriser, Body, Endpoint, Operation } from "effect-herald"
import { fromApi } from "effect-herald/http-api"
import { EventStream } from "effect-herald/streams"
import { type Calls, TestApi } from "effect-herald/testing"

class Shop extends Authoriser.Tag("test-d/Shop")<Shop>() {}

class Missing extends Schema.TaggedError<Missing>()("Missing", { id: Schema.Number }) {}

class Stock extends Context.Tag("test-d/Stock")<Stock, { readonly count: number }>() {}

const getItem = Operation.make(Shop, () =>
  Endpoint.get("/items/{id}/{name}", {
    path: { id: Schema.Number },
    query: { fields: Schema.optional(Schema.Array(Schema.String)) },
    headers: { "If-None-Match": Schema.optional(Schema.String) },
    success: Schema.Struct({ price: Schema.Number }),
    errors: { 404: Missing, 409: Endpoint.errorAs("Conflict") }
  })
)

const rename = Operation.make(
  Shop,
  () =>
    Endpoint.patch("/items/{id}", {
      body: Body.form({ name: Schema.Redacted(Schema.String) }),
      success: { 200: Body.empty("Renamed"), 201: Body.stream() }
    }),
  (id: string, name: string) => ({ id, body: { name: Redacted.make(name) } })
)

const upload = Operation.make(Shop, () => Endpoint.put("/image", { body: Body.stream() }))

class ShopApi extends HttpApi.make("shop").add(
  HttpApiGroup.make("items").add(
    HttpApiEndpoint.post("add", "/items")
      .setPayload(Schema.Struct({ name: Schema.String }))
      .addSuccess(Schema.Struct({ id: Schema.Number }), { status: 201 })
      .addError(Missing, { status: 404 })
  )
) {}

const shop = fromApi(Shop, ShopApi)

describe("the handler of an operation", () => {
  it("takes the input of the endpoint, whatever the arguments of the operation are", () => {
    TestApi.handle(getItem, ({ fields, headers, id, name }) => {
      expectTypeOf(id).toEqualTypeOf<number>()
      expectTypeOf(name).toEqualTypeOf<string>()
      expectTypeOf(fields).toEqualTypeOf<ReadonlyArray<string> | undefined>()
      expectTypeOf(headers?.["If-None-Match"]).toEqualTypeOf<string | undefined>()
      return Effect.succeed({ price: 1 })
    })
    TestApi.handle(rename, ({ body, id }) => {
      expectTypeOf(id).toEqualTypeOf<string>()
      expectTypeOf(body.name).toEqualTypeOf<Redacted.Redacted>()
      return Effect.succeed("Renamed" as const)
    })
    TestApi.handle(upload, ({ body }) => {
      expectTypeOf(body).toEqualTypeOf<Stream.Stream<Uint8Array>>()
      return Effect.void
    })
    TestApi.handle(shop.items.add, ({ payload }) => {
      expectTypeOf(payload).toEqualTypeOf<{ readonly name: string }>()
      return Effect.succeed({ id: 1 })
    })
  })

  it("returns a success, a reply, or a declared error, and nothing else", () => {
    TestApi.handle(getItem, ({ id }) => new Missing({ id }))
    TestApi.handle(getItem, () => Effect.succeed(TestApi.reply({ price: 1 }, { headers: { etag: '"1"' } })))
    TestApi.handle(getItem, () => Effect.succeed(TestApi.response(409)))
    TestApi.handle(shop.items.add, () => new Missing({ id: 1 }))
    const watch = Operation.make(Shop, () =>
      Endpoint.get("/prices", { success: EventStream.body({ price: Schema.Date }) })
    )
    TestApi.handle(watch, () => Effect.succeed(Stream.make({ type: "price", id: "1", data: new Date(0) } as const)))
    // @ts-expect-error The Stream is one of events, and not of their bytes.
    TestApi.handle(watch, () => Effect.succeed(Stream.make(new Uint8Array())))
    // @ts-expect-error The price is a number.
    TestApi.handle(getItem, () => Effect.succeed({ price: "1" }))
    // @ts-expect-error The value of a reply is that of the endpoint, too.
    TestApi.handle(getItem, () => Effect.succeed(TestApi.reply({ price: "1" })))
    // @ts-expect-error The endpoint does not declare this error.
    TestApi.handle(getItem, () => Effect.fail({ _tag: "Other" }))
    // @ts-expect-error A `NotModified` is what the pipeline makes of a 304.
    TestApi.handle(getItem, () => Effect.succeed({ _tag: "NotModified", headers: {} }))
  })

  it("can need services, which the layer needs then", () => {
    const needing = TestApi.handle(getItem, () => Effect.map(Stock, ({ count }) => ({ price: count })))
    expectTypeOf(needing).toEqualTypeOf<TestApi.Handler<Stock>>()
    expectTypeOf(
      TestApi.layer(
        needing,
        TestApi.handle(upload, () => Effect.void)
      )
    ).toEqualTypeOf<Layer.Layer<HttpClient.HttpClient | Calls.Calls, never, Stock>>()
    expectTypeOf(TestApi.layer()).toEqualTypeOf<Layer.Layer<HttpClient.HttpClient | Calls.Calls>>()
  })
})

describe("the handler of a verb", () => {
  it("has the names of its path", () => {
    TestApi.verbs(Shop).get("/items/{id}", ({ path }) => {
      expectTypeOf(path).toEqualTypeOf<{ readonly id: string }>()
      return Effect.void
    })
    TestApi.post("https://login.test/{tenant}/token", ({ body, path }) => {
      expectTypeOf(path.tenant).toEqualTypeOf<string>()
      expectTypeOf(body).toEqualTypeOf<unknown>()
      return Effect.succeed({})
    })
  })
})
