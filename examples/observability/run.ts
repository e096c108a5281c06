/** The backend under load, with a collector. */
import { type Duration, Effect } from "effect"
import * as Backend from "./backend.js"
import * as Collector from "./collector.js"
import * as Load from "./load.js"
import { logRecordsOf, metricsOf, spansOf, timeOf } from "./otlp.js"
import { samplesOf } from "./prometheus.js"
import * as Upstreams from "./upstreams.js"

export interface Options {
  /** The number of requests to the backend. */
  readonly requests: number
  readonly perSecond: number
  readonly exportInterval: Duration.DurationInput
  /** The deadline of the backend's calls to the weather API. Default: two seconds. */
  readonly deadline?: Duration.DurationInput
}

/**
 * Runs the backend under load, exporting to a collector at this URL, and returns how often each status was received. The backend ends
 * after the load and after `exported`.
 */
export const underLoad = (
  collector: string,
  { deadline = "2 seconds", exportInterval, ...load }: Options,
  exported = Effect.void
) =>
  Effect.gen(function* () {
    const urls = yield* Upstreams.start
    // The exporters send what is left when their layer closes, which is after the server of the backend.
    return yield* Backend.start({ deadline, urls }).pipe(
      Effect.flatMap((backend) => Effect.zipLeft(Load.send(backend, load), exported)),
      Effect.scoped,
      Effect.provide(Backend.telemetry(collector, exportInterval))
    )
  }).pipe(Effect.scoped)

/** The kind of the spans that a server makes for its requests. */
const serverKind = 2

/** Runs the backend under load, and returns the payloads that a collector received, decoded. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const { received, url } = yield* Collector.start
    const requests = () => spansOf(received.traces).filter(({ kind }) => kind === serverKind).length
    // What is being exported as the exporters end is lost.
    const exported = Effect.void.pipe(
      Effect.delay(options.exportInterval),
      Effect.repeat({ until: () => requests() === options.requests }),
      Effect.timeoutOption("30 seconds"),
      Effect.asVoid
    )
    const statuses = yield* underLoad(url, options, exported)
    return {
      statuses,
      spans: spansOf(received.traces),
      logRecords: logRecordsOf(received.logs),
      metrics: received.metrics.flatMap(metricsOf),
      /** The samples of each export, and its time in seconds since the epoch. */
      snapshots: received.metrics.map((data) => ({
        at: Number(timeOf(data)) / 1e9,
        samples: metricsOf(data).flatMap(samplesOf)
      })),
      texts: received.texts
    }
  }).pipe(Effect.scoped)

export type Run = Effect.Effect.Success<ReturnType<typeof run>>
