/**
 * A backend of one's own: its routes compose operations, it receives the API's events, and a failure of the API's becomes an
 * answer of its own. `npx tsx examples/backend.ts` asks it a few things and stops; `PORT=3000 npx tsx examples/backend.ts`
 * keeps it running there.
 */
import { HttpClient, HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpClient, NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer, Redacted, Schema } from "effect"
import * as Polympics from "effect-herald/polympics"
import { createServer } from "node:http"
import { appCredentials, start } from "./support/demoServer.js"

const secret = Redacted.make("shared by the API and this backend")

const Player = HttpRouter.schemaPathParams(Schema.Struct({ id: Polympics.AccountId }))

/** GET /players/:id : a player, and a few of the same team. */
const player = Effect.gen(function* () {
  const account = yield* Effect.flatMap(Player, ({ id }) => Polympics.getAccount(id))
  const mates =
    account.team === null ? null : yield* Polympics.accountPage({ page: 0, pageSize: 3, team: account.team })
  return yield* HttpServerResponse.json({
    name: account.name,
    team: account.team?.name ?? null,
    teamMates: mates?.data.map((mate) => mate.name) ?? []
  })
}).pipe(
  Effect.catchTags({
    NotFound: () => HttpServerResponse.json({ error: "no such player" }, { status: 404 }),
    ParseError: () => HttpServerResponse.json({ error: "an id is an integer" }, { status: 400 }),
    RateLimited: () => HttpServerResponse.json({ error: "come back later" }, { status: 503 })
  })
)

/** POST /players/:id/kick : out of the team; the API then tells our callback. */
const kick = Effect.flatMap(Player, ({ id }) => Polympics.updateAccount(id, { team: Polympics.noTeam })).pipe(
  Effect.flatMap((account) => HttpServerResponse.json({ name: account.name, team: null }))
)

/** The routes need an HttpClient and an app's credentials: whatever layers provide these. */
const routes = (onEvent: (event: Polympics.AccountTeamUpdate) => Effect.Effect<unknown>) =>
  HttpRouter.empty.pipe(
    HttpRouter.get("/players/:id", player),
    HttpRouter.post("/players/:id/kick", kick),
    HttpRouter.all("/events", Polympics.callbackApp({ secret, onEvent }))
  )

const ask = (method: "GET" | "POST", url: string) =>
  Effect.flatMap(HttpClient.HttpClient, (client) => (method === "GET" ? client.get(url) : client.post(url))).pipe(
    Effect.flatMap((response) => Effect.map(response.text, (text) => `${response.status} ${text}`)),
    Effect.flatMap((answer) => Console.log(`${method} ${new URL(url).pathname}: ${answer}`))
  )

const backend = Effect.gen(function* () {
  const moved = yield* Effect.makeLatch()
  yield* HttpServer.serveEffect(
    routes(({ account, team }) =>
      Effect.zipRight(Console.log(`event: ${account.name} is now in ${team?.name ?? "no team"}`), moved.open)
    )
  )
  const address = yield* HttpServer.addressFormattedWith(Effect.succeed)
  yield* Polympics.createCallback({ event: "account_team_update", url: `${address}/events`, secret })
  yield* Console.log(`the backend is at ${address}`)
  return { address, moved: moved.await }
})

const program = Effect.gen(function* () {
  const baseUrl = yield* start
  const port = yield* Config.withDefault(Config.integer("PORT"), 0)
  const layers = Layer.mergeAll(
    NodeHttpServer.layer(createServer, { host: "127.0.0.1", port }),
    Polympics.app(appCredentials, { baseUrl })
  )
  yield* Effect.gen(function* () {
    const { address, moved } = yield* backend
    yield* ask("GET", `${address}/players/900719925474099301`)
    yield* ask("GET", `${address}/players/1`)
    yield* ask("GET", `${address}/players/bob`)
    yield* ask("POST", `${address}/players/900719925474099301/kick`)
    yield* port === 0 ? moved : Effect.never
  }).pipe(Effect.provide(layers))
})

program.pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici), NodeRuntime.runMain)
