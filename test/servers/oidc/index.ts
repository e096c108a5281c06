/** An authorization server on loopback, made with the package `oidc-provider`, and an API that accepts its tokens. */
import { generateKeyPairSync } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type ClientMetadata, type Configuration, Provider } from "oidc-provider"
import { onLoopback } from "../onLoopback.js"

/** A client that authenticates with a secret. */
export const confidential = (more: Partial<ClientMetadata> = {}): ClientMetadata => ({
  client_id: "backend",
  // With characters that are escaped in a form (RFC 6749, 2.3.1).
  client_secret: "s3cret:with/odd+characters & spaces%",
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
  scope: "read write",
  ...more
})

/** A native client on the user's machine. */
export const publicClient = (more: Partial<ClientMetadata> = {}): ClientMetadata => ({
  client_id: "cli",
  application_type: "native",
  token_endpoint_auth_method: "none",
  grant_types: ["authorization_code", "refresh_token"],
  redirect_uris: ["http://127.0.0.1/callback"],
  response_types: ["code"],
  scope: "openid offline_access read write",
  ...more
})

/** A client on a device without a browser. */
export const device = (more: Partial<ClientMetadata> = {}): ClientMetadata =>
  publicClient({
    client_id: "television",
    grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
    redirect_uris: [],
    response_types: [],
    ...more
  })

export interface Options {
  readonly clients: ReadonlyArray<ClientMetadata>
  /** Replaces a refresh token when it is used. Default: true. */
  readonly rotate?: boolean
  /** The lifetime of access tokens, in seconds. Default: an hour. */
  readonly accessTokenTtl?: number
  readonly configuration?: Configuration
}

/** A request to the token, revocation or device endpoint, with its outcome. */
export interface TokenRequest {
  readonly route: string
  readonly form: Readonly<Record<string, unknown>>
  readonly authorization: string | undefined
  /** The request target, unparsed. */
  readonly target: string
  status: number
  error: string | undefined
}

/** A request to the protected API. */
export interface ResourceRequest {
  readonly authorization: string | undefined
  readonly status: number
}

export interface Oidc {
  readonly issuer: string
  /** The base URL of the protected API. Every path responds with `{ ok: true, owner }`; `owner` is the user or client of the token. */
  readonly api: string
  readonly tokenRequests: ReadonlyArray<TokenRequest>
  readonly resourceRequests: ReadonlyArray<ResourceRequest>
  /** The parameters of the authorization requests. */
  readonly authorizations: ReadonlyArray<URLSearchParams>
  /** Revokes one access token, or all, without a request by the client. */
  readonly revoke: (accessToken?: string) => Effect.Effect<void>
  readonly revokeRefreshTokens: Effect.Effect<void>
  /** A handler that runs before the server handles a request. It returns true if it has sent a response. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  readonly provider: Provider
}

const jwk = () => ({
  ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
  use: "sig",
  alg: "ES256"
})

/** Runs a function without console output: the provider warns that its configuration is for development. */
const quietly = <A>(make: () => A): A => {
  const { info, warn } = console
  Object.assign(console, { info: () => {}, warn: () => {} })
  try {
    return make()
  } finally {
    Object.assign(console, { info, warn })
  }
}

const find = async (provider: Provider, token: string) =>
  (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token))

