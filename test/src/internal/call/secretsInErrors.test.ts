import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { inspect } from "node:util"
import { detailsOf, Snowflake, Verbs } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { forAll, once } from "../../../support/kit.js"
import { listener, type RecordedSpan } from "../../../support/listener.js"
import { shows, spellings } from "../../../support/secretSpellings.js"

type Roles = Polympics.App | Polympics.User | Polympics.SignedIn | Polympics.Authoriser
type Call = Effect.Effect<unknown, unknown, Roles | Effect.Effect.Context<ReturnType<typeof Polympics.getApp>>>

const account = Snowflake.Snowflake.make("900719925474099300")
const team = Polympics.TeamId.make(1)
const award = Polympics.AwardId.make(1)
const event = "account_team_update"
const permissions = Polympics.Permissions.none

/** An error that has whatever the server responds. */
const Echo = Schema.Struct({ _tag: Schema.tag("Echo") }, { key: Schema.String, value: Schema.Unknown })

/** A call that declares every error of the server. */
const declaring = (secret: Redacted.Redacted) =>
  Verbs.make(Polympics.User).post("/declared", {
    json: { secret },
    errors: { 400: Echo, 401: Echo, 403: Echo, 404: Echo, 409: Echo, 418: Echo, 422: Echo, 500: Echo, 503: Echo }
  })

/** Every operation. The secret is the input of those that take one. */
const operations: Readonly<Record<string, (secret: Redacted.Redacted) => Call>> = {
  checkSignups: () => Polympics.checkSignups(),
  createAccount: () => Polympics.createAccount({ id: account, name: "Bob", discriminator: "0001", permissions }),
  getAccount: () => Polympics.getAccount(account),
  listAccounts: () => Stream.runDrain(Polympics.listAccounts({ search: "bob" })),
  updateAccount: (secret) => Polympics.updateAccount(account, { discordToken: secret }),
  deleteAccount: () => Polympics.deleteAccount(account),
  discordAuthenticate: (secret) => Polympics.discordAuthenticate(secret),
  createSession: () => Polympics.createSession(account),
  getApp: () => Polympics.getApp(),
  getMe: () => Polympics.getMe(),
  resetAppToken: () => Polympics.resetAppToken(),
  resetSession: () => Polympics.resetSession(),
  createTeam: () => Polympics.createTeam("team"),
  getTeam: () => Polympics.getTeam(team),
  updateTeam: () => Polympics.updateTeam(team, { name: "team" }),
  deleteTeam: () => Polympics.deleteTeam(team),
  createAward: () => Polympics.createAward({ title: "award", imageUrl: "https://a.test", team, accounts: [account] }),
  getAward: () => Polympics.getAward(award),
  updateAward: () => Polympics.updateAward(award, { title: "award" }),
  deleteAward: () => Polympics.deleteAward(award),
  giveAward: () => Polympics.giveAward(award, account),
  takeAward: () => Polympics.takeAward(award, account),
  createCallback: (secret) => Polympics.createCallback({ event, url: "https://a.test", secret }),
  getCallback: () => Polympics.getCallback(event),
  getCallbacks: () => Polympics.getCallbacks(),
  deleteCallback: () => Polympics.deleteCallback(event),
  declaring
}

const withSecrets = ["declaring", "updateAccount", "discordAuthenticate", "createCallback"]

/** Bodies of responses; `echo` is a text with secrets in it. */
const bodies: Readonly<Record<string, (echo: string) => string>> = {
  "plain text": (echo) => `bad request: ${echo}`,
  HTML: (echo) => `<html><body><pre>${echo}</pre></body></html>`,
  detail: (echo) => JSON.stringify({ detail: echo }),
  "the paths of issues": (echo) =>
    JSON.stringify({ detail: [{ loc: ["body", echo, 1], msg: "Account not found.", type: "x" }] }),
  "the messages of issues": (echo) => JSON.stringify({ detail: [{ loc: ["body"], msg: echo, type: "x" }] }),
  "the codes of issues": (echo) => JSON.stringify({ detail: [{ loc: ["body"], msg: "bad", type: echo }] }),
  "another detail": (echo) => JSON.stringify({ detail: { [echo]: [echo] } }),
  keys: (echo) => JSON.stringify({ [echo]: echo, callbacks: { [echo]: 1 } }),
  values: (echo) =>
    JSON.stringify({ id: echo, name: echo, data: [echo], page: echo, username: echo, password: [echo] }),
  "a text": (echo) => JSON.stringify(echo),
  "incomplete JSON": (echo) => JSON.stringify({ detail: echo }).slice(0, -1),
  "broken JSON": (echo) => `{"detail": ${echo}}`,
  "after other text": (echo) => `${"x".repeat(1000)}${echo}`
}

const headerNames = [
  "x-request-id",
  "request-id",
  "x-correlation-id",
  "www-authenticate",
  "retry-after",
  "location",
  "set-cookie",
  "content-type",
  "x-powered-by"
]

