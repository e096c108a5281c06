import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { encodeBase64 } from "../base64.js"
import { importSigningKey, type JwtClaims, type KeyOptions, sign, widenLifetime } from "./signingKey.js"

/** A public client (RFC 6749, 2.1), such as a program on a user's device. It has no secret and does not authenticate. */
export interface PublicClient {
  readonly clientId: string
  readonly authentication?: "none" | undefined
  readonly clientSecret?: undefined
  readonly privateKey?: undefined
}

/** A client with a secret (RFC 6749, 2.3.1). */
export interface SecretClient {
  readonly clientId: string
  readonly clientSecret: Redacted.Redacted
  /**
   * The method of client authentication.
   *
   * - `basic`: the secret in an HTTP Basic header, encoded as a form is (RFC 6749, 2.3.1): letters, digits and `*-._` are sent as
   *   they are
   * - `basic-unencoded`: the same without the encoding, for servers that do not decode, and an id or a secret with other characters
   * - `post`: the secret in the request body
   * - `jwt`: an assertion that is signed with the secret, which is not sent: `client_secret_jwt` (OpenID Connect Core 1.0, 9), HS256
   *
   * Default: the first of `basic`, `post` and `jwt` that the server's metadata lists, or `basic`.
   */
  readonly authentication?: "basic" | "basic-unencoded" | "post" | "jwt" | undefined
  /** The audience (`aud`) of the assertion. Default: the issuer, or the token endpoint if no issuer is configured. */
  readonly assertionAudience?: string | URL | undefined
  readonly privateKey?: undefined
}

/**
 * A client with a key pair, of which the server has the public key. It signs an assertion: `private_key_jwt` (RFC 7523, 2.2; OpenID
 * Connect Core 1.0, 9).
 */
export interface KeyClient extends KeyOptions {
  readonly clientId: string
  readonly authentication?: "jwt" | undefined
  /** The audience (`aud`) of the assertion. Default: the issuer, or the token endpoint if no issuer is configured. */
  readonly assertionAudience?: string | URL | undefined
  readonly clientSecret?: undefined
}

/** A client as registered at an authorization server (RFC 6749, 2). */
export type Client = PublicClient | SecretClient | KeyClient

const invalid = (name: "authentication" | "assertionAudience" | "clientId" | "clientSecret", message: string) =>
  Effect.fail(ConfigError.InvalidData(["client", name], message))

/** Encodes a text as `application/x-www-form-urlencoded` does (RFC 6749, appendix B). */
const formEncoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1)

const unencoded = (text: string): string => text

/**
 * HTTP Basic. `oauth4webapi` encodes `-`, `_`, `.` and `*`, too, which servers that do not decode refuse. `encode` leaves them,
 * which all servers accept.
 */
const basic =
  (secret: string, encode: (text: string) => string): oauth.ClientAuth =>
  (_as, { client_id: id }, _body, headers) =>
    headers.set("authorization", `Basic ${encodeBase64(`${encode(id)}:${encode(secret)}`)}`)

/** The facts that assertions depend on. */
export interface AssertionFacts {
  /** The audience if the client names none. Undefined for the issuer. */
  readonly audience: string | undefined
  /** The tolerance for differences of clocks, in seconds. */
  readonly tolerance: number
}

const assertionClaims = (client: SecretClient | KeyClient, { audience, tolerance }: AssertionFacts) => {
  const named = client.assertionAudience === undefined ? audience : String(client.assertionAudience)
  return (claims: JwtClaims): void => {
    if (named !== undefined) claims["aud"] = named
    widenLifetime(claims, tolerance)
  }
}

const secretJwt = (secret: string, modify: (claims: JwtClaims) => void): oauth.ClientAuth =>
  oauth.ClientSecretJwt(secret, { [oauth.modifyAssertion]: (_header, claims) => modify(claims) })

