import { describe, expect, it } from "@effect/vitest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Authoriser, RetryPolicy } from "effect-herald"
import * as Log from "effect-herald/log"
import * as scripted from "../servers/scripted.js"
import { recordedConsole } from "../support/log.js"

class Collector extends Authoriser.Tag("effect-herald/test/Collector")<Collector>() {}

const logsTo = (url: URL) =>
  Log.layer(Log.otlp(Collector, { serviceName: "bot", serviceVersion: "1.2", attributes: { "host.cpus": 2 } })).pipe(
    Layer.provide(Collector.layer({ baseUrl: url, retryPolicy: RetryPolicy.none })),
    Layer.provide(NodeHttpClient.layerUndici)
  )

const statsAfter = (program: Effect.Effect<void>, url: URL) =>
  Effect.gen(function* () {
    const { flush, stats } = yield* Log.Shipper
    yield* program
    yield* flush
    return yield* stats
  }).pipe(Effect.provide(logsTo(url)))

describe("Log.otlp", () => {
  it.scopedLive("has no trace where Effect's tracing is off, whose ids no collector takes", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make([scripted.json({})])
      const program = Effect.log("untraced").pipe(Effect.withSpan("work"), Effect.withTracerEnabled(false))
      yield* Effect.provide(statsAfter(program, server.url), recordedConsole().layer)
      const [record] = JSON.parse(server.requests[0]!.body).resourceLogs[0].scopeLogs[0].logRecords
      expect(record.body).toEqual({ stringValue: "untraced" })
      expect(record).not.toHaveProperty("traceId")
      expect(record).not.toHaveProperty("spanId")
    })
  )

  it.scopedLive("posts an ExportLogsServiceRequest", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make([scripted.json({})])
      const { layer } = recordedConsole()
      const span = yield* Effect.gen(function* () {
        yield* statsAfter(
          Effect.logWarning("slow", { millis: 1.5, of: null }).pipe(
            Effect.annotateLogs({
              user: 12,
              ok: true,
              list: ["a", 1],
              "code.file.path": "a.ts",
              "code.line.number": 3
            }),
            Effect.withLogSpan("work")
          ),
          server.url
        )
        return yield* Effect.currentSpan
      }).pipe(Effect.withSpan("test"), Effect.provide(layer))
      const [request] = server.requests
      expect(request).toMatchObject({ method: "POST", target: "/v1/logs" })
      expect(request!.headers["content-type"]).toMatch(/^application\/json/)
      const {
        resourceLogs: [{ resource, scopeLogs }]
      } = JSON.parse(request!.body)
      expect(resource.attributes).toEqual([
        { key: "service.name", value: { stringValue: "bot" } },
        { key: "service.version", value: { stringValue: "1.2" } },
        { key: "host.cpus", value: { intValue: "2" } }
      ])
      const [{ logRecords, scope }] = scopeLogs
      expect(scope).toEqual({ name: "bot" })
      const [{ attributes, ...record }] = logRecords
      expect(record).toEqual({
        timeUnixNano: expect.stringMatching(/^\d{13}000000$/),
        observedTimeUnixNano: expect.stringMatching(/^\d{13}000000$/),
        severityNumber: 13,
        severityText: "Warning",
        body: { stringValue: 'slow {"millis":1.5,"of":null}' },
        traceId: span.traceId,
        spanId: span.spanId,
        flags: 1
      })
      const byKey = Object.fromEntries(
        attributes.map(({ key, value }: { readonly key: string; readonly value: unknown }) => [key, value])
      )
      expect(byKey).toMatchObject({
        user: { intValue: "12" },
        ok: { boolValue: true },
        list: { arrayValue: { values: [{ stringValue: "a" }, { intValue: "1" }] } },
        "code.line.number": { intValue: "3" },
        "logSpan.work": { intValue: expect.stringMatching(/^\d+$/) },
        "log.values": {
          arrayValue: {
            values: [
              {
                kvlistValue: {
                  values: [
                    { key: "millis", value: { doubleValue: 1.5 } },
                    { key: "of", value: {} }
                  ]
                }
              }
            ]
          }
        }
      })
      expect(new Set(Object.keys(byKey)).size).toBe(attributes.length)
    })
  )

  it.scopedLive("counts the records that the collector rejects", () =>
    Effect.gen(function* () {
      const partial = { partialSuccess: { rejectedLogRecords: "2", errorMessage: "too old" } }
      const server = yield* scripted.make([scripted.json(partial)])
      const { layer, lines } = recordedConsole()
      const program = Effect.zipRight(Effect.log("one"), Effect.zipRight(Effect.log("two"), Effect.log("three")))
      const stats = yield* statsAfter(program, server.url).pipe(Effect.provide(layer))
      expect(stats).toMatchObject({ accepted: 3, shipped: 1, failed: 2, queued: 0 })
      expect(lines[0]).toContain("too old")
      expect(server.requests).toHaveLength(1)
    })
  )

  for (const [status, isRetried] of [
    [429, true],
    [502, true],
    [503, true],
    [504, true],
    [500, false],
    [408, false],
    [401, false]
  ] as const) {
    it.scopedLive(`${isRetried ? "retries" : "does not retry"} after ${status}`, () =>
      Effect.gen(function* () {
        const server = yield* scripted.make([scripted.respond({ status }), scripted.json({})])
        const { layer } = recordedConsole()
        const stats = yield* statsAfter(Effect.log("one"), server.url).pipe(Effect.provide(layer))
        expect(stats).toMatchObject(isRetried ? { shipped: 1, failed: 0 } : { shipped: 0, failed: 1 })
      })
    )
  }
})
