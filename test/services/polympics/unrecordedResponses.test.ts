import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { HeraldError } from "effect-herald"
import { Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as callers from "./support/callers.js"
import { inProcess, json, type Reply } from "../../support/inProcess.js"
import { plain } from "./support/reading.js"
import { account } from "./support/wire.js"

/*
 * Responses that the recording does not have.
 */

type Caller = Polympics.User | Polympics.App | Polympics.SignedIn | Polympics.Authoriser
type Call = Effect.Effect<unknown, HeraldError, HttpClient.HttpClient | Caller>

const award = Polympics.AwardId.make(1)
const bob = Snowflake.Snowflake.make("1")
const event = "account_team_update"
const secret = Redacted.make("Xyzzy")
const session = { username: "S5", password: "of+the/session=", expires_at: 1617278400.5 }
const callback = { id: 3, event, url: "https://example.com" }

const run = (call: Call, reply: Reply) => {
  const http = inProcess(() => reply)
  const origin = "https://polympics.test"
  const environment = Layer.mergeAll(callers.user(origin), callers.app(origin), http.layer)
  return Effect.provide(call, environment)
}

const detail = (status: number, text: string): Reply => json({ detail: text }, status)

describe("returns", () => {
  const cases: ReadonlyArray<{
    readonly title: string
    readonly call: Call
    readonly reply: Reply
    readonly expected: unknown
  }> = [
    {
      title: "Given for a new award",
      call: Polympics.giveAward(award, bob),
      reply: { status: 201 },
      expected: "Given"
    },
    {
      title: "AlreadyHeld for an award that the account holds",
      call: Polympics.giveAward(award, bob),
      reply: { status: 208 },
      expected: "AlreadyHeld"
    },
    {
      title: "nothing for a taken award",
      call: Polympics.takeAward(award, bob),
      reply: { status: 204 },
      expected: undefined
    },
    {
      title: "nothing for a deleted award",
      call: Polympics.deleteAward(award),
      reply: { status: 204 },
      expected: undefined
    },
    { title: "a callback", call: Polympics.getCallback(event), reply: json(callback), expected: callback },
    {
      title: "a new callback",
      call: Polympics.createCallback({ event, url: "https://example.com", secret }),
      reply: json(callback),
      expected: callback
    },
    {
      title: "callbacks",
      call: Polympics.getCallbacks(),
      reply: json({ callbacks: { [event]: "https://example.com", later: "x" } }),
      expected: { [event]: "https://example.com", later: "x" }
    },
    { title: "no callbacks", call: Polympics.getCallbacks(), reply: json({ callbacks: {} }), expected: {} },
    {
      title: "nothing for a deleted callback",
      call: Polympics.deleteCallback(event),
      reply: { status: 204 },
      expected: undefined
    },
    {
      title: "a session",
      call: Polympics.discordAuthenticate(secret),
      reply: json(session),
      expected: { username: "S5", password: "of+the/session=", expiresAt: 1617278400500 }
    }
  ]
  it.effect.each(cases)("$title", ({ call, expected, reply }) =>
    Effect.gen(function* () {
      expect(plain(yield* run(call, reply))).toEqual(expected)
    })
  )
})

describe("fails with", () => {
  const cases: ReadonlyArray<{
    readonly title: string
    readonly call: Call
    readonly reply: Reply
    readonly expected: object
  }> = [
    {
      title: "NotFound for an award that the account does not hold",
      call: Polympics.takeAward(award, bob),
      reply: { status: 404 },
      expected: { _tag: "NotFound", detail: undefined, issues: [] }
    },
    {
      title: "ClientError, and not NotFound, for the path of an award that is not served",
      call: Polympics.takeAward(award, bob),
      reply: detail(404, "Not Found"),
      expected: { _tag: "ClientError", status: 404, body: '{"detail":"Not Found"}' }
    },
    {
      title: "NotFound for an event without a callback",
      call: Polympics.getCallback(event),
      reply: detail(404, "No callback registered for this event."),
      expected: { _tag: "NotFound", detail: "No callback registered for this event." }
    },
    {
      title: "ClientError, and not NotFound, for the path of a callback that is not served",
      call: Polympics.deleteCallback(event),
      reply: detail(404, "Not Found"),
      expected: { _tag: "ClientError", status: 404 }
    },
    {
      title: "ClientError, and not NotFound, for the path of an account that is not served",
      call: Polympics.getAccount(bob),
      reply: detail(404, "Not Found"),
      expected: { _tag: "ClientError", status: 404, detail: "Not Found" }
    },
    {
      title: "ClientError, and not NotFound, for the page of another server, with advice",
      call: Polympics.getAccount(bob),
      reply: { status: 404, body: "<html>" },
      expected: { _tag: "ClientError", status: 404, message: expect.stringContaining("is the base URL right?") }
    },
    {
      title: "ClientError, and not NotFound, for an empty 404 that is not of takeAward",
      call: Polympics.deleteAward(award),
      reply: { status: 404 },
      expected: { _tag: "ClientError", status: 404 }
    },
    {
      title: "ClientError for a method that is not served",
      call: Polympics.getAccount(bob),
      reply: detail(405, "Method Not Allowed"),
      expected: { _tag: "ClientError", status: 405 }
    },
    {
      title: "Forbidden for the page of a proxy, with the beginning of it",
      call: Polympics.getAccount(bob),
      reply: { status: 403, body: `<html>${"x".repeat(2000)}` },
      expected: { _tag: "Forbidden", detail: undefined, status: 403, body: `<html>${"x".repeat(1018)}` }
    },
    {
      title: "Unauthorized for a token that Discord refuses, without the token",
      call: Polympics.discordAuthenticate(secret),
      reply: detail(401, "Bad Discord user token: Xyzzy"),
      expected: { _tag: "Unauthorized", detail: "<redacted: it repeats a secret of this call>", body: undefined }
    },
    {
      title: "Forbidden while signups are closed",
      call: Polympics.discordAuthenticate(secret),
      reply: detail(403, "Signups are closed."),
      expected: { _tag: "Forbidden", detail: "Signups are closed." }
    },
    {
      title: "DecodeError for an account instead of an app",
      call: Polympics.getApp(),
      reply: json(account("1")),
      expected: { _tag: "DecodeError", reason: "Shape" }
    },
    {
      title: "DecodeError for a success with another status",
      call: Polympics.getAccount(bob),
      reply: json(account("1"), 201),
      expected: { _tag: "DecodeError", reason: "Status", status: 201 }
    },
    {
      title: "DecodeError for a list that is not JSON",
      call: Polympics.teamPage({ page: 0 }),
      reply: { status: 200, body: "<html>" },
      expected: { _tag: "DecodeError", reason: "Json" }
    },
    {
      title: "DecodeError for an incomplete account",
      call: Polympics.getAccount(bob),
      reply: json({ ...account("1"), awards: [{ id: 1, title: "x" }] }),
      expected: {
        _tag: "DecodeError",
        reason: "Shape",
        issues: [{ path: ["awards", 0, "image_url"], message: "is missing" }]
      }
    }
  ]
  it.effect.each(cases)("$title", ({ call, expected, reply }) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(run(call, reply))).toMatchObject(expected)
    })
  )
})
