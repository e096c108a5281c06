import type * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { CallbackEvent } from "../../../schemas/polympics/Callback.js"
import * as Permissions from "../../../schemas/polympics/Permissions.js"
import { sortKey } from "./collation.js"
import type { DiscordUser, ServerOptions, Time } from "./options.js"
import * as Search from "./search.js"

/** Microseconds since the epoch. */
export type Micros = number

export interface Award {
  readonly id: bigint
  title: string
  imageUrl: string
  team: Team | undefined
  readonly accounts: Set<Account>
}

export interface Team {
  readonly id: bigint
  name: string
  sortKey: string | undefined
  readonly createdAt: Micros
  memberCount: number
  readonly awards: Set<Award>
}

export interface Account {
  readonly id: bigint
  name: string
  sortKey: string | undefined
  discriminator: string
  avatarUrl: string | null
  team: Team | undefined
  permissions: bigint
  readonly createdAt: Micros
  /** Undefined if there are none, to save memory in a state with a million accounts. */
  awards: Set<Award> | undefined
}

export interface App {
  readonly id: bigint
  readonly name: string
  readonly permissions: bigint
  password: string
}

export interface Session {
  readonly id: bigint
  readonly account: Account
  password: string
  expiresAt: Micros
}

export interface Callback {
  readonly id: bigint
  readonly app: App
  readonly event: CallbackEvent
  readonly url: string
  readonly secret: string
}

/** The state of the server. The functions below make the changes that involve several rows. */
export interface State {
  readonly accounts: Map<bigint, Account>
  readonly teams: Map<bigint, Team>
  readonly awards: Map<bigint, Award>
  readonly apps: Map<bigint, App>
  readonly sessions: Map<bigint, Session>
  readonly callbacks: Map<bigint, Callback>
  readonly accountsByName: Search.Index<Account>
  readonly teamsByName: Search.Index<Team>
  /** The highest id of each table whose ids the server assigns. */
  readonly lastIds: Record<"teams" | "awards" | "sessions" | "callbacks", bigint>
  readonly discordUsers: ReadonlyMap<string, DiscordUser | "outage">
  readonly signupsOpen: boolean
  readonly makePassword: Effect.Effect<string>
  readonly callbackClient: HttpClient.HttpClient | undefined
}

/** The lifetime of a session. */
const sessionAge: Micros = 30 * 24 * 3600 * 1_000_000

export const now: Effect.Effect<Micros> = Effect.map(Clock.currentTimeNanos, (nanos) => Number((nanos + 500n) / 1000n))

export const sessionEnd: Effect.Effect<Micros> = Effect.map(now, (micros) => micros + sessionAge)

const randomPassword = Effect.sync(() => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))))

export const nextId = (state: State, table: keyof State["lastIds"]): bigint => ++state.lastIds[table]

/** Adds an account without a team. */
export const addAccount = (state: State, account: Omit<Account, "team" | "awards" | "sortKey">): Account => {
  // Not by a spread: objects made by one are slower to read, which matters when a million rows are sorted.
  const row: Account = {
    id: account.id,
    name: account.name,
    sortKey: sortKey(account.name),
    discriminator: account.discriminator,
    avatarUrl: account.avatarUrl,
    team: undefined,
    permissions: account.permissions,
    createdAt: account.createdAt,
    awards: undefined
  }
  state.accounts.set(row.id, row)
  state.accountsByName.add(row)
  return row
}

export const addTeam = (state: State, team: Pick<Team, "id" | "name" | "createdAt">): Team => {
  const row = { ...team, sortKey: sortKey(team.name), memberCount: 0, awards: new Set<Award>() }
  state.teams.set(row.id, row)
  state.teamsByName.add(row)
  return row
}

export const addAward = (state: State, award: Pick<Award, "id" | "title" | "imageUrl">): Award => {
  const row = { ...award, team: undefined, accounts: new Set<Account>() }
  state.awards.set(row.id, row)
  return row
}

export const renameAccount = (state: State, account: Account, name: string): void => {
  state.accountsByName.remove(account)
  account.name = name
  account.sortKey = sortKey(name)
  state.accountsByName.add(account)
}

export const renameTeam = (state: State, team: Team, name: string): void => {
  state.teamsByName.remove(team)
  team.name = name
  team.sortKey = sortKey(name)
  state.teamsByName.add(team)
}

export const moveAccount = (state: State, account: Account, team: Team | undefined): void => {
  if (account.team) account.team.memberCount--
  account.team = team
  if (team) team.memberCount++
  state.accountsByName.changed()
}

export const moveAward = (award: Award, team: Team | undefined): void => {
  award.team?.awards.delete(award)
  award.team = team
  team?.awards.add(award)
}

export const give = (award: Award, account: Account): void => {
  award.accounts.add(account)
  account.awards ??= new Set()
  account.awards.add(award)
}

export const take = (award: Award, account: Account): void => {
  award.accounts.delete(account)
  account.awards?.delete(award)
}

