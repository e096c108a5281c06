import type { HttpMethod } from "@effect/platform/HttpMethod"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { retryPolicy } from "effect-herald/civis"
import { broken, status, thing, type Step } from "../../support/kit.js"
import { run } from "../../support/run.js"

const methods: ReadonlyArray<HttpMethod> = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"]

/** One operation for each method, so that each endpoint is compiled once. */
const calls = Object.fromEntries(methods.map((method) => [method, thing(method)])) as Record<
  HttpMethod,
  ReturnType<typeof thing>
>

const after = (value: string) => ({ "retry-after": value })

/** Returns true if a request of this method is retried after this failure. */
const isRetried = (method: HttpMethod, failure: () => Step) =>
  Effect.map(run(calls[method], [failure, status(200)], retryPolicy, { draw: 0 }), ({ sent }) => sent === 2)

describe("Civis' retry policy", () => {
  it.effect("retries 413, 429 and 503 with a Retry-After after that wait, for every method", () =>
    Effect.gen(function* () {
      for (const method of methods) {
        for (const code of [413, 429, 503]) {
          const { error, times } = yield* run(calls[method], [status(code, after("7")), status(200)], retryPolicy, {
            draw: 0.5
          })
          expect([error, times]).toEqual([undefined, [0, 7000]])
        }
      }
    })
  )

  it.effect("retries 429, 502, 503 and 504 with exponential waits, except for PATCH and POST", () =>
    Effect.gen(function* () {
      for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] as const) {
        for (const code of [429, 502, 503, 504]) {
          const { waits } = yield* run(calls[method], [status(code)], retryPolicy, { draw: 1 })
          expect(waits.map((wait) => wait / 1000)).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60])
        }
      }
    })
  )

  it.effect("retries only 429 and 503 for POST, with the same waits", () =>
    Effect.gen(function* () {
      for (const code of [429, 503]) {
        const { waits } = yield* run(calls.POST, [status(code)], retryPolicy, { draw: 1 })
        expect(waits.map((wait) => wait / 1000)).toEqual([2, 4, 8, 16, 32, 60, 60, 60, 60])
      }
      for (const code of [502, 504]) expect(yield* isRetried("POST", status(code))).toBe(false)
    })
  )

  it.effect("retries nothing for PATCH without a Retry-After", () =>
    Effect.gen(function* () {
      for (const code of [413, 429, 502, 503, 504]) {
        expect(yield* isRetried("PATCH", status(code))).toBe(false)
      }
    })
  )

  it.effect("retries no other status, and no transport failure", () =>
    Effect.gen(function* () {
      for (const method of methods) {
        for (const code of [400, 401, 403, 404, 408, 409, 425, 500, 501]) {
          expect(yield* isRetried(method, status(code))).toBe(false)
          expect(yield* isRetried(method, status(code, after("1")))).toBe(false)
        }
        for (const code of ["ECONNREFUSED", "ECONNRESET"]) {
          expect(yield* isRetried(method, broken(code))).toBe(false)
        }
      }
    })
  )

  it.effect("ends after ten attempts or ten minutes", () =>
    Effect.gen(function* () {
      expect((yield* run(calls.GET, [status(503)], retryPolicy, { draw: 0 })).sent).toBe(10)
      const { ended, error, times } = yield* run(calls.GET, [status(503, after("290"))], retryPolicy)
      expect(times).toEqual([0, 290_000, 580_000, 870_000])
      expect(ended).toBe(870_000)
      expect(error).toMatchObject({ _tag: "ServerError" })
      expect(error?.attempts.at(-1)?.verdict).toBe("exhausted")
    })
  )

  it.effect("has waits with full jitter that are at least the Retry-After", () =>
    Effect.gen(function* () {
      const waits = (draw: number) =>
        Effect.map(run(calls.GET, [status(429, after("5"))], retryPolicy, { draw }), ({ waits }) =>
          waits.slice(0, 5).map((wait) => wait / 1000)
        )
      expect(yield* waits(0)).toEqual([5, 5, 5, 5, 5])
      expect(yield* waits(0.5)).toEqual([5, 5, 5, 8, 16])
      expect(yield* waits(1)).toEqual([5, 5, 8, 16, 32])
    })
  )
})
