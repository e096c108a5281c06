import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { fingerprint } from "./internal/fingerprint.js"
import { randomHex } from "./internal/hex.js"
import { fieldName, visibleAscii } from "./internal/http/fieldSyntax.js"
import * as Json from "./internal/http/json.js"
import { parseJson } from "./internal/parseJson.js"
import { readLifetime, readNumber, readScope, readText } from "./internal/tokens/tokenFields.js"

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
   * The ID token (OpenID Connect Core 1.0, 2) of this response, or of an earlier one of the same grant. It is not verified: see `claims`
   * of `effect-herald/oauth`.
   */
  readonly idToken?: Redacted.Redacted | undefined
  /**
   * The fields of the token response that have no member of their own, such as Slack's `team` or Salesforce's `instance_url`. Those
   * that a refresh does not return are kept. They may hold secrets.
   */
  readonly fields?: Redacted.Redacted<Fields> | undefined
  /**
   * Identifies the grant that the token comes from. A refreshed token has the `grantId` of the token before it. It is not a
   * secret, and separates the cached responses of one sign-in from those of another.
   */
  readonly grantId: string
}

/** Fields of a token response, by name. Their values are JSON, in which an integer beyond 2^53 is a `bigint`. */
export type Fields = Readonly<Record<string, unknown>>

/** A token response of an authorization server (RFC 6749, 5.1), or the failure of one whose access token can't be used. */
export type TokenResponse = GrantedToken | UnusableResponse

/** The fields of a token response (RFC 6749, 5.1). */
export interface GrantedToken {
  readonly accessToken: Redacted.Redacted
  /** Default: `Bearer`. */
  readonly tokenType?: string | undefined
  /** The lifetime of the token, in seconds. Zero or less counts as unknown, as do more than 1e10 (317 years). */
  readonly expiresIn?: number | undefined
  readonly refreshToken?: Redacted.Redacted | undefined
  readonly scope?: string | undefined
  readonly failure?: undefined
  /** The ID token (OpenID Connect Core 1.0, 3.1.3.3). */
  readonly idToken?: Redacted.Redacted | undefined
  /** All other fields. */
  readonly fields?: Redacted.Redacted<Fields> | undefined
}

/**
 * A token response whose access token can't be used. The acquisition fails with `failure`. If it was a refresh, the new refresh token
 * is saved even so, since the server may have revoked the previous one.
 */
export interface UnusableResponse {
  readonly failure: TokenFailure
  readonly refreshToken?: Redacted.Redacted | undefined
}

/**
 * The reason why there is no token. Neither field may hold a secret.
 *
 * - `Refused`: the server refuses what was presented, such as a code or a refresh token: presenting it again can't help, a new
 *   grant can
 * - `Misconfigured`: the server refuses the client or its request, or lacks an endpoint: neither another attempt nor a new
 *   sign-in can help, the options have to be changed, or the client's registration at the server
 * - `Denied`: the user denied access
 * - `TimedOut`: the user did not finish in time
 * - `Unavailable`: the server could not be reached, throttles, or its response was not valid: the same request can succeed
 *   later
 * - `Store`: the token store failed
 * - `Invalid`: the granted token cannot be used, or failed the probe
 * - `Unsafe`: the response does not belong to the request (wrong `state`, wrong issuer), or would send secrets in clear
 *   text
 */
export class TokenFailure extends Data.TaggedError("TokenFailure")<{
  readonly reason: "Refused" | "Misconfigured" | "Denied" | "TimedOut" | "Unavailable" | "Store" | "Invalid" | "Unsafe"
  readonly message: string
  /**
   * True if a user took part in a grant that is `Unavailable`. The failure is then remembered for a minute, so that calls within it do
   * not ask the user again. Default: false.
   */
  readonly userTookPart?: boolean | undefined
}> {}

/** Reports whether a token can be sent in an `Authorization` header without ambiguity (RFC 9110, 11.4; RFC 6750, 2.1). */
const fitsHeader = (tokenType: string, accessToken: unknown): boolean =>
  // Untyped JSON may hold another type.
  typeof accessToken === "string" && fieldName.test(tokenType) && visibleAscii.test(accessToken)

/**
 * Returns `Bearer` for a missing type, and for one that is no text. The type is case-insensitive (RFC 6749, 7.1), and servers
 * differ in the case that they send.
 */
const normalizeType = (tokenType: unknown): string =>
  typeof tokenType !== "string" || /^(?:bearer)?$/i.test(tokenType) ? "Bearer" : tokenType

const mergeFields = (previous: Token["fields"], latest: Token["fields"]): Token["fields"] =>
  previous === undefined || latest === undefined
    ? (latest ?? previous)
    : Redacted.make({ ...Redacted.value(previous), ...Redacted.value(latest) })

/**
 * Makes a token from a token response. Fails with the `failure` of the response, if there is one, or with `Invalid` if the token
 * cannot be sent in a header.
 *
 * - `previous`: the token that was refreshed, if any. What the response does not have remains valid: its refresh
 *   token and scope (RFC 6749, 5.1 and 6), ID token (OpenID Connect Core 1.0, 12.2) and fields
 * - `now`: the time of the response, in milliseconds since the epoch
 */
