import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import Database from "libsql"
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { type LogStore, Store, type StoredRecord } from "../Log.js"
import { messageOf } from "../internal/messageOf.js"

/** Options of `layer`. */
export interface Options {
  /**
   * The path of the file, which belongs to one process at a time. Files of SQLite with the same name and other endings are beside it. The
   * file is private (mode 0600), and so is its directory, if that is missing and made.
   */
  readonly file: string
  /** The largest size of the file, in bytes, of which records take a little less. Default: 64 MiB. */
  readonly maxBytes?: number | undefined
  /**
   * Whether a log call waits until the disk has the record. Without it, a record that was accepted survives the end of the process, also
   * by SIGKILL; a loss of power or a crash of the operating system can lose the last ones. Default: false.
   */
  readonly sync?: boolean | undefined
}

/** The file of a queue can't be used. */
export class LogStoreFailure extends Data.TaggedError("LogStoreFailure")<{
  /**
   * - `InUse`: another process, or another layer of this one, uses the file
   * - `Unusable`: the file can't be made, read or written
   */
  readonly reason: "InUse" | "Unusable"
  readonly message: string
}> {}

/** The version of the table. A file of another version is not read. */
const version = 1

const pageSize = 4096

const defaultMaxBytes = 67_108_864

/** The codes of SQLite for a file that is damaged, or of another format. */
const damaged: ReadonlyArray<unknown> = ["SQLITE_CORRUPT", "SQLITE_NOTADB"]

/** The endings of the files of SQLite beside the main one. */
const endings: ReadonlyArray<string> = ["", "-wal", "-shm", "-journal"]

const codeOf = (error: unknown): unknown => (Predicate.hasProperty(error, "code") ? error.code : undefined)

const toFailure = (file: string, error: unknown) =>
  codeOf(error) === "SQLITE_BUSY"
    ? new LogStoreFailure({
        reason: "InUse",
        message: `The queue of log records in ${file} is in use by another process, or by another layer: give each a file of its own`
      })
    : new LogStoreFailure({
        reason: "Unusable",
        message: `The queue of log records in ${file} can't be used: ${messageOf(error)}`
      })

/** A file of SQLite that is damaged, or not of this module. */
class UnreadableFile extends Data.TaggedError("UnreadableFile") {}

const numberIn = (rows: unknown, name: string): number => {
  const row: unknown = Array.isArray(rows) ? rows[0] : rows
  return Predicate.isRecord(row) ? Number(row[name]) : Number.NaN
}

/** Closes a database. Its lock is released at once: `close` alone leaves it until the garbage collector has found its statements. */
const release = (database: Database.Database): void => {
  try {
    database.pragma("journal_mode = DELETE")
    database.pragma("locking_mode = NORMAL")
    database.prepare("SELECT count(*) FROM sqlite_master").get()
  } catch {
    // The disk is full, or the database never had the lock.
  }
  database.close()
}

/** Opens a file, takes its lock, and checks its pages. Throws the errors of SQLite, and `UnreadableFile`. */
const openFile = ({ file, maxBytes = defaultMaxBytes, sync = false }: Options): Database.Database => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // The other files get the mode of this one. A file that is there is not touched: to close it would end the locks of this process on it.
  if (!existsSync(file)) closeSync(openSync(file, "a", 0o600))
  const database = new Database(file)
  try {
    // The kernel ends this lock with the process.
    database.pragma("locking_mode = EXCLUSIVE")
    database.pragma("journal_mode = WAL")
    database.pragma(`synchronous = ${sync ? "FULL" : "NORMAL"}`)
    database.exec("BEGIN IMMEDIATE; COMMIT")
    const found = numberIn(database.pragma("user_version"), "user_version")
    const isNew =
      found === 0 && numberIn(database.prepare("SELECT count(*) AS tables FROM sqlite_master").get(), "tables") === 0
    const columns = "SELECT count(*) AS columns FROM pragma_table_info('records') WHERE name IN ('position', 'text')"
    if (!isNew && (found !== version || numberIn(database.prepare(columns).get(), "columns") !== 2)) {
      throw new UnreadableFile()
    }
    const check: unknown = database.pragma("quick_check(1)")
    if (!Array.isArray(check) || !Predicate.isRecord(check[0]) || check[0]["quick_check"] !== "ok")
      throw new UnreadableFile()
    database.pragma(`max_page_count = ${Math.max(8, Math.floor(maxBytes / pageSize))}`)
    if (isNew) {
      database.exec("CREATE TABLE records (position INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL) STRICT")
      database.pragma(`user_version = ${version}`)
    }
    return database
  } catch (error) {
    release(database)
    throw damaged.includes(codeOf(error)) ? new UnreadableFile() : error
  }
}

