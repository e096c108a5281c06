import { HttpClient } from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { assertionGrant, signedAssertionGrant, tokenExchangeGrant } from "./internal/oauth/assertionGrants.js"
import { authorizationCodeGrant, type RedirectReceiver } from "./internal/oauth/authorizationCode.js"
import type { Client } from "./internal/oauth/clientAuthentication.js"
import { type DevicePrompt, deviceCodeGrant } from "./internal/oauth/deviceCode.js"
import { clientCredentialsGrant, refreshGrant } from "./internal/oauth/grants.js"
import { type Claims, makeClaims, requestUserInfo, type UserInfo } from "./internal/oauth/idToken.js"
import {
  checkSecret,
  invalid,
  parseParameters,
  parseTimeout,
  register,
  type Registration
} from "./internal/oauth/registration.js"
import { revokeToken } from "./internal/oauth/revocation.js"
import type { Server } from "./internal/oauth/serverMetadata.js"
import { importSigningKey, type KeyOptions } from "./internal/oauth/signingKey.js"
import type { Grant } from "./internal/oauth/tokenRequest.js"
import { makeTokens } from "./internal/tokens/makeTokens.js"
import type * as Token from "./Token.js"
import type * as Tokens from "./Tokens.js"
import { toUrl } from "./internal/http/toUrl.js"

export type { CallbackResult, RedirectReceiver, SignInResult } from "./internal/oauth/authorizationCode.js"
export type { Client, KeyClient, PublicClient, SecretClient } from "./internal/oauth/clientAuthentication.js"
export type { DevicePrompt } from "./internal/oauth/deviceCode.js"
export type { Claims, UserInfo } from "./internal/oauth/idToken.js"
export type { Endpoints, MetadataDocument, Server } from "./internal/oauth/serverMetadata.js"
export type { KeyOptions, PrivateKey, SigningAlgorithm } from "./internal/oauth/signingKey.js"

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
  /**
   * The tolerance for a difference between the clocks of this machine and of the server, for the times in ID tokens and in signed
   * assertions. Default: 2 minutes.
   */
  readonly clockTolerance?: Duration.DurationInput | undefined
  /**
   * The algorithms that ID tokens may be signed with (JWS names, such as `ES256`), if the metadata of the server does not tell.
   * `HS256`, `HS384` and `HS512` sign with the client's secret. Default: those of the metadata, or else all that use a key pair.
   */
  readonly idTokenAlgorithms?: ReadonlyArray<string> | undefined
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
  /**
   * The claims of the ID token of the current token (OpenID Connect Core 1.0, 2), after its signature, issuer and audience were
   * verified. Acquires a token if there is none. Fails with `Invalid` if the server issued no ID token, and with `Unsafe` if it is
   * not valid. `exp` is not checked: the ID token tells who signed in, and when.
   */
  readonly claims: Effect.Effect<Claims, Token.TokenFailure>
  /**
   * Requests the claims of the user from the UserInfo endpoint (OpenID Connect Core 1.0, 5.3), with the current token. Fails with
   * `Unsafe` if they are those of another user than the ID token's.
   */
  readonly userInfo: Effect.Effect<UserInfo, Token.TokenFailure>
}

/** A grant, and the users that it is for. */
interface TokenGrant {
  readonly grant: Grant
  readonly subject: "fixed" | "per-grant"
  /** See `SourceOptions`. */
  readonly needsNoUser: boolean
  /** See `SourceOptions`. */
  readonly presents?: Redacted.Redacted
}

/** Makes the tokens of a grant. */
const makeRevocable = (
  registration: Registration,
  { name, probe, refreshMargin }: Pick<Options, "name" | "probe" | "refreshMargin">,
  { grant, needsNoUser, presents, subject }: TokenGrant
): Effect.Effect<RevocableTokens, ConfigError.ConfigError, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { callerName, identity } = registration
    const client = yield* HttpClient
    const tokens = yield* makeTokens(
      {
        name: name ?? identity,
        identity,
        grant,
        refresh: refreshGrant(registration),
        refreshMargin,
        probe,
        subject
      },
      { label: name ?? callerName, needsNoUser, presents }
    )
    const revoke = Effect.flatMap(
      tokens.forget,
      Option.match({ onNone: () => Effect.void, onSome: (token) => revokeToken(registration, token) })
    ).pipe(Effect.provideService(HttpClient, client))
    const claimsOf = makeClaims(registration)
    return {
      ...tokens,
      name: callerName,
      revoke,
      claims: Effect.provideService(Effect.flatMap(tokens.token(), claimsOf), HttpClient, client),
      userInfo: Effect.provideService(requestUserInfo(registration, tokens), HttpClient, client)
    }
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
      return yield* invalid(
        ["client", "clientSecret"],
        "must be set for the client credentials grant, or `privateKey` (RFC 6749, 4.4)"
      )
    }
    const grant = clientCredentialsGrant(registration)
    return yield* makeRevocable(registration, options, { grant, subject: "fixed", needsNoUser: true })
  })

