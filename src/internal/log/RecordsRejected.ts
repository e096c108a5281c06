import * as Data from "effect/Data"

/**
 * An error with which `send` reports that the API accepted a part of the records. The others count as failed, and are not sent again.
 */
export class RecordsRejected extends Data.TaggedError("RecordsRejected")<{
  /** The number of records that were not accepted. */
  readonly rejected: number
  /** The reason, by the API. */
  readonly reason: string
}> {
  override get message(): string {
    return `${this.rejected} log records were not accepted: ${this.reason}`
  }
}
