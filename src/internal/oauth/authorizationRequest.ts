import type { HttpClient } from "@effect/platform/HttpClient"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { TokenFailure } from "../../Token.js"
import { isSecureHttp } from "../http/secureUrl.js"
import { authorizationFailure, ErrorResponse, excerpt, libraryFailure } from "./failures.js"
import type { RequestParameters, Registration } from "./registration.js"
import type { ServerMetadata } from "./serverMetadata.js"
import { isPushed, pushRequest } from "./pushedAuthorization.js"

/** An authorization request (RFC 6749, 4.1.1), with the values that its response and the token request are checked by. */
export interface AuthorizationRequest {
  /** The URL that the user opens. */
  readonly url: URL
  readonly redirectUri: string
  readonly codeVerifier: Redacted.Redacted
  readonly state: string
  readonly nonce: string | undefined
}

/** A callback whose `state` is that of another authorization request, or missing. */
export class UnrelatedCallback extends Data.TaggedError("UnrelatedCallback") {}

/**
 * Makes an authorization request with a code challenge (RFC 7636, 4.3) and, for OpenID Connect, a nonce. Its parameters are in the
 * URL, or sent to the server before (`pushed`, RFC 9126).
 */
export const makeAuthorizationRequest = (
  registration: Registration,
  { as }: ServerMetadata,
  redirectUri: string,
  authorizationParameters: RequestParameters<string>,
  pushed: boolean | undefined
): Effect.Effect<AuthorizationRequest, TokenFailure, HttpClient> =>
  Effect.gen(function* () {
    const { client, parameters, scope, server } = registration
    const { authorization_endpoint: endpoint } = as
    if (endpoint === undefined || !URL.canParse(endpoint) || !isSecureHttp(new URL(endpoint))) {
      return yield* new TokenFailure({
        reason: "Refused",
        message: `${server.host} has no authorization endpoint with an https URL`
      })
    }
    const codeVerifier = oauth.generateRandomCodeVerifier()
    const codeChallenge = yield* Effect.promise(() => oauth.calculatePKCECodeChallenge(codeVerifier))
    const state = oauth.generateRandomState()
    const nonce = scope.includes("openid") ? oauth.generateRandomNonce() : undefined

    const request = new URLSearchParams()
    for (const [name, value] of authorizationParameters) request.append(name, value)
    for (const [name, value] of parameters) {
      // Secrets would end up in the browser's history.
      if (typeof value === "string") request.append(name, value)
    }
    request.set("response_type", "code")
    request.set("client_id", client.client_id)
    request.set("redirect_uri", redirectUri)
    request.set("state", state)
    request.set("code_challenge", codeChallenge)
    request.set("code_challenge_method", "S256")
    if (scope.length > 0) request.set("scope", scope.join(" "))
    if (nonce !== undefined) request.set("nonce", nonce)

    const inUrl = isPushed(registration, as, pushed) ? yield* pushRequest(registration, request) : request
    const url = new URL(endpoint)
    // The endpoint may have a query of its own (RFC 6749, 3.1), and a parameter several values.
    for (const name of new Set(inUrl.keys())) url.searchParams.delete(name)
    for (const [name, value] of inUrl) url.searchParams.append(name, value)
    return { url, redirectUri, codeVerifier: Redacted.make(codeVerifier), state, nonce }
  })

/**
 * Validates the authorization response in a callback URL (RFC 6749, 4.1.2; RFC 9207, 2.4). Returns its parameters, for the
 * token request.
 */
export const validateCallback = (
  { client, server }: Registration,
  { as, hasIssuer }: ServerMetadata,
  { state }: AuthorizationRequest,
  callback: URL
): Either.Either<URLSearchParams, TokenFailure | UnrelatedCallback> => {
  const parameters = new URLSearchParams(callback.search)
  const states = parameters.getAll("state")
  if (states.length !== 1 || states[0] !== state) return Either.left(new UnrelatedCallback())
  // `as.issuer` is a substitute, which must not be compared with `iss`.
  if (!hasIssuer) parameters.delete("iss")
  return Either.try({
    try: () => oauth.validateAuthResponse(as, client, parameters, state),
    catch: (error) =>
      error instanceof oauth.AuthorizationResponseError
        ? authorizationFailure(
            new ErrorResponse({
              host: server.host,
              code: excerpt(error.error),
              description: excerpt(error.error_description)
            })
          )
        : new TokenFailure({ reason: "Unsafe", message: libraryFailure(error, server.host).message })
  }).pipe(
    Either.filterOrLeft(
      (validated) => validated.getAll("code").length === 1,
      () =>
        new TokenFailure({
          reason: "Unsafe",
          message: `the authorization response of ${server.host} does not contain exactly one code`
        })
    )
  )
}
