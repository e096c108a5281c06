import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { type CallError, isTransient } from "../../src/HeraldError.js"
import * as Operation from "../../src/Operation.js"
import * as ResponseCache from "../../src/ResponseCache.js"
import * as RetryPolicy from "../../src/RetryPolicy.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/healthcheck.js"

/** Succeeds if the site is up. Needs no token. */
export const checkHealth = Operation.make(Authoriser, endpoints.checkHealth)

/** The schedule of the bot's own start: three checks, five seconds apart. */
const threeChecks = () => Schedule.intersect(Schedule.spaced("5 seconds"), Schedule.recurs(2))

/** Reports whether a failure can end by waiting. In place of a site that starts, a proxy responds with a page of HTML. */
const isStarting = (error: CallError): boolean =>
  isTransient(error) || error._tag === "ServerError" || (error._tag === "DecodeError" && error.reason === "Json")

/**
 * Waits until the site is healthy.
 *
 * - `schedule`: the times of the checks after the first one. Default: two more, each five seconds after the last
 *
 * The site counts as not healthy yet if there is no connection or no response in time, for a 5xx, 408, 425 or 429, and for a response
 * that is not JSON. Any other failure, such as `Unauthorized` or the 404 of a wrong base URL, ends the wait at once. After the last check
 * the Effect fails with its error. A check is one attempt, whatever the retry policy, and no response comes from a cache. Use
 * `Effect.timeout` to limit the time of the wait.
 *
 * @example
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import * as Site from "effect-herald/site"
 *
 * const start = Site.waitUntilHealthy(Schedule.spaced("1 second")).pipe(
 *   Effect.timeout("2 minutes"),
 *   Effect.zipRight(Effect.log("The site is up"))
 * )
 * ```
 */
export const waitUntilHealthy = <R = never>(schedule: Schedule.Schedule<unknown, CallError, R> = threeChecks()) =>
  Schedule.isSchedule(schedule)
    ? checkHealth().pipe(
        Effect.provideService(RetryPolicy.Current, RetryPolicy.none),
        Effect.provideService(ResponseCache.Current, "bypass"),
        Effect.retry({ schedule, while: isStarting }),
        Effect.asVoid
      )
    : Effect.die(new TypeError('waitUntilHealthy takes a Schedule, such as Schedule.spaced("1 second")'))
