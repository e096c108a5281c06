import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Deadline from "../../Deadline.js"
import * as ResponseCache from "../../ResponseCache.js"
import * as RetryPolicy from "../../RetryPolicy.js"

/** Clears per-call overrides for requests that are shared between calls or belong to none, so that the API's defaults apply. */
export const detached = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(effect, (context: Context.Context<R>) =>
    context.pipe(
      Context.add(Deadline.Current, undefined),
      Context.add(Deadline.PerAttempt, undefined),
      Context.add(RetryPolicy.Current, undefined),
      Context.add(ResponseCache.Current, "use")
    )
  )
