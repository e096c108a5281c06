import type { HttpMethod } from "@effect/platform/HttpMethod"
import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { RetryPolicy } from "effect-herald"
import type { FailedAttempt } from "../../../src/Attempt.js"
import { at, broken, elapsing, forAll, status, stub, thing, type Turn } from "../kit.js"

/** How a request may fail; whether that leaves open if it was carried out, and how long the server asks to wait. */
interface Blow {
  readonly turn: () => Turn
  readonly ambiguous: boolean
  readonly seconds: number
}

const blow = (turn: () => Turn, ambiguous: boolean, seconds = 0): Blow => ({ turn, ambiguous, seconds })

const blows = fc.oneof(
  fc.constantFrom(
    blow(status(500), true),
    blow(status(502), true),
    blow(status(503), true),
    blow(status(504), true),
    blow(broken("ECONNRESET"), true),
    blow(broken("UND_ERR_SOCKET"), true),
    blow(broken("ECONNREFUSED"), false),
    blow(broken("ENOTFOUND"), false),
    blow(status(408), false),
    blow(status(425), false),
    blow(status(429), false)
  ),
  fc
    .record({ code: fc.constantFrom(413, 429, 503, 500), seconds: fc.integer({ min: 0, max: 100 }) })
    .map(({ code, seconds }) => blow(status(code, { "retry-after": `${seconds}` }), code === 500, seconds))
)

type Policy = Schedule.Schedule<unknown, FailedAttempt>

const simple: fc.Arbitrary<Policy> = fc.oneof(
  fc.integer({ min: 0, max: 200_000 }).map((millis) => Schedule.spaced(millis)),
  fc.integer({ min: 0, max: 5000 }).map((millis) => Schedule.exponential(millis)),
  fc.constant(Schedule.forever),
  fc.integer({ min: 0, max: 6 }).map((times) => Schedule.recurs(times)),
  fc.constant(Schedule.fibonacci("1 second")),
  fc.constant(Schedule.fixed("3 seconds")),
  fc.constant(Schedule.windowed("3 seconds"))
)

const composed: fc.Arbitrary<Policy> = fc.oneof(
  simple,
  simple.map(Schedule.jittered),
  fc.tuple(simple, simple).map(([one, other]) => Schedule.union(one, other)),
  fc.tuple(simple, simple).map(([one, other]) => Schedule.intersect(one, other)),
  fc.tuple(simple, simple).map(([one, other]) => Schedule.andThen(one, other)),
  simple.map((schedule) => Schedule.modifyDelay(schedule, () => Duration.zero))
)

const cases = fc.record({
  method: fc.constantFrom<HttpMethod>("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"),
  idempotent: fc.boolean(),
  unrepeatable: fc.integer({ max: 4, min: 0 }).map((dice) => dice === 0),
  blows: fc.array(blows, { minLength: 1, maxLength: 8 }),
  schedule: composed,
  most: fc.integer({ min: 0, max: 6 }),
  maxWait: fc.integer({ min: 0, max: 120 })
})

it.effect("no policy breaks what the engine keeps", () =>
  forAll(
    cases,
    ({ blows, idempotent, maxWait, method, most, schedule, unrepeatable }) =>
      Effect.gen(function* () {
        const client = stub([...blows.map(({ turn }) => turn), status(200)])
        const policy = RetryPolicy.make({
          schedule: Schedule.intersect(schedule, Schedule.recurs(most)),
          repeats: () => true,
          maxWait: Duration.seconds(maxWait)
        })
        const result = yield* Effect.either(thing(method, { idempotent, unrepeatable })).pipe(
          Effect.provide(Layer.merge(at(new URL("http://api.test")), client.layer)),
          Effect.provideService(RetryPolicy.Current, policy),
          elapsing
        )
        const times = client.requests.map(({ at }) => at)

        // Never more often than the policy says.
        expect(times.length).toBeLessThanOrEqual(most + 1)
        if (unrepeatable) expect(times).toHaveLength(1)

        // Nothing follows what may have been carried out, unless twice is as good as once.
        const doubtful = blows.findIndex(({ ambiguous }) => ambiguous)
        const twiceIsFine = idempotent || (method !== "POST" && method !== "PATCH")
        if (doubtful >= 0 && !twiceIsFine) expect(times.length).toBeLessThanOrEqual(doubtful + 1)

        // No wait is shorter than the server asked for, nor longer than the policy accepts.
        for (const [index, time] of times.slice(1).entries()) {
          const waited = time - (times[index] ?? Number.NaN)
          expect(waited).toBeGreaterThanOrEqual((blows[index]?.seconds ?? 0) * 1000 - 0.001)
          expect(waited).toBeLessThanOrEqual(maxWait * 1000 + 0.001)
        }

        // An error tells of each request; a success is one.
        if (result._tag === "Left") expect(result.left.attempts).toHaveLength(times.length)
        else expect(times).toHaveLength(blows.length + 1)
      }),
    { numRuns: 300 }
  )
)
