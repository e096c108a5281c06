import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Deadline, Endpoint, Limiter, Metrics, Operation, OriginState, RetryBudget, RetryPolicy } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { crowded } from "../support/crowded.js"
import { at, broken, Caller, elapsing, Ok, once, status, type Step, stub, thing, untilAsleep } from "../support/kit.js"
import { listener } from "../support/listener.js"

/** The metrics of an origin. All tests share one registry, so that each has an origin of its own. */
const metricsOf = (url: string | URL) =>
  Effect.map(Metric.snapshot, (pairs) => {
    const { hostname, port } = new URL(url)
    return pairs.flatMap(({ metricKey, metricState }) => {
      const labels = Object.fromEntries(metricKey.tags.map(({ key, value }) => [key, value]))
      if (labels["server.address"] !== hostname || labels["server.port"] !== (port || "80")) return []
      return [{ name: metricKey.name, description: Option.getOrUndefined(metricKey.description), labels, metricState }]
    })
  })

/** The series of an instrument: the labels besides those of the operation, with the values. */
const series = (url: string | URL, name: string) =>
  Effect.map(metricsOf(url), (all) =>
    all
      .filter((one) => one.name === name)
      .map(({ labels, metricState: state }) => {
        const others = Object.entries(labels).filter(([key]) => !/^(http.request|url|server|unit)/.test(key))
        const value = MetricState.isHistogramState(state)
          ? { count: state.count, sum: state.sum }
          : MetricState.isCounterState(state)
            ? Number(state.count)
            : MetricState.isGaugeState(state)
              ? Number(state.value)
              : expect.fail("another kind of metric")
        return [Object.fromEntries(others), value] as const
      })
      .sort(([one], [other]) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
  )

const requests = "http.client.request.duration"
const calls = "herald.client.call.duration"
const retries = "herald.client.retries"
const waits = "herald.client.wait.duration"
const budget = "herald.client.retry_budget.available"

const policy = (wait: `${number} millis`) =>
  RetryPolicy.make({
    schedule: Schedule.intersect(Schedule.spaced(wait), Schedule.recurs(3)),
    retries: ({ status }) => status === undefined || status >= 429
  })

type Call = Effect.Effect<unknown, unknown, Caller | HttpClient.HttpClient>

/** Runs a call in virtual time, against a stub with these steps. */
const run = (
  url: string,
  steps: ReadonlyArray<() => Step>,
  { call = thing(), states = Layer.empty }: { call?: Call; states?: Layer.Layer<never> } = {}
) =>
  call.pipe(
    Effect.exit,
    Effect.provide(Layer.merge(Layer.provide(at(new URL(url)), states), stub(steps).layer)),
    Effect.provide(Metrics.layer),
    Effect.provideService(RetryPolicy.Current, policy("1000 millis")),
    elapsing
  )

/** A budget that time does not refill. */
const states = OriginState.layer({ budget: { capacity: 10, reserve: 10, perSuccess: 1.5, perSecond: 0 } })

/** A step that takes this time. */
const after = (wait: `${number} millis`, step: () => Response) => () => Effect.delay(Effect.sync(step), wait)

const search = Operation.make(
  Caller,
  () => Endpoint.get("/items/{item}/parts", { query: { q: Schema.String }, success: Ok }),
  (item: string, q: string) => ({ item, q })
)

describe("metrics", () => {
  it.scopedLive("count attempts and retries by their outcome, without a value of the input", () =>
    Effect.gen(function* () {
      const failing = Scripted.respond({ status: 503 })
      const { url } = yield* Scripted.make([failing, failing, Scripted.reset, Scripted.json({ ok: true })])
      yield* search("item-7", "needle").pipe(
        Effect.provide(Layer.mergeAll(Layer.provide(at(url), states), client, Metrics.layer)),
        Effect.provideService(RetryPolicy.Current, policy("0 millis"))
      )
      const reason = expect.stringMatching(/^(ECONNRESET|UND_ERR_SOCKET)$/) as string
      expect(yield* series(url, requests)).toMatchObject([
        [{ "error.type": reason }, { count: 1 }],
        [{ "http.response.status_code": "200" }, { count: 1 }],
        [{ "http.response.status_code": "503", "error.type": "503" }, { count: 2 }]
      ])
      expect(yield* series(url, calls)).toEqual([[{}, { count: 1, sum: expect.any(Number) as number }]])
      expect(yield* series(url, retries)).toEqual([
        [{ "herald.reason": "503" }, 2],
        [{ "herald.reason": reason }, 1]
      ])
      expect(yield* series(url, budget)).toEqual([[{}, expect.closeTo(8.5)]])

      const all = yield* metricsOf(url)
      for (const { labels, name } of all.filter(({ name }) => name !== budget)) {
        expect([name, labels]).toMatchObject([
          name,
          {
            "http.request.method": "GET",
            "url.template": "/items/{item}/parts",
            "server.address": "127.0.0.1",
            "server.port": url.port
          }
        ])
      }
      expect(JSON.stringify(all)).not.toMatch(/item-7|needle/)
    })
  )

  it.scopedLive("are in seconds", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([
        (response, received) => {
          setTimeout(() => Scripted.json({ ok: true })(response, received), 60)
        }
      ])
      yield* thing().pipe(Effect.provide(Layer.mergeAll(at(url), client, once, Metrics.layer)))
      for (const name of [requests, calls]) {
        const [, value] = (yield* series(url, name))[0] ?? []
        expect(value).toMatchObject({ count: 1 })
        expect((value as { readonly sum: number }).sum).toBeGreaterThan(0.05)
        expect((value as { readonly sum: number }).sum).toBeLessThan(20)
      }
    })
  )

  it.scopedLive("count an interrupted call and its attempt", () =>
    Effect.gen(function* () {
      const { next, url } = yield* Scripted.make([Scripted.silence])
      const fiber = yield* thing().pipe(
        Effect.provide(Layer.mergeAll(at(url), client, once, Metrics.layer)),
        Effect.fork
      )
      yield* next
      yield* Fiber.interrupt(fiber)
      expect(yield* series(url, requests)).toMatchObject([[{ "error.type": "interrupted" }, { count: 1 }]])
      expect(yield* series(url, calls)).toMatchObject([[{ "error.type": "interrupted" }, { count: 1 }]])
    })
  )
})

