import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { scrubber } from "../road/secrets.js"
import { type Granted, TokenFailure } from "../Token.js"
import { ErrorAnswer, fromLibrary, told } from "./failures.js"
import type { Known, Place } from "./server.js"
import { type About, draw, type Drawn, type LibraryOptions, type Send } from "./transport.js"

/** One client of one server. */
export interface Link {
  readonly client: oauth.Client
  readonly authentication: oauth.ClientAuth
  readonly secret: Redacted.Redacted | undefined
  readonly place: Place
  readonly send: Send
  /** What is sent along with each request for a grant (RFC 6749, 8.2). */
  readonly parameters: ReadonlyArray<readonly [name: string, value: string | Redacted.Redacted]>
}

/** The values, which is where a secret is shown. */
export const plain = (parameters: Link["parameters"]): Array<[string, string]> =>
  parameters.map(([name, value]) => [name, typeof value === "string" ? value : Redacted.value(value)])

/** What of a form is nobody else's business. */
const secretFields = ["client_secret", "code", "code_verifier", "device_code", "refresh_token", "token"]

const secretsOf = (drawn: Drawn, link: Link): ReadonlyArray<Redacted.Redacted> => {
  const inForm = secretFields.flatMap((name) => drawn.form?.getAll(name) ?? [])
  const inHeader = drawn.headers["authorization"]?.split(" ").slice(1) ?? []
  const given = [link.secret, ...link.parameters.map(([, value]) => value)].filter(
    (value): value is Redacted.Redacted => Redacted.isRedacted(value)
  )
  return [...[...inForm, ...inHeader].map((secret) => Redacted.make(secret)), ...given]
}

const errorAnswer = (error: oauth.ResponseBodyError, host: string, secrets: ReadonlyArray<Redacted.Redacted>) => {
  const scrub = scrubber(secrets, undefined, undefined)
  const { error: code, error_description: description } = error
  return new ErrorAnswer({
    host,
    code: told(code, scrub),
    description: told(typeof description === "string" ? description : undefined, scrub)
  })
}

/** One request to the server, by a function of the library's that makes it and one that reads its answer. */
export const exchange = <A>(
  link: Link,
  about: About,
  make: (
    as: oauth.AuthorizationServer,
    client: oauth.Client,
    authentication: oauth.ClientAuth,
    options: LibraryOptions
  ) => Promise<unknown>,
  read: (as: oauth.AuthorizationServer, client: oauth.Client, response: Response, known: Known) => Promise<A>
): Effect.Effect<A, TokenFailure | ErrorAnswer, HttpClient> =>
  Effect.gen(function* () {
    const known = yield* link.place.known
    const { host } = link.place
    const drawn = yield* draw(host, (options) => make(known.as, link.client, link.authentication, options))
    const response = yield* link.send(drawn, about)
    return yield* Effect.tryPromise({
      try: () => read(known.as, link.client, response, known),
      catch: (error) =>
        error instanceof oauth.ResponseBodyError
          ? errorAnswer(error, host, secretsOf(drawn, link))
          : fromLibrary(error, host, response.status)
    })
  })

/** A grant, of what the library read (RFC 6749, 5.1). */
export const granted = (answer: oauth.TokenEndpointResponse): Effect.Effect<Granted, TokenFailure> => {
  const { access_token, expires_in, refresh_token, scope, token_type } = answer
  return token_type === "bearer"
    ? Effect.succeed({
        accessToken: Redacted.make(access_token),
        tokenType: "Bearer",
        expiresIn: expires_in,
        refreshToken: refresh_token === undefined ? undefined : Redacted.make(refresh_token),
        scope
      })
    : // A DPoP token is of no use to who has not its key (RFC 9449, 5).
      Effect.fail(new TokenFailure({ reason: "Invalid", message: "a token of another type than Bearer was granted" }))
}
