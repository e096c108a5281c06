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
import { type Attempt, Backoff, Deadline, RetryBudget, RetryPolicy } from "effect-herald"
import { crowded } from "../../../support/crowded.js"
import { at, broken, elapsingAtOnce, forAll, status, stub, thing, type Step } from "../../../support/kit.js"

/** A failure of an attempt: as an outcome of `explain`, as a step of a stub, with its class and the wait in seconds. */
interface Failure {
  readonly outcome: RetryPolicy.Outcome
  readonly step: () => Step
  readonly failureClass: Attempt.FailureClass
  readonly seconds: number
}

const withStatus = (code: number, failureClass: Attempt.FailureClass): Failure => ({
  outcome: code,
  step: status(code),
  failureClass,
  seconds: 0
})

const withRetryAfter = (code: number, failureClass: Attempt.FailureClass, seconds: number): Failure => ({
  outcome: { status: code, retryAfter: Duration.seconds(seconds) },
  step: status(code, { "retry-after": `${seconds}` }),
  failureClass,
  seconds
})

const withoutResponse = (code: string, failureClass: Attempt.FailureClass): Failure => ({
  outcome: code,
  step: broken(code),
  failureClass,
  seconds: 0
})

/** A step that takes this time, in milliseconds. */
const taking = (step: Step, millis: number) =>
  Effect.delay(
    step instanceof Error ? Effect.fail(step) : step instanceof Response ? Effect.succeed(step) : step,
    millis
  )

