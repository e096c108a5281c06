import * as Effect from "effect/Effect"
import * as Responses from "../responses.js"
import { allow, authenticate, can } from "../caller.js"
import { body, type Exchange, type Handler } from "../exchange.js"
import type { DiscordUser } from "../options.js"
import { toInt } from "../python.js"
import { type Account, addAccount, nextId, now, type Session, sessionEnd, type State } from "../state.js"
import { storableAccount } from "../storable.js"
import { known, required, text, valid } from "../validation.js"
import * as Wire from "../wire.js"

/** Returns the Discord user of a token. Fails with `onUnknown` if the token is unknown, or the user's id is not an integer. */
export const discordUser = (
  { state }: Exchange,
  token: string,
  onUnknown: Responses.Response
): Effect.Effect<Omit<DiscordUser, "id"> & { readonly id: bigint }, Responses.Response> => {
  const user = state.discordUsers.get(token)
  if (user === "outage") return Effect.fail(Responses.internalError)
  const id = toInt(user?.id ?? "")
  return user === undefined || id._tag !== "Int" ? Effect.fail(onUnknown) : Effect.succeed({ ...user, id: id.value })
}

const addSession = (state: State, account: Account): Effect.Effect<Session> =>
  Effect.gen(function* () {
    const password = yield* state.makePassword
    const session: Session = { id: nextId(state, "sessions"), account, password, expiresAt: yield* sessionEnd }
    state.sessions.set(session.id, session)
    return session
  })

export const discordAuthenticate: Handler = (exchange) =>
  Effect.gen(function* () {
    const { state } = exchange
    const [{ token }] = yield* valid(yield* body(exchange, { token: required(text) }))
    const user = yield* discordUser(exchange, token, Responses.unauthorized("Bad Discord user token."))
    const { avatarUrl, discriminator, id, name } = user
    const registered = state.accounts.get(id)
    if (registered !== undefined) return Responses.ok(Wire.session(yield* addSession(state, registered)))
    if (!state.signupsOpen) return Responses.signupsClosed
    yield* storableAccount({ id, name, discriminator, avatarUrl, permissions: 0n })
    const account = addAccount(state, { id, name, discriminator, avatarUrl, permissions: 0n, createdAt: yield* now })
    return Responses.ok(Wire.session(yield* addSession(state, account)))
  })

export const createSession: Handler = (exchange) =>
  Effect.gen(function* () {
    const { state } = exchange
    const form = yield* body(exchange, { account: required(known("Account", state.accounts)) })
    const caller = yield* authenticate(exchange)
    const [{ account }] = yield* valid(form)
    yield* allow(can(caller, "authenticateUsers"))
    return Responses.created(Wire.session(yield* addSession(state, account)))
  })

const noToken = Responses.unauthorized("A token was not used to authenticate.")

/** The response to a user is the account, without the new password. The session can't be used any more. */
export const resetToken: Handler = (exchange) =>
  Effect.gen(function* () {
    const caller = yield* authenticate(exchange)
    switch (caller._tag) {
      case "Anonymous":
        return noToken
      case "App":
        caller.app.password = yield* exchange.state.makePassword
        return Responses.ok(Wire.appCredentials(caller.app))
      case "User":
        caller.session.password = yield* exchange.state.makePassword
        caller.session.expiresAt = yield* sessionEnd
        return Responses.ok(Wire.account(caller.account))
    }
  })

export const getSelf: Handler = (exchange) =>
  Effect.map(authenticate(exchange), (caller) => {
    switch (caller._tag) {
      case "Anonymous":
        return noToken
      case "App":
        return Responses.ok(Wire.app(caller.app))
      case "User":
        return Responses.ok(Wire.account(caller.account))
    }
  })
