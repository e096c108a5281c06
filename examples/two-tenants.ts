/** One program, run concurrently with the credentials of two tenants: `npx tsx examples/two-tenants.ts` */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Redacted, Stream } from "effect"
import { Transport } from "effect-herald/node"
import * as Polympics from "effect-herald/polympics"
import { appCredentials, start } from "./support/demoServer.js"

/** The program. Its layer determines the tenant. */
const report = Effect.gen(function* () {
  const app = yield* Polympics.getApp()
  const teams = yield* Stream.runCount(Polympics.listTeams())
  const created = yield* Polympics.createTeam(`Made by ${app.name}`).pipe(
    Effect.map((team) => `created "${team.name}"`),
    Effect.catchTag("Forbidden", (error) => Effect.succeed(`may not create a team: ${error.detail}`))
  )
  yield* Console.log(`${app.name} sees ${teams} teams, and ${created}`)
})

const program = Effect.flatMap(start, (baseUrl) =>
  Effect.all(
    [
      report.pipe(Effect.provide(Polympics.app(appCredentials, { baseUrl }))),
      report.pipe(Effect.provide(Polympics.app({ username: "A2", password: Redacted.make("powerless") }, { baseUrl })))
    ],
    { concurrency: "unbounded" }
  )
)

program.pipe(Effect.scoped, Effect.provide(Transport.layer()), NodeRuntime.runMain)
