import type { HttpMethod } from "@effect/platform/HttpMethod"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { type Attempt, Authoriser, Backoff, RetryPolicy } from "effect-herald"
import { broken, elapsing, status, thing, type Turn } from "./kit.js"
import { run, start } from "./run.js"

const methods: ReadonlyArray<HttpMethod> = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"]

/** One operation a method, whose endpoints are compiled once. */
const calls = Object.fromEntries(methods.map((method) => [method, thing(method)])) as Record<
  HttpMethod,
  ReturnType<typeof thing>
>

/*
 * The full table. What is expected comes from what is written, not from the code: the classes from the README, the policies from
 * the Civis client's documentation, from the request handler's, and from this library's own page.
 */

/** What a server does with every attempt: answers with a status, or breaks the connection with a code. */
type What = number | string

const statuses = [400, 401, 403, 404, 408, 409, 413, 425, 429, 500, 501, 502, 503, 504] as const
/** DNS, connection refused, an untrusted certificate: nothing was written. */
const unsent = ["ENOTFOUND", "ECONNREFUSED", "CERT_HAS_EXPIRED"]
/** The connection broke after writing began, or no answer came in time. */
const lost = ["ECONNRESET", "UND_ERR_SOCKET", "UND_ERR_HEADERS_TIMEOUT"]

/** The README's table of what may be repeated at all, whatever a policy says. */
const mayRepeat = (method: HttpMethod, what: What, asked: boolean): true | Attempt.Verdict => {
  if (typeof what === "string" && unsent.includes(what)) return true
  if (what === 401 || what === 408 || what === 425 || what === 429) return true
  if (asked && (what === 413 || what === 503)) return true
  const ambiguous =
    (typeof what === "string" && lost.includes(what)) || what === 500 || what === 502 || what === 503 || what === 504
  if (!ambiguous) return "final"
  return method !== "POST" && method !== "PATCH" ? true : "unsafe"
}

/** A policy as it is documented; times are in seconds. */
interface Documented {
  readonly policy: RetryPolicy.RetryPolicy
  readonly attempts: number
  readonly repeats: (method: HttpMethod, what: What, asked: boolean) => boolean
  /** The wait after the nth failure, if every draw is a half. */
  readonly wait: (n: number) => number
  /** The longest Retry-After that it accepts. */
  readonly accepts: number
  /** When a failure is the last one. */
  readonly within: number
  /** What the API says to have done nothing, besides what HTTP says. */
  readonly rejected: (method: HttpMethod, what: What) => boolean
}

const documented: Readonly<Record<string, Documented>> = {
  // "By default a call has four attempts, after connection failures, 429, 502, 503 and 504, with full jitter; ... one beyond a
  // minute ends the call at once"
  standard: {
    policy: RetryPolicy.standard,
    attempts: 4,
    repeats: (_, what) => typeof what === "string" || [429, 502, 503, 504].includes(what),
    wait: (n) => [0.5, 1, 2][n - 1]! / 2,
    accepts: 60,
    within: Infinity,
    rejected: () => false
  },
  none: {
    policy: RetryPolicy.none,
    attempts: 1,
    repeats: () => false,
    wait: () => 0,
    accepts: 60,
    within: Infinity,
    rejected: () => false
  },
  civis: {
    policy: RetryPolicy.civis,
    attempts: 10,
    repeats: (method, what, asked) =>
      // "413, 429 or 503 with a Retry-After: ... whatever the method."
      (asked && (what === 413 || what === 429 || what === 503)) ||
      // "429, 502, 503 or 504, not PATCH or POST"
      ((what === 429 || what === 502 || what === 503 || what === 504) && method !== "PATCH" && method !== "POST") ||
      // "POST: 429 and 503 only"
      (method === "POST" && (what === 429 || what === 503)),
    // "full jitter of min(60, 2*2^(n-1)) s, 10 attempts or 600 s"
    wait: (n) => Math.min(60, 2 * 2 ** (n - 1)) / 2,
    accepts: 600,
    within: 600,
    rejected: (method, what) => method === "POST" && what === 503
  },
  backoff: {
    policy: RetryPolicy.backoff(),
    attempts: 11,
    // "fatal statuses 400..407"
    repeats: (_, what) => typeof what === "string" || what < 400 || what > 407,
    wait: (n) => 0.5 * 1.5 ** (n - 1),
    // "timeout = sum of start*factor^i, i=0..count: 85.5 s"
    accepts: 85,
    within: Infinity,
    rejected: () => false
  }
}

