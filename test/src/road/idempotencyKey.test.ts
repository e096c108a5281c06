import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Endpoint, Operation, RetryPolicy } from "effect-herald"
import * as Scripted from "../../servers/scripted.js"
import { at, bearing, Caller, clients, forAll, Ok, once, status, stub } from "../kit.js"

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const name = "idempotency-key"
const ok = Scripted.json({ ok: true })
const home = new URL("https://api.test")

/** Repeats everything that may be, three times and at once. */
const greedy = Layer.succeed(
  RetryPolicy.Current,
  RetryPolicy.make({ schedule: Schedule.recurs(3), repeats: () => true })
)

const charge = (header = "Idempotency-Key", unrepeatable = false) =>
  Operation.make(
    Caller,
    () =>
      HttpApiEndpoint.post("charge", "/charges")
        .setPayload(Schema.Struct({ pence: Schema.Number }))
        .addSuccess(Ok)
        .annotate(Endpoint.IdempotencyKey, header)
        .annotate(Endpoint.Unrepeatable, unrepeatable),
    (pence: number) => ({ payload: { pence } })
  )

/** An endpoint whose callers may give a key of their own. */
const keyed = (header: string, schemaName = header) =>
  Operation.make(
    Caller,
    () =>
      HttpApiEndpoint.post("keyed", "/keyed")
        .setHeaders(Schema.Struct({ [schemaName]: Schema.optional(Schema.String) }))
        .addSuccess(Ok)
        .annotate(Endpoint.IdempotencyKey, header),
    (key?: string) => ({ headers: key === undefined ? {} : { [schemaName]: key } })
  )

const keys = ({ requests }: Scripted.Scripted) => requests.map(({ headers }) => headers[name])

describe.each(clients)("an idempotency key, by %s", (_, client) => {
  const calling = (url: URL) => Layer.mergeAll(at(url, bearing({ authorization: "Bearer token" })), greedy, client)

  it.scopedLive("is the same on every attempt, and makes a POST safe to repeat, whatever happened to it", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.answer({ status: 500 }),
        Scripted.reset,
        Scripted.cutShort({ body: '{"ok":' }),
        ok
      ])
      expect(yield* Effect.provide(charge()(5), calling(server.url))).toEqual({ ok: true })
      expect(keys(server)).toHaveLength(4)
      expect(new Set(keys(server)).size).toBe(1)
      expect(keys(server)[0]).toMatch(uuid4)
      expect(server.requests.every(({ body }) => body === '{"pence":5}')).toBe(true)
    })
  )

  it.scopedLive("is the same after redirects and with fresh credentials after a 401", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.redirect("/there", 307),
        Scripted.answer({ status: 401 }),
        Scripted.redirect("/there", 308),
        Scripted.redirect("/result", 303),
        ok
      ])
      const refreshing = at(server.url, { rejected: () => Effect.succeed(true) })
      yield* Effect.provide(charge()(5), Layer.mergeAll(refreshing, once, client))
      expect(server.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
        "POST /charges",
        "POST /there",
        "POST /charges",
        "POST /there",
        "GET /result"
      ])
      expect(keys(server)[0]).toMatch(uuid4)
      expect(new Set(keys(server)).size).toBe(1)
    })
  )

  it.scopedLive("is another for each call, and for each run of the same call", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([ok])
      const operation = charge()
      const call = operation(5)
      yield* Effect.all([call, call, operation(5), Effect.replicateEffect(call, 20, { concurrency: "unbounded" })], {
        concurrency: "unbounded"
      }).pipe(Effect.provide(calling(server.url)))
      expect(new Set(keys(server)).size).toBe(23)
      for (const key of keys(server)) expect(key).toMatch(uuid4)
    })
  )

  it.scopedLive("goes under the name that the API has for it, whatever its case, and once", () =>
    Effect.gen(function* () {
      for (const header of ["X-Request-Key", "x-request-key", "X-REQUEST-KEY"]) {
        const { requests, url } = yield* Scripted.make([ok])
        yield* Effect.provide(charge(header)(5), calling(url))
        expect(requests[0]?.headers["x-request-key"]).toMatch(uuid4)
        expect(requests[0]?.headers).not.toHaveProperty(name)
      }
    })
  )

  it.scopedLive("of the caller's own is kept, and is as good", () =>
    Effect.gen(function* () {
      for (const [header, schemaName] of [
        [name, name],
        ["Idempotency-Key", name],
        [name, "Idempotency-Key"],
        ["IDEMPOTENCY-KEY", "Idempotency-Key"]
      ] as const) {
        const server = yield* Scripted.make([Scripted.answer({ status: 500 }), ok])
        yield* Effect.provide(keyed(header, schemaName)("mine"), calling(server.url))
        expect(keys(server)).toEqual(["mine", "mine"])
      }
    })
  )

  it.scopedLive("is made where the caller could have given one, and did not", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.reset, ok])
      yield* Effect.provide(keyed(name)(), calling(server.url))
      expect(keys(server)[0]).toMatch(uuid4)
      expect(new Set(keys(server)).size).toBe(1)
    })
  )

  it.scopedLive("repeats nothing that is never to be repeated, and goes along all the same", () =>
    Effect.gen(function* () {
      for (const behaviour of [Scripted.answer({ status: 500 }), Scripted.answer({ status: 429 }), Scripted.reset]) {
        const server = yield* Scripted.make([behaviour, ok])
        const error = yield* Effect.flip(Effect.provide(charge(name, true)(5), calling(server.url)))
        expect(error.attempts).toMatchObject([{ idempotent: true, verdict: "unrepeatable" }])
        expect(keys(server)).toHaveLength(1)
        expect(keys(server)[0]).toMatch(uuid4)
      }
    })
  )

  it.scopedLive("does not have a Stream sent again that was read", () =>
    Effect.gen(function* () {
      const upload = Operation.make(
        Caller,
        () =>
          HttpApiEndpoint.post("upload", "/upload")
            .setPayload(Endpoint.StreamPayload())
            .addSuccess(Ok)
            .annotate(Endpoint.IdempotencyKey, name),
        (body: Stream.Stream<Uint8Array, unknown>) => ({ payload: body })
      )
      const server = yield* Scripted.make([Scripted.answer({ status: 500 }), ok])
      const error = yield* Effect.flip(Effect.provide(upload(Stream.make(Uint8Array.of(1))), calling(server.url)))
      expect(error.attempts).toMatchObject([{ idempotent: true, verdict: "body spent" }])
      expect(keys(server)).toHaveLength(1)
    })
  )
})

