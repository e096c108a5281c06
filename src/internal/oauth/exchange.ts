import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import type { TokenFailure } from "../../Token.js"
import { makeScrubber } from "../call/secrets.js"
import { ErrorResponse, excerpt, libraryFailure } from "./failures.js"
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

const errorResponse = (error: oauth.ResponseBodyError, host: string, secrets: ReadonlyArray<Redacted.Redacted>) => {
  const scrub = makeScrubber(secrets, undefined, undefined).text
  const { error: code, error_description: description } = error
  return new ErrorResponse({
    host,
    code: excerpt(code, scrub),
    description: excerpt(typeof description === "string" ? description : undefined, scrub)
  })
}

/**
 * Sends a request to the authorization server and reads the response.
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
): Effect.Effect<A, TokenFailure | ErrorResponse, HttpClient> =>
  Effect.gen(function* () {
    const { authentication, client, send, server } = registration
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
    return yield* Effect.tryPromise({
      try: () => read(as, client, response),
      catch: (error) =>
        error instanceof oauth.ResponseBodyError
          ? errorResponse(error, host, secretsOf(latest ?? request, registration))
          : libraryFailure(error, host, response.status)
    })
  })
