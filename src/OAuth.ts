import type { HttpClient } from "@effect/platform/HttpClient"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Option from "effect/Option"
import { fingerprint } from "./Credentials.js"
import { authenticationOf, type Client } from "./oauth/client.js"
import { type Link, plain } from "./oauth/exchange.js"
import * as grants from "./oauth/grants.js"
import { locate, type Server } from "./oauth/server.js"
import { transport } from "./oauth/transport.js"
import type * as Token from "./Token.js"
import * as Tokens from "./Tokens.js"

export type { Client } from "./oauth/client.js"
export type { DevicePrompt, Redirect, Verdict } from "./oauth/grants.js"
export type { Endpoints, Server } from "./oauth/server.js"

/** What every grant is asked for with. */
export interface Options extends Pick<Tokens.Options, "margin" | "probe"> {
  readonly server: Server
  readonly client: Client
  /** What the token is to be good for (RFC 6749, 3.3). Default: what the server gives to this client. */
  readonly scope?: ReadonlyArray<string> | undefined
  /**
   * What this server wants to know besides, such as `audience` or `resource` (RFC 8707), in each request for a token, and on the page
   * where a person agrees unless it is `Redacted`.
   */
  readonly parameters?: Readonly<Record<string, string | Redacted.Redacted | ReadonlyArray<string>>> | undefined
  /**
   * What the token is kept under in a `TokenStore`. Default: made of the grant, the client id and the server's host, and of the scope,
   * the parameters, and the URL of the issuer or the token endpoint (of both, if both are given), so that another scope is asked for anew,
   * and each tenant of a host. People who share a store need a name each.
   */
  readonly name?: string | undefined
}

/** Tokens that an authorisation server grants: the `credentials` of `Authoriser.layer`. */
export interface Granted extends Tokens.Tokens {
  /**
   * Signs out: forgets the token that is kept, in the store too, and has the server revoke it (RFC 7009), the refresh token if there is
   * one, which ends what came of it. A server that can't revoke is not asked. It is forgotten even if the server can't be asked.
   */
  readonly revoke: Effect.Effect<void, Token.TokenFailure, HttpClient>
}

/** What this library sets itself. A secret among them would end in a URL. */
const reserved = [
  "client_assertion",
  "client_assertion_type",
  "client_id",
  "client_secret",
  "code",
  "code_challenge",
  "code_challenge_method",
  "code_verifier",
  "device_code",
  "grant_type",
  "nonce",
  "redirect_uri",
  "refresh_token",
  "response_type",
  "scope",
  "state"
]

const refuse = (path: ReadonlyArray<string>, message: string) =>
  Effect.fail(ConfigError.InvalidData([...path], message))

/** RFC 6749, 3.3. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

type Pairs<A> = ReadonlyArray<readonly [name: string, value: A]>

const pairsOf = <A extends string | Redacted.Redacted>(
  option: string,
  parameters: Readonly<Record<string, A | ReadonlyArray<string>>>
): Effect.Effect<Pairs<A | string>, ConfigError.ConfigError> =>
  Effect.forEach(
    Object.entries(parameters),
    ([name, value]): Effect.Effect<Pairs<A | string>, ConfigError.ConfigError> => {
      if (reserved.includes(name)) return refuse([option, name], "This is not a parameter to be given here")
      return Effect.succeed(isMany(value) ? value.map((one) => [name, one] as const) : [[name, value]])
    }
  ).pipe(Effect.map((pairs) => pairs.flat()))

const isMany = <A>(value: A | ReadonlyArray<string>): value is ReadonlyArray<string> => Array.isArray(value)

interface Prepared {
  readonly link: Link
  readonly scope: ReadonlyArray<string>
  readonly name: string
  readonly identity: string
}

/** Checks the options. What they are given besides names who calls. */
const prepare = (
  grant: string,
  options: Options,
  more?: Redacted.Redacted
): Effect.Effect<Prepared, ConfigError.ConfigError> =>
  Effect.gen(function* () {
    const { client, parameters: given = {}, scope = [], server } = options
    const authentication = yield* authenticationOf(client)
    if (!scope.every((name) => scopeToken.test(name))) {
      return yield* refuse(["scope"], 'A scope is a list of names without spaces: `["read", "write"]`')
    }
    const parameters = yield* pairsOf("parameters", given)
    const send = yield* transport
    const place = yield* locate(server, send)
    const link: Link = {
      client: { client_id: client.clientId },
      authentication,
      secret: client.clientSecret,
      place,
      send,
      parameters
    }
    const { host, hrefs } = place
    // Tenants of a host differ in paths. What is no more than the host is told by that.
    const where = hrefs.every((href) => href === `https://${host}/`) ? [] : hrefs
    const about = [[...scope].toSorted(), plain(parameters), more === undefined ? [] : [Redacted.value(more)], where]
    const isPlain = about.every((part) => part.length === 0)
    const suffix = isPlain ? "" : ` ${yield* fingerprint(Redacted.make(JSON.stringify(about)))}`
    const identity = `${grant} ${client.clientId}@${host}${suffix}`
    return { link, scope, name: options.name ?? identity, identity }
  })

