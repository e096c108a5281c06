import { assert, describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Ref, Redacted, Schema, TestClock } from "effect"
import { Authoriser, Body, Credentials, Endpoint, Operation } from "effect-herald"
import { Calls, TestApi } from "effect-herald/testing"

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
        const fiber = yield* Effect.fork(getForecast({ city: "a" }))
        yield* TestClock.adjust("1 minute")
        expect(yield* Fiber.join(fiber)).toEqual({ celsius: 2 })
        const [call] = yield* Effect.flatMap(Calls.Calls, (calls) => calls.all)
        expect(call?.requests.map(({ status }) => status)).toEqual([503, 503, 200])
        expect(call?.waits).toHaveLength(2)
      }).pipe(Effect.provide(layer), Effect.provide(api))
    })
  )
})
