import {
  boolean,
  choice,
  crash,
  create,
  duration,
  type Field,
  integer,
  json as anyJson,
  list,
  maxInt64,
  nullable,
  optional,
  primaryKey,
  read,
  Refused,
  required,
  type Spec,
  string
} from "./fields.js"
import { type Json, stringify } from "./json.js"
import { type Call, created, found, idOf, noContent, ok, type Row } from "./row.js"
import {
  emptySettings,
  type Filter,
  type FilterList,
  inheritedSettings,
  nextId,
  type Settings,
  type State
} from "./state.js"
import * as Time from "./time.js"

const items = list(string({ max: 100 }))

const fields: { readonly [K in keyof Settings]: Field<Settings[K]> } = {
  dm_content: string({ max: 1000, blank: true }),
  dm_embed: string({ max: 2000, blank: true }),
  infraction_type: choice([
    "NONE",
    "NOTE",
    "WARNING",
    "WATCH",
    "TIMEOUT",
    "KICK",
    "BAN",
    "SUPERSTAR",
    "VOICE_BAN",
    "VOICE_MUTE"
  ]),
  infraction_reason: string({ max: 1000, blank: true }),
  infraction_duration: duration,
  infraction_channel: integer({ min: 0n, max: maxInt64 }),
  guild_pings: items,
  filter_dm: boolean,
  dm_pings: items,
  remove_context: boolean,
  send_alert: boolean,
  bypass_roles: items,
  enabled: boolean,
  enabled_channels: items,
  disabled_channels: items,
  enabled_categories: items,
  disabled_categories: items
}

const keys = Object.keys(fields) as ReadonlyArray<keyof Settings>

const ofList = Object.fromEntries(
  keys.map((key) => [
    key,
    ["dm_content", "dm_embed", "infraction_reason"].includes(key)
      ? optional<unknown>(fields[key], () => "")
      : required<unknown>(fields[key])
  ])
) as {
  // Each key has the field of its setting.
  readonly [K in keyof Settings]: Spec<Settings[K]>
}

const ofFilter = Object.fromEntries(keys.map((key) => [key, nullable(optional<unknown>(fields[key], () => null))])) as {
  // Each key has the field of its setting, or null.
  readonly [K in keyof Settings]: Spec<Settings[K] | null>
}

const showSettings = (from: { readonly [K in keyof Settings]: Settings[K] | null }): Json => {
  const pick = (...names: ReadonlyArray<Exclude<keyof Settings, "infraction_duration">>) =>
    Object.fromEntries(names.map((name): [string, Json] => [name, from[name]]))
  return {
    ...pick("bypass_roles", "filter_dm", "enabled", "remove_context", "send_alert"),
    infraction_and_notification: {
      ...pick("infraction_type", "infraction_reason"),
      infraction_duration: from.infraction_duration === null ? null : Time.formatDuration(from.infraction_duration),
      ...pick("infraction_channel", "dm_content", "dm_embed")
    },
    channel_scope: pick("disabled_channels", "disabled_categories", "enabled_channels", "enabled_categories"),
    mentions: pick("guild_pings", "dm_pings")
  }
}

const showFilter = (filter: Filter): Json => {
  const { additional_settings, content, created_at, description, filter_list, id, updated_at } = filter
  const settings = showSettings(filter)
  return { id, created_at, updated_at, content, description, additional_settings, filter_list, settings }
}

const showList = (state: State, list: FilterList): Json => ({
  id: list.id,
  created_at: list.created_at,
  updated_at: list.updated_at,
  name: list.name,
  list_type: list.list_type,
  filters: [...state.filters.values()].filter(({ filter_list }) => filter_list === list.id).map(showFilter),
  settings: showSettings(list)
})

const refuse = (message: string): never => {
  throw new Refused({ non_field_errors: [message] })
}

const refuseBoth = (
  name: "channels" | "categories",
  disabled: ReadonlyArray<string>,
  enabled: ReadonlyArray<string>
) => {
  const both = disabled.filter((one) => enabled.includes(one))
  if (both.length === 0) return
  refuse(
    `You can't have the same value in both enabled and disabled ${name} lists: ${both.map((one) => `'${one}'`).join(", ")}.`
  )
}

const refuseLongTimeout = (type: string | undefined, duration: bigint | undefined) => {
  const limit = 28n * 86_400_000_000n
  if (type === "TIMEOUT" && (duration === undefined || duration === 0n || duration > limit)) {
    refuse("A timeout cannot be longer than 28 days.")
  }
}

const listFields = {
  name: required(string({ max: 50 })),
  list_type: required(choice([0n, 1n])),
  ...ofList
}

const checkList = (state: State, values: Partial<FilterList>, own?: FilterList) => {
  const name = values.name ?? own?.name
  const type = values.list_type ?? own?.list_type
  if ([...state.filterLists.values()].some((one) => one !== own && one.name === name && one.list_type === type)) {
    refuse("A filterlist with the same name and type already exists.")
  }
  const { infraction_duration, infraction_reason, infraction_type } = values
  if ((infraction_reason || infraction_duration) && infraction_type === undefined) {
    refuse("Infraction type is required with infraction duration or reason")
  }
  refuseBoth("channels", values.disabled_channels ?? [], values.enabled_channels ?? [])
  refuseLongTimeout(infraction_type, infraction_duration)
  refuseBoth("categories", values.disabled_categories ?? [], values.enabled_categories ?? [])
}

const listOf = (call: Call) => found(call.state.filterLists, idOf(call), "FilterList")

