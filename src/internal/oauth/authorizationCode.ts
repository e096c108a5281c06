import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as oauth from "oauth4webapi"
import { durationText } from "../durationText.js"
import { TokenFailure } from "../../Token.js"
import { makeAuthorizationRequest, type UnrelatedCallback, validateCallback } from "./authorizationRequest.js"
import { exchange } from "./exchange.js"
import { afterUser, type ErrorResponse, isServerError, type Outage, outageFailure, requestFailure } from "./failures.js"
import { type RequestParameters, type Registration, revealParameters } from "./registration.js"
import { failOnErrorResponse, type Grant, tokenResponse, withoutIdToken } from "./tokenRequest.js"

/**
 * The meaning of a callback.
 *
 * - `Granted`: the user granted access. The code is not redeemed yet, which can fail
 * - `Failed`: the sign-in failed
 * - `Unrelated`: the callback does not belong to this sign-in, which still waits for its own
 */
export type CallbackResult =
  | { readonly _tag: "Granted" }
  | { readonly _tag: "Failed"; readonly failure: TokenFailure }
  | { readonly _tag: "Unrelated" }

/** The result of a sign-in. */
export type SignInResult = { readonly _tag: "SignedIn" } | { readonly _tag: "Failed"; readonly failure: TokenFailure }

/** Receives the redirect with the authorization response (RFC 6749, 4.1.2), for one sign-in. */
export interface RedirectReceiver {
  /** The redirect URI, exactly as it is registered for the client. */
  readonly redirectUri: string | URL
  /**
   * Shows the authorization URL to the user, and returns the URL that the browser was redirected to.
   *
   * A receiver that can receive redirects of other sign-ins calls `check` for each redirect, and returns the first one that is not
   * `Unrelated`. Other receivers need not call `check`, since the returned URL is checked again.
   *
   * A receiver ignores requests that are no visit of the user: those with another method than GET, and those of a browser that loads
   * the page ahead (`Sec-Purpose: prefetch`).
   */
  readonly awaitCallback: (
    authorizationUrl: URL,
    check: (callback: URL) => CallbackResult
  ) => Effect.Effect<URL, TokenFailure>
  /**
   * Shows the result of the sign-in to the user, as the response to the redirect: the code was redeemed, or the sign-in failed,
   * timed out or was interrupted. It is called once for each call of `awaitCallback`, with a time limit of 30 seconds. Default: the
   * result is not shown.
   */
  readonly showResult?: ((result: SignInResult) => Effect.Effect<unknown>) | undefined
}

/** Options of the authorization step, in which the user takes part. */
export interface UserAuthorization {
  readonly receiver: Effect.Effect<RedirectReceiver, TokenFailure, Scope.Scope>
  readonly timeout: Duration.Duration
  /** Additional parameters of the authorization request alone. */
  readonly authorizationParameters: RequestParameters<string>
  /** True for a pushed authorization request (RFC 9126). Undefined if the server decides. */
  readonly pushed: boolean | undefined
  readonly withoutPkce: boolean
}

const callbackResult = (validated: Either.Either<unknown, TokenFailure | UnrelatedCallback>): CallbackResult =>
  Either.match(validated, {
    onRight: () => ({ _tag: "Granted" }),
    onLeft: (failure) => (failure._tag === "UnrelatedCallback" ? { _tag: "Unrelated" } : { _tag: "Failed", failure })
  })

/** The time limit for the acquisition of a receiver. */
const acquireLimit = Duration.seconds(30)

/** The time limit of `showResult`. */
const showLimit = Duration.seconds(30)

/** Converts the exit of a sign-in. */
const signInResult = (exit: Exit.Exit<unknown, TokenFailure>): SignInResult =>
  Exit.match(exit, {
    onSuccess: () => ({ _tag: "SignedIn" }),
    onFailure: (cause) => ({
      _tag: "Failed",
      failure: Option.getOrElse(Cause.failureOption(cause), () =>
        Cause.isInterruptedOnly(cause)
          ? new TokenFailure({ reason: "Unavailable", message: "the application has ended the sign-in" })
          : new TokenFailure({ reason: "Invalid", message: "the application has failed" })
      )
    })
  })

/** The wait before a code is redeemed once more. */
const redemptionDelay = Duration.seconds(1)

/** Reports whether the server may have redeemed a code, though its response did not arrive. */
const isLost = (failure: TokenFailure | ErrorResponse | Outage): failure is ErrorResponse | Outage =>
  failure._tag === "Outage" ? failure.ambiguous : failure._tag === "ErrorResponse" && isServerError(failure)

