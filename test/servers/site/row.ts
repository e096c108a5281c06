import type { Received } from "../scripted.js"
import { badRequest, type Body, Failed, pythonInt } from "./fields.js"
import type { Json } from "./json.js"
import type { State } from "./state.js"

/** A request, as the handler of a row reads it. */
export interface Call {
  readonly received: Received
  /** The variables of the path, decoded. */
  readonly path: ReadonlyArray<string>
  readonly query: URLSearchParams
  /** Reads the body. Fails with 400 if it is malformed, with 415 if its media type is not accepted. */
  readonly body: () => Body
  readonly state: State
  /** The time, as text in UTC. Each is later than the one before. */
  readonly now: () => string
}

/** A response. Without a body it is empty. */
export interface Reply {
  readonly status: number
  readonly body?: Json
}

/** A row of the table of endpoints. */
export interface Row {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** The path below the base URL, with its variables in braces. */
  readonly path: string
  /** The statuses of the table: successes, then failures. */
  readonly statuses: ReadonlyArray<number>
  /** Whether it needs no token. */
  readonly anonymous?: boolean
  /** Whether it reads a body. */
  readonly body?: boolean
  /** Chooses among the rows of one method and path. */
  readonly when?: { readonly name: string; readonly matches: (received: Received) => boolean }
  readonly handle: (call: Call) => Reply
}

/** The name of a row: its method and path, and what it is chosen by. */
export const nameOf = ({ method, path, when }: Row): string =>
  `${method} ${path}${when === undefined ? "" : ` (${when.name})`}`

export const ok = (body: Json): Reply => ({ status: 200, body })
export const created = (body: Json): Reply => ({ status: 201, body })
export const noContent: Reply = { status: 204 }

/** A value as JSON: rows of the state are. */
export const json = (value: object): Json => ({ ...value }) as unknown as Json

const notFound = (detail: string): Failed => new Failed(404, { detail })

/** Finds a row by a key of the path. `model` is the name of the site's class, which is in the error. */
export const found = <K, A>(table: ReadonlyMap<K, A>, key: K, model: string): A => {
  const row = table.get(key)
  if (row === undefined) throw notFound(`No ${model} matches the given query.`)
  return row
}

/** Reads an id of the path. */
export const idOf = (call: Call): bigint => {
  const id = pythonInt(call.path[0] ?? "")
  if (id === undefined) throw notFound("Not found.")
  return id
}

/** Reads a filter of the query that is a number. */
export const numberFilter = (query: URLSearchParams, name: string): bigint | undefined => {
  const text = query.get(name)
  if (text === null || text.trim() === "") return undefined
  const number = pythonInt(text.replace(/\.0*$/, ""))
  if (number === undefined) throw badRequest({ [name]: ["Enter a number."] })
  return number
}

/** Reads a filter of the query that is a boolean. Others are ignored. */
export const booleanFilter = (query: URLSearchParams, name: string): boolean | undefined =>
  ({ true: true, false: false })[query.get(name)?.toLowerCase() ?? ""]

/** Whether a value passes a filter. */
export const passes = <A>(filter: A | undefined, value: A): boolean => filter === undefined || filter === value

type Sortable = string | bigint | boolean | null

/** Compares in the order of PostgreSQL: null is the last. */
const compare = (a: Sortable, b: Sortable): number => (a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1)

/** Times are compared as such: one without microseconds is shorter. */
const sortable = (value: unknown): Sortable =>
  typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)
    ? value.replace("Z", "").padEnd(20, ".").padEnd(26, "0")
    : typeof value === "string" || typeof value === "bigint" || typeof value === "boolean"
      ? value
      : null

/** Sorts rows by the query's `ordering`: names in commas, descending with `-`; unknown ones are ignored. */
export const ordered = <A extends object>(
  rows: ReadonlyArray<A>,
  query: URLSearchParams,
  fields: ReadonlyArray<string>,
  standard: string
): ReadonlyArray<A> => {
  const given = (query.get("ordering") ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => fields.includes(one.replace(/^-/, "")))
  const names = given.length > 0 ? given : [standard]
  return rows.toSorted((a, b) => {
    for (const name of names) {
      const field = name.replace(/^-/, "")
      const result = compare(
        sortable((a as Readonly<Record<string, unknown>>)[field]),
        sortable((b as Readonly<Record<string, unknown>>)[field])
      )
      if (result !== 0) return name.startsWith("-") ? -result : result
    }
    return 0
  })
}

export { badRequest, notFound }
