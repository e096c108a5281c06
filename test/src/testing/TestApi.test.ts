import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, expect, it } from "@effect/vitest"
import {
  Cause,
  Context,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Layer,
  Option,
  Ref,
  Redacted,
  Schema,
  Stream,
  TestClock
} from "effect"
import { Authoriser, Body, Credentials, Endpoint, Operation, RetryPolicy, Verbs } from "effect-herald"
import { fromApi } from "effect-herald/http-api"
import { EventStream, JsonLines, JsonSequence } from "effect-herald/streams"
import { Calls, TestApi } from "effect-herald/testing"
import { elapsing, untilAsleep } from "../../support/kit.js"

class Weather extends Authoriser.Tag("test/Weather")<Weather>() {}

class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}

const getForecast = Operation.make(Weather, () =>
  Endpoint.get("/forecast/{city}", {
    query: { days: Schema.optional(Schema.Number), tags: Schema.optional(Schema.Array(Schema.String)) },
    headers: { "X-Units": Schema.optional(Schema.Literal("metric", "imperial")) },
    success: Schema.Struct({ celsius: Schema.Number }),
    errors: { 404: NoSuchCity }
  })
)

const createStation = Operation.make(
  Weather,
  () =>
    Endpoint.post("/stations", {
      body: Schema.Struct({ name: Schema.String, opened: Schema.Date, key: Schema.Redacted(Schema.String) }),
      success: { 200: Body.empty("Existed"), 201: Schema.Struct({ id: Schema.Number }) }
    }),
  (name: string) => ({ body: { name, opened: new Date(0), key: Redacted.make("very secret") } })
)

const api = Weather.layer({
  baseUrl: "https://weather.test/v1",
  credentials: Credentials.bearer(Redacted.make("the-token"))
})

describe("handle", () => {
  it.effect("passes the decoded input, and returns the decoded value", () =>
    Effect.gen(function* () {
      const given: Array<unknown> = []
      const layer = TestApi.layer(
        TestApi.handle(getForecast, (input) => {
          given.push(input)
          return input.city === "Oslo" ? Effect.succeed({ celsius: 3 }) : new NoSuchCity({ city: input.city })
        })
      )
      yield* Effect.gen(function* () {
        const input = { city: "Oslo", days: 3, tags: ["a"], headers: { "X-Units": "metric" } } as const
        expect(yield* getForecast(input)).toEqual({ celsius: 3 })
        expect(given).toEqual([input])
        const error = yield* Effect.flip(getForecast({ city: "Os/lo" }))
        assert(error instanceof NoSuchCity)
        expect(error.city).toBe("Os/lo")
        const calls = yield* Calls.Calls
        const [first] = yield* calls.of(getForecast)
        expect(first?.requests).toMatchObject([
          {
            at: 0,
            method: "GET",
            url: "https://weather.test/v1/forecast/Oslo?days=3&tags=a",
            path: "/v1/forecast/Oslo",
            query: { days: "3", tags: "a" },
            headers: { authorization: "Bearer <redacted>", "x-units": "metric" },
            body: "",
            status: 200
          }
        ])
      }).pipe(Effect.provide(layer), Effect.provide(api))
    })
  )

  it.effect("chooses the status by the value", () =>
    Effect.gen(function* () {
      const names = yield* Ref.make<ReadonlyArray<string>>([])
      const layer = TestApi.layer(
        TestApi.handle(createStation, ({ body }) =>
          Effect.gen(function* () {
            const known = yield* Ref.getAndUpdate(names, (all) => [...all, body.name])
            expect(body.opened).toEqual(new Date(0))
            expect(Redacted.value(body.key)).toBe("very secret")
            return known.includes(body.name) ? ("Existed" as const) : { id: known.length }
          })
        )
      )
      yield* Effect.gen(function* () {
        expect(yield* createStation.withResponse("a")).toMatchObject({ status: 201, value: { id: 0 } })
        expect(yield* createStation.withResponse("a")).toMatchObject({ status: 200, value: "Existed" })
        const requests = yield* Effect.flatMap(Calls.Calls, (calls) => calls.requests())
        expect(requests[0]?.json).toEqual({ name: "a", opened: "1970-01-01T00:00:00.000Z", key: "<redacted>" })
        expect(JSON.stringify(requests)).not.toContain("secret")
      }).pipe(Effect.provide(layer), Effect.provide(api))
    })
  )

  it.effect("runs under the test clock", () =>
    Effect.gen(function* () {
      const layer = TestApi.layer(
        TestApi.handle(getForecast, () => Effect.delay(Effect.succeed({ celsius: 1 }), "1 minute"))
      )
      const fiber = yield* Effect.fork(getForecast({ city: "a" }).pipe(Effect.provide(layer), Effect.provide(api)))
      // The identity of the credentials is computed in another thread.
      yield* untilAsleep
      yield* TestClock.adjust("59 seconds")
      expect(yield* Fiber.poll(fiber)).toMatchObject({ _tag: "None" })
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toEqual({ celsius: 1 })
    })
  )

  it.effect("dies of a request that no handler takes, with the nearest handler", () =>
    Effect.gen(function* () {
      const layer = TestApi.layer(TestApi.handle(createStation, () => Effect.succeed({ id: 1 })))
      const exit = yield* Effect.exit(
        getForecast({ city: "Oslo", days: 3 }).pipe(
          Effect.provide(layer),
          Effect.provide(api),
          Effect.catchAll(() => Effect.void)
        )
      )
      assert(Exit.isFailure(exit))
      expect(Cause.squash(exit.cause)).toMatchObject({
        _tag: "UnhandledRequest",
        message:
          "no handler for GET https://weather.test/v1/forecast/Oslo?days. The nearest handler is POST /stations: the method differs, and the path differs"
      })
    })
  )

  it.effect("records the waits and attempts of retries", () =>
    Effect.gen(function* () {
      const count = yield* Ref.make(0)
      const layer = TestApi.layer(
        TestApi.handle(getForecast, () =>
          Effect.map(
            Ref.getAndUpdate(count, (n) => n + 1),
            (n) => (n < 2 ? TestApi.response(503, { headers: { "retry-after": 10 } }) : { celsius: n })
          )
        )
      )
      yield* Effect.gen(function* () {
        expect(yield* elapsing(getForecast({ city: "a" }))).toEqual({ celsius: 2 })
        const [call] = yield* Effect.flatMap(Calls.Calls, (calls) => calls.all)
        expect(call?.requests.map(({ status }) => status)).toEqual([503, 503, 200])
        expect(call?.waits).toHaveLength(2)
      }).pipe(Effect.provide(layer), Effect.provide(api))
    })
  )
})

