/**
 * A backend that calls a protected API with a token from the client credentials grant. Run it with
 * `npx tsx examples/client-credentials.ts`.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { Authoriser, Endpoint, Operation } from "effect-herald"
import { Transport } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import { backend, start } from "./support/oidcServer.js"

class Things extends Authoriser.Tag("example/Things")<Things>() {}

const getThing = Operation.make(Things, () => Endpoint.get("/thing"))

/** The layer of the API. A token is requested when the first call needs one. */
const live = (baseUrl: string, issuer: string) =>
  Things.layer({
    baseUrl,
    credentials: OAuth.clientCredentials({ server: issuer, client: backend, scope: ["read"] }),
    deadline: "30 seconds"
  })

const twentyCalls = Effect.map(
  Effect.replicateEffect(getThing(), 20, { concurrency: "unbounded" }),
  (results) => results.length
)

const program = Effect.gen(function* () {
  const server = yield* start
  const report = (event: string) =>
    Effect.suspend(() =>
      Console.log(`${event}; the server has received ${server.tokenRequests.length} token request(s)`)
    )

  yield* Effect.gen(function* () {
    yield* report("before the first call")
    yield* report(`${yield* twentyCalls} concurrent calls succeeded`)
    yield* server.revoke()
    yield* report(`the token was revoked, and ${yield* twentyCalls} more calls succeeded`)
  }).pipe(Effect.provide(live(server.api, server.issuer)))

  // With wrong credentials the call fails. The error does not contain them.
  const wrong = OAuth.clientCredentials({
    server: server.issuer,
    client: { ...backend, clientId: "unknown" }
  })
  yield* getThing().pipe(
    Effect.catchTag("AuthoriserError", ({ message, reason }) => Console.log(`${reason}: ${message}`)),
    Effect.provide(Things.layer({ baseUrl: server.api, credentials: wrong }))
  )
})

program.pipe(Effect.scoped, Effect.provide(Transport.layer()), NodeRuntime.runMain)
