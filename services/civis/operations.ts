import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Descriptor from "../../src/Descriptor.js"
import type { CallError, EncodeError } from "../../src/HeraldError.js"
import type { Operation } from "../../src/Operation.js"
import type { Shape } from "../../src/Shape.js"
import { Authoriser } from "./Authoriser.js"

/*
 * The operations that jobs and look-ups use. They are those of the specification, as far as they are used here.
 */

/** An operation of Civis. */
type Call<Args extends ReadonlyArray<unknown>, A> = Operation<Args, A, CallError | EncodeError, HttpClient | Authoriser>

/**
 * Makes a call fail with a `DecodeError` if its response is not what the types below say, such as an empty one of a proxy. Jobs and look-ups
 * read the values.
 */
export const strictly = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(call, Descriptor.Strict, true)

/** A run of a job: a script, a container, an import, an export, or any other thing that runs. */
export interface Run {
  readonly id: number
  /** `queued`, `running`, `succeeded`, `failed` or `cancelled`. */
  readonly state: string
  readonly created_at?: string | null
  readonly started_at?: string | null
  readonly finished_at?: string | null
  /** The error of a run that failed. Some kinds of jobs have it in their logs only. */
  readonly error?: string | null
}

/** A message in the log of a run. */
export interface LogMessage {
  readonly id: number
  /** In the format of ISO 8601. */
  readonly created_at: string
  readonly message: string
  /** `debug`, `info`, `warn`, `error`, `fatal` or `unknown`. */
  readonly level: string
}

const keys: Descriptor.Keys = { case: "snake_case", verbatim: ["arguments", "environmentVariables"] }

const id = (name: string): Descriptor.Parameter => ({ name, in: "path", required: true, shape: { type: "integer" } })

const query = (name: string, type: "integer" | "string" | "boolean"): Descriptor.Parameter => ({
  name,
  in: "query",
  shape: { type }
})

const json = (shape: Shape): Descriptor.ResponseBody => ({ content: { "application/json": { shape } } })

const list = (properties: Shape["properties"], required: ReadonlyArray<string>): Shape => ({
  type: "array",
  items: { type: "object", properties, required }
})

const integer: Shape = { type: "integer" }

const text: Shape = { type: "string" }

const textOrNull: Shape = { type: ["string", "null"] }

const run = (): Shape => ({
  type: "object",
  properties: {
    id: integer,
    state: text,
    createdAt: textOrNull,
    startedAt: textOrNull,
    finishedAt: textOrNull,
    error: textOrNull
  },
  required: ["id", "state"]
})

const pages = (): Pick<Descriptor.Descriptor, "list"> => ({
  list: { by: "page", param: "page_num", first: 1, items: "", totalPages: { header: "x-pagination-total-pages" } }
})

const paging = () => [query("limit", "integer"), query("page_num", "integer")]

/** Runs a job. */
export const startRun: Call<[id: number], Run> = Descriptor.operation(Authoriser, () => ({
  name: "jobs.post_runs",
  method: "POST",
  path: "/jobs/{id}/runs",
  parameters: [id("id")],
  positional: ["id"],
  responses: { "2XX": json(run()) },
  keys
}))

/** Returns the state of a run. */
export const getRun: Call<[id: number, runId: number], Run> = Descriptor.operation(Authoriser, () => ({
  name: "jobs.get_runs",
  method: "GET",
  path: "/jobs/{id}/runs/{run_id}",
  parameters: [id("id"), id("run_id")],
  positional: ["id", "run_id"],
  responses: { "2XX": json(run()) },
  keys
}))

/** Requests that a run ends. */
export const cancelRun: Call<[id: number, runId: number], void> = Descriptor.operation(Authoriser, () => ({
  name: "jobs.delete_runs",
  method: "DELETE",
  path: "/jobs/{id}/runs/{run_id}",
  parameters: [id("id"), id("run_id")],
  positional: ["id", "run_id"],
  responses: { 202: {} }
}))

/** Lists the runs of a job, the newest first. */
export const listRuns: Call<
  [id: number, options: { readonly limit: number; readonly order: "id"; readonly order_dir: "desc" }],
  ReadonlyArray<Run>
