import { createServer } from "node:http"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import { httpApp } from "effect-herald/polympics/testing"
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
      for (const good of [
        "https://example.com",
        "http://[::1]:80/a?b#c",
        "http://user:pw@1.2.3.4/",
        "https://exämple.com"
      ]) {
        expect(yield* put(good)).toMatchObject({ status: 200, text: expect.stringContaining(`"url":"${good}"`) })
      }
      expect(yield* call("PUT", path, bot, { url, secret: "\0" })).toEqual(internalError)
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
      for (const [as, team] of [
        [member, 2],
        [captain, 1],
        [bot, 0],
        [bot, 1]
      ] as const) {
        const { status, text } = yield* call("PATCH", "/account/1", as, { team }, server)
        if (as === captain) {
          expect(status).toBe(403)
          continue
        }
        const now = /"team":(null|\{.*?\]\})/.exec(text)?.[1]
        expect(yield* Queue.take(events)).toEqual({
          authorization: "Bearer hush",
          body: `{"account":${text},"team":${now}}`
        })
      }
      expect((yield* call("PATCH", "/account/1", bot, { name: "Renamed" }, server)).status).toBe(200)
      expect(yield* Queue.size(events)).toBe(0)
    }).pipe(Effect.provide(NodeHttpClient.layerUndici))
  )
})
