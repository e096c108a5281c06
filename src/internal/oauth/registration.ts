import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as oauth from "oauth4webapi"
import { fingerprint } from "../fingerprint.js"
import { fieldName } from "../http/fieldSyntax.js"
import { authenticationOf, type Client } from "./clientAuthentication.js"
import { type AuthorizationServer, resolveServer, type Server } from "./serverMetadata.js"
import { makeSend, type Send } from "./transport.js"

/** Request parameters by name. A parameter with several values is sent once for each. */
export type RequestParameters<A> = ReadonlyArray<readonly [name: string, value: A]>

/** A client at an authorization server, with everything that its requests need. */
export interface Registration {
  readonly client: oauth.Client
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
}

/** Parameters that effect-herald sets itself. A secret among them could otherwise end up in a URL. */
const reservedParameters = [
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

/** A scope name (RFC 6749, 3.3). */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Fails with a `ConfigError` for an option. */
export const invalid = (path: ReadonlyArray<string>, message: string) =>
  Effect.fail(ConfigError.InvalidData([...path], message))

/** Converts the parameters of an option. Fails with a `ConfigError` if one of them is reserved. */
export const parseParameters = <A extends string | Redacted.Redacted>(
  option: string,
  parameters: Readonly<Record<string, A | ReadonlyArray<string>>>
): Effect.Effect<RequestParameters<A | string>, ConfigError.ConfigError> =>
  Effect.forEach(
    Object.entries(parameters),
    ([name, value]): Effect.Effect<RequestParameters<A | string>, ConfigError.ConfigError> => {
      if (reservedParameters.includes(name))
        return invalid([option, name], "is set by effect-herald and cannot be configured")
      return Effect.succeed(isList(value) ? value.map((item) => [name, item] as const) : [[name, value]])
    }
  ).pipe(Effect.map((parameters) => parameters.flat()))

const isList = <A>(value: A | ReadonlyArray<string>): value is ReadonlyArray<string> => Array.isArray(value)

/** Returns the values of parameters, secrets included. */
export const revealParameters = (parameters: Registration["parameters"]): Array<[string, string]> =>
  parameters.map(([name, value]) => [name, typeof value === "string" ? value : Redacted.value(value)])

/**
 * Makes a registration. Fails with a `ConfigError` if an option is invalid.
 *
 * - `presented`: a secret that the tokens are granted for, such as a refresh token. A fingerprint of it becomes part of the
 *   identity
 */
export const register = (
  grantType: string,
  options: RegistrationOptions,
  presented?: Redacted.Redacted
): Effect.Effect<Registration, ConfigError.ConfigError> =>
  Effect.gen(function* () {
    const { bearerTokenTypes = [], client, scope = [] } = options
    const authentication = yield* authenticationOf(client)
    if (!scope.every((name) => scopeToken.test(name))) {
      return yield* invalid(["scope"], 'must be a list of names without spaces, such as `["read", "write"]`')
    }
    if (!bearerTokenTypes.every((type) => fieldName.test(type))) {
      return yield* invalid(["bearerTokenTypes"], 'must be a list of token types, such as `["bot"]`')
    }
    const parameters = yield* parseParameters("parameters", options.parameters ?? {})
    const send = yield* makeSend
    const server = yield* resolveServer(options.server, send)
    return {
      client: { client_id: client.clientId },
      authentication,
      clientSecret: client.clientSecret,
      server,
      send,
      scope,
      bearerTokenTypes: bearerTokenTypes.map((type) => type.toLowerCase()),
      parameters,
      callerName: `${grantType === "client_credentials" ? "" : "user of "}OAuth client ${client.clientId} at ${server.host}`,
      identity: yield* identityOf(grantType, client, server, [
        scope.toSorted(),
        revealParameters(parameters),
        presented === undefined ? [] : [Redacted.value(presented)]
      ])
    }
  })

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
