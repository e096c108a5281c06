import * as DateTime from "effect/DateTime"
import type * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Schema from "effect/Schema"
import type { HttpClient } from "@effect/platform/HttpClient"
import { largestLogLine, type LogApplication, longestLogName, type LogRecordLevel } from "../../schemas/site/Log.js"
import { Text } from "../../schemas/site/Text.js"
import * as Log from "../../src/Log.js"
import * as Operation from "../../src/Operation.js"
import { Authoriser } from "./Authoriser.js"
import * as endpoints from "./endpoints/log.js"

export { LogApplication, LogRecordLevel, SiteLogRecord, type SiteLogRecordEncoded } from "../../schemas/site/Log.js"

/** A log record to create. */
export interface NewLogRecord {
  readonly application: LogApplication
  /** At most 100 characters, not blank. */
  readonly loggerName: string
  readonly level: LogRecordLevel
  /** At most 100 characters, not blank. */
  readonly module: string
  /** From 0 to 32,767. */
  readonly line: number
  /** Not blank. */
  readonly message: string
  /** Default: the time at which the server receives the record. */
  readonly timestamp?: DateTime.Utc | undefined
}

/**
 * Creates a log record. The site had this endpoint from August 2019 to October 2020. Where it is absent, the server responds with a page of
 * HTML (404), and the operation fails with `ClientError`.
 */
export const createLogRecord = Operation.make(Authoriser, endpoints.createLogRecord, (record: NewLogRecord) => ({
  body: record
}))

const levels: Readonly<Record<LogLevel.Literal, LogRecordLevel>> = {
  All: "debug",
  Trace: "debug",
  Debug: "debug",
  Info: "info",
  Warning: "warning",
  Error: "error",
  Fatal: "critical",
  None: "critical"
}

/** Cuts a text to a number of characters. */
const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : [...text].slice(0, longest).join("")

/** Returns a text without what the server refuses, or another text if it is blank. */
const acceptable = (text: string, otherwise: string, longest = Number.POSITIVE_INFINITY): string => {
  const clean = cut(text.replaceAll("\0", "").toWellFormed(), longest)
  return Schema.is(Text)(clean) ? clean : otherwise
}

/** Returns the name of a source file, without its folder and its extension, as Python names modules. */
const moduleOf = (file: string): string => {
  const name = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1)
  const dot = name.lastIndexOf(".")
  return dot > 0 ? name.slice(0, dot) : name
}

/** Options of `toLogRecord`. */
export interface LogRecordOptions {
  readonly application: LogApplication
  /** The name of the logger. Default: that of the application. */
  readonly loggerName?: string | undefined
}

/**
 * Converts a record of `effect-herald/log` to one of the site. The message has the annotations and the cause, for which the site has no
 * fields. Names are cut to 100 characters. The line is at most 32,767, and 0 where it is not known; then the module is the logger's name.
 */
export const toLogRecord = (
  { annotations, cause, level, location, message, time }: Log.LogRecord,
  { application, loggerName = application }: LogRecordOptions
): NewLogRecord => {
  const name = acceptable(loggerName, application, longestLogName)
  const annotated = Object.entries(annotations).map(([key, value]) =>
    typeof value === "string" ? `${key}=${value}` : `${key}=${JSON.stringify(value)}`
  )
  const text = [[message, ...annotated].join(" "), cause].filter((part) => part !== undefined).join("\n")
  return {
    application,
    loggerName: name,
    level: levels[level],
    module: location === undefined ? name : acceptable(moduleOf(location.file), name, longestLogName),
    line: location === undefined ? 0 : Math.min(Math.max(location.line, 0), largestLogLine),
    message: acceptable(text, "(blank)"),
    timestamp: DateTime.unsafeMake(time)
  }
}

/** Options of `logShipper`. */
export interface LogShipperOptions extends LogRecordOptions, Pick<Log.Options<never, never>, "queue" | "flushWithin"> {}

/**
 * A layer that adds a logger, which ships records to the site one by one, in order, and none below Debug. Its other behaviour is that of
 * `Log.layer`. For other options, pass `createLogRecord` and `toLogRecord` to that.
 *
 * @example
 * ```ts
 * import { Layer, Redacted } from "effect"
 * import { Transport } from "effect-herald/node"
 * import * as Site from "effect-herald/site"
 *
 * const logs = Site.logShipper({ application: "bot" }).pipe(
 *   Layer.provide(Site.layer({ token: Redacted.make("secret") })),
 *   Layer.provide(Transport.layer())
 * )
 * ```
 */
export const logShipper = ({
  flushWithin,
  queue,
  ...options
}: LogShipperOptions): Layer.Layer<Log.Shipper, never, Authoriser | HttpClient> =>
  Log.layer({
    send: ([record]) => createLogRecord(toLogRecord(record, options)),
    minimumLevel: LogLevel.Debug,
    queue,
    flushWithin
  })
