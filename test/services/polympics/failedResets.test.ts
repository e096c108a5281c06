import { inspect } from "node:util"
import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Deadline, type HeraldError, RetryPolicy, Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { appHeader, appPassword, userHeader, userPassword } from "./support/callers.js"
import { json, type Reply, settle } from "../../support/inProcess.js"
import { newPassword, resettable, appReset, userReset } from "./support/resets.js"

/*
 * The credentials after a reset that failed, and the content of its error.
 */

const reset = "/auth/reset_token"
const get = Polympics.getAccount(Snowflake.Snowflake.make("1"))

/** A policy that retries every failure at once. */
const eager = RetryPolicy.make({ schedule: Schedule.recurs(5), retries: () => true })

const secrets = [appPassword, userPassword, newPassword, appHeader, userHeader].flatMap((secret) => [
  secret,
  secret.replace("Basic ", ""),
  encodeURIComponent(secret)
])

const hasNoSecret = (error: unknown) => {
  const shown = [inspect(error, { depth: 9 }), JSON.stringify(error), String(error)].join()
  for (const secret of secrets) expect(shown).not.toContain(secret)
}

interface Case {
  readonly title: string
  readonly reply: Reply
  readonly error: object
}

const echo = (status: number, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: `{"detail":"you sent ${appHeader}, which is ${appPassword}"}`
})

