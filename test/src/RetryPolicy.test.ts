import type { HttpMethod } from "@effect/platform/HttpMethod"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { type Attempt, Backoff, Credentials, RetryPolicy } from "effect-herald"
import * as Civis from "effect-herald/civis"
import { broken, elapsingAtOnce, status, thing, type Step } from "../support/kit.js"
import { run, start } from "../support/run.js"

const methods: ReadonlyArray<HttpMethod> = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"]

/** One operation for each method, so that each endpoint is compiled once. */
const calls = Object.fromEntries(methods.map((method) => [method, thing(method)])) as Record<
  HttpMethod,
  ReturnType<typeof thing>
>

/*
 * The full table. The expected results come from documentation, not from the code: the classes from this library's, the
 * policies from this library's, Civis' and musify's.
 */

/** The server's behaviour for every attempt: a response with a status, or a transport failure with a code. */
type Behaviour = number | string

const statuses = [400, 401, 403, 404, 408, 409, 413, 425, 429, 500, 501, 502, 503, 504, 507, 520, 529] as const
/** DNS, connection refused, an untrusted certificate: nothing was written. */
const notSent = ["ENOTFOUND", "ECONNREFUSED", "CERT_HAS_EXPIRED"]
/** The connection broke after writing began, or the response timed out. */
const ambiguous = ["ECONNRESET", "UND_ERR_SOCKET", "UND_ERR_HEADERS_TIMEOUT"]

/** The documented table of failures that are safe to retry: true, or the verdict if no policy can retry them. */
const mayRetry = (method: HttpMethod, behaviour: Behaviour, hasRetryAfter: boolean): true | Attempt.Verdict => {
  if (typeof behaviour === "string" && notSent.includes(behaviour)) return true
  if (behaviour === 401 || behaviour === 408 || behaviour === 425 || behaviour === 429) return true
  if (hasRetryAfter && (behaviour === 413 || behaviour === 503)) return true
  const isAmbiguous =
    typeof behaviour === "string"
      ? ambiguous.includes(behaviour)
      : [500, 502, 503, 504, 507, 520, 529].includes(behaviour)
  if (!isAmbiguous) return "final"
  return method !== "POST" && method !== "PATCH" ? true : "unsafe"
}

/** A policy as it is documented. Times are in seconds. */
interface Documented {
  readonly policy: RetryPolicy.RetryPolicy
  readonly attempts: number
  readonly retries: (method: HttpMethod, behaviour: Behaviour, hasRetryAfter: boolean) => boolean
  /** The wait after the nth failure, if every random number is a half. */
  readonly wait: (n: number) => number
  /** The longest Retry-After that is accepted. */
  readonly maxWait: number
  /** The time after which a failure is not retried. */
  readonly maxElapsed: number
  /** The responses by which the API says that it did not act on the request, beyond those that HTTP defines. */
  readonly rejected: (method: HttpMethod, behaviour: Behaviour) => boolean
}

