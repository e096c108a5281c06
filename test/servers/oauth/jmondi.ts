/** An authorization server made with the package `@jmondi/oauth2-server`, whose tokens are JWTs. */
import {
  AuthorizationServer,
  DateInterval,
  type GrantIdentifier,
  JwtService,
  type OAuthAuthCode,
  type OAuthClient,
  OAuthException,
  OAuthRequest,
  type OAuthResponse,
  type OAuthScope,
  type OAuthToken
} from "@jmondi/oauth2-server"
import { handleVanillaError } from "@jmondi/oauth2-server/vanilla"
import { randomUUID } from "node:crypto"
import {
  type ClientOptions,
  type EndpointRequest,
  type MakeServer,
  type Package,
  redirectUri,
  type Reply,
  serve,
  user
} from "./index.js"

const scopes: ReadonlyArray<OAuthScope> = [{ name: "read" }, { name: "write" }]

const clientOf = ({ grants, id, secret }: ClientOptions): OAuthClient => ({
  id,
  name: id,
  secret: secret ?? null,
  redirectUris: [redirectUri],
  // The package has no device flow.
  allowedGrants: grants.filter((grant): grant is Exclude<typeof grant, "device_code"> => grant !== "device_code"),
  scopes: [...scopes]
})

const hour = () => new Date(Date.now() + 3_600_000)

export const make: MakeServer = ({ clients, codesExpire = false }) =>
  serve((origin): Package => {
    const known = clients.map(clientOf)
    const codes = new Map<string, OAuthAuthCode>()
    const redeemed = new Set<string>()
    const tokens: Array<OAuthToken> = []
    const revoked = { access: new Set<OAuthToken>(), refresh: new Set<OAuthToken>() }

    const revoke = (token: OAuthToken) => {
      revoked.access.add(token)
      revoked.refresh.add(token)
    }
    const revokeFamily = (code: string | undefined) => {
      for (const token of tokens) if (token.originatingAuthCodeId === code) revoke(token)
    }
    const find = async (matches: (token: OAuthToken) => boolean): Promise<OAuthToken> => {
      const found = tokens.find(matches)
      if (found === undefined) throw new Error("no such token")
      return found
    }

    const jwt = new JwtService("the key of the tests")
    /** The row of a valid access token. */
    const rowOf = async (token: string): Promise<OAuthToken | undefined> => {
      const claims = await jwt.verify(token).catch(() => undefined)
      const row = tokens.find(({ accessToken }) => accessToken === claims?.["jti"])
      return row === undefined || revoked.access.has(row) ? undefined : row
    }
    const server = new AuthorizationServer(
      {
        getByIdentifier: async (id) => {
          const client = known.find((one) => one.id === id)
          // The package responds to undefined with `invalid_client`, but its type forbids it.
          return client as OAuthClient
        },
        isClientValid: async (_grant: GrantIdentifier, client, secret) => (client.secret ?? undefined) === secret
      },
      {
        issueToken: async (client, scopes, user) => ({
          accessToken: randomUUID(),
          accessTokenExpiresAt: hour(),
          client,
          user: user ?? null,
          scopes
        }),
        issueRefreshToken: async (token, client) => {
          if (!client.allowedGrants.includes("refresh_token")) return token
          token.refreshToken = randomUUID()
          token.refreshTokenExpiresAt = hour()
          return token
        },
        persist: async (token) => {
          tokens.push(token)
        },
        revoke: async (token) => revoke(token),
        revokeDescendantsOf: async (code) => revokeFamily(code),
        isRefreshTokenRevoked: async (token) => {
          const isRevoked = revoked.refresh.has(token)
          // A refresh token that is used twice may have been stolen (RFC 9700, 4.14.2).
          if (isRevoked) revokeFamily(token.originatingAuthCodeId)
          return isRevoked
        },
        getByRefreshToken: (id) => find(({ refreshToken }) => refreshToken === id),
        getByAccessToken: (id) => find(({ accessToken }) => accessToken === id)
      },
      {
        getAllByIdentifiers: async (names) => scopes.filter(({ name }) => names.includes(name)),
        finalize: async (granted) => granted
      },
      jwt,
      { issuer: origin }
    )
    server.enableGrantType({
      grant: "authorization_code",
      userRepository: { getUserByCredentials: async (id) => ({ id }) },
      authCodeRepository: {
        getByIdentifier: async (code) => codes.get(code)!,
        issueAuthCode: (client, user, scopes) => ({
          code: randomUUID(),
          expiresAt: hour(),
          client,
          user: user ?? null,
          scopes
        }),
        persist: async (code) => {
          codes.set(code.code, code)
        },
        isRevoked: async (code) => redeemed.has(code),
        revoke: async (code) => {
          redeemed.add(code)
        }
      }
    })
    server.enableGrantType({
      grant: "urn:ietf:params:oauth:grant-type:token-exchange",
      processTokenExchange: async ({ subjectToken }) => {
        const subject = (await rowOf(subjectToken))?.user
        // The code for an invalid subject token (RFC 8693, 2.2.2).
        if (!subject) throw OAuthException.invalidParameter("subject_token", "the subject token is not valid")
        return subject
      }
    })
    // The package has no option for the lifetime of codes.
    if (codesExpire) Object.assign(server.getGrant("authorization_code"), { authCodeTTL: new DateInterval("-1h") })

    const replyOf = ({ body, headers, status }: Pick<OAuthResponse, "status" | "headers" | "body">): Reply => ({
      status,
      headers,
      body: status === 302 ? undefined : body
    })
    const respond = (run: () => Promise<Pick<OAuthResponse, "status" | "headers" | "body">>): Promise<Reply> =>
      // The package throws outside of its promises, too.
      Promise.resolve()
        .then(run)
        .catch((error: unknown) => handleVanillaError(error))
        .then(replyOf)
    const requestOf = ({ form, headers }: EndpointRequest) => new OAuthRequest({ headers, body: form })

    return {
      token: (request) => respond(() => server.respondToAccessTokenRequest(requestOf(request))),
      revocation: (request) => respond(() => server.revoke(requestOf(request))),
      authorize: (query, agrees) =>
        respond(async () => {
          const request = await server.validateAuthorizationRequest(new OAuthRequest({ query }))
          request.user = { id: user }
          request.isAuthorizationApproved = agrees
          if (agrees) return server.completeAuthorizationRequest(request)
          // The package leaves this response to its user.
          const denied = new URL(request.redirectUri ?? redirectUri)
          denied.searchParams.set("error", "access_denied")
          denied.searchParams.set("state", request.state ?? "")
          return { status: 302, headers: { location: denied.href }, body: {} }
        }),
      ownerOf: async (token) => {
        const row = await rowOf(token)
        return row && String(row.user?.id ?? row.client.id)
      },
      revoke: () => tokens.forEach((token) => revoked.access.add(token)),
      revokeRefreshTokens: () => tokens.forEach((token) => revoked.refresh.add(token))
    }
  })
