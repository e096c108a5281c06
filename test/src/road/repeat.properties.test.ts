import type { HttpMethod } from "@effect/platform/HttpMethod"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { type Attempt, Backoff, Deadline, type RetryBudget, RetryPolicy, Traffic } from "effect-herald"
import { at, broken, elapsing, forAll, status, stub, thing, type Turn } from "../kit.js"

/** How a request may fail; what that leaves open, and how long the server asks to wait. */
interface Blow {
  readonly occurrence: RetryPolicy.Occurrence
  readonly turn: () => Turn
  readonly left: Attempt.FailureClass
  readonly seconds: number
}

const answer = (code: number, left: Attempt.FailureClass): Blow => ({
  occurrence: code,
  turn: status(code),
  left,
  seconds: 0
})

const asking = (code: number, left: Attempt.FailureClass, seconds: number): Blow => ({
  occurrence: { status: code, retryAfter: Duration.seconds(seconds) },
  turn: status(code, { "retry-after": `${seconds}` }),
  left,
  seconds
})

const breaking = (code: string, left: Attempt.FailureClass): Blow => ({
  occurrence: code,
  turn: broken(code),
  left,
  seconds: 0
})

/** A turn that takes so long. */
const taking = (turn: Turn, millis: number) =>
  Effect.delay(
    turn instanceof Error ? Effect.fail(turn) : turn instanceof Response ? Effect.succeed(turn) : turn,
    millis
  )

const blows: fc.Arbitrary<Blow> = fc.oneof(
  fc.constantFrom(
    answer(500, "Ambiguous"),
    answer(502, "Ambiguous"),
    answer(503, "Ambiguous"),
    answer(504, "Ambiguous"),
    breaking("ECONNRESET", "Ambiguous"),
    breaking("UND_ERR_SOCKET", "Ambiguous"),
    breaking("ECONNREFUSED", "NotSent"),
    breaking("ENOTFOUND", "NotSent"),
    answer(401, "Rejected"),
    answer(408, "Rejected"),
    answer(425, "Rejected"),
    answer(429, "Rejected")
  ),
  fc
    .record({
      code: fc.constantFrom(413, 429, 503, 500),
      seconds: fc.integer({ min: 0, max: 100 })
    })
    .map(({ code, seconds }) => asking(code, code === 500 ? "Ambiguous" : "Rejected", seconds))
)

type Waits = Schedule.Schedule<unknown, Attempt.FailedAttempt>

const plain: fc.Arbitrary<Waits> = fc.oneof(
  fc.integer({ min: 0, max: 200_000 }).map((millis) => Schedule.spaced(millis)),
  fc.integer({ min: 0, max: 5000 }).map((millis) => Schedule.exponential(millis)),
  fc.integer({ min: 0, max: 5000 }).map((start) => Backoff.exponential({ start, cap: "8 seconds", factor: 1.5 })),
  fc.integer({ min: 0, max: 5000 }).map((start) => Backoff.linear({ start, step: "1 second" })),
  fc.integer({ min: 0, max: 6 }).map((times) => Schedule.recurs(times)),
  fc.constant(Schedule.fibonacci("1 second"))
)

/** Schedules whose waits depend on when they are asked. */
const timed: fc.Arbitrary<Waits> = fc.constantFrom(Schedule.fixed("3 seconds"), Schedule.windowed("3 seconds"))

const composed = (simple: fc.Arbitrary<Waits>): fc.Arbitrary<Waits> =>
  fc.oneof(
    simple,
    fc.tuple(simple, simple).map(([one, other]) => Schedule.union(one, other)),
    fc.tuple(simple, simple).map(([one, other]) => Schedule.intersect(one, other)),
    fc.tuple(simple, simple).map(([one, other]) => Schedule.andThen(one, other)),
    simple.map((schedule) => Schedule.modifyDelay(schedule, () => Duration.zero))
  )

const jittered = (simple: fc.Arbitrary<Waits>): fc.Arbitrary<Waits> =>
  fc.oneof(
    simple,
    simple.map(Schedule.jittered),
    simple.map((schedule) => Schedule.jitteredWith(schedule, { min: 0, max: 1 }))
  )

