import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Arr from "effect/Array"
import { detailsOf } from "../../HeraldError.js"
import type { LogRecord } from "./LogRecord.js"
import type { Backlog, Entry } from "./backlog.js"
import type { Outage } from "./outage.js"
import { RecordsRejected } from "./RecordsRejected.js"

export interface ShippingOptions<E, R> {
  readonly backlog: Backlog
  readonly outage: Outage
  readonly send: (records: NonEmptyReadonlyArray<LogRecord>) => Effect.Effect<unknown, E, R>
  /** The limits of a batch. Undefined if each record is sent by itself. */
  readonly batch: { readonly size: number; readonly bytes: number; readonly within: Duration.Duration } | undefined
  readonly retry: Schedule.Schedule<unknown, E>
  readonly retryWhile: (error: E) => boolean
  /** Whether the layer's scope is being closed: nothing waits for a batch to fill up, or for the retry that is due. */
  readonly closing: { readonly isOpen: () => boolean; readonly onClosed: (closed: () => void) => () => void }
  /** Called when a send begins, and when it has ended. */
  readonly onSend: (sending: boolean) => void
}

/** Statuses by which a server refuses the content of a request: one record of a batch may be the reason. */
const refusals: ReadonlySet<number | undefined> = new Set([400, 413, 422])

/** Reports whether another batch with fewer of the same records may be accepted. */
const isRefusedContent = (cause: Cause.Cause<unknown>): boolean =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => !Cause.isInterruptedOnly(cause),
    onSome: (error) =>
      refusals.has(detailsOf(error)?.status) ||
      (typeof error === "object" && error !== null && "_tag" in error && error._tag === "EncodeError")
  })

/** The time after which a batch that is still retried is reported, in milliseconds. */
const reportAfter = 60_000

/** The longest part of an error's text in a line of the console, in characters. */
const longestReason = 300

const firstLineOf = (cause: Cause.Cause<unknown>): string => {
  const text = (() => {
    try {
      return Cause.pretty(cause)
    } catch {
      return "(the error can't be read)"
    }
  })()
  const end = text.indexOf("\n")
  return (end < 0 ? text : text.slice(0, end)).slice(0, longestReason)
}

const describe = ({ level, message, time }: LogRecord): string =>
  `${new Date(time).toISOString()} ${level} ${message.slice(0, longestReason)}`

/** Makes the effect that ships the records, which never ends. It is the only one that takes records. */
export const makeShipping = <E, R>({
  backlog,
  batch,
  closing,
  onSend,
  outage,
  retry,
  retryWhile,
  send
}: ShippingOptions<E, R>): Effect.Effect<never, never, R> => {
  const size = batch?.size ?? 1

  const untilReady = (count: number) =>
    Effect.async<void>((resume) => {
      const forget = backlog.onReady(count, batch?.bytes ?? 1, () => resume(Effect.void))
      const forgetClosing = closing.onClosed(() => resume(Effect.void))
      return Effect.sync(() => {
        forget()
        forgetClosing()
      })
    })

  /** Waits for the first record, and then for a batch to fill up. */
  const nextBatch: Effect.Effect<ReadonlyArray<Entry>> = Effect.gen(function* () {
    while (backlog.waiting() === 0) yield* Effect.asVoid(untilReady(1))
    const first = backlog.firstTime()
    if (batch !== undefined && backlog.waiting() < batch.size && closing.isOpen() && first !== undefined) {
      const longest = Duration.toMillis(batch.within)
      // The record may be of another clock, or the clock was set back.
      const rest = Math.min(longest, first + longest - (yield* Clock.currentTimeMillis))
      if (rest > 0) yield* Effect.raceFirst(Effect.sleep(Duration.millis(rest)), untilReady(batch.size))
    }
    return backlog.take(size, batch?.bytes)
  })

  const untilClosing = Effect.async<void>((resume) => {
    const forget = closing.onClosed(() => resume(Effect.void))
    return Effect.sync(forget)
  })

  /** Sends until the retries end. */
  const trySend = (records: NonEmptyReadonlyArray<LogRecord>): Effect.Effect<Exit.Exit<unknown, E>, never, R> =>
    Effect.gen(function* () {
      const startedAt = yield* Clock.currentTimeMillis
      const driver = yield* Schedule.driver(retry)
      while (true) {
        onSend(true)
        const exit = yield* Effect.exit(Effect.suspend(() => send(records)))
        onSend(false)
        if (Exit.isSuccess(exit)) return exit
        const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
        if (error === undefined || !retryWhile(error)) return exit
        if ((yield* Clock.currentTimeMillis) - startedAt >= reportAfter) {
          outage.report(0, () => `log records can't be shipped, and are retried: ${firstLineOf(exit.cause)}`)
        }
        // The end of the scope does not wait for the retry that is due. Later ones wait.
        const wait = Effect.either(driver.next(error))
        const goesOn = yield* closing.isOpen()
          ? Effect.raceFirst(
              Effect.map(wait, (either) => either._tag === "Right"),
              Effect.as(untilClosing, true)
            )
          : Effect.map(wait, (either) => either._tag === "Right")
        if (!goesOn) return exit
      }
    })

  const deliver = (entries: ReadonlyArray<Entry>): Effect.Effect<void, never, R> => {
    if (!Arr.isNonEmptyReadonlyArray(entries)) return Effect.void
    const sent = trySend(Arr.map(entries, ({ record }) => record)).pipe(
      // `retryWhile` and `retry` are the program's, and may throw.
      Effect.catchAllDefect((defect) => Effect.succeed(Exit.die(defect)))
    )
    return Effect.flatMap(sent, (exit) => {
      if (Exit.isSuccess(exit)) {
        backlog.settle(entries, 0)
        return Effect.void
      }
      const partial = Option.getOrUndefined(Cause.failureOption(exit.cause))
      if (partial instanceof RecordsRejected) {
        // The API does not say which records it accepted.
        const rejected = Math.min(partial.rejected, entries.length)
        backlog.settle(entries, rejected)
        outage.report(
          rejected,
          () => `${firstLineOf(exit.cause)} The first record of their batch: ${describe(entries[0].record)}`
        )
        return Effect.void
      }
      if (entries.length > 1 && isRefusedContent(exit.cause)) {
        const half = Math.ceil(entries.length / 2)
        return Effect.zipRight(
          deliver(entries.slice(0, half)),
          Effect.suspend(() => deliver(entries.slice(half)))
        )
      }
      backlog.settle(entries, entries.length)
      outage.report(
        entries.length,
        () =>
          `${entries.length} log records could not be shipped: ${firstLineOf(exit.cause)} The first of them: ${describe(entries[0].record)}`
      )
      return Effect.void
    })
  }

  return Effect.forever(Effect.flatMap(nextBatch, deliver))
}
