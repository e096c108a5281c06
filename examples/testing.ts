/**
 * Tests of a program that calls an API, with Node's own test runner: an API in memory, faults, and assertions on what was sent. Time is that
 * of a `TestClock`. Run it with `npx tsx examples/testing.ts`. `examples/vitest` has the same tests with `@effect/vitest`.
 */
import { Effect, Fiber, Redacted, TestClock, TestContext } from "effect"
import { Credentials } from "effect-herald"
import { Calls, Faults, TestApi } from "effect-herald/testing"
import { deepEqual, equal } from "node:assert/strict"
import { describe, test } from "node:test"
import { getForecast, NoSuchCity, warmest, Weather } from "./support/weather.js"

const celsius = new Map([
  ["Oslo", 3],
  ["Rome", 17]
])

const handler = TestApi.handle(getForecast, ({ city }) => {
  const known = celsius.get(city)
  return known === undefined ? new NoSuchCity({ city }) : Effect.succeed({ celsius: known })
})

const weather = Weather.layer({
  baseUrl: "https://weather.test/v1",
  credentials: Credentials.bearer(Redacted.make("secret"))
})

/** Makes the function of a test from an Effect. Its `Clock` is a `TestClock`. */
const effect =
  <A, E>(test: Effect.Effect<A, E>): (() => Promise<A>) =>
  () =>
    Effect.runPromise(Effect.provide(test, TestContext.TestContext))

void describe("warmest", () => {
  void test(
    "leaves out unknown cities",
    effect(
      Effect.gen(function* () {
        equal(yield* warmest(["Oslo", "Rome", "Atlantis"]), "Rome")
        equal(yield* warmest(["Atlantis"]), undefined)
        const calls = yield* Calls.Calls
        const [first] = yield* calls.requests(getForecast)
        equal(first?.url, "https://weather.test/v1/forecast/Oslo?days=1")
        equal(first.headers["authorization"], "Bearer <redacted>")
      }).pipe(Effect.provide(weather), Effect.provide(TestApi.layer(handler)))
    )
  )

  void test(
    "waits as long as the server asks",
    effect(
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(warmest(["Oslo"]))
        yield* TestClock.adjust("1 minute")
        equal(yield* Fiber.join(fiber), "Oslo")
        const [call] = yield* Effect.flatMap(Calls.Calls, (calls) => calls.of(getForecast))
        deepEqual(
          call?.attempts.map(({ reason }) => reason),
          ["ECONNREFUSED", "503"]
        )
        deepEqual(
          call.requests.map(({ status }) => status),
          [undefined, 503, 200]
        )
      }).pipe(
        Effect.provide(weather),
        Effect.provide(
          TestApi.layer(
            TestApi.withFaults(
              handler,
              Faults.sequence([Faults.refused, Faults.status(503, { headers: { "retry-after": 10 } })])
            )
          )
        )
      )
    )
  )
})
