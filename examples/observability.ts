/**
 * A backend that exports its traces, metrics and logs by OTLP, as one would deploy it, under load: the APIs that it calls have an
 * outage, a rate limit and slow responses. The collector is a small server in this process. Prints what it received. Run it with
 * `npx tsx examples/observability.ts`. With `--picture FILE` it draws the dashboard of the run, and with `--url URL` it exports to
 * another collector.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Array, Console, Effect, Option } from "effect"
import { Transport } from "effect-herald/node"
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { recordOf, type Span } from "./observability/otlp.js"
import { picture } from "./observability/picture.js"
import { sumBy } from "./observability/prometheus.js"
import { type Run, run, underLoad } from "./observability/run.js"
import { traceTree } from "./observability/traceTree.js"
import { heading, line } from "./support/print.js"

const load = { requests: 240, perSecond: 20, exportInterval: "500 millis" } as const

/** Returns the spans of the first request that succeeded after a retry. */
const tellingTrace = (spans: ReadonlyArray<Span>): ReadonlyArray<Span> => {
  const traces = Object.values(Array.groupBy(spans, ({ traceId }) => traceId))
  const isTelling = (trace: ReadonlyArray<Span>) =>
    trace.some(({ events }) => events.some(({ name }) => name === "herald.attempt.failed")) &&
    trace.every(({ attributes }) => recordOf(attributes)["http.response.status_code"] === 200)
  return Option.getOrElse(Array.findFirst(traces, isTelling), () => traces[0] ?? [])
}

const counts = (sums: ReadonlyMap<string, number>) =>
  [...sums].map(([key, value]) => `${key}: ${Number(value.toFixed(2))}`).join(", ")

const print = ({ logRecords, snapshots, spans, statuses, texts }: Run) =>
  Effect.gen(function* () {
    const samples = snapshots.at(-1)?.samples ?? []
    const by = (metric: string, label: string) => counts(sumBy(samples, metric, [label], (labels) => label in labels))
    yield* heading("The load, by status of the backend's responses")
    yield* line(
      Object.entries(statuses)
        .map(([status, all]) => `${status}: ${all.length}`)
        .join(", ")
    )
    yield* heading("What the collector received")
    yield* line(
      `${texts.length} payloads: ${spans.length} spans, ${snapshots.length} exports of metrics, ${logRecords.length} log records`
    )
    yield* line(
      `log records with the id of a trace: ${logRecords.filter(({ traceId }) => traceId !== undefined).length}`
    )
    yield* heading("Metrics at the end")
    yield* line(
      `requests by status      ${by("http_client_request_duration_seconds_count", "http_response_status_code")}`
    )
    yield* line(`retries by reason       ${by("herald_client_retries_total", "herald_reason")}`)
    yield* line(`failed calls by error   ${by("herald_client_call_duration_seconds_count", "error_type")}`)
    yield* line(`waits by reason         ${by("herald_client_wait_duration_seconds_count", "herald_wait_reason")}`)
    yield* line(`seconds waited          ${by("herald_client_wait_duration_seconds_sum", "herald_wait_reason")}`)
    yield* line(`cache lookups by result ${by("herald_client_cache_lookups_total", "herald_cache_result")}`)
    yield* heading("One trace")
    yield* Console.log(traceTree(tellingTrace(spans)))
  })

const program = Effect.gen(function* () {
  const { picture: file, url } = parseArgs({ options: { picture: { type: "string" }, url: { type: "string" } } }).values
  if (url !== undefined) {
    yield* underLoad(url, load)
    return
  }
  const result = yield* run(load)
  yield* print(result)
  if (file !== undefined) yield* Effect.sync(() => writeFileSync(file, picture(result)))
})

program.pipe(Effect.provide(Transport.layer()), NodeRuntime.runMain({ disablePrettyLogger: true }))
