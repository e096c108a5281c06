import { HttpClient } from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { authorizationCodeGrant, type RedirectReceiver } from "./internal/oauth/authorizationCode.js"
import type { Client } from "./internal/oauth/clientAuthentication.js"
import { type DevicePrompt, deviceCodeGrant } from "./internal/oauth/deviceCode.js"
import { clientCredentialsGrant, refreshGrant } from "./internal/oauth/grants.js"
import { invalid, parseParameters, register, type Registration } from "./internal/oauth/registration.js"
import { revokeToken } from "./internal/oauth/revocation.js"
import type { Server } from "./internal/oauth/serverMetadata.js"
import type { Grant } from "./internal/oauth/tokenRequest.js"
import type * as Token from "./Token.js"
import * as Tokens from "./Tokens.js"

export type { CallbackResult, RedirectReceiver, SignInResult } from "./internal/oauth/authorizationCode.js"
export type { Client } from "./internal/oauth/clientAuthentication.js"
export type { DevicePrompt } from "./internal/oauth/deviceCode.js"
export type { Endpoints, MetadataDocument, Server } from "./internal/oauth/serverMetadata.js"

/** Options of every grant. */
export interface Options extends Pick<Tokens.Options, "refreshMargin" | "probe"> {
  readonly server: Server
  readonly client: Client
  /** The requested scope, as a list of names (RFC 6749, 3.3). Default: the server's default for this client. */
  readonly scope?: ReadonlyArray<string> | undefined
  /**
   * Additional parameters of token requests, such as `audience` or `resource` (RFC 8707). Those that are not `Redacted` are
   * part of authorization requests, too. A parameter with a list of values is sent once for each. Default: none.
   */
  readonly parameters?: Readonly<Record<string, string | Redacted.Redacted | ReadonlyArray<string>>> | undefined
  /**
   * Token types that this API takes as `Bearer` tokens, under another name, such as Slack's `bot`. Case does not matter. A token of
   * any other type than `Bearer` fails with `Invalid`. Default: none.
   */
  readonly bearerTokenTypes?: ReadonlyArray<string> | undefined
  /**
   * The name of the token in a `TokenStore`. Default: a name made of the grant type, the client id, the server, the scope
   * and the parameters, so that a token is not used for another scope or another tenant of the host. If several users share a
   * store, each needs a name of its own.
   */
  readonly name?: string | undefined
}

/** Tokens of an authorization server: the `credentials` of an API's layer. */
export interface RevocableTokens extends Tokens.Tokens {
  /**
   * Signs out: removes the token from memory and from the store, and revokes it at the server (RFC 7009). The refresh token
   * is revoked if there is one, and with it the access tokens that it issued. Fails with a `TokenFailure` if the store or the
   * server fails; if it is the server, the token has been removed. No request is sent to a server without a revocation
   * endpoint.
   */
  readonly revoke: Effect.Effect<void, Token.TokenFailure>
}

/** Makes the tokens of a grant. */
const makeTokens = (
  registration: Registration,
  grant: Grant,
  subject: Tokens.Options["subject"],
  { name, probe, refreshMargin }: Omit<Options, "scope">
): Effect.Effect<RevocableTokens, never, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { callerName, identity } = registration
    const client = yield* HttpClient
    const tokens = yield* Tokens.make({
      name: name ?? identity,
      identity,
      grant,
      refresh: refreshGrant(registration),
      refreshMargin,
      probe,
      subject
    })
    const revoke = Effect.flatMap(
      tokens.forget,
      Option.match({ onNone: () => Effect.void, onSome: (token) => revokeToken(registration, token) })
    ).pipe(Effect.provideService(HttpClient, client))
    return { ...tokens, name: callerName, revoke }
  })

