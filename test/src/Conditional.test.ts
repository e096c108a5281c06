import { describe, expect, it } from "@effect/vitest"
import { HttpClient, HttpClientError, HttpClientResponse } from "@effect/platform"
import { Effect, Either, FastCheck as fc, Layer, Option, Schema } from "effect"
import { Conditional, Endpoint, Location, Operation, RetryPolicy } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { at, broken, Caller, elapsingAtOnce, forAll, once, status, stub } from "../support/kit.js"

const Counter = Schema.Struct({ count: Schema.Number })

const getCounter = Operation.make(Caller, () => Endpoint.get("/counter", { success: Counter }))
const putCounter = Operation.make(Caller, () => Endpoint.put("/counter", { body: Counter, success: Counter }))
const patchCounter = Operation.make(Caller, () =>
  Endpoint.patch("/counter", {
    headers: { "x-reason": Schema.optional(Schema.String) },
    body: Counter,
    success: Counter
  })
)
const postCounter = Operation.make(Caller, () => Endpoint.post("/counter", { body: Counter, success: Counter }))

const counter = (count: number, etag?: string) =>
  status(200, etag === undefined ? {} : { etag }, JSON.stringify({ count }))

const using = <A, E>(
  steps: Parameters<typeof stub>[0],
  program: Effect.Effect<
    A,
    E,
    Layer.Layer.Success<ReturnType<typeof at>> | Layer.Layer.Success<ReturnType<typeof stub>["layer"]>
  >,
  policy: Layer.Layer<never> = once
) =>
  Effect.gen(function* () {
    const client = stub(steps)
    const result = yield* elapsingAtOnce(
      Effect.either(program.pipe(Effect.provide(Layer.mergeAll(at(new URL("https://api.test")), policy, client.layer))))
    )
    return { result, requests: client.requests.map(({ request }) => request) }
  })

describe("Conditional.ifMatch", () => {
  it.effect("sends the ETag of the response, with the headers of the call", () =>
    Effect.gen(function* () {
      const { result, requests } = yield* using(
        [counter(1, `"a"`), counter(2, `"b"`)],
        Effect.flatMap(getCounter.withResponse(), (current) =>
          Conditional.ifMatch(patchCounter, current).withResponse({
            headers: { "x-reason": "test" },
            body: { count: 2 }
          })
        )
      )
      expect(result).toMatchObject({ right: { value: { count: 2 }, headers: { etag: `"b"` } } })
      expect(requests[1]?.headers).toMatchObject({ "if-match": `"a"`, "x-reason": "test" })
    })
  )

  it.effect(
    "fails with PreconditionFailed if the resource has changed, and with PreconditionRequired without a condition",
    () =>
      Effect.gen(function* () {
        const { result } = yield* using(
          [status(412)],
          Conditional.ifMatch(putCounter, { headers: { etag: `"a"` } })({ body: { count: 2 } })
        )
        expect(Either.flip(result)).toMatchObject({ right: { _tag: "PreconditionFailed", status: 412 } })
        const required = yield* using([status(428)], putCounter({ body: { count: 2 } }))
        expect(Either.flip(required.result)).toMatchObject({ right: { _tag: "PreconditionRequired", status: 428 } })
      })
  )

  it.effect.each([
    ["no ETag", undefined, "the response has no ETag"],
    ["a weak ETag", `W/"a"`, "is weak"],
    ["an ETag without quotes", "a", "is invalid"],
    ["an empty ETag", "", "is invalid"],
    ["several ETags", `"a", "b"`, "is invalid"]
  ] as const)("sends nothing with %s", ([_, etag, message]) =>
    Effect.gen(function* () {
      const { result, requests } = yield* using(
        [counter(1)],
        Conditional.ifMatch(putCounter, { headers: { etag } })({ body: { count: 2 } })
      )
      expect(Either.flip(result)).toMatchObject({
        right: {
          _tag: "EncodeError",
          message: expect.stringContaining(message),
          issues: [{ path: ["headers", "if-match"] }]
        }
      })
      expect(requests).toEqual([])
    })
  )

  it.effect("retries a PATCH whose outcome is unknown, and no POST", () =>
    Effect.gen(function* () {
      const current = { headers: { etag: `"a"` } }
      const policy = Layer.succeed(RetryPolicy.Current, RetryPolicy.standard)
      const body = { count: 2 }
      const steps = [broken("ECONNRESET"), status(412)]
      const patched = yield* using(steps, Conditional.ifMatch(patchCounter, current)({ body }), policy)
      expect(Either.flip(patched.result)).toMatchObject({
        right: { _tag: "PreconditionFailed", attempts: [{ class: "Ambiguous" }, { class: "Final" }] }
      })
      const plain = yield* using(steps, patchCounter({ body }), policy)
      expect(plain.requests).toHaveLength(1)
      const posted = yield* using(steps, Conditional.ifMatch(postCounter, current)({ body }), policy)
      expect(posted.requests).toHaveLength(1)
    })
  )
})

