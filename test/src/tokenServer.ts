import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Token, Tokens } from "effect-herald"
import * as Scripted from "../servers/scripted.js"

/** What the processes of a test say at the end: how many calls succeeded, and how others failed. */
export interface Outcome {
  readonly succeeded: number
  readonly failures: ReadonlyArray<string>
}

export const failure = (reason: Token.TokenFailure["reason"], message = "as the test wants it") =>
  new Token.TokenFailure({ reason, message })

const ask = (server: URL, form: Record<string, string>) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const response = yield* client.post(new URL("/token", server), { body: HttpBody.urlParams(Object.entries(form)) })
    // What this server answers.
    const body = (yield* response.json) as Record<string, unknown>
    if (response.status !== 200) return yield* failure("Refused", `${response.status}: ${String(body["error"])}`)
    return {
      accessToken: Redacted.make(String(body["access_token"])),
      refreshToken: Redacted.make(String(body["refresh_token"])),
      expiresIn: Number(body["expires_in"])
    }
  }).pipe(Effect.catchTags({ RequestError: unavailable, ResponseError: unavailable }))

const unavailable = ({ message }: Error) => Effect.fail(failure("Unavailable", message))

/** Credentials of this server's. */
export const credentials = (server: URL, more: Partial<Tokens.Options> = {}) =>
  Tokens.make({
    name: "test",
    identity: "test",
    grant: ask(server, { grant_type: "client_credentials" }),
    refresh: (refreshToken) =>
      ask(server, { grant_type: "refresh_token", refresh_token: Redacted.value(refreshToken) }),
    ...more
  })

/** A text that a store keeps: the first token of this server, which has expired, or has it not. */
export const first = (expired: boolean): string =>
  JSON.stringify({
    access_token: "access-0",
    refresh_token: "refresh-0",
    granted_at: 1,
    expires_at: expired ? 2 : 9_999_999_999,
    grant_id: "first"
  })

/**
 * An authorisation server, and its API, with `GET /thing`. Refresh tokens are taken once, and a new one is given each time. It answers a
 * token request when `answers` says so.
 */
export const make = (
  answers: (respond: () => void, form: URLSearchParams) => void = (respond) => respond()
): Effect.Effect<
  {
    readonly url: URL
    /** The bearer tokens of requests for the thing, in order. */
    readonly seen: ReadonlyArray<string>
    /** What was asked for at the token endpoint, in order: a grant's name, or a refresh token. */
    readonly asked: ReadonlyArray<string>
    /** Access tokens that are good. */
    readonly live: Set<string>
    /** How many token requests were under way at most. */
    readonly most: () => number
  },
  never,
  Scope.Scope
> =>
  Effect.gen(function* () {
    const live = new Set<string>()
    const refreshes = new Set(["refresh-0"])
    const seen: Array<string> = []
    const asked: Array<string> = []
    let [given, underWay, most] = [0, 0, 0]
    const { url } = yield* Scripted.make(({ body, headers, target }) => {
      if (target !== "/token") {
        const token = (headers.authorization ?? "").replace(/^Bearer /, "")
        seen.push(token)
        return live.has(token) ? Scripted.json({ ok: true }) : Scripted.answer({ status: 401 })
      }
      const form = new URLSearchParams(body)
      const presented = form.get("refresh_token")
      asked.push(presented ?? form.get("grant_type") ?? "")
      underWay += 1
      most = Math.max(most, underWay)
      // It is used up when it comes, whatever becomes of the answer.
      const takes = presented === null || refreshes.delete(presented)
      return (response, received) =>
        answers(() => {
          underWay -= 1
          if (!takes) return Scripted.json({ error: "invalid_grant" }, { status: 400 })(response, received)
          given += 1
          live.add(`access-${given}`)
          refreshes.add(`refresh-${given}`)
          const granted = { access_token: `access-${given}`, refresh_token: `refresh-${given}`, expires_in: 3600 }
          return Scripted.json(granted)(response, received)
        }, form)
    })
    return { url, seen, asked, live, most: () => most }
  })
