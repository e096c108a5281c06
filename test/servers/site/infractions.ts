import {
  badRequest,
  boolean,
  choice,
  crash,
  create,
  datetime,
  Form,
  keysOf,
  nullable,
  optional,
  primaryKey,
  read,
  Refused,
  required,
  string,
  url
} from "./fields.js"
import type { Json } from "./json.js"
import {
  booleanFilter,
  type Call,
  created,
  found,
  idOf,
  json,
  noContent,
  numberFilter,
  ok,
  ordered,
  passes,
  type Reply,
  type Row
} from "./row.js"
import { type Infraction, infractionTypes, nextId, type State } from "./state.js"
import * as Time from "./time.js"
import { withAlts } from "./users.js"

const frozen = ["id", "inserted_at", "type", "user", "actor", "hidden"]

const specs = (call: Call) => {
  const account = primaryKey((id) => call.state.users.has(id))
  return {
    inserted_at: optional(datetime, call.now),
    last_applied: optional(datetime, call.now),
    expires_at: nullable(optional<string | null>(datetime, () => null)),
    active: required(boolean),
    user: required(account),
    actor: required(account),
    type: required(choice(infractionTypes)),
    reason: nullable(optional<string | null>(string(), () => null)),
    hidden: optional(boolean, () => false),
    dm_sent: nullable(optional<boolean | null>(boolean, () => null)),
    jump_url: nullable(optional<string | null>(url({ max: 88 }), () => null))
  }
}

type Show = (state: State, infraction: Infraction) => Json

const plain: Show = (
  _,
  { active, actor, dm_sent, expires_at, hidden, id, inserted_at, jump_url, last_applied, reason, type, user }
) => json({ id, inserted_at, last_applied, expires_at, active, user, actor, type, reason, hidden, dm_sent, jump_url })

const expanded: Show = (state, infraction) => ({
  ...(plain(state, infraction) as { readonly [key: string]: Json }),
  user: withAlts(state, state.users.get(infraction.user)!),
  actor: json(state.users.get(infraction.actor)!)
})

const one = (call: Call): Infraction => found(call.state.infractions, idOf(call), "Infraction")

const micros = (query: URLSearchParams, name: string): bigint | undefined => {
  const text = query.get(name)
  if (text === null || text === "") return undefined
  // The zone is overwritten, not converted.
  const time = Time.parse(text, "UTC")
  if (typeof time !== "bigint") throw badRequest({ [name]: ["failed to convert to datetime"] })
  return time
}

const typeOf = (query: URLSearchParams): ReadonlyArray<string> | undefined => {
  const type = query.get("type") || undefined
  const types = query.get("types") || undefined
  if (type !== undefined && !infractionTypes.some((one) => one === type)) {
    throw badRequest({ type: [`Select a valid choice. ${type} is not one of the available choices.`] })
  }
  if (type !== undefined && types !== undefined) {
    throw badRequest({ types: ['you must provide only one of "type" or "types"'] })
  }
  return type === undefined ? types?.split(",").map((one) => one.trim()) : [type]
}

/** The patterns of `search`: words, all of which have to match, in any case. */
const searchOf = (query: URLSearchParams): ReadonlyArray<RegExp> => {
  try {
    return (query.get("search") ?? "")
      .split(/[\s,]+/)
      .filter((term) => term !== "")
      .map((term) => new RegExp(term, "i"))
  } catch {
    throw crash()
  }
}

