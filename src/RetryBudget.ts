/**
 * Settings of a retry budget: a token bucket that the calls to an origin share. Each retry takes a token. Where no token is
 * left, a call fails with its current error. During an outage an origin thus receives about one request for each call, instead
 * of one for each attempt that the policy allows.
 *
 * The size of the bucket follows the traffic, so that this is true for few calls a second as well as for many. It is the number of
 * tokens that the successes of the last ten seconds have returned, but at least `reserve` and at most `capacity`.
 *
 * A call that is alone, with no other in about the ten seconds before it, is not limited, if its retries are at least a tenth of a
 * second apart: those of one call are no storm.
 */
export interface Settings {
  /**
   * The largest size of the bucket, in tokens. Default: 100, which covers a short disturbance and is few requests for a client that
   * is large enough to overload an origin.
   */
  readonly capacity: number
  /**
   * The smallest size of the bucket, in tokens, and the tokens of a new budget. Default: 3, the retries of one call by the standard
   * policy.
   */
  readonly reserve: number
  /**
   * Tokens that each successful call returns. Default: 0.2, so that in the long run retries are at most a fifth of the
   * successes. That is enough if one response in ten is a failure (the ratio of Finagle and Linkerd).
   */
  readonly perSuccess: number
  /**
   * Tokens that each second returns. Default: 0.075, so that a client with a few calls an hour has retries again. A client with one
   * call a second then sends at most 1.3 requests a call in any outage of ten seconds or more, its reserve included.
   */
  readonly perSecond: number
}

/** The default settings. */
export const standard: Settings = { capacity: 100, reserve: 3, perSuccess: 0.2, perSecond: 0.075 }

/** A retry budget. Times are in milliseconds since the epoch. */
export interface RetryBudget {
  /** Records the start of a call. */
  readonly began: (now: number) => void
  /** Takes a token, if one is left. Returns true if the call may be retried. */
  readonly take: (now: number) => boolean
  /** Records a successful call. */
  readonly succeeded: (now: number) => void
  /** Returns the number of tokens. */
  readonly available: (now: number) => number
}

/**
 * The time constant of the counts of recent calls and successes, in milliseconds: each counts fully at first, and to 37 % after this time.
 * With a constant rate of calls, the count is thus that of ten seconds.
 */
const recent = 10_000

/** The count of recent calls below which the last call is alone. */
const alone = 1.5

/** The shortest time between retries of a call that is alone, in milliseconds. Its policy may have no waits, and no end. */
const aloneInterval = 100

/** Makes a budget with its reserve. */
export const make = ({ capacity, perSecond, perSuccess, reserve }: Settings): RetryBudget => {
  let tokens = reserve
  /** The counts of recent calls and of recent successes. */
  let calls = 0
  let successes = 0
  let takenAt = -Infinity
  /** The time of the last update. It never decreases, so that a clock that is set back does not refill twice. */
  let updatedAt: number | undefined
  const update = (now: number, count = 0) => {
    const elapsed = Math.max(0, now - (updatedAt ?? now))
    updatedAt = Math.max(now, updatedAt ?? now)
    const decay = Math.exp(-elapsed / recent)
    calls *= decay
    successes = successes * decay + count
    const size = Math.min(capacity, Math.max(reserve, perSuccess * successes))
    // Without a check, no time at an infinite rate would be NaN.
    tokens = Math.min(size, tokens + count * perSuccess + (elapsed === 0 ? 0 : (elapsed / 1000) * perSecond))
  }
  return {
    began: (now) => {
      update(now)
      calls += 1
    },
    take: (now) => {
      update(now)
      const isAlone = capacity >= 1 && calls > 0 && calls < alone && now - takenAt >= aloneInterval
      if (tokens < 1 && !isAlone) return false
      tokens = Math.max(0, tokens - 1)
      takenAt = now
      return true
    },
    succeeded: (now) => update(now, 1),
    available: (now) => {
      update(now)
      return tokens
    }
  }
}
