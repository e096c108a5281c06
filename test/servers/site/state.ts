import type { Json } from "./json.js"
import * as Time from "./time.js"

/* What the site stores: rows as they are on the wire, with integers as `bigint` and times as text in UTC. */

export interface User {
  id: bigint
  name: string
  display_name: string
  discriminator: bigint
  roles: ReadonlyArray<bigint>
  in_guild: boolean
}

/** One direction of the relation of two accounts. */
export interface Alt {
  source: bigint
  target: bigint
  actor: bigint
  context: string
  created_at: string
  updated_at: string
}

export interface Role {
  id: bigint
  name: string
  colour: bigint
  permissions: bigint
  position: bigint
}

export const infractionTypes = [
  "note",
  "warning",
  "watch",
  "timeout",
  "kick",
  "ban",
  "superstar",
  "voice_ban",
  "voice_mute"
] as const

export interface Infraction {
  id: bigint
  inserted_at: string
  last_applied: string
  expires_at: string | null
  active: boolean
  user: bigint
  actor: bigint
  type: (typeof infractionTypes)[number]
  reason: string | null
  hidden: boolean
  dm_sent: boolean | null
  jump_url: string | null
}

export interface NominationEntry {
  actor: bigint
  reason: string
  inserted_at: string
}

export interface Nomination {
  id: bigint
  active: boolean
  user: bigint
  inserted_at: string
  end_reason: string
  ended_at: string | null
  reviewed: boolean
  /** The newest last. */
  entries: Array<NominationEntry>
  thread_id: bigint | null
}

export interface Reminder {
  active: boolean
  author: bigint
  jump_url: string
  channel_id: bigint
  content: string
  expiration: string
  id: bigint
  mentions: ReadonlyArray<bigint>
  failures: bigint
}

export interface DocumentationLink {
  package: string
  base_url: string
  inventory_url: string
}

export interface OffTopicName {
  name: string
  used: boolean
  active: boolean
}

/** The settings of a filter list. Durations are microseconds. */
export interface Settings {
  dm_content: string
  dm_embed: string
  infraction_type: string
  infraction_reason: string
  infraction_duration: bigint
  infraction_channel: bigint
  guild_pings: ReadonlyArray<string>
  filter_dm: boolean
  dm_pings: ReadonlyArray<string>
  remove_context: boolean
  send_alert: boolean
  bypass_roles: ReadonlyArray<string>
  enabled: boolean
  enabled_channels: ReadonlyArray<string>
  disabled_channels: ReadonlyArray<string>
  enabled_categories: ReadonlyArray<string>
  disabled_categories: ReadonlyArray<string>
}

export interface FilterList extends Settings {
  id: bigint
  created_at: string
  updated_at: string
  name: string
  list_type: bigint
}

export type Filter = { [K in keyof Settings]: Settings[K] | null } & {
  id: bigint
  created_at: string
  updated_at: string
  content: string
  description: string | null
  additional_settings: Json
  filter_list: bigint
}

export interface DeletedMessage {
  id: bigint
  author: bigint
  channel_id: bigint
  content: string
  embeds: ReadonlyArray<Json>
  deletion_context: bigint
  attachments: ReadonlyArray<string>
}

export interface DeletionContext {
  actor: bigint | null
  creation: string
  id: bigint
  deletedmessage_set: ReadonlyArray<DeletedMessage>
}

export interface OffensiveMessage {
  id: bigint
  channel_id: bigint
  delete_date: string
}

export interface MailingList {
  id: bigint
  name: string
  seen_items: Array<string>
}

export interface AocLink {
  user: bigint
  aoc_username: string
}

export interface AocBlock {
  user: bigint
  is_blocked: boolean
  reason: string | null
}

/** What Metricity knows of a user. */
export interface Metricity {
  joined_at: string | null
  total_messages: bigint
  activity_blocks: bigint
  top_channel_activity: ReadonlyArray<readonly [channel: string, messages: bigint]>
  /** The messages in the days of a question for activity. */
  recent_messages: bigint
}

