import * as Effect from "effect/Effect"
import type { Defaults } from "../../Authoriser.js"
import * as RetryPolicy from "../../RetryPolicy.js"

/** The policy of a call: the program's, or the API's default, or the standard one. */
export const currentPolicy = ({ retryPolicy }: Defaults): Effect.Effect<RetryPolicy.RetryPolicy> =>
  Effect.map(RetryPolicy.Current, (current) => current ?? retryPolicy ?? RetryPolicy.standard)