const failures: fc.Arbitrary<Failure> = fc.oneof(
  fc.constantFrom(
    withStatus(500, "Ambiguous"),
    withStatus(502, "Ambiguous"),
    withStatus(503, "Ambiguous"),
    withStatus(504, "Ambiguous"),
    withoutResponse("ECONNRESET", "Ambiguous"),
    withoutResponse("UND_ERR_SOCKET", "Ambiguous"),
    withoutResponse("ECONNREFUSED", "NotSent"),
    withoutResponse("ENOTFOUND", "NotSent"),
    withStatus(401, "Rejected"),
    withStatus(408, "Rejected"),
    withStatus(425, "Rejected"),
    withStatus(429, "Rejected")
  ),
  fc
    .record({
      code: fc.constantFrom(413, 429, 503, 500),
      seconds: fc.integer({ min: 0, max: 100 })
    })
    .map(({ code, seconds }) => withRetryAfter(code, code === 500 ? "Ambiguous" : "Rejected", seconds))
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

/** Schedules whose waits depend on the clock. */
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

/** A policy of one rule, and the number of attempts after which it ends. */
interface Limited {
  readonly policy: RetryPolicy.RetryPolicy
  readonly max: number
}

const limited = (waits: fc.Arbitrary<Waits>): fc.Arbitrary<Limited> =>
  fc
    .record({
      waits,
      max: fc.integer({ min: 1, max: 7 }),
      elapsed: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
      retries: fc.constantFrom<Predicate.Predicate<Attempt.FailedAttempt>>(
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
    .map(({ elapsed, max, maxWait, rejected, retries, waits }) => {
      const counted = Schedule.intersect(waits, Backoff.attempts(max))
      const schedule = elapsed === undefined ? counted : Schedule.intersect(counted, Backoff.elapsed(elapsed))
      return { max, policy: RetryPolicy.make({ schedule, retries, maxWait, rejected }) }
    })

/** Policies of up to three rules. */
const policies = (waits: fc.Arbitrary<Waits>) =>
  fc.array(limited(waits), { minLength: 1, maxLength: 3 }).map((all) => ({
    policy: all.map(({ policy }) => policy).reduce((one, other) => RetryPolicy.orElse(one, other)),
    max: all.map(({ max }) => max)
  }))

const methods = fc.constantFrom<HttpMethod>("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH")
const baseUrl = new URL("https://api.test")
/** Retries are limited by policies only. */
const unlimited = { origin: { budget: undefined } }
/** Never equal to a sum of waits. */
const deadlines = fc.option(
  fc.integer({ min: 0, max: 60 }).map((seconds) => seconds * 1000 + 0.5),
  { nil: undefined }
)

describe("retries", () => {
  it.effect("keep the rules of the engine under every policy and composition of policies", () =>
    forAll(
      fc.record({
        method: methods,
        idempotent: fc.boolean(),
        neverRetried: fc.integer({ max: 6, min: 0 }).map((dice) => dice === 0),
        failures: fc.array(fc.record({ failure: failures, took: fc.integer({ min: 0, max: 2000 }) }), {
          minLength: 1,
          maxLength: 8
        }),
        policies: policies(anything),
        deadline: deadlines
      }),
      ({ deadline, failures, idempotent, method, policies: { max, policy }, neverRetried }) =>
        Effect.gen(function* () {
          const steps = failures.map(
            ({ failure, took }) =>
              () =>
                taking(failure.step(), took)
          )
          const client = stub([...steps, status(404)])
          const startedAt = yield* Clock.currentTimeMillis
          const [error, ended] = yield* Effect.flip(thing(method, { idempotent, neverRetried })).pipe(
            Effect.zip(Clock.currentTimeMillis),
            Effect.provide(Layer.merge(at(baseUrl, unlimited), client.layer)),
            Effect.provideService(RetryPolicy.Current, policy),
            Effect.provideService(Deadline.Current, deadline),
            elapsingAtOnce
          )
          const times = client.requests.map(({ at }) => at)
          const { attempts } = error

          // The deadline is exceeded by at most a millisecond.
          if (deadline !== undefined) expect(ended - startedAt).toBeLessThanOrEqual(deadline + 1)
          expect(attempts.length).toBe(times.length)

          const isIdempotent = idempotent || (method !== "POST" && method !== "PATCH")
          for (const [index, attempt] of attempts.entries()) {
            if (attempt.reason === "deadline") {
              expect(attempt).toMatchObject({ number: times.length, class: "Ambiguous", verdict: "past deadline" })
              continue
            }
            const { failure, took } = failures[index] ?? { failure: withStatus(404, "Final"), took: 0 }
            const rejected = attempt.status !== undefined && policy.rules.some(({ rejected }) => rejected(attempt))
            expect(attempt).toMatchObject({ number: index + 1, class: rejected ? "Rejected" : failure.failureClass })

            const next = times[index + 1]
            expect(attempt.verdict === "retried").toBe(next !== undefined)
            if (next === undefined) continue

            expect(neverRetried).toBe(false)
            expect(rejected || failure.failureClass !== "Final").toBe(true)
            // An ambiguous failure is retried only if the call is idempotent, or the policy classifies it as Rejected.
            expect(rejected || failure.failureClass !== "Ambiguous" || isIdempotent).toBe(true)
            // There are at most as many attempts as the deciding rule permits.
            const rule = policy.rules.findIndex(({ retries }) => retries(attempt))
            expect(attempt.number).toBeLessThan(max[rule] ?? 0)
            // No wait is shorter than the server asks for, nor longer than that rule accepts.
            const waited = next - (times[index] ?? Number.NaN) - took
            expect(waited).toBeGreaterThanOrEqual(failure.seconds * 1000 - 0.001)
            expect(waited).toBeLessThanOrEqual(Duration.toMillis(policy.rules[rule]!.maxWait) + 0.001)
            expect(waited).toBeCloseTo(Duration.toMillis(attempt.waited!), 2)
          }
        }),
      { numRuns: 200 }
    )
  )

  it.effect("return the response of a later success, under every policy", () =>
    forAll(
      fc.record({ failures: fc.array(failures, { maxLength: 6 }), waits: anything }),
      ({ failures, waits }) =>
        Effect.gen(function* () {
          const client = stub([...failures.map(({ step }) => step), status(200)])
          const result = yield* Effect.either(thing("PUT")).pipe(
            Effect.provide(Layer.merge(at(baseUrl, unlimited), client.layer)),
            Effect.provideService(
              RetryPolicy.Current,
              RetryPolicy.make({ schedule: waits, retries: () => true, maxWait: "100 days" })
            ),
            elapsingAtOnce
          )
          if (result._tag === "Right") expect(client.requests).toHaveLength(failures.length + 1)
          else expect(result.left.attempts.at(-1)?.verdict).toBe("exhausted")
        }),
      { numRuns: 100 }
    )
  )

  it.effect("never exceed the budget, however many concurrent calls fail", () =>
    forAll(
      fc.record({
        steps: fc.array(
          fc.oneof(
            failures.map(({ step }) => step),
            fc.constant(status(200))
          ),
          {
            minLength: 1,
            maxLength: 60
          }
        ),
        starts: fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 30 }),
        capacity: fc.integer({ min: 0, max: 20 }),
        reserve: fc.integer({ min: 0, max: 20 }),
        perSuccess: fc.constantFrom(0, 0.2, 1),
        perSecond: fc.constantFrom(0, 0.5, 1)
      }),
      ({ capacity, perSecond, perSuccess, reserve, starts, steps }) =>
        Effect.gen(function* () {
          // Each request takes the next step, in a cycle, and half a second.
          let next = 0
          let succeeded = 0
          const client = stub([
            () => {
              const step = steps[next++ % steps.length]!()
              if (step instanceof Response && step.status === 200) succeeded += 1
              return taking(step, 500)
            }
          ])
          const policy = RetryPolicy.make({
            schedule: Schedule.intersect(Backoff.exponential({ start: 10, jitter: "full" }), Backoff.attempts(6)),
            retries: () => true,
            maxWait: "5 seconds"
          })
          const call = thing()
          const settings: RetryBudget.Settings = { capacity, perSecond, perSuccess, reserve }
          const startedAt = yield* Clock.currentTimeMillis
          const [results, ended] = yield* Effect.forEach(starts, (start) => Effect.delay(Effect.either(call), start), {
            concurrency: "unbounded"
          }).pipe(
            Effect.zip(Clock.currentTimeMillis),
            Effect.provide(
              Layer.merge(at(baseUrl, { origin: { budget: crowded(RetryBudget.make(settings)) } }), client.layer)
            ),
            Effect.provideService(RetryPolicy.Current, policy),
            elapsingAtOnce
          )
          // A call that a pause delayed for too long has no request.
          const firstRequests = results.filter(
            (result) => result._tag === "Right" || result.left._tag !== "NotSent"
          ).length
          const retries = client.requests.length - firstRequests
          const available =
            Math.min(capacity, reserve) + perSuccess * succeeded + (perSecond * (ended - startedAt)) / 1000
          expect(retries).toBeLessThanOrEqual(available + 1e-6)
        }),
      { numRuns: 30 }
    )
  )

  describe("explain", () => {
    const calls = (waits: fc.Arbitrary<Waits>) =>
      fc.record({
        method: methods,
        idempotent: fc.boolean(),
        failures: fc.array(failures, { maxLength: 8 }),
        last: fc.constantFrom(200, 404),
        policy: policies(waits).map(({ policy }) => policy),
        deadline: deadlines,
        seed: fc.integer()
      })

    type Case = ReturnType<typeof calls> extends fc.Arbitrary<infer A> ? A : never

    /** The explanation of a call, and its outcome in the engine, with other random numbers. */
    const both = ({ deadline, failures, idempotent, last, method, policy, seed }: Case) =>
      Effect.gen(function* () {
        const declared = thing(method, { idempotent })
        const explained = yield* RetryPolicy.explain(policy, [...failures.map(({ outcome }) => outcome), last], {
          method,
          // An endpoint can't be declared less idempotent than its method.
          ...(idempotent ? { idempotent } : {}),
          deadline
        })
        const client = stub([...failures.map(({ step }) => step), status(last)])
        const startedAt = yield* Clock.currentTimeMillis
        const [result, ended] = yield* Effect.either(declared).pipe(
          Effect.zip(Clock.currentTimeMillis),
          Effect.provide(Layer.merge(at(baseUrl, unlimited), client.layer)),
          Effect.provideService(RetryPolicy.Current, policy),
          Effect.provideService(Deadline.Current, deadline),
          Effect.withRandom(Random.make(seed)),
          elapsingAtOnce
        )
        return { ...explained, ended: ended - startedAt, result, sent: client.requests.length }
      })

    const expectWithin = (time: number, [min, max]: readonly [Duration.Duration, Duration.Duration]) => {
      expect(time).toBeGreaterThanOrEqual(Duration.toMillis(min) - 0.01)
      expect(time).toBeLessThanOrEqual(Duration.toMillis(max) + 0.01)
    }

    it.effect("predicts the decisions and the waits of the engine", () =>
      forAll(
        calls(jittered(composed(jittered(plain)))),
        (call) =>
          Effect.gen(function* () {
            const { ended, result, rows, sent, success } = yield* both(call)
            if (result._tag === "Right") {
              expect(success?.number).toBe(sent)
              expectWithin(ended, success!.at)
              return
            }
            for (const [index, attempt] of result.left.attempts.entries()) {
              const row = rows[index]!
              expect(row).toMatchObject({ number: attempt.number, reason: attempt.reason, class: attempt.class })
              expect(row.verdicts).toContain(attempt.verdict)
              expectWithin(Duration.toMillis(attempt.elapsed), row.at)
              if (attempt.waited !== undefined) expectWithin(Duration.toMillis(attempt.waited), row.wait!)
            }
          }),
        { numRuns: 200 }
      )
    )

    it.effect("predicts them exactly where nothing is random, schedules by the clock included", () =>
      forAll(
        calls(composed(fc.oneof(plain, timed))),
        (call) =>
          Effect.gen(function* () {
            const { result, rows, sent, success } = yield* both(call)
            expect(rows.every(({ verdicts }) => verdicts.length === 1)).toBe(true)
            if (result._tag === "Right") expect(success?.number).toBe(sent)
            else {
              expect(success).toBeUndefined()
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
