/**
 * The parts of OTLP payloads that the example reads.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
import { Schema } from "effect"

/** Integers of 64 bits are text in JSON, but exporters also send numbers. */
const Integer = Schema.Union(Schema.Number, Schema.NumberFromString)
const Nanos = Schema.Union(Schema.BigInt, Schema.BigIntFromNumber)

const AnyValue = Schema.Struct({
  stringValue: Schema.optional(Schema.String),
  boolValue: Schema.optional(Schema.Boolean),
  intValue: Schema.optional(Integer),
  doubleValue: Schema.optional(Schema.Number),
  arrayValue: Schema.optional(Schema.Unknown),
  kvlistValue: Schema.optional(Schema.Unknown)
})

const KeyValue = Schema.Struct({ key: Schema.String, value: AnyValue })

/** Attributes, in an array of pairs. */
const Attributes = Schema.Array(KeyValue)

const Resource = Schema.Struct({ attributes: Attributes })

const Span = Schema.Struct({
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optional(Schema.String),
  name: Schema.String,
  kind: Schema.Number,
  startTimeUnixNano: Nanos,
  endTimeUnixNano: Nanos,
  attributes: Attributes,
  events: Schema.Array(Schema.Struct({ name: Schema.String, timeUnixNano: Nanos, attributes: Attributes })),
  status: Schema.Struct({ code: Schema.Number, message: Schema.optional(Schema.String) })
})
export type Span = typeof Span.Type

const NumberPoint = Schema.Struct({
  attributes: Attributes,
  timeUnixNano: Nanos,
  asDouble: Schema.optional(Schema.Number),
  asInt: Schema.optional(Integer)
})

const HistogramPoint = Schema.Struct({
  attributes: Attributes,
  timeUnixNano: Nanos,
  count: Integer,
  sum: Schema.Number,
  bucketCounts: Schema.Array(Integer),
  explicitBounds: Schema.Array(Schema.Number)
})

const Metric = Schema.Struct({
  name: Schema.String,
  description: Schema.String,
  unit: Schema.String,
  sum: Schema.optional(Schema.Struct({ isMonotonic: Schema.Boolean, dataPoints: Schema.Array(NumberPoint) })),
  gauge: Schema.optional(Schema.Struct({ dataPoints: Schema.Array(NumberPoint) })),
  histogram: Schema.optional(Schema.Struct({ dataPoints: Schema.Array(HistogramPoint) }))
})
export type Metric = typeof Metric.Type

const LogRecord = Schema.Struct({
  timeUnixNano: Nanos,
  severityText: Schema.String,
  body: AnyValue,
  attributes: Attributes,
  traceId: Schema.optional(Schema.String),
  spanId: Schema.optional(Schema.String)
})
export type LogRecord = typeof LogRecord.Type

/** The body of a request to `/v1/traces`. */
export const TracesData = Schema.Struct({
  resourceSpans: Schema.Array(
    Schema.Struct({
      resource: Resource,
      scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) }))
    })
  )
})
export type TracesData = typeof TracesData.Type

/** The body of a request to `/v1/metrics`. */
export const MetricsData = Schema.Struct({
  resourceMetrics: Schema.Array(
    Schema.Struct({
      resource: Resource,
      scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(Metric) }))
    })
  )
})
export type MetricsData = typeof MetricsData.Type

/** The body of a request to `/v1/logs`. */
export const LogsData = Schema.Struct({
  resourceLogs: Schema.Array(
    Schema.Struct({
      resource: Resource,
      scopeLogs: Schema.Array(Schema.Struct({ logRecords: Schema.Array(LogRecord) }))
    })
  )
})
export type LogsData = typeof LogsData.Type

/** Returns attributes as a record. */
export const recordOf = (attributes: typeof Attributes.Type): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ??
        value.intValue ??
        value.doubleValue ??
        value.boolValue ??
        value.arrayValue ??
        value.kvlistValue
    ])
  )

export const spansOf = (payloads: ReadonlyArray<TracesData>): ReadonlyArray<Span> =>
  payloads.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
  )

export const metricsOf = ({ resourceMetrics }: MetricsData): ReadonlyArray<Metric> =>
  resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))

/** The time of an export of metrics, in nanoseconds since the epoch. */
export const timeOf = (data: MetricsData): bigint =>
  metricsOf(data).flatMap(({ gauge, histogram, sum }) => (sum ?? gauge ?? histogram)?.dataPoints ?? [])[0]
    ?.timeUnixNano ?? 0n

export const logRecordsOf = (payloads: ReadonlyArray<LogsData>): ReadonlyArray<LogRecord> =>
  payloads.flatMap(({ resourceLogs }) =>
    resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
  )
