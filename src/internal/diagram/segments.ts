import * as Duration from "effect/Duration"
import type { Attempt } from "../../Attempt.js"
import type { Step, Timing } from "../../Timing.js"
import type { Failure, Part, Segment } from "./model.js"

/** The facts of a failed attempt that a timeline shows. */
export type FailedAttempt = Pick<Attempt, "number" | "class" | "reason" | "verdict" | "retryAfter" | "waitReason">

/** An attempt, without the end of its last part. */
interface OpenAttempt {
  readonly at: number
  readonly parts: ReadonlyArray<Part>
}

const failureOf = ({ class: failureClass, reason, retryAfter, verdict }: FailedAttempt): Failure => ({
  reason,
  class: failureClass,
  verdict,
  ...(retryAfter === undefined || !Duration.isFinite(retryAfter) ? {} : { retryAfter: Duration.toMillis(retryAfter) })
})

/** Ends the last part of an attempt. */
const endPart = (parts: ReadonlyArray<Part>, at: number): ReadonlyArray<Part> => {
  const last = parts.at(-1)
  return last === undefined ? parts : [...parts.slice(0, -1), { ...last, duration: at - last.at }]
}

const startPart = ({ at, parts }: OpenAttempt, part: Part): OpenAttempt => ({
  at,
  parts: [...endPart(parts, part.at), part]
})

/** Adds a step to the attempt that is open. */
const within = (open: OpenAttempt, step: Step, at: number): OpenAttempt => {
  const last = open.parts.at(-1)
  switch (step._tag) {
    case "RequestSent":
      return startPart(open, {
        _tag: "Request",
        at,
        duration: 0,
        origin: step.sameOrigin ? "own" : "other",
        cause: last?._tag === "Request" ? "redirect" : last?._tag === "Refresh" ? "refresh" : "attempt"
      })
    case "HeadReceived":
      return last?._tag === "Request"
        ? { ...open, parts: [...open.parts.slice(0, -1), { ...last, status: step.status, headAt: at }] }
        : open
    case "RefreshStarted":
      return startPart(open, { _tag: "Refresh", at, duration: 0 })
    default:
      return open
  }
}

/** The times after the start of a call. A clock that goes back, or has no time, stands still here. */
const timesOf = (clock: ReadonlyArray<number>, startedAt: number): ReadonlyArray<number> => {
  const times: Array<number> = []
  for (const at of clock) {
    const time = at - startedAt
    times.push(Math.max(Number.isFinite(time) ? time : 0, times.at(-1) ?? 0))
  }
  return times
}

/** Makes the segments of a call from its steps and its failed attempts. */
export const segmentsOf = (
  { endedAt, startedAt, steps }: Omit<Timing, "endsAt">,
  attempts: ReadonlyArray<FailedAttempt>
): { readonly segments: ReadonlyArray<Segment>; readonly duration: number } => {
  const segments: Array<Segment> = []
  const times = timesOf([...steps.map(({ at }) => at), endedAt], startedAt)
  const failures = new Map(attempts.map((attempt) => [attempt.number, attempt]))
  let number = 1
  let open: OpenAttempt | undefined
  for (const [index, step] of steps.entries()) {
    const at = times[index]!
    const next = times[index + 1]!
    if (step._tag === "AttemptFailed") {
      const attempt = failures.get(step.number)
      const { at: begin, parts } = open ?? { at, parts: [] }
      const failure = attempt && failureOf(attempt)
      segments.push({ _tag: "Attempt", number, at: begin, duration: at - begin, parts: endPart(parts, at), failure })
      if (attempt?.waitReason !== undefined) {
        segments.push({ _tag: "Wait", at, duration: next - at, reason: attempt.waitReason })
      }
      open = undefined
      number = step.number + 1
    } else if (step._tag === "WaitStarted") {
      if (open !== undefined) segments.push({ _tag: "Requeued", at: open.at, duration: at - open.at })
      open = undefined
      segments.push({ _tag: "Wait", at, duration: next - at, reason: step.reason })
    } else if (step._tag === "AttemptStarted") {
      open = { at, parts: [{ _tag: "Credentials", at, duration: 0 }] }
    } else if (open !== undefined) open = within(open, step, at)
  }
  const duration = times.at(-1)!
  if (open !== undefined) {
    const { at, parts } = open
    segments.push({ _tag: "Attempt", number, at, duration: duration - at, parts: endPart(parts, duration) })
  }
  return { segments, duration }
}

/** Makes the times of a call from its failed attempts only, for an error without a `timing`. */
export const timingOfAttempts = (attempts: ReadonlyArray<Attempt>): Omit<Timing, "endsAt"> => {
  let at = 0
  const steps: Array<Step> = []
  for (const { elapsed, number, waited = Duration.zero } of attempts) {
    steps.push({ _tag: "AttemptStarted", at })
    at = Math.max(at, Duration.toMillis(elapsed))
    steps.push({ _tag: "AttemptFailed", at, number })
    at += Duration.toMillis(waited)
  }
  return { startedAt: 0, endedAt: at, steps }
}