export const make = ({
  accessTokenTtl = 3600,
  clients,
  configuration = {},
  rotate = true
}: Options): Effect.Effect<Oidc, never, Scope.Scope> =>
  Effect.gen(function* () {
    const tokenRequests: Array<TokenRequest> = []
    const resourceRequests: Array<ResourceRequest> = []
    const authorizations: Array<URLSearchParams> = []
    /** The tokens that were issued, by kind. */
    const issued = { access: new Set<string>(), refresh: new Set<string>() }

    const server = createServer()
    const origin = yield* onLoopback(server)
    const provider = quietly(
      () =>
        new Provider(origin, {
          clients: clients.map((client) =>
            client.response_types?.length === 0 ? client : { id_token_signed_response_alg: "ES256", ...client }
          ),
          scopes: ["openid", "offline_access", "read", "write"],
          jwks: { keys: [jwk()] },
          enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
          clientDefaults: { id_token_signed_response_alg: "ES256" },
          cookies: { keys: ["of the tests"] },
          features: {
            devInteractions: { enabled: true },
            clientCredentials: { enabled: true },
            deviceFlow: {
              enabled: true,
              userCodeInputSource: (ctx, form, _, failed) => {
                ctx.body = `<!doctype html>${failed === undefined ? form : "<p>There is nothing to do here.</p>"}`
              },
              userCodeConfirmSource: (ctx, form) => {
                ctx.body = `<!doctype html>${form}`
              },
              successSource: (ctx) => {
                ctx.body = "<!doctype html><p>You are signed in.</p>"
              }
            },
            revocation: { enabled: true },
            introspection: { enabled: true }
          },
          findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
          // The default depends on the application type. Here it depends on the client's grant types.
          issueRefreshToken: (_, client, code) =>
            client.grantTypeAllowed("refresh_token") && code.scopes.has("offline_access"),
          rotateRefreshToken: rotate,
          pkce: { required: () => true },
          ttl: {
            AccessToken: accessTokenTtl,
            ClientCredentials: accessTokenTtl,
            AuthorizationCode: 600,
            DeviceCode: 86_400,
            Grant: 86_400,
            IdToken: 3600,
            Interaction: 3600,
            RefreshToken: 86_400,
            Session: 86_400
          },
          renderError: (ctx, out) => {
            ctx.type = "html"
            ctx.body = `<!doctype html><p>${out.error}: ${out.error_description ?? ""}</p>`
          },
          ...configuration
        })
    )
    provider.use(async (ctx, next) => {
      if (ctx.path === "/auth") authorizations.push(new URLSearchParams(ctx.querystring))
      await next()
      const route = ctx.path.slice(1)
      if (ctx.method !== "POST" || !["token", "token/revocation", "device/auth"].includes(route)) return
      const body = ctx.body as Record<string, unknown> | undefined
      if (typeof body?.["access_token"] === "string") issued.access.add(body["access_token"])
      if (typeof body?.["refresh_token"] === "string") issued.refresh.add(body["refresh_token"])
      tokenRequests.push({
        route,
        form: { ...ctx.oidc?.body },
        authorization: ctx.get("authorization") || undefined,
        target: ctx.req.url ?? "",
        status: ctx.status,
        error: typeof body?.["error"] === "string" ? body["error"] : undefined
      })
    })

    const ownerOf = async (authorization: string | undefined) => {
      const [, token = ""] = /^Bearer (\S+)$/.exec(authorization ?? "") ?? []
      const found = await find(provider, token)
      if (found === undefined) return undefined
      return ("accountId" in found ? found.accountId : undefined) ?? found.clientId ?? "?"
    }

    const resource = async (request: IncomingMessage, response: ServerResponse) => {
      const { authorization } = request.headers
      const owner = await ownerOf(authorization)
      const status = owner === undefined ? 401 : 200
      resourceRequests.push({ authorization, status })
      response
        .writeHead(status, {
          "content-type": "application/json",
          ...(owner === undefined && { "www-authenticate": `Bearer error="invalid_token"` })
        })
        .end(JSON.stringify(owner === undefined ? { error: "invalid_token" } : { ok: true, owner }))
    }

    const callback = provider.callback()
    const oidc: Oidc = {
      issuer: origin,
      api: `${origin}/api`,
      tokenRequests,
      resourceRequests,
      authorizations,
      intercept: undefined,
      provider,
      revoke: (only) =>
        Effect.promise(async () => {
          for (const token of only === undefined ? issued.access : [only]) {
            await (await find(provider, token))?.destroy()
          }
        }),
      revokeRefreshTokens: Effect.promise(async () => {
        for (const token of issued.refresh) await (await provider.RefreshToken.find(token))?.destroy()
      })
    }
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      if (oidc.intercept?.(request, response) === true) return
      void (request.url?.startsWith("/api/") === true ? resource(request, response) : callback(request, response))
    })
    return oidc
  })
