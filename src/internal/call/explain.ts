import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type { FailedAttempt, Verdict } from "../../Attempt.js"
import { isIdempotent } from "../http/methods.js"
import { isSuccess } from "../http/statuses.js"
import { timeText } from "../timeText.js"
import { classifyStatus, classifyTransport } from "./classify.js"
import { applyRejected, makeDecide } from "./retryDecision.js"
import type { RetryPolicy, Rule } from "./retryRule.js"

/**
 * The outcome of an attempt: a status, a status with a `Retry-After`, or a transport's code, such as `ECONNRESET`. A success
 * (2xx) ends the call.
 */
export type Outcome = number | string | { readonly status: number; readonly retryAfter: Duration.DurationInput }

type Range = readonly [min: Duration.Duration, max: Duration.Duration]

/** A failed attempt and the policy's decision about it. Random times are ranges. */
export interface Row extends Pick<FailedAttempt, "number" | "class" | "reason" | "status" | "retryAfter"> {
  /** The time of the failure, counted from the first attempt. Attempts themselves take no time here. */
  readonly at: Range
  /** The possible verdicts. There are several if the verdict depends on random waits. */
  readonly verdicts: ReadonlyArray<Verdict>
  /** The wait before the next attempt, if one can follow. */
  readonly wait?: Range | undefined
}

/** The behavior of a policy, as data and as text to print. `PolicyDiagram.toSvg` of `effect-herald/diagram` draws it. */
export interface Explanation {
  readonly method: HttpMethod
  /** The deadline of the call, if it has one. */
  readonly deadline?: Duration.Duration | undefined
  readonly rows: ReadonlyArray<Row>
  /** The attempt that succeeds after the listed failures. Undefined if the call fails before it. */
  readonly success?: { readonly number: number; readonly at: Range } | undefined
  readonly text: string
}

interface Call {
  readonly method: HttpMethod
  readonly idempotent: boolean
  readonly deadline: Duration.Duration | undefined
}

type Failure = Pick<FailedAttempt, "class" | "reason" | "status" | "retryAfter">

const failureOf = (outcome: Outcome): Failure => {
  if (typeof outcome === "string") {
    return { class: classifyTransport({ code: outcome }, "send").class, reason: outcome }
  }
  const { retryAfter, status } = typeof outcome === "number" ? { status: outcome, retryAfter: undefined } : outcome
  return {
    class: classifyStatus(status, retryAfter !== undefined),
    reason: String(status),
    status,
    retryAfter: retryAfter === undefined ? undefined : Duration.decode(retryAfter)
  }
}

/** The circumstances of a call that allow every retry. */
const noRestrictions = { neverRetried: false, carriedOut: false, bodyConsumed: false, paused: Duration.zero }

const mapRules = (policy: RetryPolicy, change: (rule: Rule) => Partial<Rule>): RetryPolicy => ({
  rules: policy.rules.map((rule) => ({ ...rule, ...change(rule) }))
})

const minOf = (times: ReadonlyArray<number>): number => Math.min(...times)
const maxOf = (times: ReadonlyArray<number>): number => Math.max(...times)
const rangeOf = (times: ReadonlyArray<number>): Range => [Duration.millis(minOf(times)), Duration.millis(maxOf(times))]

/**
 * Simulates a call with the engine's own decision function. If the policy draws random numbers, the failure may occur at any
 * time within a range, and the schedule may ask for any wait within another. So the function is called for both ends of both
 * ranges, and for the limits between them.
 */
const simulate = (policy: RetryPolicy, call: Call, outcomes: ReadonlyArray<Outcome>) =>
  Effect.gen(function* () {
    const startedAt = yield* Clock.currentTimeMillis
    const deadline = call.deadline === undefined ? Infinity : Duration.toMillis(call.deadline)
    const timeLeftAt = (at: number) => Math.max(0, deadline - at)
    const decideAt = (decide: ReturnType<typeof makeDecide>, failed: FailedAttempt, at: number, timeLeft: number) =>
      decide(
        failed,
        { ...noRestrictions, timeLeft: timeLeft === Infinity ? undefined : Duration.millis(timeLeft) },
        startedAt + at
      )

    // First without limits: the waits that the schedules ask for, in four runs of the whole call. A run has the earliest or the
    // latest times, and the smallest or the largest random numbers.
    const unlimited = mapRules(policy, () => ({ maxWait: Duration.infinity }))
    const runs = [0, 1].flatMap((end) => [0, 1].map((random) => ({ end, random, decide: makeDecide(unlimited) })))

    const rows: Array<Row> = []
    let range: readonly [number, number] = [0, 0]
    for (const outcome of outcomes) {
      const failure = failureOf(outcome)
      if (failure.status !== undefined && isSuccess(failure.status)) break
      const number = rows.length + 1
      const failedAt = (at: number) =>
        applyRejected(policy, {
          number,
          method: call.method,
          idempotent: call.idempotent,
          ...failure,
          elapsed: Duration.millis(at)
        })

      const unlimitedDecisions = yield* Effect.forEach(runs, ({ decide, end, random }) => {
        const at = range[end]!
        return Effect.withRandom(decideAt(decide, failedAt(at), at, Infinity), Random.fixed([random]))
      })
      const waits = unlimitedDecisions.flatMap((decision) =>
        decision.verdict === "retried" ? [Duration.toMillis(decision.wait)] : []
      )
      const limits = [...policy.rules.map(({ maxWait }) => Duration.toMillis(maxWait)), ...range.map(timeLeftAt)]
      // The decision can only change at these waits.
      const sampleWaits = [...waits, ...limits.filter((limit) => limit > minOf(waits) && limit < maxOf(waits))]
      const decisions = yield* Effect.forEach(
        range.flatMap((at) => sampleWaits.map((wait) => ({ at, wait }))),
        ({ at, wait }) => {
          const fixedWait = mapRules(policy, () => ({ schedule: Schedule.spaced(wait) }))
          // A random wait can come arbitrarily close to the time left, and still be shorter.
          const timeLeft = wait === timeLeftAt(at) && wait > minOf(waits) ? wait + 1 : timeLeftAt(at)
          return decideAt(makeDecide(fixedWait), failedAt(at), at, timeLeft)
        }
      )

      const ends = unlimitedDecisions.filter(({ verdict }) => verdict !== "retried")
      const retryWaits = decisions.flatMap((decision) =>
        decision.verdict === "retried" ? [Duration.toMillis(decision.wait)] : []
      )
      rows.push({
        number,
        ...failure,
        class: failedAt(range[0]).class,
        at: rangeOf(range),
        verdicts: [...new Set([...decisions, ...ends].map(({ verdict }) => verdict))],
        wait: retryWaits.length === 0 ? undefined : rangeOf(retryWaits)
      })
      // After an infinite wait there is no success either.
      if (retryWaits.length === 0 || minOf(retryWaits) === Infinity) return { rows, success: undefined }
      range = [range[0] + minOf(retryWaits), Math.min(range[1] + maxOf(retryWaits), deadline)]
    }
    return { rows, success: { number: rows.length + 1, at: rangeOf(range) } }
  })

