import type { HttpClient } from "@effect/platform/HttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as oauth from "oauth4webapi"
import { type Granted, type Token, TokenFailure } from "../Token.js"
import { begin, judge, type Stray } from "./authorise.js"
import { exchange, granted, type Link, plain } from "./exchange.js"
import { denied, refused } from "./failures.js"

/** A way to a token. */
export type Grant = Effect.Effect<Granted, TokenFailure, HttpClient>

const withScope = (link: Link, scope: ReadonlyArray<string>): URLSearchParams => {
  const form = new URLSearchParams(plain(link.parameters))
  if (scope.length > 0) form.set("scope", scope.join(" "))
  return form
}

/** An ID token is not shown to anybody, so what is wrong with one that nobody asked for is nobody's concern. */
const withoutIdToken = async (response: Response): Promise<Response> => {
  if (response.status !== 200) return response
  const { id_token: _, ...body } = (await response.json()) as Record<string, unknown>
  return Response.json(body)
}

/** RFC 6749, 4.4. Granted twice it does no harm. */
export const clientCredentials = (link: Link, scope: ReadonlyArray<string>): Grant =>
  exchange(
    link,
    { name: "clientCredentials", idempotent: true },
    (as, client, authentication, options) =>
      oauth.clientCredentialsGrantRequest(as, client, authentication, withScope(link, scope), options),
    async (as, client, response) => oauth.processClientCredentialsResponse(as, client, await withoutIdToken(response))
  ).pipe(
    Effect.catchTag("ErrorAnswer", (answer) => Effect.fail(refused(answer))),
    Effect.flatMap(granted)
  )

/** RFC 6749, 6. Servers that rotate take a refresh token once (RFC 9700, 4.14.2), so it is not sent twice. */
export const refresh =
  (link: Link) =>
  (refreshToken: Redacted.Redacted): Grant =>
    exchange(
      link,
      { name: "refresh" },
      (as, client, authentication, options) =>
        oauth.refreshTokenGrantRequest(as, client, authentication, Redacted.value(refreshToken), {
          ...options,
          additionalParameters: plain(link.parameters)
        }),
      async (as, client, response) => oauth.processRefreshTokenResponse(as, client, await withoutIdToken(response))
    ).pipe(
      Effect.catchTag("ErrorAnswer", (answer) => Effect.fail(refused(answer))),
      Effect.flatMap(granted)
    )

/**
 * What a URL that a browser was sent back to is to the login that waits:
 *
 * - `Agreed`: the person agreed
 * - `Failed`: the login is over, for this reason
 * - `Stray`: it is not its answer, and the login still waits
 */
export type Verdict =
  | { readonly _tag: "Agreed" }
  | { readonly _tag: "Failed"; readonly failure: TokenFailure }
  | { readonly _tag: "Stray" }

/** The part of a login that a browser plays. */
export interface Redirect {
  /** Where the browser is to be sent back to, as the server knows it for this client, to the letter. */
  readonly redirectUri: string | URL
  /**
   * Shows the person this page, and gives the URL that the browser was sent back to: the first that is not `Stray`. The verdict tells
   * what to say to the person there. What is given is judged again, so one that only one login can reach needs not ask.
   */
  readonly visit: (url: URL, judge: (came: URL) => Verdict) => Effect.Effect<URL, TokenFailure>
}

/** How a person is asked. */
export interface Asking {
  readonly receiver: Effect.Effect<Redirect, TokenFailure, Scope.Scope>
  readonly patience: Duration.Duration
  /** Parameters of the page alone. */
  readonly page: ReadonlyArray<readonly [name: string, value: string]>
}

const verdict = (judged: Either.Either<unknown, TokenFailure | Stray>): Verdict =>
  Either.match(judged, {
    onRight: () => ({ _tag: "Agreed" }),
    onLeft: (why) => (why._tag === "Stray" ? { _tag: "Stray" } : { _tag: "Failed", failure: why })
  })

const stray = () =>
  new TokenFailure({
    reason: "Unsafe",
    message: "the browser came back with a `state` of another login, or none: sign in again"
  })