const anything = jittered(composed(jittered(fc.oneof(plain, timed))))

/** A rule, and after how many attempts it ends. */
interface Ruled {
  readonly policy: RetryPolicy.RetryPolicy
  readonly most: number
}

const ruled = (waits: fc.Arbitrary<Waits>): fc.Arbitrary<Ruled> =>
  fc
    .record({
      waits,
      most: fc.integer({ min: 1, max: 7 }),
      elapsed: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
      repeats: fc.constantFrom<Predicate.Predicate<Attempt.FailedAttempt>>(
        () => true,
        RetryPolicy.onTransportFailure,
        RetryPolicy.onRetryAfter,
        RetryPolicy.onStatus(429, 500, 503),
        Predicate.not(RetryPolicy.onMethod("GET"))
      ),
      maxWait: fc.integer({ min: 0, max: 120_000 }),
      rejected: fc.constantFrom<Predicate.Predicate<Attempt.FailedAttempt> | undefined>(
        undefined,
        undefined,
        RetryPolicy.onStatus(500),
        Predicate.and(RetryPolicy.onMethod("POST"), RetryPolicy.onTransportFailure)
      )
    })
    .map(({ elapsed, maxWait, most, rejected, repeats, waits }) => {
      const counted = Schedule.intersect(waits, Backoff.attempts(most))
      const schedule = elapsed === undefined ? counted : Schedule.intersect(counted, Backoff.elapsed(elapsed))
      return { most, policy: RetryPolicy.make({ schedule, repeats, maxWait, rejected }) }
    })

/** Policies of up to three rules. */
const policies = (waits: fc.Arbitrary<Waits>) =>
  fc.array(ruled(waits), { minLength: 1, maxLength: 3 }).map((all) => ({
    policy: all.map(({ policy }) => policy).reduce((one, other) => RetryPolicy.orElse(one, other)),
    most: all.map(({ most }) => most)
  }))

const methods = fc.constantFrom<HttpMethod>("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH")
const home = new URL("https://api.test")
/** Not what any wait adds up to. */
const deadlines = fc.option(
  fc.integer({ min: 0, max: 60 }).map((seconds) => seconds * 1000 + 0.5),
  { nil: undefined }
)

