import { type AnyError, detailsOf, isHeraldError } from "../../HeraldError.js"

const unavailable: ReadonlyArray<number> = [429, 500, 502, 503, 504]

/**
 * Returns `true` if a stale response may be used instead of this error (RFC 5861, 4): there was no response, or it has a status
 * of a temporary problem.
 */
export const allowsStale = (error: AnyError): boolean => {
  if (isHeraldError(error)) {
    switch (error._tag) {
      case "TransportError":
      case "TimeoutError":
      case "NotSent":
      case "RateLimited":
        return true
      // Neither is a failure of the server, whatever the status of its last response.
      case "DecodeError":
      case "AuthoriserError":
        return false
    }
  }
  const status = detailsOf(error)?.status
  return status !== undefined && unavailable.includes(status)
}

/** Returns `true` if an error reports that the resource does not exist. */
export const isGone = (error: AnyError): boolean => {
  const status = detailsOf(error)?.status
  return status === 404 || status === 410
}
