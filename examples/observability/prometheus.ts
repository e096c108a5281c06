/**
 * Metrics as Prometheus stores them after the OTLP translation with suffixes, which is the default of its OTLP receiver and of the
 * collector's exporters.
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#otlp-metric-points-to-prometheus
 */
import { type Metric, recordOf } from "./otlp.js"

/** A time series at one time. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The suffixes of units. Those in braces have none. */
const suffixes: Readonly<Record<string, string>> = { s: "_seconds", ms: "_milliseconds", By: "_bytes" }

const escaped = (name: string) => name.replaceAll(/[^A-Za-z0-9_:]/g, "_")

/** Returns the samples of a metric. */
export const samplesOf = ({ gauge, histogram, name, sum, unit }: Metric): ReadonlyArray<Sample> => {
  const base = `${escaped(name)}${suffixes[unit] ?? ""}`
  const labelsOf = (attributes: Parameters<typeof recordOf>[0]) =>
    Object.fromEntries(Object.entries(recordOf(attributes)).map(([name, value]) => [escaped(name), String(value)]))
  const numbers = (sum ?? gauge)?.dataPoints.map(({ asDouble, asInt, attributes }) => ({
    name: sum?.isMonotonic === true ? `${base}_total` : base,
    labels: labelsOf(attributes),
    value: asDouble ?? asInt ?? 0
  }))
  const distributions = histogram?.dataPoints.flatMap((point) => {
    const labels = labelsOf(point.attributes)
    let cumulative = 0
    return [
      ...point.bucketCounts.map((count, index) => {
        cumulative += count
        const le = String(point.explicitBounds[index] ?? "+Inf")
        return { name: `${base}_bucket`, labels: { ...labels, le }, value: cumulative }
      }),
      { name: `${base}_sum`, labels, value: point.sum },
      { name: `${base}_count`, labels, value: point.count }
    ]
  })
  return [...(numbers ?? []), ...(distributions ?? [])]
}

/** Returns the labels as a key that orders and compares them. */
export const keyOf = (labels: Sample["labels"], names: ReadonlyArray<string>): string =>
  names.map((name) => labels[name] ?? "").join(" ")

/** Returns the sum of the samples of a metric for each group, as `sum by (names) (metric)` does. */
export const sumBy = (
  samples: ReadonlyArray<Sample>,
  metric: string,
  names: ReadonlyArray<string>,
  accepts: (labels: Sample["labels"]) => boolean = () => true
): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>()
  for (const { labels, name, value } of samples) {
    if (name !== metric || !accepts(labels)) continue
    const key = keyOf(labels, names)
    sums.set(key, (sums.get(key) ?? 0) + value)
  }
  return sums
}

/** Estimates a quantile from cumulative buckets by linear interpolation, as `histogram_quantile` does. NaN without values. */
export const quantile = (share: number, buckets: ReadonlyMap<string, number>): number => {
  const sorted = [...buckets]
    .map(([le, count]): readonly [number, number] => [le === "+Inf" ? Infinity : Number(le), count])
    .sort(([one], [other]) => one - other)
  const rank = share * (sorted.at(-1)?.[1] ?? 0)
  const index = sorted.findIndex(([, count]) => count >= rank)
  const [bound, count] = sorted[index] ?? [NaN, 0]
  const [lower, below] = sorted[index - 1] ?? [0, 0]
  if (rank === 0) return NaN
  return bound === Infinity ? lower : lower + ((bound - lower) * (rank - below)) / (count - below)
}
