import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Random from "effect/Random"
import * as TestClock from "effect/TestClock"
import { type Authoriser, Deadline, Endpoint, Operation, OriginState, RetryPolicy, Verbs } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, Caller, type CallerParts, elapsing, Ok, status, type Step, stub } from "../../../support/kit.js"

const baseUrl = new URL("https://api.test")
const ok = status(200)
const after = (seconds: number | string) => ({ "retry-after": `${seconds}` })
const minute = OriginState.probeInterval / 1000

const things = Operation.make(Caller, () => Endpoint.get("/things", { name: "getThings", success: Ok }))
const others = Operation.make(Caller, () => Endpoint.get("/others/{id}", { success: Ok }))
const { get } = Verbs.make(Caller)

const once = Effect.provideService(RetryPolicy.Current, RetryPolicy.none)

/** `true`, or the tag of the error of a call that accepts no wait of a second. */
const outcome = <E extends { readonly _tag: string }, R>(call: Effect.Effect<unknown, E, R>) =>
  call.pipe(
    once,
    Effect.provideService(Deadline.Current, "1 second"),
    Effect.match({ onFailure: ({ _tag }) => _tag, onSuccess: () => true })
  )

const all = Effect.all([outcome(things()), outcome(others({ id: "1" })), outcome(others({ id: "2" }))])

/** Runs a program whose first requests take these steps, and all others succeed. */
const against = <A, E>(
  steps: ReadonlyArray<() => Step>,
  rateLimit: Authoriser.Defaults["rateLimit"],
  program: Effect.Effect<A, E, Effect.Effect.Context<ReturnType<typeof things>>>,
  parts: CallerParts = {}
) => {
  const client = stub([...steps, ok])
  const caller = at(baseUrl, { ...parts, defaults: { ...parts.defaults, rateLimit } })
  return Effect.map(Effect.provide(program, Layer.merge(caller, client.layer)), (result) => ({
    result,
    sent: client.requests.length
  }))
}

const limited = status(429, after(3600))

describe("the scope of a rate limit", () => {
  const rows: ReadonlyArray<
    readonly [name: string, rateLimit: Authoriser.Defaults["rateLimit"], expected: ReadonlyArray<string | boolean>]
  > = [
    ["absent", undefined, ["NotSent", "NotSent", "NotSent"]],
    ["identity", { scope: "identity" }, ["NotSent", "NotSent", "NotSent"]],
    ["operation", { scope: "operation" }, [true, "NotSent", "NotSent"]]
  ]
  it.effect.each(rows)("%s: a 429 holds back the calls within it", ([, rateLimit, expected]) =>
    Effect.gen(function* () {
      const { result } = yield* against([limited], rateLimit, Effect.zipRight(outcome(others({ id: "1" })), all))
      expect(result).toEqual(expected)
    })
  )

  it.effect.each(rows)("%s: a 503 with Retry-After holds back every call", ([, rateLimit]) =>
    Effect.gen(function* () {
      const steps = [status(503, after(3600))]
      const { result } = yield* against(steps, rateLimit, Effect.zipRight(outcome(things()), all))
      expect(result).toEqual(["NotSent", "NotSent", "NotSent"])
    })
  )

  it.effect("operation: separates identities, methods and templates of verbs", () =>
    Effect.gen(function* () {
      const calls = [get("/a"), get("/b"), get("/b/{id}", { path: { id: "1" } }), get("/b/{id}", { path: { id: "2" } })]
      const { result } = yield* against(
        [limited],
        { scope: "operation" },
        Effect.zipRight(outcome(calls[3]!), Effect.forEach(calls, outcome))
      )
      expect(result).toEqual([true, true, "NotSent", "NotSent"])
      const states = yield* OriginState.make()
      const origin = states.forOrigin(baseUrl.origin)
      const as = (identity: string, steps: ReadonlyArray<() => Step>) =>
        against(steps, { scope: "operation" }, outcome(things()), { credentials: { identity }, origin })
      expect((yield* as("A", [limited])).result).toBe("RateLimited")
      expect((yield* as("B", [])).result).toBe(true)
      expect((yield* as("A", [])).result).toBe("NotSent")
    })
  )

  const bucket = (name: string, code = 200, headers = {}) => status(code, { "x-ratelimit-bucket": name, ...headers })
  const byBucket = { scope: { header: "X-RateLimit-Bucket" } }

  it.effect("header: holds back the operations whose responses named the same bucket", () =>
    Effect.gen(function* () {
      const learn = Effect.all([things(), others({ id: "1" }), get("/alone"), get("/none")])
      const shared = [bucket("b"), bucket("b"), bucket("c"), ok, bucket("b", 429, after(3600))]
      const calls = Effect.all([...[things(), get("/alone"), get("/none"), get("/new")].map(outcome), all])
      const { result } = yield* against(
        shared,
        byBucket,
        learn.pipe(Effect.zipRight(outcome(others({ id: "9" }))), Effect.zipRight(calls))
      )
      expect(result).toEqual(["NotSent", true, true, true, ["NotSent", "NotSent", "NotSent"]])
    })
  )

  it.effect("header: learns the bucket of an operation from its 429, and from any other failure", () =>
    Effect.gen(function* () {
      const steps = [bucket("b", 404), bucket("b", 429, after(3600))]
      const { result } = yield* against(
        steps,
        byBucket,
        Effect.all([outcome(things()), outcome(others({ id: "1" })), all, outcome(get("/new"))])
      )
      expect(result).toEqual(["NotFound", "RateLimited", ["NotSent", "NotSent", "NotSent"], true])
    })
  )

  it.effect("header: a 429 that names no bucket holds back every call of the identity", () =>
    Effect.gen(function* () {
      const program = Effect.all([outcome(things()), outcome(others({ id: "1" })), all])
      const { result } = yield* against([bucket("b"), limited], byBucket, program)
      expect(result).toEqual([true, "RateLimited", ["NotSent", "NotSent", "NotSent"]])
    })
  )
})