/** A Retry-After: what the header says when the answer is made, and how long a wait it means, both by the time of that. */
interface Asked {
  readonly header: (now: number, policy: Documented) => string
  readonly millis: (now: number, policy: Documented) => number
}

const seconds = (count: (policy: Documented) => number): Asked => ({
  header: (_, policy) => `${count(policy)}`,
  millis: (_, policy) => count(policy) * 1000
})

/** An HTTP date is in whole seconds. */
const date = (count: (policy: Documented) => number): Asked => {
  // What is but rounding short of a second is that second.
  const then = (now: number, policy: Documented) => Math.floor((now + 0.01) / 1000 + count(policy)) * 1000
  return {
    header: (now, policy) => new Date(then(now, policy)).toUTCString(),
    millis: (now, policy) => then(now, policy) - now
  }
}

const asking: Readonly<Record<string, Asked | undefined>> = {
  absent: undefined,
  "0": seconds(() => 0),
  "3 seconds": seconds(() => 3),
  "a date 5 seconds ahead": date(() => 5),
  "the longest that is accepted": seconds(({ accepts }) => accepts),
  "longer than that": seconds(({ accepts }) => accepts + 1),
  "a date later than that": date(({ accepts }) => accepts + 2)
}

const tagOf = (what: What): string => {
  if (typeof what === "string") return what.endsWith("TIMEOUT") ? "TimeoutError" : "TransportError"
  if (what === 401) return "Unauthorised"
  return what === 429 ? "RateLimited" : what >= 500 ? "ServerError" : "ClientError"
}

/** When requests are sent, and what the call ends with, by what is documented. */
const expected = (policy: Documented, method: HttpMethod, what: What, asked: Asked | undefined, begun: number) => {
  const times = [0]
  const ends = (verdict: Attempt.Verdict, tag = tagOf(what)) => ({ times: times.map(Math.round), verdict, tag })
  const allowed = policy.rejected(method, what) || mayRepeat(method, what, asked !== undefined)
  if (allowed !== true) return ends(allowed)
  if (!policy.repeats(method, what, asked !== undefined)) return ends("declined")
  for (;;) {
    const at = times.at(-1)!
    if (times.length === policy.attempts || at >= policy.within * 1000) return ends("exhausted")
    const floor = asked?.millis(begun + at, policy) ?? 0
    if (floor > policy.accepts * 1000) return ends("wait too long", "RateLimited")
    times.push(at + Math.max(floor, policy.wait(times.length) * 1000))
  }
}

// The test clock waits for real timers between steps, which it can do for several tests at once.
describe.concurrent.each(Object.entries(documented))(
  "the full table, by method and Retry-After, to the millisecond: %s",
  (_, policy) => {
    it.effect.each([...statuses, ...unsent, ...lost])("%s", (what) =>
      Effect.gen(function* () {
        // Dates are in whole seconds.
        yield* TestClock.setTime(Date.UTC(2030, 0, 1))
        const begun = yield* Clock.currentTimeMillis
        const cases = methods.flatMap((method) =>
          Object.entries(asking)
            .filter(([name]) => typeof what === "number" || name === "absent")
            .map(([name, asked]) => ({ name: `${method}, ${name}`, method, asked }))
        )
        const outcomes = yield* Effect.forEach(
          cases,
          ({ asked, method }) => {
            const answered = (code: number) =>
              Effect.map(Clock.currentTimeMillis, (now) =>
                status(code, asked && { "retry-after": asked.header(now, policy) })()
              )
            const turn = () => (typeof what === "string" ? broken(what)() : answered(what))
            return start(calls[method], [turn], policy.policy, { draw: 0.5 })
          },
          { concurrency: "unbounded" }
        ).pipe(elapsing)
        for (const [index, { asked, method, name }] of cases.entries()) {
          const { error, times } = outcomes[index]!
          expect([name, { times, verdict: error?.attempts.at(-1)?.verdict, tag: error?._tag }]).toEqual([
            name,
            expected(policy, method, what, asked, begun)
          ])
        }
      })
    )
  }
)

