import * as Effect from "effect/Effect"
import * as Responses from "../responses.js"
import { allow, authenticate, can, isCaptain } from "../caller.js"
import { body, type Handler, param, query } from "../exchange.js"
import { respondWithPage, paging } from "../paging.js"
import { addTeam, nextId, now, removeTeam, renameTeam } from "../state.js"
import { storableText } from "../storable.js"
import { known, optional, required, text, valid } from "../validation.js"
import * as Wire from "../wire.js"

const fields = { name: required(text) }

export const createTeam: Handler = (exchange) =>
  Effect.gen(function* () {
    const form = yield* body(exchange, fields)
    const caller = yield* authenticate(exchange)
    const [{ name }] = yield* valid(form)
    yield* allow(can(caller, "manageTeams"))
    yield* storableText(255, name)
    const createdAt = yield* now
    return Responses.created(
      Wire.team(addTeam(exchange.state, { id: nextId(exchange.state, "teams"), name, createdAt }))
    )
  })

export const listTeams: Handler = (exchange) =>
  Effect.gen(function* () {
    const [page, perPage, q] = yield* valid(...paging(exchange), query(exchange, "q", optional(text)))
    yield* storableText(Infinity, q)
    return yield* respondWithPage(page, perPage, exchange.state.teamsByName.find(q ?? "", "", undefined), Wire.team)
  })

export const getTeam: Handler = (exchange) =>
  Effect.map(valid(param(exchange, "team", known("Team", exchange.state.teams))), ([team]) =>
    Responses.ok(Wire.team(team))
  )

export const updateTeam: Handler = (exchange) =>
  Effect.gen(function* () {
    const form = yield* body(exchange, fields)
    const caller = yield* authenticate(exchange)
    const [team, { name }] = yield* valid(param(exchange, "team", known("Team", exchange.state.teams)), form)
    yield* allow(can(caller, "manageTeams") || isCaptain(caller, team))
    yield* storableText(255, name)
    renameTeam(exchange.state, team, name)
    return Responses.ok(Wire.team(team))
  })

export const deleteTeam: Handler = (exchange) =>
  Effect.gen(function* () {
    const caller = yield* authenticate(exchange)
    const [team] = yield* valid(param(exchange, "team", known("Team", exchange.state.teams)))
    yield* allow(can(caller, "manageTeams") || isCaptain(caller, team))
    // The awards refer to the team.
    if (team.awards.size > 0) return Responses.internalError
    removeTeam(exchange.state, team)
    return Responses.empty(204)
  })
