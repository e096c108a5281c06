import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Tracer from "effect/Tracer"
import type { Step } from "../../Timing.js"
import type { Outcome, Timeline } from "./model.js"
import { type FailedAttempt, segmentsOf } from "./segments.js"

/** A span of a tracer that keeps the events of its spans, such as the native tracer of Effect and that of its Otlp exporter. */
export interface EffectSpan {
  readonly attributes: ReadonlyMap<string, unknown>
  readonly status: Tracer.SpanStatus
  /** The events, with their times in nanoseconds since the epoch. */
  readonly events: ReadonlyArray<
    readonly [name: string, time: bigint, attributes?: Readonly<Record<string, unknown>> | undefined]
  >
}

/** A time of OpenTelemetry, since the epoch. */
export type HrTime = readonly [seconds: number, nanoseconds: number]

/** An ended span as OpenTelemetry's processors and exporters receive it: the part of its `ReadableSpan` that is needed here. */
export interface OpenTelemetrySpan {
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: ReadonlyArray<{
    readonly name: string
    readonly time: HrTime
    readonly attributes?: Readonly<Record<string, unknown>> | undefined
  }>
}

export type Span = EffectSpan | OpenTelemetrySpan

type Attributes = Readonly<Record<string, unknown>>

/** A span of any tracer. Times are in milliseconds since the epoch. */
interface Ended {
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes: Attributes
  readonly events: ReadonlyArray<{ readonly name: string; readonly at: number; readonly attributes: Attributes }>
}

const ofNanos = (time: bigint): number => Number(time / 1000n) / 1000
const ofHrTime = ([seconds, nanoseconds]: HrTime): number => seconds * 1000 + nanoseconds / 1e6

const endedOf = (span: Span): Ended | undefined => {
  if ("endTime" in span) {
    const { attributes, endTime, events, startTime } = span
    // The end of a span that has not ended.
    if (ofHrTime(endTime) === 0) return undefined
    return {
      startedAt: ofHrTime(startTime),
      endedAt: ofHrTime(endTime),
      attributes,
      events: events.map(({ attributes, name, time }) => ({ name, at: ofHrTime(time), attributes: attributes ?? {} }))
    }
  }
  const { attributes, events, status } = span
  if (status._tag === "Started") return undefined
  return {
    startedAt: ofNanos(status.startTime),
    endedAt: ofNanos(status.endTime),
    attributes: Object.fromEntries(attributes),
    events: events.map(([name, time, attributes]) => ({ name, at: ofNanos(time), attributes: attributes ?? {} }))
  }
}

const textOf = (value: unknown): string | undefined => (Predicate.isString(value) ? value : undefined)
const numberOf = (value: unknown): number | undefined =>
  Predicate.isNumber(value) && Number.isFinite(value) && value >= 0 ? value : undefined
const statusOf = (attributes: Attributes): number | undefined => {
  const status = numberOf(attributes["http.response.status_code"])
  return Number.isSafeInteger(status) ? status : undefined
}

/** The facts of a failed attempt in its event. Events of other versions may have other values, which a timeline shows as they are. */
const failedAttempt = (number: number, attributes: Attributes): FailedAttempt => ({
  number,
  reason: textOf(attributes["error.type"]) ?? "unknown",
  class: (textOf(attributes["herald.class"]) ?? "unknown") as FailedAttempt["class"],
  verdict: (textOf(attributes["herald.verdict"]) ?? "unknown") as FailedAttempt["verdict"],
  waitReason: textOf(attributes["herald.wait.reason"]) as FailedAttempt["waitReason"],
  retryAfter: Option.getOrUndefined(
    Option.map(Option.fromNullable(numberOf(attributes["herald.retry_after"])), Duration.seconds)
  )
})

/** Makes the steps of a call from the events of its span, in which the steps that every call has are absent. */
const stepsOf = ({ attributes, endedAt, events, startedAt }: Ended) => {
  const steps: Array<Step> = []
  const attempts: Array<FailedAttempt> = []
  const start = (at: number) =>
    steps.push({ _tag: "AttemptStarted", at }, { _tag: "RequestSent", at, sameOrigin: true })
  const status = statusOf(attributes)
  const first = events.find(({ name }) => name.startsWith("herald."))?.name
  const beginsWithAttempt =
    first === undefined
      ? // A response of the cache has no status here.
        status !== undefined || attributes["error.type"] === "interrupted"
      : first !== "herald.wait.started" && first !== "herald.attempt.started"
  if (beginsWithAttempt) start(startedAt)
  for (const { at, attributes, name } of events) {
    const eventStatus = statusOf(attributes)
    const received = (status: number | undefined) => {
      if (status !== undefined) steps.push({ _tag: "HeadReceived", at, status })
    }
    if (name === "herald.wait.started") {
      const reason = textOf(attributes["herald.wait.reason"])
      steps.push({ _tag: "WaitStarted", at, reason: reason === "rate limiter" ? reason : "pause" })
    } else if (name === "herald.attempt.started") start(at)
    else if (name === "herald.credentials.rejected") {
      received(401)
      steps.push({ _tag: "RefreshStarted", at })
    } else if (name === "herald.request.resent") steps.push({ _tag: "RequestSent", at, sameOrigin: true })
    else if (name === "herald.request.redirected") {
      received(eventStatus)
      steps.push({ _tag: "RequestSent", at, sameOrigin: attributes["herald.same_origin"] !== false })
    } else if (name === "herald.attempt.failed") {
      received(eventStatus)
      attempts.push(failedAttempt(attempts.length + 1, attributes))
      steps.push({ _tag: "AttemptFailed", at, number: attempts.length })
    }
  }
  const last = steps.at(-1)
  if (last?._tag === "RequestSent" && status !== undefined) steps.push({ _tag: "HeadReceived", at: endedAt, status })
  return { attempts, steps }
}

const outcomeOf = ({ attributes }: Ended, hasSteps: boolean): Outcome => {
  const status = statusOf(attributes)
  const error = textOf(attributes["error.type"])
  if (error === undefined) return { _tag: "Success", status, cached: !hasSteps }
  return error === "interrupted" ? { _tag: "Interrupted" } : { _tag: "Failure", error, status }
}

/** Makes the timeline of a call from its span. Undefined if the span has not ended, or is not that of a call. */
export const timelineOfSpan = (span: Span): Timeline | undefined => {
  const ended = endedOf(span)
  const method = textOf(ended?.attributes["http.request.method"])
  const template = textOf(ended?.attributes["url.template"])
  if (ended === undefined || method === undefined || template === undefined) return undefined
  const { attributes, endedAt, startedAt } = ended
  if (!Number.isFinite(startedAt) || !Number.isFinite(endedAt)) return undefined
  const { attempts, steps } = stepsOf(ended)
  const address = textOf(attributes["server.address"]) ?? ""
  const port = numberOf(attributes["server.port"])
  const origin =
    port === 443
      ? `https://${address}`
      : port === 80
        ? `http://${address}`
        : port === undefined
          ? address
          : `${address}:${port}`
  const deadline = (numberOf(attributes["herald.deadline"]) ?? Infinity) * 1000
  return {
    operation: `${method} ${template}`,
    method,
    url: origin + template,
    startedAt,
    ...(deadline === Infinity ? {} : { deadline }),
    ...segmentsOf({ startedAt, endedAt, steps }, attempts),
    outcome: outcomeOf(ended, steps.length > 0)
  }
}
