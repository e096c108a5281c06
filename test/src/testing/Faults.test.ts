import { describe, expect, it } from "@effect/vitest"
import { HttpClient } from "@effect/platform"
import { Duration, Effect, Fiber, Layer, Option, Ref, Schema, Stream, TestClock } from "effect"
import * as fc from "effect/FastCheck"
import { Authoriser, Body, Deadline, Endpoint, Operation, RetryPolicy } from "effect-herald"
import { Transport } from "effect-herald/node"
import { Calls, Faults, TestApi } from "effect-herald/testing"
import * as Scripted from "../../servers/scripted.js"
import { elapsingAtOnce } from "../../support/kit.js"

class Files extends Authoriser.Tag("test/Faults/Files")<Files>() {}

const Thing = Schema.Struct({ name: Schema.String })

const getThing = Operation.make(Files, () => Endpoint.get("/thing", { success: Thing }))
const setThing = Operation.make(Files, () => Endpoint.post("/thing", { body: Thing, success: Thing }))
const getBytes = Operation.make(Files, () => Endpoint.get("/bytes", { success: Body.stream() }))

const thing = { name: "a thing" }
const text = JSON.stringify(thing)

const memory = TestApi.layer(
  TestApi.handle(getThing, () => Effect.succeed(thing)),
  TestApi.handle(setThing, ({ body }) => Effect.succeed(body)),
  TestApi.handle(getBytes, () => Effect.succeed(Stream.make(new Uint8Array(100))))
)

/** The program's side of a failure, which must be the same in memory and on a socket. */
const outcome = <A, R>(call: Effect.Effect<A, { readonly _tag: string }, R>) =>
  Effect.match(call, {
    onSuccess: (value): unknown => ({ value }),
    onFailure: (error) => {
      const { attempts, issues, reason, retryAfter, status } = error as unknown as Readonly<Record<string, unknown>>
      return {
        tag: error._tag,
        reason,
        status,
        issues,
        retryAfter,
        attempts: (attempts as ReadonlyArray<Readonly<Record<string, unknown>>>).map(
          ({ class: failureClass, reason, verdict }) => [failureClass, reason, verdict]
        )
      }
    }
  })

const at = (baseUrl: string | URL) => Files.layer({ baseUrl, retryPolicy: RetryPolicy.none })

const cases: ReadonlyArray<readonly [fault: Faults.Fault, real: Scripted.Behaviour]> = [
  [Faults.none, Scripted.json(thing)],
  [Faults.reset, Scripted.reset],
  [Faults.lost, Scripted.reset],
  [Faults.resetAfter(5), Scripted.cutShort({ body: text.slice(0, 5), how: "reset" })],
  [Faults.truncated(5), Scripted.cutShort({ body: text.slice(0, 5) })],
  [Faults.truncated(0), Scripted.cutShort({ body: "", framing: "length" })],
  [
    Faults.notJson,
    Scripted.respond({ headers: { "content-type": "text/html" }, body: "<!doctype html><title>Sign in</title>" })
  ],
  [Faults.status(503), Scripted.respond({ status: 503 })],
  [
    Faults.status(503, { headers: { "retry-after": 7 } }),
    Scripted.respond({ status: 503, headers: { "retry-after": "7" } })
  ],
  [
    Faults.status(429, { headers: { "retry-after": 7 } }),
    Scripted.respond({ status: 429, headers: { "retry-after": "7" } })
  ],
  [Faults.status(409, { json: { detail: "taken" } }), Scripted.json({ detail: "taken" }, { status: 409 })],
  [Faults.status(204), Scripted.respond({ status: 204 })],
  [Faults.slow(1000), Scripted.chunked([text.slice(0, 3), text.slice(3)])]
]

