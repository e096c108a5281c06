import * as Duration from "effect/Duration"

/** Returns a sentence about a deadline that leaves no time, such as one in the past; undefined for any other. */
export const passedBefore = (deadline: Duration.Duration): string | undefined =>
  Duration.toMillis(deadline) < 0.5
    ? "not sent, since its deadline had passed before it was sent: give it more time"
    : undefined