const statuses = [200, 201, 204, 208, 302, 307, 400, 401, 403, 404, 409, 418, 422, 429, 500, 502, 503, 504]

/** A text that a header can hold, percent-encoded if need be. */
const inHeader = (text: string) => (/^[\x20-\x7e]*$/.test(text) ? text.trim() : encodeURIComponent(text))

const secretText = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 4, maxLength: 24 }),
    fc.string({ unit: "binary", minLength: 4, maxLength: 24 }).filter((text) => text.isWellFormed()),
    fc.string({ unit: fc.constantFrom(..."\"\\/&<>'+ %=?:é日\n\t👩"), minLength: 4, maxLength: 24 }),
    fc.constantFrom("correct horse battery staple", "a:b:c:d", "pass%20word", "&amp;&quot;", "\\u0041\\n", "+++///===")
  )
  // A beginning and an end that occur nowhere else, so that no text matches by accident.
  .map((text) => `Kx7${text}q9Z`)
  .filter((text) => !text.includes("\0"))

const cases = fc.record({
  operation: fc.oneof(fc.constantFrom(...Object.keys(operations)), fc.constantFrom(...withSecrets)),
  password: secretText,
  own: secretText,
  status: fc.constantFrom(...statuses),
  body: fc.constantFrom(...Object.keys(bodies)),
  headers: fc.uniqueArray(fc.constantFrom(...headerNames), { maxLength: 4 }),
  spelling: fc.constantFrom(...Object.keys(spellings)),
  headerSpelling: fc.constantFrom(...Object.keys(spellings)),
  which: fc.subarray(["authorization", "credentials", "password", "own"] as const, { minLength: 1 }),
  ending: fc.constantFrom("whole", "whole", "chunked", "cut short")
})

/** All texts that a failure can be shown, stored or sent as. */
const renderings = (cause: Cause.Cause<unknown>, logged: ReadonlyArray<string>, spans: ReadonlyArray<RecordedSpan>) => {
  const deep = (value: unknown) => inspect(value, { depth: Infinity, showHidden: true, maxStringLength: null })
  const errors = [Cause.squash(cause), ...Cause.failures(cause), ...Cause.defects(cause)]
  return [
    ...errors.flatMap((error) => [
      JSON.stringify(error),
      deep(error),
      String(error),
      JSON.stringify(detailsOf(error) ?? ""),
      ...(error instanceof Error ? [error.message, error.stack ?? ""] : [])
    ]),
    Cause.pretty(cause),
    Cause.pretty(cause, { renderErrorCause: true }),
    JSON.stringify(cause),
    deep(cause),
    ...logged,
    ...spans.flatMap(({ attributes, events, exit, links, name }) => [
      name,
      deep([...attributes]),
      deep(events),
      deep(links),
      deep(exit)
    ])
  ]
}

/** Runs a call, logs its failure in every format, and returns all texts of the failure; none if it succeeds. */
const textsOf = <R>(call: Effect.Effect<unknown, unknown, R>) => {
  const logged: Array<string> = []
  const formats = [Logger.stringLogger, Logger.logfmtLogger, Logger.jsonLogger, Logger.structuredLogger]
  const logger = Logger.make<unknown, void>((options) => {
    for (const format of formats) {
      const line: unknown = format.log(options)
      logged.push(typeof line === "string" ? line : inspect(line, { depth: Infinity }))
    }
    logged.push(inspect(options.message, { depth: Infinity }), inspect([...options.annotations]))
  })
  const { spans, tracer } = listener()
  return call.pipe(
    Effect.tapErrorCause((cause) => Effect.logError("it failed", cause, Cause.squash(cause))),
    Effect.withSpan("program"),
    Effect.withTracer(tracer),
    Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
    Effect.exit,
    Effect.map((exit) => {
      if (Exit.isSuccess(exit)) return []
      // A defect would hide the failure.
      expect([...Cause.defects(exit.cause)]).toEqual([])
      return renderings(exit.cause, logged, spans)
    })
  )
}

const callersAt = (baseUrl: URL, password: string) => {
  const credentials = (username: string) => ({ username, password: Redacted.make(password) })
  return Layer.merge(Polympics.user(credentials("S1"), { baseUrl }), Polympics.app(credentials("A1"), { baseUrl }))
}

