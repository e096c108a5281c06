/**
 * A backend that calls a protected API with a token of its own, by client credentials. `npx tsx examples/client-credentials.ts`
 */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Console, Context, Effect } from "effect"
import { Authoriser, Verbs } from "effect-herald"
import * as OAuth from "effect-herald/oauth"
import { backend, start } from "./support/oidcServer.js"

class Things extends Context.Tag("example/Things")<Things, Authoriser.Authoriser>() {}

const { get } = Verbs.make(Things)

/** The caller of the API. A token is asked for when one is needed, and not before. */
const live = (baseUrl: string, issuer: string) =>
  Authoriser.layer(Things, {
    baseUrl,
    credentials: OAuth.clientCredentials({ server: issuer, client: backend, scope: ["read"] }),
    deadline: "30 seconds"
  })

const twentyCalls = Effect.map(
  Effect.replicateEffect(get("/thing"), 20, { concurrency: "unbounded" }),
  (answers) => answers.length
)

const program = Effect.gen(function* () {
  const server = yield* start
  const told = (what: string) =>
    Effect.suspend(() => Console.log(`${what}; the server was asked for ${server.tokenRequests.length} token(s)`))

  yield* Effect.gen(function* () {
    yield* told("nothing was called yet")
    yield* told(`${yield* twentyCalls} calls at a time were answered`)
    yield* server.revoke()
    yield* told(`its token was revoked, and ${yield* twentyCalls} more were answered`)
  }).pipe(Effect.provide(live(server.api, server.issuer)))

  // Credentials that are wrong are an error of the call, which shows none of them.
  const wrong = OAuth.clientCredentials({
    server: server.issuer,
    client: { ...backend, clientId: "somebody else" }
  })
  yield* get("/thing").pipe(
    Effect.catchTag("AuthoriserError", ({ message, reason }) => Console.log(`${reason}: ${message}`)),
    Effect.provide(Authoriser.layer(Things, { baseUrl: server.api, credentials: wrong }))
  )
})

program.pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici), NodeRuntime.runMain)