/** Authenticates by the first method that the server's metadata lists (RFC 8414, 2), or by the first one. */
const listedMethod =
  (methods: readonly [MethodOf, ...ReadonlyArray<MethodOf>]): oauth.ClientAuth =>
  (as, client, body, headers) => {
    // Some servers publish a text in place of a list.
    const listed: ReadonlyArray<unknown> = [as.token_endpoint_auth_methods_supported].flat()
    const [, authenticate] = methods.find(([name]) => listed.includes(name)) ?? methods[0]
    return authenticate(as, client, body, headers)
  }

/** A method of client authentication, by its registered name (RFC 7591, 2). */
type MethodOf = readonly [name: string, authenticate: oauth.ClientAuth]

const secretAuthentication = (client: SecretClient, secret: string, facts: AssertionFacts) => {
  const { authentication, clientId } = client
  const jwt = secretJwt(secret, assertionClaims(client, facts))
  switch (authentication) {
    case undefined:
      return Effect.succeed(
        listedMethod([
          ["client_secret_basic", basic(secret, formEncoded)],
          ["client_secret_post", oauth.ClientSecretPost(secret)],
          ["client_secret_jwt", jwt]
        ])
      )
    case "basic":
      return Effect.succeed(basic(secret, formEncoded))
    case "basic-unencoded":
      return clientId.includes(":")
        ? invalid("clientId", "must not have a colon with the authentication `basic-unencoded` (RFC 7617, 2)")
        : Effect.succeed(basic(secret, unencoded))
    case "post":
      return Effect.succeed(oauth.ClientSecretPost(secret))
    case "jwt":
      return Effect.succeed(jwt)
  }
}

const keyAuthentication = (client: KeyClient, facts: AssertionFacts) =>
  Effect.map(importSigningKey(["client"], client), (key): oauth.ClientAuth => {
    const modify = assertionClaims(client, facts)
    return async (as, { client_id: id }, body) => {
      body.set("client_id", id)
      body.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
      body.set("client_assertion", await sign(key, as, id, modify))
    }
  })

/** The methods that the types of clients permit, for untyped JavaScript. */
const methodsOf = ({ clientSecret, privateKey }: Client): ReadonlyArray<unknown> => {
  if (privateKey !== undefined) return ["jwt"]
  return clientSecret === undefined ? ["none"] : ["basic", "basic-unencoded", "post", "jwt"]
}

/** Returns the authentication of a client. Fails with a `ConfigError` if its options are invalid or contradict each other. */
export const authenticationOf = (
  client: Client,
  facts: AssertionFacts
): Effect.Effect<oauth.ClientAuth, ConfigError.ConfigError> => {
  const { authentication, clientId, clientSecret, privateKey } = client
  // JavaScript permits other values than the types do.
  const isText = (value: unknown): value is string => typeof value === "string" && value !== "" && value.isWellFormed()
  if (!isText(clientId)) return invalid("clientId", "must be text that is not empty")
  if (clientSecret !== undefined && privateKey !== undefined) {
    return invalid("clientSecret", "must not be set together with `privateKey`")
  }
  if (clientSecret !== undefined && !(Redacted.isRedacted(clientSecret) && isText(Redacted.value(clientSecret)))) {
    return invalid("clientSecret", "must be Redacted text that is not empty")
  }
  if (authentication !== undefined && !methodsOf(client).includes(authentication)) {
    if (authentication === "none") return invalid("clientSecret", "must not be set with the authentication `none`")
    const known: ReadonlyArray<unknown> = ["basic", "basic-unencoded", "post", "jwt"]
    if (!known.includes(authentication)) {
      return invalid("authentication", "must be `basic`, `basic-unencoded`, `post`, `jwt` or `none`")
    }
    return privateKey === undefined
      ? invalid("clientSecret", `must be set with the authentication \`${authentication}\``)
      : invalid("authentication", "must be `jwt` for a client with a private key")
  }
  if (client.privateKey === undefined && client.clientSecret === undefined) return Effect.succeed(oauth.None())
  const { assertionAudience } = client
  if (assertionAudience !== undefined && !isText(String(assertionAudience))) {
    return invalid("assertionAudience", "must not be empty")
  }
  return client.privateKey === undefined
    ? secretAuthentication(client, Redacted.value(client.clientSecret), facts)
    : keyAuthentication(client, facts)
}