> = Descriptor.operation(Authoriser, () => ({
  name: "jobs.list_runs",
  method: "GET",
  path: "/jobs/{id}/runs",
  parameters: [id("id"), query("limit", "integer"), query("order", "string"), query("order_dir", "string")],
  positional: ["id"],
  responses: { "2XX": json({ type: "array", items: run() }) },
  keys
}))

/**
 * Lists messages in the log of a run: those after `last_id` in the order of their ids, or else the latest ones, the newest first.
 */
export const listLogs: Call<
  [id: number, runId: number, options: { readonly last_id?: number; readonly limit: number }],
  ReadonlyArray<LogMessage>
> = Descriptor.operation(Authoriser, () => ({
  name: "jobs.list_runs_logs",
  method: "GET",
  path: "/jobs/{id}/runs/{run_id}/logs",
  parameters: [id("id"), id("run_id"), query("last_id", "integer"), query("limit", "integer")],
  positional: ["id", "run_id"],
  responses: {
    "2XX": json(
      list({ id: integer, createdAt: text, message: text, level: text }, ["id", "createdAt", "message", "level"])
    )
  },
  keys
}))

/** A thing that has a name. */
export interface Named {
  readonly id: number
  readonly name: string
}

/** Lists the databases. */
export const listDatabases: Call<[], ReadonlyArray<Named>> = Descriptor.operation(Authoriser, () => ({
  name: "databases.list",
  method: "GET",
  path: "/databases/",
  responses: { "2XX": json(list({ id: integer, name: text }, ["id", "name"])) },
  positional: [],
  keys
}))

/** Lists the storage hosts. */
export const listStorageHosts: Call<[], ReadonlyArray<Named>> = Descriptor.operation(Authoriser, () => ({
  name: "storage_hosts.list",
  method: "GET",
  path: "/storage_hosts/",
  responses: { "2XX": json(list({ id: integer, name: text }, ["id", "name"])) },
  positional: [],
  keys
}))

export interface Table extends Named {
  readonly schema: string
}

/** An operation of Civis that lists items in pages. */
type List<Options, Item> = Descriptor.ListOf<Call<[options: Options], ReadonlyArray<Item>>, Item, "page">

interface TableOptions {
  readonly database_id: number
  readonly schema: string
  readonly name: string
  readonly limit: number
}

const tables: Call<[options: TableOptions], ReadonlyArray<Table>> = Descriptor.operation(Authoriser, () => ({
  name: "tables.list",
  method: "GET",
  path: "/tables/",
  parameters: [query("database_id", "integer"), query("schema", "string"), query("name", "string"), ...paging()],
  responses: { "2XX": json(list({ id: integer, schema: text, name: text }, ["id", "schema", "name"])) },
  positional: [],
  ...pages(),
  keys
}))

/** Lists the tables of a database, over all pages. */
export const listTables: List<TableOptions, Table> = /* #__PURE__ */ Descriptor.list(tables)

export interface Credential {
  readonly id: number
  readonly name: string | null
  readonly username: string | null
  readonly owner: string | null
  readonly remote_host_id: number | null
  readonly remote_host_name: string | null
}

interface CredentialOptions {
  readonly type?: string
  readonly default?: boolean
  readonly limit?: number
}

const credentials: Call<[options: CredentialOptions], ReadonlyArray<Credential>> = Descriptor.operation(
  Authoriser,
  () => ({
    name: "credentials.list",
    method: "GET",
    path: "/credentials/",
    parameters: [query("type", "string"), query("default", "boolean"), ...paging()],
    responses: {
      "2XX": json(
        list(
          {
            id: integer,
            name: textOrNull,
            username: textOrNull,
            owner: textOrNull,
            remoteHostId: { type: ["integer", "null"] },
            remoteHostName: textOrNull
          },
          ["id"]
        )
      )
    },
    positional: [],
    ...pages(),
    keys
  })
)

/** Lists credentials, over all pages. */
export const listCredentials: List<CredentialOptions, Credential> = /* #__PURE__ */ Descriptor.list(credentials)

/** Returns the owner of the API key. */
export const getMe: Call<[], { readonly username: string }> = Descriptor.operation(Authoriser, () => ({
  name: "users.get_me",
  method: "GET",
  path: "/users/me",
  responses: { "2XX": json({ type: "object", properties: { username: text }, required: ["username"] }) },
  positional: [],
  keys
}))
