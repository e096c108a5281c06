import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, expectTypeOf, it } from "@effect/vitest"
import * as OAuth from "effect-herald/oauth"

const clientSecret = Redacted.make("secret")
const privateKey = Redacted.make("-----BEGIN PRIVATE KEY-----")

const accept = (_client: OAuth.Client) => {}

describe("a client", () => {
  it("is public, has a secret, or has a key", () => {
    accept({ clientId: "cli" })
    accept({ clientId: "cli", authentication: "none" })
    accept({ clientId: "backend", clientSecret })
    accept({ clientId: "backend", clientSecret, authentication: "basic" })
    accept({ clientId: "backend", clientSecret, authentication: "basic-unencoded" })
    accept({ clientId: "backend", clientSecret, authentication: "post" })
    accept({ clientId: "backend", clientSecret, authentication: "jwt", assertionAudience: "https://auth.example" })
    accept({ clientId: "backend", privateKey })
    accept({ clientId: "backend", privateKey, keyId: "current", algorithm: "ES256", authentication: "jwt" })
    accept({ clientId: "backend", privateKey: Redacted.make({ kty: "EC" }) })
  })

  it("does not contradict itself", () => {
    // @ts-expect-error a secret without authentication
    accept({ clientId: "backend", clientSecret, authentication: "none" })
    // @ts-expect-error no secret
    accept({ clientId: "backend", authentication: "post" })
    // @ts-expect-error no secret
    accept({ clientId: "backend", authentication: "basic" })
    // @ts-expect-error neither a secret nor a key
    accept({ clientId: "backend", authentication: "jwt" })
    // @ts-expect-error a key that is not used
    accept({ clientId: "backend", privateKey, authentication: "basic" })
    // @ts-expect-error a secret and a key
    accept({ clientId: "backend", clientSecret, privateKey })
    // @ts-expect-error an algorithm of a secret
    accept({ clientId: "backend", privateKey, algorithm: "HS256" })
    // @ts-expect-error a secret in plain text
    accept({ clientId: "backend", clientSecret: "secret" })
    // @ts-expect-error an unknown method
    accept({ clientId: "backend", clientSecret, authentication: "client_secret_basic" })
  })
})

describe("tokens that are obtained by an effect", () => {
  const subjectToken = Effect.succeed(clientSecret)
  const server = "https://auth.example"
  const client: OAuth.Client = { clientId: "gateway" }

  it("have a name, by which their users are told apart", () => {
    OAuth.tokenExchange({ server, client, subjectToken, name: "bob" })
    OAuth.tokenExchange({ server, client, subjectToken: clientSecret })
    // @ts-expect-error no name
    OAuth.tokenExchange({ server, client, subjectToken })
    OAuth.jwtBearer({ server, assertion: subjectToken, name: "bob" })
    OAuth.jwtBearer({ server, assertion: clientSecret })
    OAuth.jwtBearer({ server, assertion: { issuer: "svc@example", privateKey } })
    // @ts-expect-error no name
    OAuth.jwtBearer({ server, assertion: subjectToken })
    // @ts-expect-error no key
    OAuth.jwtBearer({ server, assertion: { issuer: "svc@example" } })
  })
})

describe("the claims of a user", () => {
  it("have a subject, and others whose type is unknown", () => {
    expectTypeOf<OAuth.Claims["sub"]>().toEqualTypeOf<string>()
    expectTypeOf<OAuth.Claims["email"]>().toEqualTypeOf<unknown>()
    expectTypeOf<OAuth.UserInfo["sub"]>().toEqualTypeOf<string>()
    expectTypeOf<OAuth.UserInfo["name"]>().toEqualTypeOf<unknown>()
  })
})
