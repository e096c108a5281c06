import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"

/** Returns the wait that the server asks for by the response of an error. */
export const retryAfterOf = (error: unknown): Duration.Duration =>
  Predicate.hasProperty(error, "retryAfter") && Duration.isDuration(error.retryAfter) ? error.retryAfter : Duration.zero