const isPublic = ({ clientSecret, privateKey }: Client) => clientSecret === undefined && privateKey === undefined

/** Options of `authorizationCode`. */
export interface AuthorizationCodeOptions extends Options {
  /**
   * Opens the authorization URL in a browser and receives the redirect: `Loopback.receiver` of `effect-herald/node`, or a
   * receiver of your own, such as a route of a web server. It is acquired for each sign-in.
   */
  readonly receiver: Effect.Effect<RedirectReceiver, Token.TokenFailure, Scope.Scope>
  /** The time limit for the user to sign in. Default: 5 minutes. */
  readonly timeout?: Duration.DurationInput | undefined
  /**
   * Sends the parameters of the authorization request to the server, and not through the browser (RFC 9126). Default: if the server
   * requires it, or its endpoint is configured.
   */
  readonly pushedAuthorization?: boolean | undefined
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
    const {
      authorizationParameters = {},
      insecureWithoutPkce: withoutPkce = false,
      pushedAuthorization: pushed
    } = options
    if (pushed !== undefined && typeof pushed !== "boolean") {
      return yield* invalid(["pushedAuthorization"], "must be true or false")
    }
    if (typeof withoutPkce !== "boolean") return yield* invalid(["insecureWithoutPkce"], "must be true or false")
    if (pushed === true && server.endpoints?.pushedAuthorizationRequestEndpoint === undefined && server.endpoints) {
      return yield* invalid(["server", "pushedAuthorizationRequestEndpoint"], "must be set for `pushedAuthorization`")
    }
    if (!Effect.isEffect(options.receiver)) return yield* invalid(["receiver"], "must be an Effect of a receiver")
    const grant = authorizationCodeGrant(registration, {
      receiver: options.receiver,
      timeout: yield* parseTimeout("timeout", options.timeout, Duration.minutes(5)),
      pushed,
      authorizationParameters: yield* parseParameters("authorizationParameters", authorizationParameters),
      withoutPkce
    })
    return yield* makeRevocable(registration, options, { grant, subject: "per-grant", needsNoUser: false })
  })

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
    const timeout = yield* parseTimeout("timeout", options.timeout, Duration.infinity)
    if (typeof options.show !== "function") return yield* invalid(["show"], "must be a function")
    const grant = deviceCodeGrant(registration, options.show, timeout)
    return yield* makeRevocable(registration, options, { grant, subject: "per-grant", needsNoUser: false })
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
    yield* checkSecret("refreshToken", options.refreshToken)
    const registration = yield* register("refresh_token", options, [options.refreshToken])
    const grant = refreshGrant(registration)(options.refreshToken)
    return yield* makeRevocable(registration, options, {
      grant,
      subject: "fixed",
      // The server may accept the refresh token once.
      needsNoUser: false,
      presents: options.refreshToken
    })
  })

