import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Backoff, Deadline, RetryBudget, RetryPolicy } from "effect-herald"
import * as Civis from "effect-herald/civis"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, bearing, broken, elapsing, status, stub, thing } from "../../../support/kit.js"
import { run } from "../../../support/run.js"

const policies = Object.entries({
  standard: RetryPolicy.standard,
  civis: Civis.retryPolicy,
  exponential: RetryPolicy.exponential()
})

/** Retries whatever may be retried, without an end and without a wait of its own. */
const endless = RetryPolicy.make({ schedule: Schedule.forever, retries: () => true })

const after = (value: string) => ({ "retry-after": value })

/** A 200 whose JSON is incomplete. */
const incomplete = () => new Response('{"ok":', { status: 200, headers: { "content-type": "application/json" } })

describe("a 401", () => {
  it.effect.each(policies)("is sent once where the credentials can't be refreshed: %s", ([, policy]) =>
    Effect.gen(function* () {
      expect(
        yield* run(thing(), [status(401)], policy, { caller: { credentials: bearing({ authorization: "Basic old" }) } })
      ).toMatchObject({
        sent: 1,
        ended: 0,
        error: { _tag: "Unauthorized", status: 401, attempts: [{ verdict: "not retried by policy" }] }
      })
    })
  )

  it.effect.each(policies)("is sent twice where every refresh reports other credentials: %s", ([, policy]) =>
    Effect.gen(function* () {
      let refreshes = 0
      const credentials = {
        ...bearing({ authorization: "Bearer expired" }),
        rejected: () => Effect.sync(() => (refreshes += 1) > 0)
      }
      const caller = { credentials }
      expect(yield* run(thing(), [status(401)], policy, { caller })).toMatchObject({ sent: 2, ended: 0 })
      expect(refreshes).toBe(1)
    })
  )

  it.effect("is replayed once in a call, not once in each attempt, under a policy that retries it", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
      let refreshes = 0
      const caller = { credentials: { rejected: () => Effect.sync(() => (refreshes += 1) > 0) } }
      expect((yield* run(thing(), [status(401)], policy, { caller })).sent).toBe(5)
      expect(refreshes).toBe(1)
    })
  )
})

describe("a Retry-After", () => {
  it.effect.each(policies)("of 0 does not replace the waits of the policy: %s", ([, policy]) =>
    Effect.gen(function* () {
      const { error, sent, waits } = yield* run(thing(), [status(429, after("0"))], policy, { draw: 0.5 })
      expect(error).toMatchObject({ _tag: "RateLimited", status: 429 })
      expect(error?.attempts.at(-1)?.verdict).toBe("exhausted")
      expect(sent).toBeLessThanOrEqual(11)
      // The waits of the schedule apply.
      expect(waits.every((wait, index) => wait > (waits[index - 1] ?? 0) || wait === 30_000)).toBe(true)
    })
  )

  it.effect("of 0 is retried until the budget is used up, under a policy without an end and without waits", () =>
    Effect.gen(function* () {
      const caller = { origin: { budget: RetryBudget.make(RetryBudget.standard) } }
      const { ended, error, sent } = yield* run(thing(), [status(429, after("0"))], endless, { caller })
      expect([sent, ended]).toEqual([4, 0])
      expect(error).toMatchObject({ _tag: "RateLimited" })
      expect(error?.attempts.at(-1)?.verdict).toBe("over budget")
    })
  )

  it.effect.each(policies)("that is a date is waited for: %s", ([, policy]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2030, 0, 1))
      for (const date of [
        "Tue, 01 Jan 2030 00:00:07 GMT",
        "Tuesday, 01-Jan-30 00:00:07 GMT",
        "Tue Jan  1 00:00:07 2030"
      ]) {
        yield* TestClock.setTime(Date.UTC(2030, 0, 1))
        const steps = [status(503, after(date)), status(200)]
        expect(yield* run(thing("POST"), steps, policy)).toMatchObject({ error: undefined, times: [0, 7000] })
      }
    })
  )

  it.effect.each(["1.5.5", "-1", "1e3", "0x10", "soon", "", "1, 2", "Tue, 32 Jan 2030 00:00:07 GMT"])(
    "that is invalid counts as absent: %j",
    (value) =>
      Effect.gen(function* () {
        for (const [, policy] of policies) {
          const options = { draw: 0.5 }
          const without = yield* run(thing(), [status(429), status(200)], policy, options)
          expect(yield* run(thing(), [status(429, after(value)), status(200)], policy, options)).toEqual(without)
          // A 503 is classified as Rejected only with a valid Retry-After.
          expect((yield* run(thing("PATCH"), [status(503, after(value)), status(200)], policy)).sent).toBe(1)
        }
      })
  )

  it.effect("applies to every status that is retried, and to no success", () =>
    Effect.gen(function* () {
      for (const code of [408, 413, 425, 429, 500, 502, 503, 504]) {
        const { waits } = yield* run(thing(), [status(code, after("9")), status(200)], endless)
        expect(waits).toEqual([9000])
      }
      expect(yield* run(thing(), [status(200, after("9"))], endless)).toMatchObject({ error: undefined, ended: 0 })
    })
  )

  it.effect("is not waited for where the call is not retried", () =>
    Effect.gen(function* () {
      for (const [code, policy] of [
        [429, RetryPolicy.none],
        [500, RetryPolicy.standard],
        [404, endless]
      ] as const) {
        expect(yield* run(thing(), [status(code, after("9"))], policy)).toMatchObject({ sent: 1, ended: 0 })
      }
    })
  )
})

