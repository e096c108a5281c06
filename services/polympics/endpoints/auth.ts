import { Account } from "../../../schemas/polympics/Account.js"
import { AppCredentials, AppDetails, Session } from "../../../schemas/polympics/Credentials.js"
import { DiscordToken, SessionForm } from "../../../schemas/polympics/forms.js"
import * as Endpoint from "../../../src/Endpoint.js"
import { withInvalidContent, withoutNotFound, withUnknownId } from "./errors.js"

export const discordAuthenticate = () =>
  Endpoint.post("/auth/discord", {
    name: "discordAuthenticate",
    body: DiscordToken,
    success: { 200: Session },
    errors: withInvalidContent(),
    sensitive: true
  })

export const createSession = () =>
  Endpoint.post("/auth/create_session", {
    name: "createSession",
    body: SessionForm,
    success: { 201: Session },
    errors: withUnknownId(),
    sensitive: true
  })

/** `POST /auth/reset_token`, as an app. */
export const resetAppToken = () =>
  Endpoint.post("/auth/reset_token", {
    name: "resetAppToken",
    success: { 200: AppCredentials },
    errors: withoutNotFound(),
    sensitive: true,
    neverRetried: true
  })

/**
 * `POST /auth/reset_token`, as a user. The API's documentation says that the response is a session. The server responds with the
 * account, and does not send the new password.
 */
export const resetSession = () =>
  Endpoint.post("/auth/reset_token", {
    name: "resetSession",
    success: { 200: Session },
    errors: withoutNotFound(),
    sensitive: true,
    neverRetried: true
  })

/** `GET /auth/me`, as an app. */
export const getApp = () =>
  Endpoint.get("/auth/me", { name: "getApp", success: { 200: AppDetails }, errors: withoutNotFound() })

/** `GET /auth/me`, as a user. */
export const getMe = () =>
  Endpoint.get("/auth/me", { name: "getMe", success: { 200: Account }, errors: withoutNotFound() })
