import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import type { Endpoint } from "effect-herald"
import { httpApp, layer, type ServerOptions } from "effect-herald/polympics/testing"
import * as Permissions from "../../schemas/polympics/Permissions.js"
import * as accounts from "../../services/polympics/endpoints/accounts.js"
import * as auth from "../../services/polympics/endpoints/auth.js"
import * as awards from "../../services/polympics/endpoints/awards.js"
import * as callbacks from "../../services/polympics/endpoints/callbacks.js"
import * as teams from "../../services/polympics/endpoints/teams.js"
import { compile } from "../../src/internal/endpoint/compile.js"
import type { CompiledEndpoint, ErrorReader } from "../../src/internal/endpoint/CompiledEndpoint.js"
import { type Exchange, exchanges } from "./recording.js"
import { client } from "../support/client.js"

interface Seed {
  readonly teams: ReadonlyArray<{ readonly id: number; readonly name: string; readonly created_at: string }>
  readonly accounts: ReadonlyArray<{
    readonly id: string
    readonly name: string
    readonly discriminator: string
    readonly team: number | null
    readonly avatar_url: string | null
    readonly permissions: number
    readonly created_at: string
  }>
  readonly awards: ReadonlyArray<{
    readonly id: number
    readonly title: string
    readonly image_url: string
    readonly team: number | null
    readonly awardees: ReadonlyArray<string>
  }>
  readonly credentials: Readonly<Record<string, { readonly username: string; readonly account?: string }>>
}

const seed = JSON.parse(readFileSync(new URL("../fixtures/polympics/seed.json", import.meta.url), "utf8")) as Seed

/** Milliseconds since the epoch, with the microseconds as a fraction. */
const timeOf = (text: string): number => {
  const [seconds = "", fraction = ""] = text.split(".")
  return Date.parse(`${seconds.replace(" ", "T")}Z`) + Number(fraction.padEnd(6, "0")) / 1000
}

/** The time of the first exchange. */
const began = 1795301976000

/** The lifetime of a session. */
const month = 30 * 24 * 3600 * 1000

const mask = (value: number) => Permissions.fromMask(BigInt(value))

const options: ServerOptions = {
  teams: seed.teams.map(({ created_at, id, name }) => ({ id, name, createdAt: timeOf(created_at) })),
  accounts: seed.accounts.map(({ avatar_url, created_at, name, permissions, ...account }) => ({
    ...account,
    // The seed has one name escaped twice, as exchange 89 shows.
    name: name.replaceAll("\\\\", "\\"),
    avatarUrl: avatar_url,
    permissions: mask(permissions),
    createdAt: timeOf(created_at)
  })),
  awards: seed.awards.map(({ awardees, image_url, ...award }) => ({
    ...award,
    imageUrl: image_url,
    accounts: awardees
  })),
  apps: [
    { id: 1, name: "full-app", password: "FULL", permissions: mask(95) },
    { id: 2, name: "noperms-app", password: "NOPERMS", permissions: mask(0) }
  ],
  sessions: Object.entries(seed.credentials).flatMap(([role, { account, username }]) => {
    const expiresAt = role === "EXPIRED" ? began - 1 : began + month
    return account === undefined ? [] : [{ id: Number(username.slice(1)), account, password: role, expiresAt }]
  }),
  // Exchanges 220, 221 and 226 show these users of the Discord server of the recording.
  discordUsers: {
    "good-token": {
      id: "900719925474099305",
      name: "Discord Bob",
      discriminator: "4321",
      avatarUrl: "https://cdn.discordapp.com/avatars/900719925474099305/abcdef0123456789.png"
    },
    "good-noavatar": {
      id: "900719925474099306",
      name: "Default Pfp",
      discriminator: "0007",
      avatarUrl: "https://cdn.discordapp.com/embed/avatars/2.png"
    },
    "html-token": "outage"
  },
  // The recording has this text instead of every password.
  makePassword: Effect.succeed("PASSWORD")
}