describe("a call is not retried", () => {
  it.effect.each(policies)(
    "if it is a POST that fails with 500, 502 or 504, or whose response is lost: %s",
    ([, policy]) =>
      Effect.gen(function* () {
        for (const step of [status(500), status(502), status(504), broken("ECONNRESET"), broken("UND_ERR_SOCKET")]) {
          const { error, sent } = yield* run(thing("POST"), [step, status(200)], policy)
          expect([sent, error?.attempts.at(-1)?.verdict]).toEqual([1, "unsafe"])
        }
      })
  )

  it.effect("after a 4xx that HTTP does not define, such as 499, under any policy", () =>
    Effect.gen(function* () {
      for (const code of [418, 430, 440, 460, 499]) {
        for (const policy of [...policies.map(([, policy]) => policy), endless]) {
          const { error, sent } = yield* run(thing(), [status(code), status(200)], policy)
          expect([sent, error?.attempts.at(-1)?.verdict]).toEqual([1, "final"])
          expect(error?._tag).toBe("ClientError")
        }
      }
    })
  )

  it.effect("after a 200 that is not JSON, which is a DecodeError", () =>
    Effect.gen(function* () {
      for (const [, policy] of [...policies, ["endless", endless] as const]) {
        for (const step of [incomplete, status(200, {}, ""), status(200, {}, "<html>busy, try again</html>")]) {
          const { error, sent } = yield* run(thing(), [step, status(200)], policy)
          expect(sent).toBe(1)
          expect(error).toMatchObject({ _tag: "DecodeError", reason: "Json", status: 200 })
        }
      }
    })
  )
})

describe("a policy without an end", () => {
  it.effect("retries a 429 as long as it lasts", () =>
    Effect.gen(function* () {
      for (const schedule of [
        Schedule.spaced("1 second"),
        Backoff.exponential({ start: "1 second", cap: "5 seconds" }),
        Schedule.forever
      ]) {
        const policy = RetryPolicy.make({ schedule, retries: () => true })
        const steps = Array.from({ length: 60 }, (_, index) => status(429, index % 2 === 0 ? after("2") : {}))
        expect(yield* run(thing(), [...steps, status(200)], policy)).toMatchObject({ error: undefined, sent: 61 })
      }
    })
  )
})

describe("a policy's schedule", () => {
  const policy = RetryPolicy.exponential({ start: "1 second", factor: 2, attempts: 3 })

  it.effect("starts from its beginning for each call, one after another", () =>
    Effect.gen(function* () {
      const call = thing()
      for (let time = 0; time < 3; time += 1) {
        expect((yield* run(call, [status(503)], policy)).times).toEqual([0, 1000, 3000, 7000])
      }
    })
  )

  it.effect("starts from its beginning for each of several concurrent calls", () =>
    Effect.gen(function* () {
      const client = stub([status(503)])
      const call = thing()
      const errors = yield* Effect.forEach([0, 500, 2500], (start) => Effect.delay(Effect.flip(call), start), {
        concurrency: "unbounded"
      }).pipe(
        Effect.provide(Layer.merge(at(new URL("https://api.test"), { origin: { budget: undefined } }), client.layer)),
        Effect.provideService(RetryPolicy.Current, policy),
        elapsing
      )
      expect(errors.map(({ attempts }) => attempts.length)).toEqual([4, 4, 4])
      expect(client.requests.map(({ at }) => at)).toEqual([
        0, 500, 1000, 1500, 2500, 3000, 3500, 3500, 5500, 7000, 7500, 9500
      ])
    })
  )
})

