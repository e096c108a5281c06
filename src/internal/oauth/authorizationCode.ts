import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as oauth from "oauth4webapi"
import { durationText } from "../durationText.js"
import { TokenFailure } from "../../Token.js"
import { makeAuthorizationRequest, type UnrelatedCallback, validateCallback } from "./authorizationRequest.js"
import { type RequestParameters, type Registration, revealParameters } from "./registration.js"
import { type Grant, requestToken, withoutIdToken } from "./tokenRequest.js"

/**
 * The result of a callback, for the page that is shown to the user.
 *
 * - `Granted`: the user granted access
 * - `Failed`: the sign-in failed
 * - `Unrelated`: the callback does not belong to this sign-in, which still waits for its own
 */
export type CallbackResult =
  | { readonly _tag: "Granted" }
  | { readonly _tag: "Failed"; readonly failure: TokenFailure }
  | { readonly _tag: "Unrelated" }

/** Receives the redirect with the authorization response (RFC 6749, 4.1.2), for one sign-in. */
export interface RedirectReceiver {
  /** The redirect URI, exactly as it is registered for the client. */
  readonly redirectUri: string | URL
  /**
   * Shows the authorization URL to the user, and returns the URL that the browser was redirected to.
   *
   * A receiver that can receive redirects of other sign-ins calls `check` for each redirect. It returns the first one that is
   * not `Unrelated`, and shows the result to the user. Other receivers need not call `check`, since the returned URL is checked
   * again.
   */
  readonly awaitCallback: (
    authorizationUrl: URL,
    check: (callback: URL) => CallbackResult
  ) => Effect.Effect<URL, TokenFailure>
}

/** Options of the authorization step, in which the user takes part. */
export interface UserAuthorization {
  readonly receiver: Effect.Effect<RedirectReceiver, TokenFailure, Scope.Scope>
  readonly timeout: Duration.Duration
  /** Additional parameters of the authorization request alone. */
  readonly authorizationParameters: RequestParameters<string>
  /** True for a pushed authorization request (RFC 9126). Undefined if the server decides. */
  readonly pushed: boolean | undefined
}

const callbackResult = (validated: Either.Either<unknown, TokenFailure | UnrelatedCallback>): CallbackResult =>
  Either.match(validated, {
    onRight: () => ({ _tag: "Granted" }),
    onLeft: (failure) => (failure._tag === "UnrelatedCallback" ? { _tag: "Unrelated" } : { _tag: "Failed", failure })
  })

/**
 * The authorization code grant (RFC 6749, 4.1) with PKCE (RFC 7636). Each run is a new sign-in: code, verifier, state and
 * nonce are used once.
 */
export const authorizationCodeGrant = (
  registration: Registration,
  { authorizationParameters, pushed, receiver, timeout }: UserAuthorization
): Grant =>
  Effect.gen(function* () {
    const { host, metadata: discovered } = registration.server
    const metadata = yield* discovered
    const timedOut = () =>
      new TokenFailure({
        reason: "TimedOut",
        message: `the sign-in at ${host} was not finished within ${durationText(timeout)}: sign in again`
      })

    const { parameters, request } = yield* Effect.scoped(
      Effect.gen(function* () {
        const { awaitCallback, redirectUri } = yield* receiver
        const request = yield* makeAuthorizationRequest(
          registration,
          metadata,
          String(redirectUri),
          authorizationParameters,
          pushed
        )
        const validate = (callback: URL) => validateCallback(registration, metadata, request, callback)
        const callback = yield* Effect.timeoutFail(
          awaitCallback(request.url, (url) => callbackResult(validate(url))),
          { duration: timeout, onTimeout: timedOut }
        )
        const parameters = yield* Effect.mapError(validate(callback), (failure) =>
          failure._tag === "UnrelatedCallback"
            ? new TokenFailure({
                reason: "Unsafe",
                message:
                  "the `state` of the authorization response is missing or that of another sign-in: sign in again"
              })
            : failure
        )
        return { parameters, request }
      })
    )

    return yield* requestToken(
      registration,
      { name: "redeemCode" },
      (as, client, authentication, options) =>
        oauth.authorizationCodeGrantRequest(
          as,
          client,
          authentication,
          parameters,
          request.redirectUri,
          Redacted.value(request.codeVerifier),
          { ...options, additionalParameters: revealParameters(registration.parameters) }
        ),
      async (as, client, response) =>
        request.nonce === undefined
          ? oauth.processAuthorizationCodeResponse(as, client, await withoutIdToken(response))
          : oauth.processAuthorizationCodeResponse(as, client, response, {
              expectedNonce: request.nonce,
              requireIdToken: true
            })
    )
  })
