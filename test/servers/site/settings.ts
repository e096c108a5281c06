import {
  badRequest,
  boolean,
  checked,
  choice,
  crash,
  create,
  datetime,
  integer,
  isString,
  json as anyJson,
  matching,
  nullable,
  optional,
  primaryKey,
  pythonInt,
  read,
  required,
  snowflake,
  string,
  url,
  valueOf
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
  passes,
  type Row
} from "./row.js"
import type { OffTopicName, State } from "./state.js"

const nameOf = (call: Call): string => call.path[0]!

/** A field whose value no other row of a table has. */
const unique = <A>(field: (value: Json) => A, has: (value: A) => boolean, message: string, own?: A) =>
  checked(field, (value) => (value !== own && has(value) ? message : undefined))

/* Documentation links. */

const documentationLinks: ReadonlyArray<Row> = [
  {
    method: "GET",
    path: "bot/documentation-links",
    statuses: [200],
    handle: ({ state }) =>
      ok([...state.documentationLinks.values()].toSorted((a, b) => (a.package < b.package ? -1 : 1)).map(json))
  },
  {
    method: "POST",
    path: "bot/documentation-links",
    statuses: [201, 400],
    body: true,
    handle: (call) => {
      const {
        base_url,
        inventory_url,
        package: name
      } = create(
        {
          package: required(
            unique(
              matching(string({ max: 50 }), /^[a-z0-9_]+$/),
              (one) => call.state.documentationLinks.has(one),
              "documentation link with this package already exists."
            )
          ),
          base_url: optional(
            checked(url({ max: 200, blank: true }), (text) =>
              text === "" || text.endsWith("/") ? undefined : "The entered URL must end with a slash."
            ),
            () => ""
          ),
          inventory_url: required(url({ max: 200 }))
        },
        call.body()
      )
      const link = { package: name, base_url, inventory_url }
      call.state.documentationLinks.set(name, link)
      return created(json(link))
    }
  },
  {
    method: "GET",
    path: "bot/documentation-links/{package}",
    statuses: [200, 404],
    handle: (call) => ok(json(found(call.state.documentationLinks, nameOf(call), "DocumentationLink")))
  },
  {
    method: "DELETE",
    path: "bot/documentation-links/{package}",
    statuses: [204, 404],
    handle: (call) => {
      call.state.documentationLinks.delete(
        found(call.state.documentationLinks, nameOf(call), "DocumentationLink").package
      )
      return noContent
    }
  }
]

/* Off-topic names. */

