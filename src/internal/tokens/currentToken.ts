import type * as Clock from "effect/Clock"
import * as Redacted from "effect/Redacted"
import type { Token } from "../../Token.js"
import { freshFor } from "./freshness.js"

/** A token with its generation, by which `Credentials.rejected` refers to it. */
export interface NumberedToken {
  readonly token: Token
  /** Increases, from 1, whenever the token changes, and whenever the server issues one, even if it is the same token. */
  readonly generation: number
  /** The first of the consecutive generations with this access token. */
  readonly firstGeneration: number
}

/**
 * A token with its source:
 *
 * - `stored`: from the store
 * - `issued`: the server has just issued it
 * - `kept`: the current one, which its rejection does not replace
 */
export interface AcquiredToken {
  readonly token: Token
  readonly source: "stored" | "issued" | "kept"
}

/** Compares the access tokens. */
export const isSameToken = (one: Token | undefined, other: Token): boolean =>
  one !== undefined && Redacted.value(one.accessToken) === Redacted.value(other.accessToken)

/** The token in memory, and the generations that were rejected or cleared. */
export interface CurrentToken {
  readonly get: () => NumberedToken | undefined
  /** The token, if it is fresh and the server did not reject it. */
  readonly usable: (clock: Clock.Clock) => NumberedToken | undefined
  readonly set: (acquired: AcquiredToken, clock: Clock.Clock) => NumberedToken
  readonly clear: () => void
  /** Marks a generation as rejected by the server. */
  readonly reject: (generation: number) => void
  readonly isRejected: (generation: number) => boolean
  /** Reports whether the token of this generation, or a later one, was cleared. */
  readonly isCleared: (generation: number) => boolean
  /** The grant of the latest token, whether that is usable or not. */
  readonly grantId: () => string | undefined
  /**
   * Returns a function that sets the grant, for a stored token that is about to be loaded. It does nothing if a token was
   * set or cleared meanwhile, since the loaded one is then out of date.
   */
  readonly grantIdSetter: () => (grantId: string | undefined) => void
}

/** Returns the time of a clock that is never set, in milliseconds. Only differences are meaningful. */
const monotonic = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos()) / 1_000_000

/** Makes an empty state. `refreshMargin` is in milliseconds. */
export const makeCurrentToken = (refreshMargin: number): CurrentToken => {
  let current: NumberedToken | undefined
  /** The times between which the token is fresh, by the monotonic clock: the other one may be set back or put forward. */
  let fresh = { from: 0, to: 0 }
  let generations = 0
  let lastRejected: number | undefined
  let lastCleared = 0
  let timesCleared = 0
  let grantId: string | undefined

  const isFresh = ({ token }: NumberedToken, clock: Clock.Clock): boolean => {
    if (freshFor(token, refreshMargin, clock.unsafeCurrentTimeMillis()) <= 0) return false
    const now = monotonic(clock)
    return token.expiresAt === undefined || (now >= fresh.from && now < fresh.to)
  }

  return {
    get: () => current,
    usable: (clock) =>
      current !== undefined && current.generation !== lastRejected && isFresh(current, clock) ? current : undefined,
    set: ({ source, token }, clock) => {
      const same = isSameToken(current?.token, token) ? current : undefined
      if (source === "kept") lastRejected = undefined
      if (same === undefined || source === "issued") generations += 1
      current = { token, generation: generations, firstGeneration: same?.firstGeneration ?? generations }
      if (source !== "kept") {
        const from = monotonic(clock)
        fresh = { from, to: from + freshFor(token, refreshMargin, clock.unsafeCurrentTimeMillis()) }
      }
      grantId = token.grantId
      return current
    },
    clear: () => {
      timesCleared += 1
      lastCleared = generations
      current = grantId = undefined
    },
    reject: (generation) => {
      lastRejected = generation
    },
    isRejected: (generation) => generation === lastRejected,
    isCleared: (generation) => generation <= lastCleared,
    grantId: () => grantId,
    grantIdSetter: () => {
      const before = timesCleared
      return (loaded) => {
        if (timesCleared === before) grantId ??= loaded
      }
    }
  }
}