/** The message of the defect with which an effect dies. */
const defectOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(effect), (exit) => {
    assert(Exit.isFailure(exit))
    const [defect] = [...Cause.defects(exit.cause)]
    return defect instanceof Error ? defect.message : defect
  })

describe("a request without a handler", () => {
  const handle = TestApi.handle(getForecast, () => Effect.succeed({ celsius: 1 }))

  it.effect("is explained by the method, the path or the base URL that differs", () =>
    Effect.gen(function* () {
      const request = (method: "GET" | "POST", url: string) =>
        Effect.flatMap(HttpClient.HttpClient, (client) => client.execute(HttpClientRequest.make(method)(url)))
      const messageOf = (method: "GET" | "POST", url: string) => defectOf(request(method, url))
      const nearest = "The nearest handler is GET /forecast/{city}"
      expect(yield* messageOf("POST", "https://weather.test/v1/forecast/Oslo")).toBe(
        `no handler for POST https://weather.test/v1/forecast/Oslo. ${nearest}: the method differs`
      )
      expect(yield* messageOf("GET", "https://weather.test/v1/forecasts/Oslo?key=secret")).toBe(
        `no handler for GET https://weather.test/v1/forecasts/Oslo?key. ${nearest}: the path differs`
      )
      expect(yield* messageOf("GET", "https://weather.test/v2/forecast/Oslo")).toBe(
        `no handler for GET https://weather.test/v2/forecast/Oslo. ${nearest}: its base URL is https://weather.test/v1`
      )
      expect(yield* messageOf("GET", "https://weather.test/v1/forecast/Oslo?days=many")).toBe(
        "no handler for GET https://weather.test/v1/forecast/Oslo?days. The request does not match GET /forecast/{city}: " +
          "days: should be a number, and is string"
      )
    }).pipe(Effect.provide(TestApi.layer(handle)), Effect.provide(api))
  )

  it.effect("is explained where there are no handlers", () =>
    Effect.gen(function* () {
      expect(yield* defectOf(getForecast({ city: "Oslo" }))).toBe(
        "no handler for GET https://weather.test/v1/forecast/Oslo. There are no handlers"
      )
    }).pipe(Effect.provide(TestApi.layer()), Effect.provide(api))
  )

  it.effect("is not retried", () =>
    Effect.gen(function* () {
      yield* defectOf(getForecast({ city: "Oslo" }))
      const [call] = yield* Effect.flatMap(Calls.Calls, (calls) => calls.all)
      expect(call).toMatchObject({ requests: [{ status: undefined }], attempts: [], outcome: { _tag: "Died" } })
    }).pipe(Effect.provide(TestApi.layer()), Effect.provide(api))
  )
})

