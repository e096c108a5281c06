/** A Polympics server with many accounts, in a process of its own. Prints its base URL. */
import { HttpServer } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import * as PolympicsTest from "effect-herald/polympics/testing"
import { createServer } from "node:http"

const count = Number(process.argv[2])

function* accounts() {
  for (let index = 0; index < count; index++) {
    yield {
      id: String(900719925474099300n + BigInt(index)),
      name: `Player ${String(index).padStart(9, "0")}`,
      avatarUrl: `https://cdn.discordapp.com/avatars/${index}.png`,
      team: (index % 4) + 1
    }
  }
}

Effect.gen(function* () {
  const teams = [1, 2, 3, 4].map((id) => ({ id, name: `Team ${id}` }))
  yield* HttpServer.serveEffect(yield* PolympicsTest.httpApp({ accounts: accounts(), teams }))
  yield* HttpServer.addressFormattedWith(Console.log)
  return yield* Effect.never
}).pipe(
  Effect.scoped,
  Effect.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
  NodeRuntime.runMain
)
