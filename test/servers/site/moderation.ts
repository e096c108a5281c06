import {
  badRequest,
  boolean,
  checked,
  create,
  datetime,
  type Field,
  Form,
  integer,
  json as anyJson,
  keysOf,
  list,
  nullable,
  optional,
  primaryKey,
  read,
  Refused,
  required,
  snowflake,
  string,
  url,
  valueOf,
  many,
  crash
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
  notFound,
  numberFilter,
  ok,
  ordered,
  passes,
  type Row
} from "./row.js"
import { nextId, type Nomination, type OffensiveMessage, type Reminder, type State } from "./state.js"
import * as Time from "./time.js"

const account = (state: State) => primaryKey((id) => state.users.has(id))
const int32 = integer({ min: -2147483648n, max: 2147483647n })

/* Nominations. */

const showNomination = ({ entries, thread_id, ...nomination }: Nomination): Json => ({
  ...(json(nomination) as { readonly [key: string]: Json }),
  entries: entries.toReversed().map(json),
  thread_id
})

const nominationOf = (call: Call) => found(call.state.nominations, idOf(call), "Nomination")

const entryFields = (call: Call) => ({
  actor: required(account(call.state)),
  reason: optional(string({ blank: true }), () => ""),
  inserted_at: optional(datetime, call.now)
})

const nominate = (call: Call) => {
  const { state } = call
  const body = call.body()
  for (const key of keysOf(body)) {
    if (["ended_at", "end_reason", "active", "inserted_at", "reviewed"].includes(key)) {
      throw badRequest({ [key]: ["This field cannot be set at creation."] })
    }
  }
  const given = valueOf(body, "user")
  const id =
    typeof given === "bigint" ? given : typeof given === "string" && /^\d+$/.test(given) ? BigInt(given) : undefined
  let nomination = [...state.nominations.values()].find((one) => one.active && one.user === id)
  if (nomination === undefined) {
    const { thread_id, user } = create(
      { user: required(account(state)), thread_id: nullable(optional<bigint | null>(snowflake, () => null)) },
      body
    )
    nomination = {
      id: nextId(state.nominations),
      active: true,
      user,
      inserted_at: call.now(),
      end_reason: "",
      ended_at: null,
      reviewed: false,
      entries: [],
      thread_id
    }
    // It stays if the entry is refused.
    state.nominations.set(nomination.id, nomination)
  }
  const entry = create(entryFields(call), body)
  if (nomination.entries.some(({ actor }) => actor === entry.actor)) {
    throw badRequest({ actor: ["This actor has already endorsed this nomination."] })
  }
  nomination.entries.push({ actor: entry.actor, reason: entry.reason, inserted_at: entry.inserted_at })
  return created(showNomination(nomination))
}

const refuse = (field: string, message: string): never => {
  throw badRequest({ [field]: [message] })
}

const changeNomination = (call: Call) => {
  const body = call.body()
  const keys = keysOf(body)
  for (const key of keys) {
    if (["id", "inserted_at", "user", "ended_at"].includes(key)) refuse(key, "This field cannot be updated.")
  }
  const nomination = nominationOf(call)
  const values = read(
    {
      active: required(boolean),
      end_reason: required(string({ blank: true })),
      reviewed: required(boolean),
      thread_id: nullable(required<bigint | null>(snowflake))
    },
    body,
    "update"
  )
  if (nomination.active && values.active === undefined) {
    if (values.end_reason !== undefined) refuse("end_reason", "An active nomination can't have an end reason.")
  } else if (nomination.active && values.active === false) {
    if (keys.includes("reason")) refuse("reason", "This field cannot be set when ending a nomination.")
    if (!keys.includes("end_reason")) refuse("end_reason", "This field is required when ending a nomination.")
    if (keys.includes("reviewed")) refuse("reviewed", "This field cannot be set while you are ending a nomination.")
    if (keys.includes("thread_id")) refuse("thread_id", "This field cannot be set when ending a nomination.")
  } else if (values.active !== undefined) {
    refuse("active", "This field can only be used to end a nomination")
  } else if (keys.includes("reviewed")) {
    refuse("reviewed", "This field cannot be set if the nomination is inactive.")
  } else if (keys.includes("thread_id")) {
    refuse("thread_id", "This field cannot be set if the nomination is inactive.")
  }
  // The entries are read before the change, and shown after it.
  const entries = nomination.entries.map((entry) => ({ ...entry }))
  if (keys.includes("reason")) {
    const actor = valueOf(body, "actor")
    if (actor === undefined) refuse("actor", "This field is required when editing the reason.")
    const entry = nomination.entries.find((one) => String(one.actor) === String(actor))
    if (entry === undefined) return refuse("actor", "The actor doesn't exist or has not nominated the user.")
    const reason = valueOf(body, "reason")
    // Nothing checks the reason but the database.
    if (reason === null || reason === undefined) throw crash()
    entry.reason = typeof reason === "string" ? reason : String(reason)
  }
  if (nomination.active && values.active === false) nomination.ended_at = call.now()
  Object.assign(nomination, values)
  return ok(showNomination({ ...nomination, entries }))
}

