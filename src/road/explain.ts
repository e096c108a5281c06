import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type { FailedAttempt, Verdict } from "../Attempt.js"
import type { RetryPolicy, Rule } from "../RetryPolicy.js"
import { classifyStatus, classifyTransport } from "./classify.js"
import { classified, decider } from "./decide.js"
import { isIdempotent } from "./route.js"

/**
 * What happens to an attempt: a status, a status with a Retry-After, or a transport's code, such as `ECONNRESET`. A success
 * (2xx) ends the call.
 */
export type Occurrence = number | string | { readonly status: number; readonly retryAfter: Duration.DurationInput }

type Range = readonly [least: Duration.Duration, most: Duration.Duration]

/** A failure, and what a policy makes of it. Where waits are random, the least and the most that they can be. */
export interface Row extends Pick<FailedAttempt, "number" | "class" | "reason" | "status" | "retryAfter"> {
  /** When the attempt fails, counted from the first; attempts take no time here. */
  readonly at: Range
  /** More than one where it depends on the waits before. */
  readonly verdicts: ReadonlyArray<Verdict>
  /** The wait before the next attempt, if one can follow. */
  readonly wait?: Range | undefined
}

/** What a policy does, as data, and as text to print. */
export interface Explanation {
  readonly rows: ReadonlyArray<Row>
  /** The attempt that is answered if nothing else fails; undefined where the call ends with a failure before. */
  readonly answered?: { readonly number: number; readonly at: Range } | undefined
  readonly text: string
}

interface Call {
  readonly method: HttpMethod
  readonly idempotent: boolean
  readonly deadline: Duration.Duration | undefined
}

type Facts = Pick<FailedAttempt, "class" | "reason" | "status" | "retryAfter">

const factsOf = (occurrence: Occurrence): Facts => {
  if (typeof occurrence === "string") {
    return { class: classifyTransport({ code: occurrence }, "send").class, reason: occurrence }
  }
  const { retryAfter, status } =
    typeof occurrence === "number" ? { status: occurrence, retryAfter: undefined } : occurrence
  return {
    class: classifyStatus(status, retryAfter !== undefined),
    reason: String(status),
    status,
    retryAfter: retryAfter === undefined ? undefined : Duration.decode(retryAfter)
  }
}

const isSuccess = ({ status }: Facts): boolean => status !== undefined && status >= 200 && status < 300

/** A call of which nothing stands against a repeat. */
const unremarkable = { unrepeatable: false, carriedOut: false, bodySpent: false, paused: Duration.zero }

const each = (policy: RetryPolicy, change: (rule: Rule) => Partial<Rule>): RetryPolicy => ({
  rules: policy.rules.map((rule) => ({ ...rule, ...change(rule) }))
})

const least = (times: ReadonlyArray<number>): number => Math.min(...times)
const most = (times: ReadonlyArray<number>): number => Math.max(...times)
const range = (times: ReadonlyArray<number>): Range => [Duration.millis(least(times)), Duration.millis(most(times))]

/**
 * Goes through the failures by the engine's own decisions. Where a policy draws lots, the call may be anywhere between two
 * moments after a failure, and its schedule may ask for any wait between two; so the engine is asked at both ends of both, and
 * where the limits fall between.
 */
const follow = (policy: RetryPolicy, call: Call, occurrences: ReadonlyArray<Occurrence>) =>
  Effect.gen(function* () {
    const begun = yield* Clock.currentTimeMillis
    const deadline = call.deadline === undefined ? Infinity : Duration.toMillis(call.deadline)
    const leftAt = (at: number) => Math.max(0, deadline - at)
    const ask = (decide: ReturnType<typeof decider>, failed: FailedAttempt, at: number, left: number) =>
      decide(failed, { ...unremarkable, left: left === Infinity ? undefined : Duration.millis(left) }, begun + at)

    // What the schedules ask for, whatever limits it: from first to last, as early as can be and as late, with every draw the
    // least and the most.
    const unlimited = each(policy, () => ({ maxWait: Duration.infinity }))
    const runs = [0, 1].flatMap((end) => [0, 1].map((draw) => ({ end, draw, decide: decider(unlimited) })))

    const rows: Array<Row> = []
    let window: readonly [number, number] = [0, 0]
    for (const occurrence of occurrences) {
      const facts = factsOf(occurrence)
      if (isSuccess(facts)) break
      const number = rows.length + 1
      const failedAt = (at: number) =>
        classified(policy, {
          number,
          method: call.method,
          idempotent: call.idempotent,
          ...facts,
          elapsed: Duration.millis(at)
        })

      const asked = yield* Effect.forEach(runs, ({ decide, draw, end }) => {
        const at = window[end]!
        return Effect.withRandom(ask(decide, failedAt(at), at, Infinity), Random.fixed([draw]))
      })
      const waits = asked.flatMap((decision) =>
        decision.verdict === "repeated" ? [Duration.toMillis(decision.wait)] : []
      )
      const limits = [...policy.rules.map(({ maxWait }) => Duration.toMillis(maxWait)), ...window.map(leftAt)]
      const telling = [...waits, ...limits.filter((limit) => limit > least(waits) && limit < most(waits))]
      const given = yield* Effect.forEach(
        window.flatMap((at) => telling.map((wait) => ({ at, wait }))),
        ({ at, wait }) => {
          const waiting = each(policy, () => ({ schedule: Schedule.spaced(wait) }))
          // A random wait comes as close to what is left as can be, and is not as long.
          const left = wait === leftAt(at) && wait > least(waits) ? wait + 1 : leftAt(at)
          return ask(decider(waiting), failedAt(at), at, left)
        }
      )

      const ends = asked.filter(({ verdict }) => verdict !== "repeated")
      const repeats = given.flatMap((decision) =>
        decision.verdict === "repeated" ? [Duration.toMillis(decision.wait)] : []
      )
      rows.push({
        number,
        ...facts,
        class: failedAt(window[0]).class,
        at: range(window),
        verdicts: [...new Set([...given, ...ends].map(({ verdict }) => verdict))],
        wait: repeats.length === 0 ? undefined : range(repeats)
      })
      // Whoever waits for ever is not answered either.
      if (repeats.length === 0 || least(repeats) === Infinity) return { rows, answered: undefined }
      window = [window[0] + least(repeats), Math.min(window[1] + most(repeats), deadline)]
    }
    return { rows, answered: { number: rows.length + 1, at: range(window) } }
  })

