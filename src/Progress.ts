import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Progress, Report } from "./internal/progress/Progress.js"
import { makeReporter } from "./internal/progress/reporter.js"

export type { Progress, Report }

/** Progress, as an element of a Stream of events. */
export class Advanced extends Data.TaggedClass("Advanced")<{ readonly progress: Progress }> {}

/** The result of the work, the last element of a Stream of events. */
export class Completed<out A> extends Data.TaggedClass("Completed")<{ readonly value: A }> {}

/**
 * Runs work as a Stream of its progress, which ends with the result. A slow reader gets the latest progress, and does not slow the
 * work down. Ending the Stream early interrupts the work.
 *
 * - `work`: makes the work from the function by which it reports
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Progress } from "effect-herald"
 *
 * const work = (report: Progress.Report) =>
 *   Effect.as(
 *     report({ unit: "items", done: 1, total: 2, rate: 1, elapsed: "1 second", remaining: "1 second" } as never),
 *     "done"
 *   )
 *
 * const events = Progress.toStream(work).pipe(Stream.runForEach((event) => Effect.log(event._tag)))
 * ```
 */
export const toStream = <A, E, R>(
  work: (report: Report) => Effect.Effect<A, E, R>
): Stream.Stream<Advanced | Completed<A>, E, R> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const latest = yield* Effect.acquireRelease(Queue.sliding<Progress>(1), Queue.shutdown)
      const result = Stream.fromEffect(work((progress) => Queue.offer(latest, progress))).pipe(
        Stream.map((value) => new Completed({ value }))
      )
      const reports = Stream.map(Stream.fromQueue(latest), (progress) => new Advanced({ progress }))
      return Stream.merge(reports, result, { haltStrategy: "right" })
    })
  )

/**
 * Counts the elements of a Stream as they are read, such as the items of a list.
 *
 * - `report`: reports the progress
 * - `total`: the number of elements, if it is known
 */
export const ofStream =
  (report: Report, options: { readonly total?: number | undefined } = {}) =>
  <A, E, R>(stream: Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
    Stream.unwrap(
      Effect.map(makeReporter(report, "items", options.total), ({ advance, finish }) => {
        let done = 0
        return stream.pipe(
          Stream.mapChunksEffect((chunk) => {
            done += chunk.length
            return Effect.as(advance(done), chunk)
          }),
          Stream.concat(Stream.execute(Effect.suspend(() => finish(done, options.total ?? done))))
        )
      })
    )