export const fromTokenResponse = (
  response: TokenResponse,
  previous: Token | undefined,
  now: number
): Effect.Effect<Token, TokenFailure> => {
  if (response.failure !== undefined) return Effect.fail(response.failure)
  const { accessToken, expiresIn, fields, idToken, refreshToken, scope, tokenType } = response
  const type = normalizeType(tokenType)
  if (!fitsHeader(type, Redacted.value(accessToken))) {
    return Effect.fail(
      new TokenFailure({
        reason: "Invalid",
        message: "the granted token contains characters that a header cannot hold"
      })
    )
  }
  const lifetime = readLifetime(expiresIn)
  return Effect.sync(() => ({
    accessToken,
    tokenType: type,
    grantedAt: now,
    expiresAt: lifetime === undefined ? undefined : now + lifetime * 1000,
    refreshToken: refreshToken ?? previous?.refreshToken,
    scope: readScope(scope) ?? previous?.scope,
    idToken: idToken ?? previous?.idToken,
    fields: mergeFields(previous?.fields, fields),
    grantId: previous?.grantId ?? randomHex(16)
  }))
}

/** Converts seconds to milliseconds. Rounds, because fractions of a second are not exact. */
const toMillis = (seconds: number): number => Math.round(seconds * 1000)

/**
 * Encodes a token as the JSON text that a `TokenStore` holds: the fields of RFC 6749, 5.1, with `granted_at` and `expires_at`
 * (seconds since the epoch) and `grant_id`. The text contains the secrets.
 */
export const stringify = (token: Token): string =>
  Json.stringify({
    access_token: Redacted.value(token.accessToken),
    token_type: token.tokenType,
    granted_at: token.grantedAt / 1000,
    expires_at: token.expiresAt === undefined ? undefined : token.expiresAt / 1000,
    refresh_token: token.refreshToken === undefined ? undefined : Redacted.value(token.refreshToken),
    scope: token.scope,
    id_token: token.idToken === undefined ? undefined : Redacted.value(token.idToken),
    fields: token.fields === undefined ? undefined : Redacted.value(token.fields),
    grant_id: token.grantId
  })

/** Reads a time in seconds since the epoch, which may be sent as text, or as a date such as `2030-01-01T00:00:00Z`. */
const readTime = (value: unknown): number | undefined => {
  const millis = typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(millis) ? readNumber(value) : millis / 1000
}

/**
 * Decodes a text from a `TokenStore`. Accepts the form of `stringify`, and token responses as servers send them, which other
 * programs store: numbers may be text, a scope may be a list, and optional fields of another type are ignored. Returns undefined if
 * the text holds no token, or has an `error`.
 *
 * `expires_at` takes precedence over `expires_in`, which counts from `granted_at` and is ignored without it. A token whose
 * `expires_at` can't be read counts as expired: its refresh token can be used, and without one there is no token. The default of
 * `grant_id` is a fingerprint of the refresh token, or else of the access token.
 */
export const parse = (text: string): Effect.Effect<Token | undefined> => {
  const stored = parseJson(text)
  // An error response, which another program may have stored, has an `error`.
  if (!Predicate.isRecord(stored) || !Predicate.isNullable(stored["error"])) return Effect.succeed(undefined)
  const { access_token: accessToken, fields, grant_id: storedGrantId } = stored
  const tokenType = normalizeType(stored["token_type"])
  if (typeof accessToken !== "string" || !fitsHeader(tokenType, accessToken)) return Effect.succeed(undefined)
  const { expires_at: end } = stored
  const grantedAt = readTime(stored["granted_at"])
  const lifetime = readLifetime(stored["expires_in"])
  const refreshToken = readText(stored["refresh_token"])
  const idToken = readText(stored["id_token"])
  const hasEnd = !Predicate.isNullable(end) && end !== ""
  if (hasEnd && readTime(end) === undefined && refreshToken === undefined) return Effect.succeed(undefined)
  const expiresAt = hasEnd
    ? (readTime(end) ?? 0)
    : grantedAt === undefined || lifetime === undefined
      ? undefined
      : grantedAt + lifetime
  const grantId =
    typeof storedGrantId === "string"
      ? Effect.succeed(storedGrantId)
      : fingerprint(Redacted.make(refreshToken ?? accessToken))
  return Effect.map(grantId, (grantId) => ({
    accessToken: Redacted.make(accessToken),
    tokenType,
    grantedAt: toMillis(grantedAt ?? 0),
    expiresAt: expiresAt === undefined ? undefined : toMillis(expiresAt),
    refreshToken: refreshToken === undefined ? undefined : Redacted.make(refreshToken),
    scope: readScope(stored["scope"]),
    idToken: idToken === undefined ? undefined : Redacted.make(idToken),
    fields: Predicate.isRecord(fields) ? Redacted.make(fields) : undefined,
    grantId
  }))
}
