import * as Effect from "effect/Effect"
import * as Responses from "../responses.js"
import { allow, authenticate, can } from "../caller.js"
import { body, type Exchange, type Handler, param } from "../exchange.js"
import { addAward, give, moveAward, nextId, removeAward, take } from "../state.js"
import { storableText } from "../storable.js"
import { known, list, optional, required, text, valid } from "../validation.js"
import * as Wire from "../wire.js"

const maxTitle = 32
const maxUrl = 512

const award = (exchange: Exchange) => param(exchange, "award", known("Award", exchange.state.awards))

export const createAward: Handler = (exchange) =>
  Effect.gen(function* () {
    const { state } = exchange
    const form = yield* body(exchange, {
      title: required(text),
      image_url: required(text),
      team: required(known("Team", state.teams)),
      accounts: required(list(known("Account", state.accounts)))
    })
    const caller = yield* authenticate(exchange)
    const [{ accounts, image_url: imageUrl, team, title }] = yield* valid(form)
    yield* allow(can(caller, "manageAwards"))
    yield* storableText(maxTitle, title)
    yield* storableText(maxUrl, imageUrl)
    const row = addAward(state, { id: nextId(state, "awards"), title, imageUrl })
    moveAward(row, team)
    for (const account of accounts) give(row, account)
    return Responses.created(Wire.award(row))
  })

export const getAward: Handler = (exchange) =>
  Effect.map(valid(award(exchange)), ([row]) => Responses.ok(Wire.awardDetails(row)))

export const updateAward: Handler = (exchange) =>
  Effect.gen(function* () {
    const form = yield* body(exchange, {
      title: optional(text),
      image_url: optional(text),
      team: optional(known("Team", exchange.state.teams))
    })
    const caller = yield* authenticate(exchange)
    const [row, { image_url: imageUrl, team, title }] = yield* valid(award(exchange), form)
    yield* allow(can(caller, "manageAwards"))
    yield* storableText(maxTitle, title)
    yield* storableText(maxUrl, imageUrl)
    if (title) row.title = title
    if (imageUrl) row.imageUrl = imageUrl
    if (team) moveAward(row, team)
    return Responses.ok(Wire.award(row))
  })

export const deleteAward: Handler = (exchange) =>
  Effect.gen(function* () {
    const caller = yield* authenticate(exchange)
    const [row] = yield* valid(award(exchange))
    yield* allow(can(caller, "manageAwards"))
    removeAward(exchange.state, row)
    return Responses.empty(204)
  })

const awardAndAccount = (exchange: Exchange) =>
  Effect.gen(function* () {
    const caller = yield* authenticate(exchange)
    const account = param(exchange, "account", known("Account", exchange.state.accounts))
    const found = yield* valid(account, award(exchange))
    yield* allow(can(caller, "manageAwards"))
    return found
  })

export const giveAward: Handler = (exchange) =>
  Effect.map(awardAndAccount(exchange), ([account, row]) => {
    if (row.accounts.has(account)) return Responses.empty(208)
    give(row, account)
    return Responses.empty(201)
  })

export const takeAward: Handler = (exchange) =>
  Effect.map(awardAndAccount(exchange), ([account, row]) => {
    if (!row.accounts.has(account)) return Responses.empty(404)
    take(row, account)
    return Responses.empty(204)
  })