const after = (value: string) => ({ "retry-after": value })

/** Whether a method is repeated at once after this failure. */
const repeated = (method: HttpMethod, turn: () => Turn, policy: RetryPolicy.RetryPolicy) =>
  Effect.map(run(calls[method], [turn, status(200)], policy, { draw: 0 }), ({ sent }) => sent === 2)

describe("civis: as its client's documentation has it", () => {
  const { civis } = RetryPolicy

  it.effect("413, 429 or 503 with a Retry-After: waits that long, then retries, whatever the method", () =>
    Effect.gen(function* () {
      for (const method of methods) {
        for (const code of [413, 429, 503]) {
          const { error, times } = yield* run(calls[method], [status(code, after("7")), status(200)], civis, {
            draw: 0.5
          })
          expect([error, times]).toEqual([undefined, [0, 7000]])
        }
      }
    })
  )

  it.effect("429, 502, 503 or 504, not PATCH or POST: an exponential delay, several tries", () =>
    Effect.gen(function* () {
      for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] as const) {
        for (const code of [429, 502, 503, 504]) {
          const { waits } = yield* run(calls[method], [status(code)], civis, { draw: 1 })
          expect(waits.map((wait) => wait / 1000)).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60])
        }
      }
    })
  )

  it.effect("POST: 429 and 503 only, with the same delays", () =>
    Effect.gen(function* () {
      for (const code of [429, 503]) {
        const { waits } = yield* run(calls.POST, [status(code)], civis, { draw: 1 })
        expect(waits.map((wait) => wait / 1000)).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60])
      }
      for (const code of [502, 504]) expect(yield* repeated("POST", status(code), civis)).toBe(false)
    })
  )

  it.effect("PATCH: never, without a Retry-After", () =>
    Effect.gen(function* () {
      for (const code of [413, 429, 502, 503, 504]) {
        expect(yield* repeated("PATCH", status(code), civis)).toBe(false)
      }
    })
  )

  it.effect("nothing else is retried", () =>
    Effect.gen(function* () {
      for (const method of methods) {
        for (const code of [400, 401, 403, 404, 408, 409, 425, 500, 501]) {
          expect(yield* repeated(method, status(code), civis)).toBe(false)
          expect(yield* repeated(method, status(code, after("1")), civis)).toBe(false)
        }
        for (const code of ["ECONNREFUSED", "ECONNRESET"]) {
          expect(yield* repeated(method, broken(code), civis)).toBe(false)
        }
      }
    })
  )

  it.effect("ten attempts, or ten minutes", () =>
    Effect.gen(function* () {
      expect((yield* run(calls.GET, [status(503)], civis, { draw: 0 })).sent).toBe(10)
      const { ended, error, times } = yield* run(calls.GET, [status(503, after("290"))], civis)
      expect(times).toEqual([0, 290_000, 580_000, 870_000])
      expect(ended).toBe(870_000)
      expect(error).toMatchObject({ _tag: "ServerError" })
      expect(error?.attempts.at(-1)?.verdict).toBe("exhausted")
    })
  )

  it.effect("Retry-After is the floor, in full jitter", () =>
    Effect.gen(function* () {
      const waits = (draw: number) =>
        Effect.map(run(calls.GET, [status(429, after("5"))], civis, { draw }), ({ waits }) =>
          waits.slice(0, 5).map((wait) => wait / 1000)
        )
      expect(yield* waits(0)).toEqual([5, 5, 5, 5, 5])
      expect(yield* waits(0.5)).toEqual([5, 5, 5, 8, 16])
      expect(yield* waits(1)).toEqual([5, 5, 8, 16, 32])
    })
  )
})