describe("a handler", () => {
  it.effect("that returns another value than that of the endpoint is a defect", () =>
    Effect.gen(function* () {
      expect(yield* defectOf(getForecast({ city: "Oslo" }))).toBe(
        "the reply of the handler of GET /forecast/{city} does not match its endpoint: celsius: should be a number, and is string"
      )
    }).pipe(
      Effect.provide(
        TestApi.layer(
          TestApi.handle(getForecast, () =>
            // @ts-expect-error The type is checked by the compiler, too.
            Effect.succeed({ celsius: "3" })
          )
        )
      ),
      Effect.provide(api)
    )
  )

  it.effect("is interrupted with the call", () =>
    Effect.gen(function* () {
      const [started, interrupted] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
      const layer = TestApi.layer(
        TestApi.handle(getForecast, () =>
          Deferred.succeed(started, undefined).pipe(
            Effect.zipRight(Effect.never),
            Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
          )
        )
      )
      const fiber = yield* Effect.fork(getForecast({ city: "a" }).pipe(Effect.provide(layer), Effect.provide(api)))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(interrupted)
    })
  )

  it.effect("replaces an earlier one of the same operation, and the most specific path is chosen", () =>
    Effect.gen(function* () {
      const { get } = Verbs.make(Weather)
      const verbs = TestApi.verbs(Weather)
      const layer = TestApi.layer(
        verbs.get("/forecast/Rome", () => Effect.succeed({ celsius: 30 })),
        TestApi.handle(getForecast, () => Effect.succeed({ celsius: 1 })),
        TestApi.handle(getForecast, () => Effect.succeed({ celsius: 2 })),
        verbs.get("/{+rest}", ({ path, query }) => Effect.succeed({ rest: path.rest, query }))
      )
      yield* Effect.gen(function* () {
        expect(yield* getForecast({ city: "Oslo" })).toEqual({ celsius: 2 })
        expect(yield* getForecast({ city: "Rome" })).toEqual({ celsius: 30 })
        expect(yield* get("/a/{b}/c", { path: { b: "d/e" }, query: { one: 1, many: [1, 2] } })).toEqual({
          rest: "a/d/e/c",
          query: { one: "1", many: ["1", "2"] }
        })
      }).pipe(Effect.provide(layer), Effect.provide(api))
    })
  )

  it.effect("has services, which the layer needs", () =>
    Effect.gen(function* () {
      class Station extends Context.Tag("test/Station")<Station, { readonly celsius: number }>() {}
      const layer = TestApi.layer(TestApi.handle(getForecast, () => Station))
      expect(
        yield* getForecast({ city: "a" }).pipe(
          Effect.provide(Layer.provide(layer, Layer.succeed(Station, { celsius: 4 }))),
          Effect.provide(api)
        )
      ).toEqual({ celsius: 4 })
    })
  )
})