/** An assertion that is signed for each request: a JSON Web Token (RFC 7523, 3). */
export interface JwtAssertion extends KeyOptions {
  /** The issuer (`iss`): the id of a client, or the address of a service account. */
  readonly issuer: string
  /** The subject (`sub`), for whom the token is granted. Default: the issuer. */
  readonly subject?: string | undefined
  /** The audience (`aud`). Default: the issuer of the server, or its token endpoint if no issuer is configured. */
  readonly audience?: string | URL | undefined
  /** Additional claims. They take precedence over the claims of the library, such as `exp`. Default: none. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/** Obtains an assertion or a token that another one is granted for. */
type ObtainToken = Effect.Effect<Redacted.Redacted, Token.TokenFailure, HttpClient>

/** Options of `jwtBearer`. */
export type JwtBearerOptions = Omit<Options, "client" | "name"> & {
  /** The client, for servers that authenticate it, too (RFC 7523, 3.1). Default: none. */
  readonly client?: Client | undefined
} & (
    | {
        /** The assertion, or its claims and the key that it is signed with. With claims, the scope becomes a claim, too. */
        readonly assertion: JwtAssertion | Redacted.Redacted
        readonly name?: string | undefined
      }
    | {
        /** Obtains an assertion for each grant. */
        readonly assertion: ObtainToken
        /** The name of the token in a `TokenStore`. It must be unique for each user: an effect does not tell which one it is for. */
        readonly name: string
      }
  )

/**
 * Tokens for a JSON Web Token: the JWT bearer grant (RFC 7523, 2.1), which service accounts use. Fails with a `ConfigError` if an
 * option is invalid.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Authoriser } from "effect-herald"
 * import * as OAuth from "effect-herald/oauth"
 *
 * class Storage extends Authoriser.Tag("example/Storage")<Storage>() {}
 *
 * // The fields of the JSON file that Google issues for a service account.
 * declare const account: { client_email: string; private_key: string; private_key_id: string }
 *
 * const live = Storage.layer({
 *   baseUrl: "https://storage.googleapis.com",
 *   credentials: OAuth.jwtBearer({
 *     server: { tokenEndpoint: "https://oauth2.googleapis.com/token" },
 *     scope: ["https://www.googleapis.com/auth/devstorage.read_only"],
 *     assertion: {
 *       issuer: account.client_email,
 *       privateKey: Redacted.make(account.private_key),
 *       keyId: account.private_key_id
 *     }
 *   })
 * })
 * ```
 */
export const jwtBearer = (
  options: JwtBearerOptions
): Effect.Effect<RevocableTokens, ConfigError.ConfigError, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { assertion, client, name } = options
    const source = yield* parseAssertion(assertion, name)
    const registered = yield* register(
      "jwt_bearer",
      { ...options, client: client ?? { clientId: source.issuer } },
      source.presented,
      source.details
    )
    const registration: Registration = client === undefined ? { ...registered, authentication: () => {} } : registered
    const { needsNoUser, subject } = source
    return yield* makeRevocable(registration, options, { grant: source.grant(registration), subject, needsNoUser })
  })

/** The grant of an assertion, and how its tokens are told apart from those of another one. */
interface AssertionSource {
  /** The issuer, or another name of the client. */
  readonly issuer: string
  readonly presented: ReadonlyArray<Redacted.Redacted>
  readonly details: ReadonlyArray<unknown>
  readonly subject: TokenGrant["subject"]
  readonly needsNoUser: boolean
  readonly grant: (registration: Registration) => Grant
}

const requireName = (name: string | undefined) =>
  name === undefined ? invalid(["name"], "must be set, to tell the users of these tokens apart") : Effect.succeed(name)

const parseAssertion = (
  assertion: JwtBearerOptions["assertion"],
  name: string | undefined
): Effect.Effect<AssertionSource, ConfigError.ConfigError> =>
  Effect.gen(function* () {
    if (Effect.isEffect(assertion)) {
      const issuer = yield* requireName(name)
      return {
        issuer,
        presented: [],
        details: [issuer],
        subject: "per-grant",
        // The effect may ask a user.
        needsNoUser: false,
        grant: (registration) => assertionGrant(registration, assertion)
      }
    }
    if (Redacted.isRedacted(assertion)) {
      yield* checkSecret("assertion", assertion)
      return {
        issuer: "assertion",
        presented: [assertion],
        details: [],
        subject: "fixed",
        needsNoUser: true,
        grant: (registration) => assertionGrant(registration, assertion)
      }
    }
    if (!Predicate.isRecord(assertion))
      return yield* invalid(["assertion"], "must be claims with a key, or Redacted text")
    const { audience, claims = {}, issuer, subject = issuer } = assertion
    if (!Predicate.isRecord(claims) || !isJson(claims)) {
      return yield* invalid(["assertion", "claims"], "must be an object of JSON values")
    }
    if (!isText(issuer)) return yield* invalid(["assertion", "issuer"], "must be text that is not empty")
    if (!isText(subject)) return yield* invalid(["assertion", "subject"], "must be text that is not empty")
    if (audience !== undefined && !isText(String(audience))) {
      return yield* invalid(["assertion", "audience"], "must not be empty")
    }
    const key = yield* importSigningKey(["assertion"], assertion)
    const named = audience === undefined ? undefined : String(audience)
    return {
      issuer,
      presented: [],
      details: [issuer, subject, named, claims],
      subject: "fixed",
      needsNoUser: true,
      grant: (registration) => signedAssertionGrant(registration, { audience: named, claims, issuer, key, subject })
    }
  })