/** Sessions that were made during the recording. The recording does not have their passwords. */
const made: Readonly<Record<string, string>> = {
  DETAILS: "S7:PASSWORD",
  MANAGEPERMS: "S8:PASSWORD",
  S41: "S9:PASSWORD"
}

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString("base64")}`

/** `Authorization` headers that are not in the recording. The titles of their exchanges describe them. */
const unrecorded: Readonly<Record<number, string>> = {
  27: "Bearer x",
  28: "Basic !!!",
  29: basic("no colon"),
  30: basic("Ä:ö"),
  32: "garbage"
}

const authorization = ({ creds, n }: Exchange): string | undefined => {
  if (creds === null) return unrecorded[n]
  if (creds.includes(":")) return basic(creds.replace(/^([aA]1):PASSWORD$/, "$1:FULL"))
  const role = seed.credentials[creds]
  return basic(role === undefined ? made[creds]! : `${role.username}:${creds}`)
}

/** The content type of an exchange. The titles of two exchanges name another, or none. */
const contentType = ({ n }: Exchange): string | undefined =>
  n === 50 ? "application/x-www-form-urlencoded" : n === 51 ? undefined : "application/json"

const request = (origin: string, exchange: Exchange) => {
  const header = authorization(exchange)
  const empty = HttpClientRequest.make(exchange.method)(`${origin}${exchange.path}`, {
    headers: header === undefined ? {} : { authorization: header }
  })
  if (exchange.request_body === null) return empty
  const bytes = new TextEncoder().encode(exchange.request_body)
  return HttpClientRequest.setBody(empty, HttpBody.raw(bytes, { contentType: contentType(exchange) }))
}

/** The exchanges that the test server does not reproduce, with the reason. The test fails if one of them is equal. */
const skipped: Readonly<Record<number, string>> = {
  7: "CORS",
  8: "CORS",
  12: "OpenAPI document"
}

/** Returns the time of an exchange, if its response contains it. */
const time = ({ body_text, method }: Exchange): number | undefined => {
  if (method !== "POST") return undefined
  const expires = /^\{"username":.*"expires_at":([\d.]+)\}$/.exec(body_text)?.[1]
  if (expires !== undefined) return Number(expires) * 1000 - month
  // The last one is that of the account, after that of its team.
  const created = [...body_text.matchAll(/"created_at":([\d.]+)/g)].at(-1)?.[1]
  return created === undefined ? undefined : Number(created) * 1000
}

const compared = ["content-type", "www-authenticate", "allow", "location"]

interface Comparable {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

const recorded = (exchange: Exchange): Comparable => ({
  status: exchange.status,
  headers: Object.fromEntries(compared.map((name) => [name, exchange.headers[name]])),
  body: exchange.body_text
})

/**
 * Removes the accounts that exchanges 34 to 75 made. From exchange 76 on the recorded server does not have them: they were removed
 * without a record.
 */
const removeAccounts = (client: HttpClient.HttpClient, origin: string) =>
  Effect.forEach(
    exchanges.filter(({ n, status }) => n >= 34 && n <= 75 && status === 201),
    ({ body_text }) =>
      client
        .del(`${origin}/account/${/"id":"(-?\d+)"/.exec(body_text)?.[1]}`, {
          headers: { authorization: basic("A1:FULL") }
        })
        .pipe(Effect.tap(({ status }) => expect(status).toBe(204)))
  )

/** Returns the parts of two strings around their first difference. */
const difference = (is: string, was: string) => {
  let at = 0
  while (is[at] === was[at]) at++
  const around = (text: string) => text.slice(Math.max(0, at - 100), at + 100)
  return { is: around(is), was: around(was) }
}

const replay = (origin: string) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const different: Array<{ readonly n: number; readonly is: string; readonly was: string }> = []
    const unexpectedlyEqual: Array<number> = []
    const reasons: Record<string, number> = {}
    yield* TestClock.setTime(began)
    for (const exchange of exchanges) {
      if (exchange.n === 76) yield* removeAccounts(client, origin)
      const at = time(exchange)
      if (at !== undefined) yield* TestClock.setTime(at)
      const response = yield* client.execute(request(origin, exchange))
      const was = recorded(exchange)
      const is: Comparable = {
        status: response.status,
        headers: Object.fromEntries(
          compared.map((name) => [name, response.headers[name]?.replace(origin, "http://polympics.test")])
        ),
        body: yield* response.text
      }
      const [actual, expected] = [JSON.stringify(is), JSON.stringify(was)]
      const equal = actual === expected
      const reason = skipped[exchange.n]
      if (reason !== undefined) {
        reasons[reason] = (reasons[reason] ?? 0) + 1
        if (equal) unexpectedlyEqual.push(exchange.n)
      } else if (!equal) {
        different.push({ n: exchange.n, ...difference(actual, expected) })
      }
    }
    const count = Object.keys(skipped).length
    const replayed = exchanges.length - count
    console.log(
      `${origin}: replayed ${replayed} of ${exchanges.length} exchanges, equal ${replayed - different.length}, ` +
        `skipped ${count}: ${JSON.stringify(reasons)}`
    )
    expect(exchanges.length).toBe(343)
    expect(different).toEqual([])
    expect(unexpectedlyEqual).toEqual([])
  })

const onSocket = httpApp(options).pipe(
  Effect.map((app) => HttpServer.serve(app)),
  Layer.unwrapScoped,
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provideMerge(client)
)

describe("the recorded exchanges, byte by byte", () => {
  it.effect("without sockets", () => Effect.provide(replay("http://polympics.test"), layer(options)))

  it.effect("over a socket", () =>
    HttpServer.addressWith((address) =>
      replay(address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}` : "")
    ).pipe(
      Effect.provide(onSocket),
      // `fetch` follows redirects, which are among the exchanges, and fails where one has a body (Node 20).
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
    )
  )
})

