import { beforeAll, describe, expect, it } from "@effect/vitest"
import { HttpClient } from "@effect/platform"
import { Effect, Fiber, Redacted } from "effect"
import { Transport } from "effect-herald/node"
import { readFileSync } from "node:fs"
import * as Collector from "../../examples/observability/collector.js"
import { clientToken } from "../../examples/observability/load.js"
import { logRecordsOf, recordOf, type Span, spansOf } from "../../examples/observability/otlp.js"
import { picture } from "../../examples/observability/picture.js"
import { type Run, run, underLoad } from "../../examples/observability/run.js"
import { traceTree } from "../../examples/observability/traceTree.js"
import { accessTokenPrefix, weatherClient } from "../../examples/observability/upstreams.js"
import { appCredentials } from "../../examples/support/demoServer.js"

// The deadline leaves a busy machine the time for all calls but those that have no response.
const load = { requests: 80, perSecond: 20, exportInterval: "200 millis", deadline: "10 seconds" } as const

let result: Run

beforeAll(async () => {
  result = await Effect.runPromise(run(load).pipe(Effect.provide(Transport.layer())))
}, 100_000)

const attributesOf = ({ attributes }: Span) => recordOf(attributes)

/** The samples of a metric at the end of the run. */
const samples = (name: string) => (result.snapshots.at(-1)?.samples ?? []).filter((sample) => sample.name === name)

const valuesOf = (metric: string, label: string) => [...new Set(samples(metric).map(({ labels }) => labels[label]))]

describe("the traces of the example backend", () => {
  it("have a root span for each request, of the server", () => {
    const roots = result.spans.filter(({ kind }) => kind === 2)
    expect(roots.length).toBe(load.requests)
    expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(roots.length)
    expect(roots.every(({ parentSpanId }) => parentSpanId === undefined)).toBe(true)
  })

  it("have a client span for each call, below a span of the same trace", () => {
    const calls = result.spans.filter(({ kind }) => kind === 3)
    expect(new Set(calls.map(({ name }) => name))).toEqual(
      new Set([
        "GET /account/{account}",
        "GET /forecast/{city}",
        "GET /stations/{city}",
        "GET /radar/{region}",
        "POST /reports",
        "POST /token"
      ])
    )
    for (const call of calls) {
      const parent = result.spans.find(({ spanId }) => spanId === call.parentSpanId) ?? expect.fail("no parent")
      expect(parent.traceId).toBe(call.traceId)
      const [method, template] = call.name.split(" ")
      expect(attributesOf(call)).toMatchObject({
        "http.request.method": method,
        "url.template": template,
        "server.address": "127.0.0.1",
        "server.port": expect.any(Number) as number
      })
    }
  })

  it("have an event for each failed attempt, and the number of the retries", () => {
    const retried = result.spans.filter(({ events }) =>
      events.some((event) => recordOf(event.attributes)["herald.verdict"] === "retried")
    )
    expect(retried.length).toBeGreaterThan(0)
    for (const { attributes } of retried.flatMap(({ events }) =>
      events.filter(({ name }) => name === "herald.attempt.failed")
    )) {
      expect(recordOf(attributes)).toMatchObject({
        "error.type": expect.any(String) as string,
        "herald.class": expect.any(String) as string,
        "herald.verdict": expect.any(String) as string
      })
    }
  })

  it("have the tag of the error of a failed call", () => {
    const radars = result.spans.filter(({ name, status }) => name === "GET /radar/{region}" && status.code === 2)
    expect(radars.length).toBeGreaterThan(0)
    expect(radars.every((span) => attributesOf(span)["error.type"] === "TimeoutError")).toBe(true)
  })

  it("are drawn as trees, with every call below its request", () => {
    const root = result.spans.find(({ kind }) => kind === 2) ?? expect.fail("no request")
    const trace = result.spans.filter(({ traceId }) => traceId === root.traceId)
    const lines = traceTree(trace).split("\n")
    expect(lines[0]).toMatch(/^http\.server (GET|POST) \(server\) \+0 ms /)
    expect(lines.filter((line) => line.includes("(client)"))).toHaveLength(trace.length - 1)
  })
})

