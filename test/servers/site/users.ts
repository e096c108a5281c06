import {
  badRequest,
  type Body,
  boolean,
  crash,
  create,
  type Field,
  Form,
  integer,
  keysOf,
  list,
  many,
  maxInt64,
  optional,
  primaryKey,
  read,
  Refused,
  required,
  snowflake,
  string,
  type Values,
  valueOf
} from "./fields.js"
import { isArray, type Json } from "./json.js"
import {
  type Call,
  created,
  found,
  idOf,
  json,
  noContent,
  notFound,
  numberFilter,
  ok,
  passes,
  type Row
} from "./row.js"
import type { State, User } from "./state.js"

const rolesOf =
  (state: State): Field<ReadonlyArray<bigint>> =>
  (value) => {
    const roles = list(snowflake)(value)
    const unknown = roles.filter((id) => !state.roles.has(id))
    if (unknown.length > 0) throw new Refused(unknown.map((id) => `Role with ID ${id} does not exist`))
    return roles
  }

const specs = (state: State) => ({
  // Nothing limits an id above: the database does.
  id: required(integer({ min: 0n })),
  name: required(string({ max: 32 })),
  display_name: optional(string({ max: 32, blank: true }), () => ""),
  discriminator: required(integer({ min: 0n, max: 9999n })),
  roles: optional(rolesOf(state), (): ReadonlyArray<bigint> => []),
  in_guild: optional(boolean, () => true)
})

const stored = <A extends { readonly id?: bigint }>(values: A): A => {
  if (values.id !== undefined && values.id > maxInt64) throw crash()
  return values
}

const refuseRepeated = (ids: ReadonlyArray<bigint>) => {
  const seen = new Set<bigint>()
  for (const id of ids) {
    if (seen.has(id)) throw badRequest({ id: [`User with ID ${id} given multiple times.`] })
    seen.add(id)
  }
}

const one = (call: Call): User => found(call.state.users, idOf(call), "User")

const altsOf = (state: State, id: bigint): ReadonlyArray<bigint> =>
  state.alts.filter(({ source }) => source === id).map(({ target }) => target)

export const withAlts = (state: State, user: User): Json => ({
  ...(json(user) as { readonly [key: string]: Json }),
  alts: state.alts
    .filter(({ source }) => source === user.id)
    .map((alt) => ({ ...alt, alts: altsOf(state, alt.target) }))
})

const list_ = ({ query, state }: Call) => {
  const discriminator = numberFilter(query, "discriminator")
  const name = query.get("name") || undefined
  const displayName = query.get("display_name") || undefined
  const users = [...state.users.values()]
    .filter(
      (user) =>
        passes(discriminator, user.discriminator) && passes(name, user.name) && passes(displayName, user.display_name)
    )
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const given = query.get("page_size") ?? ""
  const size = /^\s*\d+\s*$/.test(given) && Number(given) > 0 ? Number(given) : 2500
  const pages = Math.max(1, Math.ceil(users.length / size))
  const text = query.get("page") ?? "1"
  const page = text === "last" ? pages : Number(/^\d+$/.test(text) ? text : 0)
  if (page < 1 || page > pages) throw notFound("Invalid page.")
  return ok({
    count: BigInt(users.length),
    next_page_no: page < pages ? BigInt(page + 1) : null,
    previous_page_no: page > 1 ? BigInt(page - 1) : null,
    results: users.slice((page - 1) * size, page * size).map(json)
  })
}

const replace = (call: Call, mode: "replace" | "update") => {
  const user = one(call)
  const values = stored(read(specs(call.state), call.body(), mode))
  // The id is the key: another one is another row.
  const changed = { ...user, ...values }
  call.state.users.set(changed.id, changed)
  return ok(json(changed))
}

const bulkPatch = (call: Call) => {
  const { state } = call
  const changes = many(call.body(), (item) => read(specs(state), item, "update"))
  if (changes.length === 0) throw crash()
  const ids = changes.map(({ id }) => {
    if (id === undefined) throw badRequest({ id: ["This field is required."] })
    return id
  })
  refuseRepeated(ids)
  const unknown = ids.find((id) => !state.users.has(id))
  if (unknown !== undefined) throw notFound(`User with id ${unknown} not found.`)
  if (changes.every((change) => Object.keys(change).length === 1)) {
    throw badRequest({ non_field_errors: ["Insufficient data provided."] })
  }
  return ok(
    changes.map((change) => {
      const user = { ...state.users.get(change.id!)!, ...change }
      state.users.set(user.id, user)
      return json(user)
    })
  )
}

const remove = (call: Call) => {
  const { id } = one(call)
  const { state } = call
  state.users.delete(id)
  for (const [key, row] of state.infractions) if (row.user === id || row.actor === id) state.infractions.delete(key)
  for (const [key, row] of state.nominations) if (row.user === id) state.nominations.delete(key)
  for (const [key, row] of state.reminders) if (row.author === id) state.reminders.delete(key)
  state.alts.splice(
    0,
    state.alts.length,
    ...state.alts.filter(({ actor, source, target }) => ![actor, source, target].includes(id))
  )
  state.aocLinks.delete(id)
  state.aocBlocks.delete(id)
  return noContent
}

/** The first position of a relation, by its two accounts. */
const altBetween = (state: State, source: bigint, target: bigint) =>
  state.alts.filter(
    (alt) => (alt.source === source && alt.target === target) || (alt.source === target && alt.target === source)
  )