/** Removes an account and its sessions, and takes its awards from it. */
export const removeAccount = (state: State, account: Account): void => {
  for (const session of state.sessions.values()) {
    if (session.account === account) state.sessions.delete(session.id)
  }
  for (const award of account.awards ?? []) award.accounts.delete(account)
  moveAccount(state, account, undefined)
  state.accountsByName.remove(account)
  state.accounts.delete(account.id)
}

/** Removes a team. Its members are then in no team. */
export const removeTeam = (state: State, team: Team): void => {
  if (team.memberCount > 0) {
    for (const account of state.accounts.values()) if (account.team === team) moveAccount(state, account, undefined)
  }
  state.teamsByName.remove(team)
  state.teams.delete(team.id)
}

export const removeAward = (state: State, award: Award): void => {
  for (const account of award.accounts) account.awards?.delete(award)
  moveAward(award, undefined)
  state.awards.delete(award.id)
}

const micros = (time: Time): Micros =>
  typeof time === "number" ? Math.round(time * 1000) : DateTime.toEpochMillis(DateTime.unsafeMake(time)) * 1000

const reveal = (secret: string | Redacted.Redacted): string =>
  typeof secret === "string" ? secret : Redacted.value(secret)

/** Makes the initial state. Contradictory options are a defect with the reason. */
export const make = (options: ServerOptions = {}): Effect.Effect<State> =>
  Effect.map(now, (start) => {
    const accounts = new Map<bigint, Account>()
    const teams = new Map<bigint, Team>()
    const state: State = {
      accounts,
      teams,
      awards: new Map(),
      apps: new Map(),
      sessions: new Map(),
      callbacks: new Map(),
      accountsByName: Search.make(accounts),
      teamsByName: Search.make(teams),
      lastIds: { teams: 0n, awards: 0n, sessions: 0n, callbacks: 0n },
      discordUsers: new Map(Object.entries(options.discordUsers ?? {})),
      signupsOpen: options.signupsOpen ?? true,
      makePassword: options.makePassword ?? randomPassword,
      callbackClient: options.callbackClient
    }
    for (const { createdAt, id, name } of options.teams ?? []) {
      const row = newKey(state.teams, "team", id)
      addTeam(state, { id: row, name, createdAt: createdAt === undefined ? start : micros(createdAt) })
    }
    for (const { avatarUrl, createdAt, discriminator, id, name, permissions, team } of options.accounts ?? []) {
      const account = addAccount(state, {
        id: newKey(state.accounts, "account", id),
        name,
        discriminator: discriminator ?? "0000",
        avatarUrl: avatarUrl ?? null,
        permissions: (permissions ?? Permissions.none).mask,
        createdAt: createdAt === undefined ? start : micros(createdAt)
      })
      if (team !== undefined && team !== null) moveAccount(state, account, existing(state.teams, "team", team))
    }
    for (const { accounts, id, imageUrl, team, title } of options.awards ?? []) {
      const award = addAward(state, { id: newKey(state.awards, "award", id), title, imageUrl })
      if (team !== undefined && team !== null) moveAward(award, existing(state.teams, "team", team))
      for (const account of accounts ?? []) give(award, existing(state.accounts, "account", account))
    }
    for (const { id, name, password, permissions } of options.apps ?? []) {
      const row = newKey(state.apps, "app", id)
      const { mask } = permissions ?? Permissions.everyApp
      state.apps.set(row, { id: row, name: name ?? "app", password: reveal(password), permissions: mask })
    }
    for (const { account, expiresAt, id, password } of options.sessions ?? []) {
      const row = newKey(state.sessions, "session", id)
      state.sessions.set(row, {
        id: row,
        account: existing(state.accounts, "account", account),
        password: reveal(password),
        expiresAt: expiresAt === undefined ? start + sessionAge : micros(expiresAt)
      })
    }
    for (const { app, event, id, secret, url } of options.callbacks ?? []) {
      const row = newKey(state.callbacks, "callback", id)
      const owner = existing(state.apps, "app", app)
      state.callbacks.set(row, {
        id: row,
        app: owner,
        event: event ?? "account_team_update",
        url,
        secret: reveal(secret)
      })
    }
    for (const table of ["teams", "awards", "sessions", "callbacks"] as const) {
      for (const id of state[table].keys()) if (id > state.lastIds[table]) state.lastIds[table] = id
    }
    return state
  })

const keyOf = (kind: string, id: string | number): bigint => {
  if (!/^-?\d+$/.test(String(id)))
    throw new Error(`The test server was given ${kind} "${id}", whose id is not an integer`)
  return BigInt(id)
}

const newKey = (rows: ReadonlyMap<bigint, unknown>, kind: string, id: string | number): bigint => {
  const key = keyOf(kind, id)
  if (rows.has(key)) throw new Error(`The test server was given two of ${kind} ${id}`)
  return key
}

const existing = <A>(rows: ReadonlyMap<bigint, A>, kind: string, id: string | number): A => {
  const row = rows.get(keyOf(kind, id))
  if (row === undefined) throw new Error(`The test server was given no ${kind} ${id}, yet something refers to it`)
  return row
}
