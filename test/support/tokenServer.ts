import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Token, Tokens } from "effect-herald"
import * as Scripted from "../servers/scripted.js"

/** The report of a process: the number of calls that succeeded, and the messages of the others. */
export interface Outcome {
  readonly succeeded: number
  readonly failures: ReadonlyArray<string>
}

export const failure = (reason: Token.TokenFailure["reason"], message = "a failure of the test") =>
  new Token.TokenFailure({ reason, message })

const unavailable = ({ message }: Error) => Effect.fail(failure("Unavailable", message))

const requestToken = (server: URL, form: Record<string, string>) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const response = yield* client.post(new URL("/token", server), { body: HttpBody.urlParams(Object.entries(form)) })
    // The response of `make`.
    const body = (yield* response.json) as Record<string, unknown>
    if (response.status !== 200) return yield* failure("Refused", `${response.status}: ${String(body["error"])}`)
    return {
      accessToken: Redacted.make(String(body["access_token"])),
      refreshToken: Redacted.make(String(body["refresh_token"])),
      expiresIn: Number(body["expires_in"])
    }
  }).pipe(Effect.catchTags({ RequestError: unavailable, ResponseError: unavailable }))

/** Tokens of a server made by `make`. */
export const makeTokens = (server: URL, options: Partial<Tokens.Options> = {}) =>
  Tokens.make({
    name: "test",
    identity: "test",
    grant: requestToken(server, { grant_type: "client_credentials" }),
    refresh: (refreshToken) =>
      requestToken(server, { grant_type: "refresh_token", refresh_token: Redacted.value(refreshToken) }),
    ...options
  })

/** The stored form of a server's first token. */
export const firstToken = (expired: boolean): string =>
  JSON.stringify({
    access_token: "access-0",
    refresh_token: "refresh-0",
    granted_at: 1,
    expires_at: expired ? 2 : 9_999_999_999,
    grant_id: "first"
  })

/**
 * An authorization server that rotates refresh tokens, with its API `GET /thing`.
 *
 * - `schedule`: decides when the server responds to a token request. Default: at once
 */
export const make = (
  schedule: (respond: () => void) => void = (respond) => respond()
): Effect.Effect<
  {
    readonly url: URL
    /** The bearer tokens of the requests to the API, in order. */
    readonly apiTokens: ReadonlyArray<string>
    /** The refresh tokens of the token requests, or their grant types, in order. */
    readonly tokenRequests: ReadonlyArray<string>
    /** The valid access tokens. */
    readonly validTokens: Set<string>
    /** The largest number of token requests at a time. */
    readonly mostConcurrent: () => number
  },
  never,
  Scope.Scope
> =>
  Effect.gen(function* () {
    const validTokens = new Set<string>()
    const refreshTokens = new Set(["refresh-0"])
    const apiTokens: Array<string> = []
    const tokenRequests: Array<string> = []
    let [issued, concurrent, mostConcurrent] = [0, 0, 0]
    const { url } = yield* Scripted.make(({ body, headers, target }) => {
      if (target !== "/token") {
        const token = (headers.authorization ?? "").replace(/^Bearer /, "")
        apiTokens.push(token)
        return validTokens.has(token) ? Scripted.json({ ok: true }) : Scripted.respond({ status: 401 })
      }
      const form = new URLSearchParams(body)
      const presented = form.get("refresh_token")
      tokenRequests.push(presented ?? form.get("grant_type") ?? "")
      concurrent += 1
      mostConcurrent = Math.max(mostConcurrent, concurrent)
      // A refresh token is revoked by the request, even if its response is lost.
      const accepted = presented === null || refreshTokens.delete(presented)
      return (response, received) =>
        schedule(() => {
          concurrent -= 1
          if (!accepted) return Scripted.json({ error: "invalid_grant" }, { status: 400 })(response, received)
          issued += 1
          validTokens.add(`access-${issued}`)
          refreshTokens.add(`refresh-${issued}`)
          const token = { access_token: `access-${issued}`, refresh_token: `refresh-${issued}`, expires_in: 3600 }
          return Scripted.json(token)(response, received)
        })
    })
    return { url, apiTokens, tokenRequests, validTokens, mostConcurrent: () => mostConcurrent }
  })
