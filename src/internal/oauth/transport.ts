import type { HttpClient } from "@effect/platform/HttpClient"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import * as Authoriser from "../../Authoriser.js"
import * as Credentials from "../../Credentials.js"
import { textOf } from "../../RawResponse.js"
import { TokenFailure } from "../../Token.js"
import { internalRequest } from "../call/internalRequest.js"
import { isSecureHttp } from "../http/secureUrl.js"
import { isTemporary, libraryFailure, Outage } from "./failures.js"
import type { ServerResponse } from "./readResponse.js"

/** A request that `oauth4webapi` has prepared. */
export interface PreparedRequest {
  readonly url: URL
  readonly method: "GET" | "POST"
  readonly headers: Readonly<Record<string, string>>
  readonly form?: URLSearchParams | undefined
}

/** Properties of a request that `oauth4webapi` does not know. */
export interface RequestTraits {
  /** Names the request in errors, spans and metrics. */
  readonly name: string
  /** Permits to retry the request after its outcome is unknown. Default: false. */
  readonly idempotent?: boolean
  /**
   * Makes the form of each attempt, for requests with an assertion: servers accept each of them once, and for a short time (RFC 7523,
   * 3). Default: all attempts send the form of the request.
   */
  readonly formOfAttempt?: Effect.Effect<URLSearchParams, TokenFailure>
  /** Tokens that authorize the request. A 401 refreshes them, and the request is sent once more. Default: none. */
  readonly tokens?: Credentials.Credentials
  /**
   * The failures after which the pipeline may retry the request.
   *
   * - `failed`: a broken connection, and a temporary error of the server
   * - `broken`: a broken connection
   * - `none`: no failure, for callers with a pace of their own
   *
   * Default: `failed`.
   */
  readonly retried?: "failed" | "broken" | "none"
}

/** Sends a prepared request. Returns the last response, whatever its status. */
export type Send = (
  request: PreparedRequest,
  traits: RequestTraits
) => Effect.Effect<ServerResponse, Outage, HttpClient>

/**
 * Options of the request functions of `oauth4webapi`. They permit insecure requests, since `prepareRequest` checks that the
 * endpoint is secure, and accepts loopback.
 */
export interface LibraryOptions {
  readonly [oauth.customFetch]: (
    url: string,
    options: oauth.CustomFetchOptions<"GET" | "POST", URLSearchParams | undefined>
  ) => Promise<Response>
  readonly [oauth.allowInsecureRequests]: true
}

/**
 * Returns the request that a function of `oauth4webapi` prepares, without sending it. `oauth4webapi` takes a custom
 * `fetch`, which is called once, and records the request here. So requests are sent by the pipeline, with its retries,
 * deadlines and interruption, and not within a Promise.
 *
 * Fails with `Unsafe` if the endpoint is neither https nor loopback.
 */
export const prepareRequest = (
  host: string,
  make: (options: LibraryOptions) => Promise<unknown>
): Effect.Effect<PreparedRequest, TokenFailure> =>
  Effect.tryPromise({
    try: () =>
      new Promise<PreparedRequest>((resolve, reject) => {
        make({
          [oauth.allowInsecureRequests]: true,
          [oauth.customFetch]: async (url, { body, headers, method }) => {
            resolve({ url: new URL(url), method, headers, form: body })
            return new Response()
          }
        }).catch(reject)
      }),
    catch: (error) => libraryFailure(error, host)
  }).pipe(
    Effect.filterOrFail(
      ({ url }) => isSecureHttp(url),
      () =>
        new TokenFailure({
          reason: "Unsafe",
          message: `${host} names an endpoint that is not https: configure its endpoints as \`server\``
        })
    )
  )

/** Redacts every value of a form, because servers differ in which of their parameters are secrets. */
const redactedForm = (form: URLSearchParams): Record<string, ReadonlyArray<Redacted.Redacted>> =>
  Object.fromEntries([...form.keys()].map((name) => [name, form.getAll(name).map((value) => Redacted.make(value))]))

/** Credentials that replace the form of each attempt. */
const replacingForm = (form: Effect.Effect<URLSearchParams, TokenFailure>): Credentials.Credentials => ({
  ...Credentials.none,
  authorize: (request) =>
    Effect.mapBoth(form, {
      onSuccess: (form) => ({ request: HttpRequest.bodyUrlParams(request, form), generation: 0 }),
      onFailure: ({ message, reason }) => new Credentials.CredentialsFailure({ reason, message })
    })
})

/** Time limits of requests. They are always set, because a refresh can't be interrupted. */
const limits: Authoriser.Defaults = { attemptDeadline: "30 seconds", deadline: "90 seconds" }

/** Converts the error of a request without a response. */
const outage = (error: object, host: string): Outage => {
  const text = "message" in error ? String(error.message) : String(error)
  const attempts = "attempts" in error && Array.isArray(error.attempts) ? error.attempts : []
  const last: unknown = attempts.at(-1)
  return new Outage({
    message: `the request to ${host} failed: ${text}`,
    ambiguous: Predicate.hasProperty(last, "class") && last.class === "Ambiguous"
  })
}

/**
 * Makes a `Send` for authorization servers, on the pipeline of all calls. Retry budgets and pauses are those of the
 * surrounding `OriginStates`, or live as long as this `Send`. Its requests are not cached, and do not count against the
 * rate limit of the API that the tokens are for.
 */
export const makeSend: Effect.Effect<Send> = Effect.map(Effect.context<never>(), (context): Send => {
  const authorisers = new Map<string, Authoriser.Authoriser>()
  const authoriserFor = (origin: string): Effect.Effect<Authoriser.Authoriser> =>
    Effect.suspend(() => {
      const existing = authorisers.get(origin)
      if (existing !== undefined) return Effect.succeed(existing)
      return Authoriser.make({ baseUrl: origin, ...limits }).pipe(
        Effect.provide(context),
        // The origin of an http or https URL is a valid base URL.
        Effect.orDie,
        Effect.map((made) => {
          // Another fiber may have made one meanwhile.
          const authoriser = authorisers.get(origin) ?? {
            ...made,
            origin: { ...made.origin, limiter: undefined, cache: undefined }
          }
          authorisers.set(origin, authoriser)
          return authoriser
        })
      )
    })

  return ({ form, headers, method, url }, { formOfAttempt, idempotent = false, name, retried = "failed", tokens }) =>
    Effect.flatMap(authoriserFor(url.origin), (authoriser) => {
      const credentials = tokens ?? (formOfAttempt === undefined ? undefined : replacingForm(formOfAttempt))
      return internalRequest(credentials === undefined ? authoriser : { ...authoriser, credentials }, {
        name,
        method,
        target: `${url.pathname}${url.search}`,
        headers,
        ...(form === undefined ? {} : { body: { form: redactedForm(form) } }),
        // A 401 is returned if there is no other token.
        retries: (status) => (tokens !== undefined && status === 401) || (retried === "failed" && isTemporary(status)),
        idempotent,
        neverRetried: retried === "none",
        sensitive: method !== "GET" || tokens !== undefined
      })
    }).pipe(
      Effect.mapBoth({
        onSuccess: (response) => ({ status: response.status, headers: response.headers, text: textOf(response) }),
        onFailure: (error) => outage(error, url.host)
      })
    )
})