/** Tokens by a grant, which can be revoked. */
const tokensBy = (
  { identity, link, name }: Prepared,
  { margin, probe }: Pick<Options, "margin" | "probe">,
  grant: grants.Grant,
  subject: "same" | "granted"
): Effect.Effect<Granted, never, Scope.Scope> =>
  Effect.gen(function* () {
    const tokens = yield* Tokens.make({
      name,
      identity,
      grant,
      refresh: grants.refresh(link),
      margin,
      probe,
      subject
    })
    const revoke = Effect.flatMap(
      tokens.forget,
      Option.match({ onNone: () => Effect.void, onSome: (token) => grants.revoke(link, token) })
    )
    return { ...tokens, revoke }
  })

/**
 * A token for this program itself (RFC 6749, 4.4). Fails with a `ConfigError` if the options can't be; the server is asked when a token
 * is needed first.
 *
 * @example
 * ```ts
 * import { Context, Redacted } from "effect"
 * import { Authoriser } from "effect-herald"
 * import * as OAuth from "effect-herald/oauth"
 *
 * class Weather extends Context.Tag("example/Weather")<Weather, Authoriser.Authoriser>() {}
 *
 * const live = Authoriser.layer(Weather, {
 *   baseUrl: "https://weather.example",
 *   credentials: OAuth.clientCredentials({
 *     server: "https://auth.example",
 *     client: { clientId: "reporter", clientSecret: Redacted.make("secret") },
 *     scope: ["read"]
 *   })
 * })
 * ```
 */
export const clientCredentials = (options: Options): Effect.Effect<Granted, ConfigError.ConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const prepared = yield* prepare("client_credentials", options)
    if (isPublic(options.client)) {
      return yield* refuse(["client", "clientSecret"], "A client that asks for itself has a secret (RFC 6749, 4.4)")
    }
    return yield* tokensBy(prepared, options, grants.clientCredentials(prepared.link, prepared.scope), "same")
  })

const isPublic = ({ authentication, clientSecret }: Client) => authentication === "none" || clientSecret === undefined

/** What a login in a browser is asked for with. */
export interface CodeOptions extends Options {
  /** The browser's part: `receiver` of `effect-herald/loopback`, or a route of one's own. Made anew for each login. */
  readonly receiver: Effect.Effect<grants.Redirect, Token.TokenFailure, Scope.Scope>
  /** How long the person may take. Default: 5 minutes. */
  readonly patience?: Duration.DurationInput | undefined
  /** What the page where a person agrees is to know besides, such as `prompt`, or `access_type` of Google's. */
  readonly pageParameters?: Readonly<Record<string, string | ReadonlyArray<string>>> | undefined
}

/**
 * A token for a person who agrees in a browser (RFC 6749, 4.1), with PKCE (RFC 7636) always. Fails with a `ConfigError` if the options
 * can't be; the person is asked when a token is needed that no refresh gives.
 *
 * The `state`, the issuer where the server names it (RFC 9207), and for `openid` the nonce are checked; what does not fit is `Unsafe`.
 * A scope like `offline_access` is what some servers give a refresh token for.
 *
 * @example
 * ```ts
 * import { Context } from "effect"
 * import { Authoriser } from "effect-herald"
 * import * as Loopback from "effect-herald/loopback"
 * import * as OAuth from "effect-herald/oauth"
 *
 * class Spotify extends Context.Tag("example/Spotify")<Spotify, Authoriser.Authoriser>() {}
 *
 * const live = Authoriser.layer(Spotify, {
 *   baseUrl: "https://api.spotify.com/v1",
 *   credentials: OAuth.authorisationCode({
 *     server: {
 *       authorisationEndpoint: "https://accounts.spotify.com/authorize",
 *       tokenEndpoint: "https://accounts.spotify.com/api/token"
 *     },
 *     client: { clientId: "0123456789abcdef" },
 *     scope: ["playlist-read-private", "user-library-read"],
 *     receiver: Loopback.receiver({ port: 8080 }),
 *     margin: "10 minutes"
 *   })
 * })
 * ```
 */
