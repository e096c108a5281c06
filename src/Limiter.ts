import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"

/**
 * Limits the rate of attempts. An optional service: an API's layer takes it from its context when it is built.
 * `effect-herald/rate-limit` has an implementation.
 */
export class Limiter extends Context.Tag("effect-herald/Limiter")<
  Limiter,
  {
    /** Waits until one more request may be sent. Fails at once if the wait would be longer than `maxWait`. */
    readonly acquire: (
      caller: { readonly origin: string; readonly identity: string },
      maxWait: Duration.Duration
    ) => Effect.Effect<void, LimiterFailure>
  }
>() {}

/** A limiter does not admit a request. The call fails with a `NotSent` that has this message. */
export class LimiterFailure extends Data.TaggedError("LimiterFailure")<{
  readonly message: string
  /** The time until a request may be admitted, if it is known. */
  readonly retryAfter?: Duration.Duration | undefined
}> {}
