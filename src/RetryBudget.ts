/**
 * What the calls to an origin may repeat together, as a token bucket: a retry takes a token, and where there is none, a call
 * ends with what it has. So an outage is met with about as many requests as there are calls, instead of with four times as
 * many at the worst of times.
 */
export interface Settings {
  /**
   * The most tokens, and how many there are to begin with. Default: 100, enough for a short disturbance to pass unseen, and
   * little beside the calls of any client that could do harm.
   */
  readonly capacity: number
  /**
   * What a call that succeeds gives back. Default: 0.2, so that in the long run retries are at most a fifth of what succeeds: enough
   * where one answer in ten fails (the share that Finagle and Linkerd chose).
   */
  readonly perSuccess: number
  /**
   * What a second gives back. Default: 1, so that after an outage a client with a few calls an hour is not without retries for
   * days; more than one retry a second it does not allow, which hurts nobody.
   */
  readonly perSecond: number
}

/** The default. */
export const standard: Settings = { capacity: 100, perSuccess: 0.2, perSecond: 1 }

/** A budget in use. Times are in milliseconds since the epoch. */
export interface RetryBudget {
  /** Takes a token; false if there is none. */
  readonly take: (now: number) => boolean
  /** Told of a call that succeeded. */
  readonly succeeded: () => void
  /** How many tokens there are. */
  readonly available: (now: number) => number
}

/** A budget, full. */
export const make = ({ capacity, perSecond, perSuccess }: Settings): RetryBudget => {
  let tokens = capacity
  /** Until when seconds were given back. A clock that is set back gives none twice. */
  let asOf: number | undefined
  const give = (some: number) => {
    tokens = Math.min(capacity, tokens + some)
  }
  const refill = (now: number) => {
    if (asOf !== undefined && now > asOf) give(((now - asOf) / 1000) * perSecond)
    asOf = Math.max(now, asOf ?? now)
  }
  return {
    take: (now) => {
      refill(now)
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
    succeeded: () => give(perSuccess),
    available: (now) => {
      refill(now)
      return tokens
    }
  }
}
