import { describe, expect, it } from "@effect/vitest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import { Authoriser, Tokens, Verbs } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
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
      const server = yield* scripted.make(({ headers, method }, index) => {
        if (method === "GET") return scripted.json({ ok: true }, { headers: { "cache-control": "max-age=60" } })
        if (headers.authorization === "Bearer token-1") return scripted.respond({ status: 401 })
        return index < 6
          ? scripted.respond({ status: 503, headers: { "retry-after": "0" } })
          : scripted.json({ stored: true })
      })
      let granted = 0
      const credentials = Tokens.make({
        name: "test",
        identity: "app",
        subject: "fixed",
        grant: Effect.gen(function* () {
          granted += 1
          yield* Effect.logTrace("granting")
          yield* Effect.logWarning("granted")
          return { accessToken: Redacted.make(`token-${granted}`), expiresIn: 3600 }
        })
      })
      const { get, post } = Verbs.make(Collector)
      const { layer } = recordedConsole()
      const others: Array<unknown> = []
      const other = Logger.add(Logger.make(({ message }) => void others.push(...Arr.ensure(message))))
      const client = Layer.provideMerge(HttpCache.layerMemory(), NodeHttpClient.layerUndici)
      const logs = Log.layer({
        send: (records) => Effect.zipRight(get("/config"), post("/logs", { json: records })),
        minimumLevel: LogLevel.All
      })
      yield* Effect.gen(function* () {
        const { flush, stats } = yield* Log.Shipper
        yield* Effect.log("first")
        yield* flush
        yield* Effect.log("second")
        yield* flush
        expect(yield* stats).toMatchObject({ accepted: 2, shipped: 2 })
      }).pipe(
        Effect.provide(
          logs.pipe(Layer.provide(Collector.layer({ baseUrl: server.url, credentials })), Layer.provide(client))
        ),
        Effect.provide([layer, trace, other])
      )
      const bodies = server.requests.filter(({ method }) => method === "POST").map(({ body }) => body)
      expect(bodies.at(-1)).toContain("second")
      expect(bodies.join("")).not.toContain("grant")
      expect(granted).toBe(2)
      expect(others).toContain("granting")
      expect(others).toContain("granted")
      // The library logs too, such as the attempts that failed.
      expect(
        others.filter((text) => !["granting", "granted", "first", "second"].includes(String(text))).length
      ).toBeGreaterThan(0)
    })
  )
})
