import type * as LogLevel from "effect/LogLevel"

/** A place in a source file. */
export interface SourceLocation {
  /** The path or URL of the file. */
  readonly file: string
  /** The line, from 1. */
  readonly line: number
  readonly function?: string | undefined
}

/**
 * A record of a log. It is plain JSON, made when the program logs: later changes of the logged values do not change it. It holds no
 * secret: `Redacted` values, and annotations whose names are those of secrets, are `<redacted>`.
 */
export interface LogRecord {
  /** The time of the call, in milliseconds since the epoch. */
  readonly time: number
  readonly level: LogLevel.Literal
  /** The logged values as one text. */
  readonly message: string
  /** The logged values that are no texts, as JSON. */
  readonly values: ReadonlyArray<unknown>
  /** The name of the fiber, such as `#12`. */
  readonly fiber: string
  /** The milliseconds since the begin of each log span, by its label. */
  readonly spans: Readonly<Record<string, number>>
  readonly annotations: Readonly<Record<string, unknown>>
  /** The cause that was logged, as text with stacks. */
  readonly cause?: string | undefined
  readonly location?: SourceLocation | undefined
  /** The trace that the record belongs to, if a tracer is installed. */
  readonly trace?: { readonly traceId: string; readonly spanId: string; readonly sampled: boolean } | undefined
}
