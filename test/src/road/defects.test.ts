import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import Undici from "@effect/platform-node/Undici"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Backoff, Deadline, RetryPolicy } from "effect-herald"
import * as Scripted from "../../servers/scripted.js"
import { at, bearing, broken, clients, elapsing, status, stub, thing } from "../kit.js"
import { run } from "../run.js"

// What was found wrong with the request handlers of the Python world, each the other way around.

const policies = Object.entries({
  standard: RetryPolicy.standard,
  civis: RetryPolicy.civis,
  backoff: RetryPolicy.backoff()
})

/** Repeats whatever it may, for ever and without a wait of its own. */
const endless = RetryPolicy.make({ schedule: Schedule.forever, repeats: () => true })

const after = (value: string) => ({ "retry-after": value })

/** A 200 whose JSON is not all there. */
const nonsense = () => new Response('{"ok":', { status: 200, headers: { "content-type": "application/json" } })

describe("401", () => {
  it.effect.each(policies)("is no endless loop where the credentials can't be refreshed: %s", ([, policy]) =>
    Effect.gen(function* () {
      expect(
        yield* run(thing(), [status(401)], policy, { caller: bearing({ authorization: "Basic old" }) })
      ).toMatchObject({
        sent: 1,
        ended: 0,
        error: { _tag: "Unauthorised", status: 401, attempts: [{ verdict: "declined" }] }
      })
    })
  )

  it.effect.each(policies)("is no endless loop where they are said to be refreshed each time: %s", ([, policy]) =>
    Effect.gen(function* () {
      let refreshes = 0
      const caller = {
        ...bearing({ authorization: "Bearer expired" }),
        rejected: () => Effect.sync(() => (refreshes += 1) > 0)
      }
      expect(yield* run(thing(), [status(401)], policy, { caller })).toMatchObject({ sent: 2, ended: 0 })
      expect(refreshes).toBe(1)
    })
  )

  it.effect("is replayed once in a call, not once an attempt, under a policy that repeats it", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.make({ schedule: Schedule.recurs(3), repeats: () => true })
      let refreshes = 0
      const caller = { rejected: () => Effect.sync(() => (refreshes += 1) > 0) }
      expect((yield* run(thing(), [status(401)], policy, { caller })).sent).toBe(5)
      expect(refreshes).toBe(1)
    })
  )
})