/** An artifact of GitHub, or the error for it. */
export type Artifact =
  | { readonly url: string }
  | { readonly status: 202 | 400 | 401 | 404 | 408; readonly error_type: string; readonly error: string }

/** A record of a log, as the site of 2019 stored it. */
export interface LogEntry {
  application: string
  logger_name: string
  timestamp: string
  level: string
  module: string
  line: bigint
  message: string
}

/** All that the site stores. */
export interface State {
  readonly users: Map<bigint, User>
  readonly alts: Array<Alt>
  readonly roles: Map<bigint, Role>
  readonly infractions: Map<bigint, Infraction>
  readonly nominations: Map<bigint, Nomination>
  readonly reminders: Map<bigint, Reminder>
  readonly documentationLinks: Map<string, DocumentationLink>
  readonly offTopicNames: Map<string, OffTopicName>
  readonly filterLists: Map<bigint, FilterList>
  readonly filters: Map<bigint, Filter>
  readonly bumpedThreads: Set<bigint>
  readonly settings: Map<string, Json>
  readonly deletionContexts: Map<bigint, DeletionContext>
  readonly offensiveMessages: Map<bigint, OffensiveMessage>
  readonly mailingLists: Map<string, MailingList>
  readonly aocLinks: Map<bigint, AocLink>
  readonly aocBlocks: Map<bigint, AocBlock>
  readonly metricity: Map<bigint, Metricity>
  /** By `owner/repo/sha/action_name/artifact_name`. */
  readonly artifacts: Map<string, Artifact>
  /** What Discord responds to webhooks. */
  discord: { status: bigint; data: string; headers: Readonly<Record<string, string>> }
  /** The records of the log, in the order in which they arrived. */
  readonly logs: Array<LogEntry>
}

type Row<M> = M extends ReadonlyMap<unknown, infer A> ? A : never

/** Rows that a site has when it begins. What is left out has the server's default. */
export interface Seed {
  readonly users?: Iterable<Pick<User, "id"> & Partial<User>>
  readonly roles?: Iterable<Pick<Role, "id"> & Partial<Role>>
  readonly infractions?: Iterable<Pick<Infraction, "user" | "actor" | "type"> & Partial<Infraction>>
  readonly nominations?: Iterable<Pick<Nomination, "user"> & Partial<Nomination>>
  readonly reminders?: Iterable<Pick<Reminder, "author"> & Partial<Reminder>>
  readonly documentationLinks?: Iterable<DocumentationLink>
  readonly offTopicNames?: Iterable<Pick<OffTopicName, "name"> & Partial<OffTopicName>>
  readonly filterLists?: Iterable<Pick<FilterList, "name" | "list_type"> & Partial<FilterList>>
  readonly filters?: Iterable<Pick<Filter, "filter_list" | "content"> & Partial<Filter>>
  readonly bumpedThreads?: Iterable<bigint>
  readonly settings?: Readonly<Record<string, Json>>
  readonly offensiveMessages?: Iterable<OffensiveMessage>
  readonly mailingLists?: Iterable<Pick<MailingList, "name"> & Partial<MailingList>>
  readonly aocLinks?: Iterable<AocLink>
  readonly aocBlocks?: Iterable<AocBlock>
  readonly metricity?: Readonly<Record<string, Metricity>>
  readonly artifacts?: Readonly<Record<string, Artifact>>
}

/** The next id of a table, which counts from 1. */
export const nextId = (table: ReadonlyMap<bigint, unknown>): bigint => {
  // Rows are never renumbered, and ids only grow, so the last one that was added has the highest; a deleted one may be used again.
  let last = 0n
  for (const id of table.keys()) if (id > last) last = id
  return last + 1n
}

export const emptySettings: Settings = {
  dm_content: "",
  dm_embed: "",
  infraction_type: "NONE",
  infraction_reason: "",
  infraction_duration: 0n,
  infraction_channel: 0n,
  guild_pings: [],
  filter_dm: true,
  dm_pings: [],
  remove_context: true,
  send_alert: true,
  bypass_roles: [],
  enabled: true,
  enabled_channels: [],
  disabled_channels: [],
  enabled_categories: [],
  disabled_categories: []
}

