import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as Backoff from "../../src/Backoff.js"
import * as RetryPolicy from "../../src/RetryPolicy.js"

const onPost = RetryPolicy.onMethod("POST")

/**
 * The retry policy that the documentation of Civis' API client describes:
 *
 * - 413, 429 and 503 with `Retry-After`: retried for any method.
 * - 429, 502, 503 and 504: retried, except for PATCH and POST.
 * - 429 and 503 to a POST: retried. A 503 to a POST is thus a rejection: Civis did not act on the request.
 *
 * The waits have full jitter, up to 2, 4, 8, ... 60 seconds. A call has at most ten attempts, and no retry after ten minutes. A
 * `Retry-After` of up to ten minutes is accepted.
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
export const retryPolicy: RetryPolicy.RetryPolicy = RetryPolicy.make({
  schedule: Backoff.exponential({ start: "2 seconds", cap: "60 seconds", jitter: "full" }).pipe(
    Schedule.intersect(Backoff.attempts(10)),
    Schedule.intersect(Backoff.elapsed("10 minutes"))
  ),
  retries: Predicate.some([
    Predicate.and(RetryPolicy.onRetryAfter, RetryPolicy.onStatus(413, 429, 503)),
    Predicate.and(Predicate.not(RetryPolicy.onMethod("PATCH", "POST")), RetryPolicy.onStatus(429, 502, 503, 504)),
    Predicate.and(onPost, RetryPolicy.onStatus(429, 503))
  ]),
  maxWait: "10 minutes",
  rejected: Predicate.and(onPost, RetryPolicy.onStatus(503))
})
