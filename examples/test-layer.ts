/**
 * How a program is tested: one layer is swapped, and the requests go to a Polympics server in memory, without sockets, that
 * holds what the test says. `npx tsx examples/test-layer.ts`
 */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Redacted, Stream } from "effect"
import * as Polympics from "effect-herald/polympics"
import * as PolympicsTest from "effect-herald/polympics/test"

/** The program under test: everyone of a team becomes its captain. It knows nothing of tests. */
const promoteAll = (team: Polympics.TeamId) =>
  Polympics.listAccounts({ team }).pipe(
    Stream.mapEffect(
      (account) => Polympics.updateAccount(account, { grantPermissions: Polympics.Permissions.of("manageOwnTeam") }),
      { concurrency: 4 }
    ),
    Stream.runCount
  )

const credentials = { username: "A1", password: Redacted.make("of the app") }

/** What it runs with in production. */
export const live = Layer.merge(Polympics.app(credentials), NodeHttpClient.layerUndici)

/** What it runs with in a test: the same caller, another HttpClient. */
const test = Layer.merge(
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
  yield* Stream.runForEach(Polympics.listAccounts(), (account) =>
    Console.log(`${account.name} may: ${Polympics.Permissions.names(account.permissions).join(", ") || "nothing"}`)
  )
})

program.pipe(Effect.provide(test), NodeRuntime.runMain)
