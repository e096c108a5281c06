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

/** A server that collects its events. */
const listening = Effect.gen(function* () {
  const events: Array<Polympics.AccountTeamUpdate> = []
  const app = Polympics.callbackApp({
    secret: Redacted.make(secret),
    onEvent: (event) => Effect.sync(() => events.push(event))
  })
  return { events, ...(yield* serveApp(app)) }
})

describe("an event", () => {
  it.scopedLive("with the secret is decoded, passed to onEvent and responded to with a 204", () =>
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

  const accepted: ReadonlyArray<Post & { readonly title: string }> = [
    { title: "whose scheme is in lower case", authorization: `bearer ${secret}`, body: event },
    { title: "in chunks, without a length", authorization: bearer, body: [event.slice(0, 10), event.slice(10)] },
    { title: "without a team", authorization: bearer, body: JSON.stringify({ account: account("1"), team: null }) },
    { title: "with unknown fields", authorization: bearer, body: `{"more":1,${event.slice(1)}` },
    { title: "of exactly 1 MiB", authorization: bearer, body: event.padEnd(mebibyte) },
    { title: "of exactly 1 MiB in chunks", authorization: bearer, body: [event, " ".repeat(mebibyte - event.length)] }
  ]
  it.scopedLive.each(accepted)("$title is accepted", ({ authorization, body = "" }) =>
    Effect.gen(function* () {
      const { events, post } = yield* listening
      expect((yield* post({ authorization, body })).status).toBe(204)
      expect(events.length).toBe(1)
    })
  )
})

describe("any other request is refused without a run of onEvent:", () => {
  const refused: ReadonlyArray<Post & { readonly title: string; readonly status: number; readonly headers?: object }> =
    [
      { title: "another secret", authorization: "Bearer another", body: event, status: 401 },
      { title: "a prefix of the secret", authorization: bearer.slice(0, -1), body: event, status: 401 },
      { title: "the secret and one more character", authorization: `${bearer}x`, body: event, status: 401 },
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
      { title: "text that is not JSON", authorization: bearer, body: "event", status: 422 },
      { title: "an incomplete event", authorization: bearer, body: event.slice(0, -1), status: 422 },
      {
        title: "JSON of another shape",
        authorization: bearer,
        body: JSON.stringify({ account: team(3), team: null }),
        status: 422
      },
      { title: "an array", authorization: bearer, body: `[${event}]`, status: 422 },
      { title: "one byte over the limit", authorization: bearer, body: event.padEnd(mebibyte + 1), status: 413 },
      {
        title: "one byte over the limit in chunks",
        authorization: bearer,
        body: [event, " ".repeat(mebibyte + 1 - event.length)],
        status: 413
      },
      { title: "far over the limit", authorization: bearer, body: event.padEnd(20 * mebibyte), status: 413 },
      {
        title: "far over the limit in chunks",
        authorization: bearer,
        body: [event, ...Array.from({ length: 20 }, () => " ".repeat(mebibyte))],
        status: 413
      }
    ]
  it.scopedLive.each(refused)("$title", ({ headers = {}, status, title: _, ...request }) =>
    Effect.gen(function* () {
      const { events, post } = yield* listening
      const response = yield* post(request)
      expect(response.status).toBe(status)
      expect(response.headers).toMatchObject(headers)
      expect(events).toEqual([])
      expect((yield* post({ authorization: bearer, body: event })).status).toBe(204)
    })
  )

  it.scopedLive("a body that is cut short", () =>
    Effect.gen(function* () {
      const { events, post, postAndClose } = yield* listening
      const head = `POST / HTTP/1.1\r\nhost: localhost\r\nauthorization: ${bearer}\r\ncontent-length: ${event.length}\r\n\r\n`
      yield* postAndClose(head + event.slice(0, 20))
      expect((yield* post({ authorization: bearer, body: event })).status).toBe(204)
      expect(events.length).toBe(1)
    })
  )
})

describe("an error of onEvent", () => {
  it.scopedLive("is an error of the app", () =>
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
