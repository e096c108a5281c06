import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { HeraldError } from "effect-herald"
import { Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as callers from "./support/callers.js"
import { plain, readings } from "./support/reading.js"
import { type Exchange, exchanges } from "../../servers/recording.js"
import * as Scripted from "../../servers/scripted.js"
import { client } from "../../support/client.js"

type Caller = Polympics.App | Polympics.User | Polympics.SignedIn | Polympics.Authoriser

/** A call that receives the response of an exchange. The server responds to any input with it. */
interface Call {
  readonly operation: string
  /** The path template. */
  readonly template: string
  readonly call: Effect.Effect<unknown, HeraldError, HttpClient.HttpClient | Caller>
  readonly reading: keyof typeof readings
}

const id = Snowflake.Snowflake.make("1")
const teamId = Polympics.TeamId.make(1)
const awardId = Polympics.AwardId.make(1)

const first = <A, E, R>(pages: Stream.Stream<{ readonly value: A }, E, R>) =>
  Effect.map(Stream.runCollect(Stream.take(pages, 1)), (page) => Chunk.unsafeHead(page).value)

/** The calls whose endpoint is that of an exchange. */
const callsOf = ({ body_text, method, path, status }: Exchange): ReadonlyArray<Call> => {
  const call = (operation: string, template: string, reading: Call["reading"], call: Call["call"]): Call => ({
    operation,
    template,
    call,
    reading
  })
  // A list fails if it receives another page than the one that it requested.
  const firstPage = Number(/^\{"page":(\d+)/.exec(body_text)?.[1] ?? 0)
  const resource = path.replace(/\?.*/s, "").replace(/^\/(account|team|award)\/.*$/s, "/$1/{$1}")
  switch (`${method} ${resource}`) {
    case "GET /accounts/signups":
      return [call("checkSignups", resource, "signups", Polympics.checkSignups())]
    case "POST /accounts/new":
      return [
        call("createAccount", resource, "account", Polympics.createAccount({ id, name: "Bob", discriminator: "0001" }))
      ]
    case "GET /accounts/search":
      return [
        call("listAccounts", resource, "accountPage", Polympics.accountPage({ page: 0 })),
        call("listAccounts", resource, "accountPage", first(Polympics.listAccounts.with({ from: firstPage }).pages()))
      ]
    case "GET /account/{account}":
      return [call("getAccount", resource, "account", Polympics.getAccount(id))]
    case "PATCH /account/{account}":
      return [call("updateAccount", resource, "account", Polympics.updateAccount(id, { name: "Bob" }))]
    case "DELETE /account/{account}":
      return [call("deleteAccount", resource, "nothing", Polympics.deleteAccount(id))]
    case "POST /teams/new":
      return [call("createTeam", resource, "team", Polympics.createTeam("Bobcats"))]
    case "GET /teams/search":
      return [
        call("listTeams", resource, "teamPage", Polympics.teamPage({ page: 0 })),
        call("listTeams", resource, "teamPage", first(Polympics.listTeams.with({ from: firstPage }).pages()))
      ]
    case "GET /team/{team}":
      return [call("getTeam", resource, "team", Polympics.getTeam(teamId))]
    case "PATCH /team/{team}":
      return [call("updateTeam", resource, "team", Polympics.updateTeam(teamId, { name: "Bobcats" }))]
    case "DELETE /team/{team}":
      return [call("deleteTeam", resource, "nothing", Polympics.deleteTeam(teamId))]
    case "POST /awards/new":
      return [
        call(
          "createAward",
          resource,
          "award",
          Polympics.createAward({ title: "First", imageUrl: "x", team: teamId, accounts: [] })
        )
      ]
    case "GET /award/{award}":
      return [call("getAward", resource, "awardDetails", Polympics.getAward(awardId))]
    case "PATCH /award/{award}":
      return [call("updateAward", resource, "award", Polympics.updateAward(awardId, { title: "First" }))]
    case "POST /auth/create_session":
      return [call("createSession", resource, "session", Polympics.createSession(id))]
    case "GET /auth/me": {
      const asApp = call("getApp", resource, "app", Polympics.getApp())
      const asUser = call("getMe", resource, "account", Polympics.getMe())
      return status === 200 ? [body_text.includes('"username"') ? asApp : asUser] : [asApp, asUser]
    }
    default:
      return []
  }
}

/** The exchanges of no operation, with the reason. */
const withoutOperation: Readonly<Record<number, string>> = {
  1: "a path that the API does not serve",
  2: "a method that no operation has for this path",
  3: "HEAD",
  4: "a trailing slash, which no operation sends",
  5: "a trailing slash, which no operation sends",
  6: "a double slash, which no operation sends",
  7: "CORS preflight",
  8: "CORS preflight",
  12: "OpenAPI document"
}

const classes: Readonly<Record<number, string>> = { 401: "Rejected", 500: "Ambiguous" }

const tags: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "ClientError",
  409: "Conflict",
  500: "ServerError"
}

const unknownId = ["Account not found.", "Team not found.", "Award not found.", "Should fall through to next type."]

/** The content of the error of a 422: an unknown id, if there are no other issues. */
const unprocessable = (detail: any) => {
  if (typeof detail === "string") return { tag: "UnprocessableContent", detail, issues: [] }
  const issues = detail.map(({ loc, msg, type }: any) => ({ path: loc, message: msg, code: type }))
  const unknown = detail.every(({ msg }: any) => unknownId.includes(msg))
  return { tag: unknown ? "NotFound" : "UnprocessableContent", detail: undefined, issues }
}

const content = ({ body_text, status }: Exchange) => {
  const tag = tags[status]
  if (tag === undefined) return unprocessable(JSON.parse(body_text).detail)
  // A short plain text.
  if (tag === "ServerError") return { tag, detail: body_text, issues: [] }
  return { tag, detail: JSON.parse(body_text).detail, issues: [] }
}

const verdict = ({ method, status }: Exchange) =>
  status === 500
    ? method === "GET" || method === "DELETE"
      ? "not retried by policy"
      : "unsafe"
    : status === 401
      ? "not retried by policy"
      : "final"

const failure = (exchange: Exchange, { operation, template }: Call, origin: string) => ({
  ...content(exchange),
  operation,
  method: exchange.method,
  url: origin + template,
  status: exchange.status,
  // The responses of sensitive endpoints hold secrets.
  body: operation === "createSession" ? undefined : exchange.body_text.slice(0, 1024),
  attempts: [{ number: 1, class: classes[exchange.status] ?? "Final", verdict: verdict(exchange) }]
})

const failed = (error: HeraldError) => ({
  tag: error._tag,
  detail: "detail" in error ? error.detail : undefined,
  issues: "issues" in error ? error.issues : undefined,
  operation: error.operation,
  method: error.method,
  url: error.url,
  status: error.status,
  body: error.body,
  attempts: error.attempts.map(({ number, verdict, ...attempt }) => ({ number, class: attempt.class, verdict }))
})

describe("the recorded responses, received by operations", () => {
  it.scopedLive(
    "become the values and errors that a second decoder reads",
    () =>
      Effect.gen(function* () {
        let current: Exchange | undefined
        const server = yield* Scripted.make(() => {
          if (current === undefined) return Scripted.respond({ status: 599 })
          const { body_text, headers, status } = current
          // The recording has other passwords than the server sent, so that some lengths are wrong.
          const { "content-length": _, ...others } = headers
          return Scripted.respond({ status, headers: others, body: body_text })
        })
        const as = {
          app: Layer.merge(callers.app(server.url), client),
          user: Layer.merge(callers.user(server.url), client)
        }
        const both = yield* Layer.build(Layer.merge(as.user, as.app))
        const skipped: Record<string, Array<number>> = {}
        const outcomes: Record<string, number> = {}
        let received = 0
        let calls = 0
        for (const exchange of exchanges) {
          current = exchange
          const receivers = callsOf(exchange)
          if (receivers.length === 0) {
            const reason = withoutOperation[exchange.n] ?? "unknown"
            skipped[reason] = [...(skipped[reason] ?? []), exchange.n]
            continue
          }
          received += 1
          for (const receiver of receivers) {
            calls += 1
            const outcome = yield* Effect.either(Effect.provide(receiver.call, both))
            const name = `exchange ${exchange.n}, ${exchange.title}, by ${receiver.operation}`
            if (exchange.status < 300) {
              const read = readings[receiver.reading](exchange.body_text)
              expect([name, plain(Either.getOrElse(outcome, failed))]).toStrictEqual([name, read])
            } else {
              const error = Either.isLeft(outcome) ? failed(outcome.left) : plain(outcome.right)
              expect([name, error]).toStrictEqual([name, failure(exchange, receiver, server.url.origin)])
            }
            const kind = Either.isLeft(outcome) ? outcome.left._tag : "success"
            outcomes[kind] = (outcomes[kind] ?? 0) + 1
          }
        }
        console.log(
          `${exchanges.length} exchanges: ${received} received by operations in ${calls} calls, all checked equal ` +
            `(${JSON.stringify(outcomes)}); skipped: ${JSON.stringify(skipped)}`
        )
        expect(server.requests.length).toBe(calls)
        expect(exchanges.length).toBe(343)
        expect(received).toBe(334)
        expect(skipped).not.toHaveProperty("unknown")
        expect(Object.values(skipped).flat().length).toBe(Object.keys(withoutOperation).length)
        expect(outcomes).toEqual({
          success: 184,
          Unauthorized: 42,
          Forbidden: 57,
          NotFound: 28,
          Conflict: 1,
          UnprocessableContent: 58,
          ClientError: 2,
          ServerError: 32
        })
      }),
    120_000
  )
})
