import * as Context from "effect/Context"
import * as RetryPolicy from "../../RetryPolicy.js"
import type { CallInfo } from "./CallInfo.js"

/** Returns the policy of a call: `RetryPolicy.Current`, or else the API's default, or else the standard one. */
export const currentPolicy = ({
  authoriser: { defaults },
  context
}: Pick<CallInfo, "authoriser" | "context">): RetryPolicy.RetryPolicy =>
  Context.get(context, RetryPolicy.Current) ?? defaults.retryPolicy ?? RetryPolicy.standard