describe("Conditional.ifMatch", () => {
  it.effect("keeps its condition where the operation is called at a Location", () =>
    Effect.gen(function* () {
      const remove = Operation.make(Caller, () => Endpoint.delete("/counter"))
      const response = { url: "https://api.test/a", headers: { etag: `"a"`, location: "/counters/7" } }
      const { requests } = yield* using([status(204)], Location.follow(Conditional.ifMatch(remove, response), response))
      expect(requests).toMatchObject([{ url: "https://api.test/counters/7", headers: { "if-match": `"a"` } }])
      const weak = { ...response, headers: { ...response.headers, etag: `W/"a"` } }
      const refused = yield* using([status(204)], Location.follow(Conditional.ifMatch(remove, weak), weak))
      expect(refused.requests).toEqual([])
    })
  )

  it.effect("fetches the result of a write that a 303 leads to without the condition, and keeps it after a 307", () =>
    Effect.gen(function* () {
      const write = Conditional.ifMatch(putCounter, { headers: { etag: `"a"` } })({ body: { count: 2 } })
      const conditions = (code: number) =>
        Effect.map(using([status(code, { location: "/counter/2" }), counter(2, `"b"`)], write), ({ requests }) =>
          requests.map(({ headers, method }) => [method, headers["if-match"]])
        )
      expect(yield* conditions(303)).toEqual([
        ["PUT", `"a"`],
        ["GET", undefined]
      ])
      expect(yield* conditions(307)).toEqual([
        ["PUT", `"a"`],
        ["PUT", `"a"`]
      ])
    })
  )
})

it.effect("Conditional.ifAbsent sends If-None-Match: *", () =>
  Effect.gen(function* () {
    const { requests } = yield* using([counter(1)], Conditional.ifAbsent(putCounter)({ body: { count: 1 } }))
    expect(requests[0]?.headers["if-none-match"]).toBe("*")
  })
)

const increment = (options: { readonly idempotent?: boolean; readonly tries?: number } = {}) =>
  Conditional.update({
    read: getCounter.withResponse(),
    change: ({ count }) => Effect.succeedSome({ count: count + 1 }),
    write: (body, current) => Conditional.ifMatch(putCounter, current)({ body }),
    ...options
  })