describe("backoff: the request handler's", () => {
  const backoff = RetryPolicy.backoff()
  const inSeconds = (duration: Duration.Duration) => Math.round(Duration.toSeconds(duration) * 100) / 100

  it("0.5, 1.5 and 10 give 28.83 s for the final wait, and 85.5 s in all", () => {
    expect([inSeconds(backoff.final), inSeconds(backoff.total)]).toEqual([28.83, 85.5])
    expect(RetryPolicy.backoff({ start: "500 millis", factor: 1.5, attempts: 10 })).toMatchObject({
      final: backoff.final,
      total: backoff.total
    })
  })

  it("other settings of its history give its other numbers", () => {
    const numbers = (start: Duration.DurationInput, factor: number, attempts: number) => {
      const { final, total } = RetryPolicy.backoff({ start, factor, attempts })
      return [inSeconds(final), inSeconds(total)]
    }
    expect(numbers("1 second", 2, 6)).toEqual([64, 127])
    expect(numbers("500 millis", 2, 10)).toEqual([512, 1023.5])
    expect(numbers("200 millis", 1.932, 10)[0]).toBe(144.91)
    expect(numbers("3 seconds", 1, 4)).toEqual([3, 15])
    expect(numbers("1 second", 2, 0)).toEqual([1, 1])
  })

  it.effect("11 requests, and ten waits that grow by half", () =>
    Effect.gen(function* () {
      const { error, sent, waits } = yield* run(calls.GET, [status(500)], backoff)
      expect(sent).toBe(11)
      expect(waits.map((wait) => wait.toFixed(3))).toEqual(
        Array.from({ length: 10 }, (_, index) => (500 * 1.5 ** index).toFixed(3))
      )
      expect(error).toMatchObject({ _tag: "ServerError", status: 500 })
    })
  )

  it.effect("408 twice and then 200 is 3 requests", () =>
    Effect.gen(function* () {
      for (const method of methods) {
        const turns = [status(408), status(408), status(200)]
        expect(yield* run(calls[method], turns, backoff)).toMatchObject({ error: undefined, times: [0, 500, 1250] })
      }
    })
  )

  it.effect("a Retry-After of 1 is waited for, and one of 2000 fails at once", () =>
    Effect.gen(function* () {
      for (const code of [429, 503]) {
        const waited = yield* run(calls.GET, [status(code, after("1")), status(200)], backoff)
        expect(waited).toMatchObject({ error: undefined, times: [0, 1000] })
        const failed = yield* run(calls.GET, [status(code, after("2000")), status(200)], backoff)
        expect(failed).toMatchObject({ sent: 1, ended: 0, error: { _tag: "RateLimited", status: code } })
      }
    })
  )

  it.effect("400 to 407 are fatal", () =>
    Effect.gen(function* () {
      for (const code of [400, 401, 402, 403, 404, 405, 406, 407]) {
        expect((yield* run(calls.GET, [status(code)], backoff)).sent).toBe(1)
        expect((yield* run(calls.GET, [status(code, after("1"))], backoff)).sent).toBe(1)
      }
    })
  )

  it.effect("the longest wait that is accepted can be set", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.backoff({ timeout: "10 minutes" })
      expect((yield* run(calls.GET, [status(429, after("600")), status(200)], policy)).waits).toEqual([600_000])
      expect((yield* run(calls.GET, [status(429, after("601"))], policy)).sent).toBe(1)
    })
  )

  it.effect("endless attempts have endless waits in all, and no other trouble", () =>
    Effect.gen(function* () {
      const endless = RetryPolicy.backoff({ attempts: Infinity })
      expect([endless.final, endless.total]).toEqual([Duration.infinity, Duration.infinity])
      const even = RetryPolicy.backoff({ attempts: Infinity, factor: 1, start: "1 second" })
      expect([even.final, even.total]).toEqual([Duration.seconds(1), Duration.infinity])
      const turns = [...Array.from({ length: 40 }, () => status(429)), status(200)]
      expect(yield* run(calls.GET, turns, even)).toMatchObject({ error: undefined, sent: 41, ended: 40_000 })
    })
  )
})