const attempt = (options: Options) =>
  Effect.try({
    try: () => openFile(options),
    catch: (error) => (error instanceof UnreadableFile ? error : toFailure(options.file, error))
  })

/** Moves a file aside that can't be read, and begins a new one. */
const startAnew = (options: Options) =>
  Effect.gen(function* () {
    const { file } = options
    const aside = `${file}.unreadable`
    yield* Effect.try({
      try: () => {
        for (const ending of endings) {
          rmSync(`${aside}${ending}`, { force: true })
          if (existsSync(`${file}${ending}`)) renameSync(`${file}${ending}`, `${aside}${ending}`)
        }
      },
      catch: (error) => toFailure(file, error)
    })
    yield* Effect.logWarning(
      `The queue of log records in ${file} is damaged, or was not written by this version: it is now ${aside}, and a new one begins`
    )
    return yield* attempt(options)
  })

/** A process that is replaced may be about to end: its file is waited for, up to ten seconds. */
const whileInUse = () => Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(100))

const open = (options: Options): Effect.Effect<Database.Database, LogStoreFailure, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(options).pipe(
      Effect.catchTag("UnreadableFile", () => startAnew(options)),
      Effect.catchTag("UnreadableFile", (error) => Effect.fail(toFailure(options.file, error)))
    ),
    (database) => Effect.sync(() => release(database))
  ).pipe(Effect.retry({ schedule: whileInUse(), while: ({ reason }) => reason === "InUse" }))

const makeStore = (database: Database.Database): LogStore => {
  const insert = database.prepare("INSERT INTO records (text) VALUES (?)")
  const select = database.prepare("SELECT position, text FROM records WHERE position > ? ORDER BY position LIMIT ?")
  const deleteThrough = database.prepare("DELETE FROM records WHERE position <= ?")
  const deleteOne = database.prepare("DELETE FROM records WHERE position = ?")
  const count = database.prepare("SELECT count(*) AS records FROM records")
  /** The position through which records could not be removed. */
  let leftThrough = 0
  return {
    append: (text) => Number(insert.run(text).lastInsertRowid),
    // The columns of the query.
    read: (after, limit) => select.all(after, limit) as Array<StoredRecord>,
    // A removal needs room on the disk, too. If there is none, it is made up for by the next one, and no record is lost.
    removeThrough: (position) => {
      leftThrough = Math.max(leftThrough, position)
      try {
        deleteThrough.run(leftThrough)
        leftThrough = 0
      } catch {
        // The next removal tries again.
      }
    },
    remove: (position) => {
      try {
        deleteOne.run(position)
      } catch {
        // It is shipped by the next process.
      }
    },
    size: () => numberIn(count.get(), "records")
  }
}

/**
 * A queue on disk for the records of `effect-herald/log`, in a file of SQLite, by the optional peer dependency `libsql`. A record is
 * accepted when the log call returns. Records that were accepted and not shipped before the process ended are shipped first by the next
 * process with the same file.
 *
 * One process, and one layer of it, uses a file at a time, on a local disk. Another one waits for up to ten seconds, and fails with
 * `LogStoreFailure` then. A file that is damaged, or that another version wrote, is renamed to `<file>.unreadable`, with a warning. When the file or the disk is
 * full, further records are kept in memory.
 *
 * @example
 * ```ts
 * import { SqliteLogStore } from "effect-herald/sqlite"
 *
 * const queue = SqliteLogStore.layer({ file: "/var/lib/example/logs.db" })
 * ```
 */
export const layer = (options: Options): Layer.Layer<Store, LogStoreFailure> =>
  Layer.scoped(Store, Effect.map(open({ ...options, file: resolve(options.file) }), makeStore))
