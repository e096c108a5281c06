import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { type Registration, revealParameters } from "./registration.js"
import { formWithScope, type Grant, requestToken, withoutIdToken } from "./tokenRequest.js"

/** The client credentials grant (RFC 6749, 4.4). It is idempotent: a second token does not invalidate the first. */
export const clientCredentialsGrant = (registration: Registration): Grant =>
  requestToken(
    registration,
    { name: "clientCredentials", idempotent: true },
    (as, client, authentication, options) =>
      oauth.clientCredentialsGrantRequest(as, client, authentication, formWithScope(registration), options),
    async (as, client, response) => oauth.processClientCredentialsResponse(as, client, await withoutIdToken(response))
  )

/**
 * The refresh of a token (RFC 6749, 6). It is not idempotent: servers that rotate refresh tokens accept each of them once
 * (RFC 9700, 4.14.2).
 */
export const refreshGrant =
  (registration: Registration) =>
  (refreshToken: Redacted.Redacted): Grant =>
    requestToken(
      registration,
      { name: "refresh" },
      (as, client, authentication, options) =>
        oauth.refreshTokenGrantRequest(as, client, authentication, Redacted.value(refreshToken), {
          ...options,
          additionalParameters: revealParameters(registration.parameters)
        }),
      async (as, client, response) => oauth.processRefreshTokenResponse(as, client, await withoutIdToken(response))
    )
