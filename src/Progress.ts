import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { dual } from "effect/Function"
import { makeReporter } from "./internal/progress/reporter.js"
import { UploadReport } from "./internal/progress/upload.js"

/** The progress of an upload, a download, a list or a job. */
export interface Progress {
  readonly unit: "bytes" | "items" | "percent"
  /** The amount that is done, in the unit. */
  readonly done: number
  /** The amount of all the work. Undefined if it is not known. */
  readonly total: number | undefined
  /** The average of the last seconds, in units per second. */
  readonly rate: number
  readonly elapsed: Duration.Duration
  /** The time left at this rate. Undefined if it is not known. */
  readonly remaining: Duration.Duration | undefined
}

/**
 * Reports progress. It runs in the fiber of the work, which waits for it; at most ten times a second, and at the end.
 */
export type Report = (progress: Progress) => Effect.Effect<unknown>

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
