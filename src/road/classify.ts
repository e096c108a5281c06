import type { FailureClass } from "../Attempt.js"

/**
 * Nothing was written: no address, no connection, no certificate to trust, no socket free. Of TLS no more than certificates:
 * its other errors may come after a request was written.
 */
const notSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|EMFILE|ENFILE|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_CERT_ALTNAME_INVALID|CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/

const timedOut = /^(ETIMEDOUT|UND_ERR_\w+_TIMEOUT|TimeoutError)$/

/** A connection that was made can end like this, too, when its host goes out of reach. */
const unreachable = /^E(HOST|NET)(UNREACH|DOWN)$/

interface Cause {
  readonly code: string | undefined
  readonly connecting: boolean
  readonly connected: boolean
}

/** Every cause within a cause: of an error, and of each of the addresses that were tried. */
const causesIn = (error: unknown, depth = 0): ReadonlyArray<Cause> => {
  if (typeof error !== "object" || error === null || depth > 5) return []
  const { cause, code, errors, message, name, syscall } = error as Record<string, unknown>
  const own = typeof code === "string" ? code : name === "TimeoutError" ? name : undefined
  return [
    {
      code: own,
      // A socket that closes during the TLS handshake has a plain ECONNRESET, and this message.
      connecting: syscall === "connect" || (typeof message === "string" && message.includes("before secure TLS")),
      connected: syscall === "read" || syscall === "write"
    },
    ...causesIn(cause, depth + 1),
    ...(Array.isArray(errors) ? errors.flatMap((one) => causesIn(one, depth + 1)) : [])
  ]
}

/**
 * What a transport's failure leaves open. Only a code or a place that says for certain that nothing was written makes it
 * `NotSent`; what a transport doesn't tell (a browser tells nothing) is `Ambiguous`. Messages are not kept: some show header
 * values.
 */
export const classifyTransport = (
  cause: unknown,
  stage: "send" | "read"
): { readonly class: FailureClass; readonly timedOut: boolean; readonly reason: string } => {
  const causes = causesIn(cause).filter(({ code }) => code !== undefined)
  const certain =
    stage === "send" &&
    causes.length > 0 &&
    causes.every(
      ({ code, connected, connecting }) =>
        connecting || (notSent.test(code!) && !(connected && unreachable.test(code!)))
    )
  return {
    class: certain ? "NotSent" : "Ambiguous",
    timedOut: causes.some(({ code }) => timedOut.test(code!)),
    reason: causes[0]?.code ?? "unknown"
  }
}

/** What a status leaves open; the table of the README. */
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
