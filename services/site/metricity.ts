import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Operation from "../../src/Operation.js"
import { idOf } from "../references.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/metricity.js"
import type { UserReference } from "./users.js"

export {
  MetricityData,
  type MetricityDataEncoded,
  MetricityReviewData,
  type MetricityReviewDataEncoded
} from "../../schemas/site/Metricity.js"

/** Returns the activity of a user. Fails with `NotFound` if the site or the statistics do not know the user. */
export const getMetricityData = Operation.make(Authoriser, endpoints.getMetricityData, (user: UserReference) => ({
  id: idOf(user)
}))

/**
 * Returns the activity of a user, for the review of a nomination. Fails with `NotFound` if the site or the statistics do not know the user.
 */
export const getMetricityReviewData = Operation.make(
  Authoriser,
  endpoints.getMetricityReviewData,
  (user: UserReference) => ({ id: idOf(user) })
)

/**
 * Returns the numbers of messages that users sent in the last days, by the ids of the users.
 *
 * - `users`: at least one. The server refuses an empty list
 * - `days`: the number of days
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import type { Snowflake } from "effect-herald"
 * import * as Site from "effect-herald/site"
 *
 * const messagesOf = (user: Snowflake.Snowflake) =>
 *   Effect.map(Site.getMetricityActivity([user], { days: 30 }), (activity) => activity[user] ?? 0)
 * ```
 */
export const getMetricityActivity = Operation.make(
  Authoriser,
  endpoints.getMetricityActivity,
  (users: NonEmptyReadonlyArray<UserReference>, { days }: { readonly days: number }) => ({
    days,
    body: users.map((user) => idOf(user))
  })
)
