import type { HttpClient } from "@effect/platform/HttpClient"
import * as Data from "effect/Data"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CallError, EncodeError, PaginationError } from "../../src/HeraldError.js"
import { listNames, nearestName } from "../../src/internal/descriptor/names.js"
import type { Authoriser } from "./Authoriser.js"
import {
  getMe,
  listCredentials,
  listDatabases,
  listStorageHosts,
  listTables,
  type Named,
  strictly
} from "./operations.js"

/** Nothing has this name, or the name is invalid. The message names what there is. */
export class NameNotFound extends Data.TaggedError("NameNotFound")<{
  readonly message: string
  /** The kind of the thing, such as `database`. */
  readonly kind: string
  readonly name: string
}> {}

/** The errors of a look-up. */
export type LookupError = NameNotFound | CallError | EncodeError | PaginationError

type Lookup<A> = Effect.Effect<A, LookupError, HttpClient | Authoriser>

const notFound = (kind: string, name: string, names: ReadonlyArray<string>, where = "") => {
  const nearest = nearestName(name, names)
  const guess = nearest === undefined ? "" : ` Did you mean ${JSON.stringify(nearest)}?`
  const list = names.length === 0 ? ` There is none${where}.` : ` There are: ${listNames(names)}.`
  return new NameNotFound({
    message: `No ${kind} is named ${JSON.stringify(name)}${where}.${guess}${list}`,
    kind,
    name
  })
}

/** Reads all pages of a list. A name can be on any of them. */
const readAll = <A, E, R>(items: () => Stream.Stream<A, E, R>): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Effect.map(strictly(Stream.runCollect(Stream.suspend(items))), Chunk.toReadonlyArray)

/** Returns the id of the thing with a name. */
const idByName = (
  kind: string,
  nameOrId: string | number,
  list: Effect.Effect<ReadonlyArray<Named>, CallError | EncodeError, HttpClient | Authoriser>
): Lookup<number> =>
  typeof nameOrId === "number"
    ? Effect.succeed(nameOrId)
    : Effect.flatMap(list, (all) => {
        const found = all.find(({ name }) => name === nameOrId)
        return found === undefined
          ? Effect.fail(
              notFound(
                kind,
                nameOrId,
                all.map(({ name }) => name)
              )
            )
          : Effect.succeed(found.id)
      })

/**
 * Returns the id of a database by its name. An id is returned as it is, without a request. Fails with `NameNotFound` if there is no such
 * database.
 *
 * @example
 * ```ts
 * import * as Civis from "effect-herald/civis"
 *
 * const id = Civis.databaseId("redshift-general")
 * ```
 */
export const databaseId = (nameOrId: string | number): Lookup<number> =>
  idByName("database", nameOrId, strictly(Effect.suspend(() => listDatabases())))

/** Returns the id of a storage host by its name, as `databaseId` does. */
export const storageHostId = (nameOrId: string | number): Lookup<number> =>
  idByName("storage host", nameOrId, strictly(Effect.suspend(() => listStorageHosts())))

/** A name in a table's full name: quoted, with quotes doubled, or without quotes and dots. */
const namePattern = /^(?:"((?:[^"]|"")+)"|([^".]+))\.(?:"((?:[^"]|"")+)"|([^".]+))$/

/** Splits the full name of a table. Undefined if it is not one. */
const splitTable = (table: string): readonly [schema: string, name: string] | undefined => {
  const match = namePattern.exec(table)
  if (match === null) return undefined
  const [, quotedSchema, schema = "", quotedName, name = ""] = match
  return [quotedSchema?.replaceAll('""', '"') ?? schema, quotedName?.replaceAll('""', '"') ?? name]
}

/**
 * Returns the id of a table.
 *
 * - `table`: the full name, such as `schema.table`; a part that has a dot is quoted: `"schema.one".table`
 * - `database`: the database, by name or id
 *
 * Fails with `NameNotFound` if there is no such database or table.
 *
 * @example
 * ```ts
 * import * as Civis from "effect-herald/civis"
 *
 * const id = Civis.tableId("public.users", "redshift-general")
 * ```
 */
