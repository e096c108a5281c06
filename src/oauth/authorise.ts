import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { isSecureHttp } from "../road/confined.js"
import { TokenFailure } from "../Token.js"
import { denied, ErrorAnswer, fromLibrary, told } from "./failures.js"
import type { Link } from "./exchange.js"
import type { Known } from "./server.js"

/** One login: what is asked, and what tells its answer from another. */
export interface Login {
  /** The page where the person is asked. */
  readonly url: URL
  readonly redirectUri: string
  readonly verifier: Redacted.Redacted
  readonly state: string
  readonly nonce: string | undefined
}

/** It came to the same place, but is not the answer to this. */
export class Stray extends /*#__PURE__*/ Data.TaggedError("Stray") {}

/** RFC 6749, 4.1.1, with a code challenge (RFC 7636, 4.3) and, for OpenID Connect, a nonce. */
export const begin = (
  link: Link,
  { as }: Known,
  redirectUri: string,
  scope: ReadonlyArray<string>,
  more: ReadonlyArray<readonly [name: string, value: string]>
): Effect.Effect<Login, TokenFailure> =>
  Effect.gen(function* () {
    const { authorization_endpoint: endpoint } = as
    if (endpoint === undefined || !URL.canParse(endpoint) || !isSecureHttp(new URL(endpoint))) {
      return yield* new TokenFailure({
        reason: "Refused",
        message: `${link.place.host} has no page, asked by https, where a person could agree`
      })
    }
    const verifier = oauth.generateRandomCodeVerifier()
    const challenge = yield* Effect.promise(() => oauth.calculatePKCECodeChallenge(verifier))
    const state = oauth.generateRandomState()
    const nonce = scope.includes("openid") ? oauth.generateRandomNonce() : undefined

    const url = new URL(endpoint)
    for (const [name, value] of more) url.searchParams.append(name, value)
    for (const [name, value] of link.parameters) {
      // A secret is not for a browser's history.
      if (typeof value === "string") url.searchParams.append(name, value)
    }
    url.searchParams.set("response_type", "code")
    url.searchParams.set("client_id", link.client.client_id)
    url.searchParams.set("redirect_uri", redirectUri)
    url.searchParams.set("state", state)
    url.searchParams.set("code_challenge", challenge)
    url.searchParams.set("code_challenge_method", "S256")
    if (scope.length > 0) url.searchParams.set("scope", scope.join(" "))
    if (nonce !== undefined) url.searchParams.set("nonce", nonce)
    return { url, redirectUri, verifier: Redacted.make(verifier), state, nonce }
  })

/** What the browser brought back: the parameters that a code is redeemed by (RFC 6749, 4.1.2; RFC 9207, 2.4). */
export const judge = (
  link: Link,
  { as, named }: Known,
  { state }: Login,
  came: URL
): Either.Either<URLSearchParams, TokenFailure | Stray> => {
  const parameters = new URLSearchParams(came.search)
  const states = parameters.getAll("state")
  if (states.length !== 1 || states[0] !== state) return Either.left(new Stray())
  // Nobody said what it would have to be.
  if (!named) parameters.delete("iss")
  return Either.try({
    try: () => oauth.validateAuthResponse(as, link.client, parameters, state),
    catch: (error) =>
      error instanceof oauth.AuthorizationResponseError
        ? denied(
            new ErrorAnswer({
              host: link.place.host,
              code: told(error.error),
              description: told(error.error_description)
            })
          )
        : new TokenFailure({ reason: "Unsafe", message: fromLibrary(error, link.place.host).message })
  }).pipe(
    Either.filterOrLeft(
      (checked) => checked.getAll("code").length === 1,
      () => new TokenFailure({ reason: "Unsafe", message: `${link.place.host} sent the browser back without a code` })
    )
  )
}
