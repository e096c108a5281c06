import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { ErrorDetails } from "../HeraldError.js"
import * as model from "../internal/diagram/model.js"
import { segmentsOf, timingOfAttempts } from "../internal/diagram/segments.js"
import { type EffectSpan, type HrTime, type OpenTelemetrySpan, timelineOfSpan } from "../internal/diagram/spans.js"
import { drawTimeline } from "../internal/diagram/timelineSvg.js"
import { formatTimeline } from "../internal/diagram/timelineText.js"
import { hrefOf } from "../internal/http/baseUrl.js"
import { completedCallOf } from "../internal/operation.js"
import type { Response } from "../Operation.js"
import type { Timing } from "../Timing.js"

export type { Failure, Outcome, Part, Segment } from "../internal/diagram/model.js"
export type { EffectSpan, HrTime, OpenTelemetrySpan }

/**
 * The story of a call: its attempts, its waits, and the verdicts of the retry engine. It is plain JSON. It holds no secret, no body, and
 * no value of the path or the query. Times are in milliseconds after the start of the call, except for `startedAt`.
 */
export interface Timeline extends model.Timeline {}

/** The schema of a timeline, for one that was stored or sent as JSON. */
export const Timeline: Schema.Schema<Timeline> = model.schema

const timesOf = ({ endsAt, ...timing }: Timing): Pick<Timeline, "startedAt" | "deadline"> => ({
  startedAt: timing.startedAt,
  ...(endsAt === undefined || endsAt === Infinity ? {} : { deadline: Math.max(0, endsAt - timing.startedAt) })
})

/**
 * Returns the timeline of the call that failed with an error of the built-in family. `detailsOf` returns what it needs for an error that
 * an endpoint declares. An error without `timing`, such as one that a test makes, has the times of its `attempts` only.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser, Verbs } from "effect-herald"
 * import { Timeline } from "effect-herald/diagram"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 * const { get } = Verbs.make(Weather)
 *
 * const forecast = get("/forecast/Oslo").pipe(
 *   Effect.tapError((error) => Effect.logWarning(Timeline.toText(Timeline.ofError(error))))
 * )
 * ```
 */
export const ofError = (error: ErrorDetails & { readonly _tag?: string | undefined }): Timeline => {
  const { attempts, message, method, operation, requestId, status, timing, url } = error
  return {
    operation,
    method,
    url,
    ...(timing === undefined ? {} : timesOf(timing)),
    ...segmentsOf(timing ?? timingOfAttempts(attempts), attempts),
    outcome: { _tag: "Failure", error: error._tag, status, message, requestId }
  }
}

/**
 * Returns the timeline of the call that a response comes from: one of `withResponse`, or of a verb that returns responses. None for a
 * copy of such a response. For a Stream it ends when the head of the response was received.
 *
 * @example
 * ```ts
 * import { Console, Effect, Option, Schema } from "effect"
 * import { Authoriser, Endpoint, Operation } from "effect-herald"
 * import { Timeline } from "effect-herald/diagram"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 * const getForecast = Operation.make(Weather, () =>
 *   Endpoint.get("/forecast/{city}", { success: Schema.Struct({ celsius: Schema.Number }) })
 * )
 *
 * const program = getForecast.withResponse({ city: "Oslo" }).pipe(
 *   Effect.tap((response) =>
 *     Effect.forEach(Option.toArray(Timeline.ofResponse(response)), (timeline) => Console.log(Timeline.toText(timeline)))
 *   )
 * )
 * ```
 */
export const ofResponse = (response: Response<unknown>): Option.Option<Timeline> =>
  Option.map(Option.fromNullable(completedCallOf(response)), ({ attempts, call, timing }) => ({
    operation: call.endpoint.name,
    method: call.endpoint.method,
    url: hrefOf(call.authoriser.baseUrl) + call.endpoint.template,
    ...timesOf(timing),
    ...segmentsOf(timing, attempts),
    outcome: { _tag: "Success", status: response.status, cached: response.cached !== undefined }
  }))

/**
 * Returns the timeline of a call from its ended span. None for a span that has not ended, and for one that is not that of a call.
 * Spans have no event for each request, so that a timeline from a span has fewer times than one from an error: a request of an attempt
 * begins with the attempt, and the time until the head of its response is not known.
 *
 * @example
 * ```ts
 * import { Option } from "effect"
 * import { Timeline } from "effect-herald/diagram"
 *
 * // A processor of OpenTelemetry, which prints each call that failed.
 * const printing = {
 *   onEnd: (span: Timeline.OpenTelemetrySpan) => {
 *     const failed = Option.filter(Timeline.ofSpan(span), ({ outcome }) => outcome._tag === "Failure")
 *     if (Option.isSome(failed)) console.log(Timeline.toText(failed.value))
 *   }
 * }
 * ```
 */
export const ofSpan = (span: EffectSpan | OpenTelemetrySpan): Option.Option<Timeline> =>
  Option.fromNullable(timelineOfSpan(span))

/**
 * Formats a timeline for a font of fixed width: one row for each attempt and each wait, with the class and the verdict of a failure, and
 * a bar. An attempt of several requests has a row for each. In a bar `█` is a request, `▒` is the time for credentials, and `░` is a
 * wait. Of a timeline with more than 48 rows, those in the middle are left out.
 */
export const toText = (timeline: Timeline): string => formatTimeline(timeline)

/**
 * Draws a timeline as SVG, for light and dark backgrounds. The SVG has a title and a description for screen readers, no script, and no
 * reference to another file. All texts of the timeline are escaped and cut. Of a timeline with more than 48 rows, those in the middle are
 * left out.
 */
export const toSvg = (timeline: Timeline): string => drawTimeline(timeline)