const documented: Readonly<Record<string, Documented>> = {
  // Four attempts, after transport failures, 408, 429, 502, 503 and 504, with full jitter. A Retry-After beyond a minute ends the
  // call.
  standard: {
    policy: RetryPolicy.standard,
    attempts: 4,
    retries: (_, behaviour) => typeof behaviour === "string" || [408, 429, 502, 503, 504].includes(behaviour),
    wait: (n) => [0.5, 1, 2][n - 1]! / 2,
    maxWait: 60,
    maxElapsed: Infinity,
    rejected: () => false
  },
  none: {
    policy: RetryPolicy.none,
    attempts: 1,
    retries: () => false,
    wait: () => 0,
    maxWait: 60,
    maxElapsed: Infinity,
    rejected: () => false
  },
  civis: {
    policy: Civis.retryPolicy,
    attempts: 10,
    retries: (method, behaviour, hasRetryAfter) => {
      if (typeof behaviour === "string") return false
      // "413, 429 or 503 with a Retry-After: ... whatever the method."
      if (hasRetryAfter && [413, 429, 503].includes(behaviour)) return true
      // "429, 502, 503 or 504, not PATCH or POST"
      if (method !== "PATCH" && method !== "POST") return [429, 502, 503, 504].includes(behaviour)
      // "POST: 429 and 503 only"
      return method === "POST" && [429, 503].includes(behaviour)
    },
    // "full jitter of min(60, 2*2^(n-1)) s, 10 attempts or 600 s"
    wait: (n) => Math.min(60, 2 * 2 ** (n - 1)) / 2,
    maxWait: 600,
    maxElapsed: 600,
    rejected: (method, behaviour) => method === "POST" && behaviour === 503
  },
  exponential: {
    policy: RetryPolicy.exponential(),
    attempts: 11,
    // "fatal statuses 400..407"
    retries: (_, behaviour) => typeof behaviour === "string" || behaviour < 400 || behaviour > 407,
    wait: (n) => 0.5 * 1.5 ** (n - 1),
    // "timeout = sum of start*factor^i, i=0..count: 85.5 s"
    maxWait: 85,
    maxElapsed: Infinity,
    rejected: () => false
  }
}

/** A Retry-After: the header, and the wait that it means, both at the time of the response. */
interface RetryAfter {
  readonly header: (now: number, policy: Documented) => string
  readonly millis: (now: number, policy: Documented) => number
}

const seconds = (count: (policy: Documented) => number): RetryAfter => ({
  header: (_, policy) => `${count(policy)}`,
  millis: (_, policy) => count(policy) * 1000
})

/** An HTTP date, which is in whole seconds. */
const date = (count: (policy: Documented) => number): RetryAfter => {
  // A time that is short of a whole second only by rounding counts as that second.
  const dateAt = (now: number, policy: Documented) => Math.floor((now + 0.01) / 1000 + count(policy)) * 1000
  return {
    header: (now, policy) => new Date(dateAt(now, policy)).toUTCString(),
    millis: (now, policy) => dateAt(now, policy) - now
  }
}

const retryAfters: Readonly<Record<string, RetryAfter | undefined>> = {
  absent: undefined,
  "0": seconds(() => 0),
  "3 seconds": seconds(() => 3),
  "a date 5 seconds ahead": date(() => 5),
  "the longest that is accepted": seconds(({ maxWait }) => maxWait),
  "a second longer than accepted": seconds(({ maxWait }) => maxWait + 1),
  "a date later than accepted": date(({ maxWait }) => maxWait + 2)
}

const tagsByStatus: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  429: "RateLimited"
}

const tagOf = (behaviour: Behaviour): string => {
  if (typeof behaviour === "string") return behaviour.endsWith("TIMEOUT") ? "TimeoutError" : "TransportError"
  return tagsByStatus[behaviour] ?? (behaviour >= 500 ? "ServerError" : "ClientError")
}

/** The times of the requests, the last verdict and the error of a call, as documented. */
const expected = (
  policy: Documented,
  method: HttpMethod,
  behaviour: Behaviour,
  retryAfter: RetryAfter | undefined,
  startedAt: number
) => {
  const times = [0]
  const result = (verdict: Attempt.Verdict, tag = tagOf(behaviour)) => ({ times: times.map(Math.round), verdict, tag })
  const allowed = policy.rejected(method, behaviour) || mayRetry(method, behaviour, retryAfter !== undefined)
  if (allowed !== true) return result(allowed)
  if (!policy.retries(method, behaviour, retryAfter !== undefined)) return result("not retried by policy")
  for (;;) {
    const at = times.at(-1)!
    if (times.length === policy.attempts || at >= policy.maxElapsed * 1000) return result("exhausted")
    const minWait = retryAfter?.millis(startedAt + at, policy) ?? 0
    if (minWait > policy.maxWait * 1000) return result("wait too long", "RateLimited")
    times.push(at + Math.max(minWait, policy.wait(times.length) * 1000))
  }
}