export const inheritedSettings = Object.fromEntries(Object.keys(emptySettings).map((key) => [key, null])) as {
  // Each key of the settings is null.
  [K in keyof Settings]: null
}

/** Makes the state of a site. */
export const make = (seed: Seed, now: () => bigint): State => {
  const state: State = {
    users: new Map(),
    alts: [],
    roles: new Map(),
    infractions: new Map(),
    nominations: new Map(),
    reminders: new Map(),
    documentationLinks: new Map(),
    offTopicNames: new Map(),
    filterLists: new Map(),
    filters: new Map(),
    bumpedThreads: new Set(seed.bumpedThreads),
    settings: new Map(Object.entries({ defcon: {}, news: {}, ...seed.settings })),
    deletionContexts: new Map(),
    offensiveMessages: new Map(),
    mailingLists: new Map(),
    aocLinks: new Map(),
    aocBlocks: new Map(),
    metricity: new Map(Object.entries(seed.metricity ?? {}).map(([id, one]) => [BigInt(id), one])),
    artifacts: new Map(Object.entries(seed.artifacts ?? {})),
    discord: { status: 204n, data: "", headers: {} },
    logs: []
  }
  const time = () => Time.format(now())
  const add = <K, A>(table: Map<K, A>, rows: Iterable<A> | undefined, key: (row: A) => K) => {
    for (const row of rows ?? []) table.set(key(row), row)
  }
  /** Adds rows with ids that count from 1. */
  const number = <M extends Map<bigint, { id: bigint }>>(
    table: M,
    rows: Iterable<Partial<Row<M>>> | undefined,
    complete: (id: bigint) => Partial<Row<M>>
  ) => {
    let id = 0n
    for (const row of rows ?? []) {
      const given = (row as { readonly id?: bigint }).id
      id = given ?? id + 1n
      // What the seed leaves out is in `complete`.
      table.set(id, { id, ...complete(id), ...row } as Row<M> & { id: bigint })
    }
  }
  for (const { id, ...role } of seed.roles ?? []) {
    state.roles.set(id, {
      id,
      name: `role ${id}`,
      colour: 0n,
      permissions: 0n,
      position: 0n,
      ...role
    })
  }
  for (const { id, ...user } of seed.users ?? []) {
    state.users.set(id, {
      id,
      name: `user ${id}`.slice(0, 32),
      display_name: "",
      discriminator: 0n,
      roles: [],
      in_guild: true,
      ...user
    })
  }
  number(state.infractions, seed.infractions, () => ({
    inserted_at: time(),
    last_applied: time(),
    expires_at: null,
    active: false,
    reason: null,
    hidden: false,
    dm_sent: null,
    jump_url: null
  }))
  number(state.nominations, seed.nominations, () => ({
    active: true,
    inserted_at: time(),
    end_reason: "",
    ended_at: null,
    reviewed: false,
    entries: [],
    thread_id: null
  }))
  number(state.reminders, seed.reminders, () => ({
    active: true,
    jump_url: "https://discord.com/channels/1/2/3",
    channel_id: 2n,
    content: "a reminder",
    expiration: time(),
    mentions: [],
    failures: 0n
  }))
  number(state.filterLists, seed.filterLists, () => ({ ...emptySettings, created_at: time(), updated_at: time() }))
  number(state.filters, seed.filters, () => ({
    ...inheritedSettings,
    created_at: time(),
    updated_at: time(),
    description: null,
    additional_settings: {}
  }))
  add(state.documentationLinks, seed.documentationLinks, (row) => row.package)
  for (const name of seed.offTopicNames ?? []) {
    state.offTopicNames.set(name.name, { used: false, active: true, ...name })
  }
  add(state.offensiveMessages, seed.offensiveMessages, (row) => row.id)
  for (const list of seed.mailingLists ?? []) {
    state.mailingLists.set(list.name, { id: BigInt(state.mailingLists.size + 1), seen_items: [], ...list })
  }
  add(state.aocLinks, seed.aocLinks, (row) => row.user)
  add(state.aocBlocks, seed.aocBlocks, (row) => row.user)
  return state
}
