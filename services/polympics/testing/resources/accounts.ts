import * as Effect from "effect/Effect"
import * as Responses from "../responses.js"
import { allow, authenticate, can, canChangePermissions, isAccount, isCaptain } from "../caller.js"
import { deliver } from "../delivery.js"
import { body, type Exchange, type Handler, param, query } from "../exchange.js"
import { respondWithPage, paging } from "../paging.js"
import { addAccount, moveAccount, now, removeAccount, renameAccount } from "../state.js"
import { storableAccount, storableText } from "../storable.js"
import { firstOf, integer, known, optional, required, text, valid, withDefault, zero } from "../validation.js"
import * as Wire from "../wire.js"
import { discordUser } from "./auth.js"

const account = (exchange: Exchange) => param(exchange, "account", known("Account", exchange.state.accounts))

export const checkSignups: Handler = ({ state }) => Effect.succeed(Responses.ok(Wire.signups(state.signupsOpen)))

export const createAccount: Handler = (exchange) =>
  Effect.gen(function* () {
    const { state } = exchange
    const form = yield* body(exchange, {
      id: required(integer),
      name: required(text),
      discriminator: required(text),
      avatar_url: optional(text),
      team: optional(known("Team", state.teams)),
      permissions: withDefault(integer, 0n)
    })
    const caller = yield* authenticate(exchange)
    const [{ avatar_url: avatarUrl = null, discriminator, id, name, permissions, team }] = yield* valid(form)
    if (!state.signupsOpen) return Responses.signupsClosed
    yield* allow(can(caller, "manageAccountDetails"))
    yield* allow(permissions === 0n || canChangePermissions(caller, permissions))
    yield* storableAccount({ id, name, discriminator, avatarUrl, permissions })
    if (state.accounts.has(id)) return Responses.registered
    const createdAt = yield* now
    const row = addAccount(state, { id, name, discriminator, avatarUrl, permissions, createdAt })
    if (team) moveAccount(state, row, team)
    return Responses.created(Wire.account(row))
  })

export const listAccounts: Handler = (exchange) =>
  Effect.gen(function* () {
    const { state } = exchange
    const [page, perPage, q, team] = yield* valid(
      ...paging(exchange),
      query(exchange, "q", optional(text)),
      query(exchange, "team", optional(known("Team", state.teams)))
    )
    yield* storableText(Infinity, q)
    const found = state.accountsByName.find(q ?? "", `${team?.id}`, team && ((row) => row.team === team))
    return yield* respondWithPage(page, perPage, found, Wire.account)
  })

export const getAccount: Handler = (exchange) =>
  Effect.map(valid(account(exchange)), ([row]) => Responses.ok(Wire.account(row)))

/**
 * All checks precede all changes. Null, `""` and 0 change nothing, but `team: 0` removes the account from its team. The event of a
 * change of team is sent last, but holds a snapshot from amid the change.
 */
export const updateAccount: Handler = (exchange) =>
  Effect.gen(function* () {
    const { state } = exchange
    const form = yield* body(exchange, {
      name: optional(text),
      discriminator: optional(text),
      avatar_url: optional(text),
      team: optional(firstOf(known("Team", state.teams), zero)),
      grant_permissions: optional(integer),
      revoke_permissions: optional(integer),
      discord_token: optional(text)
    })
    const caller = yield* authenticate(exchange)
    const [row, changes] = yield* valid(account(exchange), form)

    yield* allow(!(changes.name || changes.discriminator || changes.avatar_url) || can(caller, "manageAccountDetails"))
    const removesMember = changes.team === null && isCaptain(caller, row.team)
    yield* allow(
      changes.team === undefined || can(caller, "manageAccountTeams") || removesMember || isAccount(caller, row)
    )
    const granted = changes.grant_permissions ?? 0n
    const revoked = changes.revoke_permissions ?? 0n
    yield* allow(granted === 0n || canChangePermissions(caller, granted))
    yield* allow(revoked === 0n || canChangePermissions(caller, revoked))
    const user = changes.discord_token
      ? yield* discordUser(exchange, changes.discord_token, Responses.badDiscordToken)
      : undefined
    if (user && user.id !== row.id) return Responses.otherDiscordAccount

    const name = user?.name ?? (changes.name || row.name)
    const discriminator = user?.discriminator ?? (changes.discriminator || row.discriminator)
    const avatarUrl = user?.avatarUrl ?? (changes.avatar_url || row.avatarUrl)
    const permissions = (row.permissions | granted) & ~revoked
    yield* storableAccount({ id: row.id, name, discriminator, avatarUrl, permissions })
    const event =
      changes.team === undefined
        ? undefined
        : Wire.teamUpdate({
            ...row,
            name: changes.name || row.name,
            discriminator: changes.discriminator || row.discriminator,
            avatarUrl: changes.avatar_url || row.avatarUrl,
            team: changes.team ?? undefined
          })
    if (name !== row.name) renameAccount(state, row, name)
    row.discriminator = discriminator
    row.avatarUrl = avatarUrl
    row.permissions = permissions
    if (changes.team !== undefined) moveAccount(state, row, changes.team ?? undefined)
    if (event !== undefined) yield* deliver(exchange, "account_team_update", event)
    return Responses.ok(Wire.account(row))
  })

export const deleteAccount: Handler = (exchange) =>
  Effect.gen(function* () {
    const caller = yield* authenticate(exchange)
    const [row] = yield* valid(account(exchange))
    yield* allow(can(caller, "manageAccountDetails") || isAccount(caller, row))
    removeAccount(exchange.state, row)
    return Responses.empty(204)
  })
