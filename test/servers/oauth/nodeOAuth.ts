/** An authorization server made with the package `@node-oauth/oauth2-server`, which has no revocation endpoint. */
import OAuth2Server from "@node-oauth/oauth2-server"
import {
  type ClientOptions,
  isRedirectUri,
  type MakeServer,
  type Package,
  type Reply,
  redirectUri,
  serve,
  user
} from "./index.js"

const { OAuthError, Request, Response } = OAuth2Server

interface Client extends OAuth2Server.Client {
  readonly secret: string | undefined
}

const clientOf = ({ grants, id, secret }: ClientOptions): Client => ({
  id,
  secret,
  grants: [...grants],
  redirectUris: [redirectUri]
})

const scopes = ["read", "write"]

/** The client and the user of a token. All tokens of both are revoked together. */
const ownersOf = ({ client, user }: { readonly client: OAuth2Server.Client; readonly user: OAuth2Server.User }) =>
  `${client.id} ${user["id"]}`

const model = (clients: ReadonlyArray<Client>, codesExpire: boolean) => {
  const codes = new Map<string, OAuth2Server.AuthorizationCode>()
  const access = new Map<string, OAuth2Server.Token>()
  const refresh = new Map<string, OAuth2Server.Token>()
  /** The owners of refresh tokens that were used. */
  const used = new Map<string, string>()

  const revokeAllOf = (owners: string) => {
    for (const tokens of [access, refresh]) {
      for (const [token, row] of tokens) if (ownersOf(row) === owners) tokens.delete(token)
    }
  }

  const methods: OAuth2Server.AuthorizationCodeModel &
    OAuth2Server.ClientCredentialsModel &
    OAuth2Server.RefreshTokenModel = {
    // The secret is null in an authorization request.
    getClient: async (id, secret: string | null | undefined) =>
      clients.find((client) => client.id === id && (secret === null || (secret ?? undefined) === client.secret)),
    getUserFromClient: async ({ id }) => ({ id }),
    validateScope: async (_user, _client, scope) =>
      scope === undefined ? ["read"] : scope.every((name) => scopes.includes(name)) && scope,
    validateRedirectUri: async (uri) => isRedirectUri(uri),
    saveAuthorizationCode: async (code, client, user) => {
      const saved = { ...code, client, user, ...(codesExpire && { expiresAt: new Date(0) }) }
      codes.set(code.authorizationCode, saved)
      return saved
    },
    getAuthorizationCode: async (code) => codes.get(code),
    revokeAuthorizationCode: async ({ authorizationCode }) => codes.delete(authorizationCode),
    saveToken: async (token, client, user) => {
      const row = { ...token, client, user }
      access.set(token.accessToken, row)
      if (token.refreshToken !== undefined && client.grants.includes("refresh_token"))
        refresh.set(token.refreshToken, row)
      return row
    },
    getAccessToken: async (token) => access.get(token),
    getRefreshToken: async (token) => {
      // A refresh token that is used twice may have been stolen (RFC 9700, 4.14.2).
      const owners = used.get(token)
      if (owners !== undefined) revokeAllOf(owners)
      const row = refresh.get(token)
      return row && { ...row, refreshToken: token }
    },
    revokeToken: async (token) => {
      used.set(token.refreshToken, ownersOf(token))
      return refresh.delete(token.refreshToken)
    }
  }
  return { methods, access, refresh }
}

const replyOf = ({ body, headers, status }: OAuth2Server.Response): Reply => ({ status: status ?? 200, headers, body })

export const make: MakeServer = ({ clients, codesExpire = false }) =>
  serve((): Package => {
    const { access, methods, refresh } = model(clients.map(clientOf), codesExpire)
    const server = new OAuth2Server({
      model: methods,
      // Public clients have no secret. The model refuses a confidential client without its own.
      requireClientAuthentication: { authorization_code: false, refresh_token: false }
    })
    return {
      token: async ({ form, headers }) => {
        const response = new Response()
        await server
          .token(new Request({ headers, method: "POST", query: {}, body: form }), response)
          .catch(ignoreOAuthError)
        return replyOf(response)
      },
      authorize: async (query, agrees) => {
        const response = new Response()
        const request = new Request({ headers: {}, method: "GET", query, body: agrees ? {} : { allowed: "false" } })
        const authenticateHandler = { handle: () => ({ id: user }) }
        await server.authorize(request, response, { authenticateHandler }).catch(ignoreOAuthError)
        return replyOf(response)
      },
      ownerOf: async (token) => access.get(token)?.user["id"] as string | undefined,
      revoke: () => access.clear(),
      revokeRefreshTokens: () => refresh.clear()
    }
  })

/** The package has put the error into the response. */
const ignoreOAuthError = (error: unknown) => {
  if (!(error instanceof OAuthError)) throw error
}
