import type * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { HeraldError } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as callers from "./support/callers.js"
import { clients } from "./support/clients.js"
import { plain, readings } from "./support/reading.js"
import { type Exchange, exchanges } from "../../servers/recording.js"
import * as Scripted from "../../servers/scripted.js"

type Caller = Polympics.App | Polympics.User | Polympics.SignedIn | Polympics.Authoriser

/** A call to feed an exchange to. Its input matters not: the server answers the same to all. */
interface Feed {
  readonly operation: string
  /** The path template. */
  readonly template: string
  readonly call: Effect.Effect<unknown, HeraldError, HttpClient.HttpClient | Caller>
  readonly reading: keyof typeof readings
}

const id = Polympics.AccountId.make("1")
const teamId = Polympics.TeamId.make(1)
const awardId = Polympics.AwardId.make(1)

const first = <A, E, R>(pages: Stream.Stream<A, E, R>) =>
  Effect.map(Stream.runCollect(Stream.take(pages, 1)), Chunk.unsafeHead)

/** The operations that an exchange belongs to. */
const feeds = ({ body_text, method, path, status }: Exchange): ReadonlyArray<Feed> => {
  const feed = (operation: string, template: string, reading: Feed["reading"], call: Feed["call"]): Feed => ({
    operation,
    template,
    call,
    reading
  })
  // a list checks that the page which comes is the one that it asked for
  const firstPage = Number(/^\{"page":(\d+)/.exec(body_text)?.[1] ?? 0)
  const resource = path.replace(/\?.*/s, "").replace(/^\/(account|team|award)\/.*$/s, "/$1/{$1}")
  switch (`${method} ${resource}`) {
    case "GET /accounts/signups":
      return [feed("checkSignups", resource, "signups", Polympics.checkSignups)]
    case "POST /accounts/new":
      return [
        feed("createAccount", resource, "account", Polympics.createAccount({ id, name: "Bob", discriminator: "0001" }))
      ]
    case "GET /accounts/search":
      return [
        feed("listAccounts", resource, "accountPage", Polympics.accountPage({ page: 0 })),
        feed("listAccounts", resource, "accountPage", first(Polympics.listAccounts.pages({ firstPage })))
      ]
    case "GET /account/{account}":
      return [feed("getAccount", resource, "account", Polympics.getAccount(id))]
    case "PATCH /account/{account}":
      return [feed("updateAccount", resource, "account", Polympics.updateAccount(id, { name: "Bob" }))]
    case "DELETE /account/{account}":
      return [feed("deleteAccount", resource, "nothing", Polympics.deleteAccount(id))]
    case "POST /teams/new":
      return [feed("createTeam", resource, "team", Polympics.createTeam("Bobcats"))]
    case "GET /teams/search":
      return [
        feed("listTeams", resource, "teamPage", Polympics.teamPage({ page: 0 })),
        feed("listTeams", resource, "teamPage", first(Polympics.listTeams.pages({ firstPage })))
      ]
    case "GET /team/{team}":
      return [feed("getTeam", resource, "team", Polympics.getTeam(teamId))]
    case "PATCH /team/{team}":
      return [feed("updateTeam", resource, "team", Polympics.updateTeam(teamId, { name: "Bobcats" }))]
    case "DELETE /team/{team}":
      return [feed("deleteTeam", resource, "nothing", Polympics.deleteTeam(teamId))]
    case "POST /awards/new":
      return [
        feed(
          "createAward",
          resource,
          "award",
          Polympics.createAward({ title: "First", imageUrl: "x", team: teamId, accounts: [] })
        )
      ]
    case "GET /award/{award}":
      return [feed("getAward", resource, "awardDetails", Polympics.getAward(awardId))]
    case "PATCH /award/{award}":
      return [feed("updateAward", resource, "award", Polympics.updateAward(awardId, { title: "First" }))]
    case "POST /auth/create_session":
      return [feed("createSession", resource, "session", Polympics.createSession(id))]
    case "GET /auth/me": {
      const asApp = feed("getApp", resource, "app", Polympics.getApp)
      const asUser = feed("getMe", resource, "account", Polympics.getMe)
      return status === 200 ? [body_text.includes('"username"') ? asApp : asUser] : [asApp, asUser]
    }
    default:
      return []
  }
}

/** Exchanges of no operation, and why. */
const setAside: Readonly<Record<number, string>> = {
  1: "a path that nothing is at",
  2: "a method that no operation uses there",
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
  401: "Unauthorised",
  403: "Forbidden",
  404: "ClientError",
  409: "Conflict",
  500: "ServerError"
}

const unknownId = ["Account not found.", "Team not found.", "Award not found.", "Should fall through to next type."]

/** What the facts say of a 422: an unknown id, if that is all that is wrong. */
const complaint = (detail: any) => {
  if (typeof detail === "string") return { tag: "DataError", detail, issues: [] }
  const issues = detail.map(({ loc, msg, type }: any) => ({ path: loc, message: msg, code: type }))
  const unknown = detail.every(({ msg }: any) => unknownId.includes(msg))
  return { tag: unknown ? "NotFound" : "DataError", detail: undefined, issues }
}

const refusal = ({ body_text, status }: Exchange) => {
  const tag = tags[status]
  if (tag === undefined) return complaint(JSON.parse(body_text).detail)
  if (tag === "ClientError" || tag === "ServerError") return { tag, detail: undefined, issues: undefined }
  return { tag, detail: JSON.parse(body_text).detail, issues: [] }
}

const verdict = ({ method, status }: Exchange) =>
  status === 500
    ? method === "GET" || method === "DELETE"
      ? "declined"
      : "unsafe"
    : status === 401
      ? "declined"
      : "final"

const failure = (exchange: Exchange, { operation, template }: Feed, origin: string) => ({
  ...refusal(exchange),
  operation,
  method: exchange.method,
  url: origin + template,
  status: exchange.status,
  // answers to those who create sessions hold secrets
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

describe.each(clients)("the recording, fed to the operations by $name", ({ client }) => {
  it.scopedLive(
    "comes out as it reads",
    () =>
      Effect.gen(function* () {
        let current: Exchange | undefined
        const server = yield* Scripted.make(() => {
          if (current === undefined) return Scripted.answer({ status: 599 })
          const { body_text, headers, status } = current
          // the recording has passwords replaced, so that some lengths are wrong
          const { "content-length": _, ...others } = headers
          return Scripted.answer({ status, headers: others, body: body_text })
        })
        const as = {
          app: Layer.merge(callers.app(server.url), client),
          user: Layer.merge(callers.user(server.url), client)
        }
        const both = yield* Layer.build(Layer.merge(as.user, as.app))
        const aside: Record<string, Array<number>> = {}
        const outcomes: Record<string, number> = {}
        let fed = 0
        let calls = 0
        for (const exchange of exchanges) {
          current = exchange
          const belongs = feeds(exchange)
          if (belongs.length === 0) {
            const reason = setAside[exchange.n] ?? "unknown"
            aside[reason] = [...(aside[reason] ?? []), exchange.n]
            continue
          }
          fed += 1
          for (const feed of belongs) {
            calls += 1
            const outcome = yield* Effect.either(Effect.provide(feed.call, both))
            const name = `exchange ${exchange.n}, ${exchange.title}, by ${feed.operation}`
            if (exchange.status < 300) {
              const read = readings[feed.reading](exchange.body_text)
              expect([name, plain(Either.getOrElse(outcome, failed))]).toStrictEqual([name, read])
            } else {
              const error = Either.isLeft(outcome) ? failed(outcome.left) : plain(outcome.right)
              expect([name, error]).toStrictEqual([name, failure(exchange, feed, server.url.origin)])
            }
            const kind = Either.isLeft(outcome) ? outcome.left._tag : "success"
            outcomes[kind] = (outcomes[kind] ?? 0) + 1
          }
        }
        console.log(
          `${exchanges.length} exchanges: ${fed} fed to operations in ${calls} calls, all checked equal ` +
            `(${JSON.stringify(outcomes)}); set aside: ${JSON.stringify(aside)}`
        )
        expect(server.requests.length).toBe(calls)
        expect(exchanges.length).toBe(343)
        expect(fed).toBe(334)
        expect(aside).not.toHaveProperty("unknown")
        expect(Object.values(aside).flat().length).toBe(Object.keys(setAside).length)
        expect(outcomes).toEqual({
          success: 184,
          Unauthorised: 42,
          Forbidden: 57,
          NotFound: 28,
          Conflict: 1,
          DataError: 58,
          ClientError: 2,
          ServerError: 32
        })
      }),
    120_000
  )
})
