import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { CallError, ErrorDetails } from "../../src/HeraldError.js"

/**
 * A reset was sent, and the new credentials were not received.
 *
 * - `ResponseLost`: no whole response was received, so the old credentials may be invalid. The layer continues to use them: a
 *   later call shows whether the server still accepts them
 * - `NotReturned`: the server replaced the credentials and did not return the new ones. The layer sends no further request
 */
export class CredentialsLost extends Data.TaggedError("CredentialsLost")<
  ErrorDetails & { readonly reason: "ResponseLost" | "NotReturned" }
> {}

/** The reason for `CredentialsLost` of a failed reset; undefined if the server did not carry it out. */
const reasonOf = (error: CallError): CredentialsLost["reason"] | undefined => {
  if (error._tag === "DecodeError") {
    // A 303 refers to the result of the request (RFC 9110, 15.4.4), so the server has carried it out.
    if (error.status === 303) return "ResponseLost"
    return error.status !== undefined && error.status >= 200 && error.status < 300 ? "NotReturned" : undefined
  }
  const last = error.attempts.at(-1)
  const lost = last === undefined ? error._tag === "TimeoutError" : last.class === "Ambiguous"
  return lost ? "ResponseLost" : undefined
}

/** Maps the failure of a reset to `CredentialsLost` if the new credentials are lost. */
export const mapCredentialsLost = <A, E extends CallError, R>(
  reset: Effect.Effect<A, E, R>
): Effect.Effect<A, E | CredentialsLost, R> =>
  Effect.mapError(reset, (error) => {
    const reason = reasonOf(error)
    if (reason === undefined) return error
    const { attempts, method, operation, requestId, status, url } = error
    return new CredentialsLost({
      message: `${
        reason === "NotReturned"
          ? "the credentials were replaced, and the response does not have the new ones"
          : "the credentials may have been replaced, and no response with new ones was received"
      }: ${error.message}`,
      reason,
      operation,
      method,
      url,
      status,
      attempts,
      requestId
    })
  })
