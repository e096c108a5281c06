/**
 * A program and its test. The test replaces the HttpClient by a Polympics server in memory, with the state that the test needs. Run
 * it with `npx tsx examples/test-layer.ts`.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Redacted, Stream } from "effect"
import { Transport } from "effect-herald/node"
import * as Polympics from "effect-herald/polympics"
import * as PolympicsTest from "effect-herald/polympics/testing"

/** The program under test makes every member of a team its captain. */
const promoteAll = (team: Polympics.TeamId) =>
  Polympics.listAccounts({ team }).pipe(
    Stream.mapEffect(
      (account) => Polympics.updateAccount(account, { grantPermissions: Polympics.Permissions.of("manageOwnTeam") }),
      { concurrency: 4 }
    ),
    Stream.runCount
  )

const credentials = { username: "A1", password: Redacted.make("of the app") }

/** The layers in production. */
export const live = Layer.provideMerge(Polympics.app(credentials), Transport.layer())

/** The layers in a test: the same caller, with another HttpClient. */
const test = Layer.provideMerge(
  Polympics.app(credentials),
  PolympicsTest.layer({
    teams: [{ id: 1, name: "Bobcats" }],
    accounts: [
      { id: "1", name: "Bob", team: 1 },
      { id: "2", name: "Bobby", team: 1 },
      { id: "3", name: "Alice" }
    ],
    apps: [{ id: 1, password: credentials.password }]
  })
)

const program = Effect.gen(function* () {
  yield* Console.log(`promoted ${yield* promoteAll(Polympics.TeamId.make(1))}`)
  yield* Stream.runForEach(Polympics.listAccounts(), ({ name, permissions }) =>
    Console.log(`permissions of ${name}: ${Polympics.Permissions.names(permissions).join(", ") || "none"}`)
  )
})

program.pipe(Effect.provide(test), NodeRuntime.runMain)