describe.each(Object.entries(documented))(
  "%s: requests, verdict and error by method and Retry-After, to the millisecond",
  (_, policy) => {
    it.effect.each([...statuses, ...notSent, ...ambiguous])("%s", (behaviour) =>
      Effect.gen(function* () {
        // HTTP dates are in whole seconds.
        yield* TestClock.setTime(Date.UTC(2030, 0, 1))
        const startedAt = yield* Clock.currentTimeMillis
        const cases = methods.flatMap((method) =>
          Object.entries(retryAfters)
            .filter(([name]) => typeof behaviour === "number" || name === "absent")
            .map(([name, retryAfter]) => ({ name: `${method}, ${name}`, method, retryAfter }))
        )
        const outcomes = yield* Effect.forEach(
          cases,
          ({ method, retryAfter }) => {
            const response = (code: number) =>
              Effect.map(Clock.currentTimeMillis, (now) =>
                status(code, retryAfter && { "retry-after": retryAfter.header(now, policy) })()
              )
            const respond = () => (typeof behaviour === "string" ? broken(behaviour)() : response(behaviour))
            return start(calls[method], [respond], policy.policy, { draw: 0.5 })
          },
          { concurrency: "unbounded" }
        ).pipe(elapsingAtOnce)
        for (const [index, { method, name, retryAfter }] of cases.entries()) {
          const { error, times } = outcomes[index]!
          expect([name, { times, verdict: error?.attempts.at(-1)?.verdict, tag: error?._tag }]).toEqual([
            name,
            expected(policy, method, behaviour, retryAfter, startedAt)
          ])
        }
      })
    )
  }
)

const after = (value: string) => ({ "retry-after": value })

/** Returns true if the policy retries a request of this method after this failure. */
const isRetried = (method: HttpMethod, failure: () => Step, policy: RetryPolicy.RetryPolicy) =>
  Effect.map(run(calls[method], [failure, status(200)], policy, { draw: 0 }), ({ sent }) => sent === 2)

