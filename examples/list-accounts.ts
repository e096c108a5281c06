/** Greets every account whose name contains "bob", on any number of pages: `npx tsx examples/list-accounts.ts` */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Stream } from "effect"
import { Transport } from "effect-herald/node"
import * as Polympics from "effect-herald/polympics"
import { start } from "./support/demoServer.js"

const greetBobs = Polympics.listAccounts({ search: "bob" }).pipe(
  Stream.runForEach((account) => Console.log(`Hello, ${account.name} of ${account.team?.name ?? "no team"}`))
)

// `start` starts a server on loopback. `Polympics.anonymous()` uses the public API.
const program = Effect.flatMap(start, (baseUrl) => Effect.provide(greetBobs, Polympics.anonymous({ baseUrl })))

program.pipe(Effect.scoped, Effect.provide(Transport.layer()), NodeRuntime.runMain)
