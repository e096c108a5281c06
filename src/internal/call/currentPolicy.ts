import * as Effect from "effect/Effect"
import type { Defaults } from "../../Authoriser.js"
import * as RetryPolicy from "../../RetryPolicy.js"

/** Returns the policy of a call: `RetryPolicy.Current`, or else the API's default, or else the standard one. */
export const currentPolicy = ({ retryPolicy }: Defaults): Effect.Effect<RetryPolicy.RetryPolicy> =>
  Effect.map(RetryPolicy.Current, (current) => current ?? retryPolicy ?? RetryPolicy.standard)
