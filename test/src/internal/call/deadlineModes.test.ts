import { isDeepStrictEqual } from "node:util"
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Body, Deadline, Endpoint, Metrics, Operation, RetryPolicy } from "effect-herald"
import { Transport } from "effect-herald/node"
import * as Scripted from "../../../servers/scripted.js"
import { at, Caller, Ok } from "../../../support/kit.js"
import { listener } from "../../../support/listener.js"

/** A client whose requests a deadline aborts, and one whose calls it interrupts, since its user has added to it. */
const aborted = Transport.layer()
const interrupted = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, HttpClient.mapRequest(identity))
).pipe(Layer.provide(Transport.layer()))

const get = Operation.make(Caller, () => Endpoint.get("/thing", { success: Ok }))()
const post = Operation.make(Caller, () => Endpoint.post("/thing", { success: Ok }))()
const put = Operation.make(Caller, () => Endpoint.put("/thing", { success: Body.empty(true) }))()
const getAny = Operation.make(Caller, () =>
  Endpoint.get("/thing", { success: { "2XX": Body.json(Ok), "5XX": Body.text() } })
)()

const schedule = (wait: Duration.DurationInput) => Schedule.intersect(Schedule.spaced(wait), Schedule.recurs(5))
const policy = (steps: Schedule.Schedule<unknown, unknown>) =>
  RetryPolicy.make({ schedule: steps, retries: ({ status }) => status === undefined || status >= 429 })

interface Scenario {
  readonly script: ReadonlyArray<Scripted.Behaviour>
  readonly call?: Effect.Effect<unknown, unknown, Caller | HttpClient.HttpClient>
  readonly deadline?: Duration.DurationInput
  readonly perAttempt?: Duration.DurationInput
  readonly policy?: RetryPolicy.RetryPolicy
}

const json = { "content-type": "application/json" }
const hang = (status: number, headers = {}) =>
  Scripted.stalled('{"code":', { status, headers: { ...json, ...headers } })
const fails = Scripted.respond({ status: 503 })
const ok = Scripted.json({ ok: true })
const long = "30 seconds"

/** Sends a byte at a time, slower than any deadline of these tests allows. */
const trickle: Scripted.Behaviour = (response) => {
  response.writeHead(200, json)
  const timer = setInterval(() => response.write(" "), 20)
  response.once("close", () => clearInterval(timer))
}

const stalledRedirect: Scripted.Behaviour = Scripted.stalled("", { status: 307, headers: { location: "/there" } })

const scenarios: Readonly<Record<string, Scenario>> = {
  success: { script: [ok], deadline: long },
  "no response": { script: [Scripted.silence] },
  "no response to a POST": { script: [Scripted.silence], call: post },
  "a success that stalls": { script: [hang(200)] },
  "a success that trickles": { script: [trickle] },
  "a final status that stalls": { script: [hang(404)] },
  "another final status that stalls": { script: [hang(400)] },
  "a 401 that stalls": { script: [hang(401)] },
  "a 401": { script: [Scripted.respond({ status: 401 })], deadline: long },
  "a 429 that stalls": { script: [hang(429, { "retry-after": "1" })] },
  "a 429 with a long wait": {
    script: [Scripted.respond({ status: 429, headers: { "retry-after": "60" } })],
    deadline: long
  },
  "a 503 that stalls": { script: [hang(503)] },
  "a 503 that stalls, after a POST": { script: [hang(503)], call: post },
  "a 503 that is declared and stalls": { script: [hang(503)], call: getAny },
  "a redirect to nothing": { script: [Scripted.redirect("/there", 307), Scripted.silence] },
  "a redirect that stalls": { script: [stalledRedirect, ok], deadline: 100 },
  "a redirect to a result that stalls": { script: [Scripted.redirect("/there", 303), hang(200)], call: post },
  "a redirect that stalls, to a result": {
    script: [Scripted.stalled("x", { status: 303, headers: { location: "/there" } }), ok],
    call: post,
    deadline: 100
  },
  "a redirect to a failure": { script: [Scripted.redirect("/there", 303), hang(404)], call: post },
  "a body that is cut": { script: [Scripted.cutShort({ body: '{"ok":', headers: json })], deadline: long },
  "a body that is cut, and a response that stalls": {
    script: [Scripted.cutShort({ body: '{"ok":', headers: json }), hang(200)]
  },
  "a failure, and no response": { script: [fails, Scripted.silence] },
  "a failure, and a final status that stalls": { script: [fails, hang(404)] },
  "a failure, and success": { script: [fails, ok], deadline: long },
  "a wait longer than the deadline": { script: [fails], policy: policy(schedule("10 seconds")) },
  "a schedule that never decides": {
    script: [fails],
    policy: policy(Schedule.addDelayEffect(schedule(10), () => Effect.never))
  },
  "a schedule that decides slowly": {
    script: [fails, ok],
    policy: policy(Schedule.addDelayEffect(schedule(0), () => Effect.delay(Effect.succeed("20 millis"), "200 millis"))),
    deadline: long
  },
  "a wait that exceeds the deadline only with the time for which the schedule decides": {
    script: [fails],
    policy: policy(Schedule.addDelayEffect(schedule(0), () => Effect.delay(Effect.succeed("300 millis"), "200 millis")))
  },
  "attempts with a deadline": {
    script: [Scripted.silence],
    perAttempt: "1 second",
    deadline: long,
    policy: policy(Schedule.recurs(1))
  },
  "an attempt with a deadline, and success": { script: [Scripted.silence, ok], perAttempt: "1 second", deadline: long },
  "an attempt with a longer deadline": { script: [hang(200)], perAttempt: long },
  "a stalled failure with an attempt deadline": { script: [hang(503), ok], perAttempt: "1 second", deadline: long },
  "a stalled 401 with an attempt deadline": { script: [hang(401), ok], perAttempt: "1 second", deadline: long },
  "a deadline of an attempt of zero": { script: [ok], perAttempt: 0, deadline: long },
  "a deadline of zero": { script: [ok], deadline: 0 },
  "a negative deadline": { script: [ok], deadline: -5 },
  "an infinite deadline": { script: [ok], deadline: Infinity },
  "a deadline of NaN": { script: [ok], deadline: Number.NaN },
  "a deadline of a month": { script: [fails, ok], deadline: "30 days" }
}

