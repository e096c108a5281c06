/** Every account whose name has "bob" in it, however many pages that takes: `npx tsx examples/list-accounts.ts` */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Stream } from "effect"
import * as Polympics from "effect-herald/polympics"
import { start } from "./support/demoServer.js"

const greetBobs = Polympics.listAccounts({ search: "bob" }).pipe(
  Stream.runForEach((account) => Console.log(`Hello, ${account.name} of ${account.team?.name ?? "no team"}`))
)

// Against the real API there is nothing to start: `Polympics.anonymous()` knows where it is.
const program = Effect.flatMap(start, (baseUrl) => Effect.provide(greetBobs, Polympics.anonymous({ baseUrl })))

program.pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici), NodeRuntime.runMain)