/**
 * Redeems a code. If the response is lost, it is redeemed once more: the user has consented, and nothing is at risk, since the tokens
 * that a first redemption may have issued are unknown to everyone. A server that did issue them refuses the code now (RFC 6749,
 * 4.1.2): the failure then names the first response, which is the cause.
 */
const redeemOnceMore = <A, R>(redeem: Effect.Effect<A, TokenFailure | ErrorResponse | Outage, R>) =>
  Effect.catchIf(redeem, isLost, (first) =>
    Effect.mapError(Effect.delay(redeem, redemptionDelay), (second) => {
      if (second._tag !== "ErrorResponse") return isLost(second) ? first : second
      const { message, reason } = requestFailure(second)
      if (reason === "Misconfigured") return second
      const cause = first._tag === "Outage" ? outageFailure(first) : requestFailure(first)
      return reason === "Unavailable"
        ? first
        : new TokenFailure({ reason: "Unavailable", message: `${cause.message}; then ${message}: sign in again` })
    })
  )

/**
 * The authorization code grant (RFC 6749, 4.1), with PKCE (RFC 7636) unless that is off. Each run is a new sign-in: code, verifier,
 * state and nonce are used once.
 */
export const authorizationCodeGrant = (
  registration: Registration,
  { receiver, timeout, ...authorization }: UserAuthorization
): Grant =>
  Effect.gen(function* () {
    const { host, metadata: discovered } = registration.server
    const metadata = yield* discovered
    const { awaitCallback, redirectUri, showResult } = yield* Effect.timeoutFail(
      // Most acquisitions are uninterruptible: a slow one ends in the background after the time limit.
      Effect.disconnect(receiver),
      {
        duration: acquireLimit,
        onTimeout: () =>
          new TokenFailure({
            reason: "TimedOut",
            message: `the receiver of the sign-in at ${host} was not ready within ${durationText(acquireLimit)}`
          })
      }
    )
    const request = yield* makeAuthorizationRequest(registration, metadata, String(redirectUri), authorization)
    const validate = (callback: URL) => validateCallback(registration, metadata, request, callback)

    const authorized = awaitCallback(request.url, (url) => callbackResult(validate(url))).pipe(
      Effect.timeoutFail({
        duration: timeout,
        onTimeout: () =>
          new TokenFailure({
            reason: "TimedOut",
            message: `the sign-in at ${host} was not finished within ${durationText(timeout)}: sign in again`
          })
      }),
      Effect.flatMap((callback) =>
        Either.mapLeft(validate(callback), (failure) =>
          failure._tag === "UnrelatedCallback" ? failure : afterUser(failure)
        )
      ),
      Effect.catchTag("UnrelatedCallback", () =>
        Effect.fail(
          new TokenFailure({
            reason: "Unsafe",
            message: "the `state` of the authorization response is missing or that of another sign-in: sign in again"
          })
        )
      )
    )

    const { codeVerifier, nonce } = request
    const redeem = (parameters: URLSearchParams) =>
      exchange(
        registration,
        { name: "redeemCode" },
        (as, client, authentication, options) =>
          oauth.authorizationCodeGrantRequest(
            as,
            client,
            authentication,
            parameters,
            request.redirectUri,
            codeVerifier === undefined ? oauth.nopkce : Redacted.value(codeVerifier),
            { ...options, additionalParameters: revealParameters(registration.parameters) }
          ),
        async (as, client, response) =>
          nonce === undefined
            ? oauth.processAuthorizationCodeResponse(as, client, await withoutIdToken(response))
            : oauth.processAuthorizationCodeResponse(as, client, response, {
                expectedNonce: nonce,
                requireIdToken: true
              })
      ).pipe(
        // The server has responded, and would respond so to the next sign-in.
        Effect.mapError((failure) =>
          failure._tag === "TokenFailure" && failure.reason === "Unavailable"
            ? new TokenFailure({ reason: "Invalid", message: failure.message })
            : failure
        )
      )

    return yield* Effect.flatMap(authorized, (parameters) =>
      redeemOnceMore(redeem(parameters)).pipe(failOnErrorResponse, Effect.mapError(afterUser))
    ).pipe(
      Effect.flatMap(tokenResponse),
      Effect.onExit((exit) =>
        showResult === undefined ? Effect.void : Effect.timeoutOption(showResult(signInResult(exit)), showLimit)
      )
    )
  }).pipe(Effect.scoped)
