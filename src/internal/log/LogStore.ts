/** A record in a store. */
export interface StoredRecord {
  /** The position of the record: a later record has a greater one. */
  readonly position: number
  /** The record, as the JSON text that was appended. */
  readonly text: string
}

/**
 * A queue of records outside of the program's memory, such as on disk. All functions are synchronous, since a logger is: a record is
 * accepted when `append` returns.
 */
export interface LogStore {
  /** Appends a record. Throws if it can't be stored. */
  readonly append: (text: string) => number
  /** Returns the first records after a position, in order. */
  readonly read: (after: number, limit: number) => ReadonlyArray<StoredRecord>
  /** Removes the records up to and including a position. */
  readonly removeThrough: (position: number) => void
  /** Removes the record at a position. */
  readonly remove: (position: number) => void
  /** The number of records. */
  readonly size: () => number
}
