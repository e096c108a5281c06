import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { fingerprint } from "./internal/fingerprint.js"
import { randomHex } from "./internal/hex.js"
import { fieldName, visibleAscii } from "./internal/http/fieldSyntax.js"

/** An access token with its metadata (RFC 6749, 5.1). */
export interface Token {
  readonly accessToken: Redacted.Redacted
  /** The authentication scheme that the token is sent with, usually `Bearer`. */
  readonly tokenType: string
  /** The time of the grant or the refresh, in milliseconds since the epoch. */
  readonly grantedAt: number
  /**
   * The time of expiry, in milliseconds since the epoch. Undefined if the server sent none: the token is used until a 401.
   */
  readonly expiresAt?: number | undefined
  readonly refreshToken?: Redacted.Redacted | undefined
  /** The scope of the token, as scope names separated by spaces, if the server sent it. */
  readonly scope?: string | undefined
  /**
   * Identifies the grant that the token comes from. A refreshed token has the `grantId` of the token before it. It is not a
   * secret, and separates the cached responses of one sign-in from those of another.
   */
  readonly grantId: string
}

/** A token response of an authorization server (RFC 6749, 5.1). */
export interface TokenResponse {
  readonly accessToken: Redacted.Redacted
  /** Default: `Bearer`. */
  readonly tokenType?: string | undefined
  /** The lifetime of the token, in seconds. Zero or less counts as unknown. */
  readonly expiresIn?: number | undefined
  readonly refreshToken?: Redacted.Redacted | undefined
  readonly scope?: string | undefined
}

/**
 * The reason why there is no token. Neither field may hold a secret.
 *
 * - `Refused`: the server refuses the grant, or no longer accepts the refresh token
 * - `Denied`: the user denied access
 * - `TimedOut`: the user did not finish in time
 * - `Unavailable`: the server could not be reached, or its response was not valid; nothing is known about the token
 * - `Store`: the token store failed
 * - `Invalid`: the granted token cannot be used, or failed the probe
 * - `Unsafe`: the response does not belong to the request (wrong `state`, wrong issuer), or would send secrets in clear
 *   text
 */
export class TokenFailure extends Data.TaggedError("TokenFailure")<{
  readonly reason: "Refused" | "Misconfigured" | "Denied" | "TimedOut" | "Unavailable" | "Store" | "Invalid" | "Unsafe"
  readonly message: string
}> {}

/** Reports whether a token can be sent in an `Authorization` header without ambiguity (RFC 9110, 11.4; RFC 6750, 2.1). */
const fitsHeader = (tokenType: string, accessToken: unknown): boolean =>
  // Untyped JSON may hold another type.
  typeof accessToken === "string" && fieldName.test(tokenType) && visibleAscii.test(accessToken)

/**
 * Returns `Bearer` for a missing type. The type is case-insensitive (RFC 6749, 7.1), and servers differ in the case that
 * they send.
 */
const normalizeType = (tokenType: string | null | undefined): string =>
  tokenType === null || tokenType === undefined || /^(?:bearer)?$/i.test(tokenType) ? "Bearer" : tokenType

/**
 * Makes a token from a token response. Fails with `Invalid` if the token cannot be sent in a header.
 *
 * - `previous`: the token that was refreshed, if any. Its refresh token and scope remain valid where the response has none
 *   (RFC 6749, 5.1 and 6)
 * - `now`: the time of the response, in milliseconds since the epoch
 */
export const fromTokenResponse = (
  { accessToken, expiresIn, refreshToken, scope, tokenType }: TokenResponse,
  previous: Token | undefined,
  now: number
): Effect.Effect<Token, TokenFailure> => {
  const type = normalizeType(tokenType)
  if (!fitsHeader(type, Redacted.value(accessToken))) {
    return Effect.fail(
      new TokenFailure({
        reason: "Invalid",
        message: "the granted token contains characters that a header cannot hold"
      })
    )
  }
  const hasLifetime = expiresIn !== undefined && expiresIn > 0
  return Effect.sync(() => ({
    accessToken,
    tokenType: type,
    grantedAt: now,
    expiresAt: hasLifetime ? now + expiresIn * 1000 : undefined,
    refreshToken: refreshToken ?? previous?.refreshToken,
    scope: scope ?? previous?.scope,
    grantId: previous?.grantId ?? randomHex(16)
  }))
}

/** An optional field, of which null counts as absent. */
const nullable = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { nullable: true })

/**
 * The stored form of a token: the fields of RFC 6749, 5.1, with `granted_at` and `expires_at` (seconds since the epoch) and
 * `grant_id`. Other fields are ignored.
 */
const StoredToken = () =>
  Schema.Struct({
    access_token: Schema.NonEmptyString,
    token_type: nullable(Schema.String),
    granted_at: nullable(Schema.Finite),
    expires_at: nullable(Schema.Finite),
    expires_in: nullable(Schema.Finite),
    refresh_token: nullable(Schema.String),
    scope: nullable(Schema.String),
    grant_id: nullable(Schema.String),
    /** An error response, which another program may have stored, has this field. */
    error: Schema.optional(Schema.Null)
  })

/** Converts seconds to milliseconds. Rounds, because fractions of a second are not exact. */
const toMillis = (seconds: number): number => Math.round(seconds * 1000)

/** Encodes a token as the JSON text that a `TokenStore` holds. The text contains the secrets. */
export const stringify = (token: Token): string =>
  JSON.stringify({
    access_token: Redacted.value(token.accessToken),
    token_type: token.tokenType,
    granted_at: token.grantedAt / 1000,
    expires_at: token.expiresAt === undefined ? undefined : token.expiresAt / 1000,
    refresh_token: token.refreshToken === undefined ? undefined : Redacted.value(token.refreshToken),
    scope: token.scope,
    grant_id: token.grantId
  } satisfies Schema.Schema.Encoded<ReturnType<typeof StoredToken>>)

/**
 * Decodes a text from a `TokenStore`. Accepts the form of `stringify`, and token responses as servers send them, which other
 * programs store. Returns undefined if the text holds no token, or has an `error`. `expires_at` takes precedence over
 * `expires_in`, which counts from `granted_at` and is ignored without it. The default of `grant_id` is a fingerprint of the
 * refresh token, or else of the access token.
 */
export const parse = (text: string): Effect.Effect<Token | undefined> => {
  const stored = Option.getOrUndefined(Schema.decodeUnknownOption(Schema.parseJson(StoredToken()))(text))
  if (stored === undefined) return Effect.succeed(undefined)
  const tokenType = normalizeType(stored.token_type)
  if (!fitsHeader(tokenType, stored.access_token)) return Effect.succeed(undefined)
  const { expires_in: lifetime, granted_at: grantedAt } = stored
  const expiresAt =
    stored.expires_at ?? (grantedAt === undefined || lifetime === undefined ? undefined : grantedAt + lifetime)
  const lastingSecret = Redacted.make(stored.refresh_token || stored.access_token)
  const grantId = stored.grant_id === undefined ? fingerprint(lastingSecret) : Effect.succeed(stored.grant_id)
  return Effect.map(grantId, (grantId) => ({
    accessToken: Redacted.make(stored.access_token),
    tokenType,
    grantedAt: toMillis(grantedAt ?? 0),
    expiresAt: expiresAt === undefined ? undefined : toMillis(expiresAt),
    refreshToken: stored.refresh_token ? Redacted.make(stored.refresh_token) : undefined,
    scope: stored.scope,
    grantId
  }))
}
