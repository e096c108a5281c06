import * as Data from "effect/Data"
import * as oauth from "oauth4webapi"
import { TokenFailure } from "../Token.js"

/** What a server answers instead of a grant (RFC 6749, 5.2): its code, and what it says to that. */
export class ErrorAnswer
  extends /*#__PURE__*/ Data.TaggedError("ErrorAnswer")<{
    readonly host: string
    readonly code: string
    readonly description: string
  }> {}

/** As much as is told of what a server says, in characters. */
const mostTold = 200

/** What a server said, for a message: in one line, and not all of a long text. */
export const told = (text: string | undefined, scrub: (text: string) => string = (same) => same): string => {
  if (text === undefined) return ""
  // Controls could forge lines of a log, or of a terminal.
  // oxlint-disable-next-line no-control-regex
  const line = scrub(text).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
  return line.length > mostTold ? `${line.slice(0, mostTold)}…` : line
}

const sentence = ({ code, description, host }: ErrorAnswer, what: string) =>
  `${host} ${what}: ${code}${description === "" ? "" : ` (${description})`}`

const passing = ["server_error", "temporarily_unavailable"]

/** What an error answer means where no person is asked. */
export const refused = (answer: ErrorAnswer): TokenFailure =>
  passing.includes(answer.code)
    ? new TokenFailure({ reason: "Unavailable", message: sentence(answer, "can't grant a token now") })
    : new TokenFailure({ reason: "Refused", message: sentence(answer, "refuses") })

/** The same where a person is (RFC 6749, 4.1.2.1; RFC 8628, 3.5). */
export const denied = (answer: ErrorAnswer): TokenFailure => {
  switch (answer.code) {
    case "access_denied":
      return new TokenFailure({ reason: "Denied", message: sentence(answer, "says that access was denied") })
    case "expired_token":
      return new TokenFailure({ reason: "TimedOut", message: `${sentence(answer, "waits no longer")}; start anew` })
    default:
      return refused(answer)
  }
}

const unsafe: ReadonlyArray<string | undefined> = [
  oauth.JSON_ATTRIBUTE_COMPARISON,
  oauth.JWT_CLAIM_COMPARISON,
  oauth.JWT_TIMESTAMP_CHECK,
  oauth.HTTP_REQUEST_FORBIDDEN,
  oauth.REQUEST_PROTOCOL_FORBIDDEN
]

/**
 * What the library says is wrong with an answer. Its messages are fixed texts; what it keeps as a `cause` is the answer, with
 * its secrets, and is left behind.
 */
export const fromLibrary = (error: unknown, host: string, status?: number): TokenFailure => {
  const answered = status === undefined || status === 200 ? "" : `, with status ${status}`
  if (error instanceof oauth.UnsupportedOperationError) {
    return new TokenFailure({ reason: "Invalid", message: `${host} grants what can't be used here: ${error.message}` })
  }
  if (!(error instanceof oauth.OperationProcessingError)) {
    return new TokenFailure({ reason: "Unavailable", message: `${host} did not answer as it should${answered}` })
  }
  if (unsafe.includes(error.code)) {
    return new TokenFailure({ reason: "Unsafe", message: `${host} can't be trusted in this: ${error.message}` })
  }
  if (error.code === oauth.MISSING_SERVER_METADATA) {
    return new TokenFailure({ reason: "Refused", message: `${host} does not offer this: ${error.message}` })
  }
  return new TokenFailure({
    reason: "Unavailable",
    message: `${host} did not answer as it should${answered}: ${error.message}`
  })
}
