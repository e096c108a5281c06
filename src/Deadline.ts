import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"

/**
 * The time limit of a call: its attempts, the waits between them, and reading the response. Provide it, as a service, to a
 * single call or to a program. Default: the deadline of the API's layer, or else none.
 *
 * When the deadline passes, the attempt in progress is interrupted. The call fails with a `TimeoutError`, or with `NotSent` if
 * nothing was sent. A wait that would pass the deadline does not begin. In a paginated list each page is a call:
 * `Stream.interruptAfter` limits the whole list.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser, Deadline, Verbs } from "effect-herald"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 * const { get } = Verbs.make(Weather)
 *
 * const forecast = get("/forecast/Oslo").pipe(Effect.provideService(Deadline.Current, "5 seconds"))
 * ```
 */
export class Current extends Context.Reference<Current>()("effect-herald/Deadline/Current", {
  defaultValue: (): Duration.DurationInput | undefined => undefined
}) {}

/**
 * The time limit of each attempt of a call, from its credentials to the last byte of the response. Default: that of the API's
 * layer, or else none.
 *
 * When the limit passes, the attempt has failed, and the retry policy decides whether another follows. If none does, the call
 * fails with a `TimeoutError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser, Deadline, Verbs } from "effect-herald"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 * const { get } = Verbs.make(Weather)
 *
 * const forecast = get("/forecast/Oslo").pipe(
 *   Effect.provideService(Deadline.PerAttempt, "2 seconds"),
 *   Effect.provideService(Deadline.Current, "10 seconds")
 * )
 * ```
 */
export class PerAttempt extends Context.Reference<PerAttempt>()("effect-herald/Deadline/PerAttempt", {
  defaultValue: (): Duration.DurationInput | undefined => undefined
}) {}