const select = (call: Call, show: Show): Reply => {
  const { query, state } = call
  const user = numberFilter(query, "user__id")
  const actor = numberFilter(query, "actor__id")
  const active = booleanFilter(query, "active")
  const hidden = booleanFilter(query, "hidden")
  const types = typeOf(query)
  const permanent = query.get("permanent")?.toLowerCase()
  const after = micros(query, "expires_after")
  const before = micros(query, "expires_before")
  if (after !== undefined && before !== undefined && after > before) {
    throw badRequest({
      expires_before: ["cannot be before expires_after"],
      expires_after: ["cannot be after expires_before"]
    })
  }
  if (permanent === "true" && (after !== undefined || before !== undefined)) {
    throw badRequest({ permanent: ["cannot filter for permanent infractions at the same time as expires_at"] })
  }
  const search = searchOf(query)
  const rows = [...state.infractions.values()].filter((row) => {
    if (!passes(user, row.user) || !passes(actor, row.actor)) return false
    if (!passes(active, row.active) || !passes(hidden, row.hidden)) return false
    if (types !== undefined && !types.includes(row.type)) return false
    if (permanent !== undefined && (permanent === "true") !== (row.expires_at === null)) return false
    if (after !== undefined || before !== undefined) {
      const expires = row.expires_at === null ? undefined : Time.parse(row.expires_at)
      if (typeof expires !== "bigint") return false
      if ((after !== undefined && expires < after) || (before !== undefined && expires > before)) return false
    }
    return search.every((pattern) => row.reason !== null && pattern.test(row.reason))
  })
  const sorted = ordered(
    rows,
    query,
    [
      "id",
      "inserted_at",
      "last_applied",
      "expires_at",
      "active",
      "user",
      "actor",
      "type",
      "reason",
      "hidden",
      "dm_sent",
      "jump_url"
    ],
    "-inserted_at"
  )
  const natural = (name: string) => (/^\s*\d+\s*$/.test(query.get(name) ?? "") ? Number(query.get(name)) : 0)
  const offset = natural("offset")
  return ok(sorted.slice(offset, offset + (natural("limit") || 100)).map((row) => show(state, row)))
}

const refuse = (field: string, message: string): never => {
  throw new Refused({ [field]: [message] })
}

const validate = ({ active, expires_at, hidden, type }: Partial<Infraction>) => {
  if (active === true && ["note", "warning", "kick"].includes(type ?? "")) {
    refuse("active", `${type} infractions cannot be active.`)
  }
  if (expires_at !== null && expires_at !== undefined && ["kick", "warning"].includes(type ?? "")) {
    refuse("expires_at", `${type} infractions cannot expire.`)
  }
  if (hidden === true && ["superstar", "warning", "voice_ban", "voice_mute"].includes(type ?? "")) {
    refuse("hidden", `${type} infractions cannot be hidden.`)
  }
  if (hidden !== true && type === "note") refuse("hidden", `${type} infractions must be hidden.`)
}

const isDouble = (state: State, row: Infraction): boolean =>
  row.active &&
  [...state.infractions.values()].some(
    (other) => other.active && other.id !== row.id && other.user === row.user && other.type === row.type
  )

const add = (call: Call, show: Show): Reply => {
  const infraction = { ...create(specs(call), call.body()), id: nextId(call.state.infractions) }
  if (isDouble(call.state, infraction)) {
    throw badRequest({ non_field_errors: ["The fields user, type must make a unique set."] })
  }
  validate(infraction)
  call.state.infractions.set(infraction.id, infraction)
  return created(show(call.state, infraction))
}

const change = (call: Call, show: Show): Reply => {
  const body = call.body()
  // The data of a form can't be changed, which the view tries.
  if (body instanceof Form) throw crash()
  for (const key of keysOf(body)) {
    if (frozen.includes(key)) throw badRequest({ [key]: ["This field cannot be updated."] })
  }
  const infraction = one(call)
  const values = read(specs(call), body, "update")
  // The rules of types are checked by the fields of the request only, which has no type.
  const changed = { ...infraction, ...values }
  if (isDouble(call.state, changed)) throw crash()
  call.state.infractions.set(changed.id, changed)
  return ok(show(call.state, changed))
}

const rowsOf = (suffix: "" | "/expanded", show: Show): ReadonlyArray<Row> => [
  { method: "GET", path: `bot/infractions${suffix}`, statuses: [200, 400], handle: (call) => select(call, show) },
  {
    method: "POST",
    path: `bot/infractions${suffix}`,
    statuses: [201, 400],
    body: true,
    handle: (call) => add(call, show)
  },
  {
    method: "GET",
    path: `bot/infractions/{id}${suffix}`,
    statuses: [200, 404],
    handle: (call) => ok(show(call.state, one(call)))
  },
  {
    method: "PATCH",
    path: `bot/infractions/{id}${suffix}`,
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => change(call, show)
  }
]

export const infractions: ReadonlyArray<Row> = [
  // Before the rows with an id, since `expanded` is none.
  ...rowsOf("/expanded", expanded),
  ...rowsOf("", plain),
  {
    method: "DELETE",
    path: "bot/infractions/{id}",
    statuses: [204, 404],
    handle: (call) => {
      call.state.infractions.delete(one(call).id)
      return noContent
    }
  }
]