describe("Retry-After", () => {
  it.effect.each(policies)("of 0 is no endless loop: %s", ([, policy]) =>
    Effect.gen(function* () {
      const { error, sent, waits } = yield* run(thing(), [status(429, after("0"))], policy, { draw: 0.5 })
      expect(error).toMatchObject({ _tag: "RateLimited", status: 429 })
      expect(error?.attempts.at(-1)?.verdict).toBe("exhausted")
      expect(sent).toBeLessThanOrEqual(11)
      // The schedule's own waits hold.
      expect(waits.every((wait, index) => wait > (waits[index - 1] ?? 0) || wait === 30_000)).toBe(true)
    })
  )

  it.effect("of 0 ends by the budget, where the policy has neither end nor wait", () =>
    Effect.gen(function* () {
      const { ended, error, sent } = yield* run(thing(), [status(429, after("0"))], endless)
      expect([sent, ended]).toEqual([101, 0])
      expect(error).toMatchObject({ _tag: "RateLimited" })
      expect(error?.attempts.at(-1)?.verdict).toBe("over budget")
    })
  )

  it.effect.each(policies)("as a date is waited for, not crashed on: %s", ([, policy]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2030, 0, 1))
      for (const date of [
        "Tue, 01 Jan 2030 00:00:07 GMT",
        "Tuesday, 01-Jan-30 00:00:07 GMT",
        "Tue Jan  1 00:00:07 2030"
      ]) {
        yield* TestClock.setTime(Date.UTC(2030, 0, 1))
        const turns = [status(503, after(date)), status(200)]
        expect(yield* run(thing("POST"), turns, policy)).toMatchObject({ error: undefined, times: [0, 7000] })
      }
    })
  )

  it.effect.each(["1.5", "-1", "1e3", "0x10", "soon", "", "1, 2", "Tue, 32 Jan 2030 00:00:07 GMT"])(
    "of nonsense is none, not crashed on: %j",
    (value) =>
      Effect.gen(function* () {
        for (const [, policy] of policies) {
          const options = { draw: 0.5 }
          const without = yield* run(thing(), [status(429), status(200)], policy, options)
          expect(yield* run(thing(), [status(429, after(value)), status(200)], policy, options)).toEqual(without)
          // 503 is a refusal only where it says when to come back.
          expect((yield* run(thing("PATCH"), [status(503, after(value)), status(200)], policy)).sent).toBe(1)
        }
      })
  )

  it.effect("is heard on any status that is repeated, and on no success", () =>
    Effect.gen(function* () {
      for (const code of [408, 413, 425, 429, 500, 502, 503, 504]) {
        const { waits } = yield* run(thing(), [status(code, after("9")), status(200)], endless)
        expect(waits).toEqual([9000])
      }
      expect(yield* run(thing(), [status(200, after("9"))], endless)).toMatchObject({ error: undefined, ended: 0 })
    })
  )

  it.effect("is not slept through where nothing is repeated anyway", () =>
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

describe("what is not repeated", () => {
  it.effect.each(policies)("POST on 500, 502 and 504, or after a lost answer: %s", ([, policy]) =>
    Effect.gen(function* () {
      for (const turn of [status(500), status(502), status(504), broken("ECONNRESET"), broken("UND_ERR_SOCKET")]) {
        const { error, sent } = yield* run(thing("POST"), [turn, status(200)], policy)
        expect([sent, error?.attempts.at(-1)?.verdict]).toEqual([1, "unsafe"])
      }
    })
  )

  it.effect("a status that is none of HTTP's, such as 499, under any policy", () =>
    Effect.gen(function* () {
      for (const code of [418, 430, 440, 460, 499, 520, 529, 598, 599]) {
        for (const policy of [...policies.map(([, policy]) => policy), endless]) {
          const { error, sent } = yield* run(thing(), [status(code), status(200)], policy)
          expect([sent, error?.attempts.at(-1)?.verdict]).toEqual([1, "final"])
          expect(error?._tag).toBe(code < 500 ? "ClientError" : "ServerError")
        }
      }
    })
  )

  it.effect("a 200 that is not JSON, which is an error with a tag", () =>
    Effect.gen(function* () {
      for (const [, policy] of [...policies, ["endless", endless] as const]) {
        for (const turn of [nonsense, status(200, {}, ""), status(200, {}, "<html>busy, try again</html>")]) {
          const { error, sent } = yield* run(thing(), [turn, status(200)], policy)
          expect(sent).toBe(1)
          expect(error).toMatchObject({ _tag: "DecodeError", reason: "Json", status: 200 })
        }
      }
    })
  )
})

describe("an endless policy", () => {
  it.effect("works on 429 as on anything", () =>
    Effect.gen(function* () {
      for (const schedule of [
        Schedule.spaced("1 second"),
        Backoff.exponential({ start: "1 second", cap: "5 seconds" }),
        Schedule.forever
      ]) {
        const policy = RetryPolicy.make({ schedule, repeats: () => true })
        const turns = Array.from({ length: 60 }, (_, index) => status(429, index % 2 === 0 ? after("2") : {}))
        expect(yield* run(thing(), [...turns, status(200)], policy)).toMatchObject({ error: undefined, sent: 61 })
      }
    })
  )
})

describe("a policy's schedule", () => {
  const policy = RetryPolicy.backoff({ start: "1 second", factor: 2, attempts: 3 })

  it.effect("begins anew with each call, one after another", () =>
    Effect.gen(function* () {
      const call = thing()
      for (let time = 0; time < 3; time += 1) {
        expect((yield* run(call, [status(503)], policy)).times).toEqual([0, 1000, 3000, 7000])
      }
    })
  )

  it.effect("begins anew with each call, and for each of those at once", () =>
    Effect.gen(function* () {
      const client = stub([status(503)])
      const call = thing()
      const errors = yield* Effect.forEach([0, 500, 2500], (start) => Effect.delay(Effect.flip(call), start), {
        concurrency: "unbounded"
      }).pipe(
        Effect.provide(Layer.merge(at(new URL("https://api.test")), client.layer)),
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

describe("what an error tells", () => {
  it.effect("is the last failure itself, not that there were too many", () =>
    Effect.gen(function* () {
      const policy = RetryPolicy.backoff({ attempts: 2 })
      const turns = [status(503), broken("ECONNREFUSED"), status(502, { "x-request-id": "r3" }, "bad gateway")]
      const { error } = yield* run(thing(), turns, policy)
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
    "of the transport's is an error with a tag, and repeated: %s",
    (code) =>
      Effect.gen(function* () {
        for (const policy of [RetryPolicy.standard, RetryPolicy.backoff()]) {
          expect(yield* run(thing(), [broken(code), status(200)], policy)).toMatchObject({ error: undefined, sent: 2 })
          expect((yield* run(thing(), [broken(code)], policy)).error).toMatchObject({
            _tag: "TimeoutError",
            reason: code
          })
        }
      })
  )

  describe.each(clients)("for each attempt, by %s", (_, client) => {
    it.scoped("is an error with a tag, and repeated", () =>
      Effect.gen(function* () {
        const { next, requests, url } = yield* Scripted.make([
          Scripted.silence,
          Scripted.stalled('{"ok":'),
          Scripted.answer({ body: '{"ok":true}' })
        ])
        const policy = RetryPolicy.make({ schedule: Schedule.recurs(2), repeats: RetryPolicy.onTransportFailure })
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

describe.each(clients)("over sockets, by %s", (_, client) => {
  const soon = RetryPolicy.make({ schedule: Schedule.recurs(2), repeats: () => true })
  const calling = (url: URL, policy: RetryPolicy.RetryPolicy) => (call: ReturnType<typeof thing>) =>
    call.pipe(Effect.provideService(RetryPolicy.Current, policy), Effect.provide(Layer.merge(at(url), client)))

  it.scopedLive.each(["end", "reset"] as const)(
    "a body that is cut short is repeated, and an error with a tag: %s",
    (how) =>
      Effect.gen(function* () {
        for (const framing of ["length", "chunked"] as const) {
          const cut = Scripted.cutShort({ body: '{"ok":', how, framing })
          const server = yield* Scripted.make((_, index) =>
            index % 3 === 2 ? Scripted.answer({ body: '{"ok":true}' }) : cut
          )
          expect(yield* calling(server.url, soon)(thing())).toEqual({ ok: true })
          expect(server.requests).toHaveLength(3)

          const broken = yield* Scripted.make([cut])
          expect(yield* Effect.flip(calling(broken.url, soon)(thing()))).toMatchObject({ _tag: "TransportError" })
          expect(broken.requests).toHaveLength(3)
          expect(yield* Effect.flip(calling(broken.url, soon)(thing("POST")))).toMatchObject({ _tag: "TransportError" })
          expect(broken.requests).toHaveLength(4)
        }
      })
  )

  it.scopedLive("a 200 that is not JSON is sent once, and an error with a tag", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.answer({ body: '{"ok":' })])
      expect(yield* Effect.flip(calling(url, soon)(thing()))).toMatchObject({ _tag: "DecodeError", reason: "Json" })
      expect(requests).toHaveLength(1)
    })
  )
})

describe("a wait", () => {
  const failing = [
    ["with a body", Scripted.answer({ status: 502, body: "x".repeat(100_000) })],
    ["in pieces", Scripted.chunked(["bad ".repeat(25_000), "gateway"], { status: 502 })],
    ["without a body", Scripted.answer({ status: 502 })]
  ] as const

  /** Another call during a call's wait; gives the connections that were used. */
  const during = (behaviour: Scripted.Behaviour, client: (typeof clients)[number][1]) =>
    Effect.gen(function* () {
      const answer = Scripted.answer({ body: '{"ok":true}' })
      const { requests, url } = yield* Scripted.make((_, index) => (index === 0 ? behaviour : answer))
      const policy = RetryPolicy.make({
        schedule: Schedule.spaced("1 hour"),
        repeats: () => true,
        maxWait: "1 hour"
      })
      const call = Effect.provideService(thing(), RetryPolicy.Current, policy)
      yield* Effect.gen(function* () {
        const waiting = yield* Effect.fork(call)
        while (Chunk.isEmpty(yield* TestClock.sleeps())) yield* Effect.promise(() => new Promise(setImmediate))
        // The client needs a moment to see that its connection is free.
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
        expect(yield* call).toEqual({ ok: true })
        expect(requests).toHaveLength(2)
        expect(waiting.unsafePoll()).toBeNull()
        yield* TestClock.adjust("1 hour")
        expect(yield* Fiber.join(waiting)).toEqual({ ok: true })
      }).pipe(Effect.provide(Layer.merge(at(url), client)))
      return requests.map(({ connection }) => connection)
    })

  it.scoped.each(failing)("does not hold a client's only connection, by undici: %s", ([, behaviour]) =>
    Effect.gen(function* () {
      const dispatcher = yield* Effect.acquireRelease(
        Effect.sync(() => new Undici.Agent({ connections: 1, pipelining: 1 })),
        (agent) => Effect.promise(() => agent.destroy())
      )
      const single = NodeHttpClient.layerUndiciWithoutDispatcher.pipe(
        Layer.provide(Layer.succeed(NodeHttpClient.Dispatcher, dispatcher))
      )
      expect(yield* during(behaviour, single)).toEqual([0, 0, 0])
    })
  )

  it.scoped.each(failing)("leaves its connection to the next request, by fetch: %s", ([, behaviour]) =>
    Effect.gen(function* () {
      expect(yield* during(behaviour, FetchHttpClient.layer)).toEqual([0, 0, 0])
    })
  )
})
