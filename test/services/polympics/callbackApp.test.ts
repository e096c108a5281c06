import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Polympics from "effect-herald/polympics"
import { type Post, serveApp } from "./support/callbackServer.js"
import { account, team } from "./support/wire.js"

const secret = "the secret, with spaces"
const bearer = `Bearer ${secret}`
const event = JSON.stringify({ account: account("900719925474099300", { team: team(3) }), team: team(3) })
const mebibyte = 1024 * 1024

/** A server whose events are kept. */
const listening = Effect.gen(function* () {
  const events: Array<Polympics.AccountTeamUpdate> = []
  const app = Polympics.callbackApp({
    secret: Redacted.make(secret),
    onEvent: (event) => Effect.sync(() => events.push(event))
  })
  return { events, ...(yield* serveApp(app)) }
})

describe("an event", () => {
  it.scopedLive("with the secret is decoded, handed on, and answered with 204", () =>
    Effect.gen(function* () {
      const { events, post } = yield* listening
      expect((yield* post({ authorization: bearer, body: event })).status).toBe(204)
      expect(events.length).toBe(1)
      expect(events[0]).toMatchObject({
        account: { id: "900719925474099300", avatarUrl: null, permissions: { mask: 0n } },
        team: { id: 3, memberCount: 0 }
      })
      expect(events[0] && DateTime.toEpochMillis(events[0].account.createdAt)).toBe(1617278400000)
    })
  )

  const taken: ReadonlyArray<Post & { readonly title: string }> = [
    { title: "whose scheme is in lower case", authorization: `bearer ${secret}`, body: event },
    { title: "in pieces, without a length", authorization: bearer, body: [event.slice(0, 10), event.slice(10)] },
    { title: "of nobody's team", authorization: bearer, body: JSON.stringify({ account: account("1"), team: null }) },
    { title: "with more than this library knows of", authorization: bearer, body: `{"more":1,${event.slice(1)}` },
    { title: "of exactly 1 MiB", authorization: bearer, body: event.padEnd(mebibyte) },
    { title: "of exactly 1 MiB in pieces", authorization: bearer, body: [event, " ".repeat(mebibyte - event.length)] }
  ]
  it.scopedLive.each(taken)("$title is taken", ({ authorization, body = "" }) =>
    Effect.gen(function* () {
      const { events, post } = yield* listening
      expect((yield* post({ authorization, body })).status).toBe(204)
      expect(events.length).toBe(1)
    })
  )
})

describe("what is no event is refused, and nothing runs:", () => {
  const refused: ReadonlyArray<Post & { readonly title: string; readonly status: number; readonly headers?: object }> =
    [
      { title: "another secret", authorization: "Bearer another", body: event, status: 401 },
      { title: "the beginning of the secret", authorization: bearer.slice(0, -1), body: event, status: 401 },
      { title: "more than the secret", authorization: `${bearer}x`, body: event, status: 401 },
      { title: "an empty secret", authorization: "Bearer ", body: event, status: 401 },
      {
        title: "no secret",
        authorization: undefined,
        body: event,
        status: 401,
        headers: { "www-authenticate": "Bearer" }
      },
      { title: "another scheme", authorization: `Basic ${secret}`, body: event, status: 401 },
      { title: "no scheme", authorization: secret, body: event, status: 401 },
      { title: "GET", method: "GET", authorization: bearer, status: 405, headers: { allow: "POST" } },
      { title: "PUT", method: "PUT", authorization: bearer, body: event, status: 405, headers: { allow: "POST" } },
      { title: "no body", authorization: bearer, body: "", status: 422 },
      { title: "no JSON", authorization: bearer, body: "event", status: 422 },
      { title: "half of one", authorization: bearer, body: event.slice(0, -1), status: 422 },
      {
        title: "another shape",
        authorization: bearer,
        body: JSON.stringify({ account: team(3), team: null }),
        status: 422
      },
      { title: "an array", authorization: bearer, body: `[${event}]`, status: 422 },
      { title: "one byte too many", authorization: bearer, body: event.padEnd(mebibyte + 1), status: 413 },
      {
        title: "one byte too many in pieces",
        authorization: bearer,
        body: [event, " ".repeat(mebibyte + 1 - event.length)],
        status: 413
      },
      { title: "far too many", authorization: bearer, body: event.padEnd(20 * mebibyte), status: 413 },
      {
        title: "far too many in pieces",
        authorization: bearer,
        body: [event, ...Array.from({ length: 20 }, () => " ".repeat(mebibyte))],
        status: 413
      }
    ]
  it.scopedLive.each(refused)("$title", ({ headers = {}, status, title: _, ...posted }) =>
    Effect.gen(function* () {
      const { events, post } = yield* listening
      const answer = yield* post(posted)
      expect(answer.status).toBe(status)
      expect(answer.headers).toMatchObject(headers)
      expect(events).toEqual([])
      expect((yield* post({ authorization: bearer, body: event })).status).toBe(204)
    })
  )

  it.scopedLive("one that is cut short", () =>
    Effect.gen(function* () {
      const { cut, events, post } = yield* listening
      const head = `POST / HTTP/1.1\r\nhost: localhost\r\nauthorization: ${bearer}\r\ncontent-length: ${event.length}\r\n\r\n`
      yield* cut(head + event.slice(0, 20))
      expect((yield* post({ authorization: bearer, body: event })).status).toBe(204)
      expect(events.length).toBe(1)
    })
  )
})

describe("what onEvent fails with", () => {
  it.scopedLive("is the app's own failure", () =>
    Effect.gen(function* () {
      const app = Polympics.callbackApp({
        secret: Redacted.make(secret),
        onEvent: ({ account }) => Effect.fail({ _tag: "Busy", id: account.id } as const)
      }).pipe(Effect.catchTag("Busy", ({ id }) => Effect.succeed(HttpServerResponse.text(id, { status: 503 }))))
      const { post } = yield* serveApp(app)
      expect((yield* post({ authorization: bearer, body: event })).status).toBe(503)
      expect((yield* post({ authorization: "Bearer x", body: event })).status).toBe(401)
    })
  )
})
