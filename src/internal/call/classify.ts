import type { FailureClass } from "../../Attempt.js"

/**
 * Codes of failures before anything was written: DNS, connecting, certificates, no free socket. Other TLS errors are not
 * listed, since they may also occur after a request was written.
 */
const notSentCodes =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|EMFILE|ENFILE|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_CERT_ALTNAME_INVALID|CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/

/**
 * Codes of requests that a transport refuses before it writes anything: that of an invalid URL, method or header. A stream in
 * an invalid state and a body of another length than its `Content-Length` are not listed, since they may be found late.
 */
const refusedCodes =
  /^(UND_ERR_(INVALID_ARG|NOT_SUPPORTED)|ERR_INVALID_(?!STATE)\w+|ERR_HTTP_(INVALID|TRAILER|BODY|HEADERS)\w+|ERR_UNESCAPED_CHARACTERS)$/

/**
 * Messages with which `fetch` refuses a request before it writes anything, since its errors have no code: those of Node, and
 * of Chromium and Firefox, in which a failed connection is another message.
 */
const refusedMessage =
  /^(bad port|unknown scheme|Headers\.|Cannot convert|Failed to execute|\w+\.fetch: )|HTTP method|cannot have body|includes credentials/

const timeoutCodes = /^(ETIMEDOUT|UND_ERR_\w+_TIMEOUT|TimeoutError)$/

/** Codes that an established connection can end with, too, when its host becomes unreachable. */
const unreachableCodes = /^E(HOST|NET)(UNREACH|DOWN)$/

interface Cause {
  readonly code: string | undefined
  /** The transport refused the request. */
  readonly refused: boolean
  /** The failure occurred while connecting. */
  readonly connecting: boolean
  /** The failure occurred on an established connection. */
  readonly connected: boolean
}

/** Lists an error and its nested causes, among them one for each address that was tried. */
const causesOf = (error: unknown, depth = 0): ReadonlyArray<Cause> => {
  if (typeof error !== "object" || error === null || depth > 5) return []
  const { cause, code, errors, message, name, syscall } = error as Record<string, unknown>
  const text = typeof message === "string" ? message : ""
  const refused = refusedMessage.test(text)
  const ownCode = typeof code === "string" ? code : refused ? "TypeError" : name === "TimeoutError" ? name : undefined
  return [
    {
      code: ownCode,
      refused: refused || refusedCodes.test(ownCode ?? ""),
      // A socket that closes during the TLS handshake has the code ECONNRESET. Only the message distinguishes it.
      connecting: syscall === "connect" || text.includes("before secure TLS"),
      connected: syscall === "read" || syscall === "write"
    },
    ...causesOf(cause, depth + 1),
    ...(Array.isArray(errors) ? errors.flatMap((nested) => causesOf(nested, depth + 1)) : [])
  ]
}

/**
 * Classifies a transport failure. It is `Final` if the transport refused the request; `NotSent` only if its codes or system
 * calls prove that nothing was written; and otherwise `Ambiguous`, as every failed connection in a browser is. The reason never
 * includes messages, since some contain header values.
 *
 * - `stage`: `read` if the response had begun, else `send`.
 * - `reason`: the transport's code; `TypeError` if `fetch` refused the request; or `unknown`.
 */
export const classifyTransport = (
  cause: unknown,
  stage: "send" | "read"
): { readonly class: FailureClass; readonly timedOut: boolean; readonly reason: string } => {
  const causes = causesOf(cause).filter(({ code }) => code !== undefined)
  const nothingWritten =
    stage === "send" &&
    causes.length > 0 &&
    causes.every(
      ({ code, connected, connecting }) =>
        connecting || (notSentCodes.test(code!) && !(connected && unreachableCodes.test(code!)))
    )
  const refused = stage === "send" && causes.length > 0 && causes.every(({ refused }) => refused)
  return {
    class: refused ? "Final" : nothingWritten ? "NotSent" : "Ambiguous",
    timedOut: causes.some(({ code }) => timeoutCodes.test(code!)),
    reason: causes[0]?.code ?? "unknown"
  }
}

/** Classifies a response that is not a success by its status (RFC 9110, 15) and the presence of a `Retry-After`. */
export const classifyStatus = (status: number, hasRetryAfter: boolean): FailureClass => {
  switch (status) {
    case 401:
    case 408:
    case 425:
    case 429:
      return "Rejected"
    case 413:
      return hasRetryAfter ? "Rejected" : "Final"
    case 503:
      return hasRetryAfter ? "Rejected" : "Ambiguous"
    case 500:
    case 502:
    case 504:
      return "Ambiguous"
    default:
      return "Final"
  }
}