describe("metrics", () => {
  it.effect("are not recorded without the layer", () =>
    Effect.gen(function* () {
      const url = "http://unmeasured.test"
      yield* Effect.provide(thing(), Layer.merge(at(new URL(url)), stub([status(200)]).layer))
      expect(yield* metricsOf(url)).toEqual([])
    })
  )

  it.effect("measure time by the clock of the call", () =>
    Effect.gen(function* () {
      const url = "http://exact.test"
      yield* run(url, [after("250 millis", status(503)), after("500 millis", status(200))])
      expect(yield* series(url, requests)).toEqual([
        [{ "http.response.status_code": "200" }, { count: 1, sum: 0.5 }],
        [
          { "http.response.status_code": "503", "error.type": "503" },
          { count: 1, sum: 0.25 }
        ]
      ])
      expect(yield* series(url, calls)).toEqual([[{}, { count: 1, sum: 1.75 }]])
      const { metricState } = (yield* metricsOf(url)).find(({ name }) => name === calls) ?? expect.fail("not measured")
      expect(MetricState.isHistogramState(metricState) && metricState.buckets).toEqual(
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, Infinity].map((bound) => [
          bound,
          bound < 1.75 ? 0 : 1
        ])
      )
    })
  )

  it.effect("measure the waits before attempts by their reason", () =>
    Effect.gen(function* () {
      const url = "http://waits.test"
      const admits = Layer.succeed(Limiter.Limiter, { acquire: () => Effect.sleep("2 seconds") })
      yield* run(url, [status(503), status(200)], { states: admits })
      expect(yield* series(url, waits)).toEqual([
        [{ "herald.wait.reason": "policy" }, { count: 1, sum: 1 }],
        [{ "herald.wait.reason": "rate limiter" }, { count: 2, sum: 4 }]
      ])

      const paused = "http://paused.test"
      yield* Effect.gen(function* () {
        const live = at(new URL(paused), { defaults: { retryPolicy: RetryPolicy.none } })
        const context = yield* Layer.build(
          Layer.merge(live, stub([status(429, { "retry-after": "4" }), status(200)]).layer)
        )
        const call = thing().pipe(Effect.exit, Effect.provide(context), Effect.provide(Metrics.layer))
        yield* call
        yield* elapsing(call)
      }).pipe(Effect.scoped)
      const [[labels, value] = expect.fail("no wait")] = yield* series(paused, waits)
      expect(labels).toEqual({ "herald.wait.reason": "pause" })
      expect(value).toMatchObject({ count: 1 })
    })
  )

  it.scopedLive("count the retries of a request that calls share, which are events of the span of the first call", () =>
    Effect.gen(function* () {
      const failing = Scripted.respond({ status: 503 })
      const { url } = yield* Scripted.make([failing, Scripted.json({ ok: true }), failing])
      const defaults = { retryPolicy: policy("0 millis") }
      // Otherwise, a slow machine would refill the budget, and take the calls for ones that are alone.
      const retryBudget = crowded(RetryBudget.make({ ...RetryBudget.standard, perSecond: 0 }))
      const api = at(url, { defaults, origin: { budget: retryBudget } }).pipe(
        Layer.provide(HttpCache.layerMemory({ share: true })),
        Layer.provideMerge(client)
      )
      const { spans, tracer } = listener()
      yield* Effect.gen(function* () {
        // Calls of one operation share their requests.
        const call = thing()
        yield* Effect.all([call, call], { concurrency: 2 })
        yield* Effect.exit(call)
      }).pipe(Effect.withTracer(tracer), Effect.provide(Layer.merge(api, Metrics.layer)))
      expect(yield* series(url, retries)).toEqual([[{ "herald.reason": "503" }, 3]])
      expect((yield* series(url, calls)).map(([labels]) => labels)).toEqual([
        { "error.type": "ServerError", "herald.verdict": "over budget" },
        {}
      ])
      const told = spans.map(({ attributes, events }) => ({
        attributes: Object.fromEntries(attributes),
        verdicts: events.map(([, attributes]) => attributes?.["herald.verdict"])
      }))
      const success = { "herald.cache.result": "miss", "http.response.status_code": 200 }
      expect(told).toMatchObject([
        { attributes: success, verdicts: ["retried"] },
        { attributes: success, verdicts: [] },
        {
          attributes: { "error.type": "ServerError", "http.request.resend_count": 2 },
          verdicts: ["retried", "retried", "over budget"]
        }
      ])
    })
  )

  it.effect("have units and descriptions, and incremental counters", () =>
    Effect.gen(function* () {
      const url = "http://units.test"
      yield* run(url, [status(503), status(200)])
      const all = yield* metricsOf(url)
      expect(Object.fromEntries(all.map(({ labels, name }) => [name, labels["unit"]]))).toEqual({
        [requests]: "s",
        [calls]: "s",
        [retries]: "{retry}",
        [waits]: "s",
        [budget]: "{retry}"
      })
      expect(all.every(({ description }) => description?.endsWith("."))).toBe(true)
      const { metricKey } =
        (yield* Metric.snapshot).find(({ metricKey }) => metricKey.name === retries) ?? expect.fail("not measured")
      expect(metricKey.keyType).toMatchObject({ incremental: true })
    })
  )

  it.effect("are separate for each origin, and go on where the layer is built again", () =>
    Effect.gen(function* () {
      for (const url of ["http://one.test", "http://one.test:8080", "http://one.test"]) yield* run(url, [status(200)])
      expect(yield* series("http://one.test", calls)).toMatchObject([[{}, { count: 2 }]])
      expect(yield* series("http://one.test:8080", calls)).toMatchObject([[{}, { count: 1 }]])
    })
  )

  it.effect("have the tag of the call's error, and the verdict of its last attempt", () =>
    Effect.gen(function* () {
      const url = "http://ended.test"
      yield* run(url, [status(503)])
      yield* run(url, [status(404)])
      yield* run(url, [broken("ECONNRESET")], { call: thing("POST") })
      yield* run(url, [status(408)])
      // The attempt succeeds, and its response can't be decoded.
      yield* run(url, [status(503), status(200, {}, "{}")])
      expect((yield* series(url, calls)).map(([labels]) => labels)).toEqual([
        { "error.type": "ClientError", "herald.verdict": "not retried by policy" },
        { "error.type": "DecodeError" },
        { "error.type": "NotFound", "herald.verdict": "final" },
        { "error.type": "ServerError", "herald.verdict": "exhausted" },
        { "error.type": "TransportError", "herald.verdict": "unsafe" }
      ])
      expect(yield* series(url, retries)).toEqual([[{ "herald.reason": "503" }, 4]])
    })
  )

  it.effect("follow the budget, and count the calls that are over it", () =>
    Effect.gen(function* () {
      const url = "http://budget.test"
      const shared = yield* Layer.build(OriginState.layer({ budget: { capacity: 2, perSuccess: 0.5, perSecond: 0 } }))
      const states = Layer.succeedContext(shared)
      const left = Effect.map(series(url, budget), (all) => all.map(([, value]) => value))
      yield* run(url, [status(200)], { states })
      expect(yield* left).toEqual([2])
      yield* run(url, [status(503), status(200)], { states })
      expect(yield* left).toEqual([1.5])
      const duringCall: Array<unknown> = []
      const spy = () => Effect.tap(Effect.sync(status(503)), () => Effect.map(left, (now) => duringCall.push(now)))
      yield* run(url, [spy], { states })
      expect(duringCall).toEqual([[1.5], [0.5]])
      expect(yield* left).toEqual([0.5])
      yield* run(url, [status(200)], { states })
      expect(yield* left).toEqual([1])
      expect(yield* series(url, calls)).toMatchObject([
        [{ "error.type": "ServerError", "herald.verdict": "over budget" }, { count: 1 }],
        [{}, { count: 3 }]
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("have no budget where it is unlimited", () =>
    Effect.gen(function* () {
      const url = "http://unlimited.test"
      yield* run(url, [status(503), status(200)], { states: Layer.orDie(OriginState.layer({ budget: "unlimited" })) })
      expect(yield* series(url, retries)).toHaveLength(1)
      expect(yield* series(url, budget)).toEqual([])
    })
  )

  it.effect("count a call that ends by its deadline, by that of its attempt, or by an interruption", () =>
    Effect.gen(function* () {
      const late = "http://late.test"
      const never: ReadonlyArray<() => Step> = [() => Effect.never]
      const exit = (seconds: number, type: string, more = {}) => [
        { "error.type": type, ...more },
        { count: 1, sum: seconds }
      ]
      yield* run(late, never, { call: Effect.provideService(thing(), Deadline.Current, "2 seconds") })
      expect(yield* series(late, requests)).toEqual([exit(2, "interrupted")])
      expect(yield* series(late, calls)).toEqual([exit(2, "TimeoutError", { "herald.verdict": "past deadline" })])

      const slow = "http://slow.test"
      yield* run(slow, [() => Effect.never, status(200)], {
        call: Effect.provideService(thing(), Deadline.PerAttempt, "2 seconds")
      })
      expect(yield* series(slow, requests)).toEqual([
        exit(2, "attempt deadline"),
        [{ "http.response.status_code": "200" }, { count: 1, sum: 0 }]
      ])
      expect(yield* series(slow, calls)).toEqual([[{}, { count: 1, sum: 3 }]])

      const waiting = "http://waiting.test"
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(
          thing().pipe(
            Effect.provide(Layer.mergeAll(at(new URL(waiting)), stub([status(503)]).layer, Metrics.layer)),
            Effect.provideService(RetryPolicy.Current, policy("5000 millis"))
          )
        )
        yield* Effect.yieldNow()
        yield* untilAsleep
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.interrupt(fiber)
      })
      expect(yield* series(waiting, requests)).toHaveLength(1)
      expect(yield* series(waiting, calls)).toEqual([exit(3, "interrupted")])
    })
  )

  it.effect("count a call that ends with a defect", () =>
    Effect.gen(function* () {
      const url = "http://defect.test"
      yield* run(url, [() => Effect.die("a bug")])
      for (const name of [requests, calls]) {
        expect(yield* series(url, name)).toMatchObject([[{ "error.type": "_OTHER" }, { count: 1 }]])
      }
    })
  )

  it.effect("have the labels of the program", () =>
    Effect.gen(function* () {
      const url = "http://labelled.test"
      yield* Effect.tagMetrics(run(url, [status(200)]), "tenant", "blue")
      yield* run(url, [status(200)])
      expect((yield* series(url, calls)).map(([labels]) => labels)).toEqual([{ tenant: "blue" }, {}])
    })
  )

  it.effect("do not count a call that fails with EncodeError", () =>
    Effect.gen(function* () {
      const url = "http://refused.test"
      const exit = yield* run(url, [status(200)], {
        call: search("item", 1 as unknown as string)
      })
      expect(exit).toMatchObject({ _tag: "Failure", cause: { error: { _tag: "EncodeError" } } })
      expect(yield* metricsOf(url)).toEqual([])
    })
  )
})
