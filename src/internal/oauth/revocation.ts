import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import type { Token, TokenFailure } from "../../Token.js"
import { exchange } from "./exchange.js"
import type { ErrorResponse } from "./failures.js"
import type { Registration } from "./registration.js"
import { failOnErrorResponse } from "./tokenRequest.js"

/**
 * Error codes for a token that is not valid, and so needs no revocation: servers should respond with a 200 (RFC 7009, 2.2), and some
 * do not.
 */
const gone = [
  "invalid_token",
  "invalid_grant",
  "token_expired",
  "token_revoked",
  "bad_refresh_token",
  "invalid_refresh_token"
]

/**
 * Succeeds if the token is gone. A type that the server does not revoke (RFC 7009, 2.2.1) is no failure either, since there is
 * nothing else to do: such a token expires by itself.
 */
const unlessDone = (response: ErrorResponse): Effect.Effect<void, ErrorResponse> => {
  const { code } = response
  if (gone.includes(code)) return Effect.void
  return code === "unsupported_token_type"
    ? Effect.logWarning(`${response.host} does not revoke tokens of this type: the token is valid until it expires`)
    : Effect.fail(response)
}

/**
 * Revokes the refresh token, or the access token where there is no refresh token (RFC 7009, 2). Does nothing if the server
 * has no revocation endpoint. Any status of 2xx is a success.
 */
export const revokeToken = (registration: Registration, token: Token): Effect.Effect<void, TokenFailure, HttpClient> =>
  Effect.flatMap(
    registration.server.metadata,
    ({ as: { revocation_endpoint, revocation_endpoint_auth_methods_supported: methods } }) =>
      revocation_endpoint === undefined
        ? Effect.void
        : exchange(
            registration,
            { name: "revoke", idempotent: true },
            (as, client, authentication, options) =>
              oauth.revocationRequest(
                // The endpoint may have methods of client authentication of its own (RFC 8414, 2).
                methods === undefined ? as : { ...as, token_endpoint_auth_methods_supported: methods },
                client,
                authentication,
                Redacted.value(token.refreshToken ?? token.accessToken),
                {
                  ...options,
                  additionalParameters: {
                    token_type_hint: token.refreshToken === undefined ? "access_token" : "refresh_token"
                  }
                }
              ),
            // The response says nothing beyond its status (RFC 7009, 2.2).
            async () => {}
          ).pipe(Effect.catchTag("ErrorResponse", unlessDone), failOnErrorResponse)
  )