describe("a reset that was not carried out", () => {
  const cases: ReadonlyArray<Case> = [
    { title: "401", reply: echo(401), error: { _tag: "Unauthorized" } },
    { title: "403", reply: echo(403), error: { _tag: "Forbidden", status: 403 } },
    { title: "404", reply: echo(404), error: { _tag: "ClientError", status: 404 } },
    { title: "422", reply: echo(422), error: { _tag: "UnprocessableContent", status: 422 } },
    { title: "429", reply: echo(429), error: { _tag: "RateLimited" } },
    { title: "429 with Retry-After", reply: echo(429, { "retry-after": "0" }), error: { _tag: "RateLimited" } },
    {
      title: "503 with Retry-After",
      reply: echo(503, { "retry-after": "0" }),
      error: { _tag: "ServerError", status: 503 }
    },
    { title: "a redirect without a target", reply: echo(307), error: { _tag: "DecodeError", reason: "Redirect" } },
    {
      title: "a redirect, which is not followed",
      reply: echo(307, { location: "/elsewhere" }),
      error: { _tag: "DecodeError", reason: "Redirect" }
    },
    {
      title: "422 with a body over the limit",
      reply: { ...echo(422), headers: { "content-length": "67108865" } },
      error: { _tag: "UnprocessableContent", status: 422 }
    }
  ]
  it.effect.each(cases)("changes nothing, and is not retried: $title", ({ error, reply }) =>
    Effect.gen(function* () {
      const server = yield* resettable([reply])
      yield* Effect.gen(function* () {
        const failed = yield* Effect.flip(Effect.provideService(Polympics.resetAppToken(), RetryPolicy.Current, eager))
        expect(failed).toMatchObject({ ...error, operation: "resetAppToken", body: undefined })
        hasNoSecret(failed)
        yield* get
        expect(server.sent()).toEqual([
          [reset, appHeader],
          ["/account/1", appHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )
})

describe("a reset whose response is lost", () => {
  const cases: ReadonlyArray<Case> = [500, 502, 503, 504].map((status) => ({
    title: String(status),
    reply: echo(status),
    error: { status }
  }))
  it.effect.each(cases)(
    "fails with ResponseLost, is not retried, and the layer uses the old password: $title",
    ({ error, reply }) =>
      Effect.gen(function* () {
        const server = yield* resettable([reply])
        yield* Effect.gen(function* () {
          const failed = yield* Effect.flip(
            Effect.provideService(Polympics.resetAppToken(), RetryPolicy.Current, eager)
          )
          expect(failed).toMatchObject({ ...error, _tag: "CredentialsLost", reason: "ResponseLost" })
          expect(failed.message).toContain("may have been replaced")
          expect(failed.attempts).toMatchObject([{ class: "Ambiguous", verdict: "never retried" }])
          hasNoSecret(failed)
          yield* get
          expect(server.sent()).toEqual([
            [reset, appHeader],
            ["/account/1", appHeader]
          ])
        }).pipe(Effect.provide(server.asApp))
      })
  )

  it.effect("fails with ResponseLost for a redirect to the result, and does not follow it", () =>
    Effect.gen(function* () {
      const server = yield* resettable([echo(303, { location: "/account/1" })])
      yield* Effect.gen(function* () {
        const failed = yield* Effect.flip(Polympics.resetAppToken())
        expect(failed).toMatchObject({ _tag: "CredentialsLost", reason: "ResponseLost", status: 303 })
        expect(server.sent()).toEqual([[reset, appHeader]])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  const deadlines = [
    { title: "the deadline of the program", deadline: "5 seconds", before: "4999 millis", rest: "1 millis" },
    { title: "a minute without a deadline", deadline: undefined, before: "59999 millis", rest: "1 millis" }
  ] as const
  it.effect.each(deadlines)("waits for the response for $title", ({ before, deadline, rest }) =>
    Effect.gen(function* () {
      const server = yield* resettable([appReset()], { hold: [reset] })
      yield* Effect.gen(function* () {
        const resetting = yield* Effect.fork(
          Effect.flip(Effect.provideService(Polympics.resetAppToken(), Deadline.Current, deadline))
        )
        yield* settle
        yield* TestClock.adjust(before)
        yield* settle
        expect(server.inFlight()).toBe(1)
        yield* TestClock.adjust(rest)
        const failed = yield* Fiber.join(resetting)
        expect(failed).toMatchObject({ _tag: "CredentialsLost", reason: "ResponseLost" })
        hasNoSecret(failed)
        expect(server.inFlight()).toBe(0)
        yield* get
        expect(server.sent()[1]).toEqual(["/account/1", appHeader])
      }).pipe(Effect.provide(server.asApp))
    })
  )
})

type Call = Effect.Effect<
  unknown,
  HeraldError | Polympics.CredentialsLost,
  HttpClient.HttpClient | Polympics.App | Polympics.Authoriser
>

const laterCalls: ReadonlyArray<Call> = [get, Polympics.getApp(), Polympics.resetAppToken()]

describe("a reset whose response does not have the new credentials", () => {
  const cases: ReadonlyArray<Pick<Case, "title" | "reply">> = [
    { title: "an account", reply: userReset },
    { title: "text that is not JSON", reply: { status: 200, body: `<p>${newPassword}</p>` } },
    { title: "other JSON", reply: json({ username: "A7", secret: newPassword }) },
    {
      title: "a password that is not a text",
      reply: json({ name: "x", permissions: 1, username: "A7", password: [newPassword] })
    },
    { title: "an empty body", reply: { status: 200 } },
    { title: "another 2xx", reply: { status: 204 } }
  ]
  it.effect.each(cases)("of an app: fails with NotReturned, and nothing is sent any more: $title", ({ reply }) =>
    Effect.gen(function* () {
      const server = yield* resettable([reply])
      yield* Effect.gen(function* () {
        const failed = yield* Effect.flip(Polympics.resetAppToken())
        expect(failed).toMatchObject({ _tag: "CredentialsLost", reason: "NotReturned" })
        hasNoSecret(failed)
        for (const call of laterCalls) {
          const failure = yield* Effect.flip(call)
          expect(failure).toMatchObject({ _tag: "AuthoriserError", reason: "CredentialsLost" })
          hasNoSecret(failure)
        }
        expect(server.sent()).toEqual([[reset, appHeader]])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("of a user, whose response has none: fails with NotReturned, and nothing is sent any more", () =>
    Effect.gen(function* () {
      const server = yield* resettable([userReset])
      yield* Effect.gen(function* () {
        const failed = yield* Effect.flip(Polympics.resetSession())
        expect(failed).toMatchObject({ _tag: "CredentialsLost", reason: "NotReturned", operation: "resetSession" })
        expect(failed.message).toContain("does not have the new ones")
        hasNoSecret(failed)
        const failure = yield* Effect.flip(Polympics.getMe())
        expect(failure).toMatchObject({ _tag: "AuthoriserError", reason: "CredentialsLost" })
        expect(failure.message).toContain("sign in again")
        expect(server.sent()).toEqual([[reset, userHeader]])
      }).pipe(Effect.provide(server.asUser))
    })
  )

  it.effect("makes the delayed calls fail", () =>
    Effect.gen(function* () {
      const server = yield* resettable([userReset], { hold: [reset] })
      yield* Effect.gen(function* () {
        const resetting = yield* Effect.fork(Effect.flip(Polympics.resetSession()))
        yield* settle
        const delayed = yield* Effect.fork(Effect.flip(get))
        yield* settle
        yield* server.release(reset)
        yield* Fiber.join(resetting)
        expect((yield* Fiber.join(delayed))._tag).toBe("AuthoriserError")
      }).pipe(Effect.provide(server.asUser))
    })
  )
})