describe("the error of a call", () => {
  it.effect("is that of the last attempt, not one about the number of attempts", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.exponential({ attempts: 2 })
      const steps = [status(503), broken("ECONNREFUSED"), status(502, { "x-request-id": "r3" }, "bad gateway")]
      const { error } = yield* run(thing(), steps, policy)
      expect(error).toMatchObject({ _tag: "ServerError", status: 502, requestId: "r3", body: "bad gateway" })
      expect(error?.attempts.map(({ reason }) => reason)).toEqual(["503", "ECONNREFUSED", "502"])
      expect((yield* run(thing(), [status(503), broken("ECONNREFUSED")], policy)).error).toMatchObject({
        _tag: "TransportError",
        reason: "ECONNREFUSED"
      })
    })
  )
})

describe("a timeout", () => {
  it.effect.each(["ETIMEDOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "UND_ERR_CONNECT_TIMEOUT"])(
    "of the transport is a TimeoutError, and is retried: %s",
    (code) =>
      Effect.gen(function* () {
        for (const policy of [RetryPolicy.standard, RetryPolicy.exponential()]) {
          expect(yield* run(thing(), [broken(code), status(200)], policy)).toMatchObject({ error: undefined, sent: 2 })
          expect((yield* run(thing(), [broken(code)], policy)).error).toMatchObject({
            _tag: "TimeoutError",
            reason: code
          })
        }
      })
  )

  describe("of an attempt", () => {
    it.scoped("is retried", () =>
      Effect.gen(function* () {
        const { next, requests, url } = yield* Scripted.make([
          Scripted.silence,
          Scripted.stalled('{"ok":'),
          Scripted.respond({ body: '{"ok":true}' })
        ])
        const policy = RetryPolicy.make({ schedule: Schedule.recurs(2), retries: RetryPolicy.onTransportFailure })
        const call = (method: "GET" | "POST") =>
          thing(method).pipe(
            Effect.provideService(RetryPolicy.Current, policy),
            Effect.provideService(Deadline.PerAttempt, "5 seconds"),
            Effect.provide(Layer.merge(at(url), client))
          )
        const fiber = yield* Effect.fork(call("GET"))
        for (let attempt = 1; attempt <= 2; attempt += 1) {
          yield* next
          yield* TestClock.adjust("5 seconds")
        }
        expect(yield* Fiber.join(fiber)).toEqual({ ok: true })
        expect(requests).toHaveLength(3)
      })
    )
  })
})

describe("a response", () => {
  const twice = RetryPolicy.make({ schedule: Schedule.recurs(2), retries: () => true })
  const calling = (url: URL, policy: RetryPolicy.RetryPolicy) => (call: ReturnType<typeof thing>) =>
    call.pipe(Effect.provideService(RetryPolicy.Current, policy), Effect.provide(Layer.merge(at(url), client)))

  it.scopedLive.each(["end", "reset"] as const)(
    "whose body is cut short is retried, and is then a TransportError: %s",
    (how) =>
      Effect.gen(function* () {
        for (const framing of ["length", "chunked"] as const) {
          const cut = Scripted.cutShort({ body: '{"ok":', how, framing })
          const server = yield* Scripted.make((_, index) =>
            index % 3 === 2 ? Scripted.respond({ body: '{"ok":true}' }) : cut
          )
          expect(yield* calling(server.url, twice)(thing())).toEqual({ ok: true })
          expect(server.requests).toHaveLength(3)

          const broken = yield* Scripted.make([cut])
          expect(yield* Effect.flip(calling(broken.url, twice)(thing()))).toMatchObject({ _tag: "TransportError" })
          expect(broken.requests).toHaveLength(3)
          expect(yield* Effect.flip(calling(broken.url, twice)(thing("POST")))).toMatchObject({
            _tag: "TransportError"
          })
          expect(broken.requests).toHaveLength(4)
        }
      })
  )

  it.scopedLive("that is not JSON is not retried, and is a DecodeError", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.respond({ body: '{"ok":' })])
      expect(yield* Effect.flip(calling(url, twice)(thing()))).toMatchObject({ _tag: "DecodeError", reason: "Json" })
      expect(requests).toHaveLength(1)
    })
  )
})
