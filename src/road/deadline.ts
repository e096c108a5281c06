import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Current } from "../Deadline.js"
import { type HeraldError, TimeoutError } from "../HeraldError.js"
import { type Call, teller } from "./errors.js"

/**
 * Ends a call that takes longer than its deadline. What is under way is interruptible for the deadline even where the caller
 * can't be interrupted.
 */
export const withDeadline = <A, R>(
  call: Call,
  effect: Effect.Effect<A, HeraldError, R>
): Effect.Effect<A, HeraldError, R> =>
  Effect.flatMap(Current, (deadline) =>
    deadline === undefined
      ? effect
      : Effect.timeoutFail(Effect.interruptible(effect), {
          duration: deadline,
          onTimeout: () =>
            new TimeoutError({
              ...teller(call).told(`not done within ${Duration.format(Duration.decode(deadline))}`),
              reason: "deadline"
            })
        })
  )
