import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"

/**
 * How long a whole call may take: its attempts, the waits between them, and reading the answer. Provide it, as a service, for
 * a call or for many. When it passes, what is under way is interrupted and the call fails with a `TimeoutError`, or with
 * `NotSent` if nothing was sent by then; a wait that would pass it is not begun. Not set, the API's own default holds, or a
 * call takes as long as its transport lets it. In a list each page is a call: `Stream.interruptAfter` bounds the whole.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Deadline } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const quick = Polympics.checkSignups.pipe(Effect.provideService(Deadline.Current, "5 seconds"))
 * ```
 */
export class Current
  extends /*#__PURE__*/ Context.Reference<Current>()("effect-herald/Deadline/Current", {
    defaultValue: (): Duration.DurationInput | undefined => undefined
  }) {}

/**
 * How long each attempt of a call may take, from its credentials to the last byte of the answer. When it passes, the attempt
 * has failed, and the policy says whether another follows; if none does, the call fails with a `TimeoutError`. Not set, the
 * API's own default holds, or none does.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Deadline } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const steady = Polympics.checkSignups.pipe(
 *   Effect.provideService(Deadline.PerAttempt, "2 seconds"),
 *   Effect.provideService(Deadline.Current, "10 seconds")
 * )
 * ```
 */
export class PerAttempt
  extends /*#__PURE__*/ Context.Reference<PerAttempt>()("effect-herald/Deadline/PerAttempt", {
    defaultValue: (): Duration.DurationInput | undefined => undefined
  }) {}
