import { describe, expect, it } from "@effect/vitest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { Authoriser } from "effect-herald"
import type * as Log from "effect-herald/log"
import * as Site from "effect-herald/site"
import * as scripted from "../../servers/scripted.js"
import { recordedConsole } from "../../support/log.js"

const siteAt = (url: URL) =>
  Layer.provideMerge(
    Layer.effect(Site.Authoriser, Authoriser.make({ baseUrl: url })).pipe(Layer.orDie),
    NodeHttpClient.layerUndici
  )

const stored = (received: scripted.Received) =>
  scripted.json({ timestamp: "2020-01-01T00:00:00.123456Z", ...JSON.parse(received.body) }, { status: 201 })

const record: Log.LogRecord = {
  time: 1_577_836_800_000,
  level: "Fatal",
  message: "broken",
  values: [],
  fiber: "#1",
  spans: {},
  annotations: {},
  location: undefined
}

describe("Site.logShipper", () => {
  it.scopedLive("posts each record by itself, none below Debug", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make(stored)
      const { layer } = recordedConsole()
      yield* Effect.all([
        Effect.logTrace("not shipped"),
        Effect.logDebug("one"),
        Effect.logWarning("two").pipe(
          Effect.annotateLogs({ user: "Ann", "code.file.path": "/app/src/cogs/help.ts", "code.line.number": 99_999 })
        )
      ]).pipe(
        Effect.provide(Site.logShipper({ application: "bot", loggerName: "bot.help" })),
        Effect.provide(siteAt(server.url)),
        Effect.provide([layer, Logger.minimumLogLevel(LogLevel.All)])
      )
      expect(server.requests.map(({ method, target }) => `${method} ${target}`)).toEqual(["POST /logs", "POST /logs"])
      const [one, two] = server.requests.map(({ body }) => JSON.parse(body) as unknown)
      const timestamp = expect.stringMatching(/^\d{4}-.*Z$/)
      expect(one).toEqual({
        application: "bot",
        logger_name: "bot.help",
        level: "debug",
        module: "bot.help",
        line: 0,
        message: "one",
        timestamp
      })
      expect(two).toMatchObject({ level: "warning", module: "help", line: 32_767 })
    })
  )
})

describe("Site.toLogRecord", () => {
  it("has the five levels of the site", () => {
    const levels = ["Trace", "Debug", "Info", "Warning", "Error", "Fatal"] as const
    expect(levels.map((level) => Site.toLogRecord({ ...record, level }, { application: "site" }).level)).toEqual([
      "debug",
      "debug",
      "info",
      "warning",
      "error",
      "critical"
    ])
  })

  it.scopedLive("is accepted before sending, whatever was logged", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make(stored)
      const texts = ["", " \n", "\0", "a\0b", "\ud800", "\u{1f600}".repeat(200), "x".repeat(1000), "\x1f\x85"]
      for (const text of texts) {
        const made = Site.toLogRecord(
          { ...record, message: text, location: { file: text, line: -1 } },
          { application: "bot", loggerName: text }
        )
        yield* Site.createLogRecord(made).pipe(Effect.provide(siteAt(server.url)))
      }
      expect(server.requests).toHaveLength(texts.length)
    })
  )

  it("adds annotations and the cause to the message", () => {
    const { message } = Site.toLogRecord(
      { ...record, annotations: { user: "Ann", id: 1 }, cause: "Error: x" },
      { application: "bot" }
    )
    expect(message).toBe("broken user=Ann id=1\nError: x")
  })
})

describe("Site.createLogRecord", () => {
  it.scopedLive("returns the record, and fails with ClientError where the site has no such path", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make((received, index) =>
        index === 0
          ? stored(received)
          : scripted.respond({ status: 404, headers: { "content-type": "text/html" }, body: "<h1>Not Found</h1>" })
      )
      const call = Site.createLogRecord(Site.toLogRecord(record, { application: "seasonalbot" })).pipe(
        Effect.provide(siteAt(server.url))
      )
      expect(yield* call).toMatchObject({ application: "seasonalbot", level: "critical", message: "broken" })
      const exit = yield* Effect.exit(Effect.mapError(call, ({ _tag }) => _tag))
      expect(exit).toEqual(Exit.fail("ClientError"))
    })
  )
})
