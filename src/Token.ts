import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { fingerprint } from "./Credentials.js"
import { randomHex } from "./hex.js"
import { fieldName } from "./road/field.js"

/** Credentials that are granted for a time (RFC 6749, 5.1). */
export interface Token {
  readonly accessToken: Redacted.Redacted
  /** How it is presented: `Bearer`, as a rule. */
  readonly tokenType: string
  /** In milliseconds since the epoch, as the next one. */
  readonly grantedAt: number
  /** Not there if nobody said: it is taken to be good until a server refuses it. */
  readonly expiresAt?: number | undefined
  readonly refreshToken?: Redacted.Redacted | undefined
  /** What it is good for, if that was said: names with spaces between. */
  readonly scope?: string | undefined
  /**
   * Names the grant that it comes from, and its refreshed successors do. It is no secret, and tells the answers for one who signed
   * in from those for another.
   */
  readonly grantId: string
}

/** What an authorisation server answers: a token, but for what is known here. `expiresIn` is in seconds. */
export interface Granted {
  readonly accessToken: Redacted.Redacted
  readonly tokenType?: string | undefined
  readonly expiresIn?: number | undefined
  readonly refreshToken?: Redacted.Redacted | undefined
  readonly scope?: string | undefined
}

/**
 * Why there is no token. None of it may hold a secret.
 *
 * - `Refused`: the server does not grant it, or no longer takes the refresh token
 * - `Denied`: the person did not agree
 * - `TimedOut`: the person did nothing in time
 * - `Unavailable`: the server could not be asked, or did not answer as it should; nothing is known of the token
 * - `Store`: the store of tokens could not be asked
 * - `Invalid`: what was granted does not pass the test
 * - `Unsafe`: what came back is not an answer to what was asked (a wrong `state`, an issuer that is another)
 */
export class TokenFailure
  extends /*#__PURE__*/ Data.TaggedError("TokenFailure")<{
    readonly reason: "Refused" | "Denied" | "TimedOut" | "Unavailable" | "Store" | "Invalid" | "Unsafe"
    readonly message: string
  }> {}

/** What can stand in a header, and be told from the rest of it (RFC 9110, 11.4; RFC 6750, 2.1). */
const presentable = (tokenType: string, accessToken: unknown): boolean =>
  // What untyped JSON gives may be none.
  typeof accessToken === "string" && fieldName.test(tokenType) && /^[\x21-\x7e]+$/.test(accessToken)

/** `Bearer` where nothing is said; servers write it in either case. */
const typeOf = (tokenType: string | null | undefined): string =>
  tokenType === null || tokenType === undefined || /^(?:bearer)?$/i.test(tokenType) ? "Bearer" : tokenType

/**
 * The token that was granted, in the place of the one before, if it is that which was refreshed: that one's refresh token holds on if
 * no other came (RFC 6749, 6). A life of no seconds or fewer is taken to be unknown.
 */
export const fromGranted = (
  { accessToken, expiresIn, refreshToken, scope, tokenType }: Granted,
  before: Token | undefined,
  now: number
): Effect.Effect<Token, TokenFailure> => {
  const type = typeOf(tokenType)
  if (!presentable(type, Redacted.value(accessToken))) {
    return Effect.fail(new TokenFailure({ reason: "Invalid", message: "what was granted can't stand in a header" }))
  }
  const lives = expiresIn !== undefined && expiresIn > 0
  return Effect.sync(() => ({
    accessToken,
    tokenType: type,
    grantedAt: now,
    expiresAt: lives ? now + expiresIn * 1000 : undefined,
    refreshToken: refreshToken ?? before?.refreshToken,
    scope: scope ?? before?.scope,
    grantId: before?.grantId ?? randomHex(16)
  }))
}

const orNull = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { nullable: true })

/**
 * A token as stores keep it: the fields of RFC 6749, 5.1, and `granted_at`, `expires_at` (seconds since the epoch) and `grant_id`.
 * What else a file holds is left out.
 */
const Kept = () =>
  Schema.Struct({
    access_token: Schema.NonEmptyString,
    token_type: orNull(Schema.String),
    granted_at: orNull(Schema.Finite),
    expires_at: orNull(Schema.Finite),
    expires_in: orNull(Schema.Finite),
    refresh_token: orNull(Schema.String),
    scope: orNull(Schema.String),
    grant_id: orNull(Schema.String),
    /** What an answer has that is no token. */
    error: Schema.optional(Schema.Null)
  })

/** Seconds with a fraction are not exact. */
const millis = (seconds: number): number => Math.round(seconds * 1000)

/** The text that a store keeps. */
export const print = (token: Token): string =>
  JSON.stringify({
    access_token: Redacted.value(token.accessToken),
    token_type: token.tokenType,
    granted_at: token.grantedAt / 1000,
    expires_at: token.expiresAt === undefined ? undefined : token.expiresAt / 1000,
    refresh_token: token.refreshToken === undefined ? undefined : Redacted.value(token.refreshToken),
    scope: token.scope,
    grant_id: token.grantId
  } satisfies Schema.Schema.Encoded<ReturnType<typeof Kept>>)

/**
 * The token in a text that a store kept, or an answer of a server that another program left in its place; undefined if there is none, or
 * it says `error`. `expires_at` counts before `expires_in`, which needs a `granted_at`.
 */
export const parse = (text: string): Effect.Effect<Token | undefined> => {
  const kept = Option.getOrUndefined(Schema.decodeUnknownOption(Schema.parseJson(Kept()))(text))
  if (kept === undefined) return Effect.succeed(undefined)
  const tokenType = typeOf(kept.token_type)
  if (!presentable(tokenType, kept.access_token)) return Effect.succeed(undefined)
  const grantedAt = millis(kept.granted_at ?? 0)
  const { expires_in: life, granted_at: granted } = kept
  const expiresAt = kept.expires_at ?? (granted === undefined || life === undefined ? undefined : granted + life)
  const secret = Redacted.make(kept.refresh_token || kept.access_token)
  return Effect.map(kept.grant_id === undefined ? fingerprint(secret) : Effect.succeed(kept.grant_id), (grantId) => ({
    accessToken: Redacted.make(kept.access_token),
    tokenType,
    grantedAt,
    expiresAt: expiresAt === undefined ? undefined : millis(expiresAt),
    refreshToken: kept.refresh_token ? Redacted.make(kept.refresh_token) : undefined,
    scope: kept.scope,
    grantId
  }))
}
