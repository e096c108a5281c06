/**
 * A backend. Its routes call operations, map errors of the API to responses, and receive the API's events.
 * `npx tsx examples/backend.ts` sends it a few requests and stops. `PORT=3000 npx tsx examples/backend.ts` keeps it running on that
 * port.
 */
import { HttpClient, HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer, Redacted, Schema } from "effect"
import { Transport } from "effect-herald/node"
import { Snowflake } from "effect-herald"
import * as Polympics from "effect-herald/polympics"
import { createServer } from "node:http"
import { appCredentials, start } from "./support/demoServer.js"

const secret = Redacted.make("shared by the API and this backend")

const Player = HttpRouter.schemaPathParams(Schema.Struct({ id: Snowflake.Snowflake }))

/** GET /players/:id returns a player and some members of the same team. */
const player = Effect.gen(function* () {
  const account = yield* Effect.flatMap(Player, ({ id }) => Polympics.getAccount(id))
  const members =
    account.team === null ? null : yield* Polympics.accountPage({ page: 0, pageSize: 3, team: account.team })
  return yield* HttpServerResponse.json({
    name: account.name,
    team: account.team?.name ?? null,
    members: members?.data.map((member) => member.name) ?? []
  })
}).pipe(
  Effect.catchTags({
    NotFound: () => HttpServerResponse.json({ error: "no such player" }, { status: 404 }),
    ParseError: () => HttpServerResponse.json({ error: "an id is an integer" }, { status: 400 }),
    RateLimited: () => HttpServerResponse.json({ error: "try again later" }, { status: 503 })
  })
)

/** POST /players/:id/kick removes a player from the team. The API then posts an event to the callback. */
const kick = Effect.flatMap(Player, ({ id }) => Polympics.updateAccount(id, { team: Polympics.noTeam })).pipe(
  Effect.flatMap((account) => HttpServerResponse.json({ name: account.name, team: null }))
)

/** The routes. They need an HttpClient and the credentials of an app. */
const routes = (onEvent: (event: Polympics.AccountTeamUpdate) => Effect.Effect<unknown>) =>
  HttpRouter.empty.pipe(
    HttpRouter.get("/players/:id", player),
    HttpRouter.post("/players/:id/kick", kick),
    HttpRouter.all("/events", Polympics.callbackApp({ secret, onEvent }))
  )

const send = (method: "GET" | "POST", url: string) =>
  Effect.flatMap(HttpClient.HttpClient, (client) => (method === "GET" ? client.get(url) : client.post(url))).pipe(
    Effect.flatMap((response) => Effect.map(response.text, (text) => `${response.status} ${text}`)),
    Effect.flatMap((response) => Console.log(`${method} ${new URL(url).pathname}: ${response}`))
  )

const backend = Effect.gen(function* () {
  const eventReceived = yield* Effect.makeLatch()
  yield* HttpServer.serveEffect(
    routes(({ account, team }) =>
      Effect.zipRight(Console.log(`event: ${account.name} is now in ${team?.name ?? "no team"}`), eventReceived.open)
    )
  )
  const address = yield* HttpServer.addressFormattedWith(Effect.succeed)
  yield* Polympics.createCallback({ event: "account_team_update", url: `${address}/events`, secret })
  yield* Console.log(`the backend listens at ${address}`)
  return { address, eventReceived: eventReceived.await }
})

const program = Effect.gen(function* () {
  const baseUrl = yield* start
  const port = yield* Config.withDefault(Config.integer("PORT"), 0)
  const layers = Layer.mergeAll(
    NodeHttpServer.layer(createServer, { host: "127.0.0.1", port }),
    Polympics.app(appCredentials, { baseUrl })
  )
  yield* Effect.gen(function* () {
    const { address, eventReceived } = yield* backend
    yield* send("GET", `${address}/players/900719925474099301`)
    yield* send("GET", `${address}/players/1`)
    yield* send("GET", `${address}/players/bob`)
    yield* send("POST", `${address}/players/900719925474099301/kick`)
    yield* port === 0 ? eventReceived : Effect.never
  }).pipe(Effect.provide(layers))
})

program.pipe(Effect.scoped, Effect.provide(Transport.layer()), NodeRuntime.runMain)