describe("the metrics of the example backend", () => {
  it("have the units of OpenTelemetry's conventions", () => {
    const units = Object.fromEntries(result.metrics.map(({ name, unit }) => [name, unit]))
    expect(units).toMatchObject({
      "http.client.request.duration": "s",
      "http.server.request.duration": "s",
      "herald.client.call.duration": "s",
      "herald.client.wait.duration": "s",
      "herald.client.retries": "{retry}",
      "herald.client.retry_budget.available": "{retry}",
      "herald.client.cache.lookups": "{call}"
    })
  })

  it("tell the outcomes of requests and calls, the retries, the waits and the lookups of the cache", () => {
    expect(valuesOf("http_client_request_duration_seconds_count", "http_response_status_code")).toEqual(
      expect.arrayContaining(["200", "202", "422", "429", "500", "503"])
    )
    expect(valuesOf("herald_client_call_duration_seconds_count", "error_type")).toEqual(
      expect.arrayContaining([undefined, "NotFound", "ServerError", "TimeoutError"])
    )
    expect(valuesOf("herald_client_retries_total", "herald_reason")).toEqual(expect.arrayContaining(["429", "503"]))
    expect(valuesOf("herald_client_wait_duration_seconds_count", "herald_wait_reason")).toEqual(
      expect.arrayContaining(["policy", "rate limiter"])
    )
    expect(valuesOf("herald_client_cache_lookups_total", "herald_cache_result")).toEqual(
      expect.arrayContaining(["hit", "miss"])
    )
  })
})

describe("the log records of the example backend", () => {
  it("have the ids of a trace and a span that were exported", () => {
    const spans = new Map(result.spans.map(({ spanId, traceId }) => [spanId, traceId]))
    const exported = result.logRecords.filter(({ spanId }) => spans.has(spanId ?? ""))
    expect(exported.length).toBeGreaterThan(0)
    for (const { spanId, traceId } of exported) expect(spans.get(spanId ?? "")).toBe(traceId)
  })
})

describe("the payloads of the example backend", () => {
  it("contain no secret", () => {
    const { password, username } = appCredentials
    const basic = Buffer.from(`${username}:${Redacted.value(password)}`).toString("base64")
    const secrets = [weatherClient.clientSecret, clientToken, password].map(Redacted.value)
    const text = result.texts.join("\n")
    for (const secret of [...secrets, basic, accessTokenPrefix]) expect(text).not.toContain(secret)
  })
})

describe("the picture of the dashboard", () => {
  it("has a title, a description, and a line for each series", () => {
    const svg = picture(result)
    expect(svg).toMatch(/<title id="title">.+<\/title>\n<desc id="desc">.+<\/desc>/)
    for (const text of ["Retries by reason", ">503<", ">p95<", ">hits<"]) expect(svg).toContain(text)
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
  })
})

interface Target {
  readonly expr: string
  readonly legendFormat: string
  readonly datasource: unknown
}

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly datasource: unknown
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: ReadonlyArray<Target>
}

// The file is the project's own. The tests check the parts that are read.
const dashboard = JSON.parse(
  readFileSync(new URL("../../examples/observability/dashboard.json", import.meta.url), "utf8")
) as {
  readonly title: string
  readonly schemaVersion: number
  readonly templating: {
    readonly list: ReadonlyArray<{ readonly name: string; readonly type: string; readonly query: unknown }>
  }
  readonly panels: ReadonlyArray<Panel>
}

/** The words of PromQL that the dashboard uses. Each other word is a metric or a label. */
const keywords = ["sum", "min", "rate", "histogram_quantile", "by"]

