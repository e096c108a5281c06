import type { HttpClient } from "@effect/platform/HttpClient"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Credentials from "../Credentials.js"
import { withSecurity } from "../internal/descriptor/apiLayer.js"
import { unknownName } from "../internal/descriptor/names.js"
import type { Client, Server } from "../OAuth.js"
import { absoluteUrl } from "../internal/spec/serverUrl.js"
import type { Document, OAuthFlow, SecurityScheme } from "./Document.js"

/** A user name and a password, for HTTP Basic. */
export interface Basic {
  readonly username: string
  readonly password: Redacted.Redacted
}

/** A client of OAuth 2.0, for the client credentials grant (RFC 6749, 4.4). */
export type ClientCredentials = Client & {
  /** The requested scope. Default: the server's default for this client. */
  readonly scope?: ReadonlyArray<string> | undefined
}

/**
 * The credentials of a security scheme, by its type:
 *
 * - `apiKey`: the key
 * - `http` with the scheme `basic`: user name and password. With `bearer`: the token
 * - `oauth2`, `openIdConnect`: an access token, or a client for the client credentials grant
 * - any type: `Credentials`, or an Effect that makes them, such as those of `effect-herald/oauth`
 */
export type Given<E = unknown, R = unknown> =
  | Redacted.Redacted
  | Basic
  | ClientCredentials
  | Credentials.Credentials
  | Effect.Effect<Credentials.Credentials, E, R>

/** Credentials by the names of security schemes. Those that are undefined are not given. */
export type GivenSchemes = Readonly<Record<string, Given<any, any> | undefined>>

/** The errors of the Effects among credentials. */
export type ErrorsOf<G> = G[keyof G] extends infer One
  ? One extends Effect.Effect<infer _A, infer E, infer _R>
    ? E
    : never
  : never

/** The services that credentials need. */
export type ServicesOf<G> = G[keyof G] extends infer One
  ? One extends Effect.Effect<infer _A, infer _E, infer R>
    ? R
    : One extends { readonly clientId: string }
      ? HttpClient | Scope.Scope
      : never
  : never

const invalid = (name: string, message: string) => Effect.fail(ConfigError.InvalidData(["credentials", name], message))

type Made = Effect.Effect<Credentials.Credentials, ConfigError.ConfigError, HttpClient | Scope.Scope>

/** Reports whether a value is an object with a property of its own, which JavaScript permits to be of any kind. */
const hasText = <Key extends string>(value: unknown, key: Key): value is { readonly [K in Key]: string } =>
  Predicate.hasProperty(value, key) && Predicate.isString(value[key])

const isCredentials = (value: unknown): value is Credentials.Credentials =>
  Predicate.hasProperty(value, "authorize") && Predicate.isFunction(value.authorize)

/** The credentials that a scheme takes, for messages. */
const takes = (scheme: SecurityScheme): string => {
  switch (scheme.type) {
    case "apiKey":
      return `a Redacted key, which is sent in the ${scheme.in === "query" ? "query parameter" : scheme.in} ${scheme.name}`
    case "http":
      return isBasic(scheme)
        ? "{ username, password }, of which the password is Redacted"
        : isBearer(scheme)
          ? "a Redacted token"
          : `Credentials, since the library has none for the HTTP scheme ${scheme.scheme}`
    case "oauth2":
      return flowOf(scheme) === undefined
        ? "a Redacted access token, or Credentials, such as those of effect-herald/oauth"
        : "a Redacted access token, a client { clientId, clientSecret }, or Credentials, such as those of effect-herald/oauth"
    case "openIdConnect":
      return "a Redacted access token, a client { clientId, clientSecret }, or Credentials, such as those of effect-herald/oauth"
    case "mutualTLS":
      return "nothing: give the certificate to the transport"
  }
}

const isBasic = ({ scheme }: { readonly scheme: string }): boolean => scheme.toLowerCase() === "basic"

const isBearer = ({ scheme }: { readonly scheme: string }): boolean => scheme.toLowerCase() === "bearer"

const flowOf = ({ flows }: { readonly flows: Readonly<Record<string, OAuthFlow>> }): OAuthFlow | undefined =>
  Object.hasOwn(flows, "clientCredentials") ? flows["clientCredentials"] : undefined

/**
 * Returns the authorization server of a security scheme, for the functions of `effect-herald/oauth`, such as `authorizationCode`. Fails
 * with a `ConfigError` if the document has no such scheme, or the scheme has no server.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Loopback } from "effect-herald/node"
 * import * as OAuth from "effect-herald/oauth"
 * import { type Document, Security } from "effect-herald/spec"
 *
 * const signIn = (document: Document.Document) =>
 *   Effect.flatMap(Security.server(document, "petstore_auth"), (server) =>
 *     OAuth.authorizationCode({ server, client: { clientId: "our-app" }, receiver: Loopback.receiver() })
 *   )
 * ```
 */
