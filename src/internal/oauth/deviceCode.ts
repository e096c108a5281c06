import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as oauth from "oauth4webapi"
import { durationText } from "../durationText.js"
import { TokenFailure } from "../../Token.js"
import { exchange } from "./exchange.js"
import { authorizationFailure } from "./failures.js"
import { type Registration, revealParameters } from "./registration.js"
import { failOnErrorResponse, formWithScope, type Grant, tokenResponse, withoutIdToken } from "./tokenRequest.js"

/** The device authorization response (RFC 8628, 3.2), for display to the user. */
export interface DevicePrompt {
  /** The code that the user enters at `verificationUri`. */
  readonly userCode: string
  readonly verificationUri: string
  /** A verification URI that includes the code, for a link or a QR code, if the server sent one. */
  readonly verificationUriComplete: string | undefined
  /** The lifetime of the code. */
  readonly expiresIn: Duration.Duration
}

/**
 * The interval between token requests if the server sends none, and its increase on `slow_down` (RFC 8628, 3.2 and 3.5).
 */
const pollInterval = Duration.seconds(5)

/** The longest interval between token requests while the server is unavailable. */
const maxBackoff = Duration.minutes(1)

/** The device authorization grant (RFC 8628). */
export const deviceCodeGrant = (
  registration: Registration,
  show: (prompt: DevicePrompt) => Effect.Effect<unknown>,
  timeout: Duration.Duration
): Grant =>
  Effect.gen(function* () {
    const device = yield* exchange(
      registration,
      { name: "deviceAuthorization", idempotent: true },
      (as, client, authentication, options) =>
        oauth.deviceAuthorizationRequest(as, client, authentication, formWithScope(registration), options),
      oauth.processDeviceAuthorizationResponse
    ).pipe(failOnErrorResponse)
    const expiresIn = Duration.seconds(device.expires_in)
    yield* show({
      userCode: device.user_code,
      verificationUri: device.verification_uri,
      verificationUriComplete: device.verification_uri_complete,
      expiresIn
    })

    const redeem = exchange(
      registration,
      { name: "redeemDeviceCode" },
      (as, client, authentication, options) =>
        oauth.deviceCodeGrantRequest(as, client, authentication, device.device_code, {
          ...options,
          additionalParameters: revealParameters(registration.parameters)
        }),
      async (as, client, response) => oauth.processDeviceCodeResponse(as, client, await withoutIdToken(response))
    )
    let lastOutage: TokenFailure | undefined
    /**
     * Repeats the token request until the user has decided (RFC 8628, 3.5). While the server is unavailable, the interval
     * doubles.
     */
    const poll = (interval: Duration.Duration): Grant =>
      Effect.delay(redeem, interval).pipe(
        Effect.flatMap(tokenResponse),
        Effect.catchAll((failure) => {
          lastOutage = undefined
          if (failure._tag === "TokenFailure") {
            if (failure.reason !== "Unavailable") return Effect.fail(failure)
            lastOutage = failure
            return poll(Duration.max(interval, Duration.min(Duration.times(interval, 2), maxBackoff)))
          }
          if (failure.code === "authorization_pending") return poll(interval)
          return failure.code === "slow_down"
            ? poll(Duration.sum(interval, pollInterval))
            : Effect.fail(authorizationFailure(failure))
        })
      )
    const limit = Duration.min(expiresIn, timeout)
    return yield* Effect.timeoutFail(
      poll(device.interval === undefined ? pollInterval : Duration.seconds(device.interval)),
      {
        duration: limit,
        onTimeout: () =>
          lastOutage ??
          new TokenFailure({
            reason: "TimedOut",
            message: `the sign-in at ${registration.server.host} was not finished within ${durationText(limit)}: sign in again, with the new code`
          })
      }
    )
  })
