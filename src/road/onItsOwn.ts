import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Deadline from "../Deadline.js"
import * as ResponseCache from "../ResponseCache.js"
import * as RetryPolicy from "../RetryPolicy.js"

/** What a caller's program sets for its own calls is not for a request that others wait for, too: the API's own holds. */
export const onItsOwn = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(effect, (context: Context.Context<R>) =>
    context.pipe(
      Context.add(Deadline.Current, undefined),
      Context.add(Deadline.PerAttempt, undefined),
      Context.add(RetryPolicy.Current, undefined),
      Context.add(ResponseCache.Current, "use")
    )
  )
