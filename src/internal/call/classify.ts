import type { FailureClass } from "../../Attempt.js"

/**
 * Codes of failures before anything was written: DNS, connecting, certificates, no free socket. Other TLS errors are not
 * listed, since they may also occur after a request was written.
 */
const notSentCodes =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|EMFILE|ENFILE|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_CERT_ALTNAME_INVALID|CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/

const timeoutCodes = /^(ETIMEDOUT|UND_ERR_\w+_TIMEOUT|TimeoutError)$/

/** Codes that an established connection can end with, too, when its host becomes unreachable. */
const unreachableCodes = /^E(HOST|NET)(UNREACH|DOWN)$/

interface Cause {
  readonly code: string | undefined
  /** The failure occurred while connecting. */
  readonly connecting: boolean
  /** The failure occurred on an established connection. */
  readonly connected: boolean
}

/** Lists an error and its nested causes, among them one for each address that was tried. */
const causesOf = (error: unknown, depth = 0): ReadonlyArray<Cause> => {
  if (typeof error !== "object" || error === null || depth > 5) return []
  const { cause, code, errors, message, name, syscall } = error as Record<string, unknown>
  const ownCode = typeof code === "string" ? code : name === "TimeoutError" ? name : undefined
  return [
    {
      code: ownCode,
      // A socket that closes during the TLS handshake has the code ECONNRESET. Only the message distinguishes it.
      connecting: syscall === "connect" || (typeof message === "string" && message.includes("before secure TLS")),
      connected: syscall === "read" || syscall === "write"
    },
    ...causesOf(cause, depth + 1),
    ...(Array.isArray(errors) ? errors.flatMap((nested) => causesOf(nested, depth + 1)) : [])
  ]
}

/**
 * Classifies a transport failure. It is `NotSent` only if its codes or system calls prove that nothing was written, and
 * otherwise `Ambiguous`, as every failure in a browser is. The reason never includes messages, since some contain header
 * values.
 *
 * - `stage`: `read` if the response had begun, else `send`.
 * - `reason`: the transport's code, or `unknown`.
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
  return {
    class: nothingWritten ? "NotSent" : "Ambiguous",
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
