import type { HttpClient } from "@effect/platform/HttpClient"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as oauth from "oauth4webapi"
import { isSecureHttp } from "../road/confined.js"
import { TokenFailure } from "../Token.js"
import { fromLibrary } from "./failures.js"
import { draw, type Send } from "./transport.js"

/** The endpoints of an authorisation server that does not tell them itself. */
export interface Endpoints {
  /** What its answers name it, if they do (RFC 9207). */
  readonly issuer?: string | URL | undefined
  readonly tokenEndpoint: string | URL
  readonly authorisationEndpoint?: string | URL | undefined
  readonly deviceAuthorisationEndpoint?: string | URL | undefined
  readonly revocationEndpoint?: string | URL | undefined
}

/**
 * An authorisation server: its issuer's URL, to be asked for the rest (OpenID Connect Discovery, RFC 8414), or its endpoints.
 * All of it is https, or http on this machine.
 */
export type Server = string | URL | Endpoints

/** The metadata of a server. Nobody said who the issuer is if it is not `named`. */
export interface Known {
  readonly as: oauth.AuthorizationServer
  readonly named: boolean
}

const refuse = (path: ReadonlyArray<string>, message: string) =>
  Either.left(ConfigError.InvalidData([...path], message))

const safeUrl = (path: ReadonlyArray<string>, text: string | URL): Either.Either<URL, ConfigError.ConfigError> => {
  if (!URL.canParse(text)) return refuse(path, "This is an absolute URL, such as https://auth.example")
  const url = new URL(text)
  if (!isSecureHttp(url)) return refuse(path, "An authorisation server is asked by https, or on this machine")
  if (url.username !== "" || url.password !== "") return refuse(path, "This URL holds no credentials")
  return url.href.includes("#") ? refuse(path, "This URL has no fragment") : Either.right(url)
}

const isIssuer = (server: Server): server is string | URL => typeof server === "string" || server instanceof URL

/** The kept names of a server: a host that people know it by, and URLs that are of no other server, nor of another tenant of its host. */
export interface Place {
  readonly host: string
  readonly hrefs: ReadonlyArray<string>
  /** Asks for what is not known yet, once it could be answered. */
  readonly known: Effect.Effect<Known, TokenFailure, HttpClient>
  /** What was said of it, if that was its endpoints. */
  readonly endpoints: Endpoints | undefined
}

/** One asks at a time, until one was answered. */
const onceAnswered = <A, E, R>(ask: Effect.Effect<A, E, R>): Effect.Effect<Effect.Effect<A, E, R>> =>
  Effect.map(Effect.makeSemaphore(1), (one) => {
    let answer: Effect.Effect<A> | undefined
    const first = Effect.suspend(
      () =>
        answer ??
        Effect.tap(ask, (found) => {
          answer = Effect.succeed(found)
        })
    )
    return Effect.suspend(() => answer ?? one.withPermits(1)(first))
  })

/** OpenID Connect Discovery 1.0, 4, and RFC 8414, 3, for those that don't have the former. */
const discover = (issuer: URL, send: Send): Effect.Effect<Known, TokenFailure, HttpClient> => {
  const by = (algorithm: "oidc" | "oauth2") =>
    Effect.flatMap(
      draw(issuer.host, (options) => oauth.discoveryRequest(issuer, { ...options, algorithm })),
      (drawn) => send(drawn, { name: "discovery" })
    )
  return by("oidc").pipe(
    Effect.flatMap((response) => (response.status >= 400 ? by("oauth2") : Effect.succeed(response))),
    Effect.flatMap((response) =>
      response.status >= 400
        ? Effect.fail(
            new TokenFailure({
              reason: "Unavailable",
              message: `${issuer.host} does not tell its endpoints (status ${response.status}): name them`
            })
          )
        : Effect.tryPromise({
            try: () => oauth.processDiscoveryResponse(issuer, response),
            catch: (error) => fromLibrary(error, issuer.host, response.status)
          })
    ),
    Effect.map((as) => ({ as, named: true }))
  )
}

const ofEndpoints = (endpoints: Endpoints): Either.Either<oauth.AuthorizationServer, ConfigError.ConfigError> =>
  Either.gen(function* () {
    const at = (name: Exclude<keyof Endpoints, "tokenEndpoint">) => {
      const text = endpoints[name]
      return text === undefined
        ? Either.right(undefined)
        : Either.map(safeUrl(["server", name], text), ({ href }) => href)
    }
    const token = yield* safeUrl(["server", "tokenEndpoint"], endpoints.tokenEndpoint)
    yield* at("issuer")
    const authorisation = yield* at("authorisationEndpoint")
    const device = yield* at("deviceAuthorisationEndpoint")
    const revocation = yield* at("revocationEndpoint")
    return {
      // As it was written, since it is compared as it is (RFC 9207, 2.4).
      issuer: endpoints.issuer === undefined ? token.origin : String(endpoints.issuer),
      token_endpoint: token.href,
      ...(authorisation !== undefined && { authorization_endpoint: authorisation }),
      ...(device !== undefined && { device_authorization_endpoint: device }),
      ...(revocation !== undefined && { revocation_endpoint: revocation })
    }
  })

/** Where a server is. */
export const locate = (server: Server, send: Send): Effect.Effect<Place, ConfigError.ConfigError> =>
  Effect.gen(function* () {
    if (!isIssuer(server)) {
      const as = yield* ofEndpoints(server)
      const token = new URL(server.tokenEndpoint)
      return {
        host: token.host,
        hrefs: [token.href, ...(server.issuer === undefined ? [] : [new URL(server.issuer).href])],
        known: Effect.succeed({ as, named: server.issuer !== undefined }),
        endpoints: server
      }
    }
    const issuer = yield* safeUrl(["server"], server)
    if (issuer.search !== "") return yield* refuse(["server"], "An issuer has no query")
    return {
      host: issuer.host,
      hrefs: [issuer.href],
      known: yield* onceAnswered(discover(issuer, send)),
      endpoints: undefined
    }
  })
