import type { HttpClient } from "@effect/platform/HttpClient"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { TokenFailure } from "../../Token.js"
import { isSecureHttp } from "../http/secureUrl.js"
import { authorizationFailure, ErrorResponse, excerpt, knownCode, libraryFailure } from "./failures.js"
import type { RequestParameters, Registration } from "./registration.js"
import type { ServerMetadata } from "./serverMetadata.js"
import { isPushed, pushRequest } from "./pushedAuthorization.js"
import { toUrl } from "../http/toUrl.js"

/** An authorization request (RFC 6749, 4.1.1), with the values that its response and the token request are checked by. */
export interface AuthorizationRequest {
  /** The URL that the user opens. */
  readonly url: URL
  readonly redirectUri: string
  /** Undefined without PKCE. */
  readonly codeVerifier: Redacted.Redacted | undefined
  readonly state: string
  readonly nonce: string | undefined
}

/** A callback whose `state` is that of another authorization request, or missing. */
export class UnrelatedCallback extends Data.TaggedError("UnrelatedCallback") {}

/**
 * Makes an authorization request with a code challenge (RFC 7636, 4.3), unless it is `withoutPkce`, and, for OpenID Connect, a
 * nonce. Its parameters are in the URL, or sent to the server before (`pushed`, RFC 9126).
 */
export const makeAuthorizationRequest = (
  registration: Registration,
  { as }: ServerMetadata,
  redirectUri: string,
  {
    authorizationParameters,
    pushed,
    withoutPkce
  }: {
    readonly authorizationParameters: RequestParameters<string>
    readonly pushed: boolean | undefined
    readonly withoutPkce: boolean
  }
): Effect.Effect<AuthorizationRequest, TokenFailure, HttpClient> =>
  Effect.gen(function* () {
    const { client, parameters, scope, server } = registration
    const { authorization_endpoint: endpoint } = as
    const endpointUrl = endpoint === undefined ? undefined : toUrl(endpoint)
    if (endpoint === undefined || endpointUrl === undefined || !isSecureHttp(endpointUrl)) {
      return yield* new TokenFailure({
        reason: "Misconfigured",
        message: `${server.host} has no authorization endpoint with an https URL: configure its endpoints as \`server\``
      })
    }
    const codeVerifier = withoutPkce ? undefined : oauth.generateRandomCodeVerifier()
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
    if (codeVerifier !== undefined) {
      const codeChallenge = yield* Effect.promise(() => oauth.calculatePKCECodeChallenge(codeVerifier))
      request.set("code_challenge", codeChallenge)
      request.set("code_challenge_method", "S256")
    }
    if (scope.length > 0) request.set("scope", scope.join(" "))
    if (nonce !== undefined) request.set("nonce", nonce)

    const inUrl = isPushed(registration, as, pushed) ? yield* pushRequest(registration, request) : request
    const url = new URL(endpoint)
    // The endpoint may have a query of its own (RFC 6749, 3.1), and a parameter several values.
    for (const name of new Set(inUrl.keys())) url.searchParams.delete(name)
    for (const [name, value] of inUrl) url.searchParams.append(name, value)
    return {
      url,
      redirectUri,
      codeVerifier: codeVerifier === undefined ? undefined : Redacted.make(codeVerifier),
      state,
      nonce
    }
  })

const unsafe = (message: string) => new TokenFailure({ reason: "Unsafe", message })

/** Returns the first value of a parameter that is not empty. A server may send an empty parameter, or one twice. */
const firstOf = (parameters: URLSearchParams, ...names: ReadonlyArray<string>): string | undefined =>
  names.flatMap((name) => parameters.getAll(name)).find((value) => value !== "")

/** Reports whether parameters have the `state` of a request, once. */
const hasState = (parameters: URLSearchParams, { state }: AuthorizationRequest): boolean => {
  const states = parameters.getAll("state")
  return states.length === 1 && states[0] === state
}

/**
 * Validates the authorization response in a callback URL (RFC 6749, 4.1.2; RFC 9207, 2.4). Returns its parameters, for the
 * token request.
 */
export const validateCallback = (
  { client, server }: Registration,
  { as, isIssuer }: ServerMetadata,
  request: AuthorizationRequest,
  callback: URL
): Either.Either<URLSearchParams, TokenFailure | UnrelatedCallback> => {
  const { host } = server
  const query = new URLSearchParams(callback.search)
  // A receiver that sees the fragment, such as one in a browser, may get the response of another flow.
  const fragment = new URLSearchParams(callback.hash.slice(1))
  const isFragment = !hasState(query, request) && hasState(fragment, request)
  const parameters = isFragment ? fragment : query
  if (!hasState(parameters, request)) return Either.left(new UnrelatedCallback())

  const [iss, ...others] = parameters.getAll("iss").filter((value) => value !== "")
  if (others.length === 0 && iss !== undefined && iss !== as.issuer) {
    if (!isIssuer(iss)) {
      return Either.left(
        unsafe(
          `the authorization response names the issuer ${excerpt(iss)}, which is not ${host}: sign in again, and if it is the server's own, configure it as \`issuer\` of \`server\``
        )
      )
    }
    // `oauth4webapi` compares it with this issuer only.
    parameters.set("iss", as.issuer)
  }
  const error = firstOf(parameters, "error", "error_code")
  // An error without the issuer of a server that names itself may be from another one (RFC 9207, 2.4).
  const hasIssuer =
    others.length === 0 && (iss !== undefined || as.authorization_response_iss_parameter_supported !== true)
  if (error !== undefined && hasIssuer) {
    return Either.left(
      authorizationFailure(
        new ErrorResponse({
          host,
          status: undefined,
          presented: true,
          code: knownCode(error) ?? excerpt(error),
          description: excerpt(firstOf(parameters, "error_description", "error_message", "error_reason"))
        })
      )
    )
  }
  if (isFragment || fragment.has("access_token")) {
    return Either.left(
      unsafe(
        `${host} responded in the fragment of the redirect URI, as for the implicit grant: permit the authorization code grant for this client`
      )
    )
  }
  // An `error` that is empty is none.
  parameters.delete("error")
  return Either.try({
    try: () => oauth.validateAuthResponse(as, client, parameters, request.state),
    catch: (failure) => unsafe(libraryFailure(failure, host).message)
  }).pipe(
    Either.filterOrLeft(
      (validated) => validated.getAll("code").length === 1 && validated.get("code") !== "",
      () => unsafe(`the authorization response of ${host} does not contain exactly one code`)
    )
  )
}
