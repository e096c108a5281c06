import type { Token } from "../../Token.js"

/**
 * The maximum refresh margin, as a share of the token's lifetime. With a longer margin, a token with a short lifetime would
 * never be fresh.
 */
const maxMarginShare = 0.5

/** Reports whether a token expires later than the refresh margin from now. Times are in milliseconds. */
export const isFresh = ({ expiresAt, grantedAt }: Token, refreshMargin: number, now: number): boolean =>
  expiresAt === undefined ||
  now < expiresAt - Math.min(refreshMargin, Math.max(0, expiresAt - grantedAt) * maxMarginShare)