describe("no secret of a call is in its failure", () => {
  it.scopedLive(
    "whatever part of the request the server puts into whatever part of the response",
    () =>
      Effect.gen(function* () {
        let behave: (received: Scripted.Received) => Scripted.Behaviour = () => Scripted.silence
        const { url } = yield* Scripted.make((received) => behave(received))
        yield* forAll(
          cases,
          (given) =>
            Effect.gen(function* () {
              let authorization = ""
              const sendsOwn = withSecrets.includes(given.operation)
              behave = ({ headers, target }) => {
                authorization = headers.authorization ?? authorization
                const secrets = {
                  authorization,
                  credentials: authorization.slice("Basic ".length),
                  password: given.password,
                  own: given.own
                }
                const echo = (spelling: string) =>
                  given.which
                    .map((which) => spellings[spelling]?.(secrets[which === "own" && !sendsOwn ? "password" : which]))
                    .join(" and ")
                const sent = Object.fromEntries(
                  given.headers.map((name) => {
                    const value = inHeader(echo(given.headerSpelling))
                    return [name, name === "location" ? `/${encodeURI(value)}` : value]
                  })
                )
                // The target of a redirect responds with an error.
                const status = target.startsWith("/Kx7") && given.status < 400 ? 418 : given.status
                const body = bodies[given.body]?.(echo(given.spelling)) ?? ""
                const head = { status, headers: sent }
                if (status === 204) return Scripted.respond({ status, headers: sent })
                if (given.ending === "chunked") return Scripted.chunked([body], head)
                return given.ending === "cut short"
                  ? Scripted.cutShort({ ...head, body })
                  : Scripted.respond({ ...head, body })
              }
              const call = operations[given.operation]?.(Redacted.make(given.own)) ?? Effect.void
              const texts = yield* Effect.provide(textsOf(call), callersAt(url, given.password))
              if (given.status >= 400) expect(texts.length).toBeGreaterThan(0)
              const secrets = [given.password, given.own, authorization, authorization.slice("Basic ".length)]
              const leaks = secrets.filter((secret) => secret !== "" && texts.some((text) => shows(text, secret)))
              expect(leaks).toEqual([])
            }),
          { numRuns: 300 }
        ).pipe(Effect.provide(Layer.merge(client, once)))
      }),
    60_000
  )

  it.scopedLive("without a response", () =>
    Effect.gen(function* () {
      const password = 'Kx7 "secret"\\ q9Z'
      const { url } = yield* Scripted.make([Scripted.reset])
      for (const place of [url, yield* Scripted.closedPort, new URL(`https://${url.host}`)]) {
        for (const operation of Object.values(operations)) {
          const texts = yield* textsOf(operation(Redacted.make(password))).pipe(
            Effect.provide(Layer.mergeAll(callersAt(place, password), client, once))
          )
          expect(texts.length).toBeGreaterThan(0)
          expect(texts.filter((text) => shows(text, password) || text.includes("Basic "))).toEqual([])
        }
      }
    })
  )

  it.scopedLive("nor in a dump of its fiber while it runs", () =>
    Effect.gen(function* () {
      const password = "Kx7 secret q9Z"
      const server = yield* Scripted.make([Scripted.silence])
      const fiber = yield* Effect.fork(
        Polympics.discordAuthenticate(Redacted.make(password)).pipe(
          Effect.provide(Layer.mergeAll(callersAt(server.url, password), client, once))
        )
      )
      yield* server.next
      const dump = yield* Fiber.dump(fiber)
      const texts = [inspect(dump, { depth: Infinity }), JSON.stringify(dump), yield* Fiber.pretty(fiber)]
      expect(texts.filter((text) => shows(text, password) || text.includes("Basic "))).toEqual([])
      yield* Fiber.interrupt(fiber)
    })
  )

  it.scopedLive("nor is the password of a new session, in a response that does not match the endpoint", () =>
    Effect.gen(function* () {
      const session = { username: "S1", password: "Kx7 fresh q9Z", expires_at: 1 }
      const { password } = session
      const responses = [
        Scripted.json(session, { status: 200 }),
        Scripted.json(session, { status: 202 }),
        Scripted.json(session, { status: 400 }),
        Scripted.json(session, { status: 500 }),
        Scripted.json({ ...session, expires_at: undefined }, { status: 201 }),
        Scripted.json({ ...session, expires_at: password }, { status: 201 }),
        Scripted.json({ ...session, password: [password] }, { status: 201 }),
        Scripted.json({ ...session, password: { [password]: password } }, { status: 201 }),
        Scripted.json({ username: password }, { status: 201 }),
        Scripted.json([session], { status: 201 }),
        Scripted.json(password, { status: 201 }),
        Scripted.respond({ status: 201, body: JSON.stringify(session).slice(0, -2) }),
        Scripted.respond({ status: 201, body: password }),
        Scripted.cutShort({ status: 201, body: JSON.stringify(session) })
      ]
      for (const response of responses) {
        const { url } = yield* Scripted.make([response])
        for (const call of [
          Polympics.createSession(account),
          Polympics.discordAuthenticate(Redacted.make("token")),
          Polympics.resetAppToken(),
          Polympics.resetSession()
        ]) {
          const texts = yield* textsOf(call as Call).pipe(
            Effect.provide(Layer.mergeAll(callersAt(url, "old"), client, once))
          )
          expect(texts.filter((text) => shows(text, password))).toEqual([])
        }
      }
    })
  )
})
