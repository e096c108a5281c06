import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { fingerprint, publicFingerprint } from "../fingerprint.js"
import { fieldName } from "../http/fieldSyntax.js"
import { isDuration } from "../isDuration.js"
import { authenticationOf, type Client } from "./clientAuthentication.js"
import { type AuthorizationServer, resolveServer, type Server, type ServerMetadata } from "./serverMetadata.js"
import { makeSend, type Send } from "./transport.js"

/** Request parameters by name. A parameter with several values is sent once for each. */
export type RequestParameters<A> = ReadonlyArray<readonly [name: string, value: A]>

/** A client at an authorization server, with everything that its requests need. */
export interface Registration {
  /** The client, with the tolerance for differences of clocks, in seconds. */
  readonly client: oauth.Client & { readonly [oauth.clockTolerance]: number }
  /** The default audience of assertions: the token endpoint if no issuer is configured. Undefined for the issuer of the server. */
  readonly audience: string | undefined
  readonly authentication: oauth.ClientAuth
  readonly clientSecret: Redacted.Redacted | undefined
  readonly server: AuthorizationServer
  readonly send: Send
  readonly scope: ReadonlyArray<string>
  /** Other token types that are sent as `Bearer`, in lower case. */
  readonly bearerTokenTypes: ReadonlyArray<string>
  /** Additional parameters of authorization requests and token requests (RFC 6749, 8.2). */
  readonly parameters: RequestParameters<string | Redacted.Redacted>
  /**
   * Identifies the tokens by the grant type, the client, the server, and all options that the tokens depend on. Holds no
   * secret.
   */
  readonly identity: string
  /** Names the caller in messages. */
  readonly callerName: string
}

/** The part of `OAuth.Options` that a registration is made from. */
export interface RegistrationOptions {
  readonly server: Server
  readonly client: Client
  readonly scope?: ReadonlyArray<string> | undefined
  readonly bearerTokenTypes?: ReadonlyArray<string> | undefined
  readonly parameters?: Readonly<Record<string, string | Redacted.Redacted | ReadonlyArray<string>>> | undefined
  readonly name?: string | undefined
  readonly clockTolerance?: Duration.DurationInput | undefined
  readonly idTokenAlgorithms?: ReadonlyArray<string> | undefined
}

/** Parameters that effect-herald sets itself. A secret among them could otherwise end up in a URL. */
const reservedParameters = [
  "actor_token",
  "actor_token_type",
  "assertion",
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
  "request_uri",
  "requested_token_type",
  "response_type",
  "scope",
  "state",
  "subject_token",
  "subject_token_type"
]

/** A scope name (RFC 6749, 3.3). */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Reports whether a value is a list of texts that match a pattern. JavaScript permits other values than the types do. */
const isListOf = (list: unknown, pattern: RegExp): boolean =>
  Array.isArray(list) && list.every((item) => typeof item === "string" && pattern.test(item))

/** Fails with a `ConfigError` for an option. */
export const invalid = (path: ReadonlyArray<string>, message: string) =>
  Effect.fail(ConfigError.InvalidData([...path], message))

/** Converts the parameters of an option. Fails with a `ConfigError` if one of them is reserved. */
export const parseParameters = <A extends string | Redacted.Redacted>(
  option: string,
  parameters: Readonly<Record<string, A | ReadonlyArray<string>>>
): Effect.Effect<RequestParameters<A | string>, ConfigError.ConfigError> => {
  // Of these, `Object.entries` returns nothing, or the indices.
  if (!Predicate.isRecord(parameters) || Predicate.isIterable(parameters) || Redacted.isRedacted(parameters)) {
    return invalid([option], 'must be an object of names with texts, such as `{ audience: "https://api.example" }`')
  }
  return Effect.forEach(
    Object.entries(parameters),
    ([name, value]): Effect.Effect<RequestParameters<A | string>, ConfigError.ConfigError> => {
      if (reservedParameters.includes(name))
        return invalid([option, name], "is set by effect-herald and cannot be configured")
      if (name === "" || ![value].flat().every(isParameter)) {
        return invalid([option, name], "must be a name with a text, a list of texts, or a Redacted text")
      }
      return Effect.succeed(isList(value) ? value.map((item) => [name, item] as const) : [[name, value]])
    }
  ).pipe(Effect.map((parameters) => parameters.flat()))
}