type Wrap = <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** What a caller, a tracer and `Metrics` learn of a call. Waits and durations differ. */
const observed = (scenario: Scenario, client: Layer.Layer<HttpClient.HttpClient>, wrap: Wrap) =>
  Effect.gen(function* () {
    const server = yield* Scripted.make(scenario.script)
    const { spans, tracer } = listener()
    const measured: Array<unknown> = []
    const instrument = (name: string) => (_: number, labels: Metrics.Labels) =>
      Effect.sync(() => void measured.push([name, labels]))
    const metrics = Layer.succeed(Metrics.Metrics, {
      requestDuration: instrument("request"),
      callDuration: instrument("call"),
      retries: instrument("retries"),
      waitDuration: instrument("wait"),
      budgetAvailable: instrument("budget"),
      cacheLookups: instrument("cache"),
      mismatches: instrument("mismatches")
    })
    const { call = get, deadline = "400 millis", perAttempt, policy: given = policy(schedule(10)) } = scenario
    const exit = yield* call.pipe(
      Effect.provideService(Deadline.Current, deadline),
      Effect.provideService(Deadline.PerAttempt, perAttempt),
      Effect.provideService(RetryPolicy.Current, given),
      Effect.withTracer(tracer),
      Effect.provide(Layer.mergeAll(at(server.url), client, metrics)),
      wrap,
      Effect.exit,
      Effect.disconnect,
      Effect.timeout("5 seconds")
    )
    // A call that is interrupted does not wait until its attempt has ended.
    yield* Effect.sleep("50 millis")
    const times = ["elapsed", "waited", "date", "herald.wait", "keep-alive", "timing"]
    /** What an observer sees, without what differs between two calls of the same kind. */
    const text = (value: unknown) =>
      JSON.stringify(value, (key, one: unknown) =>
        times.includes(key) ? key : one === undefined ? "undefined" : one
      ).replaceAll(server.url.port, "PORT")
    return {
      exit: Exit.match(exit, {
        onSuccess: (value) => text({ value }),
        onFailure: (cause) =>
          text(
            cause._tag === "Fail"
              ? {
                  tag: (cause.error as Error).name,
                  message: (cause.error as Error).message,
                  ...(cause.error as object)
                }
              : { cause: cause._tag }
          )
      }),
      spans: spans.map(({ attributes, events, exit }) => text([[...attributes].sort(), events, exit?._tag])),
      measured: measured.map(text).sort(),
      requests: server.requests.map(({ method, target }) => [method, target])
    }
  })

describe("a deadline has the same outcome whether it aborts the request or interrupts the call:", () => {
  it.scopedLive.each(Object.entries(scenarios))("%s", ([, scenario]) =>
    Effect.gen(function* () {
      const observe = (client: Layer.Layer<HttpClient.HttpClient>) =>
        Effect.forEach([identity, Effect.uninterruptible] satisfies ReadonlyArray<Wrap>, (wrap) =>
          observed(scenario, client, wrap)
        )
      const both = Effect.all([observe(aborted), observe(interrupted)], { concurrency: "unbounded" })
      // On a busy machine, a deadline can pass before the server has done what it is to do.
      const [one, other] = yield* Effect.repeat(both, {
        times: 9,
        until: ([one, other]) => isDeepStrictEqual(one, other)
      })
      expect(one).toEqual(other)
    })
  )
})

describe("a deadline", () => {
  // Content after a 205 is dropped for a quarter of a second, which ends without an error if the request is aborted.
  it.scopedLive.each(Object.entries({ aborts: aborted, interrupts: interrupted }))(
    "that %s a 205 whose content is dropped fails the call",
    ([, client]) =>
      Effect.gen(function* () {
        const server = yield* Scripted.make([Scripted.stalled("x", { status: 205 })])
        const error = yield* put.pipe(
          Effect.provideService(Deadline.Current, "100 millis"),
          Effect.provide(Layer.merge(at(server.url), client)),
          Effect.flip
        )
        expect(error).toMatchObject({ _tag: "TimeoutError", reason: "deadline" })
      })
  )

  it.scopedLive("does not end other work of the caller's fiber", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.silence])
      for (const client of [aborted, interrupted]) {
        const child = yield* Effect.fork(Effect.never)
        yield* get.pipe(
          Effect.provideService(Deadline.Current, "100 millis"),
          Effect.provide(Layer.merge(at(server.url), client)),
          Effect.flip
        )
        expect(child.unsafePoll()).toBeNull()
        yield* Fiber.interrupt(child)
      }
    })
  )
})
