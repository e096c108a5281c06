import type { HttpClient } from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as oauth from "oauth4webapi"
import * as RetryAfter from "../../RetryAfter.js"
import { TokenFailure } from "../../Token.js"
import { makeScrubber } from "../call/secrets.js"
import { redirectStatuses } from "../http/statuses.js"
import { readLifetime } from "../tokens/tokenFields.js"
import { ErrorResponse, excerpt, libraryFailure, Outage } from "./failures.js"
import { type ReadError, readResponse, type ReadSuccess, type ServerResponse } from "./readResponse.js"
import type { Registration } from "./registration.js"
import { type LibraryOptions, type PreparedRequest, prepareRequest, type RequestTraits } from "./transport.js"

/** Names of form parameters that are secrets. Servers may repeat them in an `error_description`. */
const secretParameters = [
  "actor_token",
  "assertion",
  "client_assertion",
  "client_secret",
  "code",
  "code_verifier",
  "device_code",
  "refresh_token",
  "subject_token",
  "token"
]

/** Reports whether a request has an assertion, which may be made for this request alone. */
const hasAssertion = ({ form }: PreparedRequest) =>
  form?.has("assertion") === true || form?.has("client_assertion") === true

/** Names of form parameters that present a grant (RFC 6749, 4.1.3 and 6; RFC 7521, 4.1; RFC 8628, 3.4; RFC 8693, 2.1; RFC 7009, 2.1). */
const presentations = ["assertion", "code", "device_code", "refresh_token", "subject_token", "token"]

const secretsOf = (
  { form, headers }: PreparedRequest,
  { clientSecret, parameters }: Registration
): ReadonlyArray<Redacted.Redacted> => {
  const inForm = secretParameters.flatMap((name) => form?.getAll(name) ?? [])
  const inHeader = headers["authorization"]?.split(" ").slice(1) ?? []
  const configured = [clientSecret, ...parameters.map(([, value]) => value)].filter(
    (value): value is Redacted.Redacted => Redacted.isRedacted(value)
  )
  return [...[...inForm, ...inHeader].map((secret) => Redacted.make(secret)), ...configured]
}

/** Makes an error response, whose texts hold no secrets of the request. */
const errorResponse = (
  { code = "", description, interval, transient }: ReadError,
  { headers, status }: ServerResponse,
  request: PreparedRequest,
  registration: Registration,
  now: number
) => {
  const scrub = makeScrubber(secretsOf(request, registration), undefined, undefined).text
  return new ErrorResponse({
    host: registration.server.host,
    status,
    presented: presentations.some((name) => request.form?.has(name)),
    code: excerpt(code, scrub),
    description: excerpt(description, scrub),
    retryAfter: RetryAfter.fromHeaders(headers, status, now).wait,
    interval: readLifetime(interval),
    transient
  })
}

/** Logs which fields of a response were not as RFC 6749 has them. The values may be secrets. */
const logOddFields = (host: string, { converted, empty, ignored }: ReadSuccess): Effect.Effect<void> => {
  if (converted.length + ignored.length + empty.length === 0) return Effect.void
  const lists = [
    ...(ignored.length === 0 ? [] : [`ignored ${ignored.join(", ")}`]),
    ...(converted.length === 0 ? [] : [`converted ${converted.join(", ")}`]),
    ...(empty.length === 0 ? [] : [`found no value in ${empty.join(", ")}`])
  ]
  const log = ignored.length === 0 ? Effect.logDebug : Effect.logWarning
  return log(`the response of ${host} does not follow RFC 6749: ${lists.join("; ")}`)
}

/** Reports whether a response is a redirect. A browser's `fetch` reports one with the status 0. */
const isRedirect = (status: number): boolean => status < 200 || (status >= 300 && status < 400)

/**
 * Sends a request to the authorization server and reads the response. A redirect is not followed, since the credentials are for
 * this endpoint.
 *
 * - `make`: a function of `oauth4webapi` that sends the request by the `fetch` in the options
 * - `read`: a function of `oauth4webapi` that validates the response
 */
export const exchange = <A>(
  registration: Registration,
  traits: RequestTraits,
  make: (
    as: oauth.AuthorizationServer,
    client: oauth.Client,
    authentication: oauth.ClientAuth,
    options: LibraryOptions
  ) => Promise<unknown>,
  read: (as: oauth.AuthorizationServer, client: oauth.Client, response: Response) => Promise<A>
): Effect.Effect<A, TokenFailure | ErrorResponse | Outage, HttpClient> =>
  Effect.gen(function* () {
    const { authentication, bearerTokenTypes, client, send, server } = registration
    const { host } = server
    const { as } = yield* server.metadata
    /** The request of the latest attempt. */
    let latest: PreparedRequest | undefined
    const prepare = Effect.tap(
      prepareRequest(host, (options) => make(as, client, authentication, options)),
      (request) => {
        latest = request
      }
    )
    const request = yield* prepare
    const formOfAttempt = Effect.map(prepare, ({ form }) => form ?? new URLSearchParams())
    const response = yield* send(request, hasAssertion(request) ? { ...traits, formOfAttempt } : traits)
    if (isRedirect(response.status)) {
      return yield* new TokenFailure({
        // Other statuses than these are no decision of the server.
        reason: redirectStatuses.includes(response.status) ? "Misconfigured" : "Unavailable",
        message: `${host} responded with a redirect, which is not followed: configure the endpoint that it leads to`
      })
    }
    const received = readResponse(response, bearerTokenTypes)
    if (received._tag === "Error") {
      const now = yield* Clock.currentTimeMillis
      return yield* errorResponse(received, response, latest ?? request, registration, now)
    }
    yield* logOddFields(host, received)
    return yield* Effect.tryPromise({
      try: () => read(as, client, received.response),
      catch: (error) => {
        const failure = libraryFailure(error, host, response.status)
        // The page of a proxy, for example: the server may have acted on the request.
        return received.unreadable && failure.reason === "Unavailable"
          ? new Outage({ message: failure.message, ambiguous: true })
          : failure
      }
    })
  })
