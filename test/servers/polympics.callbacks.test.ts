import { createServer } from "node:http"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import { httpApp, layer } from "effect-herald/polympics/testing"
import {
  bot,
  call,
  captain,
  issue,
  json,
  member,
  empty,
  options,
  error,
  test,
  internalError,
  weak
} from "./polympicsRequests.js"
import { client } from "../support/client.js"

describe("callbacks", () => {
  const path = "/callback/account_team_update"
  const url = "http://127.0.0.1:1/hook"

  test(
    "are for apps only",
    Effect.gen(function* () {
      const onlyApps = error(401, "Only apps may use this endpoint.")
      for (const as of [member, "A1:wrong"]) {
        expect(yield* call("GET", "/callbacks", as)).toEqual(onlyApps)
        expect(yield* call("GET", path, as)).toEqual(onlyApps)
        expect(yield* call("DELETE", path, as)).toEqual(onlyApps)
        expect(yield* call("PUT", path, as, { url, secret: "s" })).toEqual(onlyApps)
      }
      expect(yield* call("GET", path)).toEqual(error(401, "Not authenticated"))
      const none = error(404, "No callback registered for this event.")
      expect(yield* call("GET", path, bot)).toEqual(none)
      expect(yield* call("DELETE", path, bot)).toEqual(none)
      expect(yield* call("GET", "/callbacks", bot)).toEqual(json('{"callbacks":{}}'))
      const first = json(`{"id":1,"event":"account_team_update","url":"${url}"}`)
      expect(yield* call("PUT", path, bot, { url, secret: "s" })).toEqual(first)
      expect(yield* call("GET", path, bot)).toEqual(first)
      const second = yield* call("PUT", path, bot, { url: `${url}/2`, secret: "s" })
      expect(second.text).toBe(`{"id":2,"event":"account_team_update","url":"${url}/2"}`)
      expect(yield* call("GET", "/callbacks", bot)).toEqual(json(`{"callbacks":{"account_team_update":"${url}/2"}}`))
      expect(yield* call("GET", path, weak)).toEqual(none)
      expect(yield* call("DELETE", path, bot)).toEqual(empty(204))
      expect(yield* call("GET", path, bot)).toEqual(none)
    })
  )

  test(
    "must have a known event and a valid URL",
    Effect.gen(function* () {
      const msg = "value is not a valid enumeration member; permitted: 'account_team_update'"
      const noEvent = issue(["path", "event"], msg, "type_error.enum", { enum_values: ["account_team_update"] })
      expect(yield* call("GET", "/callback/other", member)).toEqual(noEvent)
      const put = (url: string) => call("PUT", path, bot, { url, secret: "s" })
      const bad = (msg: string, type: string, ctx?: object) => issue(["body", "url"], msg, `value_error.${type}`, ctx)
      expect(yield* put("")).toEqual(
        bad("ensure this value has at least 1 characters", "any_str.min_length", { limit_value: 1 })
      )
      expect(yield* put("example.com")).toEqual(bad("invalid or missing URL scheme", "url.scheme"))
      expect(yield* put("ftp://example.com")).toEqual(
        bad("URL scheme not permitted", "url.scheme", { allowed_schemes: ["http", "https"] })
      )
      expect(yield* put("https://")).toEqual(bad("URL host invalid", "url.host"))
      expect(yield* put("http://localhost:80/")).toEqual(bad("URL host invalid, top level domain required", "url.host"))
      for (const good of ["https://example.com", "http://[::1]:80/a?b#c", "http://user:pw@1.2.3.4/"]) {
        expect(yield* put(good)).toMatchObject({ status: 200, text: expect.stringContaining(`"url":"${good}"`) })
      }
      const unencodable = "encoding with 'idna' codec failed (UnicodeError: label empty or too long)"
      expect(yield* put(`https://${"ä".repeat(60)}.com`)).toEqual(bad(unencodable, "unicode"))
    })
  )

  // As Python's codec `idna` encodes them.
  const international = [
    ["https://exämple.com/", "https://xn--exmple-cua.com/"],
    ["  http://EXÄMPLE.Com:8080/ä?ö=ß#ü \n", "http://xn--exmple-cua.Com:8080/ä?ö=ß#ü"],
    ["https://ü:ö@bücher.例え/a@b", "https://ü:ö@xn--bcher-kva.xn--r8jz45g/a@b"],
    ["https://straße.de", "https://strasse.de"],
    ["https://日本。co.jp?a", "https://xn--wgv71a.co.jp?a"],
    ["https://Ä.ÖX.com.", "https://xn--4ca.xn--x-0ga.com."],
    ["https://１.com", "https://1.com"],
    ["https://😀.com/😀", "https://xn--e28h.com/😀"]
  ] as const
  test(
    "are stored with an international host in punycode, and the rest as given",
    Effect.forEach(
      international,
      ([given, stored]) =>
        Effect.gen(function* () {
          yield* call("PUT", path, bot, { url: given, secret: "s" })
          const all = JSON.stringify({ callbacks: { account_team_update: stored } })
          expect(yield* call("GET", "/callbacks", bot)).toEqual(json(all))
        }),
      { discard: true }
    )
  )

  const ofLength = (start: string, length: number) => start.padEnd(length, "x")
  const failing = [
    { title: "a URL of 2,048 characters", url: ofLength("https://example.com/", 2048), secret: "s" },
    { title: "a URL of 2,083 characters", url: ofLength("https://example.com/", 2083), secret: "s" },
    // The host is longer by 7 characters in punycode.
    { title: "a URL whose punycode has 2,048", url: ofLength("https://exämple.com/", 2041), secret: "s" },
    { title: "a secret of 2,048 characters", url, secret: "s".repeat(2048) },
    { title: "a secret with NUL", url, secret: "\0" }
  ]
  for (const { secret, title, url: given } of failing) {
    test(
      `that can't be stored are a 500, and delete the registered one: ${title}`,
      Effect.gen(function* () {
        expect((yield* call("PUT", path, bot, { url, secret: "s" })).status).toBe(200)
        expect((yield* call("PUT", path, weak, { url, secret: "s" })).status).toBe(200)
        expect(yield* call("PUT", path, bot, { url: given, secret })).toEqual(internalError)
        expect(yield* call("GET", path, bot)).toEqual(error(404, "No callback registered for this event."))
        expect((yield* call("GET", path, weak)).status).toBe(200)
      })
    )
  }

  test(
    "that are refused by a 422 leave the registered one",
    Effect.gen(function* () {
      const first = yield* call("PUT", path, bot, { url, secret: "s" })
      for (const [given, secret] of [
        [ofLength("https://example.com/", 2084), "s"],
        ["https://example.com/a b", "s"],
        [url, null]
      ]) {
        expect((yield* call("PUT", path, bot, { url: given, secret })).status).toBe(422)
        expect(yield* call("GET", path, bot)).toEqual(first)
      }
    })
  )

  test(
    "are stored up to 2,047 characters",
    Effect.gen(function* () {
      for (const given of [
        ofLength("https://example.com/", 2047),
        ofLength("https://exämple.com/", 2040),
        `https://example.com/${"😀".repeat(2027)}`
      ]) {
        const { status } = yield* call("PUT", path, bot, { url: given, secret: "s".repeat(2047) })
        expect(status).toBe(200)
      }
    })
  )

  const sockets = NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })
  const origin = HttpServer.addressWith((address) =>
    Effect.succeed(address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}` : "")
  )
  /** Serves an app on a socket, and returns its origin. */
  const serve = (app: HttpApp.Default) =>
    Effect.map(Layer.build(Layer.provideMerge(HttpServer.serve(app), sockets)), (context) =>
      Effect.provide(origin, context)
    ).pipe(Effect.flatten)

  it.scoped("receive an event for each change of a team, over sockets", () =>
    Effect.gen(function* () {
      const events = yield* Queue.unbounded<{ readonly authorization: string | undefined; readonly body: string }>()
      const receiver = yield* serve(
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const body = yield* request.text
          yield* Queue.offer(events, { authorization: request.headers["authorization"], body })
          return HttpServerResponse.empty({ status: 500 })
        }).pipe(Effect.orDie)
      )
      const callbackClient = yield* HttpClient.HttpClient
      const server = yield* Effect.flatMap(httpApp({ ...options, callbackClient }), serve)
      const put = { url: `${receiver}/hook`, secret: "hush" }
      expect((yield* call("PUT", path, bot, put, server)).status).toBe(200)
      // A callback that can't be reached must not affect the others.
      expect((yield* call("PUT", path, weak, { url, secret: "other" }, server)).status).toBe(200)
      /** The number of members that an event counts in the new team: as it was before the change. */
      const counted = [
        [member, 2, 1],
        [bot, 2, 2],
        [captain, 1, undefined],
        [bot, 0, undefined],
        [bot, 1, 1]
      ] as const
      for (const [as, team, members] of counted) {
        const { status, text } = yield* call("PATCH", "/account/1", as, { team }, server)
        if (as === captain) {
          expect(status).toBe(403)
          continue
        }
        const account = text.replace(/"member_count":\d+/, `"member_count":${members}`)
        const now = /"team":(null|\{.*?\]\})/.exec(account)?.[1]
        expect(yield* Queue.take(events)).toEqual({
          authorization: "Bearer hush",
          body: `{"account":${account},"team":${now}}`
        })
      }
      expect((yield* call("PATCH", "/account/1", bot, { name: "Renamed" }, server)).status).toBe(200)
      expect(yield* Queue.size(events)).toBe(0)
    }).pipe(Effect.provide(client))
  )

  const snapshots = [
    {
      title: "with the old permissions and the old name of a Discord user, and the old number of members",
      changes: { team: 2, grant_permissions: 32, discord_token: "old" },
      account: { name: "Member", discriminator: "0000", avatar_url: null, permissions: 0 },
      members: 1
    },
    {
      title: "with the new name, discriminator and avatar of the request",
      changes: { name: "N", discriminator: "0007", avatar_url: "https://a.test", team: 2 },
      account: { name: "N", discriminator: "0007", avatar_url: "https://a.test", permissions: 0 },
      members: 1
    },
    {
      title: "with the name of the request, which that of a Discord user then replaces",
      changes: { name: "N", team: 1, discord_token: "old" },
      account: { name: "N", discriminator: "0000", avatar_url: null, permissions: 0 },
      members: 2
    },
    {
      title: "without a team",
      changes: { team: 0, grant_permissions: 32 },
      account: { name: "Member", permissions: 0, team: null },
      members: undefined
    }
  ]
  it.scoped.each(snapshots)("receive a snapshot from amid the change: $title", ({ account, changes, members }) =>
    Effect.gen(function* () {
      const bodies = yield* Queue.unbounded<string>()
      const callbackClient = HttpClient.make((request) =>
        Effect.gen(function* () {
          const { body } = request
          yield* Queue.offer(bodies, body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : "")
          return HttpClientResponse.fromWeb(request, new Response())
        })
      )
      const callbacks = [{ id: 1, app: 1, url, secret: "s" }]
      yield* Effect.gen(function* () {
        // Nothing is sent if the change fails.
        expect((yield* call("PATCH", "/account/1", bot, { ...changes, discord_token: "none" })).status).toBe(422)
        const { status, text } = yield* call("PATCH", "/account/1", bot, changes)
        expect(status).toBe(200)
        const event = JSON.parse(yield* Queue.take(bodies)) as { account: { team: unknown }; team: unknown }
        expect(event.account).toMatchObject(account)
        expect(event.team).toEqual(event.account.team)
        expect((event.team as { member_count?: number } | null)?.member_count).toBe(members)
        expect(yield* Queue.size(bodies)).toBe(0)
        const after = JSON.parse(text) as { name: string; permissions: number }
        expect(after.name).toBe(changes.discord_token === "old" ? "Other name" : (changes.name ?? "Member"))
        expect(after.permissions).toBe(changes.grant_permissions ?? 0)
      }).pipe(Effect.provide(layer({ ...options, callbacks, callbackClient })))
    })
  )
})