const offTopicField = (state: State, own?: string) =>
  unique(
    matching(string({ max: 96 }), /^[a-z0-9\u{1d5a0}-\u{1d5b9}\-ǃ？’'＜＞⧹⧸]+$/u),
    (one) => state.offTopicNames.has(one),
    "off topic channel name with this name already exists.",
    own
  )

const offTopicOf = (call: Call) => found(call.state.offTopicNames, nameOf(call), "OffTopicChannelName")

const changeOffTopic = (call: Call, mode: "replace" | "update") => {
  const own = offTopicOf(call)
  const values = read(
    {
      name: required(offTopicField(call.state, own.name)),
      used: optional(boolean, () => false),
      active: optional(boolean, () => true)
    },
    call.body(),
    mode
  )
  // The name is the key: another one is another row.
  const changed: OffTopicName = { ...own, ...values }
  call.state.offTopicNames.set(changed.name, changed)
  return ok(json(changed))
}

const listOffTopic = ({ query, state }: Call) => {
  const names = [...state.offTopicNames.values()]
  const random = query.get("random_items")
  if (random === null) {
    const active = query.get("active")
    return ok(
      names.filter((one) => active === null || one.active === (active.toLowerCase() === "true")).map((one) => one.name)
    )
  }
  const count = pythonInt(random)
  if (count === undefined) throw badRequest({ random_items: ["Must be a valid integer."] })
  if (count <= 0n) throw badRequest({ random_items: ["Must be a positive integer."] })
  const chosen = names
    .map((one) => ({ one, order: Math.random() }))
    .toSorted((a, b) => Number(a.one.used) - Number(b.one.used) || a.order - b.order)
    .slice(0, Number(count))
    .map(({ one }) => one)
  // When all were used, a new round begins.
  if (chosen.some((one) => one.used)) for (const one of names) one.used = false
  for (const one of chosen) one.used = true
  return ok(chosen.map((one) => one.name))
}

const offTopicNames: ReadonlyArray<Row> = [
  { method: "GET", path: "bot/off-topic-channel-names", statuses: [200, 400], handle: listOffTopic },
  {
    method: "POST",
    path: "bot/off-topic-channel-names",
    statuses: [201, 400],
    handle: ({ query, state }) => {
      const name = query.get("name")
      if (name === null) throw badRequest({ name: ["This query parameter is required."] })
      const row = create({ name: required(offTopicField(state)) }, { name })
      state.offTopicNames.set(row.name, { name: row.name, used: false, active: true })
      return created({ name })
    }
  },
  {
    method: "GET",
    path: "bot/off-topic-channel-names/{name}",
    statuses: [200, 404],
    handle: (call) => ok(json(offTopicOf(call)))
  },
  {
    method: "PUT",
    path: "bot/off-topic-channel-names/{name}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => changeOffTopic(call, "replace")
  },
  {
    method: "PATCH",
    path: "bot/off-topic-channel-names/{name}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => changeOffTopic(call, "update")
  },
  {
    method: "DELETE",
    path: "bot/off-topic-channel-names/{name}",
    statuses: [204, 404],
    handle: (call) => {
      call.state.offTopicNames.delete(offTopicOf(call).name)
      return noContent
    }
  }
]

/* Bumped threads. */

const threadOf = (call: Call): bigint => {
  const id = idOf(call)
  found(new Map([...call.state.bumpedThreads].map((one) => [one, one])), id, "BumpedThread")
  return id
}

const bumpedThreads: ReadonlyArray<Row> = [
  {
    method: "GET",
    path: "bot/bumped-threads",
    statuses: [200],
    handle: ({ state }) => ok([...state.bumpedThreads])
  },
  {
    method: "POST",
    path: "bot/bumped-threads",
    statuses: [201, 400],
    body: true,
    handle: (call) => {
      const field = unique(
        snowflake,
        (id) => call.state.bumpedThreads.has(id),
        "bumped thread with this Thread ID already exists."
      )
      const { thread_id } = create({ thread_id: required(field) }, call.body())
      call.state.bumpedThreads.add(thread_id)
      return created({ thread_id })
    }
  },
  {
    method: "GET",
    path: "bot/bumped-threads/{id}",
    statuses: [204, 404],
    handle: (call) => {
      threadOf(call)
      return noContent
    }
  },
  {
    method: "DELETE",
    path: "bot/bumped-threads/{id}",
    statuses: [204, 404],
    handle: (call) => {
      call.state.bumpedThreads.delete(threadOf(call))
      return noContent
    }
  }
]

/* Settings of the bot. */

const settingOf = (call: Call) => {
  const name = nameOf(call)
  return { name, data: found(call.state.settings, name, "BotSetting") }
}

const changeSetting = (call: Call, mode: "replace" | "update") => {
  const own = settingOf(call)
  const name = checked(
    unique(
      string({ max: 50 }),
      (one) => call.state.settings.has(one),
      "bot setting with this name already exists.",
      own.name
    ),
    (one) => (["defcon", "news"].includes(one) ? undefined : `\`${one}\` is not a known setting name.`)
  )
  const changed = { ...own, ...read({ name: required(name), data: required<Json>(anyJson) }, call.body(), mode) }
  call.state.settings.set(changed.name, changed.data)
  return ok(changed)
}

const settings: ReadonlyArray<Row> = [
  { method: "GET", path: "bot/bot-settings/{name}", statuses: [200, 404], handle: (call) => ok(settingOf(call)) },
  {
    method: "PUT",
    path: "bot/bot-settings/{name}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => changeSetting(call, "replace")
  },
  {
    method: "PATCH",
    path: "bot/bot-settings/{name}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => changeSetting(call, "update")
  }
]

/* Mailing lists. */

const mailingLists: ReadonlyArray<Row> = [
  {
    method: "GET",
    path: "bot/mailing-lists",
    statuses: [200],
    handle: ({ state }) => ok([...state.mailingLists.values()].map(json))
  },
  {
    method: "POST",
    path: "bot/mailing-lists",
    statuses: [201, 400],
    body: true,
    handle: (call) => {
      const { state } = call
      const body = call.body()
      const field = unique(
        string({ max: 50 }),
        (one) => state.mailingLists.has(one),
        "mailing list with this name already exists."
      )
      const { name } = create({ name: required(field) }, body)
      // The serializer can't write nested rows.
      if (valueOf(body, "seen_items") !== undefined) throw crash()
      const list = { id: BigInt(state.mailingLists.size + 1), name, seen_items: [] }
      state.mailingLists.set(name, list)
      return created(json(list))
    }
  },
  {
    method: "GET",
    path: "bot/mailing-lists/{name}",
    statuses: [200, 404],
    handle: (call) => ok(json(found(call.state.mailingLists, nameOf(call), "MailingList")))
  },
  {
    method: "POST",
    path: "bot/mailing-lists/{name}/seen-items",
    statuses: [204, 400, 404],
    body: true,
    handle: (call) => {
      const item = call.body()
      if (!isString(item)) throw badRequest({ non_field_errors: ["The request body must be a string"] })
      const list = found(call.state.mailingLists, nameOf(call), "MailingList")
      if ([...item].length > 100) throw crash()
      if (list.seen_items.includes(item)) throw badRequest({ non_field_errors: ["Seen item already known."] })
      list.seen_items.push(item)
      return noContent
    }
  }
]

/* Advent of Code. */

const aocUser = (call: Call, table: ReadonlyMap<bigint, unknown>, model: string) =>
  unique(
    primaryKey((id) => call.state.users.has(id)),
    (id) => table.has(id),
    `${model} with this user already exists.`
  )

const aocRows = (
  path: string,
  model: string,
  tableOf: (state: State) => Map<bigint, { readonly user: bigint }>,
  list: Row["handle"],
  add: Row["handle"]
): ReadonlyArray<Row> => [
  { method: "GET", path, statuses: [200, 400], handle: list },
  { method: "POST", path, statuses: [201, 400], body: true, handle: add },
  {
    method: "GET",
    path: `${path}/{user_id}`,
    statuses: [200, 404],
    handle: (call) => ok(json(found(tableOf(call.state), idOf(call), model)))
  },
  {
    method: "DELETE",
    path: `${path}/{user_id}`,
    statuses: [204, 404],
    handle: (call) => {
      const table = tableOf(call.state)
      table.delete(found(table, idOf(call), model).user)
      return noContent
    }
  }
]

const advent: ReadonlyArray<Row> = [
  ...aocRows(
    "bot/aoc-account-links",
    "AocAccountLink",
    ({ aocLinks }) => aocLinks,
    ({ query, state }) => {
      const user = numberFilter(query, "user__id")
      const name = query.get("aoc_username") || undefined
      return ok(
        [...state.aocLinks.values()].filter((one) => passes(user, one.user) && passes(name, one.aoc_username)).map(json)
      )
    },
    (call) => {
      const link = create(
        {
          user: required(aocUser(call, call.state.aocLinks, "aoc account link")),
          aoc_username: required(string({ max: 120 }))
        },
        call.body()
      )
      call.state.aocLinks.set(link.user, link)
      return created(json(link))
    }
  ),
  ...aocRows(
    "bot/aoc-completionist-blocks",
    "AocCompletionistBlock",
    ({ aocBlocks }) => aocBlocks,
    ({ query, state }) => {
      const user = numberFilter(query, "user__id")
      const blocked = booleanFilter(query, "is_blocked")
      return ok(
        [...state.aocBlocks.values()]
          .filter((one) => passes(user, one.user) && passes(blocked, one.is_blocked))
          .map(json)
      )
    },
    (call) => {
      const block = create(
        {
          user: required(aocUser(call, call.state.aocBlocks, "aoc completionist block")),
          is_blocked: optional(boolean, () => true),
          reason: nullable(optional<string | null>(string({ blank: true }), () => null))
        },
        call.body()
      )
      call.state.aocBlocks.set(block.user, block)
      return created(json(block))
    }
  )
]

/* The log of 2019. */

const logs: ReadonlyArray<Row> = [
  {
    method: "POST",
    path: "logs",
    statuses: [201, 400],
    body: true,
    handle: (call) => {
      const entry = create(
        {
          application: required(choice(["bot", "seasonalbot", "site"])),
          logger_name: required(string({ max: 100 })),
          timestamp: optional(datetime, call.now),
          level: required(choice(["debug", "info", "warning", "error", "critical"])),
          module: required(string({ max: 100 })),
          line: required(integer({ min: 0n, max: 32767n })),
          message: required(string())
        },
        call.body()
      )
      call.state.logs.push(entry)
      return created(json(entry))
    }
  }
]

export const settingsRows: ReadonlyArray<Row> = [
  ...documentationLinks,
  ...offTopicNames,
  ...bumpedThreads,
  ...settings,
  ...mailingLists,
  ...advent,
  ...logs
]
