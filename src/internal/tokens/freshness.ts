import type { Token } from "../../Token.js"

/**
 * The maximum refresh margin, as a share of the token's lifetime. With a longer margin, a token with a short lifetime would
 * never be fresh.
 */
const maxMarginShare = 0.5

/**
 * Returns the time that is left until a token has to be refreshed, in milliseconds; 0 or less if it has to be now. `refreshMargin` and
 * `now` are in milliseconds.
 *
 * A token that was granted later than now, by more than the margin, has 0: the clock of this process or of another was set back, so that
 * the time of expiry is not known.
 */
export const freshFor = ({ expiresAt, grantedAt }: Token, refreshMargin: number, now: number): number => {
  if (expiresAt === undefined) return Infinity
  const margin = Math.min(refreshMargin, Math.max(0, expiresAt - grantedAt) * maxMarginShare)
  return grantedAt > now + margin ? 0 : expiresAt - margin - now
}
