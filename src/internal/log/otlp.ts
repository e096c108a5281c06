import type { LogRecord } from "./LogRecord.js"
import type { OtlpOptions } from "./options.js"

/** Severity numbers of OpenTelemetry's data model of logs. */
const severities: Readonly<Record<LogRecord["level"], number>> = {
  All: 1,
  Trace: 1,
  Debug: 5,
  Info: 9,
  Warning: 13,
  Error: 17,
  Fatal: 21,
  None: 24
}

/** The JSON of an `AnyValue` (opentelemetry/proto/common/v1/common.proto). 64-bit integers are decimal strings; null is an empty value. */
const anyValue = (value: unknown): object => {
  if (typeof value === "string") return { stringValue: value }
  if (typeof value === "boolean") return { boolValue: value }
  if (typeof value === "number")
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  if (typeof value === "object" && value !== null) return { kvlistValue: { values: keyValues(value) } }
  return {}
}

const keyValues = (values: object): ReadonlyArray<object> =>
  Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: anyValue(value) }]))

const spanAttributes = (spans: LogRecord["spans"]) =>
  Object.fromEntries(Object.entries(spans).map(([label, millis]) => [`logSpan.${label}`, millis]))

/** Reports whether a collector takes the ids of a span. Spans of other origins have others, such as Effect's where tracing is off. */
const hasTraceIds = ({ spanId, traceId }: NonNullable<LogRecord["trace"]>) =>
  /^[\da-f]{32}$/i.test(traceId) && /^[\da-f]{16}$/i.test(spanId)

/** Milliseconds as nanoseconds, which a double can't hold. */
const nanos = (millis: number): string => `${BigInt(Math.trunc(millis)) * 1_000_000n}`

const logRecord = ({
  annotations,
  cause,
  fiber,
  level,
  location,
  message,
  spans,
  time,
  trace,
  values
}: LogRecord): object => ({
  timeUnixNano: nanos(time),
  observedTimeUnixNano: nanos(time),
  severityNumber: severities[level],
  severityText: level,
  body: { stringValue: message },
  attributes: keyValues({
    fiberId: fiber,
    ...spanAttributes(spans),
    "log.values": values.length === 0 ? undefined : values,
    "exception.stacktrace": cause,
    "code.file.path": location?.file,
    "code.line.number": location?.line,
    "code.function.name": location?.function,
    ...annotations
  }),
  ...(trace === undefined || !hasTraceIds(trace)
    ? {}
    : { traceId: trace.traceId, spanId: trace.spanId, flags: trace.sampled ? 1 : 0 })
})

/** Makes the JSON of an `ExportLogsServiceRequest` (opentelemetry/proto/collector/logs/v1/logs_service.proto). */
export const exportRequest = (
  records: ReadonlyArray<LogRecord>,
  { attributes, scope, serviceName, serviceVersion }: OtlpOptions
): object => ({
  resourceLogs: [
    {
      resource: {
        attributes: keyValues({ "service.name": serviceName, "service.version": serviceVersion, ...attributes })
      },
      scopeLogs: [{ scope: { name: scope ?? serviceName }, logRecords: records.map(logRecord) }]
    }
  ]
})

const property = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined

/** Reads the `partialSuccess` of an `ExportLogsServiceResponse`. A response that is no JSON accepts all records. */
export const rejectedRecords = (text: string): { readonly rejected: number; readonly reason: string } | undefined => {
  try {
    const partial = property(JSON.parse(text), "partialSuccess")
    const rejected = Number(property(partial, "rejectedLogRecords"))
    if (!(rejected > 0)) return undefined
    const reason = property(partial, "errorMessage")
    return { rejected, reason: typeof reason === "string" ? reason : "" }
  } catch {
    return undefined
  }
}

/** The statuses after which OTLP/HTTP lets a client send again. */
export const retryableStatuses: ReadonlySet<number | undefined> = new Set([429, 502, 503, 504])
