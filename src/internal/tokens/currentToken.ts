import * as Redacted from "effect/Redacted"
import type { Token } from "../../Token.js"
import { isFresh } from "./freshness.js"

/** A token with its generation, by which `Credentials.rejected` refers to it. */
export interface NumberedToken {
  readonly token: Token
  /** Increases, from 1, whenever the token changes, and whenever the server issues one, even if it is the same token. */
  readonly generation: number
  /** The first of the consecutive generations with this access token. */
  readonly firstGeneration: number
}

/** A token from the store, or one that the server has just issued. */
export interface AcquiredToken {
  readonly token: Token
  readonly issued: boolean
}

/** Compares the access tokens. */
export const isSameToken = (one: Token | undefined, other: Token): boolean =>
  one !== undefined && Redacted.value(one.accessToken) === Redacted.value(other.accessToken)

/** The token in memory, and the generations that were rejected or cleared. */
export interface CurrentToken {
  readonly get: () => NumberedToken | undefined
  /** The token, if it is fresh and the server did not reject it. */
  readonly usable: (now: number) => NumberedToken | undefined
  readonly set: (acquired: AcquiredToken) => NumberedToken
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

/** Makes an empty state. `refreshMargin` is in milliseconds. */
export const makeCurrentToken = (refreshMargin: number): CurrentToken => {
  let current: NumberedToken | undefined
  let generations = 0
  let lastRejected: number | undefined
  let lastCleared = 0
  let timesCleared = 0
  let grantId: string | undefined

  return {
    get: () => current,
    usable: (now) =>
      current !== undefined && current.generation !== lastRejected && isFresh(current.token, refreshMargin, now)
        ? current
        : undefined,
    set: ({ issued, token }) => {
      const same = isSameToken(current?.token, token) ? current : undefined
      if (same === undefined || issued) generations += 1
      current = { token, generation: generations, firstGeneration: same?.firstGeneration ?? generations }
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