// The test clock waits for real timers between steps, which it can do for several tests at once.
describe.concurrent("repeats", () => {
  it.effect("no policy, and no composition of policies, breaks what the engine keeps", () =>
    forAll(
      fc.record({
        method: methods,
        idempotent: fc.boolean(),
        unrepeatable: fc.integer({ max: 6, min: 0 }).map((dice) => dice === 0),
        blows: fc.array(fc.record({ blow: blows, took: fc.integer({ min: 0, max: 2000 }) }), {
          minLength: 1,
          maxLength: 8
        }),
        policies: policies(anything),
        deadline: deadlines
      }),
      ({ blows, deadline, idempotent, method, policies: { most, policy }, unrepeatable }) =>
        Effect.gen(function* () {
          const turns = blows.map(
            ({ blow, took }) =>
              () =>
                taking(blow.turn(), took)
          )
          const client = stub([...turns, status(404)])
          const begun = yield* Clock.currentTimeMillis
          const [error, ended] = yield* Effect.flip(thing(method, { idempotent, unrepeatable })).pipe(
            Effect.zip(Clock.currentTimeMillis),
            Effect.provide(Layer.merge(at(home), client.layer)),
            Effect.provideService(RetryPolicy.Current, policy),
            Effect.provideService(Deadline.Current, deadline),
            elapsing
          )
          const times = client.requests.map(({ at }) => at)
          const { attempts } = error

          // The deadline is not passed by more than a tick.
          if (deadline !== undefined) expect(ended - begun).toBeLessThanOrEqual(deadline + 1)
          expect(attempts.length).toBe(times.length)

          const twiceIsFine = idempotent || (method !== "POST" && method !== "PATCH")
          for (const [index, attempt] of attempts.entries()) {
            if (attempt.reason === "deadline") {
              expect(attempt).toMatchObject({ number: times.length, class: "Ambiguous", verdict: "past deadline" })
              continue
            }
            const { blow, took } = blows[index] ?? { blow: answer(404, "Final"), took: 0 }
            const named = attempt.status !== undefined && policy.rules.some(({ rejected }) => rejected(attempt))
            expect(attempt).toMatchObject({ number: index + 1, class: named ? "Rejected" : blow.left })

            const next = times[index + 1]
            expect(attempt.verdict === "repeated").toBe(next !== undefined)
            if (next === undefined) continue

            expect(unrepeatable).toBe(false)
            expect(named || blow.left !== "Final").toBe(true)
            // Nothing follows what may have been carried out, unless twice is as good as once, or the policy knows better.
            expect(named || blow.left !== "Ambiguous" || twiceIsFine).toBe(true)
            // Never more often than the rule that decides says.
            const decides = policy.rules.findIndex(({ repeats }) => repeats(attempt))
            expect(attempt.number).toBeLessThan(most[decides] ?? 0)
            // No wait is shorter than the server asked for, nor longer than that rule accepts.
            const waited = next - (times[index] ?? Number.NaN) - took
            expect(waited).toBeGreaterThanOrEqual(blow.seconds * 1000 - 0.001)
            expect(waited).toBeLessThanOrEqual(Duration.toMillis(policy.rules[decides]!.maxWait) + 0.001)
            expect(waited).toBeCloseTo(Duration.toMillis(attempt.waited!), 2)
          }
        }),
      { numRuns: 200 }
    )
  )

  it.effect("a call that outlives its failures gives its answer, whatever the policy", () =>
    forAll(
      fc.record({ blows: fc.array(blows, { maxLength: 6 }), waits: anything }),
      ({ blows, waits }) =>
        Effect.gen(function* () {
          const client = stub([...blows.map(({ turn }) => turn), status(200)])
          const result = yield* Effect.either(thing("PUT")).pipe(
            Effect.provide(Layer.merge(at(home), client.layer)),
            Effect.provideService(
              RetryPolicy.Current,
              RetryPolicy.make({ schedule: waits, repeats: () => true, maxWait: "100 days" })
            ),
            elapsing
          )
          if (result._tag === "Right") expect(client.requests).toHaveLength(blows.length + 1)
          else expect(result.left.attempts.at(-1)?.verdict).toBe("exhausted")
        }),
      { numRuns: 100 }
    )
  )

  it.effect("a budget is never overdrawn, however many calls fail at once", () =>
    forAll(
      fc.record({
        turns: fc.array(
          fc.oneof(
            blows.map(({ turn }) => turn),
            fc.constant(status(200))
          ),
          {
            minLength: 1,
            maxLength: 60
          }
        ),
        starts: fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 30 }),
        capacity: fc.integer({ min: 0, max: 20 }),
        perSuccess: fc.constantFrom(0, 0.2, 1),
        perSecond: fc.constantFrom(0, 0.5, 1)
      }),
      ({ capacity, perSecond, perSuccess, starts, turns }) =>
        Effect.gen(function* () {
          // Each request takes the next turn, around and around, and half a second.
          let next = 0
          let succeeded = 0
          const client = stub([
            () => {
              const turn = turns[next++ % turns.length]!()
              if (turn instanceof Response && turn.status === 200) succeeded += 1
              return taking(turn, 500)
            }
          ])
          const policy = RetryPolicy.make({
            schedule: Schedule.intersect(Backoff.exponential({ start: 10, jitter: "full" }), Backoff.attempts(6)),
            repeats: () => true,
            maxWait: "5 seconds"
          })
          const call = thing()
          const budget: RetryBudget.Settings = { capacity, perSecond, perSuccess }
          const begun = yield* Clock.currentTimeMillis
          const [results, ended] = yield* Effect.forEach(starts, (start) => Effect.delay(Effect.either(call), start), {
            concurrency: "unbounded"
          }).pipe(
            Effect.zip(Clock.currentTimeMillis),
            Effect.provide(Layer.merge(at(home).pipe(Layer.provide(Traffic.layer({ budget }))), client.layer)),
            Effect.provideService(RetryPolicy.Current, policy),
            elapsing
          )
          // A call that a pause kept from ever being sent has no request.
          const called = results.filter((result) => result._tag === "Right" || result.left._tag !== "NotSent").length
          const retries = client.requests.length - called
          const given = capacity + perSuccess * succeeded + (perSecond * (ended - begun)) / 1000
          expect(retries).toBeLessThanOrEqual(given + 1e-6)
        }),
      { numRuns: 30 }
    )
  )

  describe("explain", () => {
    const calls = (waits: fc.Arbitrary<Waits>) =>
      fc.record({
        method: methods,
        idempotent: fc.boolean(),
        blows: fc.array(blows, { maxLength: 8 }),
        last: fc.constantFrom(200, 404),
        policy: policies(waits).map(({ policy }) => policy),
        deadline: deadlines,
        seed: fc.integer()
      })

    type Case = ReturnType<typeof calls> extends fc.Arbitrary<infer A> ? A : never

    /** What explain says of a call, and what the engine makes of it, with draws of its own. */
    const both = ({ blows, deadline, idempotent, last, method, policy, seed }: Case) =>
      Effect.gen(function* () {
        const declared = thing(method, { idempotent })
        const explained = yield* RetryPolicy.explain(policy, [...blows.map(({ occurrence }) => occurrence), last], {
          method,
          // An endpoint can't be declared to be less than its method is.
          ...(idempotent ? { idempotent } : {}),
          deadline
        })
        const client = stub([...blows.map(({ turn }) => turn), status(last)])
        const begun = yield* Clock.currentTimeMillis
        const [result, ended] = yield* Effect.either(declared).pipe(
          Effect.zip(Clock.currentTimeMillis),
          Effect.provide(Layer.merge(at(home), client.layer)),
          Effect.provideService(RetryPolicy.Current, policy),
          Effect.provideService(Deadline.Current, deadline),
          Effect.withRandom(Random.make(seed)),
          elapsing
        )
        return { ...explained, ended: ended - begun, result, sent: client.requests.length }
      })

    const within = (time: number, [least, most]: readonly [Duration.Duration, Duration.Duration]) => {
      expect(time).toBeGreaterThanOrEqual(Duration.toMillis(least) - 0.01)
      expect(time).toBeLessThanOrEqual(Duration.toMillis(most) + 0.01)
    }

    it.effect("says what the engine does, and how long it waits", () =>
      forAll(
        calls(jittered(composed(jittered(plain)))),
        (call) =>
          Effect.gen(function* () {
            const { answered, ended, result, rows, sent } = yield* both(call)
            if (result._tag === "Right") {
              expect(answered?.number).toBe(sent)
              within(ended, answered!.at)
              return
            }
            for (const [index, attempt] of result.left.attempts.entries()) {
              const row = rows[index]!
              expect(row).toMatchObject({ number: attempt.number, reason: attempt.reason, class: attempt.class })
              expect(row.verdicts).toContain(attempt.verdict)
              within(Duration.toMillis(attempt.elapsed), row.at)
              if (attempt.waited !== undefined) within(Duration.toMillis(attempt.waited), row.wait!)
            }
          }),
        { numRuns: 200 }
      )
    )

    it.effect("says it exactly where nothing is random, schedules by the clock included", () =>
      forAll(
        calls(composed(fc.oneof(plain, timed))),
        (call) =>
          Effect.gen(function* () {
            const { answered, result, rows, sent } = yield* both(call)
            expect(rows.every(({ verdicts }) => verdicts.length === 1)).toBe(true)
            if (result._tag === "Right") expect(answered?.number).toBe(sent)
            else {
              expect(answered).toBeUndefined()
              expect(
                rows.map(({ verdicts, wait }) => [verdicts[0], wait?.map(Duration.toMillis).map(Math.round)])
              ).toEqual(
                result.left.attempts.map(({ verdict, waited }) => {
                  const millis = waited && Math.round(Duration.toMillis(waited))
                  return [verdict, millis === undefined ? undefined : [millis, millis]]
                })
              )
            }
          }),
        { numRuns: 200 }
      )
    )
  })
})