describe("a fault", () => {
  for (const [fault, behaviour] of cases) {
    for (const [method, call] of [
      ["GET", () => getThing()],
      ["POST", () => setThing({ body: thing })]
    ] as const) {
      it.scopedLive(`${fault.name} of a ${method} is the failure of a real connection`, () =>
        Effect.gen(function* () {
          const { requests, url } = yield* Scripted.make([behaviour])
          const given = yield* outcome(call()).pipe(Effect.provide(at(url)), Effect.provide(Transport.layer()))
          // The client may see the end of the connection before it sees that it was reset.
          const real =
            fault.name === "resetAfter(5)"
              ? (JSON.parse(JSON.stringify(given).replaceAll("UND_ERR_SOCKET", "ECONNRESET")) as unknown)
              : given
          expect(requests).toHaveLength(1)

          const script = Faults.always(fault)
          const inMemory = yield* outcome(call()).pipe(
            Effect.provide(at("https://files.test")),
            Effect.provide(Layer.provide(Faults.layer(script), memory))
          )
          expect(inMemory).toEqual(real)

          const healthy = yield* Scripted.make([Scripted.json(thing)])
          const onSocket = yield* outcome(call()).pipe(
            Effect.provide(at(healthy.url)),
            Effect.provide(Layer.provide(Faults.layer(script), Transport.layer()))
          )
          expect(onSocket).toEqual(real)
        })
      )
    }
  }

  it.scopedLive("refused is the failure of a closed port", () =>
    Effect.gen(function* () {
      const real = yield* outcome(setThing({ body: thing })).pipe(
        Effect.provide(at(yield* Scripted.closedPort)),
        Effect.provide(Transport.layer())
      )
      const inMemory = yield* outcome(setThing({ body: thing })).pipe(
        Effect.provide(at("https://files.test")),
        Effect.provide(Layer.provide(Faults.layer(Faults.always(Faults.refused)), memory))
      )
      expect(real).toMatchObject({
        reason: "ECONNREFUSED",
        attempts: [["NotSent", "ECONNREFUSED", "not retried by policy"]]
      })
      expect(inMemory).toEqual(real)
    })
  )

  for (const fault of [Faults.hanging, Faults.hangingAfter(3)]) {
    it.effect(`${fault.name} lasts until the deadline`, () =>
      Effect.gen(function* () {
        const fiber = yield* Effect.fork(Effect.flip(getThing()))
        yield* TestClock.adjust("29 seconds")
        expect(Option.isNone(yield* Fiber.poll(fiber))).toBe(true)
        yield* TestClock.adjust("1 second")
        expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "TimeoutError", reason: "deadline" })
      }).pipe(
        Effect.provideService(Deadline.Current, Duration.seconds(30)),
        Effect.provide(at("https://files.test")),
        Effect.provide(Layer.provide(Faults.layer(Faults.always(fault)), memory))
      )
    )
  }

  it.effect("slow takes the time of its bytes", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(getThing())
      // 18 bytes, of which 9 arrive in a second.
      yield* TestClock.adjust("1999 millis")
      expect(Option.isNone(yield* Fiber.poll(fiber))).toBe(true)
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toEqual(thing)
    }).pipe(
      Effect.provide(at("https://files.test")),
      Effect.provide(Layer.provide(Faults.layer(Faults.always(Faults.slow(9))), memory))
    )
  )

  it.effect("cuts a body that is a Stream after its bytes", () =>
    Effect.gen(function* () {
      const stream = yield* getBytes()
      const size = yield* Ref.make(0)
      const error = yield* Effect.flip(
        Stream.runForEach(stream, (chunk) => Ref.update(size, (before) => before + chunk.length))
      )
      expect(error).toMatchObject({ _tag: "TransportError", reason: "ECONNRESET" })
      expect(yield* Ref.get(size)).toBe(42)
    }).pipe(
      Effect.provide(at("https://files.test")),
      Effect.provide(Layer.provide(Faults.layer(Faults.always(Faults.resetAfter(42))), memory))
    )
  )
})

