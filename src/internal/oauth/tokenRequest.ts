import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as oauth from "oauth4webapi"
import { fromTokenResponse, TokenFailure, type TokenResponse } from "../../Token.js"
import { exchange } from "./exchange.js"
import { type ErrorResponse, type Outage, outageFailure, requestFailure } from "./failures.js"
import { jsonResponse } from "./jsonResponse.js"
import { type Registration, revealParameters } from "./registration.js"

/** An effect that obtains a token by a grant. */
export type Grant = Effect.Effect<TokenResponse, TokenFailure, HttpClient>

/** Returns the additional parameters and the scope of a request, as a form. */
export const formWithScope = ({ parameters, scope }: Registration): URLSearchParams => {
  const form = new URLSearchParams(revealParameters(parameters))
  if (scope.length > 0) form.set("scope", scope.join(" "))
  return form
}

/** The field in which `withoutIdToken` keeps an ID token. */
const uncheckedIdToken = "unchecked_id_token"

/**
 * Renames an ID token that the sign-in does not depend on, since `oauth4webapi` would fail if it were invalid. It is verified where it
 * is used.
 */
export const withoutIdToken = async (response: Response): Promise<Response> => {
  if (response.status !== 200) return response
  // `readResponse` makes objects of responses with JSON. For any other, this rejects.
  const { id_token: idToken, ...body } = (await response.json()) as Record<string, unknown>
  return jsonResponse(typeof idToken === "string" ? { ...body, [uncheckedIdToken]: idToken } : body)
}

/**
 * Converts a token response that `oauth4webapi` has validated. Fails with `Invalid` if it is not a bearer token, or can't be sent in a
 * header: a sign-in has failed then, too.
 */
export const tokenResponse = (response: oauth.TokenEndpointResponse): Effect.Effect<TokenResponse, TokenFailure> => {
  const { access_token, expires_in, id_token, refresh_token, scope, token_type, ...others } = response
  const { [uncheckedIdToken]: unchecked, ...fields } = others
  const idToken = id_token ?? unchecked
  if (token_type !== "bearer") {
    // A DPoP token cannot be used without its private key (RFC 9449, 5).
    return Effect.fail(
      new TokenFailure({
        reason: "Invalid",
        message: "the granted token is not a bearer token, which is not supported"
      })
    )
  }
  const granted: TokenResponse = {
    accessToken: Redacted.make(access_token),
    tokenType: "Bearer",
    expiresIn: expires_in,
    refreshToken: refresh_token === undefined ? undefined : Redacted.make(refresh_token),
    scope,
    idToken: typeof idToken === "string" && idToken !== "" ? Redacted.make(idToken) : undefined,
    fields: Object.keys(fields).length === 0 ? undefined : Redacted.make(fields)
  }
  // A token that can't be used has to fail here, before a sign-in reports that it succeeded.
  return Effect.as(fromTokenResponse(granted, undefined, 0), granted)
}

/** Converts an error response to its `requestFailure`, and an outage to its `outageFailure`. */
export const failOnErrorResponse = <A>(
  effect: Effect.Effect<A, TokenFailure | ErrorResponse | Outage, HttpClient>
): Effect.Effect<A, TokenFailure, HttpClient> =>
  Effect.catchTags(effect, {
    ErrorResponse: (response) => Effect.fail(requestFailure(response)),
    Outage: (outage) => Effect.fail(outageFailure(outage))
  })

/** Sends a token request (RFC 6749, 4.1.3, 4.4.2 and 6). The arguments are those of `exchange`. */
export const requestToken = (...request: Parameters<typeof exchange<oauth.TokenEndpointResponse>>): Grant =>
  exchange(...request).pipe(failOnErrorResponse, Effect.flatMap(tokenResponse))