const endpoints: ReadonlyArray<CompiledEndpoint> = [accounts, auth, awards, callbacks, teams]
  .flatMap((module): ReadonlyArray<() => Endpoint.Any> => Object.values(module))
  .map((endpoint) => compile(endpoint()))

const endpointsOf = ({ method, path }: Exchange) => {
  const segments = decodeURIComponent(path.replace(/\?.*/, "")).split("/")
  const matches = (template: ReadonlyArray<string>) =>
    template.length === segments.length &&
    template.every((one, index) => (one.startsWith("{") ? segments[index] !== "" : one === segments[index]))
  return endpoints.filter((endpoint) => endpoint.method === method && matches(endpoint.template.split("/")))
}

/** Statuses for which the built-in error reads the body, whose `detail` is a string. */
const undeclared: ReadonlyArray<number> = [401, 403, 409, 422]

describe("the client's endpoints", () => {
  const responses = exchanges
    .filter(({ n, status }) => status < 500 && !(n in skipped))
    .map((exchange) => ({ exchange, endpoints: endpointsOf(exchange) }))
    .filter(({ endpoints }) => endpoints.length > 0)

  const reads =
    ({ body_text: body, status }: Exchange) =>
    (reader: ErrorReader) =>
      reader.anyBody === true ||
      Either.isRight(reader.read({ status, headers: {}, body }, () => Either.right(JSON.parse(body))))

  it("declare every recorded response", () => {
    const declares = (endpoint: CompiledEndpoint, exchange: Exchange) => {
      const { body_text, status } = exchange
      if (status < 300) return endpoint.successes(status)?.some(reads(exchange)) ?? false
      const hasSentence = /^\{"detail":"[^"]+"\}$/.test(body_text)
      return (hasSentence && undeclared.includes(status)) || (endpoint.errors(status)?.some(reads(exchange)) ?? false)
    }
    const missing = responses.flatMap(({ endpoints, exchange }) =>
      endpoints.some((endpoint) => declares(endpoint, exchange))
        ? []
        : [`${exchange.n} ${exchange.title}: ${exchange.status} ${exchange.body_text.slice(0, 200)}`]
    )
    expect(responses.length).toBeGreaterThan(280)
    expect(missing).toEqual([])
  })
})