/**
 * Tokens for the program itself: the client credentials grant (RFC 6749, 4.4). Fails with a `ConfigError` if an option is
 * invalid. The first request is sent when a token is needed.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Authoriser } from "effect-herald"
 * import * as OAuth from "effect-herald/oauth"
 *
 * class Weather extends Authoriser.Tag("example/Weather")<Weather>() {}
 *
 * const live = Weather.layer({
 *   baseUrl: "https://weather.example",
 *   credentials: OAuth.clientCredentials({
 *     server: "https://auth.example",
 *     client: { clientId: "reporter", clientSecret: Redacted.make("secret") },
 *     scope: ["read"]
 *   })
 * })
 * ```
 */
export const clientCredentials = (
  options: Options
): Effect.Effect<RevocableTokens, ConfigError.ConfigError, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const registration = yield* register("client_credentials", options)
    if (isPublic(options.client)) {
      return yield* invalid(["client", "clientSecret"], "must be set for the client credentials grant (RFC 6749, 4.4)")
    }
    return yield* makeTokens(registration, clientCredentialsGrant(registration), "fixed", options)
  })

const isPublic = ({ authentication, clientSecret }: Client) => authentication === "none" || clientSecret === undefined

/** Options of `authorizationCode`. */
export interface AuthorizationCodeOptions extends Options {
  /**
   * Opens the authorization URL in a browser and receives the redirect: `Loopback.receiver` of `effect-herald/node`, or a
   * receiver of your own, such as a route of a web server. It is acquired for each sign-in.
   */
  readonly receiver: Effect.Effect<RedirectReceiver, Token.TokenFailure, Scope.Scope>
  /** The time limit for the user to sign in. Default: 5 minutes. */
  readonly timeout?: Duration.DurationInput | undefined
  /** Additional parameters of the authorization request alone, such as `prompt`, or Google's `access_type`. */
  readonly authorizationParameters?: Readonly<Record<string, string | ReadonlyArray<string>>> | undefined
  /**
   * Leaves out PKCE, for a server that refuses its parameters. Most servers ignore what they do not know (RFC 6749, 3.1), so try
   * without this option first. A code that someone else gets hold of can then be redeemed by them, unless the client has a secret.
   * Default: false.
   */
  readonly insecureWithoutPkce?: boolean | undefined
}

/**
 * Tokens of a user, by a sign-in in a browser: the authorization code grant (RFC 6749, 4.1), with PKCE (RFC 7636). Fails
 * with a `ConfigError` if an option is invalid. A sign-in begins when a token is needed and no refresh is possible.
 *
 * The authorization response is checked for its `state` and, if the server names it, its issuer (RFC 9207). With the scope
 * `openid` the ID token is checked for its nonce. A response that does not pass fails with `Unsafe`. Some servers issue a
 * refresh token only for a scope such as `offline_access`.
 *
 * @example
 * ```ts
 * import { Authoriser } from "effect-herald"
 * import { Loopback } from "effect-herald/node"
 * import * as OAuth from "effect-herald/oauth"
 *
 * class Spotify extends Authoriser.Tag("example/Spotify")<Spotify>() {}
 *
 * const live = Spotify.layer({
 *   baseUrl: "https://api.spotify.com/v1",
 *   credentials: OAuth.authorizationCode({
 *     server: {
 *       authorizationEndpoint: "https://accounts.spotify.com/authorize",
 *       tokenEndpoint: "https://accounts.spotify.com/api/token"
 *     },
 *     client: { clientId: "0123456789abcdef" },
 *     scope: ["playlist-read-private", "user-library-read"],
 *     receiver: Loopback.receiver({ port: 8080 }),
 *     refreshMargin: "10 minutes"
 *   })
 * })
 * ```
 */
