import type { ErrorContext } from "./errors.js"

/** The conditions of a request that a 304 responds to (RFC 9110, 13.1.2 and 13.1.3). */
const conditions = ["if-none-match", "if-modified-since"]

/** Reports whether a response with this status is the 304 to a condition of the caller's own, which is a success. */
export const isNotModified = ({ endpoint, request }: ErrorContext["call"], status: number): boolean =>
  status === 304 && endpoint.notModified && conditions.some((name) => request?.headers[name] !== undefined)
