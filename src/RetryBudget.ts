/**
 * Settings of a retry budget: a token bucket that the calls to an origin share. Each retry takes a token. Where no token is
 * left, a call fails with its current error. During an outage an origin thus receives about one request for each call, instead
 * of one for each attempt that the policy allows.
 */
export interface Settings {
  /**
   * The size of the bucket, in tokens. A new budget is full. Default: 100, which covers a short disturbance and is few requests
   * for a client that is large enough to overload an origin.
   */
  readonly capacity: number
  /**
   * Tokens that each successful call returns. Default: 0.2, so that in the long run retries are at most a fifth of the
   * successes. That is enough if one response in ten is a failure (the ratio of Finagle and Linkerd).
   */
  readonly perSuccess: number
  /**
   * Tokens that each second returns. Default: 1, so that after an outage a client with a few calls an hour soon has retries
   * again. One retry a second is no load for an origin.
   */
  readonly perSecond: number
}

/** The default settings. */
export const standard: Settings = { capacity: 100, perSuccess: 0.2, perSecond: 1 }

/** A retry budget. Times are in milliseconds since the epoch. */
export interface RetryBudget {
  /** Takes a token. Returns false if none is left. */
  readonly take: (now: number) => boolean
  /** Records a successful call. */
  readonly succeeded: () => void
  /** Returns the number of tokens. */
  readonly available: (now: number) => number
}

/** Makes a full budget. */
export const make = ({ capacity, perSecond, perSuccess }: Settings): RetryBudget => {
  let tokens = capacity
  /** The time of the last refill. It never decreases, so that a clock that is set back does not refill twice. */
  let refilledAt: number | undefined
  const add = (count: number) => {
    tokens = Math.min(capacity, tokens + count)
  }
  const refill = (now: number) => {
    if (refilledAt !== undefined && now > refilledAt) add(((now - refilledAt) / 1000) * perSecond)
    refilledAt = Math.max(now, refilledAt ?? now)
  }
  return {
    take: (now) => {
      refill(now)
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
    succeeded: () => add(perSuccess),
    available: (now) => {
      refill(now)
      return tokens
    }
  }
}