describe("sequence", () => {
  it.effect("gives the first requests its faults in order, and then the handler", () =>
    Effect.gen(function* () {
      const handled = yield* Ref.make(0)
      const layer = TestApi.layer(
        TestApi.handle(getThing, () =>
          Effect.as(
            Ref.update(handled, (count) => count + 1),
            thing
          )
        ).pipe(
          TestApi.withFaults(
            Faults.sequence([
              Faults.refused,
              Faults.status(503, { headers: { "retry-after": 10 } }),
              Faults.none,
              Faults.lost
            ])
          )
        )
      )
      yield* Effect.gen(function* () {
        const calls = yield* Calls.Calls
        expect(yield* elapsingAtOnce(getThing())).toEqual(thing)
        expect(yield* Ref.get(handled)).toBe(1)
        expect(yield* elapsingAtOnce(getThing())).toEqual(thing)
        expect(yield* Ref.get(handled)).toBe(3)
        const [first, second] = yield* calls.of(getThing)
        expect(first).toMatchObject({
          attempts: [
            { reason: "ECONNREFUSED", class: "NotSent", verdict: "retried" },
            { reason: "503", class: "Rejected", verdict: "retried" }
          ],
          outcome: { _tag: "Succeeded" }
        })
        expect(Duration.toMillis(first!.waits[1]!)).toBeGreaterThanOrEqual(10_000)
        expect(first?.requests.map(({ status }) => status)).toEqual([undefined, 503, 200])
        // The requests are as far apart as the waits say.
        const [one, two, three] = first!.requests.map(({ at }) => at)
        expect([two! - one!, three! - two!]).toEqual(first!.waits.map(Duration.toMillis))
        expect(second).toMatchObject({ attempts: [{ reason: "ECONNRESET", class: "Ambiguous" }] })
      }).pipe(Effect.provide(layer), Effect.provide(Files.layer({ baseUrl: "https://files.test" })))
    })
  )

  it.effect("begins anew in each layer", () =>
    Effect.gen(function* () {
      const script = Faults.sequence([Faults.refused])
      const layer = Layer.provide(Faults.layer(script), memory)
      const run = outcome(getThing()).pipe(Effect.provide(at("https://files.test")), Effect.provide(layer))
      const first = yield* run
      expect(first).toMatchObject({ reason: "ECONNREFUSED" })
      expect(yield* run).toEqual(first)
    })
  )
})

describe("random", () => {
  const draw = (seed: number, count: number, probability: number) =>
    Effect.gen(function* () {
      const script = Faults.random({
        seed,
        faults: [
          [probability, Faults.refused],
          [0.1, Faults.reset]
        ]
      })
      const next = yield* script.make
      return yield* Effect.replicateEffect(
        Effect.map(next, ({ name }) => name),
        count
      )
    })

  it.effect("gives the same faults for the same seed, as often as their probabilities say", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.integer(), fc.double({ min: 0, max: 0.9, noNaN: true }), async (seed, probability) => {
          const [first, again] = await Effect.runPromise(
            Effect.all([draw(seed, 400, probability), draw(seed, 400, probability)])
          )
          expect(again).toEqual(first)
          const refused = first.filter((name) => name === "refused").length / 400
          // Six deviations of 400 draws at most.
          expect(Math.abs(refused - probability)).toBeLessThan(0.16)
        }),
        { numRuns: 50 }
      )
    )
  )
})

describe("when", () => {
  it.effect("leaves other requests alone, and does not count them", () =>
    Effect.gen(function* () {
      const script = Faults.when(({ method }) => method === "POST", Faults.sequence([Faults.reset]))
      yield* Effect.gen(function* () {
        expect(yield* getThing()).toEqual(thing)
        expect(yield* outcome(setThing({ body: thing }))).toMatchObject({ reason: "ECONNRESET" })
        expect(yield* setThing({ body: thing })).toEqual(thing)
      }).pipe(Effect.provide(at("https://files.test")), Effect.provide(Layer.provide(Faults.layer(script), memory)))
    })
  )
})

describe("layer", () => {
  it.effect("sends by the client that it is given", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const response = yield* client.get("https://files.test/thing")
      expect(yield* response.json).toEqual(thing)
    }).pipe(Effect.provide(Layer.provide(Faults.layer(Faults.always(Faults.none)), memory)))
  )
})
