/** The authorization server of `oidc-provider`, with clients as the other servers have. */
import * as Effect from "effect/Effect"
import type { ClientMetadata } from "oidc-provider"
import * as Oidc from "../oidc/index.js"
import { type ClientOptions, type MakeServer, redirectUri } from "./index.js"

const methods = { basic: "client_secret_basic", post: "client_secret_post", none: "none" } as const

const metadataOf = ({ authentication, grants, id, secret }: ClientOptions): ClientMetadata => {
  const redirects = grants.includes("authorization_code")
  return {
    client_id: id,
    ...(secret !== undefined && { client_secret: secret }),
    application_type: "native",
    token_endpoint_auth_method: methods[authentication],
    grant_types: grants.map((grant) =>
      grant === "device_code" ? "urn:ietf:params:oauth:grant-type:device_code" : grant
    ),
    redirect_uris: redirects ? [redirectUri] : [],
    response_types: redirects ? ["code"] : [],
    scope: "openid offline_access read write"
  }
}

export const make: MakeServer = ({ clients, codesExpire = false }) =>
  Effect.map(Oidc.make({ clients: clients.map(metadataOf) }), (oidc) => {
    // A code that has expired is removed.
    if (codesExpire) oidc.provider.on("authorization_code.saved", (code) => void code.destroy())
    return { ...oidc, server: oidc.issuer, tokenEndpoint: `${oidc.issuer}/token` }
  })
