import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Current } from "../Deadline.js"
import { type HeraldError, NotSent, TimeoutError } from "../HeraldError.js"
import { type Call, teller } from "./errors.js"

const passed = (call: Call, deadline: Duration.Duration): NotSent | TimeoutError => {
  const { told } = teller(call)
  const time = Duration.format(deadline)
  return call.authorised === undefined
    ? new NotSent(told(`not sent within its deadline of ${time}`))
    : new TimeoutError({ ...told(`not done within its deadline of ${time}`), reason: "deadline" })
}

/**
 * Ends a call that takes longer than its deadline. What is under way is interruptible for the deadline even where the caller
 * can't be interrupted.
 */
export const withDeadline = <A, R>(
  call: Call,
  effect: Effect.Effect<A, HeraldError, R>
): Effect.Effect<A, HeraldError, R> =>
  Effect.flatMap(Current, (given) => {
    if (given === undefined) return effect
    const deadline = Duration.decode(given)
    return Duration.lessThanOrEqualTo(deadline, Duration.zero)
      ? Effect.fail(passed(call, deadline))
      : Effect.timeoutFail(Effect.interruptible(effect), {
          duration: deadline,
          onTimeout: () => passed(call, deadline)
        })
  })
