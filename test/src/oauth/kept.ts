import type * as Effect from "effect/Effect"
import * as Loopback from "effect-herald/loopback"
import * as OAuth from "effect-herald/oauth"
import { publicClient } from "../../servers/oidc/index.js"
import { clientOf } from "./kit.js"

/** The login that processes share the token of. */
export const kept = (issuer: string, open: (url: URL) => Effect.Effect<unknown>) =>
  OAuth.authorisationCode({
    server: issuer,
    client: clientOf(publicClient()),
    scope: ["openid", "offline_access", "read"],
    pageParameters: { prompt: "consent" },
    // Of which a hasty clock leaves enough.
    patience: "1 day",
    receiver: Loopback.receiver({ open })
  })