export const tableId = (table: string, database: string | number): Lookup<number> =>
  Effect.gen(function* () {
    const parts = splitTable(table)
    if (parts === undefined) {
      return yield* new NameNotFound({
        message: `${JSON.stringify(table)} is not the full name of a table: write schema.table, and quote a part that has a dot ("a.b".table)`,
        kind: "table",
        name: table
      })
    }
    const [schema, name] = parts
    const databaseOf = yield* databaseId(database)
    const tables = yield* readAll(() => listTables({ database_id: databaseOf, schema, name, limit: 1000 }))
    // The filters of the server ignore case, and `%` and `*` are wildcards.
    const found =
      tables.find((one) => one.schema === schema && one.name === name) ??
      tables.find(
        (one) => one.schema.toLowerCase() === schema.toLowerCase() && one.name.toLowerCase() === name.toLowerCase()
      )
    return found === undefined
      ? yield* notFound(
          "table",
          table,
          tables.map((one) => `${one.schema}.${one.name}`),
          ` in the database ${database}`
        )
      : found.id
  })

const credentialsOf = (type: string) => readAll(() => listCredentials({ type, limit: 1000 }))

/**
 * Returns the id of the credential of a user for a database. An id is returned as it is. Fails with `NameNotFound` if there is none.
 *
 * - `username`: the user name in the database
 * - `database`: the database, by name or id
 */
export const databaseCredentialId = (username: string | number, database: string | number): Lookup<number> =>
  typeof username === "number"
    ? Effect.succeed(username)
    : Effect.flatMap(credentialsOf("Database"), (credentials) => {
        const own = credentials.filter(({ remote_host_id, remote_host_name }) =>
          typeof database === "number" ? remote_host_id === database : remote_host_name === database
        )
        const found = own.find((one) => one.username === username)
        return found === undefined
          ? Effect.fail(
              notFound(
                "database credential",
                username,
                own.flatMap((one) => one.username ?? []),
                ` for the database ${database}`
              )
            )
          : Effect.succeed(found.id)
      })

/**
 * Returns the id of an AWS credential by its name. An id is returned as it is. Of several credentials with this name, that of the owner of
 * the API key is taken, or else the first one, with a warning. Fails with `NameNotFound` if there is none.
 *
 * - `owner`: the user name of the owner. Default: any
 */
export const awsCredentialId = (
  nameOrId: string | number,
  options: { readonly owner?: string | undefined } = {}
): Lookup<number> =>
  Effect.gen(function* () {
    if (typeof nameOrId === "number") return nameOrId
    const all = yield* credentialsOf("Amazon Web Services S3")
    const { owner } = options
    const named = all.filter((one) => one.name === nameOrId && (owner === undefined || one.owner === owner))
    const [first] = named
    if (first === undefined) {
      return yield* notFound(
        "AWS credential",
        nameOrId,
        all.flatMap(({ name }) => name ?? []),
        owner === undefined ? "" : ` and is owned by ${owner}`
      )
    }
    if (named.length === 1) return first.id
    const me = owner ?? (yield* username)
    const own = named.filter((one) => one.owner === me)
    const [chosen = first] = own
    if (own.length !== 1) {
      yield* Effect.logWarning(
        `There are ${named.length} AWS credentials named ${JSON.stringify(nameOrId)}: ${chosen.id} of ${chosen.owner ?? "nobody"} is used`
      )
    }
    return chosen.id
  })

/** Returns the id of the default credential for databases. Fails with `NameNotFound` if the owner of the API key has none. */
export const defaultDatabaseCredentialId: Lookup<number> = Effect.flatMap(
  strictly(Stream.runHead(Stream.suspend(() => listCredentials({ default: true })))),
  (credential) =>
    Option.isNone(credential)
      ? Effect.fail(
          new NameNotFound({
            message: "The owner of the API key has no default credential",
            kind: "database credential",
            name: "default"
          })
        )
      : Effect.succeed(credential.value.id)
)

/** Returns the user name of the owner of the API key. */
export const username: Effect.Effect<string, CallError | EncodeError, HttpClient | Authoriser> = Effect.map(
  strictly(Effect.suspend(() => getMe())),
  (me) => me.username
)
