import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as oauth from "oauth4webapi"
import type { TokenFailure } from "../../Token.js"
import { exchange } from "./exchange.js"
import { jsonResponse } from "./jsonResponse.js"
import type { Registration } from "./registration.js"
import { failOnErrorResponse } from "./tokenRequest.js"

/**
 * Reports whether an authorization request is pushed (RFC 9126): as configured, or if the server requires it (RFC 9126, 5) or its
 * endpoint was configured.
 */
export const isPushed = (
  { server: { endpoints } }: Registration,
  as: oauth.AuthorizationServer,
  configured: boolean | undefined
): boolean =>
  configured ??
  (as.require_pushed_authorization_requests === true || endpoints?.pushedAuthorizationRequestEndpoint !== undefined)

/**
 * Reads the response to a pushed authorization request. `oauth4webapi` accepts the status 201 alone, and requires `expires_in`, which
 * is not needed: the browser opens the URL at once.
 */
const readPushed = async (as: oauth.AuthorizationServer, client: oauth.Client, response: Response) =>
  oauth.processPushedAuthorizationResponse(
    as,
    client,
    response.ok
      ? // `readResponse` makes objects of responses with JSON. For any other, this rejects.
        jsonResponse({ ...((await response.json()) as object), expires_in: 60 }, 201)
      : response
  )

/**
 * Sends the parameters of an authorization request to the server (RFC 9126, 2). Returns those that refer to it, for the URL
 * (RFC 9126, 4).
 */
export const pushRequest = (
  registration: Registration,
  parameters: URLSearchParams
): Effect.Effect<URLSearchParams, TokenFailure, HttpClient> =>
  exchange(
    registration,
    { name: "pushAuthorization", idempotent: true },
    (as, client, authentication, options) =>
      oauth.pushedAuthorizationRequest(as, client, authentication, parameters, options),
    readPushed
  ).pipe(
    failOnErrorResponse,
    Effect.map(
      ({ request_uri: uri }) => new URLSearchParams({ client_id: registration.client.client_id, request_uri: uri })
    )
  )
