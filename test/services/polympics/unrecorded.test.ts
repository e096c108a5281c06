import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { HeraldError } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as callers from "./support/callers.js"
import { inProcess, json, type Reply } from "./support/inProcess.js"
import { plain } from "./support/reading.js"
import { account } from "./support/wire.js"

/*
 * Answers that the facts tell of, and the recording has not.
 */

type Caller = Polympics.User | Polympics.App | Polympics.SignedIn | Polympics.Authoriser
type Call = Effect.Effect<unknown, HeraldError, HttpClient.HttpClient | Caller>

const award = Polympics.AwardId.make(1)
const bob = Polympics.AccountId.make("1")
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

describe("comes out", () => {
  const cases: ReadonlyArray<{
    readonly title: string
    readonly call: Call
    readonly reply: Reply
    readonly is: unknown
  }> = [
    { title: "an award that was given", call: Polympics.giveAward(award, bob), reply: { status: 201 }, is: "Given" },
    {
      title: "an award held already",
      call: Polympics.giveAward(award, bob),
      reply: { status: 208 },
      is: "AlreadyHeld"
    },
    { title: "an award that was taken", call: Polympics.takeAward(award, bob), reply: { status: 204 }, is: undefined },
    { title: "a deleted award", call: Polympics.deleteAward(award), reply: { status: 204 }, is: undefined },
    { title: "a callback", call: Polympics.getCallback(event), reply: json(callback), is: callback },
    {
      title: "a new callback",
      call: Polympics.createCallback({ event, url: "https://example.com", secret }),
      reply: json(callback),
      is: callback
    },
    {
      title: "callbacks",
      call: Polympics.getCallbacks,
      reply: json({ callbacks: { [event]: "https://example.com", later: "x" } }),
      is: { [event]: "https://example.com", later: "x" }
    },
    { title: "no callbacks", call: Polympics.getCallbacks, reply: json({ callbacks: {} }), is: {} },
    { title: "a deleted callback", call: Polympics.deleteCallback(event), reply: { status: 204 }, is: undefined },
    {
      title: "a session",
      call: Polympics.discordAuthenticate(secret),
      reply: json(session),
      is: { username: "S5", password: "of+the/session=", expiresAt: 1617278400500 }
    }
  ]
  it.effect.each(cases)("$title", ({ call, is, reply }) =>
    Effect.gen(function* () {
      expect(plain(yield* run(call, reply))).toEqual(is)
    })
  )
})

describe("fails with", () => {
  const cases: ReadonlyArray<{
    readonly title: string
    readonly call: Call
    readonly reply: Reply
    readonly is: object
  }> = [
    {
      title: "NotFound for an award that is not held",
      call: Polympics.takeAward(award, bob),
      reply: { status: 404 },
      is: { _tag: "NotFound", detail: undefined, issues: [] }
    },
    {
      title: "ClientError, and not NotFound, for an award where nobody serves such a path",
      call: Polympics.takeAward(award, bob),
      reply: detail(404, "Not Found"),
      is: { _tag: "ClientError", status: 404, body: '{"detail":"Not Found"}' }
    },
    {
      title: "NotFound for no callback",
      call: Polympics.getCallback(event),
      reply: detail(404, "No callback registered for this event."),
      is: { _tag: "NotFound", detail: "No callback registered for this event." }
    },
    {
      title: "ClientError, and not NotFound, for a callback where nobody serves such a path",
      call: Polympics.deleteCallback(event),
      reply: detail(404, "Not Found"),
      is: { _tag: "ClientError", status: 404 }
    },
    {
      title: "ClientError for a method that nobody serves",
      call: Polympics.getAccount(bob),
      reply: detail(405, "Method Not Allowed"),
      is: { _tag: "ClientError", status: 405 }
    },
    {
      title: "ClientError for a proxy's page, the beginning of which it shows",
      call: Polympics.getAccount(bob),
      reply: { status: 403, body: `<html>${"x".repeat(2000)}` },
      is: { _tag: "ClientError", status: 403, body: `<html>${"x".repeat(1018)}` }
    },
    {
      title: "Unauthorised for a token that Discord does not take, and without the token",
      call: Polympics.discordAuthenticate(secret),
      reply: detail(401, "Bad Discord user token: Xyzzy"),
      is: { _tag: "Unauthorised", detail: "<redacted: it repeats a secret of this call>", body: undefined }
    },
    {
      title: "Forbidden while signups are closed",
      call: Polympics.discordAuthenticate(secret),
      reply: detail(403, "Signups are closed."),
      is: { _tag: "Forbidden", detail: "Signups are closed." }
    },
    {
      title: "DecodeError for a user's account where an app's was meant",
      call: Polympics.getApp,
      reply: json(account("1")),
      is: { _tag: "DecodeError", reason: "Shape" }
    },
    {
      title: "DecodeError for another success than is described",
      call: Polympics.getAccount(bob),
      reply: json(account("1"), 201),
      is: { _tag: "DecodeError", reason: "Status", status: 201 }
    },
    {
      title: "DecodeError for a page that is no JSON",
      call: Polympics.teamPage({ page: 0 }),
      reply: { status: 200, body: "<html>" },
      is: { _tag: "DecodeError", reason: "Json" }
    },
    {
      title: "DecodeError for half of an account",
      call: Polympics.getAccount(bob),
      reply: json({ ...account("1"), awards: [{ id: 1, title: "x" }] }),
      is: {
        _tag: "DecodeError",
        reason: "Shape",
        issues: [{ path: ["awards", 0, "image_url"], message: "is missing" }]
      }
    }
  ]
  it.effect.each(cases)("$title", ({ call, is, reply }) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(run(call, reply))).toMatchObject(is)
    })
  )
})