/** Returns the words of an expression: without strings, ranges and numbers. */
const wordsOf = (expr: string) =>
  (
    expr
      .replaceAll(/"[^"]*"/g, "")
      .replaceAll(/\[[^\]]*\]/g, "")
      .match(/[A-Za-z_:][\w:]*/g) ?? []
  ).filter((word) => !keywords.includes(word))

describe("the dashboard", () => {
  it("is one that Grafana imports: with a data source to choose, and panels that do not overlap", () => {
    expect(dashboard.title).not.toBe("")
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36)
    expect(dashboard.templating.list).toContainEqual(
      expect.objectContaining({ name: "datasource", type: "datasource", query: "prometheus" })
    )
    const { panels } = dashboard
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const chosen = { type: "prometheus", uid: "${datasource}" }
    for (const [index, { datasource, gridPos, targets, title, type }] of panels.entries()) {
      expect([title, type, datasource]).toEqual([expect.stringMatching(/./), "timeseries", chosen])
      expect(targets.map((target) => target.datasource)).toEqual(targets.map(() => chosen))
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      const overlapping = panels
        .slice(index + 1)
        .filter(
          ({ gridPos: other }) =>
            gridPos.x < other.x + other.w &&
            other.x < gridPos.x + gridPos.w &&
            gridPos.y < other.y + other.h &&
            other.y < gridPos.y + gridPos.h
        )
      expect(overlapping).toEqual([])
    }
  })

  it("names metrics and labels that the backend exports, and variables that it declares", () => {
    const received = result.snapshots.flatMap(({ samples }) => samples)
    const metrics = new Set(received.map(({ name }) => name))
    const variables = ["__rate_interval", ...dashboard.templating.list.map(({ name }) => name)]
    for (const { expr, legendFormat } of dashboard.panels.flatMap(({ targets }) => targets)) {
      const words = wordsOf(expr)
      const named = words.filter((word) => metrics.has(word))
      expect(named, expr).not.toEqual([])
      const labels = new Set(
        received.filter(({ name }) => named.includes(name)).flatMap(({ labels }) => Object.keys(labels))
      )
      expect(
        words.filter((word) => !metrics.has(word) && !labels.has(word)),
        expr
      ).toEqual([])
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!)
      expect(
        shown.filter((label) => !words.includes(label)),
        expr
      ).toEqual([])
      const used = [...expr.matchAll(/\$\{?(\w+)/g)].map(([, variable]) => variable!)
      expect(
        used.filter((variable) => !variables.includes(variable)),
        expr
      ).toEqual([])
    }
  })
})

describe("the example backend", () => {
  it.live("responds and ends if the collector is down", () =>
    Effect.gen(function* () {
      const statuses = yield* underLoad("http://127.0.0.1:1", { ...load, requests: 8 })
      expect(Object.values(statuses).flat()).toHaveLength(8)
      expect(Object.keys(statuses)).toEqual(expect.arrayContaining(["200", "202"]))
    }).pipe(Effect.provide(Transport.layer()), Effect.timeout("60 seconds"))
  )

  it.scopedLive("exports what it has when it is interrupted", () =>
    Effect.gen(function* () {
      const { received, url } = yield* Collector.start
      const client = yield* HttpClient.HttpClient
      const responses = yield* Effect.makeLatch()
      let count = 0
      const counting = HttpClient.tap(client, () => (++count === 50 ? responses.open : Effect.void))
      const fiber = yield* underLoad(url, { ...load, requests: 100_000, exportInterval: "1 hour" }).pipe(
        Effect.provideService(HttpClient.HttpClient, counting),
        Effect.fork
      )
      yield* responses.await
      expect(received.texts).toEqual([])
      yield* Fiber.interrupt(fiber).pipe(Effect.timeout("60 seconds"))
      expect(spansOf(received.traces).length).toBeGreaterThan(0)
      expect(received.metrics).toHaveLength(1)
      expect(logRecordsOf(received.logs).length).toBeGreaterThan(0)
    }).pipe(Effect.provide(Transport.layer()))
  )
})
