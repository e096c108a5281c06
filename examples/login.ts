/**
 * A command line whose user logs in by a browser, once: the tokens are kept in a file, and refreshed as they expire.
 * `npx tsx examples/login.ts` plays the browser's part itself; with `--browser` it opens yours, where any name and password will do.
 */
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Console, Context, Effect, Layer, Schema } from "effect"
import { As, Authoriser, TokenStore, Verbs } from "effect-herald"
import * as Loopback from "effect-herald/loopback"
import * as OAuth from "effect-herald/oauth"
import { browse, commandLine, start } from "./support/oidcServer.js"

class Things extends Context.Tag("example/Things")<Things, Authoriser.Authoriser>() {}

const { get } = Verbs.make(Things)

const inBrowser = process.argv.includes("--browser")

/** Shows the login page: to you, or to a fetch that fills its forms in. */
const open = (url: URL) =>
  Console.log("a login is needed").pipe(
    Effect.zipRight(inBrowser ? Loopback.open(url) : Effect.forkDaemon(browse(url, { name: "bob" })))
  )

const login = (issuer: string) =>
  OAuth.authorisationCode({
    server: issuer,
    client: commandLine,
    scope: ["openid", "offline_access", "read"],
    // This server gives a refresh token only to those who were asked.
    pageParameters: { prompt: "consent" },
    receiver: Loopback.receiver({ open })
  })

const Who = Schema.Struct({ who: Schema.String })

/** What the command does: all it needs is a caller. */
const whoami = get("/thing", { as: As.schema(Who) }).pipe(Effect.flatMap(({ who }) => Console.log(`you are ${who}`)))

const program = Effect.gen(function* () {
  const server = yield* start
  const files = yield* FileSystem.FileSystem
  // Yours would be in the user's own directory of settings.
  const directory = yield* files.makeTempDirectoryScoped()

  /** One run of the command: nothing but the file is there from the one before. */
  const run = Effect.provide(
    whoami,
    Authoriser.layer(Things, { baseUrl: server.api, credentials: login(server.issuer) })
  )
  const signOut = Effect.scoped(Effect.flatMap(login(server.issuer), (tokens) => tokens.revoke))

  yield* Effect.gen(function* () {
    yield* run
    yield* run
    yield* server.revoke()
    yield* Console.log("the access token is revoked")
    yield* run
    yield* signOut
    yield* Console.log("signed out")
    yield* run
  }).pipe(Effect.provide(TokenStore.layerFile({ directory })))

  const asked = server.tokenRequests.map(({ form }) => String(form["grant_type"] ?? "revocation"))
  yield* Console.log(`the server was asked for: ${asked.join(", ")}`)
})

program.pipe(
  Effect.scoped,
  Effect.provide(Layer.mergeAll(NodeContext.layer, NodeHttpClient.layerUndici)),
  NodeRuntime.runMain
)