const changeList = (call: Call, mode: "replace" | "update") => {
  const list = listOf(call)
  const values = read(listFields, call.body(), mode)
  checkList(call.state, values, list)
  return ok(showList(call.state, Object.assign(list, values, { updated_at: call.now() })))
}

const listRows = (path: string): ReadonlyArray<Row> => [
  {
    method: "GET",
    path,
    statuses: [200],
    handle: ({ state }) => ok([...state.filterLists.values()].map((list) => showList(state, list)))
  },
  {
    method: "POST",
    path,
    statuses: [201, 400],
    body: true,
    handle: (call) => {
      const values = create(listFields, call.body())
      checkList(call.state, values)
      const time = call.now()
      const list: FilterList = {
        ...emptySettings,
        id: nextId(call.state.filterLists),
        created_at: time,
        updated_at: time,
        ...values
      }
      call.state.filterLists.set(list.id, list)
      return created(showList(call.state, list))
    }
  },
  {
    method: "GET",
    path: `${path}/{id}`,
    statuses: [200, 404],
    handle: (call) => ok(showList(call.state, listOf(call)))
  },
  {
    method: "PUT",
    path: `${path}/{id}`,
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => changeList(call, "replace")
  },
  {
    method: "PATCH",
    path: `${path}/{id}`,
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => changeList(call, "update")
  },
  {
    method: "DELETE",
    path: `${path}/{id}`,
    statuses: [204, 404],
    handle: (call) => {
      const { id } = listOf(call)
      call.state.filterLists.delete(id)
      for (const [key, filter] of call.state.filters) if (filter.filter_list === id) call.state.filters.delete(key)
      return noContent
    }
  }
]

const filterFields = (state: State) => ({
  content: required(string()),
  description: nullable(optional<string | null>(string(), () => null)),
  additional_settings: optional<Json>(anyJson, () => ({})),
  filter_list: required(primaryKey((id) => state.filterLists.has(id))),
  ...ofFilter
})

/** Checks the settings of a request, where those that it leaves out are those of the list: not those that the filter has. */
const checkFilter = (state: State, values: Partial<Filter>) => {
  const valueOf = <K extends keyof Settings>(key: K): Settings[K] => {
    const own = values[key]
    if (own !== undefined && own !== null) return own as Settings[K]
    // Without a list the view fails by an exception.
    if (values.filter_list === undefined) throw crash()
    return state.filterLists.get(values.filter_list)![key]
  }
  const type = valueOf("infraction_type")
  const duration = valueOf("infraction_duration")
  if ((valueOf("infraction_reason") !== "" || duration !== 0n) && type === "NONE") {
    refuse("Infraction type is required with infraction duration or reason.")
  }
  refuseLongTimeout(type, duration)
  refuseBoth("channels", valueOf("disabled_channels"), valueOf("enabled_channels"))
  refuseBoth("categories", valueOf("disabled_categories"), valueOf("enabled_categories"))
}

/** What no two filters have in common. */
const identity = (filter: Filter): string =>
  stringify([filter.filter_list, filter.content, filter.additional_settings, ...keys.map((key) => filter[key])])

const isDouble = (state: State, filter: Filter): boolean =>
  [...state.filters.values()].some((one) => one.id !== filter.id && identity(one) === identity(filter))

const filterOf = (call: Call) => found(call.state.filters, idOf(call), "Filter")

const changeFilter = (call: Call, mode: "replace" | "update") => {
  const filter = filterOf(call)
  const values = read(filterFields(call.state), call.body(), mode)
  checkFilter(call.state, values)
  const changed = { ...filter, ...values, updated_at: call.now() }
  if (isDouble(call.state, changed)) throw crash()
  call.state.filters.set(changed.id, changed)
  return ok(showFilter(changed))
}

const filterRows: ReadonlyArray<Row> = [
  {
    method: "GET",
    path: "bot/filter/filters",
    statuses: [200],
    handle: ({ state }) => ok([...state.filters.values()].map(showFilter))
  },
  {
    method: "POST",
    path: "bot/filter/filters",
    statuses: [201, 400],
    body: true,
    handle: (call) => {
      const { state } = call
      const values = create(filterFields(state), call.body())
      checkFilter(state, values)
      const time = call.now()
      const filter: Filter = {
        ...inheritedSettings,
        id: nextId(state.filters),
        created_at: time,
        updated_at: time,
        ...values
      }
      if (isDouble(state, filter)) {
        throw new Refused([
          "Check if a filter with this combination of content and settings already exists in this filter list."
        ])
      }
      state.filters.set(filter.id, filter)
      return created(showFilter(filter))
    }
  },
  {
    method: "GET",
    path: "bot/filter/filters/{id}",
    statuses: [200, 404],
    handle: (call) => ok(showFilter(filterOf(call)))
  },
  {
    method: "PUT",
    path: "bot/filter/filters/{id}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => changeFilter(call, "replace")
  },
  {
    method: "PATCH",
    path: "bot/filter/filters/{id}",
    statuses: [200, 400, 404],
    body: true,
    handle: (call) => changeFilter(call, "update")
  },
  {
    method: "DELETE",
    path: "bot/filter/filters/{id}",
    statuses: [204, 404],
    handle: (call) => {
      call.state.filters.delete(filterOf(call).id)
      return noContent
    }
  }
]

/** The older path of the filter lists. Its rows are not in the table of their own. */
export const filterListAlias: ReadonlyArray<Row> = listRows("bot/filter-lists")

export const filters: ReadonlyArray<Row> = [...listRows("bot/filter/filter_lists"), ...filterRows]
