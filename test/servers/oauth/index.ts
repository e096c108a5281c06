/** Authorization servers on loopback, made with packages of others, and what all of them have in common. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as OAuth from "effect-herald/oauth"
import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { ResourceRequest, TokenRequest } from "../oidc/index.js"
import { onLoopback } from "../onLoopback.js"

/** A client as each of the servers registers it. It may have the scopes `read` and `write`. */
export interface ClientOptions {
  readonly id: string
  /** Default: none, for a public client. */
  readonly secret?: string
  /** The way in which it sends its secret. */
  readonly authentication: "basic" | "post" | "none"
  readonly grants: ReadonlyArray<"client_credentials" | "authorization_code" | "refresh_token" | "device_code">
}

export interface ServerOptions {
  readonly clients: ReadonlyArray<ClientOptions>
  /** Authorization codes have expired when they are issued. Default: false. */
  readonly codesExpire?: boolean
}

/** A server, which replaces a refresh token when it is used, and an API that accepts its access tokens. */
export interface AuthServer {
  readonly server: OAuth.Server
  readonly tokenEndpoint: string
  /** The base URL of the protected API. Every path responds with `{ ok: true, owner }`; `owner` is the user or client of the token. */
  readonly api: string
  readonly tokenRequests: ReadonlyArray<TokenRequest>
  readonly resourceRequests: ReadonlyArray<ResourceRequest>
  /** The parameters of the authorization requests. */
  readonly authorizations: ReadonlyArray<URLSearchParams>
  /** Revokes all access tokens, without a request by the client. */
  readonly revoke: () => Effect.Effect<void>
  /** Revokes all refresh tokens, without a request by the client. */
  readonly revokeRefreshTokens: Effect.Effect<void>
}

export type MakeServer = (options: ServerOptions) => Effect.Effect<AuthServer, never, Scope.Scope>

/** The name of the user who signs in. */
export const user = "bob"

/** The redirect URI of the native clients, on any port (RFC 8252, 7.3). */
export const redirectUri = "http://127.0.0.1/callback"

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** JSON, or the text of a page. */
  readonly body?: object | string | undefined
}

/** A request to an endpoint of a package, as its adapter passes it on. */
export interface EndpointRequest {
  readonly headers: Record<string, string>
  readonly form: Record<string, string>
}

/** The part of a server that a package implements. */
export interface Package {
  readonly token: (request: EndpointRequest) => Promise<Reply>
  /** Default: the server has no revocation endpoint. */
  readonly revocation?: (request: EndpointRequest) => Promise<Reply>
  /** The response to an authorization request, after the user has signed in and decided. */
  readonly authorize: (query: Record<string, string>, agrees: boolean) => Promise<Reply>
  /** The user or client of a valid access token. */
  readonly ownerOf: (accessToken: string) => Promise<string | undefined>
  readonly revoke: () => void
  readonly revokeRefreshTokens: () => void
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Serves a package on loopback: its endpoints, a page on which the user signs in, and the protected API. */
export const serve = (make: (origin: string) => Package): Effect.Effect<AuthServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const tokenRequests: Array<TokenRequest> = []
    const resourceRequests: Array<ResourceRequest> = []
    const authorizations: Array<URLSearchParams> = []
    /** The authorization requests that the user has not decided on. */
    const interactions = new Map<string, Record<string, string>>()

    const server = createServer()
    const origin = yield* onLoopback(server)
    const implementation = make(origin)

    const endpoint = async (
      route: string,
      request: IncomingMessage,
      respond: (request: EndpointRequest) => Promise<Reply>
    ): Promise<Reply> => {
      const form = Object.fromEntries(new URLSearchParams(await bodyOf(request)))
      // The headers of these requests have one value each.
      const headers = request.headers as Record<string, string>
      const reply = await respond({ headers, form })
      const error = typeof reply.body === "object" && "error" in reply.body ? String(reply.body.error) : undefined
      tokenRequests.push({
        route,
        form,
        authorization: request.headers.authorization,
        target: request.url ?? "",
        status: reply.status,
        error
      })
      return reply
    }

    const resource = async ({ headers: { authorization } }: IncomingMessage): Promise<Reply> => {
      const [, token = ""] = /^Bearer (\S+)$/.exec(authorization ?? "") ?? []
      const owner = await implementation.ownerOf(token)
      const status = owner === undefined ? 401 : 200
      resourceRequests.push({ authorization, status })
      return owner === undefined
        ? { status, headers: { "www-authenticate": `Bearer error="invalid_token"` }, body: { error: "invalid_token" } }
        : { status, body: { ok: true, owner } }
    }

    const handle = async (request: IncomingMessage): Promise<Reply> => {
      const { pathname, searchParams } = new URL(request.url ?? "/", origin)
      if (pathname.startsWith("/api/")) return resource(request)
      if (pathname === "/token") return endpoint("token", request, implementation.token)
      if (pathname === "/revoke" && implementation.revocation) {
        return endpoint("revoke", request, implementation.revocation)
      }
      if (pathname === "/authorize") {
        authorizations.push(searchParams)
        const id = randomUUID()
        interactions.set(id, Object.fromEntries(searchParams))
        const body = `<!doctype html><form action="/interaction/${id}"><input name="login"></form><a href="/interaction/${id}/abort">no</a>`
        return { status: 200, headers: { "content-type": "text/html" }, body }
      }
      const [, id = "", abort] = /^\/interaction\/([^/]+)(\/abort)?$/.exec(pathname) ?? []
      const query = interactions.get(id)
      if (query === undefined) return { status: 404 }
      interactions.delete(id)
      return implementation.authorize(query, abort === undefined)
    }

    const send = (response: ServerResponse, { body, headers, status }: Reply) =>
      response
        .writeHead(status, { ...(typeof body === "object" && { "content-type": "application/json" }), ...headers })
        .end(typeof body === "object" ? JSON.stringify(body) : body)
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      handle(request).then(
        (reply) => send(response, reply),
        (error: unknown) =>
          send(response, { status: 500, body: { error: "server_error", error_description: String(error) } })
      )
    })

    return {
      server: {
        authorizationEndpoint: `${origin}/authorize`,
        tokenEndpoint: `${origin}/token`,
        ...(implementation.revocation && { revocationEndpoint: `${origin}/revoke` })
      },
      tokenEndpoint: `${origin}/token`,
      api: `${origin}/api`,
      tokenRequests,
      resourceRequests,
      authorizations,
      revoke: () => Effect.sync(implementation.revoke),
      revokeRefreshTokens: Effect.sync(implementation.revokeRefreshTokens)
    }
  })

/** Reports whether a redirect URI is that of the native clients, whatever its port. */
export const isRedirectUri = (uri: string): boolean => {
  const url = new URL(uri)
  url.port = ""
  return url.href === redirectUri
}
