import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as oauth from "oauth4webapi"
import { TokenFailure } from "../../Token.js"

/** An error response of an authorization server (RFC 6749, 4.1.2.1 and 5.2), with texts that are safe to show. */
export class ErrorResponse extends Data.TaggedError("ErrorResponse")<{
  readonly host: string
  /** The status of the response. Undefined for an authorization response, which is a redirect. */
  readonly status: number | undefined
  /** The error code. Empty if the response has none. */
  readonly code: string
  readonly description: string
  /** True if the request presented something that the server may have refused, such as a code or a refresh token. */
  readonly presented: boolean
  /** The wait that the server asks for (RFC 9110, 10.2.3), if it does. */
  readonly retryAfter?: Duration.Duration | undefined
  /** True if the server says that a later request may succeed. Default: false. */
  readonly transient?: boolean | undefined
  /** The new interval of token requests in seconds, which GitHub sends with `slow_down`. */
  readonly interval?: number | undefined
}> {}

/** A request without a response: it could not be sent, the connection broke, or the time limit passed. */
export class Outage extends Data.TaggedError("Outage")<{
  readonly message: string
  /** True if the server may have acted on the request. */
  readonly ambiguous: boolean
}> {}

/** The length at which a server's text is cut off, in characters. */
const maxExcerpt = 200

