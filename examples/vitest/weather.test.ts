// Tests of a program that calls an API, with @effect/vitest. `examples/testing.ts` has the same tests with Node's own test runner.
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Redacted, TestClock } from "effect"
import { Credentials } from "effect-herald"
import { Calls, Faults, TestApi } from "effect-herald/testing"
import { getForecast, NoSuchCity, warmest, Weather } from "../support/weather.js"

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

describe("warmest", () => {
  it.effect("leaves out unknown cities", () =>
    Effect.gen(function* () {
      expect(yield* warmest(["Oslo", "Rome", "Atlantis"])).toBe("Rome")
      expect(yield* warmest(["Atlantis"])).toBeUndefined()
      const calls = yield* Calls.Calls
      expect((yield* calls.requests(getForecast))[0]).toMatchObject({
        url: "https://weather.test/v1/forecast/Oslo?days=1",
        headers: { authorization: "Bearer <redacted>" }
      })
    }).pipe(Effect.provide(weather), Effect.provide(TestApi.layer(handler)))
  )

  it.effect("waits as long as the server asks", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(warmest(["Oslo"]))
      yield* TestClock.adjust("1 minute")
      expect(yield* Fiber.join(fiber)).toBe("Oslo")
      const [call] = yield* Effect.flatMap(Calls.Calls, (calls) => calls.of(getForecast))
      expect(call).toMatchObject({
        attempts: [{ reason: "ECONNREFUSED" }, { reason: "503" }],
        requests: [{ status: undefined }, { status: 503 }, { status: 200 }]
      })
      expect(Duration.toSeconds(call!.waits[1]!)).toBeGreaterThanOrEqual(10)
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
})