describe("an idempotency key", () => {
  it.effect("is not sent unless the endpoint takes one", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const plain = Operation.make(
        Caller,
        () => HttpApiEndpoint.post("plain", "/plain").addSuccess(Ok),
        () => ({})
      )
      yield* Effect.provide(plain(), Layer.mergeAll(at(home), client.layer))
      expect(Object.keys(client.requests[0]?.request.headers ?? {})).toEqual(["accept"])
    })
  )

  it.effect("tells the policy, and the error, that the call is idempotent", () =>
    Effect.gen(function* () {
      const client = stub([status(500)])
      const error = yield* Effect.flip(Effect.provide(charge()(5), Layer.mergeAll(at(home), greedy, client.layer)))
      expect(error.attempts.map(({ idempotent, verdict }) => [idempotent, verdict])).toEqual([
        [true, "repeated"],
        [true, "repeated"],
        [true, "repeated"],
        [true, "exhausted"]
      ])
    })
  )

  it.effect("that could not stand in a header is refused before anything is sent", () =>
    forAll(
      fc.oneof(
        fc.constantFrom("a\nb", "a\r\nx-evil: 1", "\0", "ключ"),
        fc.string().map((text) => `${text}\n`)
      ),
      (key) =>
        Effect.gen(function* () {
          const client = stub([status(200)])
          const error = yield* Effect.flip(Effect.provide(keyed(name)(key), Layer.mergeAll(at(home), client.layer)))
          expect(error._tag).toBe("EncodeError")
          expect(client.requests).toEqual([])
        }),
      { numRuns: 20 }
    )
  )

  it.effect("does not repeat itself, nor what is not random in it", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      yield* Effect.provide(Effect.replicateEffect(charge()(5), 1000), Layer.mergeAll(at(home), client.layer))
      const all = client.requests.map(({ request }) => request.headers[name] ?? "")
      expect(new Set(all).size).toBe(1000)
      expect(all.every((key) => uuid4.test(key))).toBe(true)
      // Every digit that is random takes every value.
      const digits = all.map((key) => key.replaceAll("-", ""))
      for (let place = 0; place < 32; place += 1) {
        expect(new Set(digits.map((key) => key[place])).size).toBe(place === 12 ? 1 : place === 16 ? 4 : 16)
      }
    })
  )

  it.effect("is made where the caller's own is empty, which would make nothing safe to repeat", () =>
    Effect.gen(function* () {
      for (const nothing of ["", " ", "\t "]) {
        const client = stub([status(500), status(200)])
        yield* Effect.provide(keyed(name)(nothing), Layer.mergeAll(at(home), greedy, client.layer))
        const sent = client.requests.map(({ request }) => request.headers[name])
        expect(sent[0]).toMatch(uuid4)
        expect(sent[1]).toBe(sent[0])
      }
    })
  )
})