/** Returns a server's text as one line for a message, without secrets and cut off at `maxExcerpt`. */
export const excerpt = (text: string | undefined, scrub: (text: string) => string = (same) => same): string => {
  if (text === undefined) return ""
  // Control characters could forge lines of a log or control a terminal, and format characters could reorder or hide text.
  const line = scrub(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
  return line.length > maxExcerpt ? `${line.slice(0, maxExcerpt)}…` : line
}

/**
 * Error codes by which a server asks to try again later: those of RFC 6749 (4.1.2.1), and of RFC 8628 (3.5) outside of its grant;
 * then those of Google, Slack, Auth0 and others.
 */
const temporary = [
  "server_error",
  "temporarily_unavailable",
  "slow_down",
  "authorization_pending",
  "rate_limit_exceeded",
  "rate_limited",
  "ratelimited",
  "too_many_requests",
  "internal_error",
  "internal_failure",
  "internal_server_error",
  "fatal_error",
  "request_timeout",
  "service_unavailable",
  "unavailable",
  "resource_exhausted",
  "user_rate_limit_exceeded",
  "daily_limit_exceeded",
  "quota_exceeded",
  "rate_limit",
  "rate_exceeded",
  "throttled",
  "throttling",
  "throttling_exception",
  "too_many_attempts",
  "try_again_later",
  "system_busy",
  "system_error"
]

/**
 * Error codes by which a server refuses the client or its request, whatever grant it presents: those of RFC 6749 (4.1.2.1 and
 * 5.2), 7009 (2.2.1), 8707 (2), 9101 (7), 9449 (5 and 8), 7591 (3.2.2) and OpenID Connect Core (3.1.2.6); then those of GitHub,
 * Slack, Google and Microsoft.
 */
const operators = [
  "invalid_client",
  "invalid_request",
  "unauthorized_client",
  "unsupported_grant_type",
  "unsupported_response_type",
  "invalid_scope",
  "invalid_target",
  "unsupported_token_type",
  "invalid_request_object",
  "invalid_request_uri",
  "request_not_supported",
  "request_uri_not_supported",
  "registration_not_supported",
  "invalid_client_metadata",
  "invalid_redirect_uri",
  "invalid_dpop_proof",
  "use_dpop_nonce",
  "incorrect_client_credentials",
  "redirect_uri_mismatch",
  "application_suspended",
  "device_flow_disabled",
  "bad_client_secret",
  "bad_redirect_uri",
  "invalid_client_id",
  "invalid_grant_type",
  "oauth_authorization_url_mismatch",
  "no_scopes",
  "admin_policy_enforced",
  "deleted_client",
  "disabled_client",
  "org_internal",
  "invalid_resource"
]

/**
 * Error codes by which a server refuses what was presented: those of RFC 6749 (5.2), 6750 (3.1), 8628 (3.5) and OpenID Connect Core
 * (3.1.2.6), which a new sign-in can satisfy; then those of GitHub and Slack.
 */
const refusals = [
  "invalid_grant",
  "access_denied",
  "invalid_token",
  "expired_token",
  "interaction_required",
  "login_required",
  "consent_required",
  "account_selection_required",
  "bad_refresh_token",
  "bad_verification_code",
  "incorrect_device_code",
  "invalid_code",
  "code_already_used",
  "invalid_refresh_token",
  "token_expired",
  "token_revoked"
]

/** Statuses that are about the way in which the request was sent, and stay the same for any grant. */
const operatorStatuses = [405, 406, 407, 411, 413, 414, 415, 421, 426, 431, 451]

/** Statuses that refuse the client, where a request presents nothing else. */
const clientStatuses = [401, 403]

/** Statuses by which a server asks to try again later. From 500 on, all do. */
const temporaryStatuses = [408, 425, 429]

/** Reports whether a server with this status should be asked again later. */
export const isTemporary = (status: number): boolean => status >= 500 || temporaryStatuses.includes(status)

type Reason = "Refused" | "Misconfigured" | "Unavailable"

/**
 * Returns the reason of a failure by an error response. A documented code decides, whatever the status, but for the statuses 408, 425
 * and 429. Without one the status decides: a 4xx refuses what was presented, since a refresh token that is refused without a code would
 * otherwise be presented for ever. If nothing was presented, a 401 or 403 refuses the client, and another 4xx may come from a proxy.
 */
const reasonOf = ({ code, presented, retryAfter, status = 400, transient = false }: ErrorResponse): Reason => {
  const known = knownCode(code) ?? ""
  if (temporary.includes(known) || temporaryStatuses.includes(status)) return "Unavailable"
  if (operators.includes(known)) return "Misconfigured"
  if (refusals.includes(known)) return "Refused"
  if (status >= 500 || transient || retryAfter !== undefined) return "Unavailable"
  if (operatorStatuses.includes(status)) return "Misconfigured"
  if (code !== "" || presented) return "Refused"
  return clientStatuses.includes(status) ? "Misconfigured" : "Unavailable"
}

/** Returns the letters and digits of a code in lower case: servers write `invalid_client`, `Invalid Client` or `invalidClient`. */
const lettersOf = (code: string): string => code.toLowerCase().replaceAll(/[^a-z0-9]/g, "")

/** Returns the error code that a text stands for, as it is spelled in this module. Undefined if the text is no known code. */
export const knownCode = (text: string): string | undefined => {
  const letters = lettersOf(text)
  return [temporary, operators, refusals, denials, expiries].flat().find((code) => lettersOf(code) === letters)
}

const messageOf = ({ code, description, host, status }: ErrorResponse, event: string) => {
  const cause = code === "" ? `status ${status} and no error code` : code
  return `${host} ${event}: ${cause}${description === "" ? "" : ` (${description})`}`
}

const events: Readonly<Record<Reason, string>> = {
  Refused: "refused the OAuth request",
  Misconfigured: "refused the OAuth request",
  Unavailable: "is temporarily unable to grant a token"
}

const advice: Readonly<Record<Reason, string>> = {
  Refused: "",
  Misconfigured: ": change the options, or the registration of the client",
  Unavailable: ""
}

/** Converts the error response to a token request. */
export const requestFailure = (response: ErrorResponse): TokenFailure => {
  const reason = reasonOf(response)
  return new TokenFailure({ reason, message: `${messageOf(response, events[reason])}${advice[reason]}` })
}

/** Error codes for a user who denied access: those of RFC 6749 (4.1.2.1), Microsoft, and LinkedIn and Apple. */
const denials = [
  "access_denied",
  "authorization_declined",
  "user_cancelled_authorize",
  "user_cancelled_login",
  "user_denied"
]

/** Error codes for a code that has expired: those of RFC 8628 (3.5) and Slack. */
const expiries = ["expired_token", "code_expired"]

/** Converts the error response to a request that needs the consent of a user (RFC 6749, 4.1.2.1; RFC 8628, 3.5). */
export const authorizationFailure = (response: ErrorResponse): TokenFailure => {
  const { code } = response
  if (denials.includes(code)) {
    return new TokenFailure({ reason: "Denied", message: messageOf(response, "reports that access was denied") })
  }
  if (expiries.includes(code)) {
    return new TokenFailure({
      reason: "TimedOut",
      message: `${messageOf(response, "reports that the code has expired")}; sign in again`
    })
  }
  return requestFailure(response)
}

/** Reports whether a response is a server error, which says nothing about what the server has done. */
export const isServerError = (response: ErrorResponse): boolean =>
  response.status !== undefined && response.status >= 500 && reasonOf(response) === "Unavailable"

/** Converts an outage. */
export const outageFailure = ({ message }: Outage): TokenFailure => new TokenFailure({ reason: "Unavailable", message })

/**
 * Marks a temporary failure after a user took part, which is not remembered otherwise, so that each call would ask the user again.
 */
export const afterUser = (failure: TokenFailure): TokenFailure =>
  failure.reason === "Unavailable"
    ? new TokenFailure({ reason: failure.reason, message: failure.message, userTookPart: true })
    : failure

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
    const isType = error.message.includes("token_type")
    return new TokenFailure({
      reason: "Invalid",
      message: isType
        ? `${host} granted an unsupported token: ${error.message}; if the API takes it as a Bearer token, name its type in \`bearerTokenTypes\``
        : `${host} sent a token in an unsupported form: ${error.message}; change the registration of the client`
    })
  }
  if (!(error instanceof oauth.OperationProcessingError)) {
    return new TokenFailure({ reason: "Unavailable", message: `${host} sent an invalid response${withStatus}` })
  }
  if (unsafeCodes.includes(error.code)) {
    return new TokenFailure({ reason: "Unsafe", message: `the response of ${host} is not trusted: ${error.message}` })
  }
  if (error.code === oauth.MISSING_SERVER_METADATA || error.code === oauth.INVALID_SERVER_METADATA) {
    return new TokenFailure({
      reason: "Misconfigured",
      message: `${host} does not support this grant: ${error.message}; if it does, configure its endpoints as \`server\``
    })
  }
  return new TokenFailure({
    reason: "Unavailable",
    message: `${host} sent an invalid response${withStatus}: ${error.message}`
  })
}