describe("orElse", () => {
  const when = (repeats: RetryPolicy.Rule["repeats"], schedule: Schedule.Schedule<unknown, Attempt.FailedAttempt>) =>
    RetryPolicy.make({ repeats, schedule })
  const startingUp = when(RetryPolicy.onTransportFailure, Schedule.spaced("100 millis"))
  const limited = when(RetryPolicy.onStatus(429), Schedule.exponential("1 second"))

  it.effect("is one policy, and where that does not repeat what happened, another", () =>
    Effect.gen(function* () {
      const both = RetryPolicy.orElse(startingUp, limited)
      expect((yield* run(calls.GET, [broken("ECONNREFUSED"), status(429), status(200)], both)).times).toEqual([
        0, 100, 1100
      ])
      expect(
        (yield* run(calls.GET, [status(429), broken("ECONNREFUSED"), status(503)], both)).error?.attempts
      ).toMatchObject([{ verdict: "repeated" }, { verdict: "repeated" }, { verdict: "declined" }])
      expect(RetryPolicy.orElse(limited)(startingUp)).toEqual(both)
    })
  )

  it.effect("decides by the first that repeats what happened, though its schedule be at its end", () =>
    Effect.gen(function* () {
      const once = when(RetryPolicy.onStatus(429), Schedule.recurs(1))
      const { error, times } = yield* run(calls.GET, [status(429)], RetryPolicy.orElse(once, limited))
      expect(times).toEqual([0, 0])
      expect(error?.attempts.at(-1)?.verdict).toBe("exhausted")
    })
  )

  it.effect("leaves each its own place in its schedule", () =>
    Effect.gen(function* () {
      const turns = [status(429), broken("ECONNREFUSED"), status(429), broken("ECONNREFUSED"), status(429), status(200)]
      const { waits } = yield* run(calls.GET, turns, RetryPolicy.orElse(startingUp, limited))
      expect(waits).toEqual([1000, 100, 2000, 100, 4000])
    })
  )

  it.effect("counts attempts and time for the call as a whole", () =>
    Effect.gen(function* () {
      const turns = [status(429), broken("ECONNREFUSED"), status(429), broken("ECONNREFUSED")]
      const counted = (limit: Schedule.Schedule<unknown, Attempt.FailedAttempt>) =>
        RetryPolicy.orElse(
          when(RetryPolicy.onTransportFailure, limit),
          when(RetryPolicy.onStatus(429), Schedule.intersect(Schedule.spaced("1 second"), limit))
        )
      expect((yield* run(calls.GET, turns, counted(Backoff.attempts(3)))).sent).toBe(3)
      expect((yield* run(calls.GET, turns, counted(Backoff.elapsed("2 seconds")))).times).toEqual([0, 1000, 1000, 2000])
    })
  )

  it.effect("accepts the longest wait of whoever decides", () =>
    Effect.gen(function* () {
      const patient = RetryPolicy.make({
        schedule: Schedule.forever,
        repeats: RetryPolicy.onStatus(429),
        maxWait: "1 hour"
      })
      const policy = RetryPolicy.orElse(
        patient,
        RetryPolicy.make({ schedule: Schedule.forever, repeats: RetryPolicy.onStatus(503), maxWait: "1 second" })
      )
      expect((yield* run(calls.GET, [status(429, after("3600")), status(200)], policy)).waits).toEqual([3_600_000])
      expect((yield* run(calls.GET, [status(503, after("2")), status(200)], policy)).sent).toBe(1)
    })
  )

  it.effect("takes the word of either for what is a refusal", () =>
    Effect.gen(function* () {
      const knowing = RetryPolicy.make({
        schedule: Schedule.stop,
        repeats: () => false,
        rejected: RetryPolicy.onStatus(500)
      })
      const keen = when(RetryPolicy.onStatus(500), Schedule.forever)
      expect(yield* repeated("POST", status(500), keen)).toBe(false)
      expect(yield* repeated("POST", status(500), RetryPolicy.orElse(knowing, keen))).toBe(true)
      expect(yield* repeated("POST", status(500), RetryPolicy.orElse(keen, knowing))).toBe(true)
    })
  )
})

