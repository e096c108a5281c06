import type { HttpClient } from "@effect/platform/HttpClient"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as oauth from "oauth4webapi"
import { TokenFailure } from "../../Token.js"
import { isSecureHttp } from "../http/secureUrl.js"
import { isSuccess, redirectStatuses } from "../http/statuses.js"
import { parseJson } from "../parseJson.js"
import { excerpt, isTemporary, type Outage, outageFailure } from "./failures.js"
import type { RequestTraits, Send } from "./transport.js"
import { toUrl } from "../http/toUrl.js"

/** The endpoints of an authorization server that does not publish its metadata. */
export interface Endpoints {
  /**
   * The issuer identifier. If it is set, the `iss` of authorization responses is compared with it (RFC 9207). If it is not, an
   * `iss` must have the origin of the token, authorization, device authorization or revocation endpoint.
   */
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

/** A document of metadata (RFC 8414, 3.2), for a server whose issuer is not that of the document's URL, or is a template. */
export interface MetadataDocument {
  /** The URL of the document, such as `https://auth.example/.well-known/openid-configuration`. */
  readonly metadataUrl: string | URL
  /**
   * The issuer that the document must name. Parts of its path in braces stand for one segment each, as in
   * `https://login.microsoftonline.com/{tenantid}/v2.0`: the document may name this template or an issuer that matches it, and so
   * may the `iss` of authorization responses and ID tokens. Default: the issuer whose metadata are at this URL (RFC 8414, 3).
   */
  readonly issuer?: string | URL | undefined
}

/**
 * An authorization server: its issuer URL, from which the metadata is discovered (OpenID Connect Discovery, RFC 8414), the URL of
 * its metadata, or its endpoints. All URLs must be https, or http to loopback.
 */
export type Server = string | URL | MetadataDocument | Endpoints

/** The metadata of an authorization server (RFC 8414, 2). */
export interface ServerMetadata {
  readonly as: oauth.AuthorizationServer
  /**
   * Reports whether the `iss` of an authorization response may be that of this server (RFC 9207, 2.4), if it is not `as.issuer`
   * itself.
   */
  readonly isIssuer: (iss: string) => boolean
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
  const url = toUrl(text)
  if (url === undefined) return invalid(path, "must be an absolute URL, such as https://auth.example")
  if (!isSecureHttp(url)) return invalid(path, "must be an https URL, or an http URL of this machine")
  if (url.username !== "" || url.password !== "") return invalid(path, "must not hold credentials")
  return url.href.includes("#") ? invalid(path, "must not have a fragment") : Either.right(url)
}

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

const wellKnown = "/.well-known/"

/** A document that may hold the metadata of an issuer. */
interface Candidates {
  readonly urls: ReadonlyArray<string>
  /** Reports whether an issuer that a document names is the expected one. */
  readonly isExpected: (issuer: string) => boolean
  /** The expected issuer, for messages. */
  readonly expected: string
}

const withoutSlash = (text: string): string => text.replace(/\/$/, "")

/** Compares issuers as URLs. A slash at the end makes no difference: servers publish one form, and users know the other. */
const isSameIssuer =
  (expected: string) =>
  (issuer: string): boolean => {
    const url = toUrl(issuer)
    return url !== undefined && withoutSlash(url.href) === withoutSlash(new URL(expected).href)
  }

/**
 * Lists the URLs at which servers publish the metadata of an issuer, the standards' first: appended to its path (OpenID Connect
 * Discovery 1.0, 4), and inserted before its path (RFC 8414, 3); then each file in the place of the other, and with a slash.
 */
const candidatesOf = ({ href, origin, pathname }: URL): Candidates => {
  const path = withoutSlash(pathname)
  const appended = (file: string) => `${origin}${path}${wellKnown}${file}`
  const inserted = (file: string) => `${origin}${wellKnown}${file}${path}`
  const [oidc, oauth2] = ["openid-configuration", "oauth-authorization-server"]
  const urls = [appended(oidc), inserted(oauth2), inserted(oidc), appended(oauth2)]
  return {
    urls: [...new Set([...urls, ...urls.map((url) => `${url}/`)])],
    isExpected: isSameIssuer(href),
    expected: href
  }
}

/** Returns the issuer whose metadata are at a URL. Undefined if it is no well-known URL. */
const issuerOfDocument = ({ origin, pathname }: URL): string | undefined => {
  const [, before, after] =
    /^(.*)\/\.well-known\/(?:openid-configuration|oauth-authorization-server)(.*)$/.exec(pathname) ?? []
  return before === undefined ? undefined : `${origin}${before}${withoutSlash(after ?? "")}`
}

/** A part of an issuer that stands for one segment of its path. */
const placeholder = /\{[\w-]+\}/

/**
 * Makes a predicate of the issuers that match a template: its parts in braces stand for one segment of a path each. Without such a part,
 * a slash at the end makes no difference.
 */
const matcherOf = (template: string): ((issuer: string) => boolean) => {
  if (!placeholder.test(template)) return isSameIssuer(template)
  const parts = template.split(placeholder).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  const pattern = new RegExp(`^${parts.join("[^/?#{}]+")}$`)
  return (issuer) => issuer === template || pattern.test(issuer)
}

/** The result of a request for a document: the metadata, a failure, or the reason why another URL has to be tried. */
type Found = { readonly as: oauth.AuthorizationServer } | { readonly reason: string; readonly unsafe: boolean }

/** The number of redirects that are followed to a document. */
const maxRedirects = 5

/** Requests a document. Redirects are followed within the origin, which is that of the configured URL. */
const requestDocument = (
  url: URL,
  { expected, isExpected }: Candidates,
  send: Send,
  retried: NonNullable<RequestTraits["retried"]>,
  redirects = maxRedirects
): Effect.Effect<Found & { readonly status: number }, Outage, HttpClient> =>
  Effect.flatMap(
    send({ url, method: "GET", headers: { accept: "application/json" } }, { name: "discovery", retried }),
    ({ headers, status, text }) => {
      const failed = (reason: string, unsafe = false) => Effect.succeed({ status, reason, unsafe })
      const { location } = headers
      const target = redirectStatuses.includes(status) && location !== undefined ? toUrl(location, url) : undefined
      if (target !== undefined) {
        return target.origin === url.origin && redirects > 0
          ? requestDocument(target, { urls: [], expected, isExpected }, send, retried, redirects - 1)
          : failed(redirects > 0 ? "a redirect to another origin" : "too many redirects")
      }
      if (!isSuccess(status)) return failed(`status ${status}`)
      const as = parseJson(text)
      if (!Predicate.isRecord(as)) return failed("no JSON object")
      const { issuer } = as
      if (!Predicate.isString(issuer)) return failed("no issuer")
      return isExpected(issuer)
        ? // The fields are checked when they are used.
          Effect.succeed({ status, as: as as unknown as oauth.AuthorizationServer })
        : failed(`another issuer: ${excerpt(issuer)} instead of ${expected}`, true)
    }
  )

/** The number of candidates that are asked again after a temporary error: those of the two standards. */
const maxLater = 2

/** The number of requests without any response after which the server counts as down. */
const maxOutages = 3

/**
 * Discovers the metadata at the first candidate that has it. Candidates that do not respond, or respond with a temporary error, are
 * asked again, with the retries of the pipeline, once no other has the metadata.
 */
const discover = (
  host: string,
  candidates: Candidates,
  send: Send
): Effect.Effect<oauth.AuthorizationServer, TokenFailure, HttpClient> =>
  Effect.gen(function* () {
    const tried: Array<string> = []
    let unsafe = false
    const later: Array<URL> = []
    let outage: Outage | undefined
    let outages = 0
    let hasResponded = false
    const isDown = () => outage !== undefined && !hasResponded && (!outage.ambiguous || outages >= maxOutages)
    const request = (url: URL, first: boolean) =>
      requestDocument(url, candidates, send, first ? "none" : "failed").pipe(
        Effect.map((found) => {
          hasResponded = true
          if ("as" in found) return found.as
          if (first && later.length < maxLater && isTemporary(found.status)) later.push(url)
          else tried.push(`${url.pathname}: ${found.reason}`)
          unsafe ||= found.unsafe
          return undefined
        }),
        Effect.catchTag("Outage", (failure) =>
          Effect.sync(() => {
            outage = failure
            outages += 1
            if (first && later.length < maxLater) later.push(url)
            else tried.push(`${url.pathname}: ${failure.message}`)
            return undefined
          })
        )
      )
    for (const url of candidates.urls) {
      const as = yield* request(new URL(url), true)
      if (as !== undefined) return as
      if (isDown()) break
    }
    for (const url of later) {
      const as = yield* request(url, false)
      if (as !== undefined) return as
      if (isDown()) break
    }
    // Nothing responds at all: the documents are not the cause.
    if (outage !== undefined && isDown()) return yield* outageFailure(outage)
    return yield* new TokenFailure({
      reason: unsafe ? "Unsafe" : "Unavailable",
      message: `${host} does not publish its metadata (${tried.join("; ")}): configure its endpoints as \`server\`, or the \`metadataUrl\` with its \`issuer\``
    })
  })

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
      // Not normalized: servers name it as it is, but for a slash at its end.
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

const isMetadataDocument = (server: MetadataDocument | Endpoints): server is MetadataDocument => "metadataUrl" in server

/** Checks the issuer of a document. Its placeholders must be in the path: in the host, they would match any server. */
const parseTemplate = (server: string | URL): Either.Either<string, ConfigError.ConfigError> => {
  // A `URL` encodes the braces of placeholders, and adds a slash to an issuer without a path.
  const issuer =
    server instanceof URL
      ? (server.pathname === "/" ? withoutSlash(server.href) : server.href)
          .replaceAll("%7B", "{")
          .replaceAll("%7D", "}")
      : String(server)
  const [, origin = issuer, path = ""] = /^(\w+:\/\/[^/]*)(\/.*)$/.exec(issuer) ?? []
  const example = `${origin}${path.split(placeholder).join("placeholder")}`
  return /[{}]/.test(example)
    ? invalid(["server", "issuer"], "must have placeholders, such as {tenantid}, in its path only")
    : Either.map(parseUrl(["server", "issuer"], example), () => issuer)
}

/** The hook of `oauth4webapi` for the issuers of ID tokens, which it exports without a type. */
const expectedIssuer = (): symbol | undefined => (oauth as { readonly _expectedIssuer?: symbol })._expectedIssuer

/** Makes metadata of which authorization responses and ID tokens may name any issuer that matches. */
const withIssuers = (as: oauth.AuthorizationServer, isIssuer: (issuer: string) => boolean): ServerMetadata => {
  const hook = expectedIssuer()
  if (hook === undefined) return { as, isIssuer }
  const issuerOf = ({ claims }: { readonly claims: { readonly iss?: unknown } }) =>
    Predicate.isString(claims.iss) && isIssuer(claims.iss) ? claims.iss : as.issuer
  return { as: { ...as, [hook]: issuerOf }, isIssuer }
}

/** Makes metadata whose issuer may be named with or without a slash at its end. */
const serverMetadata = (as: oauth.AuthorizationServer): ServerMetadata => withIssuers(as, isSameIssuer(as.issuer))

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
    if (typeof server === "string" || server instanceof URL) {
      const issuer = yield* parseUrl(["server"], server)
      const published = issuerOfDocument(issuer)
      // The document of a tenant may have a query.
      if (issuer.search !== "" && published === undefined) {
        return yield* invalid(["server"], "must not have a query, as an issuer URL")
      }
      const candidates: Candidates =
        published === undefined
          ? candidatesOf(issuer)
          : { urls: [issuer.href], expected: published, isExpected: isSameIssuer(published) }
      const metadata = Effect.map(discover(issuer.host, candidates, send), serverMetadata)
      return {
        host: issuer.host,
        hrefs: [issuer.href],
        metadata: yield* cacheSuccess(metadata),
        endpoints: undefined
      }
    }
    if (isMetadataDocument(server)) {
      const url = yield* parseUrl(["server", "metadataUrl"], server.metadataUrl)
      const issuer = server.issuer === undefined ? undefined : yield* parseTemplate(server.issuer)
      const published = issuer ?? issuerOfDocument(url)
      if (published === undefined)
        return yield* invalid(["server", "issuer"], "must be set, as this is no well-known URL")
      // The text of a `URL` without a path has a slash, which the issuer may not have.
      const isUrl = server.issuer instanceof URL && !published.includes("{")
      const isExpected = issuer === undefined || isUrl ? isSameIssuer(published) : matcherOf(issuer)
      const candidates: Candidates = { urls: [url.href], expected: published, isExpected }
      const metadata = Effect.map(discover(url.host, candidates, send), (as) =>
        // Without a placeholder, tokens may name the issuer of the document alone.
        issuer === undefined || !placeholder.test(issuer) ? serverMetadata(as) : withIssuers(as, isExpected)
      )
      return {
        host: url.host,
        hrefs: [url.href],
        metadata: yield* cacheSuccess(metadata),
        endpoints: undefined
      }
    }
    const as = yield* metadataOf(server)
    const token = new URL(server.tokenEndpoint)
    const named = [
      as.authorization_endpoint,
      as.token_endpoint,
      as.device_authorization_endpoint,
      as.revocation_endpoint
    ]
    const origins = named.flatMap((href) => (href === undefined ? [] : [new URL(href).origin]))
    return {
      host: token.host,
      hrefs: [token.href, ...(server.issuer === undefined ? [] : [new URL(server.issuer).href])],
      metadata: Effect.succeed(
        server.issuer === undefined
          ? {
              as,
              // Without an issuer to compare with, an `iss` must at least be on a host that the user has named. Otherwise a hostile
              // server that the same program signs in at could pass on a code to it, and redeem it there (mix-up).
              isIssuer: (iss) => {
                const url = toUrl(iss)
                return url !== undefined && isSecureHttp(url) && origins.includes(url.origin)
              }
            }
          : serverMetadata(as)
      ),
      endpoints: server
    }
  })
