import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Body, Endpoint, Operation, RetryPolicy } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, bearing, Caller, forAll, Ok, once, status, stub } from "../../../support/kit.js"

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const name = "idempotency-key"
const ok = Scripted.json({ ok: true })
const baseUrl = new URL("https://api.test")

/** Retries whatever may be retried, three times and at once. */
const retrying = Layer.succeed(
  RetryPolicy.Current,
  RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
)

const charge = (header = "Idempotency-Key", neverRetried = false) =>
  Operation.make(
    Caller,
    () =>
      Endpoint.post("/charges", {
        body: Schema.Struct({ pence: Schema.Number }),
        success: Ok,
        idempotencyKey: header,
        neverRetried
      }),
    (pence: number) => ({ body: { pence } })
  )

/** An operation whose callers may give a key of their own. */
const keyed = (header: string, schemaName = header) =>
  Operation.make(
    Caller,
    () =>
      Endpoint.post("/keyed", {
        headers: { [schemaName]: Schema.optional(Schema.String) },
        success: Ok,
        idempotencyKey: header
      }),
    (key?: string) => ({ headers: key === undefined ? {} : { [schemaName]: key } })
  )

const keys = ({ requests }: Scripted.Scripted) => requests.map(({ headers }) => headers[name])

describe("an idempotency key", () => {
  const calling = (url: URL) =>
    Layer.mergeAll(at(url, { credentials: bearing({ authorization: "Bearer token" }) }), retrying, client)

  it.scopedLive("is the same on every attempt, and makes a POST safe to retry after any failure", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.respond({ status: 500 }),
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

  it.scopedLive("is the same after redirects, and with refreshed credentials after a 401", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([
        Scripted.redirect("/there", 307),
        Scripted.respond({ status: 401 }),
        Scripted.redirect("/there", 308),
        Scripted.redirect("/result", 303),
        ok
      ])
      const refreshing = at(server.url, { credentials: { rejected: () => Effect.succeed(true) } })
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

  it.scopedLive("is different for each call, and for each run of the same call", () =>
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

  it.scopedLive("is sent once, in the declared header, whatever the case of its name", () =>
    Effect.gen(function* () {
      for (const header of ["X-Request-Key", "x-request-key", "X-REQUEST-KEY"]) {
        const { requests, url } = yield* Scripted.make([ok])
        yield* Effect.provide(charge(header)(5), calling(url))
        expect(requests[0]?.headers["x-request-key"]).toMatch(uuid4)
        expect(requests[0]?.headers).not.toHaveProperty(name)
      }
    })
  )

  it.scopedLive("that the caller gives is sent unchanged on every attempt", () =>
    Effect.gen(function* () {
      for (const [header, schemaName] of [
        [name, name],
        ["Idempotency-Key", name],
        [name, "Idempotency-Key"],
        ["IDEMPOTENCY-KEY", "Idempotency-Key"]
      ] as const) {
        const server = yield* Scripted.make([Scripted.respond({ status: 500 }), ok])
        yield* Effect.provide(keyed(header, schemaName)("mine"), calling(server.url))
        expect(keys(server)).toEqual(["mine", "mine"])
      }
    })
  )

  it.scopedLive("is made where the caller could give one and does not", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.reset, ok])
      yield* Effect.provide(keyed(name)(), calling(server.url))
      expect(keys(server)[0]).toMatch(uuid4)
      expect(new Set(keys(server)).size).toBe(1)
    })
  )

  it.scopedLive("is sent by a never-retried endpoint, too, which is not retried for it", () =>
    Effect.gen(function* () {
      for (const behaviour of [Scripted.respond({ status: 500 }), Scripted.respond({ status: 429 }), Scripted.reset]) {
        const server = yield* Scripted.make([behaviour, ok])
        const error = yield* Effect.flip(Effect.provide(charge(name, true)(5), calling(server.url)))
        expect(error.attempts).toMatchObject([{ idempotent: true, verdict: "never retried" }])
        expect(keys(server)).toHaveLength(1)
        expect(keys(server)[0]).toMatch(uuid4)
      }
    })
  )

  it.scopedLive("does not make a Stream that was read safe to retry", () =>
    Effect.gen(function* () {
      const upload = Operation.make(
        Caller,
        () => Endpoint.post("/upload", { body: Body.stream(), success: Ok, idempotencyKey: name }),
        (body: Stream.Stream<Uint8Array, unknown>) => ({ body })
      )
      const server = yield* Scripted.make([Scripted.respond({ status: 500 }), ok])
      const error = yield* Effect.flip(Effect.provide(upload(Stream.make(Uint8Array.of(1))), calling(server.url)))
      expect(error.attempts).toMatchObject([{ idempotent: true, verdict: "body consumed" }])
      expect(keys(server)).toHaveLength(1)
    })
  )
})

describe("an idempotency key", () => {
  it.effect("is not sent unless the endpoint declares one", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const plain = Operation.make(Caller, () => Endpoint.post("/plain", { success: Ok }))
      yield* Effect.provide(plain(), Layer.mergeAll(at(baseUrl), client.layer))
      expect(Object.keys(client.requests[0]?.request.headers ?? {})).toEqual(["accept", "user-agent"])
    })
  )

  it.effect("marks the failed attempts as idempotent", () =>
    Effect.gen(function* () {
      const client = stub([status(500)])
      const error = yield* Effect.flip(Effect.provide(charge()(5), Layer.mergeAll(at(baseUrl), retrying, client.layer)))
      expect(error.attempts.map(({ idempotent, verdict }) => [idempotent, verdict])).toEqual([
        [true, "retried"],
        [true, "retried"],
        [true, "retried"],
        [true, "exhausted"]
      ])
    })
  )

  it.effect("that can't be sent in a header is an EncodeError, and nothing is sent", () =>
    forAll(
      fc.oneof(
        fc.constantFrom("a\nb", "a\r\nx-evil: 1", "\0", "ключ"),
        fc.string().map((text) => `${text}\n`)
      ),
      (key) =>
        Effect.gen(function* () {
          const client = stub([status(200)])
          const error = yield* Effect.flip(Effect.provide(keyed(name)(key), Layer.mergeAll(at(baseUrl), client.layer)))
          expect(error._tag).toBe("EncodeError")
          expect(client.requests).toEqual([])
        }),
      { numRuns: 20 }
    )
  )

  it.effect("is a random UUID of version 4", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      yield* Effect.provide(Effect.replicateEffect(charge()(5), 1000), Layer.mergeAll(at(baseUrl), client.layer))
      const all = client.requests.map(({ request }) => request.headers[name] ?? "")
      expect(new Set(all).size).toBe(1000)
      expect(all.every((key) => uuid4.test(key))).toBe(true)
      // Every random digit takes every value.
      const digits = all.map((key) => key.replaceAll("-", ""))
      for (let index = 0; index < 32; index += 1) {
        expect(new Set(digits.map((key) => key[index])).size).toBe(index === 12 ? 1 : index === 16 ? 4 : 16)
      }
    })
  )

  it.effect("is made where the caller's own is blank", () =>
    Effect.gen(function* () {
      for (const blank of ["", " ", "\t "]) {
        const client = stub([status(500), status(200)])
        yield* Effect.provide(keyed(name)(blank), Layer.mergeAll(at(baseUrl), retrying, client.layer))
        const sent = client.requests.map(({ request }) => request.headers[name])
        expect(sent[0]).toMatch(uuid4)
        expect(sent[1]).toBe(sent[0])
      }
    })
  )
})
