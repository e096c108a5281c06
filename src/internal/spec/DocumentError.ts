import * as Data from "effect/Data"

/** A text or value is no document that can be read, or a file of it can't be loaded. `message` says what was found, and what to do. */
export class DocumentError extends Data.TaggedError("DocumentError")<{
  readonly message: string
  /** The file or URL, if it is known. */
  readonly source?: string | undefined
  /** The line of a syntax error, from 1. */
  readonly line?: number | undefined
  /** The column of a syntax error, from 1. */
  readonly column?: number | undefined
}> {}
