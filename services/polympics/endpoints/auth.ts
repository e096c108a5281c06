import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import { Account } from "../../../schemas/polympics/Account.js"
import { AppCredentials, AppDetails, Session } from "../../../schemas/polympics/Credentials.js"
import { DiscordToken, SessionForm } from "../../../schemas/polympics/forms.js"
import { DataError, Forbidden, Refused, Unauthorised } from "../../../schemas/polympics/refusals.js"
import * as Endpoint from "../../../src/Endpoint.js"

export const discordAuthenticate = () =>
  HttpApiEndpoint.post("discordAuthenticate", "/auth/discord")
    .setPayload(DiscordToken)
    .addSuccess(Session)
    .addError(Unauthorised)
    .addError(Forbidden)
    .addError(DataError)
    .annotate(Endpoint.Sensitive, true)

export const createSession = () =>
  HttpApiEndpoint.post("createSession", "/auth/create_session")
    .setPayload(SessionForm)
    .addSuccess(Session, { status: 201 })
    .addError(Refused)
    .annotate(Endpoint.Sensitive, true)

/** `POST /auth/reset_token`, as an app. */
export const resetAppToken = () =>
  HttpApiEndpoint.post("resetAppToken", "/auth/reset_token")
    .addSuccess(AppCredentials)
    .addError(Unauthorised)
    .annotate(Endpoint.Sensitive, true)
    .annotate(Endpoint.Unrepeatable, true)

/**
 * `POST /auth/reset_token`, as a user. It is documented to answer with a session; the server answers with the account, and
 * the new password is never told.
 */
export const resetSession = () =>
  HttpApiEndpoint.post("resetSession", "/auth/reset_token")
    .addSuccess(Session)
    .addError(Unauthorised)
    .annotate(Endpoint.Sensitive, true)
    .annotate(Endpoint.Unrepeatable, true)

/** `GET /auth/me`, as an app. */
export const getApp = () => HttpApiEndpoint.get("getApp", "/auth/me").addSuccess(AppDetails).addError(Unauthorised)

/** `GET /auth/me`, as a user. */
export const getMe = () => HttpApiEndpoint.get("getMe", "/auth/me").addSuccess(Account).addError(Unauthorised)
