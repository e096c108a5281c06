import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"

/** What tells the measurements of an instrument apart. None holds a value of a path or a query; what is undefined is left out. */
export type Labels = Readonly<Record<string, string | number | undefined>>

/** Takes a measurement. */
export type Instrument = (value: number, labels: Labels) => Effect.Effect<void>

/**
 * Measures calls: an optional service, found when a call runs. `layer` has the one to use; without it, nothing is measured.
 */
export class Metrics
  extends /*#__PURE__*/ Context.Tag("effect-herald/Metrics")<
    Metrics,
    {
      /** How long an attempt took, in seconds. */
      readonly requestDuration: Instrument
      /** How long a call took, in seconds. */
      readonly callDuration: Instrument
      /** 1 for each attempt that is repeated. */
      readonly retries: Instrument
      /** How many retries the calls to an origin have left. */
      readonly budgetAvailable: Instrument
    }
  >() {}

/** In seconds, as OpenTelemetry advises. One value, since Effect takes histograms of others for others. */
const boundaries = /*#__PURE__*/ MetricBoundaries.fromIterable([
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
])

/**
 * An instrument whose unit (UCUM) is a label, where exporters look for it. It makes the labels of a kind of call once: hashing
 * them anew would cost as much as the rest of the call.
 */
const instrument = <Type, Out>(metric: Metric.Metric<Type, number, Out>, unit: string): Instrument => {
  const known = new Map<string, ReadonlyArray<MetricLabel.MetricLabel>>()
  const labelled = (labels: Labels) => {
    const key = JSON.stringify(labels)
    const present = () => Object.entries({ ...labels, unit }).filter(([, value]) => value !== undefined)
    const tags = known.get(key) ?? present().map(([name, value]) => MetricLabel.make(name, String(value)))
    known.set(key, tags)
    return tags
  }
  return (value, labels) =>
    Effect.map(FiberRef.get(FiberRef.currentMetricLabels), (more) =>
      metric.unsafeUpdate(value, more.length === 0 ? labelled(labels) : [...labelled(labels), ...more])
    )
}

/**
 * Measures the calls of the programs that it is provided to, in `effect/Metric`, for whichever exporter there is. Names and
 * units are those of OpenTelemetry's HTTP conventions, where these have one:
 *
 * - `http.client.request.duration`, a histogram in seconds: the attempts, and how long each took, from its credentials to the
 *   last byte of its answer. `error.type` is its status, the transport's code, or `interrupted`; `http.response.status_code`
 *   is there if an answer came.
 * - `herald.client.call.duration`, a histogram in seconds: the calls, and how long each took, with its waits. `error.type` is
 *   the tag of the error that it ended with, or `interrupted`; `herald.verdict` says why its last attempt was not repeated,
 *   such as `over budget`. What is refused before it is sent (`EncodeError`) is no call.
 * - `herald.client.retries`, a counter: the attempts that are repeated; `herald.reason` is what happened to them, such as
 *   `503` or `ECONNRESET`.
 * - `herald.client.retry_budget.available`, a gauge: how many retries the calls to an origin have left, as of the last call.
 *   Callers to one origin that do not share their `Traffic` each have a budget of their own, and the gauge shows the last.
 *
 * All but the last tell calls apart by `http.request.method`, `url.template`, `server.address` and `server.port`; the last by
 * the latter two.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Metrics } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const measured = Polympics.checkSignups.pipe(Effect.provide(Metrics.layer))
 * ```
 */
export const layer: Layer.Layer<Metrics> = /*#__PURE__*/ Layer.sync(Metrics, () => ({
  requestDuration: instrument(
    Metric.histogram("http.client.request.duration", boundaries, "Duration of HTTP client requests."),
    "s"
  ),
  callDuration: instrument(
    Metric.histogram("herald.client.call.duration", boundaries, "Duration of calls, with their retries and waits."),
    "s"
  ),
  retries: instrument(
    Metric.counter("herald.client.retries", { description: "Attempts that are repeated.", incremental: true }),
    "{retry}"
  ),
  budgetAvailable: instrument(
    Metric.gauge("herald.client.retry_budget.available", { description: "Retries that an origin's calls have left." }),
    "{retry}"
  )
}))
