import type { HttpClient } from "@effect/platform/HttpClient"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as oauth from "oauth4webapi"
import { TokenFailure } from "../../Token.js"
import { isSecureHttp } from "../http/secureUrl.js"
import { libraryFailure } from "./failures.js"
import { prepareRequest, type Send } from "./transport.js"

/** The endpoints of an authorization server that does not publish its metadata. */
export interface Endpoints {
  /** The issuer identifier. If it is set, the `iss` of authorization responses is compared with it (RFC 9207). */
  readonly issuer?: string | URL | undefined
  readonly tokenEndpoint: string | URL
  readonly authorizationEndpoint?: string | URL | undefined
  readonly deviceAuthorizationEndpoint?: string | URL | undefined
  readonly revocationEndpoint?: string | URL | undefined
  /** The endpoint for pushed authorization requests (RFC 9126). If it is set, it is used for every sign-in. */
  readonly pushedAuthorizationRequestEndpoint?: string | URL | undefined
  /** The UserInfo endpoint (OpenID Connect Core 1.0, 5.3), for `userInfo`. */
  readonly userInfoEndpoint?: string | URL | undefined
  /** The URL of the server's public keys (RFC 7517, 5), for `claims`. */
  readonly jwksUri?: string | URL | undefined
}

/**
 * An authorization server: its issuer URL, from which the metadata is discovered (OpenID Connect Discovery, RFC 8414), or
 * its endpoints. All URLs must be https, or http to loopback.
 */
export type Server = string | URL | Endpoints

/** The metadata of an authorization server (RFC 8414, 2). */
export interface ServerMetadata {
  readonly as: oauth.AuthorizationServer
  /**
   * False if the endpoints were configured without an issuer: `as.issuer` is then a substitute, and `iss` is not checked.
   */
  readonly hasIssuer: boolean
}

/** An authorization server whose URLs are valid. */
export interface AuthorizationServer {
  /** The host, which names the server in messages. */
  readonly host: string
  /** URLs that identify the server, and its tenant where several share a host. */
  readonly hrefs: ReadonlyArray<string>
  /** The metadata. It is discovered once, when it is first needed. A failed discovery is tried again. */
  readonly metadata: Effect.Effect<ServerMetadata, TokenFailure, HttpClient>
  /** The configured endpoints. Undefined if the metadata is discovered. */
  readonly endpoints: Endpoints | undefined
}

const invalid = (path: ReadonlyArray<string>, message: string) =>
  Either.left(ConfigError.InvalidData([...path], message))

const parseUrl = (path: ReadonlyArray<string>, text: string | URL): Either.Either<URL, ConfigError.ConfigError> => {
  if (!URL.canParse(text)) return invalid(path, "must be an absolute URL, such as https://auth.example")
  const url = new URL(text)
  if (!isSecureHttp(url)) return invalid(path, "must be an https URL, or an http URL of this machine")
  if (url.username !== "" || url.password !== "") return invalid(path, "must not hold credentials")
  return url.href.includes("#") ? invalid(path, "must not have a fragment") : Either.right(url)
}

const isIssuer = (server: Server): server is string | URL => typeof server === "string" || server instanceof URL

/** Caches the first success. Until then, one fiber at a time runs the effect. */
const cacheSuccess = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Effect.Effect<A, E, R>> =>
  Effect.map(Effect.makeSemaphore(1), (semaphore) => {
    let cached: Effect.Effect<A> | undefined
    const run = Effect.suspend(
      () =>
        cached ??
        Effect.tap(effect, (value) => {
          cached = Effect.succeed(value)
        })
    )
    return Effect.suspend(() => cached ?? semaphore.withPermits(1)(run))
  })

/** Discovers the metadata by OpenID Connect Discovery 1.0, 4; after an error response, by RFC 8414, 3. */
const discover = (issuer: URL, send: Send): Effect.Effect<ServerMetadata, TokenFailure, HttpClient> => {
  const request = (algorithm: "oidc" | "oauth2") =>
    Effect.flatMap(
      prepareRequest(issuer.host, (options) => oauth.discoveryRequest(issuer, { ...options, algorithm })),
      (prepared) => send(prepared, { name: "discovery" })
    )
  return request("oidc").pipe(
    Effect.flatMap((response) => (response.status >= 400 ? request("oauth2") : Effect.succeed(response))),
    Effect.flatMap((response) =>
      response.status >= 400
        ? Effect.fail(
            new TokenFailure({
              reason: "Unavailable",
              message: `${issuer.host} does not publish its metadata (status ${response.status}): configure its endpoints`
            })
          )
        : Effect.tryPromise({
            try: () => oauth.processDiscoveryResponse(issuer, response),
            catch: (error) => libraryFailure(error, issuer.host, response.status)
          })
    ),
    Effect.map((as) => ({ as, hasIssuer: true }))
  )
}

const metadataOf = (endpoints: Endpoints): Either.Either<oauth.AuthorizationServer, ConfigError.ConfigError> =>
  Either.gen(function* () {
    const hrefOf = (name: Exclude<keyof Endpoints, "tokenEndpoint">) => {
      const text = endpoints[name]
      return text === undefined
        ? Either.right(undefined)
        : Either.map(parseUrl(["server", name], text), ({ href }) => href)
    }
    const token = yield* parseUrl(["server", "tokenEndpoint"], endpoints.tokenEndpoint)
    yield* hrefOf("issuer")
    const authorization = yield* hrefOf("authorizationEndpoint")
    const device = yield* hrefOf("deviceAuthorizationEndpoint")
    const revocation = yield* hrefOf("revocationEndpoint")
    const pushed = yield* hrefOf("pushedAuthorizationRequestEndpoint")
    const userInfo = yield* hrefOf("userInfoEndpoint")
    const jwks = yield* hrefOf("jwksUri")
    return {
      // Not normalized: issuers are compared as strings (RFC 9207, 2.4).
      issuer: endpoints.issuer === undefined ? token.origin : String(endpoints.issuer),
      token_endpoint: token.href,
      ...(authorization !== undefined && { authorization_endpoint: authorization }),
      ...(device !== undefined && { device_authorization_endpoint: device }),
      ...(revocation !== undefined && { revocation_endpoint: revocation }),
      ...(pushed !== undefined && { pushed_authorization_request_endpoint: pushed }),
      ...(userInfo !== undefined && { userinfo_endpoint: userInfo }),
      ...(jwks !== undefined && { jwks_uri: jwks })
    }
  })

/** Checks the URLs of an authorization server. No request is sent. */
export const resolveServer = (
  server: Server,
  send: Send
): Effect.Effect<AuthorizationServer, ConfigError.ConfigError> =>
  Effect.gen(function* () {
    // JavaScript permits other values than the types do.
    if (!Predicate.isObject(server) && typeof server !== "string") {
      return yield* invalid(["server"], "must be the URL of the issuer, or the URLs of the endpoints")
    }
    if (!isIssuer(server)) {
      const as = yield* metadataOf(server)
      const token = new URL(server.tokenEndpoint)
      return {
        host: token.host,
        hrefs: [token.href, ...(server.issuer === undefined ? [] : [new URL(server.issuer).href])],
        metadata: Effect.succeed({ as, hasIssuer: server.issuer !== undefined }),
        endpoints: server
      }
    }
    const issuer = yield* parseUrl(["server"], server)
    if (issuer.search !== "") return yield* invalid(["server"], "must not have a query, as an issuer URL")
    return {
      host: issuer.host,
      hrefs: [issuer.href],
      metadata: yield* cacheSuccess(discover(issuer, send)),
      endpoints: undefined
    }
  })
