import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { type Token, TokenFailure } from "../../Token.js"
import type { Tokens } from "../../Tokens.js"
import { bytesOfBase64, decodeBase64, fromBase64Url } from "../base64.js"
import { parse } from "../http/json.js"
import { isSecureHttp } from "../http/secureUrl.js"
import { parseJson } from "../parseJson.js"
import { isTemporary, libraryFailure, outageFailure } from "./failures.js"
import { jsonResponse } from "./jsonResponse.js"
import type { Registration } from "./registration.js"
import type { RequestTraits } from "./transport.js"
import { toUrl } from "../http/toUrl.js"

/** The claims of an ID token (OpenID Connect Core 1.0, 2 and 5.1). Integers beyond 2^53 are a `bigint`. */
export interface Claims {
  readonly [claim: string]: unknown
  /** The issuer. */
  readonly iss: string
  /** The user, unique at the issuer. */
  readonly sub: string
  /** The audience, which the client id is part of. */
  readonly aud: string | ReadonlyArray<string>
  /** The time of expiry, in seconds since the epoch. It may be over: tokens are stored and refreshed for longer. */
  readonly exp: number
  /** The time of issue, in seconds since the epoch. */
  readonly iat: number
}

/** The claims of a UserInfo response (OpenID Connect Core 1.0, 5.3.2). Integers beyond 2^53 are a `bigint`. */
export interface UserInfo {
  readonly [claim: string]: unknown
  /** The user, unique at the issuer. */
  readonly sub: string
}

const misconfigured = (message: string) => new TokenFailure({ reason: "Misconfigured", message })

/** Sends a GET request to an endpoint of the metadata. Returns the text of the response. */
const get = (
  { send, server: { host } }: Registration,
  endpoint: string | undefined,
  option: string,
  traits: RequestTraits
): Effect.Effect<string, TokenFailure, HttpClient> => {
  const url = endpoint === undefined ? undefined : toUrl(endpoint)
  if (endpoint === undefined || url === undefined) {
    return Effect.fail(misconfigured(`the URL is not known: configure \`${option}\` of ${host}`))
  }
  if (!isSecureHttp(url)) {
    return Effect.fail(
      new TokenFailure({
        reason: "Unsafe",
        message: `${host} names an endpoint that is not https: configure \`${option}\``
      })
    )
  }
  return send({ url, method: "GET", headers: { accept: "application/json" } }, { idempotent: true, ...traits }).pipe(
    Effect.mapError(outageFailure),
    Effect.filterOrFail(
      ({ status }) => status === 200,
      ({ status }) =>
        new TokenFailure({
          reason: reasonOf(status),
          message: `${url.host} refused the request ${traits.name} (status ${status}): check \`${option}\` and the scope`
        })
    ),
    Effect.map(({ text }) => text)
  )
}

/** The reason of a failure by its status: of the token, of the scope or the URL, or of the server. */
const reasonOf = (status: number) => {
  if (isTemporary(status)) return "Unavailable"
  if (status === 401) return "Refused"
  return status >= 400 && status < 500 ? "Misconfigured" : "Unavailable"
}

/** A part of a JWT: 0 for the header, 1 for the claims. Empty if it is not valid. */
const partOf = (jwt: string, part: 0 | 1): Readonly<Record<string, unknown>> => {
  const text = jwt.split(".")[part] ?? ""
  const value = parseJson(decodeBase64(fromBase64Url(text)) ?? "")
  return Predicate.isRecord(value) ? value : {}
}

/** The hash of an algorithm that signs with the client's secret (RFC 7518, 3.2). Undefined for another algorithm. */
const symmetricHash = (idToken: string): string | undefined => {
  const { alg } = partOf(idToken, 0)
  const [, bits] = /^HS(256|384|512)$/.exec(String(alg)) ?? []
  return bits && `SHA-${bits}`
}

/** Verifies a signature that was made with the client's secret, which `oauth4webapi` does not. Rejects if it is not valid. */
const verifySymmetric = async (idToken: string, hash: string, secret: Redacted.Redacted) => {
  const encoder = new TextEncoder()
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(Redacted.value(secret)),
    { name: "HMAC", hash },
    false,
    ["verify"]
  )
  const [header = "", claims = "", signature = ""] = idToken.split(".")
  const bytes = bytesOfBase64(fromBase64Url(signature))
  return crypto.subtle.verify("HMAC", key, bytes, encoder.encode(`${header}.${claims}`))
}

/** A set of public keys (RFC 7517, 5). */
interface KeySet {
  readonly keys: Array<oauth.JWK>
}

const isKeySet = (body: unknown): body is KeySet =>
  Predicate.hasProperty(body, "keys") && Array.isArray(body.keys) && body.keys.every(Predicate.isRecord)

