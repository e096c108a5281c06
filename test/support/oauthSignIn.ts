import { Loopback } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import { publicClient } from "../servers/oidc/index.js"
import { clientOf } from "./oauth.js"

/** Tokens of the public client, for a user who signs in with a browser. */
export const signIn = (issuer: string, open: NonNullable<Loopback.Options["open"]>) =>
  OAuth.authorizationCode({
    server: issuer,
    client: clientOf(publicClient()),
    scope: ["openid", "offline_access", "read"],
    authorizationParameters: { prompt: "consent" },
    // On a fast clock, the default would be over in a third of a second.
    timeout: "1 day",
    receiver: Loopback.receiver({ open })
  })