/** The width of the bars, in characters. */
const barWidth = 40

export const formatRange = (times: Range): string => {
  const [min, max] = [timeText(times[0]), timeText(times[1])]
  return min === max ? min : `${min} to ${max}`
}

/** Formats a failure as one line of printable ASCII, even for an unusual transport code. */
export const formatFailure = ({ reason, retryAfter }: Row): string => {
  const printable = reason.replace(/[^ -~]/g, "?").slice(0, 40)
  return retryAfter === undefined ? printable : `${printable}, Retry-After ${timeText(retryAfter)}`
}

/**
 * Draws a wait as a bar on a time line from zero to `end` (milliseconds). The bar begins at the latest possible start of the
 * wait. It is solid for the shortest wait, and shaded from there to the longest.
 */
const formatBar = ({ at, wait }: Row, end: number): string => {
  if (wait === undefined || !(end > 0) || end === Infinity) return ""
  const column = (millis: number) => Math.round((Math.min(millis, end) / end) * barWidth)
  const [start, shortest, longest] = [at[1], ...wait].map(Duration.toMillis) as [number, number, number]
  // A wait that is shorter than a column still has one.
  const firstColumn = Math.min(column(start), barWidth - 1)
  const endColumn = Math.max(column(start + longest), longest > 0 ? firstColumn + 1 : firstColumn)
  const solidEnd = shortest > 0 ? Math.max(column(start + shortest), firstColumn + 1) : firstColumn
  return `${" ".repeat(firstColumn)}${"█".repeat(solidEnd - firstColumn)}${"░".repeat(endColumn - solidEnd)}`
}

const formatTable = ({ method }: Call, { rows, success }: Pick<Explanation, "rows" | "success">): string => {
  const lastTime = success?.at[1] ?? rows.at(-1)?.at[1] ?? Duration.zero
  const end = Duration.toMillis(lastTime)
  const scale = end > 0 && end !== Infinity ? `0${timeText(lastTime).padStart(barWidth - 1)}` : ""
  const table = [
    ["#", method, "class", "at", "verdict", "wait", scale],
    ...rows.map((row) => [
      String(row.number),
      formatFailure(row),
      row.class,
      formatRange(row.at),
      row.verdicts.join(" or "),
      row.wait === undefined ? "" : formatRange(row.wait),
      formatBar(row, end)
    ]),
    ...(success === undefined ? [] : [[String(success.number), "success", "", formatRange(success.at), "", "", ""]])
  ]
  const widths = table[0]!.map((_, column) => table.reduce((width, cells) => Math.max(width, cells[column]!.length), 0))
  return table
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

/**
 * Shows the behavior of a policy for a call whose attempts have these outcomes, one after another. It uses the engine's own
 * decision function. Nothing is sent, and no time passes.
 *
 * Random waits are ranges from the shortest to the longest. For a schedule that depends on the clock and has jitter,
 * the range covers the smallest and the largest jitter only. The effects of other calls are left out: the retry budget, pauses
 * and rate limits.
 *
 * - `method`: the request's method. Default: `GET`.
 * - `idempotent`: true if the call is safe to retry after an `Ambiguous` failure. Default: by the method.
 * - `deadline`: the deadline of the call. Default: none.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { RetryPolicy } from "effect-herald"
 *
 * const program = RetryPolicy.explain(
 *   RetryPolicy.standard,
 *   ["ECONNREFUSED", { status: 429, retryAfter: "3 seconds" }, 503, 503],
 *   { method: "POST" }
 * ).pipe(Effect.flatMap(({ text }) => Console.log(text)))
 * ```
 */
export const explain = (
  policy: RetryPolicy,
  outcomes: ReadonlyArray<Outcome>,
  options: {
    readonly method?: HttpMethod | undefined
    readonly idempotent?: boolean | undefined
    readonly deadline?: Duration.DurationInput | undefined
  } = {}
): Effect.Effect<Explanation> =>
  Effect.suspend(() => {
    const { deadline, method = "GET" } = options
    const call = {
      method,
      idempotent: options.idempotent ?? isIdempotent(method),
      deadline: deadline === undefined ? undefined : Duration.decode(deadline)
    }
    return Effect.map(simulate(policy, call, outcomes), (simulated) => ({
      method,
      deadline: call.deadline,
      ...simulated,
      text: formatTable(call, simulated)
    }))
  })