describe("bodies", () => {
  const upload = Operation.make(Weather, () =>
    Endpoint.post("/photos", {
      body: Body.multipart({
        title: Schema.String,
        taken: Schema.Date,
        tags: Schema.Array(Schema.String),
        photo: Body.file
      }),
      success: Schema.Struct({ size: Schema.Number })
    })
  )
  const echo = Operation.make(Weather, () => Endpoint.put("/echo", { body: Body.stream(), success: Body.stream() }))

  it.effect("of several parts have their fields and files", () =>
    Effect.gen(function* () {
      const photo = new File(["pixels"], "sun.jpg", { type: "image/jpeg" })
      const body = { title: "Sun", taken: new Date(5), tags: ["a"], photo }
      expect(yield* upload({ body })).toEqual({ size: 6 })
    }).pipe(
      Effect.provide(
        TestApi.layer(
          TestApi.handle(upload, ({ body }) => {
            assert(body.photo instanceof File)
            expect([body.title, body.taken, body.tags, body.photo.name, body.photo.type]).toEqual([
              "Sun",
              new Date(5),
              ["a"],
              "sun.jpg",
              "image/jpeg"
            ])
            return Effect.succeed({ size: body.photo.size })
          })
        )
      ),
      Effect.provide(api)
    )
  )

  it.effect("that are Streams are passed on", () =>
    Effect.gen(function* () {
      const text = Stream.make("one", "two").pipe(Stream.encodeText)
      const response = yield* echo({ body: text })
      expect(yield* Stream.mkString(Stream.decodeText(response))).toBe("onetwo")
    }).pipe(
      Effect.provide(
        TestApi.layer(TestApi.handle(echo, ({ body }) => Effect.map(Stream.runCollect(body), Stream.fromChunk)))
      ),
      Effect.provide(api)
    )
  )

  it.effect("that are Streams of values are encoded by their schemas", () =>
    Effect.gen(function* () {
      const Reading = Schema.Struct({ at: Schema.Date, note: Schema.optional(Schema.String) })
      const readings = [{ at: new Date(0), note: "one\ntwo" }, { at: new Date(1) }]
      for (const body of [JsonLines.body(Reading), JsonSequence.body(Reading)]) {
        const list = Operation.make(Weather, () => Endpoint.get("/readings", { success: body }))
        const handler = TestApi.handle(list, () => Effect.succeed(Stream.fromIterable(readings)))
        const read = Stream.runCollect(Stream.unwrap(list())).pipe(Effect.provide(TestApi.layer(handler)))
        expect([...(yield* read)]).toEqual(readings)
      }
      const watch = Operation.make(Weather, () =>
        Endpoint.get("/watch", {
          success: EventStream.body({
            reading: Reading,
            text: EventStream.text(),
            size: EventStream.text(Schema.NumberFromString)
          })
        })
      )
      const events = [
        { type: "reading", id: "1", data: readings[0]! },
        { type: "text", id: "", data: "one\n\n two\u2028three\n" },
        { type: "text", id: "2", data: "" },
        { type: "size", id: "2", data: 7 }
      ] as const
      const handler = TestApi.handle(watch, () => Effect.succeed(Stream.fromIterable(events)))
      const read = Stream.runCollect(Stream.unwrap(watch())).pipe(Effect.provide(TestApi.layer(handler)))
      expect([...(yield* read)]).toEqual(events)
      const followed = Stream.runCollect(Stream.take(EventStream.follow(watch)(), 4)).pipe(
        Effect.provide(TestApi.layer(handler))
      )
      expect([...(yield* followed)]).toEqual(events)
    }).pipe(Effect.provide(api))
  )

  it.effect("that are Streams with a value that does not match are a defect", () =>
    Effect.gen(function* () {
      const list = Operation.make(Weather, () =>
        Endpoint.get("/readings", { success: JsonLines.body(Schema.Struct({ celsius: Schema.Number })) })
      )
      // The cast is the mistake of a test in JavaScript.
      const handler = TestApi.handle(list, () => Effect.succeed(Stream.make({ celsius: "warm" } as never)))
      const exit = yield* Effect.exit(
        Stream.runDrain(Stream.unwrap(list())).pipe(Effect.provide(TestApi.layer(handler)))
      )
      assert(Exit.isFailure(exit))
      expect(Option.getOrThrow(Cause.dieOption(exit.cause))).toMatchObject({
        message: "a value of the Stream can't be encoded: celsius: should be a number, and is string"
      })
    }).pipe(Effect.provide(api))
  )

  it.effect("whose Stream fails are the failure of the request", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(echo({ body: Stream.fail("no disk") }))
      expect(error).toMatchObject({ _tag: "TransportError", reason: "body", cause: "no disk" })
    }).pipe(
      Effect.provideService(RetryPolicy.Current, RetryPolicy.none),
      Effect.provide(TestApi.layer(TestApi.handle(echo, (_, request) => Effect.as(request.bytes, Stream.empty)))),
      Effect.provide(api)
    )
  )
})

describe("several APIs", () => {
  class Maps extends Authoriser.Tag("test/Maps")<Maps>() {}
  const getMap = Operation.make(Maps, () => Endpoint.get("/forecast/{city}", { success: Body.text() }))

  it.effect("are told apart by their base URLs", () =>
    Effect.gen(function* () {
      expect(yield* getForecast({ city: "a" })).toEqual({ celsius: 1 })
      expect(yield* getMap({ city: "a" })).toBe("a map")
    }).pipe(
      Effect.provide(
        TestApi.layer(
          TestApi.handle(getForecast, () => Effect.succeed({ celsius: 1 })),
          TestApi.handle(getMap, () => Effect.succeed("a map"))
        )
      ),
      Effect.provide(api),
      Effect.provide(Maps.layer({ baseUrl: "https://maps.test" }))
    )
  )
})