const addAlt = (call: Call) => {
  const { state } = call
  const user = one(call)
  const account = primaryKey((id) => state.users.has(id))
  const { actor, context, target } = create(
    { target: required(account), context: required(string({ max: 1900 })), actor: required(account) },
    call.body()
  )
  if (altBetween(state, user.id, target).length > 0) {
    throw badRequest({ non_field_errors: ["The fields source, target must make a unique set."] })
  }
  if (target === user.id) throw badRequest({ source: ["The user may not be an alternate account of itself"] })
  const time = call.now()
  const alt = { actor, context, created_at: time, updated_at: time }
  state.alts.push({ source: user.id, target, ...alt }, { source: target, target: user.id, ...alt })
  return noContent
}

const updateAlt = (call: Call) => {
  const body = call.body()
  for (const key of ["target", "context"]) {
    if (!keysOf(body).includes(key)) throw badRequest({ [key]: ["This field is required."] })
  }
  const user = one(call)
  const target = valueOf(body, "target")!
  let id: bigint
  try {
    id = integer()(target)
  } catch {
    // The database looks for what is no number.
    throw crash()
  }
  const alts = altBetween(call.state, user.id, id)
  if (alts.length === 0) throw badRequest({ target: ["User is not an associated alt account"] })
  const context = valueOf(body, "context")
  // Nothing checks the context but the database.
  if (typeof context !== "string" || [...context].length > 1900) throw crash()
  for (const alt of alts) alt.context = context
  return noContent
}

const removeAlt = (call: Call) => {
  const user = one(call)
  const body = call.body()
  if (typeof body !== "bigint") {
    throw badRequest({ non_field_errors: ["Request body should be an integer"] })
  }
  if (!altsOf(call.state, user.id).includes(body)) {
    throw badRequest({ non_field_errors: ["Specified account is not a known alternate account of this user"] })
  }
  const removed = new Set(altBetween(call.state, user.id, body))
  call.state.alts.splice(0, call.state.alts.length, ...call.state.alts.filter((alt) => !removed.has(alt)))
  return noContent
}

const metricityOf = (call: Call) => {
  const user = one(call)
  const known = call.state.metricity.get(user.id)
  if (known === undefined) throw notFound("User not found in metricity")
  return { user, known }
}

const activity = (call: Call) => {
  const days = call.query.get("days")
  if (days === null) throw badRequest({ days: ["This query parameter is required."] })
  if (!/^\s*[+-]?\d+\s*$/.test(days)) throw badRequest({ days: ["This query parameter must be an integer."] })
  const body = call.body()
  const ids = list(integer({ min: 0n }), { empty: false })(body instanceof Form ? {} : body)
  return ok(Object.fromEntries(ids.map((id) => [String(id), call.state.metricity.get(id)?.recent_messages ?? 0n])))
}

const isBulk = (body: Body): body is ReadonlyArray<Json> => !(body instanceof Form) && isArray(body)

const createOne = (call: Call) => {
  const body = call.body()
  if (isBulk(body)) return createMany(call)
  const user = stored(create(specs(call.state), body))
  if (call.state.users.has(user.id)) throw badRequest({ id: ["User with ID already present."] })
  call.state.users.set(user.id, user)
  return created(json(user))
}

const createMany = (call: Call) => {
  const users: ReadonlyArray<Values<ReturnType<typeof specs>>> = many(call.body(), (item) =>
    create(specs(call.state), item)
  )
  refuseRepeated(users.map(({ id }) => id))
  for (const user of users) stored(user)
  for (const user of users) if (!call.state.users.has(user.id)) call.state.users.set(user.id, user)
  return created([])
}

export const users: ReadonlyArray<Row> = [
  { method: "GET", path: "bot/users", statuses: [200, 400, 404], handle: list_ },
  {
    method: "POST",
    path: "bot/users",
    statuses: [201, 400],
    body: true,
    when: { name: "array", matches: ({ body }) => body.trimStart().startsWith("[") },
    handle: createOne
  },
  { method: "POST", path: "bot/users", statuses: [201, 400], body: true, handle: createOne },
  // Before the rows with an id, since `bulk_patch` is none.
  { method: "PATCH", path: "bot/users/bulk_patch", statuses: [200, 400, 404], body: true, handle: bulkPatch },
  {
    method: "POST",
    path: "bot/users/metricity_activity_data",
    statuses: [200, 400],
    body: true,
    handle: activity
  },
  {
    method: "GET",
    path: "bot/users/{id}",
    statuses: [200, 404],
    handle: (call) => ok(withAlts(call.state, one(call)))
  },
  {
    method: "PUT",
    path: "bot/users/{id}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => replace(call, "replace")
  },
  {
    method: "PATCH",
    path: "bot/users/{id}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => replace(call, "update")
  },
  { method: "DELETE", path: "bot/users/{id}", statuses: [204, 404], handle: remove },
  { method: "POST", path: "bot/users/{id}/alts", statuses: [204, 400, 404], body: true, handle: addAlt },
  { method: "PATCH", path: "bot/users/{id}/alts", statuses: [204, 400, 404], body: true, handle: updateAlt },
  { method: "DELETE", path: "bot/users/{id}/alts", statuses: [204, 400, 404], body: true, handle: removeAlt },
  {
    method: "GET",
    path: "bot/users/{id}/metricity_data",
    statuses: [200, 404],
    handle: (call) => {
      const { known, user } = metricityOf(call)
      const blocked = [...call.state.infractions.values()].some(
        (one) => one.user === user.id && one.active && ["voice_ban", "voice_mute"].includes(one.type)
      )
      const { activity_blocks, joined_at, total_messages } = known
      return ok({ joined_at, total_messages, activity_blocks, voice_gate_blocked: blocked })
    }
  },
  {
    method: "GET",
    path: "bot/users/{id}/metricity_review_data",
    statuses: [200, 404],
    handle: (call) => {
      const { joined_at, top_channel_activity, total_messages } = metricityOf(call).known
      return ok({ joined_at, total_messages, top_channel_activity: top_channel_activity.slice(0, 3) })
    }
  }
]
