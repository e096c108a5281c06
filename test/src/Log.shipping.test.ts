import { describe, expect, it } from "@effect/vitest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import { Authoriser, HttpCache, Token, Tokens, Verbs } from "effect-herald"
import * as Log from "effect-herald/log"
import * as scripted from "../servers/scripted.js"
import { recordedConsole, recording } from "../support/log.js"

class Collector extends Authoriser.Tag("effect-herald/test/Collector")<Collector>() {}

const trace = Logger.minimumLogLevel(LogLevel.All)

describe("records of the shipping itself", () => {
  it.effect("are not shipped, in any fiber that it started", () =>
    Effect.gen(function* () {
      const { messages, send } = recording(() =>
        Effect.gen(function* () {
          yield* Effect.logTrace("sending")
          yield* Effect.fork(Effect.logDebug("in a child"))
          const daemon = yield* Effect.forkDaemon(Effect.zipRight(Effect.yieldNow(), Effect.log("in a daemon")))
          yield* daemon.await
        })
      )
      const { layer } = recordedConsole()
      yield* Effect.log("of the program").pipe(Effect.provide(Log.layer({ send })), Effect.provide([layer, trace]))
      expect(messages()).toEqual(["of the program"])
    })
  )

  it.effect("are not shipped by another shipper", () =>
    Effect.gen(function* () {
      const one = recording(() => Effect.log("one sends"))
      const other = recording(() => Effect.log("other sends"))
      const { layer } = recordedConsole()
      yield* Effect.log("of the program").pipe(
        Effect.provide(Log.layer({ send: one.send })),
        Effect.provide(Log.layer({ send: other.send })),
        Effect.provide(layer)
      )
      expect([one.messages(), other.messages()]).toEqual([["of the program"], ["of the program"]])
    })
  )

  it.scopedLive("are not shipped where a token, a cache, retries and the client log", () =>
    Effect.gen(function* () {
      let calls = 0
      const server = yield* scripted.make((received) => {
        if (received.method === "GET") {
          return scripted.json({ ok: true }, { headers: { "cache-control": "max-age=60" } })
        }
        calls += 1
        if (calls === 1) return scripted.respond({ status: 401 })
        if (calls === 2) return scripted.respond({ status: 503, headers: { "retry-after": "0" } })
        return scripted.json({})
      })
      const refreshes: Array<number> = []
      const tokens = Tokens.make({
        grant: () =>
          Effect.gen(function* () {
            refreshes.push(1)
            yield* Effect.logTrace("granting")
            yield* Effect.logWarning("granted")
            const now = yield* Effect.clockWith(({ currentTimeMillis }) => currentTimeMillis)
            return new Token.Token({
              accessToken: Redacted.make(`token-${refreshes.length}`),
              tokenType: "Bearer",
              grantedAt: now
            } as never)
          })
      } as never)
      const { get, post } = Verbs.make(Collector)
      const api = Collector.layer({ baseUrl: server.url, credentials: tokens as never })
      const { layer } = recordedConsole()
      const others: Array<unknown> = []
      const other = Logger.add(Logger.make(({ message }) => void others.push(message)))
      yield* Effect.gen(function* () {
        const { flush, stats } = yield* Log.Shipper
        yield* Effect.log("first")
        yield* flush
        yield* Effect.log("second")
        yield* flush
        expect((yield* stats).accepted).toBe(2)
      }).pipe(
        Effect.provide(
          Log.layer({
            send: (records) => Effect.zipRight(get("/config"), post("/logs", { json: records })),
            minimumLevel: LogLevel.All
          })
        ),
        Effect.provide(Layer.provideMerge(api, Layer.merge(NodeHttpClient.layerUndici, HttpCache.layer as never))),
        Effect.provide([layer, trace, other])
      )
      const bodies = server.requests.filter(({ method }) => method === "POST").map(({ body }) => body)
      expect(bodies.at(-1)).toContain("second")
      expect(bodies.join("")).not.toContain("grant")
      expect(others.flat()).toContain("granted")
    }) as Effect.Effect<void, never, never>
  )

  it.effect("do not make the program's own records disappear where it joins what the shipping started", () =>
    Effect.gen(function* () {
      const { messages, send } = recording()
      yield* Effect.gen(function* () {
        yield* Effect.log("before")
        yield* Effect.log("after")
      }).pipe(Effect.provide(Log.layer({ send })))
      expect(messages()).toEqual(["before", "after"])
      expect(FiberRef.FiberRefTypeId).toBeDefined()
    })
  )
})
