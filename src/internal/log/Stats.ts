/** The counts of a shipper since its layer was built. `accepted` is the sum of the others. */
export interface Stats {
  /** The records that were logged, above the minimum level and not by the shipping itself; and those found in the store. */
  readonly accepted: number
  /** The records that the API received. */
  readonly shipped: number
  /** The records that were dropped since the queue was full. */
  readonly dropped: number
  /** The records that could not be shipped: refused, or failed until the retries ended. */
  readonly failed: number
  /** The records that wait, or are being sent. */
  readonly queued: number
}