export const authorisationCode = (options: CodeOptions): Effect.Effect<Granted, ConfigError.ConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const prepared = yield* prepare("authorization_code", options)
    const { link, scope } = prepared
    const { endpoints } = link.place
    if (endpoints !== undefined && endpoints.authorisationEndpoint === undefined) {
      return yield* refuse(["server", "authorisationEndpoint"], "This is where a person agrees")
    }
    if (scope.includes("openid") && endpoints !== undefined && endpoints.issuer === undefined) {
      return yield* refuse(["server", "issuer"], "`openid` asks for an ID token, which only a known issuer can give")
    }
    const asking: grants.Asking = {
      receiver: options.receiver,
      patience: yield* patienceOf(options.patience, Duration.minutes(5)),
      page: yield* pairsOf("pageParameters", options.pageParameters ?? {})
    }
    return yield* tokensBy(prepared, options, grants.authorisationCode(link, scope, asking), "granted")
  })

const patienceOf = (given: Duration.DurationInput | undefined, otherwise: Duration.Duration) =>
  given === undefined
    ? Effect.succeed(otherwise)
    : Effect.catchTag(Duration.decodeUnknown(given), "NoSuchElementException", () =>
        refuse(["patience"], "A patience is a time such as `5 minutes`")
      )

/** What a login on another device is asked for with. */
export interface DeviceOptions extends Options {
  /** Shows the person where to go and which code to type there. */
  readonly show: (prompt: grants.DevicePrompt) => Effect.Effect<unknown>
  /** How long the person may take. Default: as long as the server says that the code is good. */
  readonly patience?: Duration.DurationInput | undefined
}

/**
 * A token for a person who agrees on another device (RFC 8628): for a program without a browser. Fails with a `ConfigError` if the options
 * can't be; the person is asked when a token is needed that no refresh gives.
 *
 * @example
 * ```ts
 * import { Context, Effect } from "effect"
 * import { Authoriser } from "effect-herald"
 * import * as OAuth from "effect-herald/oauth"
 *
 * class Weather extends Context.Tag("example/Weather")<Weather, Authoriser.Authoriser>() {}
 *
 * const live = Authoriser.layer(Weather, {
 *   baseUrl: "https://weather.example",
 *   credentials: OAuth.deviceCode({
 *     server: "https://auth.example",
 *     client: { clientId: "television" },
 *     show: ({ userCode, verificationUri }) => Effect.log(`Go to ${verificationUri} and type ${userCode}`)
 *   })
 * })
 * ```
 */
export const deviceCode = (options: DeviceOptions): Effect.Effect<Granted, ConfigError.ConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const prepared = yield* prepare("device_code", options)
    const { link, scope } = prepared
    const { endpoints } = link.place
    if (endpoints !== undefined && endpoints.deviceAuthorisationEndpoint === undefined) {
      return yield* refuse(["server", "deviceAuthorisationEndpoint"], "This is where a device gets its code")
    }
    const patience = yield* patienceOf(options.patience, Duration.infinity)
    return yield* tokensBy(prepared, options, grants.deviceCode(link, scope, options.show, patience), "granted")
  })

/** What a refresh token that one has is used with. The scope is that which was granted with it. */
export interface RefreshOptions extends Omit<Options, "scope"> {
  readonly refreshToken: Redacted.Redacted
}

/**
 * Tokens by a refresh token that one has already (RFC 6749, 6). A server that rotates gives another each time and no longer takes this
 * one: have a `TokenStore` around, or the next run is refused.
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
export const refreshToken = (options: RefreshOptions): Effect.Effect<Granted, ConfigError.ConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const prepared = yield* prepare("refresh_token", options, options.refreshToken)
    return yield* tokensBy(prepared, options, grants.refresh(prepared.link)(options.refreshToken), "same")
  })