describe("verbs", () => {
  const { get, head, post } = Verbs.make(Weather)
  const handlers = TestApi.verbs(Weather)

  it.effect("have bodies by content type, and JSON as their value", () =>
    Effect.gen(function* () {
      expect(yield* post("/echo", { json: { a: 1 } })).toEqual({ body: { a: 1 } })
      expect(yield* post("/echo", { form: { a: [1, 2], b: "c" } })).toEqual({ body: { a: ["1", "2"], b: "c" } })
      expect(yield* post("/echo", { text: "a text" })).toEqual({ body: "a text" })
      expect(yield* post("/echo")).toEqual({})
      expect(yield* get.withResponse("/nothing")).toMatchObject({ status: 204, value: undefined })
      expect(yield* head("/head")).toMatchObject({ status: 200, headers: { etag: "1", "content-length": "7" } })
      const error = yield* Effect.flip(get("/teapot"))
      expect(error).toMatchObject({ _tag: "ClientError", status: 418, detail: "short and stout" })
    }).pipe(
      Effect.provide(
        TestApi.layer(
          handlers.post("/echo", ({ body }) => Effect.succeed({ body })),
          handlers.get("/nothing", () => Effect.void),
          handlers.head("/head", () =>
            Effect.succeed(TestApi.response(200, { headers: { ETag: "1" }, json: { a: 1 } }))
          ),
          TestApi.get("/teapot", () => Effect.succeed(TestApi.response(418, { json: { detail: "short and stout" } })))
        )
      ),
      Effect.provide(api)
    )
  )

  it.effect("of a whole URL are those of that server", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const response = yield* client.get("https://login.test/acme/keys")
      expect(yield* response.json).toEqual({ tenant: "acme" })
      expect(yield* defectOf(client.get("https://other.test/acme/keys"))).toContain(
        "its base URL is https://login.test"
      )
    }).pipe(
      Effect.provide(
        TestApi.layer(
          TestApi.get("https://login.test/{tenant}/keys", ({ path }) => Effect.succeed({ tenant: path.tenant }))
        )
      )
    )
  )
})

describe("fromApi", () => {
  class NoSuchItem extends Schema.TaggedError<NoSuchItem>()("NoSuchItem", { id: Schema.Number }) {}
  const Item = Schema.Struct({ id: Schema.Number, added: Schema.Date })

  class ShopApi extends HttpApi.make("shop").add(
    HttpApiGroup.make("items")
      .add(
        HttpApiEndpoint.get("get", "/items/:id")
          .setPath(Schema.Struct({ id: Schema.NumberFromString }))
          .setUrlParams(Schema.Struct({ fields: Schema.Array(Schema.String) }))
          .setHeaders(Schema.Struct({ "X-Trace": Schema.optional(Schema.String) }))
          .addSuccess(Item)
          .addError(NoSuchItem, { status: 404 })
      )
      .add(
        HttpApiEndpoint.post("add", "/items")
          .setPayload(
            Schema.Union(
              Schema.Struct({ name: Schema.String }),
              Schema.Struct({ count: Schema.NumberFromString }).pipe(HttpApiSchema.withEncoding({ kind: "UrlParams" }))
            )
          )
          .addSuccess(Schema.Struct({ id: Schema.Number }), { status: 201 })
          .addSuccess(HttpApiSchema.NoContent)
      )
  ) {}
  class Shop extends Authoriser.Tag("test/Shop")<Shop>() {}
  const shop = fromApi(Shop, ShopApi)

  it.effect("is handled by the schemas of its endpoints", () =>
    Effect.gen(function* () {
      const given = { path: { id: 7 }, urlParams: { fields: ["a"] }, headers: { "X-Trace": "t" } } as const
      const received = yield* Ref.make<unknown>(undefined)
      const layer = TestApi.layer(
        TestApi.handle(shop.items.get, (input) =>
          input.path.id === 7
            ? Effect.as(Ref.set(received, input), { id: 7, added: new Date(9) })
            : new NoSuchItem({ id: input.path.id })
        ),
        TestApi.handle(shop.items.add, ({ payload }) =>
          "name" in payload ? Effect.succeed({ id: payload.name.length }) : Effect.void
        )
      )
      yield* Effect.gen(function* () {
        expect(yield* shop.items.get(given)).toEqual({ id: 7, added: new Date(9) })
        expect(yield* Ref.get(received)).toEqual(given)
        const error = yield* Effect.flip(shop.items.get({ ...given, path: { id: 8 } }))
        assert(error instanceof NoSuchItem)
        expect(error.id).toBe(8)
        expect(yield* shop.items.add.withResponse({ payload: { name: "four" } })).toMatchObject({
          status: 201,
          value: { id: 4 }
        })
        expect(yield* shop.items.add.withResponse({ payload: { count: 3 } })).toMatchObject({
          status: 204,
          value: undefined
        })
      }).pipe(Effect.provide(layer), Effect.provide(Shop.layer({ baseUrl: "https://shop.test" })))
    })
  )
})
