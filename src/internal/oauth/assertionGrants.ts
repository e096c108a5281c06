import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import type { TokenFailure } from "../../Token.js"
import type { Registration } from "./registration.js"
import { type JwtClaims, sign, type SigningKey, widenLifetime } from "./signingKey.js"
import { formWithScope, type Grant, requestToken, withoutIdToken } from "./tokenRequest.js"

/** A secret, or an effect that obtains it for each grant. */
export type SecretSource = Redacted.Redacted | Effect.Effect<Redacted.Redacted, TokenFailure, HttpClient>

const obtain = (source: SecretSource): Effect.Effect<Redacted.Redacted, TokenFailure, HttpClient> =>
  Redacted.isRedacted(source) ? Effect.succeed(source) : source

/** A grant of an extension (RFC 6749, 4.5). `parameters` returns those of the grant, for each attempt. */
const extensionGrant = (
  registration: Registration,
  request: { readonly name: string; readonly grantType: string; readonly idempotent: boolean },
  parameters: (as: oauth.AuthorizationServer) => Promise<Readonly<Record<string, string>>>
): Grant =>
  requestToken(
    registration,
    request,
    async (as, client, authentication, options) => {
      const form = formWithScope(registration)
      for (const [name, value] of Object.entries(await parameters(as))) form.set(name, value)
      return oauth.genericTokenEndpointRequest(as, client, authentication, request.grantType, form, options)
    },
    async (as, client, response) =>
      oauth.processGenericTokenEndpointResponse(as, client, await withoutIdToken(response))
  )

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"

/** The claims of an assertion that is signed for each request. */
export interface AssertionClaims {
  readonly issuer: string
  readonly subject: string
  /** Default: that of the registration. */
  readonly audience: string | undefined
  readonly claims: Readonly<Record<string, unknown>>
  readonly key: SigningKey
}

/** The JWT bearer grant (RFC 7523, 2.1) with an assertion of the client's own. The scope is a claim, too, which Google reads. */
export const signedAssertionGrant = (
  registration: Registration,
  { audience, claims, issuer, key, subject }: AssertionClaims
): Grant => {
  const { client, scope } = registration
  const named = audience ?? registration.audience
  const modify = (standard: JwtClaims): void => {
    widenLifetime(standard, client[oauth.clockTolerance])
    standard["sub"] = subject
    if (named !== undefined) standard["aud"] = named
    if (scope.length > 0) standard["scope"] = scope.join(" ")
    Object.assign(standard, claims)
  }
  return extensionGrant(registration, { name: "jwtBearer", grantType: jwtBearer, idempotent: true }, async (as) => ({
    assertion: await sign(key, as, issuer, modify)
  }))
}

/** The JWT bearer grant (RFC 7523, 2.1) with an assertion of another issuer. It is not idempotent: it may be accepted once. */
export const assertionGrant = (registration: Registration, assertion: SecretSource): Grant =>
  Effect.flatMap(obtain(assertion), (assertion) =>
    extensionGrant(registration, { name: "jwtBearer", grantType: jwtBearer, idempotent: false }, async () => ({
      assertion: Redacted.value(assertion)
    }))
  )

/** The tokens of a token exchange, and their types (RFC 8693, 3). */
export interface ExchangeTokens {
  readonly subjectToken: SecretSource
  readonly subjectTokenType: string
  readonly actorToken: SecretSource | undefined
  readonly actorTokenType: string
  readonly requestedTokenType: string | undefined
}

/** The token exchange (RFC 8693, 2.1). It is idempotent: a second token does not invalidate the first. */
export const tokenExchangeGrant = (
  registration: Registration,
  { actorToken, actorTokenType, requestedTokenType, subjectToken, subjectTokenType }: ExchangeTokens
): Grant =>
  Effect.gen(function* () {
    const subject = yield* obtain(subjectToken)
    const actor = actorToken === undefined ? undefined : yield* obtain(actorToken)
    return yield* extensionGrant(
      registration,
      { name: "tokenExchange", grantType: "urn:ietf:params:oauth:grant-type:token-exchange", idempotent: true },
      async () => ({
        subject_token: Redacted.value(subject),
        subject_token_type: subjectTokenType,
        ...(actor !== undefined && { actor_token: Redacted.value(actor), actor_token_type: actorTokenType }),
        ...(requestedTokenType !== undefined && { requested_token_type: requestedTokenType })
      })
    )
  })
