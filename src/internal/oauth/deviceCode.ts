import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as oauth from "oauth4webapi"
import { durationText } from "../durationText.js"
import { TokenFailure } from "../../Token.js"
import { exchange } from "./exchange.js"
import { afterUser, authorizationFailure, outageFailure } from "./failures.js"
import { type Registration, revealParameters } from "./registration.js"
import { failOnErrorResponse, formWithScope, type Grant, tokenResponse, withoutIdToken } from "./tokenRequest.js"

/** The device authorization response (RFC 8628, 3.2), for display to the user. */
export interface DevicePrompt {
  /** The code that the user enters at `verificationUri`. */
  readonly userCode: string
  readonly verificationUri: string
  /** A verification URI that includes the code, for a link or a QR code, if the server sent one. */
  readonly verificationUriComplete: string | undefined
  /** The lifetime of the code. Default: 15 minutes, if the server sends none. */
  readonly expiresIn: Duration.Duration
}

/**
 * The interval between token requests if the server sends none, and its increase on `slow_down` (RFC 8628, 3.2 and 3.5).
 */
const pollInterval = Duration.seconds(5)

/** The shortest interval between token requests. */
const minInterval = Duration.seconds(1)

/** The longest interval between token requests while the server is unavailable, unless it asks for a longer one. */
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
    const prompt = show({
      userCode: device.user_code,
      verificationUri: device.verification_uri,
      verificationUriComplete: device.verification_uri_complete,
      expiresIn
    })

    const redeem = exchange(
      registration,
      // The interval is the only pace: the pipeline would repeat a request sooner.
      { name: "redeemDeviceCode", retried: "none" },
      (as, client, authentication, options) =>
        oauth.deviceCodeGrantRequest(as, client, authentication, device.device_code, {
          ...options,
          additionalParameters: revealParameters(registration.parameters)
        }),
      async (as, client, response) => oauth.processDeviceCodeResponse(as, client, await withoutIdToken(response))
    )
    let lastOutage: TokenFailure | undefined
    const increased = (interval: Duration.Duration) => Duration.sum(interval, pollInterval)
    const doubled = (interval: Duration.Duration) =>
      Duration.max(interval, Duration.min(Duration.times(interval, 2), maxBackoff))
    /**
     * Repeats the token request until the user has decided (RFC 8628, 3.5). The interval grows on `slow_down`, whatever its status,
     * and on a 429 of any kind. It doubles while the server is unavailable. A `Retry-After` is a minimum of the next wait.
     */
    const poll = (interval: Duration.Duration, wait = interval): Grant =>
      Effect.delay(redeem, wait).pipe(
        Effect.flatMap(tokenResponse),
        Effect.catchAll((failure) => {
          lastOutage = undefined
          if (failure._tag !== "ErrorResponse") {
            const outage = failure._tag === "Outage" ? outageFailure(failure) : failure
            // A page of a proxy in place of the response, for example.
            if (outage.reason !== "Unavailable") return Effect.fail(outage)
            lastOutage = outage
            return poll(doubled(interval))
          }
          const pollAgain = (next: Duration.Duration) => poll(next, Duration.max(next, failure.retryAfter ?? 0))
          const { code } = failure
          if (code === "authorization_pending") return pollAgain(interval)
          if (code === "slow_down" || failure.status === 429) {
            return pollAgain(Duration.max(increased(interval), Duration.seconds(failure.interval ?? 0)))
          }
          const final = authorizationFailure(failure)
          if (final.reason !== "Unavailable") return Effect.fail(final)
          lastOutage = final
          return pollAgain(doubled(interval))
        })
      )
    const limit = Duration.min(expiresIn, timeout)
    const interval = Duration.clamp(device.interval === undefined ? pollInterval : Duration.seconds(device.interval), {
      minimum: minInterval,
      // Otherwise the code could expire before the first poll.
      maximum: Duration.max(pollInterval, Duration.times(limit, 0.25))
    })
    return yield* Effect.timeoutFail(
      // The prompt may be a page that stays open until the sign-in ends.
      Effect.raceFirst(poll(interval), Effect.disconnect(Effect.zipRight(prompt, Effect.never))),
      {
        duration: limit,
        onTimeout: () =>
          lastOutage ??
          new TokenFailure({
            reason: "TimedOut",
            message: `the sign-in at ${registration.server.host} was not finished within ${durationText(limit)}: sign in again, with the new code`
          })
      }
    ).pipe(Effect.mapError(afterUser))
  })