describe("Conditional.update", () => {
  it.effect("reads, changes and writes", () =>
    Effect.gen(function* () {
      const { result, requests } = yield* using([counter(1, `"a"`), counter(2)], increment())
      expect(result).toMatchObject({ right: { _tag: "Written", value: { count: 2 }, tries: 1 } })
      expect(requests.map(({ method }) => method)).toEqual(["GET", "PUT"])
    })
  )

  it.effect("reads again if somebody else has changed the resource, past the cache", () =>
    Effect.gen(function* () {
      // A write invalidates the responses of its own URL only.
      const other = Operation.make(Caller, () => Endpoint.put("/counters/1", { body: Counter, success: Counter }))
      const fresh = { "cache-control": "max-age=3600" }
      const client = stub([
        status(200, { ...fresh, etag: `"a"` }, `{"count":1}`),
        status(412),
        status(200, { ...fresh, etag: `"b"` }, `{"count":5}`),
        counter(6)
      ])
      const result = yield* elapsingAtOnce(
        Conditional.update({
          read: getCounter.withResponse(),
          change: ({ count }) => Effect.succeedSome({ count: count + 1 }),
          write: (body, current) => Conditional.ifMatch(other, current)({ body })
        }).pipe(
          Effect.provide(at(new URL("https://api.test"))),
          Effect.provide(HttpCache.layer()),
          Effect.provide(HttpCache.storeMemory()),
          Effect.provide(Layer.merge(once, client.layer))
        )
      )
      expect(result).toMatchObject({ _tag: "Written", value: { count: 6 }, tries: 2 })
      expect(client.requests.map(({ request }) => request.headers["if-match"])).toEqual([
        undefined,
        `"a"`,
        undefined,
        `"b"`
      ])
      expect(client.requests.map(({ at }) => at)[2]).toBeLessThanOrEqual(50)
    })
  )

  it.effect("writes nothing if there is nothing to change", () =>
    Effect.gen(function* () {
      const { result, requests } = yield* using(
        [counter(1, `"a"`)],
        Conditional.update({
          read: getCounter.withResponse(),
          change: () => Effect.succeed(Option.none<typeof Counter.Type>()),
          write: (body, current) => Conditional.ifMatch(putCounter, current)({ body })
        })
      )
      expect(result).toMatchObject({ right: { _tag: "Unchanged", current: { value: { count: 1 } }, tries: 0 } })
      expect(requests).toHaveLength(1)
    })
  )

  it.effect("fails with PreconditionFailed after the last try", () =>
    Effect.gen(function* () {
      const steps = Array.from({ length: 10 }, () => [counter(1, `"a"`), status(412)]).flat()
      const { result, requests } = yield* using(steps, increment({ tries: 3 }))
      expect(Either.flip(result)).toMatchObject({ right: { _tag: "PreconditionFailed" } })
      expect(requests).toHaveLength(6)
    })
  )

  it.effect("does not make a change again that may have been written, unless it is idempotent", () =>
    Effect.gen(function* () {
      const policy = Layer.succeed(RetryPolicy.Current, RetryPolicy.standard)
      const steps = [counter(1, `"a"`), broken("ECONNRESET"), status(412), counter(2, `"b"`), counter(3)]
      const once = yield* using(steps, increment(), policy)
      expect(Either.flip(once.result)).toMatchObject({
        right: { _tag: "PreconditionFailed", attempts: [{ class: "Ambiguous" }, {}] }
      })
      const again = yield* using(steps, increment({ idempotent: true }), policy)
      expect(again.result).toMatchObject({ right: { _tag: "Written", tries: 2 } })
    })
  )

  it.effect("loses no change, makes none twice, whatever the order of writers and the faults", () =>
    forAll(
      fc.record({
        writers: fc.integer({ min: 1, max: 6 }),
        faults: fc.array(fc.constantFrom("none", "before", "after"), { maxLength: 30 })
      }),
      ({ faults, writers }) =>
        Effect.gen(function* () {
          let count = 0
          let requests = 0
          const client = HttpClient.make((request) =>
            Effect.gen(function* () {
              const fault = faults[requests++] ?? "none"
              const fail = new HttpClientError.RequestError({
                request,
                reason: "Transport",
                cause: Object.assign(new Error("reset"), { code: "ECONNRESET" })
              })
              yield* Effect.sleep(1 + (requests % 3))
              if (fault === "before") return yield* fail
              const etag = `"${count}"`
              const isStale = request.method === "PUT" && request.headers["if-match"] !== etag
              if (request.method === "PUT" && !isStale) count += 1
              if (fault === "after") return yield* fail
              const body = isStale ? null : `{"count":${count}}`
              const response = new Response(body, { status: isStale ? 412 : 200, headers: { etag: `"${count}"` } })
              return HttpClientResponse.fromWeb(request, response)
            })
          )
          const results = yield* elapsingAtOnce(
            Effect.all(
              Array.from({ length: writers }, () => Effect.either(increment({ tries: 50 }))),
              { concurrency: "unbounded" }
            ).pipe(
              Effect.provide(at(new URL("https://api.test"))),
              Effect.provideService(HttpClient.HttpClient, client)
            )
          )
          const written = results.filter(Either.isRight).length
          const unknown = results.filter(
            (result) => Either.isLeft(result) && result.left.attempts.some((attempt) => attempt.class === "Ambiguous")
          ).length
          expect(written + unknown).toBe(writers)
          expect(count).toBeGreaterThanOrEqual(written)
          expect(count).toBeLessThanOrEqual(writers)
        })
    )
  )
})
