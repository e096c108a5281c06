import { timeText } from "../timeText.js"
import type { Outcome, Part, Segment, Timeline } from "./model.js"
import { withoutMiddle } from "./withoutMiddle.js"

/** The kind of a period, which decides how it is drawn. */
export type PeriodKind = "success" | "failure" | "wait" | "credentials"

/** A period of time, in milliseconds after the start of the call. */
export interface Period {
  readonly kind: PeriodKind
  readonly from: number
  readonly to: number
}

/** A row of a timeline. */
export interface TimelineRow {
  /** The number of an attempt. */
  readonly number?: number | undefined
  readonly label: string
  /** True for a part of an attempt. */
  readonly isPart: boolean
  readonly at: number
  readonly duration: number
  readonly class?: string | undefined
  readonly verdict?: string | undefined
  readonly periods: ReadonlyArray<Period>
}

/** The steps that were left out of a long timeline. */
export interface Gap {
  readonly leftOut: number
}

/** Returns the text for a key. The key may come from JSON, such as `__proto__`. */
const textFor = (texts: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(texts, key) ? texts[key] : undefined

const waits: Readonly<Record<string, string>> = {
  policy: "wait: retry policy",
  server: "wait: the server asks",
  pause: "wait: pause of the server",
  "rate limiter": "wait: rate limiter"
}

const causes: Readonly<Record<Extract<Part, { _tag: "Request" }>["cause"], string>> = {
  attempt: "request",
  redirect: "redirected",
  refresh: "sent again"
}

const labelOfPart = (part: Part): string => {
  switch (part._tag) {
    case "Credentials":
      return "credentials"
    case "Refresh":
      return "other credentials"
    case "Request": {
      const request = causes[part.cause] + (part.origin === "other" ? " to another origin" : "")
      return part.status === undefined ? request : `${request}: ${part.status}`
    }
  }
}

type AttemptSegment = Extract<Segment, { _tag: "Attempt" }>

const labelOfAttempt = ({ failure, parts }: AttemptSegment): string => {
  const last = parts.at(-1)
  const status = last?._tag === "Request" ? last.status : undefined
  if (failure === undefined) return status === undefined ? "attempt" : String(status)
  const { reason, retryAfter } = failure
  const asked = retryAfter === undefined ? "" : `, Retry-After ${timeText(retryAfter)}`
  const received = status === undefined || String(status) === reason ? "" : `${status}, then `
  return `${received}${reason}${asked}`
}

/** Reports whether credentials took a considerable part of their attempt. */
const isConsiderable = (part: Part, { duration }: Segment): boolean =>
  part._tag !== "Credentials" || (part.duration >= 1 && part.duration >= duration / 20)

const periodOfPart = (part: Part, failed: boolean): Period => ({
  kind: part._tag === "Request" ? (failed ? "failure" : "success") : "credentials",
  from: part.at,
  to: part.at + part.duration
})

/** Makes the row of an attempt, and a row for each of its parts if there are several. */
const rowsOfAttempt = (attempt: AttemptSegment, error: string | undefined): ReadonlyArray<TimelineRow> => {
  const { at, duration, failure, number } = attempt
  const failed = failure !== undefined
  const parts = attempt.parts.filter((part) => isConsiderable(part, attempt))
  const whole: Period = { kind: failed ? "failure" : "success", from: at, to: at + duration }
  const row: TimelineRow = {
    number,
    label: labelOfAttempt(attempt),
    isPart: false,
    at,
    duration,
    class: failure?.class,
    verdict: failure === undefined ? error : failure.verdict,
    periods: parts.length === 0 ? [whole] : parts.map((part) => periodOfPart(part, failed))
  }
  if (parts.length < 2) return [row]
  return [
    row,
    ...parts.map((part, index) => ({
      label: labelOfPart(part),
      isPart: true,
      at: part.at,
      duration: part.duration,
      periods: [periodOfPart(part, failed && index === parts.length - 1)]
    }))
  ]
}

/** Makes the rows of a segment. `error` is the error of a call whose last response was received. */
const rowsOfSegment = (segment: Segment, error: string | undefined): ReadonlyArray<TimelineRow> => {
  const { at, duration } = segment
  const row = (label: string, kind: PeriodKind): TimelineRow => ({
    label,
    isPart: false,
    at,
    duration,
    periods: [{ kind, from: at, to: at + duration }]
  })
  switch (segment._tag) {
    case "Wait":
      return [row(textFor(waits, segment.reason) ?? `wait: ${segment.reason}`, "wait")]
    case "Requeued":
      return [row("credentials, then a pause", "credentials")]
    case "Attempt":
      return rowsOfAttempt(segment, error)
  }
}

/** Makes the rows of a timeline. Of a long one, the rows in the middle are left out. */
export const rowsOf = ({ outcome, segments }: Timeline): ReadonlyArray<TimelineRow | Gap> => {
  // An attempt without a failure is the last one.
  const error = outcome._tag === "Failure" ? outcome.error : undefined
  const rows = segments
    .filter(({ _tag, duration }) => _tag === "Attempt" || duration > 0)
    .flatMap((segment) => rowsOfSegment(segment, error))
  return withoutMiddle(rows, (leftOut) => ({ leftOut }))
}

export const isGap = (row: TimelineRow | Gap): row is Gap => "leftOut" in row

/** Explains the verdicts about a last attempt. */
const explanations: Readonly<Record<string, string>> = {
  final: "it would fail in the same way",
  unsafe: "the server may have acted on the request, and the call is not idempotent",
  "never retried": "the endpoint is declared `neverRetried`",
  "body consumed": "the request body can't be sent again",
  "not retried by policy": "no rule of the retry policy covers it",
  exhausted: "the retry policy allows no more attempts",
  "wait too long": "the wait would be longer than the retry policy accepts",
  "past deadline": "the deadline passed, or would pass during the wait",
  "over budget": "the retry budget of the origin is empty"
}

const outcomeText = (outcome: Outcome): string => {
  switch (outcome._tag) {
    case "Success": {
      const status = outcome.status === undefined ? "" : ` (${outcome.status})`
      return outcome.cached ? `succeeded with a response from the cache${status}` : `succeeded${status}`
    }
    case "Interrupted":
      return "interrupted by the program"
    case "Failure": {
      const name = outcome.error ?? "an error"
      const status = outcome.status === undefined ? "" : ` (${outcome.status})`
      return `failed with ${name}${status}`
    }
  }
}

/** The lines above a timeline: the call, and its times and outcome. */
export const headingOf = ({ deadline, duration, method, operation, outcome, startedAt, url }: Timeline) => {
  // A timeline from JSON may have any texts.
  const call = `${method} ${url}`.trim() || "a call"
  const began =
    startedAt !== undefined && Math.abs(startedAt) <= 8.64e15 ? `${new Date(startedAt).toISOString()}: ` : ""
  const limit = deadline === undefined ? "" : ` of a deadline of ${timeText(deadline)}`
  return {
    // The name of a request without one is its method and path.
    call: operation.startsWith(`${method} `) || operation === method ? call : `${operation}: ${call}`,
    facts: `${began}${outcomeText(outcome)} after ${timeText(duration)}${limit}`
  }
}

/** The lines below a timeline: why the last attempt was not retried, the error's message, and the request id. */
export const footnotesOf = ({ outcome, segments }: Timeline): ReadonlyArray<string> => {
  const last = segments.findLast(({ _tag }) => _tag === "Attempt")
  const failure = last?._tag === "Attempt" ? last.failure : undefined
  const explanation = failure && textFor(explanations, failure.verdict)
  if (outcome._tag !== "Failure") return []
  return [
    ...(last?._tag === "Attempt" && explanation !== undefined
      ? [`attempt ${last.number} was not retried: ${explanation}`]
      : []),
    ...(outcome.message === undefined ? [] : [outcome.message]),
    ...(outcome.requestId === undefined ? [] : [`request id: ${outcome.requestId}`])
  ]
}
