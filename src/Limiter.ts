import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"

/**
 * Holds calls to a limit that the user knows: an optional service, found when a caller's layer is built. The one to use is in
 * `effect-herald/rate-limit`.
 */
export class Limiter
  extends /*#__PURE__*/ Context.Tag("effect-herald/Limiter")<
    Limiter,
    {
      /** Waits until one more request may be sent, or fails at once if that would be longer than `most`. */
      readonly acquire: (
        caller: { readonly origin: string; readonly identity: string },
        most: Duration.Duration
      ) => Effect.Effect<void, LimiterFailure>
    }
  >() {}

/** Why a limiter lets nothing through. The call ends with a `NotSent` that says so. */
export class LimiterFailure
  extends /*#__PURE__*/ Data.TaggedError("LimiterFailure")<{
    readonly message: string
    /** How long until it is worth asking again, if that is known. */
    readonly retryAfter?: Duration.Duration | undefined
  }> {}
