import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Account, AccountId } from "../../schemas/polympics/Account.js"
import type { Credentials } from "../../schemas/polympics/Credentials.js"
import type * as Kit from "../../src/Authoriser.js"
import * as Deadline from "../../src/Deadline.js"
import type { CallError } from "../../src/HeraldError.js"
import * as Operation from "../../src/Operation.js"
import { App, Authoriser, User } from "./Authoriser.js"
import { mapCredentialsLost } from "./CredentialsLost.js"
import * as endpoints from "./endpoints/auth.js"
import { idOf } from "./references.js"
import type { ReplaceableCredentials } from "./ReplaceableCredentials.js"

/**
 * Makes a session for the owner of a Discord token, and an account if there is none. For any caller. Fails with `Unauthorized`
 * if Discord refuses the token, and with `Forbidden` if there is no account and signups are closed.
 */
export const discordAuthenticate = /*#__PURE__*/ Operation.make(
  Authoriser,
  endpoints.discordAuthenticate,
  (token: Redacted.Redacted) => ({ body: { token } })
)

/**
 * Makes a session for an account. For apps with the permission `authenticateUsers`. Fails with `NotFound` if the account does
 * not exist.
 */
export const createSession = /*#__PURE__*/ Operation.make(
  App,
  endpoints.createSession,
  (account: Account | AccountId) => ({ body: { account: idOf(account) } })
)

/** The calling app, with its permissions. For apps. */
export const getApp = /*#__PURE__*/ Operation.make(App, endpoints.getApp)

/** The account of the calling user. For users. */
export const getMe = /*#__PURE__*/ Operation.make(User, endpoints.getMe)

/**
 * The time limit of a reset, with the wait for calls in flight, where neither the program nor the layer has a deadline. A reset
 * needs one, since it delays other calls and can't be interrupted.
 */
const defaultDeadline = /*#__PURE__*/ Duration.minutes(1)

/** A reset, whose result replaces the credentials of its layer. */
const replacing =
  <Id, A extends Credentials, E extends CallError>(
    tag: Context.Tag<Id, Kit.Authoriser<ReplaceableCredentials>>,
    reset: () => Effect.Effect<A, E, HttpClient.HttpClient | Id>
  ) =>
  () =>
    Effect.flatMap(Effect.all([tag, Deadline.Current]), ([service, current]) => {
      const { wrapAttempt: _, ...credentials } = service.credentials
      return credentials.replace(Duration.decode(current ?? service.defaults.deadline ?? defaultDeadline), (left) =>
        reset().pipe(
          Effect.provideService(Deadline.Current, left),
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
 * Replaces the app's password, and returns the new one, with which everything that shares the layer continues. Waits for calls
 * in flight and delays new ones; is never retried, and can't be interrupted once it was sent. For apps. Fails with
 * `CredentialsLost` if the password was, or may have been, replaced and the new one was not received.
 */
export const resetAppToken = /*#__PURE__*/ replacing(App, /*#__PURE__*/ Operation.make(App, endpoints.resetAppToken))

/**
 * Replaces the password of the user's session, as `resetAppToken` does for an app. For users. The API responds with the account
 * and never sends the new password, so that at present this always fails with `CredentialsLost` and ends the session.
 */
export const resetSession = /*#__PURE__*/ replacing(User, /*#__PURE__*/ Operation.make(User, endpoints.resetSession))
