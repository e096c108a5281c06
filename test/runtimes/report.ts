/** What a check found on a runtime. Sent between processes as JSON. */
export interface Report {
  readonly name: string
  /** The reason for which the check failed. Undefined if it passed. */
  readonly failure?: string | undefined
  readonly millis: number
}