/** How wide the drawing of the waits is, in characters. */
const width = 40

/** A time as a person reads it: milliseconds below a second, hundredths below a minute, then whole seconds. */
const brief = (time: Duration.Duration): string => {
  const millis = Duration.toMillis(time)
  if (millis === Infinity) return "for ever"
  if (Math.round(millis) === 0) return "0"
  if (Math.round(millis) < 1000) return `${Math.round(millis)}ms`
  const seconds = Math.round(millis / 10) / 100
  return seconds < 60 ? `${seconds}s` : Duration.format(Duration.seconds(Math.round(seconds)))
}

const span = (times: Range): string => {
  const [low, high] = [brief(times[0]), brief(times[1])]
  return low === high ? low : `${low} to ${high}`
}

/** What happened, in one line of plain characters, whatever a transport calls it. */
const what = ({ reason, retryAfter }: Row): string => {
  const plain = reason.replace(/[^ -~]/g, "?").slice(0, 40)
  return retryAfter === undefined ? plain : `${plain}, Retry-After ${brief(retryAfter)}`
}

/** The wait on a line of time that ends at `end`, as late as it can begin: solid as far as it is certain. */
const bar = ({ at, wait }: Row, end: number): string => {
  if (wait === undefined || !(end > 0) || end === Infinity) return ""
  const column = (millis: number) => Math.round((Math.min(millis, end) / end) * width)
  const [begin, shortest, longest] = [at[1], ...wait].map(Duration.toMillis) as [number, number, number]
  // What is too short for a column has one nevertheless.
  const first = Math.min(column(begin), width - 1)
  const last = Math.max(column(begin + longest), longest > 0 ? first + 1 : first)
  const certain = shortest > 0 ? Math.max(column(begin + shortest), first + 1) : first
  return `${" ".repeat(first)}${"█".repeat(certain - first)}${"░".repeat(last - certain)}`
}

const draw = ({ method }: Call, { answered, rows }: Omit<Explanation, "text">): string => {
  const last = answered?.at[1] ?? rows.at(-1)?.at[1] ?? Duration.zero
  const end = Duration.toMillis(last)
  const scale = end > 0 && end !== Infinity ? `0${brief(last).padStart(width - 1)}` : ""
  const table = [
    ["#", method, "class", "at", "then", "wait", scale],
    ...rows.map((row) => [
      String(row.number),
      what(row),
      row.class,
      span(row.at),
      row.verdicts.join(" or "),
      row.wait === undefined ? "" : span(row.wait),
      bar(row, end)
    ]),
    ...(answered === undefined ? [] : [[String(answered.number), "answered", "", span(answered.at), "", "", ""]])
  ]
  const widths = table[0]!.map((_, column) =>
    table.reduce((widest, cells) => Math.max(widest, cells[column]!.length), 0)
  )
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
 * Draws a policy: what it does when a call's attempts fail so, one after another, by the very decisions that the engine makes.
 * Waits with jitter are told as the least and the most that they can be (of schedules that go by the clock and have jitter, too,
 * the ends are those of the least jitter and the most). What other calls have a part in is left out: the retry budget, pauses
 * and limiters.
 *
 * - `method`: default `GET`
 * - `idempotent`: whether the call is safe to repeat; default by the method
 * - `deadline`: of the call; default none
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
  failures: ReadonlyArray<Occurrence>,
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
    return Effect.map(follow(policy, call, failures), (found) => ({ ...found, text: draw(call, found) }))
  })