/** JavaScript permits other values than the types do. */
const isParameter = (value: unknown): boolean =>
  typeof (Redacted.isRedacted(value) ? Redacted.value(value) : value) === "string"

const isList = <A>(value: A | ReadonlyArray<string>): value is ReadonlyArray<string> => Array.isArray(value)

/** Returns the values of parameters, secrets included. */
export const revealParameters = (parameters: Registration["parameters"]): Array<[string, string]> =>
  parameters.map(([name, value]) => [name, typeof value === "string" ? value : Redacted.value(value)])

/** The grants for a program, rather than for a user. */
const ofProgram: ReadonlyArray<string> = ["client_credentials", "jwt_bearer"]

/** Checks a secret. `path` is that of the option. */
export const checkSecret = (path: string, secret: Redacted.Redacted) =>
  // JavaScript permits other values than the types do.
  Redacted.isRedacted(secret) && typeof Redacted.value(secret) === "string" && Redacted.value(secret) !== ""
    ? Effect.void
    : invalid([path], "must be Redacted text that is not empty")

/** A tolerance that covers clocks that are a minute off, with time for the requests. */
const defaultTolerance = Duration.minutes(2)

/** Decodes a time limit, which must be longer than zero. `path` is that of the option. */
export const parseTimeout = (
  path: string,
  timeout: Duration.DurationInput | undefined,
  defaultTimeout: Duration.Duration
): Effect.Effect<Duration.Duration, ConfigError.ConfigError> => {
  const input = timeout === undefined ? defaultTimeout : timeout
  return isDuration(input) && Duration.greaterThan(input, Duration.zero)
    ? Effect.succeed(Duration.decode(input))
    : invalid([path], "must be a duration longer than zero, such as `5 minutes`")
}

/** The tolerance for differences of clocks, in seconds. */
const parseTolerance = ({ clockTolerance = defaultTolerance }: RegistrationOptions) =>
  isDuration(clockTolerance) && Duration.isFinite(Duration.decode(clockTolerance))
    ? Effect.succeed(Math.ceil(Duration.toSeconds(clockTolerance)))
    : invalid(["clockTolerance"], "must be a finite duration, such as `1 minute`")

/** The algorithms whose signatures `oauth4webapi` verifies (RFC 7518, 3.1; RFC 8037, 3.1). */
const verifiableAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "Ed25519",
  "EdDSA"
]

/** The algorithms that sign with the client's secret (RFC 7518, 3.2). */
const symmetricAlgorithms = ["HS256", "HS384", "HS512"]

/**
 * Completes metadata with the algorithms of ID tokens. A server that names none may use all of them. `none`, without a signature, is
 * not among them, whatever a server names.
 */
const withAlgorithms =
  (algorithms: ReadonlyArray<string> | undefined) =>
  (metadata: ServerMetadata): ServerMetadata => {
    const named: unknown = algorithms ?? metadata.as.id_token_signing_alg_values_supported
    const list = Array.isArray(named) ? named.filter((name) => name !== "none") : verifiableAlgorithms
    return { ...metadata, as: { ...metadata.as, id_token_signing_alg_values_supported: list } }
  }

const checkAlgorithms = ({ idTokenAlgorithms: algorithms }: RegistrationOptions) => {
  const known: ReadonlyArray<unknown> = [...verifiableAlgorithms, ...symmetricAlgorithms]
  return algorithms === undefined ||
    (Array.isArray(algorithms) && algorithms.length > 0 && algorithms.every((name) => known.includes(name)))
    ? Effect.void
    : invalid(["idTokenAlgorithms"], `must be a list of one or more of ${known.join(", ")}`)
}

