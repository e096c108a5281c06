import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Credentials, RetryPolicy } from "effect-herald"
import { at, elapsing, once, status, stub, thing } from "../../../support/kit.js"

const baseUrl = new URL("https://api.test")
const ok = status(200)
const unauthorized = status(401)

/** Credentials whose generation is in a header. A refresh makes the next generation. */
const numbered = (refresh: Effect.Effect<boolean, Credentials.CredentialsFailure> = Effect.succeed(true)) => {
  let generation = 0
  const rejections: Array<number> = []
  const caller = at(baseUrl, {
    credentials: {
      authorize: (request) =>
        Effect.sync(() => ({
          request: HttpClientRequest.setHeader(request, "x-generation", `${generation}`),
          generation
        })),
      rejected: (rejected) =>
        Effect.flatMap(refresh, (refreshes) =>
          Effect.sync(() => {
            rejections.push(rejected)
            if (rejected === generation && refreshes) generation += 1
            return rejected !== generation
          })
        )
    }
  })
  return { caller, rejections }
}

const sent = ({ requests }: ReturnType<typeof stub>) => requests.map(({ request }) => request.headers["x-generation"])

describe("a 401", () => {
  it.effect("refreshes the credentials once and sends the request once more, for any method", () =>
    Effect.gen(function* () {
      for (const method of ["GET", "POST"] as const) {
        const client = stub([unauthorized, ok])
        const { caller, rejections } = numbered()
        const value = yield* Effect.provide(thing(method), Layer.mergeAll(caller, client.layer, once))
        expect(value).toEqual({ ok: true })
        expect(sent(client)).toEqual(["0", "1"])
        expect(rejections).toEqual([0])
      }
    })
  )

  it.effect("to the refreshed credentials fails the call", () =>
    Effect.gen(function* () {
      const client = stub([unauthorized])
      const { caller, rejections } = numbered()
      const error = yield* Effect.flip(Effect.provide(thing(), Layer.mergeAll(caller, client.layer, once)))
      expect(error).toMatchObject({ status: 401, attempts: [{ number: 1, class: "Rejected", reason: "401" }] })
      expect(sent(client)).toEqual(["0", "1"])
      expect(rejections).toEqual([0])
    })
  )

  it.effect("refreshes the credentials once in a call, not once in each attempt", () =>
    Effect.gen(function* () {
      const client = stub([unauthorized, status(503), unauthorized, unauthorized])
      const { caller, rejections } = numbered()
      const retryOnce = RetryPolicy.make({ schedule: Schedule.recurs(1), retries: () => true })
      yield* Effect.flip(thing()).pipe(
        Effect.provide(Layer.mergeAll(caller, client.layer)),
        Effect.provideService(RetryPolicy.Current, retryOnce),
        elapsing
      )
      expect(sent(client)).toEqual(["0", "1", "1"])
      expect(rejections).toEqual([0])
    })
  )

  it.effect("is not sent again if there are no other credentials", () =>
    Effect.gen(function* () {
      const client = stub([unauthorized, ok])
      const { caller } = numbered(Effect.succeed(false))
      const error = yield* Effect.flip(Effect.provide(thing(), Layer.mergeAll(caller, client.layer, once)))
      expect(error).toMatchObject({ _tag: "Unauthorized", status: 401 })
      expect(sent(client)).toEqual(["0"])
    })
  )

  it.effect("is not sent again without credentials", () =>
    Effect.gen(function* () {
      const client = stub([unauthorized, ok])
      const error = yield* Effect.flip(Effect.provide(thing(), Layer.mergeAll(at(baseUrl), client.layer, once)))
      expect(error.status).toBe(401)
      expect(client.requests).toHaveLength(1)
    })
  )

  it.effect("to a generation that was refreshed in the meantime is sent again without a refresh", () =>
    Effect.gen(function* () {
      const gate = yield* Effect.makeLatch(false)
      const client = stub([() => Effect.as(gate.await, unauthorized()), unauthorized, ok])
      const { caller } = numbered()
      const call = Effect.provide(thing(), Layer.mergeAll(caller, client.layer, once))
      const [late] = yield* Effect.all([call, Effect.andThen(call, gate.open)], { concurrency: "unbounded" })
      expect(late).toEqual({ ok: true })
      // Both first requests, then the second request of each, with the same credentials.
      expect(sent(client)).toEqual(["0", "0", "1", "1"])
    })
  )
})

describe("credentials that fail", () => {
  const failure = new Credentials.CredentialsFailure({ reason: "Expired", message: "sign in again" })

  it.effect(
    "to authorize a request fail the call with AuthoriserError, before anything is sent and without a retry",
    () =>
      Effect.gen(function* () {
        const client = stub([ok])
        let calls = 0
        const caller = at(baseUrl, {
          credentials: {
            authorize: () =>
              Effect.suspend(() => {
                calls += 1
                return Effect.fail(failure)
              })
          }
        })
        const error = yield* Effect.flip(Effect.provide(thing(), Layer.merge(caller, client.layer)))
        expect(error).toMatchObject({
          _tag: "AuthoriserError",
          reason: "Expired",
          operation: "thing",
          attempts: [{ class: "Final", verdict: "final", reason: "Expired" }]
        })
        expect(error.message).toContain("sign in again")
        expect([calls, client.requests.length]).toEqual([1, 0])
      })
  )

  it.effect("to refresh after a 401 fail the call with AuthoriserError", () =>
    Effect.gen(function* () {
      const client = stub([unauthorized, ok])
      const { caller } = numbered(Effect.fail(failure))
      const error = yield* Effect.flip(Effect.provide(thing(), Layer.mergeAll(caller, client.layer, once)))
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Expired" })
      expect(client.requests).toHaveLength(1)
    })
  )
})

describe("wrapAttempt", () => {
  it.effect("wraps each attempt to the last byte of its response, and not the wait before a retry", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const record = (event: string) => Effect.sync(() => void events.push(event))
      const body = new ReadableStream(
        {
          pull: (controller) => {
            events.push("read")
            controller.enqueue(new TextEncoder().encode('{"ok":true}'))
            controller.close()
          }
        },
        { highWaterMark: 0 }
      )
      const client = stub([status(503, { "retry-after": "1" }), () => new Response(body)])
      const caller = at(baseUrl, {
        credentials: {
          wrapAttempt: (attempt) => record("enter").pipe(Effect.zipRight(attempt), Effect.ensuring(record("leave")))
        }
      })
      yield* thing().pipe(Effect.provide(Layer.merge(caller, client.layer)), elapsing)
      expect(events).toEqual(["enter", "leave", "enter", "read", "leave"])
    })
  )
})