describe("exponential", () => {
  const exponential = RetryPolicy.exponential()
  const inSeconds = (duration: Duration.Duration) => Math.round(Duration.toSeconds(duration) * 100) / 100

  it("has a final wait of 28.83 s and a total of 85.5 s by default (start 0.5 s, factor 1.5, 10 attempts)", () => {
    expect([inSeconds(exponential.nextWait), inSeconds(exponential.total)]).toEqual([28.83, 85.5])
    expect(RetryPolicy.exponential({ start: "500 millis", factor: 1.5, attempts: 10 })).toMatchObject({
      nextWait: exponential.nextWait,
      total: exponential.total
    })
  })

  it("computes the final waits and totals of other settings of musify's request handler", () => {
    const numbers = (start: Duration.DurationInput, factor: number, attempts: number) => {
      const { nextWait, total } = RetryPolicy.exponential({ start, factor, attempts })
      return [inSeconds(nextWait), inSeconds(total)]
    }
    expect(numbers("1 second", 2, 6)).toEqual([64, 127])
    expect(numbers("500 millis", 2, 10)).toEqual([512, 1023.5])
    expect(numbers("200 millis", 1.932, 10)[0]).toBe(144.91)
    expect(numbers("3 seconds", 1, 4)).toEqual([3, 15])
    expect(numbers("1 second", 2, 0)).toEqual([1, 1])
  })

  it.effect("sends 11 requests, with ten waits that grow by half", () =>
    Effect.gen(function* () {
      const { error, sent, waits } = yield* run(calls.GET, [status(500)], exponential)
      expect(sent).toBe(11)
      expect(waits.map((wait) => wait.toFixed(3))).toEqual(
        Array.from({ length: 10 }, (_, index) => (500 * 1.5 ** index).toFixed(3))
      )
      expect(error).toMatchObject({ _tag: "ServerError", status: 500 })
    })
  )

  it.effect("sends 3 requests for 408, 408 and 200, for every method", () =>
    Effect.gen(function* () {
      for (const method of methods) {
        const responses = [status(408), status(408), status(200)]
        expect(yield* run(calls[method], responses, exponential)).toMatchObject({
          error: undefined,
          times: [0, 500, 1250]
        })
      }
    })
  )

  it.effect("waits for a Retry-After of 1 second, and fails at once for one of 2000 seconds", () =>
    Effect.gen(function* () {
      for (const code of [429, 503]) {
        const waited = yield* run(calls.GET, [status(code, after("1")), status(200)], exponential)
        expect(waited).toMatchObject({ error: undefined, times: [0, 1000] })
        const failed = yield* run(calls.GET, [status(code, after("2000")), status(200)], exponential)
        expect(failed).toMatchObject({ sent: 1, ended: 0, error: { _tag: "RateLimited", status: code } })
      }
    })
  )

  it.effect("does not retry 400 to 407", () =>
    Effect.gen(function* () {
      for (const code of [400, 401, 402, 403, 404, 405, 406, 407]) {
        expect((yield* run(calls.GET, [status(code)], exponential)).sent).toBe(1)
        expect((yield* run(calls.GET, [status(code, after("1"))], exponential)).sent).toBe(1)
      }
    })
  )

  it.effect("accepts waits up to `timeout`", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.exponential({ timeout: "10 minutes" })
      expect((yield* run(calls.GET, [status(429, after("600")), status(200)], policy)).waits).toEqual([600_000])
      expect((yield* run(calls.GET, [status(429, after("601"))], policy)).sent).toBe(1)
    })
  )

  it.effect("takes an infinite number of attempts, which has an infinite total", () =>
    Effect.gen(function* () {
      const infinite = RetryPolicy.exponential({ attempts: Infinity })
      expect([infinite.nextWait, infinite.total]).toEqual([Duration.infinity, Duration.infinity])
      const constant = RetryPolicy.exponential({ attempts: Infinity, factor: 1, start: "1 second" })
      expect([constant.nextWait, constant.total]).toEqual([Duration.seconds(1), Duration.infinity])
      const responses = [...Array.from({ length: 40 }, () => status(429)), status(200)]
      expect(yield* run(calls.GET, responses, constant)).toMatchObject({ error: undefined, sent: 41, ended: 40_000 })
    })
  )
})