/**
 * Makes a registration. Fails with a `ConfigError` if an option is invalid.
 *
 * - `presented`: secrets that the tokens are granted for, such as a refresh token. Fingerprints of them become part of the identity
 * - `details`: other options that the tokens depend on. They hold no secret
 */
export const register = (
  grantType: string,
  options: RegistrationOptions,
  presented: ReadonlyArray<Redacted.Redacted> = [],
  details: ReadonlyArray<unknown> = []
): Effect.Effect<Registration, ConfigError.ConfigError> =>
  Effect.gen(function* () {
    const { bearerTokenTypes = [], client, name, parameters: configured = {}, scope = [] } = options
    if (!Predicate.isRecord(client)) return yield* invalid(["client"], "must be set")
    if (name !== undefined && (typeof name !== "string" || name === "")) {
      return yield* invalid(["name"], "must be text that is not empty")
    }
    if (!isListOf(scope, scopeToken)) {
      return yield* invalid(["scope"], 'must be a list of names without spaces, such as `["read", "write"]`')
    }
    if (!isListOf(bearerTokenTypes, fieldName)) {
      return yield* invalid(["bearerTokenTypes"], 'must be a list of token types, such as `["bot"]`')
    }
    const parameters = yield* parseParameters("parameters", configured)
    const tolerance = yield* parseTolerance(options)
    yield* checkAlgorithms(options)
    const send = yield* makeSend
    const resolved = yield* resolveServer(options.server, send)
    const server = { ...resolved, metadata: Effect.map(resolved.metadata, withAlgorithms(options.idTokenAlgorithms)) }
    const { endpoints } = server
    const audience =
      endpoints !== undefined && endpoints.issuer === undefined ? String(endpoints.tokenEndpoint) : undefined
    const authentication = yield* authenticationOf(client, { audience, tolerance })
    return {
      client: { client_id: client.clientId, [oauth.clockTolerance]: tolerance },
      audience,
      authentication,
      clientSecret: client.clientSecret,
      server,
      send,
      scope,
      bearerTokenTypes: bearerTokenTypes.map((type) => type.toLowerCase()),
      parameters,
      callerName: `${ofProgram.includes(grantType) ? "" : "user of "}OAuth client ${client.clientId} at ${server.host}`,
      identity: yield* identityOf(grantType, client, server, [
        scope.toSorted(),
        yield* Effect.forEach(parameters, ([name, value]) => Effect.map(masked(name, value), (text) => [name, text])),
        yield* Effect.forEach(presented, (secret) => masked("", secret)),
        details
      ])
    }
  })

/**
 * Returns a value of a parameter for the identity, which is part of names in stores: a fingerprint of a secret, from which a PIN can't be
 * found by trying.
 */
const masked = (name: string, value: string | Redacted.Redacted): Effect.Effect<string> =>
  typeof value === "string" ? Effect.succeed(value) : publicFingerprint(value, name)

/** Makes the identity of a registration. `details` are the options that tokens depend on. */
const identityOf = (
  grantType: string,
  { clientId }: Client,
  { host, hrefs }: AuthorizationServer,
  details: ReadonlyArray<ReadonlyArray<unknown>>
): Effect.Effect<string> => {
  const plain = `${grantType} ${clientId}@${host}`
  // Tenants on one host differ in the path of their URLs.
  const isHostOnly = hrefs.every((href) => href === `https://${host}/`)
  const all = [...details, isHostOnly ? [] : hrefs]
  return all.every((part) => part.length === 0)
    ? Effect.succeed(plain)
    : Effect.map(fingerprint(Redacted.make(JSON.stringify(all))), (digest) => `${plain} ${digest}`)
}
