/**
 * The authorization server of the tests, on loopback, with an API that accepts its tokens. Its clients are a backend with a secret,
 * and a command-line program. Users can sign in with any name and password.
 */
import { type Effect, Redacted, type Scope } from "effect"
import type * as OAuth from "effect-herald/oauth"
import { confidential, make, type Oidc, publicClient } from "../../test/servers/oidc/index.js"

export { browse } from "../../test/servers/oidc/browser.js"

const secret = "known to the backend alone"

export const backend: OAuth.Client = { clientId: "backend", clientSecret: Redacted.make(secret) }

export const commandLine: OAuth.Client = { clientId: "cli" }

export const start: Effect.Effect<Oidc, never, Scope.Scope> = make({
  clients: [confidential({ client_secret: secret }), publicClient()]
})
