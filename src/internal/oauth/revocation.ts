import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import type { Token, TokenFailure } from "../../Token.js"
import { exchange } from "./exchange.js"
import type { Registration } from "./registration.js"
import { failOnErrorResponse } from "./tokenRequest.js"

/**
 * Revokes the refresh token, or the access token where there is no refresh token (RFC 7009, 2). Does nothing if the server
 * has no revocation endpoint.
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
            (_as, _client, response) => oauth.processRevocationResponse(response)
          ).pipe(failOnErrorResponse)
  )
