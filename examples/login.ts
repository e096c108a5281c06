/**
 * A command-line program whose user signs in once, in a browser. The tokens are stored in a file, and refreshed when they expire.
 * `npx tsx examples/login.ts` submits the forms of the sign-in pages itself. With `--browser` it opens your browser, in which any
 * name and password are accepted.
 */
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Schema } from "effect"
import { Authoriser, Endpoint, Operation } from "effect-herald"
import { FileTokenStore, Loopback, Transport } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import { browse, commandLine, start } from "./support/oidcServer.js"

class Things extends Authoriser.Tag("example/Things")<Things>() {}

const getThing = Operation.make(Things, () =>
  Endpoint.get("/thing", { success: Schema.Struct({ owner: Schema.String }) })
)

const inBrowser = process.argv.includes("--browser")

/** Opens the sign-in page in the browser, or submits its forms by `fetch`. */
const open = (url: URL) =>
  Console.log("a sign-in is needed").pipe(
    Effect.zipRight(inBrowser ? Loopback.open(url) : Effect.forkDaemon(browse(url, { name: "bob" })))
  )

const signIn = (issuer: string) =>
  OAuth.authorizationCode({
    server: issuer,
    client: commandLine,
    scope: ["openid", "offline_access", "read"],
    // This server issues a refresh token only after the user's consent.
    parameters: { prompt: "consent" },
    receiver: Loopback.receiver({ open })
  })

/** The program of the command. */
const whoami = Effect.flatMap(getThing(), ({ owner }) => Console.log(`you are ${owner}`))

const program = Effect.gen(function* () {
  const server = yield* start
  const files = yield* FileSystem.FileSystem
  // A real command uses the user's directory for settings.
  const directory = yield* files.makeTempDirectoryScoped()

  /** One run of the command. Only the file is shared with earlier runs. */
  const run = Effect.provide(whoami, Things.layer({ baseUrl: server.api, credentials: signIn(server.issuer) }))
  const signOut = Effect.scoped(Effect.flatMap(signIn(server.issuer), (tokens) => tokens.revoke))

  yield* Effect.gen(function* () {
    yield* run
    yield* run
    yield* server.revoke()
    yield* Console.log("the access token was revoked")
    yield* run
    yield* signOut
    yield* Console.log("signed out")
    yield* run
  }).pipe(Effect.provide(FileTokenStore.layer({ directory })))

  const grants = server.tokenRequests.map(({ form }) => String(form["grant_type"] ?? "revocation"))
  yield* Console.log(`the server has received: ${grants.join(", ")}`)
})

program.pipe(Effect.scoped, Effect.provide(Layer.mergeAll(NodeContext.layer, Transport.layer())), NodeRuntime.runMain)
