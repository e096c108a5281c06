import * as ConfigError from "effect/ConfigError"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"

/** A client as registered at an authorization server (RFC 6749, 2). */
export interface Client {
  readonly clientId: string
  readonly clientSecret?: Redacted.Redacted | undefined
  /**
   * The method of client authentication (RFC 6749, 2.3.1).
   *
   * - `basic`: the secret in an HTTP Basic header
   * - `post`: the secret in the request body
   * - `none`: no authentication, for public clients, which run on devices of their users
   *
   * Default: `basic` with a secret, `none` without.
   */
  readonly authentication?: "basic" | "post" | "none" | undefined
}

const invalid = (name: keyof Client, message: string) => Either.left(ConfigError.InvalidData(["client", name], message))

/** Returns the authentication of a client, or a `ConfigError` if its options contradict each other. */
export const authenticationOf = (client: Client): Either.Either<oauth.ClientAuth, ConfigError.ConfigError> => {
  const { clientId, clientSecret } = client
  const method = client.authentication ?? (clientSecret === undefined ? "none" : "basic")
  if (clientId === "") return invalid("clientId", "must not be empty")
  if (method === "none") {
    return clientSecret === undefined
      ? Either.right(oauth.None())
      : invalid("clientSecret", "must not be set with the authentication `none`")
  }
  if (clientSecret === undefined || Redacted.value(clientSecret) === "") {
    return invalid("clientSecret", `must be set, and not empty, with the authentication \`${method}\``)
  }
  const secret = Redacted.value(clientSecret)
  return Either.right(method === "basic" ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret))
}