describe("what a policy can say", () => {
  const any = (options: Partial<Parameters<typeof RetryPolicy.make>[0]>) =>
    RetryPolicy.make({ schedule: Schedule.forever, repeats: () => true, ...options })

  it.effect("rejected makes a refusal of what its status leaves open, or calls final", () =>
    Effect.gen(function* () {
      for (const code of [403, 409, 500, 501]) {
        for (const method of ["GET", "POST"] as const) {
          const turns = [status(code), status(200)]
          const policy = any({ rejected: RetryPolicy.onStatus(code) })
          const { sent } = yield* run(calls[method], turns, policy)
          expect(sent).toBe(2)
        }
      }
      const { error } = yield* run(calls.POST, [status(409), status(500)], any({ rejected: RetryPolicy.onStatus(409) }))
      expect(error?.attempts.map((attempt) => attempt.class)).toEqual(["Rejected", "Ambiguous"])
    })
  )

  it.effect("rejected does not make an unrepeatable call repeatable", () =>
    Effect.gen(function* () {
      const call = thing("POST", { unrepeatable: true })
      expect((yield* run(call, [status(409), status(200)], any({ rejected: () => true }))).sent).toBe(1)
    })
  )

  it.effect("onTransportFailure is not about credentials that can't be had, whatever it is used for", () =>
    Effect.gen(function* () {
      const policy = any({ repeats: RetryPolicy.onTransportFailure, rejected: RetryPolicy.onTransportFailure })
      const authorise = () =>
        Effect.fail(new Authoriser.AuthoriserFailure({ reason: "expired", message: "sign in again" }))
      const { error, sent } = yield* run(calls.POST, [status(200)], policy, { caller: { authorise } })
      expect([sent, error?._tag, error?.attempts.map(({ verdict }) => verdict)]).toEqual([
        0,
        "AuthoriserError",
        ["final"]
      ])
    })
  )

  it.effect("rejected can say of an answer what it means, and nothing of what had none", () =>
    Effect.gen(function* () {
      const all = any({ repeats: () => true, rejected: () => true })
      expect((yield* run(calls.POST, [status(500), status(200)], all)).sent).toBe(2)
      for (const lost of [broken("ECONNRESET"), () => new TypeError("Failed to fetch")]) {
        const { error, sent } = yield* run(calls.POST, [lost, status(200)], all)
        expect([sent, error?.attempts.map(({ verdict }) => verdict)]).toEqual([1, ["unsafe"]])
      }
    })
  )

  it("the longest wait is a minute unless said otherwise", () => {
    expect(any({}).rules[0]?.maxWait).toEqual(Duration.minutes(1))
    expect(any({ maxWait: 5 }).rules[0]?.maxWait).toEqual(Duration.millis(5))
  })

  it.effect("onMethod, onStatus, onRetryAfter and onTransportFailure name what happened", () =>
    Effect.gen(function* () {
      const named = (repeats: RetryPolicy.Rule["repeats"]) => {
        const happenings = {
          429: status(429),
          "429, Retry-After": status(429, after("0")),
          refused: broken("ECONNREFUSED")
        }
        return Effect.filter(
          (["GET", "POST"] as const).flatMap((method) =>
            Object.entries(happenings).map(([name, turn]) => ({ name: `${method} ${name}`, method, turn }))
          ),
          ({ method, turn }) => repeated(method, turn, any({ repeats }))
        ).pipe(Effect.map((which) => which.map(({ name }) => name)))
      }
      expect(yield* named(RetryPolicy.onMethod("POST"))).toEqual(["POST 429", "POST 429, Retry-After", "POST refused"])
      expect(yield* named(RetryPolicy.onStatus(503, 429))).toEqual([
        "GET 429",
        "GET 429, Retry-After",
        "POST 429",
        "POST 429, Retry-After"
      ])
      expect(yield* named(RetryPolicy.onRetryAfter)).toEqual(["GET 429, Retry-After", "POST 429, Retry-After"])
      expect(yield* named(RetryPolicy.onTransportFailure)).toEqual(["GET refused", "POST refused"])
      expect(yield* named(RetryPolicy.onStatus())).toEqual([])
    })
  )
})