export const server = (document: Document, name: string): Effect.Effect<Server, ConfigError.ConfigError> => {
  const scheme = document.securitySchemes.get(name)
  if (scheme === undefined) return unknownScheme(document, name)
  if (scheme.type === "openIdConnect") return Effect.succeed({ metadataUrl: absoluteUrl(document, scheme.url) })
  if (scheme.type !== "oauth2") {
    return invalid(name, `has the type ${scheme.type}, which has no authorization server`)
  }
  const flows = Object.values(scheme.flows)
  const urlIn = (key: "authorizationUrl" | "tokenUrl") =>
    flows.map((flow) => flow[key]).find((url) => url !== undefined && url !== "")
  const tokenUrl = urlIn("tokenUrl")
  const authorizationUrl = urlIn("authorizationUrl")
  if (tokenUrl === undefined) {
    return invalid(name, "has no flow with a `tokenUrl`: give a token, or `Credentials`")
  }
  return Effect.succeed({
    tokenEndpoint: absoluteUrl(document, tokenUrl),
    ...(authorizationUrl !== undefined && { authorizationEndpoint: absoluteUrl(document, authorizationUrl) })
  })
}

const unknownScheme = ({ securitySchemes }: Document, name: string) => {
  const all = Array.from(securitySchemes, ([one, scheme]) => `${one} takes ${takes(scheme)}`)
  const message = unknownName(name, Array.from(securitySchemes.keys()), "a security scheme of the document")
  return invalid(name, all.length === 0 ? message : `${message}. ${all.slice(0, 20).join("; ")}`)
}

/** Makes the credentials of a client by the client credentials grant. OAuth's code is loaded only for it. */
const clientCredentials = (document: Document, name: string, { scope, ...client }: ClientCredentials): Made =>
  Effect.flatMap(server(document, name), (server) =>
    Effect.flatMap(
      Effect.promise(() => import("../OAuth.js")),
      // The rest of the union has the members of one of its types.
      (OAuth) => OAuth.clientCredentials({ server, client: client as Client, ...(scope && { scope }) })
    )
  )

/** Makes the credentials of a scheme from what is given for it. */
const credentialsOf = (document: Document, name: string, given: unknown): Made => {
  const scheme = document.securitySchemes.get(name)
  if (scheme === undefined) return unknownScheme(document, name)
  if (isCredentials(given)) return Effect.succeed(given)
  // The types of `credentials` have its errors and services.
  if (Effect.isEffect(given)) return given as Made
  const secret = Redacted.isRedacted(given) ? (given as Redacted.Redacted) : undefined
  switch (scheme.type) {
    case "apiKey":
      if (secret === undefined) break
      return scheme.in === "query"
        ? Credentials.apiKey({ query: scheme.name, key: secret })
        : scheme.in === "cookie"
          ? Credentials.apiKey({ cookie: scheme.name, key: secret })
          : Credentials.apiKey({ header: scheme.name, key: secret })
    case "http":
      if (isBasic(scheme) && hasText(given, "username") && Predicate.hasProperty(given, "password")) {
        // `basic` checks the password.
        return Credentials.basic({ username: given.username, password: given.password as Redacted.Redacted })
      }
      if (isBearer(scheme) && secret !== undefined) return Credentials.bearer(secret)
      break
    case "oauth2":
    case "openIdConnect":
      if (secret !== undefined) return Credentials.bearer(secret)
      // `clientCredentials` checks the rest of it.
      if (hasText(given, "clientId") && (scheme.type === "openIdConnect" || flowOf(scheme) !== undefined)) {
        return clientCredentials(document, name, given as ClientCredentials)
      }
      break
    case "mutualTLS":
      break
  }
  return invalid(name, `must be ${takes(scheme)}`)
}

/**
 * Makes credentials for an API by the security schemes of its document. A call uses the first alternative of its operation of which all
 * schemes are given. Fails with a `ConfigError` that lists the schemes and what each takes, if a scheme is unknown or given something
 * else.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { type Document, Security } from "effect-herald/spec"
 *
 * const credentials = (document: Document.Document) =>
 *   Security.credentials(document, {
 *     api_key: Redacted.make("secret"),
 *     petstore_auth: { clientId: "our-app", clientSecret: Redacted.make("secret"), scope: ["read:pets"] }
 *   })
 * ```
 */
export const credentials = <G extends GivenSchemes>(
  document: Document,
  given: G
): Effect.Effect<Credentials.Credentials, ConfigError.ConfigError | ErrorsOf<G>, ServicesOf<G>> => {
  const schemes = Object.fromEntries(
    Object.entries(given).flatMap(([name, one]) =>
      one === undefined ? [] : [[name, credentialsOf(document, name, one)] as const]
    )
  )
  const made = Effect.map(Credentials.bySecurity(schemes), (all) => withSecurity(all, document.security))
  // `ErrorsOf` and `ServicesOf` are those of the Effects that were combined.
  return made as never
}
