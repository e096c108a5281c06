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
const secretParameters = ["client_secret", "code", "code_verifier", "device_code", "refresh_token", "token"]

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
    const request = yield* prepareRequest(host, (options) => make(as, client, authentication, options))
    const response = yield* send(request, traits)
    return yield* Effect.tryPromise({
      try: () => read(as, client, response),
      catch: (error) =>
        error instanceof oauth.ResponseBodyError
          ? errorResponse(error, host, secretsOf(request, registration))
          : libraryFailure(error, host, response.status)
    })
  })
