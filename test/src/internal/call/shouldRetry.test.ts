import { describe, expect, it } from "@effect/vitest"
import { inspect } from "node:util"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { type Attempt, RetryAfter, RetryPolicy } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, broken, status, thing, type Step } from "../../../support/kit.js"
import { run } from "../../../support/run.js"

const retryAll = RetryPolicy.make({ schedule: Schedule.recurs(1), retries: () => true })
const stock = { standard: RetryPolicy.standard, exponential: RetryPolicy.exponential({ attempts: 3 }) }
const names = ["x-should-retry", "stripe-should-retry"]
const ok = status(200)

const last = (call: ReturnType<typeof thing>, step: () => Step, policy: RetryPolicy.RetryPolicy) =>
  Effect.map(run(call, [step], policy), ({ error, sent }) => {
    const attempt = error?.attempts[0]
    return [sent, attempt?.class, attempt?.verdict]
  })

describe("RetryAfter.shouldRetry", () => {
  it.each([
    [{}, undefined],
    [{ "x-should-retry": "true" }, true],
    [{ "x-should-retry": " TRUE\t" }, true],
    [{ "stripe-should-retry": "true" }, true],
    [{ "x-should-retry": "false" }, false],
    [{ "stripe-should-retry": "False" }, false],
    [{ "x-should-retry": "true", "stripe-should-retry": "false" }, false],
    [{ "x-should-retry": "false", "stripe-should-retry": "true" }, false],
    [{ "x-should-retry": "yes" }, undefined],
    [{ "x-should-retry": "" }, undefined],
    [{ "x-should-retry": "true, true" }, undefined]
  ])("reads %j as %s", (headers, expected) => {
    expect(RetryAfter.shouldRetry(headers)).toBe(expected)
  })
})

describe.each(names)("%s", (name) => {
  it.effect("false makes every failure final, under every policy", () =>
    Effect.gen(function* () {
      for (const code of [429, 408, 500, 503, 529]) {
        for (const policy of [retryAll, ...Object.values(stock)]) {
          const step = status(code, { [name]: "false", "retry-after": "0" })
          expect(yield* last(thing(), step, policy)).toEqual([1, "Final", "final"])
        }
      }
    })
  )

  it.effect("true makes a final failure ambiguous, which only idempotent calls may retry", () =>
    Effect.gen(function* () {
      for (const code of [400, 404, 409, 501]) {
        const step = status(code, { [name]: "true" })
        expect(yield* last(thing(), step, retryAll)).toEqual([2, "Ambiguous", "retried"])
        expect(yield* last(thing("POST"), step, retryAll)).toEqual([1, "Ambiguous", "unsafe"])
        expect(yield* last(thing("POST", { idempotent: true }), step, retryAll)).toEqual([2, "Ambiguous", "retried"])
      }
      expect(yield* last(thing("POST"), status(429, { [name]: "true" }), retryAll)).toEqual([2, "Rejected", "retried"])
      expect(yield* last(thing(), status(500, { [name]: "true" }), retryAll)).toEqual([2, "Ambiguous", "retried"])
    })
  )

  it.effect.each(Object.entries(stock))("true is retried by the stock policies: %s", ([, policy]) =>
    Effect.gen(function* () {
      for (const code of [400, 404, 500, 501, 529]) {
        expect(yield* last(thing(), status(code, { [name]: "true" }), policy)).toEqual([4, "Ambiguous", "retried"])
      }
      expect(yield* last(thing(), status(400), policy)).toEqual([1, "Final", "final"])
    })
  )
})

describe("the headers of a response", () => {
  it.effect("can be read by each part of a policy, by their names in lower case", () =>
    Effect.gen(function* () {
      const seen: Array<Attempt.FailedAttempt["headers"]> = []
      const policy = RetryPolicy.make({
        schedule: Schedule.recurWhile((failed: Attempt.FailedAttempt) => {
          seen.push(failed.headers)
          return true
        }),
        retries: ({ headers }) => headers?.["x-reason"] !== "broken",
        rejected: ({ headers }) => headers?.["x-not-done"] === "1"
      })
      const steps = [
        status(409, { "X-Not-Done": "1" }),
        broken("ECONNREFUSED"),
        status(409, { "X-Not-Done": "1", "X-Reason": "broken" })
      ]
      const { error, sent } = yield* run(thing("POST"), steps, policy)
      expect(sent).toBe(3)
      expect(seen).toMatchObject([{ "x-not-done": "1" }, undefined])
      expect(error?.attempts.map(({ verdict }) => verdict)).toEqual(["retried", "retried", "not retried by policy"])
    })
  )

  it.effect("are not in errors, which may be logged", () =>
    Effect.gen(function* () {
      const secret = "s3cr3t"
      const { error } = yield* run(thing(), [status(503, { "set-cookie": secret, "x-key": secret })])
      expect(error?.attempts).toHaveLength(4)
      for (const attempt of error!.attempts) expect(attempt).not.toHaveProperty("headers")
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(secret)
    })
  )
})

describe("a 408 on a connection that closes", () => {
  it.scopedLive("is retried by the standard policy, a POST, too", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.respond({ status: 408, headers: { connection: "close" } }),
        Scripted.json({ ok: true })
      ])
      const call = Effect.provide(thing("POST"), Layer.merge(at(server.url), client))
      expect(yield* call).toEqual({ ok: true })
      expect(server.requests).toHaveLength(2)
    })
  )
})

describe("statuses that are not registered", () => {
  it.effect.each([509, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530, 598])("%i is as a 500", (code) =>
    Effect.gen(function* () {
      expect(yield* run(thing(), [status(code), ok], retryAll)).toMatchObject({ error: undefined, sent: 2 })
      expect(yield* last(thing("POST"), status(code), retryAll)).toEqual([1, "Ambiguous", "unsafe"])
    })
  )
})
