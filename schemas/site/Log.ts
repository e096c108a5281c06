import * as Schema from "effect/Schema"
import { Text, textUpTo } from "./Text.js"
import { Timestamp } from "./Timestamp.js"

/** The programs that the server takes log records of. */
export const LogApplication = Schema.Literal("bot", "seasonalbot", "site")
/** A program that the server takes log records of. */
export type LogApplication = typeof LogApplication.Type

/** The levels of log records. */
export const LogRecordLevel = Schema.Literal("debug", "info", "warning", "error", "critical")
/** The level of a log record. */
export type LogRecordLevel = typeof LogRecordLevel.Type

/** The longest name of a logger or a module, in characters. */
export const longestLogName = 100

/** The largest line number: the server's column has 16 bits. */
export const largestLogLine = 32_767

const siteLogRecord = Schema.Struct({
  application: Schema.String,
  loggerName: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("logger_name")),
  level: Schema.String,
  module: Schema.String,
  line: Schema.Int,
  message: Schema.String,
  timestamp: Timestamp
}).annotations({ identifier: "SiteLogRecord" })
/** A log record, as the server stores it. */
export interface SiteLogRecord extends Schema.Schema.Type<typeof siteLogRecord> {}
/** A `SiteLogRecord` on the wire. */
export interface SiteLogRecordEncoded extends Schema.Schema.Encoded<typeof siteLogRecord> {}
export const SiteLogRecord: Schema.Schema<SiteLogRecord, SiteLogRecordEncoded> = siteLogRecord

/** A log record to create. The server sets an absent time. */
export const NewLogRecord = Schema.Struct({
  application: LogApplication,
  loggerName: Schema.propertySignature(textUpTo(longestLogName)).pipe(Schema.fromKey("logger_name")),
  level: LogRecordLevel,
  module: textUpTo(longestLogName),
  line: Schema.Int.pipe(Schema.between(0, largestLogLine)),
  message: Text,
  timestamp: Schema.optional(Timestamp)
})