describe("orElse", () => {
  const policyOf = (retries: RetryPolicy.Rule["retries"], schedule: RetryPolicy.Rule["schedule"]) =>
    RetryPolicy.make({ retries, schedule })
  const afterTransportFailures = policyOf(RetryPolicy.onTransportFailure, Schedule.spaced("100 millis"))
  const after429 = policyOf(RetryPolicy.onStatus(429), Schedule.exponential("1 second"))

  it.effect("uses the second policy for the failures that the first does not retry", () =>
    Effect.gen(function* () {
      const both = RetryPolicy.orElse(afterTransportFailures, after429)
      expect((yield* run(calls.GET, [broken("ECONNREFUSED"), status(429), status(200)], both)).times).toEqual([
        0, 100, 1100
      ])
      expect(
        (yield* run(calls.GET, [status(429), broken("ECONNREFUSED"), status(503)], both)).error?.attempts
      ).toMatchObject([{ verdict: "retried" }, { verdict: "retried" }, { verdict: "not retried by policy" }])
      expect(RetryPolicy.orElse(after429)(afterTransportFailures)).toEqual(both)
    })
  )

  it.effect("does not use the second policy when the schedule of the first has ended", () =>
    Effect.gen(function* () {
      const once = policyOf(RetryPolicy.onStatus(429), Schedule.recurs(1))
      const { error, times } = yield* run(calls.GET, [status(429)], RetryPolicy.orElse(once, after429))
      expect(times).toEqual([0, 0])
      expect(error?.attempts.at(-1)?.verdict).toBe("exhausted")
    })
  )

  it.effect("keeps the state of each schedule apart", () =>
    Effect.gen(function* () {
      const outcomes = [
        status(429),
        broken("ECONNREFUSED"),
        status(429),
        broken("ECONNREFUSED"),
        status(429),
        status(200)
      ]
      const { waits } = yield* run(calls.GET, outcomes, RetryPolicy.orElse(afterTransportFailures, after429))
      expect(waits).toEqual([1000, 100, 2000, 100, 4000])
    })
  )

  it.effect("counts attempts and elapsed time across both policies", () =>
    Effect.gen(function* () {
      const outcomes = [status(429), broken("ECONNREFUSED"), status(429), broken("ECONNREFUSED")]
      const limitedBy = (limit: Schedule.Schedule<unknown, Attempt.FailedAttempt>) =>
        RetryPolicy.orElse(
          policyOf(RetryPolicy.onTransportFailure, limit),
          policyOf(RetryPolicy.onStatus(429), Schedule.intersect(Schedule.spaced("1 second"), limit))
        )
      expect((yield* run(calls.GET, outcomes, limitedBy(Backoff.attempts(3)))).sent).toBe(3)
      expect((yield* run(calls.GET, outcomes, limitedBy(Backoff.elapsed("2 seconds")))).times).toEqual([
        0, 1000, 1000, 2000
      ])
    })
  )

  it.effect("applies the maxWait of the policy that decides", () =>
    Effect.gen(function* () {
      const patient = RetryPolicy.make({
        schedule: Schedule.forever,
        retries: RetryPolicy.onStatus(429),
        maxWait: "1 hour"
      })
      const policy = RetryPolicy.orElse(
        patient,
        RetryPolicy.make({ schedule: Schedule.forever, retries: RetryPolicy.onStatus(503), maxWait: "1 second" })
      )
      expect((yield* run(calls.GET, [status(429, after("3600")), status(200)], policy)).waits).toEqual([3_600_000])
      expect((yield* run(calls.GET, [status(503, after("2")), status(200)], policy)).sent).toBe(1)
    })
  )

  it.effect("applies the `rejected` of either policy", () =>
    Effect.gen(function* () {
      const rejecting = RetryPolicy.make({
        schedule: Schedule.stop,
        retries: () => false,
        rejected: RetryPolicy.onStatus(500)
      })
      const retrying = policyOf(RetryPolicy.onStatus(500), Schedule.forever)
      expect(yield* isRetried("POST", status(500), retrying)).toBe(false)
      expect(yield* isRetried("POST", status(500), RetryPolicy.orElse(rejecting, retrying))).toBe(true)
      expect(yield* isRetried("POST", status(500), RetryPolicy.orElse(retrying, rejecting))).toBe(true)
    })
  )
})

