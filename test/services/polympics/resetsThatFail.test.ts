import { inspect } from "node:util"
import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { Deadline, type HeraldError, RetryPolicy } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { appHeader, appPassword, userHeader, userPassword } from "./support/callers.js"
import { json, type Reply, settle } from "./support/inProcess.js"
import { newPassword, resettable, told, untold } from "./support/resets.js"

/*
 * What is left after a reset that failed, and what its error tells.
 */

const reset = "/auth/reset_token"
const get = Polympics.getAccount(Polympics.AccountId.make("1"))

/** A policy that would repeat everything, at once. */
const eager = RetryPolicy.make({ schedule: Schedule.recurs(5), repeats: () => true })

const secrets = [appPassword, userPassword, newPassword, appHeader, userHeader].flatMap((secret) => [
  secret,
  secret.replace("Basic ", ""),
  encodeURIComponent(secret)
])

const tellsNoSecret = (error: unknown) => {
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
    { title: "401", reply: echo(401), error: { _tag: "Unauthorised" } },
    { title: "403", reply: echo(403), error: { _tag: "ClientError", status: 403 } },
    { title: "404", reply: echo(404), error: { _tag: "ClientError", status: 404 } },
    { title: "422", reply: echo(422), error: { _tag: "ClientError", status: 422 } },
    { title: "429", reply: echo(429), error: { _tag: "RateLimited" } },
    { title: "429 that says when", reply: echo(429, { "retry-after": "0" }), error: { _tag: "RateLimited" } },
    {
      title: "503 that says when",
      reply: echo(503, { "retry-after": "0" }),
      error: { _tag: "ServerError", status: 503 }
    },
    { title: "a redirect to nowhere", reply: echo(307), error: { _tag: "DecodeError", reason: "Redirect" } },
    {
      title: "a redirect to somewhere, which is not followed",
      reply: echo(307, { location: "/elsewhere" }),
      error: { _tag: "DecodeError", reason: "Redirect" }
    },
    {
      title: "422 that is too large to read",
      reply: { ...echo(422), headers: { "content-length": "67108865" } },
      error: { _tag: "DecodeError", reason: "Size", status: 422 }
    }
  ]
  it.effect.each(cases)("changes nothing, and is not repeated: $title", ({ error, reply }) =>
    Effect.gen(function* () {
      const server = yield* resettable([reply])
      yield* Effect.gen(function* () {
        const failed = yield* Effect.flip(Effect.provideService(Polympics.resetAppToken, RetryPolicy.Current, eager))
        expect(failed).toMatchObject({ ...error, operation: "resetAppToken", body: undefined })
        tellsNoSecret(failed)
        yield* get
        expect(server.sent()).toEqual([
          [reset, appHeader],
          ["/account/1", appHeader]
        ])
      }).pipe(Effect.provide(server.asApp))
    })
  )
})

