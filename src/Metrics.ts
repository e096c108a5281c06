import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"

/** Labels of a measurement. None contains a path or query value. Labels that are undefined are left out. */
export type Labels = Readonly<Record<string, string | number | undefined>>

/** Records a measurement. */
export type Instrument = (value: number, labels: Labels) => Effect.Effect<void>

/** The instruments that measure calls. An optional service, looked up when a call runs. Without it nothing is measured. */
export class Metrics extends Context.Tag("effect-herald/Metrics")<
  Metrics,
  {
    /** Duration of an attempt, in seconds. */
    readonly requestDuration: Instrument
    /** Duration of a call, in seconds. */
    readonly callDuration: Instrument
    /** Count of retried attempts: 1 for each. */
    readonly retries: Instrument
    /** Duration of a wait before an attempt, in seconds. */
    readonly waitDuration: Instrument
    /** Number of retries left in an origin's budget. */
    readonly budgetAvailable: Instrument
    /** Count of calls that used a response cache: 1 for each. */
    readonly cacheLookups: Instrument
    /** Count of differences of responses from their description: 1 for each. */
    readonly mismatches: Instrument
  }
>() {}

/**
 * Bucket boundaries in seconds, as OpenTelemetry's conventions advise. They are shared, since Effect treats histograms with
 * other boundary objects as different metrics.
 */
const boundaries = MetricBoundaries.fromIterable([
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
])

/**
 * Makes an instrument. Its unit (UCUM) is the label `unit`, where exporters look for it. Each set of labels is made once and
 * reused: hashing new ones would cost as much as the rest of the call.
 */
const instrument = <Type, Out>(metric: Metric.Metric<Type, number, Out>, unit: string): Instrument => {
  const metricLabels = new Map<string, ReadonlyArray<MetricLabel.MetricLabel>>()
  // Calls of an operation have the same labels again and again.
  const known = new WeakMap<Labels, ReadonlyArray<MetricLabel.MetricLabel>>()
  const metricLabelsOf = (labels: Labels) => {
    const found = known.get(labels) ?? findOrMake(labels)
    known.set(labels, found)
    return found
  }
  const findOrMake = (labels: Labels) => {
    const key = JSON.stringify(labels)
    const cached = metricLabels.get(key)
    if (cached !== undefined) return cached
    const made = Object.entries({ ...labels, unit })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => MetricLabel.make(name, String(value)))
    metricLabels.set(key, made)
    return made
  }
  return (value, labels) =>
    Effect.withFiberRuntime((fiber) => {
      const current = fiber.getFiberRef(FiberRef.currentMetricLabels)
      metric.unsafeUpdate(
        value,
        current.length === 0 ? metricLabelsOf(labels) : [...metricLabelsOf(labels), ...current]
      )
      return Effect.void
    })
}

/**
 * Records metrics of calls with `effect/Metric`, for any exporter. Names and units follow OpenTelemetry's HTTP conventions,
 * where these define them:
 *
 * - `http.client.request.duration`, a histogram in seconds: the duration of each attempt, from its credentials to the last byte
 *   of its response. `error.type` is the status, the transport's code, or `interrupted`. `http.response.status_code` is present
 *   if there was a response.
 * - `herald.client.call.duration`, a histogram in seconds: the duration of each call, waits included. `error.type` is the
 *   tag of the call's error, or `interrupted`. `herald.verdict` is the reason why its last attempt was not retried, such as
 *   `over budget`. A call that fails with `EncodeError` is not counted.
 * - `herald.client.retries`, a counter: the attempts that were retried. `herald.reason` is the reason of the failure, such as
 *   `503` or `ECONNRESET`.
 * - `herald.client.wait.duration`, a histogram in seconds: the duration of each wait before an attempt. `herald.wait.reason` is
 *   its `WaitReason`. Each attempt that a rate limiter admits counts, also one that it admits at once.
 * - `herald.client.retry_budget.available`, a gauge: the retries left in an origin's budget, as of the last call. Layers
 *   that do not share their `OriginState` have separate budgets, and the gauge shows that of the last call.
 * - `herald.client.cache.lookups`, a counter: the calls that used a response cache. `herald.cache.result` is `hit`, `stale` or
 *   `revalidated` (see `CacheInfo`), or `miss` for a call whose response, or error, is not from the cache.
 * - `herald.client.response.mismatches`, a counter: the differences of responses from the description of their operation, of
 *   which it counts at most 20 in a response. `herald.kind` is the kind, such as `null`.
 *
 * The labels `http.request.method`, `url.template`, `server.address` and `server.port` identify the operation. The gauge has
 * only the latter two.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser, Metrics, Verbs } from "effect-herald"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 * const { get } = Verbs.make(Weather)
 *
 * const measured = get("/forecast/Oslo").pipe(Effect.provide(Metrics.layer))
 * ```
 */
export const layer: Layer.Layer<Metrics> = Layer.sync(Metrics, () => ({
  requestDuration: instrument(
    Metric.histogram("http.client.request.duration", boundaries, "Duration of HTTP client requests."),
    "s"
  ),
  callDuration: instrument(
    Metric.histogram("herald.client.call.duration", boundaries, "Duration of calls, retries and waits included."),
    "s"
  ),
  retries: instrument(
    Metric.counter("herald.client.retries", { description: "Attempts that were retried.", incremental: true }),
    "{retry}"
  ),
  waitDuration: instrument(
    Metric.histogram("herald.client.wait.duration", boundaries, "Duration of waits before attempts."),
    "s"
  ),
  budgetAvailable: instrument(
    Metric.gauge("herald.client.retry_budget.available", { description: "Retries left in the budget of an origin." }),
    "{retry}"
  ),
  cacheLookups: instrument(
    Metric.counter("herald.client.cache.lookups", {
      description: "Calls that used a response cache.",
      incremental: true
    }),
    "{call}"
  ),
  mismatches: instrument(
    Metric.counter("herald.client.response.mismatches", {
      description: "Differences of responses from their description.",
      incremental: true
    }),
    "{mismatch}"
  )
}))
