/**
 * The end of a deadline, by which the library's own transport aborts a request. Unlike an interruption, it needs no fiber of its own, and
 * does not reach the children of the fiber that waits for the request.
 */
export interface Expiry {
  /** True once the deadline has passed. */
  passed: boolean
  /** Aborts the request in progress. */
  abort: (() => void) | undefined
}