/** Reports whether a value can be written as JSON: it has no cycle and no bigint. */
const isJson = (value: unknown): boolean => Either.isRight(Either.try(() => JSON.stringify(value)))

/** JavaScript permits other values than the types do. */
const isText = (value: unknown): boolean => typeof value === "string" && value !== ""

/** Options of `tokenExchange`. */
export type TokenExchangeOptions = Omit<Options, "name"> & {
  /** The type of the subject token, a URI (RFC 8693, 3). Default: `urn:ietf:params:oauth:token-type:access_token`. */
  readonly subjectTokenType?: string | undefined
  /** The type of the actor token. Default: `urn:ietf:params:oauth:token-type:access_token`. */
  readonly actorTokenType?: string | undefined
  /** The type of the requested token. It has to be one that requests are authorized with. Default: the server's default. */
  readonly requestedTokenType?: string | undefined
} & (
    | {
        /** A token of the subject, for whom the token is granted. */
        readonly subjectToken: Redacted.Redacted
        /** A token of the party that acts for the subject (RFC 8693, 1.1). Default: none. */
        readonly actorToken?: Redacted.Redacted | undefined
        readonly name?: string | undefined
      }
    | {
        /** A token of the subject, or an effect that obtains one for each grant, such as from other tokens. */
        readonly subjectToken: Redacted.Redacted | ObtainToken
        /** A token of the party that acts for the subject (RFC 8693, 1.1), or an effect that obtains one. Default: none. */
        readonly actorToken?: Redacted.Redacted | ObtainToken | undefined
        /** The name of the token in a `TokenStore`. It must be unique for each user and actor: an effect does not tell which they are. */
        readonly name: string
      }
  )

/** The type of access tokens (RFC 8693, 3). */
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token"

/**
 * Tokens for another token: the token exchange (RFC 8693), such as a user's token for one that another API accepts. `parameters` takes
 * `audience` and `resource`. Fails with a `ConfigError` if an option is invalid.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import * as OAuth from "effect-herald/oauth"
 *
 * const onBehalfOf = (userToken: Redacted.Redacted) =>
 *   OAuth.tokenExchange({
 *     server: "https://auth.example",
 *     client: { clientId: "gateway", clientSecret: Redacted.make("secret") },
 *     subjectToken: userToken,
 *     parameters: { audience: "https://orders.example" }
 *   })
 * ```
 */
export const tokenExchange = (
  options: TokenExchangeOptions
): Effect.Effect<RevocableTokens, ConfigError.ConfigError, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { actorToken, name, requestedTokenType, subjectToken } = options
    const { actorTokenType = accessTokenType, subjectTokenType = accessTokenType } = options
    for (const [option, type] of Object.entries({ actorTokenType, requestedTokenType, subjectTokenType })) {
      if (type !== undefined && toUrl(type) === undefined) {
        return yield* invalid([option], "must be a URI, such as `urn:ietf:params:oauth:token-type:jwt` (RFC 8693, 3)")
      }
    }
    const sources = [subjectToken, actorToken]
    // An effect may obtain the token of another user each time, which only a name tells apart.
    const isFixed = !sources.some(Effect.isEffect)
    if (!Effect.isEffect(subjectToken)) yield* checkSecret("subjectToken", subjectToken)
    if (actorToken !== undefined && !Effect.isEffect(actorToken)) yield* checkSecret("actorToken", actorToken)
    if (!isFixed) yield* requireName(name)
    const registration = yield* register(
      "token_exchange",
      options,
      sources.filter((token) => Redacted.isRedacted(token)),
      [
        isFixed ? "" : name,
        sources.map((token) => (token === undefined ? "none" : Redacted.isRedacted(token) ? "fixed" : "obtained")),
        subjectTokenType,
        actorToken === undefined ? undefined : actorTokenType,
        requestedTokenType
      ]
    )
    const grant = tokenExchangeGrant(registration, {
      subjectToken,
      subjectTokenType,
      actorToken,
      actorTokenType,
      requestedTokenType
    })
    return yield* makeRevocable(registration, options, {
      grant,
      subject: isFixed ? "fixed" : "per-grant",
      needsNoUser: isFixed
    })
  })