describe("a reset whose answer is lost", () => {
  const cases: ReadonlyArray<Case> = [500, 502, 503, 504].map((status) => ({
    title: String(status),
    reply: echo(status),
    error: { status }
  }))
  it.effect.each(cases)(
    "says so, is not repeated, and the layer goes on with the old password: $title",
    ({ error, reply }) =>
      Effect.gen(function* () {
        const server = yield* resettable([reply])
        yield* Effect.gen(function* () {
          const failed = yield* Effect.flip(Effect.provideService(Polympics.resetAppToken, RetryPolicy.Current, eager))
          expect(failed).toMatchObject({ ...error, _tag: "CredentialsLost", reason: "AnswerLost" })
          expect(failed.message).toContain("may have been replaced")
          expect(failed.attempts).toMatchObject([{ class: "Ambiguous", verdict: "unrepeatable" }])
          tellsNoSecret(failed)
          yield* get
          expect(server.sent()).toEqual([
            [reset, appHeader],
            ["/account/1", appHeader]
          ])
        }).pipe(Effect.provide(server.asApp))
      })
  )

  it.effect("says so of a redirect to a result, too, and does not follow it", () =>
    Effect.gen(function* () {
      const server = yield* resettable([echo(303, { location: "/account/1" })])
      yield* Effect.gen(function* () {
        const failed = yield* Effect.flip(Polympics.resetAppToken)
        expect(failed).toMatchObject({ _tag: "CredentialsLost", reason: "AnswerLost", status: 303 })
        expect(server.sent()).toEqual([[reset, appHeader]])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  const patience = [
    { title: "a deadline of the program's", deadline: "5 seconds", before: "4999 millis", rest: "1 millis" },
    { title: "a minute, where it has none", deadline: undefined, before: "59999 millis", rest: "1 millis" }
  ] as const
  it.effect.each(patience)("waits for it for $title", ({ before, deadline, rest }) =>
    Effect.gen(function* () {
      const server = yield* resettable([told()], { hold: [reset] })
      yield* Effect.gen(function* () {
        const resetting = yield* Effect.fork(
          Effect.flip(Effect.provideService(Polympics.resetAppToken, Deadline.Current, deadline))
        )
        yield* settle
        yield* TestClock.adjust(before)
        yield* settle
        expect(server.inFlight()).toBe(1)
        yield* TestClock.adjust(rest)
        const failed = yield* Fiber.join(resetting)
        expect(failed).toMatchObject({ _tag: "CredentialsLost", reason: "AnswerLost" })
        tellsNoSecret(failed)
        expect(server.inFlight()).toBe(0)
        yield* get
        expect(server.sent()[1]).toEqual(["/account/1", appHeader])
      }).pipe(Effect.provide(server.asApp))
    })
  )
})

type AnyCall = Effect.Effect<
  unknown,
  HeraldError | Polympics.CredentialsLost,
  HttpClient.HttpClient | Polympics.App | Polympics.Authoriser
>

const callsAfterwards: ReadonlyArray<AnyCall> = [get, Polympics.getApp, Polympics.resetAppToken]

describe("a reset whose answer does not tell", () => {
  const cases: ReadonlyArray<Pick<Case, "title" | "reply">> = [
    { title: "an account", reply: untold },
    { title: "no JSON", reply: { status: 200, body: `<p>${newPassword}</p>` } },
    { title: "other JSON", reply: json({ username: "A7", secret: newPassword }) },
    {
      title: "a password that is no text",
      reply: json({ name: "x", permissions: 1, username: "A7", password: [newPassword] })
    },
    { title: "nothing", reply: { status: 200 } },
    { title: "another 2xx", reply: { status: 204 } }
  ]
  it.effect.each(cases)("of an app: $title, says so and nothing is sent any more", ({ reply }) =>
    Effect.gen(function* () {
      const server = yield* resettable([reply])
      yield* Effect.gen(function* () {
        const failed = yield* Effect.flip(Polympics.resetAppToken)
        expect(failed).toMatchObject({ _tag: "CredentialsLost", reason: "NotTold" })
        tellsNoSecret(failed)
        for (const call of callsAfterwards) {
          const refused = yield* Effect.flip(call)
          expect(refused).toMatchObject({ _tag: "AuthoriserError", reason: "CredentialsLost" })
          tellsNoSecret(refused)
        }
        expect(server.sent()).toEqual([[reset, appHeader]])
      }).pipe(Effect.provide(server.asApp))
    })
  )

  it.effect("of a user, as the API answers today, says so and nothing is sent any more", () =>
    Effect.gen(function* () {
      const server = yield* resettable([untold])
      yield* Effect.gen(function* () {
        const failed = yield* Effect.flip(Polympics.resetSession)
        expect(failed).toMatchObject({ _tag: "CredentialsLost", reason: "NotTold", operation: "resetSession" })
        expect(failed.message).toContain("does not tell the new ones")
        tellsNoSecret(failed)
        const refused = yield* Effect.flip(Polympics.getMe)
        expect(refused).toMatchObject({ _tag: "AuthoriserError", reason: "CredentialsLost" })
        expect(refused.message).toContain("sign in anew")
        expect(server.sent()).toEqual([[reset, userHeader]])
      }).pipe(Effect.provide(server.asUser))
    })
  )

  it.effect("lets the calls that it held back fail instead of hang", () =>
    Effect.gen(function* () {
      const server = yield* resettable([untold], { hold: [reset] })
      yield* Effect.gen(function* () {
        const resetting = yield* Effect.fork(Effect.flip(Polympics.resetSession))
        yield* settle
        const held = yield* Effect.fork(Effect.flip(get))
        yield* settle
        yield* server.let(reset)
        yield* Fiber.join(resetting)
        expect((yield* Fiber.join(held))._tag).toBe("AuthoriserError")
      }).pipe(Effect.provide(server.asUser))
    })
  )
})
