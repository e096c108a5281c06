import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { HeraldError, ErrorDetails } from "../../src/HeraldError.js"

/**
 * A reset was sent, and the new credentials did not come back.
 *
 * - `AnswerLost`: no whole answer came, so the old credentials may be gone; the layer goes on with them, and the server tells
 * - `NotTold`: the server replaced them and did not say by what; the layer sends nothing any more
 */
export class CredentialsLost
  extends /*#__PURE__*/ Data.TaggedError("CredentialsLost")<
    ErrorDetails & { readonly reason: "AnswerLost" | "NotTold" }
  > {}

/** What is sure of a failed reset: undefined if it was not carried out. */
const reasonOf = (error: HeraldError): CredentialsLost["reason"] | undefined => {
  if (error._tag === "DecodeError") {
    // A 303 says that there is a result, elsewhere (RFC 9110, 15.4.4).
    if (error.status === 303) return "AnswerLost"
    return error.status !== undefined && error.status >= 200 && error.status < 300 ? "NotTold" : undefined
  }
  const last = error.attempts.at(-1)
  const lost = last === undefined ? error._tag === "TimeoutError" : last.class === "Ambiguous"
  return lost ? "AnswerLost" : undefined
}

/** Turns those failures of a reset that lose credentials into `CredentialsLost`. */
export const orCredentialsLost = <A, E extends HeraldError, R>(
  reset: Effect.Effect<A, E, R>
): Effect.Effect<A, E | CredentialsLost, R> =>
  Effect.mapError(reset, (error) => {
    const reason = reasonOf(error)
    if (reason === undefined) return error
    const { attempts, method, operation, requestId, status, url } = error
    return new CredentialsLost({
      message: `${
        reason === "NotTold"
          ? "the credentials were replaced, and the answer does not tell the new ones"
          : "the credentials may have been replaced, and no answer told the new ones"
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
