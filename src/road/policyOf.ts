import * as Effect from "effect/Effect"
import type { Defaults } from "../Authoriser.js"
import * as RetryPolicy from "../RetryPolicy.js"

/** The policy that holds: the program's, else the API's own, else the standard one. */
export const policyOf = ({ retryPolicy }: Defaults): Effect.Effect<RetryPolicy.RetryPolicy> =>
  Effect.map(RetryPolicy.Current, (current) => current ?? retryPolicy ?? RetryPolicy.standard)
