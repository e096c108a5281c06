import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type { FailedAttempt } from "../../src/Attempt.js"
import * as Backoff from "../../src/Backoff.js"
import * as RetryPolicy from "../../src/RetryPolicy.js"

const onPost = RetryPolicy.onMethod("POST")

/**
 * Makes a retry policy with a schedule of one's own. The conditions by status and method stay those of `retryPolicy`.
 *
 * - `schedule`: the waits between attempts. No retry follows after it ends. A `Retry-After` of up to ten minutes is the least wait
 *
 * @example
 * ```ts
 * import { Schedule } from "effect"
 * import { Backoff } from "effect-herald"
 * import * as Civis from "effect-herald/civis"
 *
 * const impatient = Civis.layerConfig({
 *   retryPolicy: Civis.withSchedule(Schedule.intersect(Schedule.spaced("1 second"), Backoff.attempts(3)))
 * })
 * ```
 */
export const withSchedule = (schedule: Schedule.Schedule<unknown, FailedAttempt>): RetryPolicy.RetryPolicy =>
  RetryPolicy.make({
    schedule,
    retries: Predicate.some([
      Predicate.and(RetryPolicy.onRetryAfter, RetryPolicy.onStatus(413, 429, 503)),
      Predicate.and(Predicate.not(RetryPolicy.onMethod("PATCH", "POST")), RetryPolicy.onStatus(429, 502, 503, 504)),
      Predicate.and(onPost, RetryPolicy.onStatus(429, 503))
    ]),
    maxWait: "10 minutes",
    rejected: Predicate.and(onPost, RetryPolicy.onStatus(503))
  })

/**
 * The retry policy that the documentation of Civis' API client describes:
 *
 * - 413, 429 and 503 with `Retry-After`: retried for any method.
 * - 429, 502, 503 and 504: retried, except for PATCH and POST.
 * - 429 and 503 to a POST: retried. A 503 to a POST is thus a rejection: Civis did not act on the request.
 *
 * The waits have full jitter, up to 2, 4, 8, ... 60 seconds. A call has at most ten attempts, and no retry after ten minutes. A
 * `Retry-After` of up to ten minutes is accepted. `layer` and `layerConfig` use it.
 *
 * @example
 * ```ts
 * import * as Civis from "effect-herald/civis"
 * import { Authoriser } from "effect-herald"
 *
 * class Platform extends Authoriser.Tag("app/Platform")<Platform>() {}
 *
 * const live = Platform.layer({ baseUrl: "https://api.civisanalytics.com", retryPolicy: Civis.retryPolicy })
 * ```
 */
export const retryPolicy: RetryPolicy.RetryPolicy = withSchedule(
  Backoff.exponential({ start: "2 seconds", cap: "60 seconds", jitter: "full" }).pipe(
    Schedule.intersect(Backoff.attempts(10)),
    Schedule.intersect(Backoff.elapsed("10 minutes"))
  )
)
