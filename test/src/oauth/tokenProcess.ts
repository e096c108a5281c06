/**
 * A process of its own, which processes.test.ts starts: once told to go, it makes twenty calls at a time to the API at the first argument,
 * with the token of the server at the second, which is kept in files in the directory at the third. Then it says what it got.
 */
import { once } from "node:events"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TokenStore } from "effect-herald"
import { ask, callerAt } from "./kit.js"
import { kept } from "./kept.js"

const [api = "", issuer = "", directory = ""] = process.argv.slice(2)

const store = TokenStore.layerFile({ directory }).pipe(Layer.provide(NodeFileSystem.layer))

const main = Effect.gen(function* () {
  process.send?.("ready")
  yield* Effect.promise(() => once(process, "message"))
  const answers = yield* Effect.replicateEffect(Effect.either(ask), 20, { concurrency: "unbounded" })
  process.send?.(answers.map((answer) => (answer._tag === "Right" ? "ok" : answer.left.message)))
})

await main.pipe(
  Effect.provide(
    callerAt(
      { api },
      kept(issuer, () => Effect.die("nobody is here"))
    ).pipe(Layer.provide(store))
  ),
  Effect.provide(FetchHttpClient.layer),
  Effect.runPromise
)
process.disconnect()
