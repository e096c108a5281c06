/**
 * A process that processes.test.ts starts. When it receives a message, it makes twenty calls at a time to the API of the first
 * argument, with the token of the server of the second, which is stored in files in the directory of the third. It reports
 * `ok` or an error message for each call.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FileTokenStore } from "effect-herald/node"
import { once } from "node:events"
import { apiOf, getThing } from "./oauth.js"
import { signIn } from "./oauthSignIn.js"

const [api = "", issuer = "", directory = ""] = process.argv.slice(2)

const store = FileTokenStore.layer({ directory }).pipe(Layer.provide(NodeFileSystem.layer), Layer.orDie)

const main = Effect.gen(function* () {
  process.send?.("ready")
  yield* Effect.promise(() => once(process, "message"))
  const results = yield* Effect.replicateEffect(Effect.either(getThing), 20, { concurrency: "unbounded" })
  process.send?.(results.map((result) => (result._tag === "Right" ? "ok" : result.left.message)))
})

await main.pipe(
  Effect.provide(
    apiOf(
      { api },
      signIn(issuer, () => Effect.die("there is no user"))
    ).pipe(Layer.provide(store))
  ),
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
)
process.disconnect()
