import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Account } from "../../schemas/polympics/Account.js"
import type { Credentials } from "../../schemas/polympics/Credentials.js"
import type * as HeraldAuthoriser from "../../src/Authoriser.js"
import * as Deadline from "../../src/Deadline.js"
import type { CallError } from "../../src/HeraldError.js"
import { DeadlineStart } from "../../src/internal/call/deadline.js"
import * as Operation from "../../src/Operation.js"
import type { Snowflake } from "../../src/Snowflake.js"
import { App, Authoriser, User } from "./Authoriser.js"
import { mapCredentialsLost } from "./CredentialsLost.js"
import * as endpoints from "./endpoints/auth.js"
import { idOf } from "../references.js"
import type { ReplaceableCredentials } from "./ReplaceableCredentials.js"

/**
 * Creates a session for the owner of a Discord token, and an account if there is none. For any caller. Fails with `Unauthorized`
 * if Discord refuses the token, and with `Forbidden` if there is no account and signups are closed.
 */
export const discordAuthenticate = Operation.make(
  Authoriser,
  endpoints.discordAuthenticate,
  (token: Redacted.Redacted) => ({ body: { token } })
)

/**
 * Creates a session for an account. For apps with the permission `authenticateUsers`. Fails with `NotFound` if the account does
 * not exist.
 */
export const createSession = Operation.make(App, endpoints.createSession, (account: Account | Snowflake) => ({
  body: { account: idOf(account) }
}))

/** Returns the calling app, with its permissions. For apps. */
export const getApp = Operation.make(App, endpoints.getApp)

/** Returns the account of the calling user. For users. */
export const getMe = Operation.make(User, endpoints.getMe)

/**
 * The time limit of a reset, its wait for attempts in flight included, if neither the program nor the layer has a deadline. A
 * reset needs a limit, since it delays other calls and can't be interrupted.
 */
const defaultDeadline = Duration.minutes(1)

/** Makes a reset from a call. The credentials that the call returns replace those of the layer. */
const makeReset =
  <Id, A extends Credentials, E extends CallError>(
    tag: Context.Tag<Id, HeraldAuthoriser.Authoriser<ReplaceableCredentials>>,
    reset: () => Effect.Effect<A, E, HttpClient.HttpClient | Id>
  ) =>
  () =>
    Effect.flatMap(Effect.all([tag, Deadline.Current]), ([service, current]) => {
      const { wrapAttempt: _, ...credentials } = service.credentials
      const deadline = Duration.decode(current ?? service.defaults.deadline ?? defaultDeadline)
      return credentials.replace(deadline, (start) =>
        reset().pipe(
          Effect.provideService(Deadline.Current, deadline),
          Effect.provideService(DeadlineStart, start),
          // Without `wrapAttempt`, since the reset would wait for itself.
          Effect.provideService(tag, { ...service, credentials }),
          mapCredentialsLost,
          Effect.tapErrorTag("CredentialsLost", ({ reason }) =>
            reason === "NotReturned" ? credentials.lose : Effect.void
          )
        )
      )
    })

/**
 * Replaces the app's password, and returns the new one. All calls with the same layer then use the new password. For apps.
 *
 * The reset waits for attempts in flight, and delays new ones. It is never retried, and can't be interrupted once it was sent. Its
 * deadline, by default a minute, counts the wait: a reset that could not be sent in time fails with `NotSent`. It fails with
 * `CredentialsLost` if the password was, or may have been, replaced and the new one was not received.
 */
export const resetAppToken = makeReset(App, Operation.make(App, endpoints.resetAppToken))

/**
 * Replaces the password of the user's session, as `resetAppToken` does for an app. For users. At present it always fails with
 * `CredentialsLost`, and the session can't be used any more: the API responds with the account instead of the new password.
 */
export const resetSession = makeReset(User, Operation.make(User, endpoints.resetSession))