describe("make", () => {
  const policyWith = (options: Partial<Parameters<typeof RetryPolicy.make>[0]>) =>
    RetryPolicy.make({ schedule: Schedule.forever, retries: () => true, ...options })

  it.effect("classifies a response as Rejected by `rejected`, for an ambiguous or a final status", () =>
    Effect.gen(function* () {
      for (const code of [403, 409, 500, 501]) {
        for (const method of ["GET", "POST"] as const) {
          const policy = policyWith({ rejected: RetryPolicy.onStatus(code) })
          expect((yield* run(calls[method], [status(code), status(200)], policy)).sent).toBe(2)
        }
      }
      const on409 = policyWith({ rejected: RetryPolicy.onStatus(409) })
      const { error } = yield* run(calls.POST, [status(409), status(500)], on409)
      expect(error?.attempts.map((attempt) => attempt.class)).toEqual(["Rejected", "Ambiguous"])
    })
  )

  it.effect("does not retry a never-retried endpoint after `rejected`", () =>
    Effect.gen(function* () {
      const call = thing("POST", { neverRetried: true })
      const policy = policyWith({ rejected: () => true })
      expect((yield* run(call, [status(409), status(200)], policy)).sent).toBe(1)
    })
  )

  it.effect(
    "does not retry when credentials can't be obtained, with onTransportFailure as `retries` and `rejected`",
    () =>
      Effect.gen(function* () {
        const policy = policyWith({ retries: RetryPolicy.onTransportFailure, rejected: RetryPolicy.onTransportFailure })
        const failure = new Credentials.CredentialsFailure({ reason: "expired", message: "sign in again" })
        const credentials = { authorize: () => Effect.fail(failure) }
        const { error, sent } = yield* run(calls.POST, [status(200)], policy, { caller: { credentials } })
        expect([sent, error?._tag, error?.attempts.map(({ verdict }) => verdict)]).toEqual([
          0,
          "AuthoriserError",
          ["final"]
        ])
      })
  )

  it.effect("ignores `rejected` for failures without a response", () =>
    Effect.gen(function* () {
      const policy = policyWith({ rejected: () => true })
      expect((yield* run(calls.POST, [status(500), status(200)], policy)).sent).toBe(2)
      for (const failure of [broken("ECONNRESET"), () => new TypeError("Failed to fetch")]) {
        const { error, sent } = yield* run(calls.POST, [failure, status(200)], policy)
        expect([sent, error?.attempts.map(({ verdict }) => verdict)]).toEqual([1, ["unsafe"]])
      }
    })
  )

  it("has a maxWait of a minute by default", () => {
    expect(policyWith({}).rules[0]?.maxWait).toEqual(Duration.minutes(1))
    expect(policyWith({ maxWait: 5 }).rules[0]?.maxWait).toEqual(Duration.millis(5))
  })
})

describe("predicates", () => {
  const failures = {
    429: status(429),
    "429, Retry-After": status(429, after("0")),
    refused: broken("ECONNREFUSED")
  }

  /** Returns the names of the failures that a predicate selects. */
  const selectedBy = (retries: RetryPolicy.Rule["retries"]) => {
    const policy = RetryPolicy.make({ schedule: Schedule.forever, retries })
    return Effect.filter(
      (["GET", "POST"] as const).flatMap((method) =>
        Object.entries(failures).map(([name, failure]) => ({ name: `${method} ${name}`, method, failure }))
      ),
      ({ failure, method }) => isRetried(method, failure, policy)
    ).pipe(Effect.map((selected) => selected.map(({ name }) => name)))
  }

  it.effect("onMethod selects by method", () =>
    Effect.gen(function* () {
      expect(yield* selectedBy(RetryPolicy.onMethod("POST"))).toEqual([
        "POST 429",
        "POST 429, Retry-After",
        "POST refused"
      ])
    })
  )

  it.effect("onStatus selects by status", () =>
    Effect.gen(function* () {
      expect(yield* selectedBy(RetryPolicy.onStatus(503, 429))).toEqual([
        "GET 429",
        "GET 429, Retry-After",
        "POST 429",
        "POST 429, Retry-After"
      ])
      expect(yield* selectedBy(RetryPolicy.onStatus())).toEqual([])
    })
  )

  it.effect("onRetryAfter selects responses with a wait", () =>
    Effect.gen(function* () {
      expect(yield* selectedBy(RetryPolicy.onRetryAfter)).toEqual(["GET 429, Retry-After", "POST 429, Retry-After"])
    })
  )

  it.effect("onTransportFailure selects attempts without a response", () =>
    Effect.gen(function* () {
      expect(yield* selectedBy(RetryPolicy.onTransportFailure)).toEqual(["GET refused", "POST refused"])
    })
  )
})
