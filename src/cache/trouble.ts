import type { HeraldError } from "../HeraldError.js"

/** Whether an error is such as RFC 5861, 4 means: no answer, or one that a server in trouble gives. */
export const isTrouble = (error: HeraldError): boolean => {
  switch (error._tag) {
    case "TransportError":
    case "TimeoutError":
    case "NotSent":
    case "RateLimited":
      return true
    case "ServerError":
      return error.status === 500 || error.status === 502 || error.status === 503 || error.status === 504
    default:
      return false
  }
}

/** Whether an error says that there is nothing any more. */
export const isGone = (error: HeraldError): boolean =>
  "status" in error && (error.status === 404 || error.status === 410)