export const authorizationCode = (
  options: AuthorizationCodeOptions
): Effect.Effect<RevocableTokens, ConfigError.ConfigError, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const registration = yield* register("authorization_code", options)
    const { scope, server } = registration
    if (server.endpoints !== undefined && server.endpoints.authorizationEndpoint === undefined) {
      return yield* invalid(["server", "authorizationEndpoint"], "must be set for the authorization code grant")
    }
    if (scope.includes("openid") && server.endpoints !== undefined && server.endpoints.issuer === undefined) {
      return yield* invalid(["server", "issuer"], "must be set for the scope `openid`, to check the ID token")
    }
    const grant = authorizationCodeGrant(registration, {
      receiver: options.receiver,
      timeout: yield* parseTimeout(options.timeout, Duration.minutes(5)),
      authorizationParameters: yield* parseParameters("authorizationParameters", options.authorizationParameters ?? {}),
      withoutPkce: options.insecureWithoutPkce === true
    })
    return yield* makeTokens(registration, grant, "per-grant", options)
  })

const parseTimeout = (timeout: Duration.DurationInput | undefined, defaultTimeout: Duration.Duration) =>
  timeout === undefined
    ? Effect.succeed(defaultTimeout)
    : Effect.catchTag(Duration.decodeUnknown(timeout), "NoSuchElementException", () =>
        invalid(["timeout"], "must be a duration, such as `5 minutes`")
      )

/** Options of `deviceCode`. */
export interface DeviceCodeOptions extends Options {
  /** Shows the verification URI and the code to the user. */
  readonly show: (prompt: DevicePrompt) => Effect.Effect<unknown>
  /** The time limit for the user to sign in. Default: the lifetime of the code, which is the limit in any case. */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * Tokens of a user, by a sign-in on another device, for programs without a browser: the device authorization grant (RFC 8628).
 * Fails with a `ConfigError` if an option is invalid. A sign-in begins when a token is needed and no refresh is possible.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser } from "effect-herald"
 * import * as OAuth from "effect-herald/oauth"
 *
 * class Weather extends Authoriser.Tag("example/Weather")<Weather>() {}
 *
 * const live = Weather.layer({
 *   baseUrl: "https://weather.example",
 *   credentials: OAuth.deviceCode({
 *     server: "https://auth.example",
 *     client: { clientId: "television" },
 *     show: ({ userCode, verificationUri }) => Effect.log(`Open ${verificationUri} and enter ${userCode}`)
 *   })
 * })
 * ```
 */
export const deviceCode = (
  options: DeviceCodeOptions
): Effect.Effect<RevocableTokens, ConfigError.ConfigError, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const registration = yield* register("device_code", options)
    const { endpoints } = registration.server
    if (endpoints !== undefined && endpoints.deviceAuthorizationEndpoint === undefined) {
      return yield* invalid(["server", "deviceAuthorizationEndpoint"], "must be set for the device authorization grant")
    }
    const timeout = yield* parseTimeout(options.timeout, Duration.infinity)
    return yield* makeTokens(registration, deviceCodeGrant(registration, options.show, timeout), "per-grant", options)
  })

/** Options of `refreshToken`. The scope is that of the refresh token. */
export interface RefreshTokenOptions extends Omit<Options, "scope"> {
  readonly refreshToken: Redacted.Redacted
}

/**
 * Tokens from an existing refresh token (RFC 6749, 6). Fails with a `ConfigError` if an option is invalid.
 *
 * A server that rotates refresh tokens accepts this one once. Provide a `TokenStore`, so that the next run uses the refresh
 * token that replaced it.
 *
 * @example
 * ```ts
 * import { Config, Effect } from "effect"
 * import * as OAuth from "effect-herald/oauth"
 *
 * const credentials = Effect.flatMap(Config.redacted("REFRESH_TOKEN"), (refreshToken) =>
 *   OAuth.refreshToken({ server: "https://auth.example", client: { clientId: "reporter" }, refreshToken })
 * )
 * ```
 */
export const refreshToken = (
  options: RefreshTokenOptions
): Effect.Effect<RevocableTokens, ConfigError.ConfigError, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const registration = yield* register("refresh_token", options, options.refreshToken)
    return yield* makeTokens(registration, refreshGrant(registration)(options.refreshToken), "fixed", options)
  })
