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

/** Statuses by which a server says that it did not act on the request (RFC 9110, 15.5.2 and 15.5.9; RFC 8470; RFC 6585, 4). */
const rejections: ReadonlyArray<number> = [401, 408, 425, 429]

/**
 * Statuses from 500 that stay the same however often the request is sent: not implemented, an unsupported version of HTTP, a server
 * that is not set up correctly, a loop, a missing extension, and a network that asks for a sign-in.
 */
const lastingServerErrors: ReadonlyArray<number> = [501, 505, 506, 508, 510, 511]

/**
 * Classifies a response that is not a success by its status (RFC 9110, 15) and the presence of a `Retry-After`. A status that is not
 * registered is treated as the x00 of its class, and one from 600 on as a 500.
 */
export const classifyStatus = (status: number, hasRetryAfter: boolean): FailureClass =>
  rejections.includes(status) || (hasRetryAfter && (status === 413 || status === 503))
    ? "Rejected"
    : status >= 500 && !lastingServerErrors.includes(status)
      ? "Ambiguous"
      : "Final"
