import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { exchange } from "./exchange.js"
import { libraryFailure } from "./failures.js"
import { type Registration, revealParameters } from "./registration.js"
import {
  failOnErrorResponse,
  formWithScope,
  type Grant,
  requestToken,
  tokenResponse,
  withoutIdToken
} from "./tokenRequest.js"

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
 * (RFC 9700, 4.14.2). So a new refresh token is returned even if the rest of its response can't be used. A response that can't be used is
 * not a refusal of the refresh token, so that the grant succeeds with its failure.
 */
export const refreshGrant =
  (registration: Registration) =>
  (refreshToken: Redacted.Redacted): Grant =>
    exchange(
      registration,
      { name: "refresh" },
      (as, client, authentication, options) =>
        oauth.refreshTokenGrantRequest(as, client, authentication, Redacted.value(refreshToken), {
          ...options,
          additionalParameters: revealParameters(registration.parameters)
        }),
      async (as, client, response) => {
        const received = await withoutIdToken(response)
        // The body is an object: `oauth4webapi` rejects any other, and so does this.
        const { refresh_token: next } = (await received.clone().json()) as { readonly refresh_token?: unknown }
        const validated = await oauth.processRefreshTokenResponse(as, client, received).then(
          (response) => Either.right(response),
          (error: unknown) => Either.left(libraryFailure(error, registration.server.host, response.status))
        )
        return { next: typeof next === "string" ? Redacted.make(next) : undefined, validated }
      }
    ).pipe(
      failOnErrorResponse,
      Effect.flatMap(({ next, validated }) =>
        Effect.catchAll(Effect.flatMap(validated, tokenResponse), (failure): Grant =>
          Effect.succeed({ failure, refreshToken: next })
        )
      )
    )
