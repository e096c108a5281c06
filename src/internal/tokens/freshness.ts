import type { Token } from "../../Token.js"

/**
 * The share of a token's lifetime that the refresh margin may take. A longer margin would make short-lived tokens never
 * fresh.
 */
const maxMarginShare = 0.5

/** Reports whether a token is good for longer than the refresh margin. Times are in milliseconds. */
export const isFresh = ({ expiresAt, grantedAt }: Token, refreshMargin: number, now: number): boolean =>
  expiresAt === undefined ||
  now < expiresAt - Math.min(refreshMargin, Math.max(0, expiresAt - grantedAt) * maxMarginShare)