/** RFC 6749, 4.1, with PKCE (RFC 7636). All of it is new each time: a code is redeemed once. */
export const authorisationCode = (link: Link, scope: ReadonlyArray<string>, asking: Asking): Grant =>
  Effect.gen(function* () {
    const known = yield* link.place.known
    const { login, parameters } = yield* Effect.scoped(
      Effect.gen(function* () {
        const { redirectUri, visit } = yield* asking.receiver
        const login = yield* begin(link, known, String(redirectUri), scope, asking.page)
        const came = yield* Effect.timeoutFail(
          visit(login.url, (url) => verdict(judge(link, known, login, url))),
          {
            duration: asking.patience,
            onTimeout: () =>
              new TokenFailure({
                reason: "TimedOut",
                message: `nobody finished the login at ${link.place.host} within ${Duration.format(asking.patience)}: start it again, and follow the link`
              })
          }
        )
        const parameters = yield* Effect.mapError(judge(link, known, login, came), (why) =>
          why._tag === "Stray" ? stray() : why
        )
        return { login, parameters }
      })
    )
    return yield* exchange(
      link,
      { name: "redeemCode" },
      (as, client, authentication, options) =>
        oauth.authorizationCodeGrantRequest(
          as,
          client,
          authentication,
          parameters,
          login.redirectUri,
          Redacted.value(login.verifier),
          { ...options, additionalParameters: plain(link.parameters) }
        ),
      async (as, client, response) =>
        login.nonce === undefined
          ? oauth.processAuthorizationCodeResponse(as, client, await withoutIdToken(response))
          : oauth.processAuthorizationCodeResponse(as, client, response, {
              expectedNonce: login.nonce,
              requireIdToken: true
            })
    ).pipe(
      Effect.catchTag("ErrorAnswer", (answer) => Effect.fail(refused(answer))),
      Effect.flatMap(granted)
    )
  })

/** What a person is shown, who agrees on another device (RFC 8628, 3.2). */
export interface DevicePrompt {
  /** To be typed at `verificationUri`. */
  readonly userCode: string
  readonly verificationUri: string
  /** The same with the code in it, for a link or a QR code, if the server gives one. */
  readonly verificationUriComplete: string | undefined
  /** How long the code is good for. */
  readonly expiresIn: Duration.Duration
}

/** By how much a server puts polls off, and what is between them where it does not say (RFC 8628, 3.2 and 3.5). */
const aPoll = /*#__PURE__*/ Duration.seconds(5)

/** The longest between polls while the server can't be asked. */
const aMinute = /*#__PURE__*/ Duration.minutes(1)

/** RFC 8628. */
export const deviceCode = (
  link: Link,
  scope: ReadonlyArray<string>,
  show: (prompt: DevicePrompt) => Effect.Effect<unknown>,
  patience: Duration.Duration
): Grant =>
  Effect.gen(function* () {
    const device = yield* exchange(
      link,
      { name: "deviceAuthorisation", idempotent: true },
      (as, client, authentication, options) =>
        oauth.deviceAuthorizationRequest(as, client, authentication, withScope(link, scope), options),
      oauth.processDeviceAuthorizationResponse
    ).pipe(Effect.catchTag("ErrorAnswer", (answer) => Effect.fail(refused(answer))))
    const expiresIn = Duration.seconds(device.expires_in)
    yield* show({
      userCode: device.user_code,
      verificationUri: device.verification_uri,
      verificationUriComplete: device.verification_uri_complete,
      expiresIn
    })

    const redeem = exchange(
      link,
      { name: "redeemDeviceCode" },
      (as, client, authentication, options) =>
        oauth.deviceCodeGrantRequest(as, client, authentication, device.device_code, {
          ...options,
          additionalParameters: plain(link.parameters)
        }),
      async (as, client, response) => oauth.processDeviceCodeResponse(as, client, await withoutIdToken(response))
    )
    let outage: TokenFailure | undefined
    /** RFC 8628, 3.5. */
    const poll = (interval: Duration.Duration): Grant =>
      Effect.delay(redeem, interval).pipe(
        Effect.flatMap(granted),
        Effect.catchAll((why) => {
          outage = undefined
          if (why._tag === "TokenFailure") {
            if (why.reason !== "Unavailable") return Effect.fail(why)
            outage = why
            return poll(Duration.max(interval, Duration.min(Duration.times(interval, 2), aMinute)))
          }
          if (why.code === "authorization_pending") return poll(interval)
          return why.code === "slow_down" ? poll(Duration.sum(interval, aPoll)) : Effect.fail(denied(why))
        })
      )
    const most = Duration.min(expiresIn, patience)
    return yield* Effect.timeoutFail(poll(device.interval === undefined ? aPoll : Duration.seconds(device.interval)), {
      duration: most,
      onTimeout: () =>
        outage ??
        new TokenFailure({
          reason: "TimedOut",
          message: `nobody agreed at ${link.place.host} within ${Duration.format(most)}: start it again, and use the new code in time`
        })
    })
  })

/** RFC 7009, 2. */
export const revoke = (link: Link, token: Token): Effect.Effect<void, TokenFailure, HttpClient> =>
  Effect.flatMap(link.place.known, ({ as }) =>
    as.revocation_endpoint === undefined
      ? Effect.void
      : exchange(
          link,
          { name: "revoke", idempotent: true },
          (as, client, authentication, options) =>
            oauth.revocationRequest(
              as,
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
        ).pipe(Effect.catchTag("ErrorAnswer", (answer) => Effect.fail(refused(answer))))
  )
