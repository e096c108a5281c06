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

/** An event of a span. */
interface SpanEvent {
  readonly name: string
  readonly at: number
  readonly attributes: Attributes
}

/** A span of any tracer. Times are in milliseconds since the epoch. */
interface Ended {
  readonly startedAt: number
  readonly endedAt: number
  readonly attributes: Attributes
  readonly events: ReadonlyArray<SpanEvent>
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

const requestSent = (at: number, sameOrigin: boolean): Step => ({ _tag: "RequestSent", at, sameOrigin })

/** The steps of an attempt up to its first request. No event has the time of that request. */
const attemptStarted = (at: number): ReadonlyArray<Step> => [{ _tag: "AttemptStarted", at }, requestSent(at, true)]

const headReceived = (at: number, status: number | undefined): ReadonlyArray<Step> =>
  status === undefined ? [] : [{ _tag: "HeadReceived", at, status }]

/** Makes the steps of an event. `failures` is the number of failed attempts up to this event, which may be the last of them. */
const stepsOfEvent = ({ at, attributes, name }: SpanEvent, failures: number): ReadonlyArray<Step> => {
  switch (name) {
    case "herald.wait.started": {
      const reason = textOf(attributes["herald.wait.reason"])
      return [{ _tag: "WaitStarted", at, reason: reason === "rate limiter" ? reason : "pause" }]
    }
    case "herald.attempt.started":
      return attemptStarted(at)
    case "herald.credentials.rejected":
      return [...headReceived(at, 401), { _tag: "RefreshStarted", at }]
    case "herald.request.resent":
      return [requestSent(at, true)]
    case "herald.request.redirected":
      return [...headReceived(at, statusOf(attributes)), requestSent(at, attributes["herald.same_origin"] !== false)]
    case "herald.attempt.failed":
      return [...headReceived(at, statusOf(attributes)), { _tag: "AttemptFailed", at, number: failures }]
    default:
      return []
  }
}

/** Reports whether a call began with an attempt, which has no event then: not with a wait, and not with a response of the cache. */
const beginsWithAttempt = ({ attributes, events }: Ended): boolean => {
  const first = events.find(({ name }) => name.startsWith("herald."))?.name
  return first === undefined
    ? // A response of the cache has no status here.
      statusOf(attributes) !== undefined || attributes["error.type"] === "interrupted"
    : first !== "herald.wait.started" && first !== "herald.attempt.started"
}

/** Makes the steps of a call from the events of its span, in which the steps that every call has are absent. */
const stepsOf = (ended: Ended) => {
  const { attributes, endedAt, events, startedAt } = ended
  const steps: Array<Step> = beginsWithAttempt(ended) ? [...attemptStarted(startedAt)] : []
  const attempts: Array<FailedAttempt> = []
  for (const event of events) {
    if (event.name === "herald.attempt.failed") attempts.push(failedAttempt(attempts.length + 1, event.attributes))
    steps.push(...stepsOfEvent(event, attempts.length))
  }
  if (steps.at(-1)?._tag === "RequestSent") steps.push(...headReceived(endedAt, statusOf(attributes)))
  return { attempts, steps }
}

const outcomeOf = ({ attributes }: Ended, hasSteps: boolean): Outcome => {
  const status = statusOf(attributes)
  const error = textOf(attributes["error.type"])
  if (error === undefined) return { _tag: "Success", status, cached: !hasSteps }
  return error === "interrupted" ? { _tag: "Interrupted" } : { _tag: "Failure", error, status }
}

/** The origin of a call. Its scheme is known for the default ports only. */
const originOf = (attributes: Attributes): string => {
  const address = textOf(attributes["server.address"]) ?? ""
  const port = numberOf(attributes["server.port"])
  if (port === undefined) return address
  return port === 443 ? `https://${address}` : port === 80 ? `http://${address}` : `${address}:${port}`
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
  const deadline = (numberOf(attributes["herald.deadline"]) ?? Infinity) * 1000
  return {
    operation: `${method} ${template}`,
    method,
    url: originOf(attributes) + template,
    startedAt,
    ...(deadline === Infinity ? {} : { deadline }),
    ...segmentsOf({ startedAt, endedAt, steps }, attempts),
    outcome: outcomeOf(ended, steps.length > 0)
  }
}
