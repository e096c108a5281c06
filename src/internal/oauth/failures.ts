import * as Data from "effect/Data"
import * as oauth from "oauth4webapi"
import { TokenFailure } from "../../Token.js"

/** An error response of an authorization server (RFC 6749, 4.1.2.1 and 5.2), with texts that are safe to show. */
export class ErrorResponse extends Data.TaggedError("ErrorResponse")<{
  readonly host: string
  readonly code: string
  readonly description: string
}> {}

/** The length at which a server's text is cut off, in characters. */
const maxExcerpt = 200

/** Returns a server's text as one line for a message, without secrets and cut off at `maxExcerpt`. */
export const excerpt = (text: string | undefined, scrub: (text: string) => string = (same) => same): string => {
  if (text === undefined) return ""
  // Control characters could forge lines of a log or control a terminal.
  // oxlint-disable-next-line no-control-regex
  const line = scrub(text).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
  return line.length > maxExcerpt ? `${line.slice(0, maxExcerpt)}…` : line
}

const messageOf = ({ code, description, host }: ErrorResponse, event: string) =>
  `${host} ${event}: ${code}${description === "" ? "" : ` (${description})`}`

const temporaryErrors = ["server_error", "temporarily_unavailable"]

/** Converts the error response to a token request. */
export const requestFailure = (response: ErrorResponse): TokenFailure =>
  temporaryErrors.includes(response.code)
    ? new TokenFailure({
        reason: "Unavailable",
        message: messageOf(response, "is temporarily unable to grant a token")
      })
    : new TokenFailure({ reason: "Refused", message: messageOf(response, "refused the request") })

/** Converts the error response to a request that needs the consent of a user (RFC 6749, 4.1.2.1; RFC 8628, 3.5). */
export const authorizationFailure = (response: ErrorResponse): TokenFailure => {
  switch (response.code) {
    case "access_denied":
      return new TokenFailure({ reason: "Denied", message: messageOf(response, "reports that access was denied") })
    case "expired_token":
      return new TokenFailure({
        reason: "TimedOut",
        message: `${messageOf(response, "reports that the code has expired")}; sign in again`
      })
    default:
      return requestFailure(response)
  }
}

/** Error codes of `oauth4webapi` for responses that may be from an attacker, and for insecure endpoints. */
const unsafeCodes: ReadonlyArray<string | undefined> = [
  oauth.JSON_ATTRIBUTE_COMPARISON,
  oauth.JWT_CLAIM_COMPARISON,
  oauth.JWT_TIMESTAMP_CHECK,
  oauth.HTTP_REQUEST_FORBIDDEN,
  oauth.REQUEST_PROTOCOL_FORBIDDEN
]

/**
 * Converts an error of `oauth4webapi`. Its messages are fixed texts. Its `cause` is dropped: it holds the response, with
 * secrets.
 */
export const libraryFailure = (error: unknown, host: string, status?: number): TokenFailure => {
  const withStatus = status === undefined || status === 200 ? "" : ` with status ${status}`
  if (error instanceof oauth.UnsupportedOperationError) {
    return new TokenFailure({ reason: "Invalid", message: `${host} granted an unsupported token: ${error.message}` })
  }
  if (!(error instanceof oauth.OperationProcessingError)) {
    return new TokenFailure({ reason: "Unavailable", message: `${host} sent an invalid response${withStatus}` })
  }
  if (unsafeCodes.includes(error.code)) {
    return new TokenFailure({ reason: "Unsafe", message: `the response of ${host} is not trusted: ${error.message}` })
  }
  if (error.code === oauth.MISSING_SERVER_METADATA) {
    return new TokenFailure({ reason: "Refused", message: `${host} does not support this grant: ${error.message}` })
  }
  return new TokenFailure({
    reason: "Unavailable",
    message: `${host} sent an invalid response${withStatus}: ${error.message}`
  })
}
