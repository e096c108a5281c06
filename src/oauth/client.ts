import * as ConfigError from "effect/ConfigError"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"

/** Who asks: what an authorisation server calls this program. */
export interface Client {
  readonly clientId: string
  readonly clientSecret?: Redacted.Redacted | undefined
  /**
   * How it says who it is: by its secret in HTTP Basic (RFC 6749, 2.3.1), by its secret in the form, or not at all, as what runs
   * on people's own devices. Default: `basic` with a secret, `none` without.
   */
  readonly authentication?: "basic" | "post" | "none" | undefined
}

const refuse = (name: keyof Client, message: string) => Either.left(ConfigError.InvalidData(["client", name], message))

/** How a client proves who it is. */
export const authenticationOf = (client: Client): Either.Either<oauth.ClientAuth, ConfigError.ConfigError> => {
  const { clientId, clientSecret } = client
  const how = client.authentication ?? (clientSecret === undefined ? "none" : "basic")
  if (clientId === "") return refuse("clientId", "A client has an id")
  if (how === "none") {
    return clientSecret === undefined
      ? Either.right(oauth.None())
      : refuse("clientSecret", "A client that does not authenticate has no secret to keep")
  }
  if (clientSecret === undefined || Redacted.value(clientSecret) === "") {
    return refuse("clientSecret", `A client that authenticates by \`${how}\` has a secret`)
  }
  const secret = Redacted.value(clientSecret)
  return Either.right(how === "basic" ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret))
}