const nominations: ReadonlyArray<Row> = [
  {
    method: "GET",
    path: "bot/nominations",
    statuses: [200, 400],
    handle: ({ query, state }) => {
      const user = numberFilter(query, "user__id")
      const active = booleanFilter(query, "active")
      const reviewed = booleanFilter(query, "reviewed")
      const rows = [...state.nominations.values()].filter(
        (one) => passes(user, one.user) && passes(active, one.active) && passes(reviewed, one.reviewed)
      )
      const fields = ["id", "active", "user", "inserted_at", "end_reason", "ended_at", "reviewed", "thread_id"]
      return ok(ordered(rows, query, fields, "-inserted_at").map(showNomination))
    }
  },
  { method: "POST", path: "bot/nominations", statuses: [201, 400], body: true, handle: nominate },
  {
    method: "GET",
    path: "bot/nominations/{id}",
    statuses: [200, 404],
    handle: (call) => ok(showNomination(nominationOf(call)))
  },
  {
    method: "PATCH",
    path: "bot/nominations/{id}",
    statuses: [200, 400, 404],
    body: true,
    handle: changeNomination
  }
]

/* Reminders. */

const reminderFields = (state: State) => ({
  active: optional(boolean, () => true),
  author: required(account(state)),
  jump_url: required(url({ max: 88 })),
  channel_id: required(snowflake),
  content: required(string({ max: 1500 })),
  expiration: required(datetime),
  mentions: optional(list(snowflake), (): ReadonlyArray<bigint> => []),
  failures: optional(int32, () => 0n)
})

const showReminder = ({
  active,
  author,
  channel_id,
  content,
  expiration,
  failures,
  id,
  jump_url,
  mentions
}: Reminder) => json({ active, author, jump_url, channel_id, content, expiration, id, mentions, failures })

const withInactive = ({ query }: Call): boolean => query.get("include_inactive")?.toLowerCase() === "true"

const reminderOf = (call: Call): Reminder => {
  const reminder = found(call.state.reminders, idOf(call), "Reminder")
  if (!reminder.active && !withInactive(call)) throw notFound("No Reminder matches the given query.")
  return reminder
}

const changeReminder = (call: Call, mode: "replace" | "update") => {
  const reminder = reminderOf(call)
  return ok(showReminder(Object.assign(reminder, read(reminderFields(call.state), call.body(), mode))))
}

const reminders: ReadonlyArray<Row> = [
  {
    method: "GET",
    path: "bot/reminders",
    statuses: [200, 400],
    handle: (call) => {
      const { query, state } = call
      const active = booleanFilter(query, "active")
      const author = numberFilter(query, "author__id")
      const rows = [...state.reminders.values()].filter(
        (one) => (one.active || withInactive(call)) && passes(active, one.active) && passes(author, one.author)
      )
      return ok(rows.map(showReminder))
    }
  },
  {
    method: "POST",
    path: "bot/reminders",
    statuses: [201, 400],
    body: true,
    handle: (call) => {
      const reminder = { id: nextId(call.state.reminders), ...create(reminderFields(call.state), call.body()) }
      call.state.reminders.set(reminder.id, reminder)
      return created(showReminder(reminder))
    }
  },
  {
    method: "GET",
    path: "bot/reminders/{id}",
    statuses: [200, 404],
    handle: (call) => ok(showReminder(reminderOf(call)))
  },
  {
    method: "PUT",
    path: "bot/reminders/{id}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => changeReminder(call, "replace")
  },
  {
    method: "PATCH",
    path: "bot/reminders/{id}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => changeReminder(call, "update")
  },
  {
    method: "DELETE",
    path: "bot/reminders/{id}",
    statuses: [204, 404],
    handle: (call) => {
      reminderOf(call).active = false
      return noContent
    }
  }
]

