import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { TokenFailure } from "../../Token.js"

/**
 * The times for which refusals are remembered, in milliseconds. Calls within this time fail with the same failure, instead of another
 * login page or another request.
 *
 * - `Denied`, `TimedOut`, `Unsafe`, `Invalid`: five minutes, since a user would have to sign in again
 * - `Unavailable` after a user took part: a minute, since each attempt asks the user again
 * - `Refused`, `Misconfigured`: a minute, since the operator may change the server or the client's registration meanwhile
 *
 * After a refresh it is a minute for all of them, since no user has to do anything.
 */
const remembered: Partial<Record<TokenFailure["reason"], number>> = {
  Denied: 300_000,
  TimedOut: 300_000,
  Unsafe: 300_000,
  Invalid: 300_000,
  Refused: 60_000,
  Misconfigured: 60_000,
  // If a user took part; see `record`.
  Unavailable: 60_000
}

/** The refusals of the server and of the user. */
export interface Refusals {
  /** Returns the failure that acquisitions end with now, if there is one. A refresh may be tried after the refusal of a grant. */
  readonly get: (now: number, refreshable: boolean) => TokenFailure | undefined
  /** Reports whether the server has refused a refresh token. */
  readonly isRefused: (refreshToken: Redacted.Redacted) => boolean
  readonly recordGrant: (failure: TokenFailure) => Effect.Effect<void>
  /** Records the failure of a refresh. A server that refuses the refresh token may grant another one, but for `Misconfigured`. */
  readonly recordRefresh: (failure: TokenFailure, presented: Redacted.Redacted) => Effect.Effect<void>
  /** Records that the response to a refresh can't be used, for all acquisitions. */
  readonly recordResponse: (failure: TokenFailure) => Effect.Effect<void>
  readonly clear: () => void
}

/** The longest time for which the failure of a refresh is remembered, in milliseconds. */
const rememberedOfRefresh = 60_000

/** Makes an empty memory. */
export const makeRefusals = (): Refusals => {
  let refusal: { readonly failure: TokenFailure; readonly at: number; readonly ofRefresh: boolean } | undefined
  let refused: string | undefined

  const record = (failure: TokenFailure, ofRefresh: boolean) =>
    Effect.map(Clock.currentTimeMillis, (at) => {
      refusal =
        failure.reason === "Unavailable" && failure.userTookPart !== true ? undefined : { failure, at, ofRefresh }
    })

  return {
    get: (now, refreshable) => {
      if (refusal === undefined || (refreshable && !refusal.ofRefresh)) return undefined
      const age = now - refusal.at
      // A negative age is that of a clock that was set back.
      const time = remembered[refusal.failure.reason] ?? 0
      return age >= 0 && age < (refusal.ofRefresh ? Math.min(time, rememberedOfRefresh) : time)
        ? refusal.failure
        : undefined
    },
    isRefused: (refreshToken) => Redacted.value(refreshToken) === refused,
    recordGrant: (failure) => record(failure, false),
    recordRefresh: (failure, presented) => {
      if (failure.reason === "Misconfigured") return record(failure, true)
      return Effect.sync(() => {
        if (failure.reason === "Refused") refused = Redacted.value(presented)
      })
    },
    recordResponse: (failure) => record(failure, true),
    clear: () => {
      refusal = refused = undefined
    }
  }
}
