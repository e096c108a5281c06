/**
 * An authorisation server on loopback, for the examples: `oidc-provider`, as tests use it, with an API that takes its tokens. It knows a
 * backend, by a secret, and a command line, for whose users any name and password will do.
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