/* Deleted messages. */

const messageFields = (state: State) => ({
  id: required(
    checked(snowflake, (id) =>
      [...state.deletionContexts.values()].some((one) => one.deletedmessage_set.some((message) => message.id === id))
        ? "deleted message with this ID already exists."
        : undefined
    )
  ),
  author: required(account(state)),
  channel_id: required(snowflake),
  content: optional(string({ max: 4000, blank: true }), () => ""),
  embeds: optional(list<Json>(anyJson), (): ReadonlyArray<Json> => []),
  attachments: optional(list(url({ max: 512 })), (): ReadonlyArray<string> => [])
})

const deletedMessages: ReadonlyArray<Row> = [
  {
    method: "POST",
    path: "bot/deleted-messages",
    statuses: [201, 400],
    body: true,
    handle: (call) => {
      const { state } = call
      const body = call.body()
      const messages: Field<ReadonlyArray<ReturnType<typeof message>>> = (value) => many(value, message)
      const message = (item: Json) => create(messageFields(state), item)
      const { actor, creation, deletedmessage_set } = create(
        {
          actor: nullable(required<bigint | null>(account(state))),
          creation: required(datetime),
          deletedmessage_set: required(messages)
        },
        body instanceof Form ? {} : body
      )
      const id = nextId(state.deletionContexts)
      if (new Set(deletedmessage_set.map((one) => one.id)).size < deletedmessage_set.length) throw crash()
      const context = {
        actor,
        creation,
        id,
        deletedmessage_set: deletedmessage_set.map(({ attachments, author, channel_id, content, embeds, id: own }) => ({
          id: own,
          author,
          channel_id,
          content,
          embeds,
          deletion_context: id,
          attachments
        }))
      }
      state.deletionContexts.set(id, context)
      return created({ ...context, deletedmessage_set: context.deletedmessage_set.map(json) })
    }
  }
]

/* Offensive messages. */

const offensiveFields = (call: Call, own?: bigint) => ({
  id: required(
    checked(snowflake, (id) =>
      id !== own && call.state.offensiveMessages.has(id)
        ? "offensive message with this Message ID already exists."
        : undefined
    )
  ),
  channel_id: required(snowflake),
  delete_date: required(
    checked(datetime, (text) => {
      const time = Time.parse(text)
      const now = Time.parse(call.now())
      return typeof time === "bigint" && typeof now === "bigint" && time > now
        ? undefined
        : "Date must be a future date"
    })
  )
})

const changeOffensive = (call: Call, mode: "replace" | "update") => {
  const message = found(call.state.offensiveMessages, idOf(call), "OffensiveMessage")
  const values = read(offensiveFields(call, message.id), call.body(), mode)
  for (const key of ["id", "channel_id"]) {
    if (key in values) throw new Refused({ [key]: ["This field cannot be updated."] })
  }
  return ok(json(Object.assign(message, values)))
}

const offensiveMessages: ReadonlyArray<Row> = [
  {
    method: "GET",
    path: "bot/offensive-messages",
    statuses: [200],
    handle: ({ state }) => ok([...state.offensiveMessages.values()].map(json))
  },
  {
    method: "POST",
    path: "bot/offensive-messages",
    statuses: [201, 400],
    body: true,
    handle: (call) => {
      const message: OffensiveMessage = create(offensiveFields(call), call.body())
      call.state.offensiveMessages.set(message.id, message)
      return created(json(message))
    }
  },
  {
    method: "PUT",
    path: "bot/offensive-messages/{id}",
    // No request succeeds: the fields that are required are those that can't be changed.
    statuses: [400, 404],
    body: true,
    handle: (call) => changeOffensive(call, "replace")
  },
  {
    method: "PATCH",
    path: "bot/offensive-messages/{id}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => changeOffensive(call, "update")
  },
  {
    method: "DELETE",
    path: "bot/offensive-messages/{id}",
    statuses: [204, 404],
    handle: (call) => {
      const { id } = found(call.state.offensiveMessages, idOf(call), "OffensiveMessage")
      call.state.offensiveMessages.delete(id)
      return noContent
    }
  }
]

export const moderation: ReadonlyArray<Row> = [...nominations, ...reminders, ...deletedMessages, ...offensiveMessages]
