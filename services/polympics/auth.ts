import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type * as Redacted from "effect/Redacted"
import type { Account, AccountId } from "../../schemas/polympics/Account.js"
import type { Credentials } from "../../schemas/polympics/Credentials.js"
import * as Deadline from "../../src/Deadline.js"
import type { HeraldError } from "../../src/HeraldError.js"
import * as Operation from "../../src/Operation.js"
import { App, Authoriser, User } from "./Authoriser.js"
import { orCredentialsLost } from "./CredentialsLost.js"
import * as endpoints from "./endpoints/auth.js"
import type { ReplaceableCaller } from "./ReplaceableCaller.js"
import { idOf } from "./references.js"

/**
 * A session for whom a Discord token belongs to; creates the account if it is new. For anyone. Fails with `Unauthorised` if
 * Discord does not take the token, `Forbidden` if the account is new and signups are closed.
 */
export const discordAuthenticate = /*#__PURE__*/ Operation.make(
  Authoriser,
  endpoints.discordAuthenticate,
  (token: Redacted.Redacted) => ({ payload: { token } })
)

/** A session for an account. For apps that may `authenticateUsers`. Fails with `NotFound` if the account is not there. */
export const createSession = /*#__PURE__*/ Operation.make(
  App,
  endpoints.createSession,
  (account: Account | AccountId) => ({ payload: { account: idOf(account) } })
)

/** Which app the caller is, and what it may do. For apps. */
export const getApp = /*#__PURE__*/ Effect.suspend(/*#__PURE__*/ Operation.make(App, endpoints.getApp, () => ({})))

/** Whose session the caller has. For users. */
export const getMe = /*#__PURE__*/ Effect.suspend(/*#__PURE__*/ Operation.make(User, endpoints.getMe, () => ({})))

/**
 * As long as a reset may take, the wait for calls in flight included, unless the program or the caller's layer has a deadline: other
 * calls are held back meanwhile, and it can't be interrupted.
 */
const longestReset = /*#__PURE__*/ Duration.minutes(1)

/** Runs a reset, and has everything that shares the caller go on with what it gives. */
const replacing = <Id, A extends Credentials, E extends HeraldError>(
  caller: Context.Tag<Id, ReplaceableCaller>,
  reset: () => Effect.Effect<A, E, HttpClient.HttpClient | Id>
) =>
  Effect.flatMap(Effect.all([caller, Deadline.Current]), ([service, current]) =>
    service.replace(Duration.decode(current ?? service.deadline ?? longestReset), (left) =>
      reset().pipe(
        Effect.provideService(Deadline.Current, left),
        // The one call that must not wait for itself.
        Effect.provideService(caller, { ...service, hold: identity }),
        orCredentialsLost,
        Effect.tapErrorTag("CredentialsLost", ({ reason }) => (reason === "NotTold" ? service.lose : Effect.void))
      )
    )
  )

/**
 * Replaces the app's password. Everything that shares the layer goes on with the new one, which the answer tells for whoever
 * keeps it. Waits for calls in flight and holds new ones back; can't be interrupted once sent; is never repeated. For apps.
 * Fails with `CredentialsLost` if the password was, or may have been, replaced and no answer told the new one.
 */
export const resetAppToken = /*#__PURE__*/ replacing(
  App,
  /*#__PURE__*/ Operation.make(App, endpoints.resetAppToken, () => ({}))
)

/**
 * Replaces the password of the user's session, as `resetAppToken` does for an app. The API answers with the account and never
 * tells the new password, so that today this ends with `CredentialsLost`, and the session with it. For users.
 */
export const resetSession = /*#__PURE__*/ replacing(
  User,
  /*#__PURE__*/ Operation.make(User, endpoints.resetSession, () => ({}))
)