describe("headers of rate limits in successful responses", () => {
  const usedUp: ReadonlyArray<Record<string, string>> = [
    { "x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "30" },
    { ratelimit: '"d";r=0;t=30' },
    { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "30s" }
  ]

  it.effect.each(usedUp)("hold back calls until the reset, if they are trusted: %j", (headers) =>
    Effect.gen(function* () {
      for (const code of [200, 404]) {
        const client = stub([status(code, headers), ok])
        const call = Effect.withRandom(Effect.either(things()), Random.fixed([0]))
        yield* Effect.zipRight(call, call).pipe(
          Effect.provide(Layer.merge(at(baseUrl, { defaults: { rateLimit: { trustHeaders: true } } }), client.layer)),
          elapsing
        )
        expect(client.requests.map(({ at }) => at - client.requests[0]!.at)).toEqual([0, 30_000])
      }
    })
  )

  it.effect.each(usedUp)("hold back nothing by default: %j", (headers) =>
    Effect.gen(function* () {
      for (const rateLimit of [undefined, {}, { trustHeaders: false }, { scope: "operation" as const }]) {
        const { result } = yield* against([status(200, headers)], rateLimit, Effect.zipRight(things(), all))
        expect(result).toEqual([true, true, true])
      }
    })
  )

  it.effect("hold back the calls within the scope, and nothing while there is quota left", () =>
    Effect.gen(function* () {
      const trusted = { trustHeaders: true, scope: "operation" as const }
      const program = Effect.zipRight(things(), all)
      expect((yield* against([status(200, usedUp[0])], trusted, program)).result).toEqual(["NotSent", true, true])
      const left = { ...usedUp[0], "x-ratelimit-remaining": "1" }
      expect((yield* against([status(200, left)], trusted, program)).result).toEqual([true, true, true])
    })
  )

  it.effect("do not lengthen the pause of a 429 with Retry-After", () =>
    Effect.gen(function* () {
      const first = status(429, { ...after(1), "x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "3600" })
      const program = Effect.zipRight(Effect.zipRight(outcome(things()), TestClock.adjust("1001 millis")), all)
      expect((yield* against([first], { trustHeaders: true }, program)).result).toEqual([true, true, true])
    })
  )
})

describe("a pause that is too long to wait for", () => {
  const pass = TestClock.adjust(Duration.seconds(minute))

  it.effect("is tested by one call a minute, and ended by its success", () =>
    Effect.gen(function* () {
      const { result, sent } = yield* against(
        [limited, limited],
        undefined,
        Effect.gen(function* () {
          const first = yield* outcome(things())
          yield* TestClock.adjust(Duration.seconds(minute - 1))
          const early = yield* all
          yield* TestClock.adjust("1 second")
          // The second of these requests is answered by a 429, too.
          const tested = yield* all
          yield* pass
          return [first, early, tested, yield* all]
        })
      )
      const refused = "NotSent"
      expect(result).toEqual([
        "RateLimited",
        [refused, refused, refused],
        ["RateLimited", refused, refused],
        [true, true, true]
      ])
      expect(sent).toBe(5)
    })
  )

  it.effect.each([
    [200, true],
    [404, true],
    [401, true],
    [500, true],
    [429, false],
    [503, false]
  ] as const)("is ended by a %i of the call that tests it: %s", ([code, ended]) =>
    Effect.gen(function* () {
      const { result } = yield* against(
        [status(503, after(3600)), status(code)],
        undefined,
        Effect.zipRight(outcome(things()), pass).pipe(
          Effect.zipRight(outcome(things())),
          Effect.zipRight(outcome(things()))
        )
      )
      expect(result).toBe(ended ? true : "NotSent")
    })
  )

  it.effect("is not ended by a call that gets no response, nor by one that was sent before it", () =>
    Effect.gen(function* () {
      const slow = () => Effect.delay(Effect.sync(ok), "100 millis")
      const { result } = yield* against(
        [slow, limited, () => new Error("broken")],
        undefined,
        Effect.gen(function* () {
          const first = yield* Effect.fork(outcome(things()))
          yield* Effect.yieldNow()
          yield* outcome(things())
          yield* TestClock.adjust("100 millis")
          const before = yield* first
          yield* pass
          return [before, yield* outcome(things()), yield* outcome(things())]
        })
      )
      expect(result).toEqual([true, "TransportError", "NotSent"])
    })
  )

  it.effect("is not tested by calls that may wait for its end", () =>
    Effect.gen(function* () {
      const client = stub([status(429, after(minute * 2)), ok])
      const patient = Effect.provideService(
        RetryPolicy.Current,
        RetryPolicy.make({ schedule: RetryPolicy.standard.rules[0]!.schedule, retries: () => true, maxWait: "1 hour" })
      )
      yield* Effect.gen(function* () {
        yield* Effect.flip(once(things()))
        yield* pass
        yield* Effect.withRandom(patient(things()), Random.fixed([0]))
      }).pipe(Effect.provide(Layer.merge(at(baseUrl), client.layer)), elapsing)
      expect(client.requests.map(({ at }) => at)).toEqual([0, minute * 2000])
    })
  )
})

describe("a wrong Retry-After", () => {
  it.scoped("silences a healthy API for a minute only", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make((_, index) =>
        index === 0 ? Scripted.respond({ status: 429, headers: after("1893456000") }) : Scripted.json({ ok: true })
      )
      yield* Effect.gen(function* () {
        expect((yield* Effect.flip(things()))._tag).toBe("RateLimited")
        expect((yield* Effect.flip(things()))._tag).toBe("NotSent")
        yield* TestClock.adjust(Duration.seconds(minute))
        expect(yield* Effect.all([things(), things(), things()], { concurrency: 1 })).toHaveLength(3)
      }).pipe(Effect.provide(Layer.merge(at(server.url), client)))
      expect(server.requests).toHaveLength(4)
    })
  )
})

describe("the log", () => {
  const logged = (
    steps: ReadonlyArray<() => Step>,
    program: Effect.Effect<unknown, unknown, Effect.Effect.Context<ReturnType<typeof things>>>
  ) =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))
      yield* against(steps, undefined, Effect.ignore(program)).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Logger.withMinimumLogLevel(LogLevel.All),
        Effect.withRandom(Random.fixed([0.8])),
        elapsing
      )
      return lines
    })

  it.effect("has no line for a call without retries, be it a success or a failure", () =>
    Effect.gen(function* () {
      expect(yield* logged([ok], things())).toEqual([])
      expect(yield* logged([status(404)], things())).toEqual([])
    })
  )

  it.effect("has a line at Debug for each retry", () =>
    Effect.gen(function* () {
      expect(yield* logged([status(503), () => Object.assign(new Error(), { code: "ECONNRESET" })], things())).toEqual([
        "DEBUG getThings: attempt 1 failed (503), next attempt in 400 ms",
        "DEBUG getThings: attempt 2 failed (ECONNRESET), next attempt in 800 ms"
      ])
    })
  )

  it.effect("has a line for each pause, as a warning where it is longer than a minute", () =>
    Effect.gen(function* () {
      const held = "getThings: the calls within this rate limit are held back for"
      expect(yield* logged([status(429, after(30))], once(things()))).toEqual([
        `DEBUG ${held} 30 seconds, as the server asks (429)`
      ])
      const twice = Effect.all([things(), things()], { concurrency: 2 }).pipe(once)
      expect(
        yield* logged([limited, limited], Effect.validateAll([things(), things()], once, { concurrency: 2 }))
      ).toEqual([`WARN ${held} 1 hour, as the server asks (429)`])
      expect(yield* logged([status(503, after(90))], twice)).toEqual([
        "WARN getThings: all calls to the origin are held back for 1 minute 30 seconds, as the server asks (503)"
      ])
    })
  )
})
