import * as Effect from "effect/Effect"
import type { Attempt } from "../Attempt.js"
import type { Call } from "./errors.js"

/** A call that others watch while it is under way. */
export interface Watched extends Call {
  /** Told of each attempt that failed as soon as it is known what becomes of it: before the wait, if there is one. */
  readonly watchers: Array<(attempt: Attempt) => Effect.Effect<void>>
}

/** Keeps an attempt that failed, and tells of it. */
export const note = ({ attempts, watchers }: Watched, attempt: Attempt): Effect.Effect<void> => {
  attempts.push(attempt)
  return Effect.forEach(watchers, (watcher) => watcher(attempt), { discard: true })
}