/** Requests the public keys of the server. */
const requestKeys = (
  registration: Registration,
  as: oauth.AuthorizationServer
): Effect.Effect<KeySet, TokenFailure, HttpClient> =>
  Effect.gen(function* () {
    const body = parseJson(yield* get(registration, as.jwks_uri, "jwksUri", { name: "jwks" }))
    return isKeySet(body)
      ? body
      : yield* new TokenFailure({
          reason: "Unavailable",
          message: `${registration.server.host} sent no valid set of keys`
        })
  })

/**
 * Verifies the ID token of a token: its signature, issuer and audience (OpenID Connect Core 1.0, 3.1.3.7). Its times are not checked,
 * since the token has been verified, or received from the server, when it was issued.
 */
const verifyClaims = (registration: Registration, idToken: string): Effect.Effect<Claims, TokenFailure, HttpClient> =>
  Effect.gen(function* () {
    const { client, clientSecret, server } = registration
    const { host } = server
    const { as } = yield* server.metadata
    if (server.endpoints !== undefined && server.endpoints.issuer === undefined)
      return yield* misconfigured(`the issuer is not known: configure \`issuer\` of ${host}`)
    const hash = symmetricHash(idToken)
    const secret = hash === undefined ? undefined : clientSecret
    const jwks = secret === undefined ? yield* requestKeys(registration, as) : { keys: [] }
    const unsafe = new TokenFailure({
      reason: "Unsafe",
      message: `the ID token of ${host} is not trusted: its signature is not valid`
    })
    const { claims, verified } = yield* Effect.tryPromise({
      try: async () => {
        // `oauth4webapi` remembers keys by the object of the metadata. A new one makes it take those of this request.
        const fresh = { ...as }
        const response = Response.json({ access_token: "unused", token_type: "Bearer", id_token: idToken })
        const lenient = { ...client, [oauth.clockTolerance]: Number.MAX_SAFE_INTEGER }
        const token = await oauth.processGenericTokenEndpointResponse(fresh, lenient, response)
        const validated = oauth.getValidatedIdTokenClaims(token)
        // Those of `oauth4webapi` have rounded integers. Its times are numbers, as the types say.
        const claims: Claims | undefined = validated && {
          ...validated,
          ...partOf(idToken, 1),
          exp: validated.exp,
          iat: validated.iat
        }
        if (hash !== undefined && secret !== undefined) {
          return { claims, verified: await verifySymmetric(idToken, hash, secret) }
        }
        await oauth.validateApplicationLevelSignature(fresh, response, {
          [oauth.jwksCache]: { jwks, uat: Math.floor(Date.now() / 1000) },
          [oauth.customFetch]: () => Promise.reject(unsafe)
        })
        return { claims, verified: true }
      },
      catch: (error) => {
        // The messages of `oauth4webapi` are fixed texts. Those of other errors may hold a part of the token.
        const isFixed =
          error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError
        const cause = isFixed ? error.message : "it is not valid"
        return new TokenFailure({ reason: "Unsafe", message: `the ID token of ${host} is not trusted: ${cause}` })
      }
    })
    return claims === undefined || !verified ? yield* unsafe : claims
  })

/**
 * Makes a function that returns the claims of a token's ID token. An ID token is verified once. Fails with `Invalid` if there is
 * none, and with `Unsafe` if it is not valid.
 */
export const makeClaims = (
  registration: Registration
): ((token: Token) => Effect.Effect<Claims, TokenFailure, HttpClient>) => {
  let latest: { readonly idToken: string; readonly claims: Claims } | undefined
  return ({ idToken: redacted }) => {
    if (redacted === undefined) {
      return Effect.fail(
        new TokenFailure({
          reason: "Invalid",
          message: `${registration.server.host} issued no ID token: request the scope \`openid\``
        })
      )
    }
    const idToken = Redacted.value(redacted)
    if (latest?.idToken === idToken) return Effect.succeed(latest.claims)
    return Effect.tap(verifyClaims(registration, idToken), (claims) => {
      latest = { idToken, claims }
    })
  }
}

/**
 * Requests the claims of the user from the UserInfo endpoint (OpenID Connect Core 1.0, 5.3). A 401 refreshes the token, and the
 * request is sent once more. Fails with `Unsafe` if they are those of another user than the ID token's.
 */
export const requestUserInfo = (
  registration: Registration,
  tokens: Tokens
): Effect.Effect<UserInfo, TokenFailure, HttpClient> =>
  Effect.gen(function* () {
    const { client, server } = registration
    const { as } = yield* server.metadata
    // Fails with the reason why there is no token, if so.
    yield* tokens.token()
    const text = yield* get(registration, as.userinfo_endpoint, "userInfoEndpoint", {
      name: "userInfo",
      tokens
    })
    const { idToken } = yield* tokens.token()
    const { sub } = idToken === undefined ? {} : partOf(Redacted.value(idToken), 1)
    return yield* Effect.tryPromise({
      try: () =>
        oauth.processUserInfoResponse(
          as,
          client,
          typeof sub === "string" ? sub : oauth.skipSubjectCheck,
          jsonResponse(parse(text))
        ),
      catch: (error) => libraryFailure(error, server.host)
    })
  })
