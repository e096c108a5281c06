import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Progress, Report } from "./internal/progress/Progress.js"
import { makeReporter } from "./internal/progress/reporter.js"
import { UploadReport } from "./internal/progress/upload.js"

export type { Progress, Report } from "./internal/progress/Progress.js"

/** Progress, as an element of a Stream of events. */
export class Advanced extends Data.TaggedClass("Advanced")<{ readonly progress: Progress }> {}

/** The result of the work, the last element of a Stream of events. */
export class Completed<out A> extends Data.TaggedClass("Completed")<{ readonly value: A }> {}

/**
 * Runs work as a Stream of its progress, which ends with the result. A slow reader gets the latest progress, and does not slow the
 * work down. The last progress is always among the events: before the result, or before the error with which the Stream fails. Ending
 * the Stream early interrupts the work.
 *
 * - `work`: makes the work from the function by which it reports
 *
 * @example
 * ```ts
 * import { Console, Effect, Stream } from "effect"
 * import { Progress } from "effect-herald"
 *
 * declare const stations: Stream.Stream<string>
 *
 * export const program = Progress.toStream((onProgress) =>
 *   stations.pipe(Progress.ofStream(onProgress), Stream.runCollect)
 * ).pipe(
 *   Stream.runForEach((event) =>
 *     event._tag === "Advanced"
 *       ? Console.log(`${event.progress.done} stations`)
 *       : Console.log(`The first is ${[...event.value][0]}`)
 *   )
 * )
 * ```
 */
export const toStream = <A, E, R>(
  work: (report: Report) => Effect.Effect<A, E, R>
): Stream.Stream<Advanced | Completed<A>, E, R> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      // One signal stands for any number of changes.
      const changes = yield* Queue.sliding<void>(1)
      let latest: Progress | undefined
      let exit: Exit.Exit<A, E> | undefined
      const report: Report = (progress) =>
        Effect.suspend(() => {
          latest = progress
          return Queue.offer(changes, undefined)
        })
      yield* Effect.suspend(() => work(report)).pipe(
        Effect.onExit((ended) =>
          Effect.suspend(() => {
            exit = ended
            return Queue.offer(changes, undefined)
          })
        ),
        Effect.forkScoped
      )
      // The state is whether the result was read.
      const next = (ended: boolean): Effect.Effect<Option.Option<readonly [Advanced | Completed<A>, boolean]>, E> =>
        Effect.suspend(() => {
          if (ended) return Effect.succeedNone
          if (latest !== undefined) {
            const progress = latest
            latest = undefined
            return Effect.succeedSome([new Advanced({ progress }), false] as const)
          }
          if (exit !== undefined)
            return Effect.map(exit, (value) => Option.some([new Completed({ value }), true] as const))
          return Effect.zipRight(Queue.take(changes), next(false))
        })
      return Stream.unfoldEffect(false, next)
    })
  )

/** Options of `ofStream`. */
export interface StreamOptions {
  /** The number of elements, if it is known. */
  readonly total?: number | undefined
}

/**
 * Counts the elements of a Stream as they are read, such as the items of a list. The last report is made when the Stream ends, also if it
 * fails or is ended early, but not if it is interrupted. A Stream that ends by itself without a known total has its length as the total.
 *
 * - `report`: reports the progress
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Progress } from "effect-herald"
 *
 * const report: Progress.Report = ({ done, rate }) => Effect.logInfo(`${done} items, ${Math.round(rate)} per second`)
 *
 * export const program = Stream.range(1, 1000).pipe(Progress.ofStream(report, { total: 1000 }), Stream.runDrain)
 * ```
 */
export const ofStream: {
  (report: Report, options?: StreamOptions): <A, E, R>(stream: Stream.Stream<A, E, R>) => Stream.Stream<A, E, R>
  <A, E, R>(stream: Stream.Stream<A, E, R>, report: Report, options?: StreamOptions): Stream.Stream<A, E, R>
} = dual(
  (args) => Predicate.hasProperty(args[0], Stream.StreamTypeId),
  <A, E, R>(stream: Stream.Stream<A, E, R>, report: Report, { total }: StreamOptions = {}): Stream.Stream<A, E, R> =>
    Stream.unwrap(
      Effect.map(makeReporter(report, "items", total), ({ advance, finish }) => {
        let done = 0
        let whole = false
        return stream.pipe(
          Stream.mapChunksEffect((chunk) => {
            done += chunk.length
            return Effect.as(advance(done), chunk)
          }),
          Stream.concat(
            Stream.execute(
              Effect.sync(() => {
                whole = true
              })
            )
          ),
          Stream.ensuringWith((exit) =>
            Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)
              ? Effect.void
              : finish(done, total ?? (whole ? done : undefined))
          )
        )
      })
    )
)

/**
 * Reports the bytes of the request body of a call as they are handed to the transport, for bodies that are Streams, contents or forms.
 * The total is known if the request has a `Content-Length`. Each attempt, and each redirect that repeats the body, begins again at 0.
 *
 * - `report`: reports the progress
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser, Body, Content, Endpoint, Operation, Progress } from "effect-herald"
 *
 * class Files extends Authoriser.Tag("example/Files")<Files>() {}
 *
 * const put = Operation.make(Files, () => Endpoint.put("/files/{name}", { body: Body.stream() }))
 *
 * const upload = put({ name: "a.bin", body: Content.fromBytes(new Uint8Array(1_000_000)) }).pipe(
 *   Progress.ofUpload(({ done, total }) => Effect.log(`${done} of ${total ?? "?"} bytes`))
 * )
 * ```
 */
export const ofUpload: {
  (report: Report): <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(call: Effect.Effect<A, E, R>, report: Report): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(call: Effect.Effect<A, E, R>, report: Report): Effect.Effect<A, E, R> =>
  Effect.provideService(call, UploadReport, report)
)
