import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import type { AuthorizedRequest, CredentialsFailure } from "../../Credentials.js"
import type { Issue } from "../../Issue.js"
import { flatMapNow } from "../flatMapNow.js"
import { allowsCredentials, insecureMessage } from "../http/secureUrl.js"
import { pauseLeft } from "./pauses.js"
import type { CallInfo } from "./CallInfo.js"
import type { CallState } from "./CallState.js"
import { framingIssue } from "./framing.js"
import { carriesCredentials } from "./secrets.js"
import type { Ready } from "./send.js"

/** The request of an attempt, made by the cache step. */
export interface AttemptRequest {
  /** Without credentials. */
  readonly request: HttpClientRequest
  /** The request without the cache's conditions (RFC 9110, 13.1), if `request` has any. */
  readonly unconditional: HttpClientRequest | undefined
  /** The cache partition of the lookup. Undefined without a lookup, and for credentials without `partition`. */
  readonly partition: string | undefined
  /** True if the body is read as bytes, since the cache stores bytes. */
  readonly asBytes: boolean
}

/** Sentinel: a pause began before the request was sent. The attempt is re-queued and not counted. */
export const pauseBegan = "pause began"
export type PauseBegan = typeof pauseBegan

/** The reason why credentials could not be obtained, or must not be sent. */
export type Refusal = Pick<CredentialsFailure, "message" | "reason">

/** Reports whether another user has signed in since the cache lookup, so that neither its entry nor its partition apply. */
export const isOtherPartition = (
  { partition }: Pick<AttemptRequest, "partition">,
  authorized: AuthorizedRequest
): boolean => authorized.partition !== undefined && partition !== undefined && authorized.partition !== partition

/** Returns the reason why a request must not be sent with its credentials: the network, or a header that is not permitted. */
export const refusalOf = (
  { authoriser: { baseUrl, defaults } }: CallInfo,
  plain: HttpClientRequest,
  authorized: HttpClientRequest
): Refusal | Issue | undefined => {
  const hasCredentials = authorized !== plain || carriesCredentials(plain)
  return hasCredentials && !allowsCredentials({ baseUrl, insecure: defaults.insecure })
    ? { reason: "Insecure", message: insecureMessage }
    : framingIssue(authorized.headers, authorized.body)
}

/** Adds credentials to a request. Fails if they must not be sent, if a header is not permitted, or if a pause has begun. */
export const authorize = (
  call: CallInfo,
  plain: HttpClientRequest,
  attempted: Pick<AttemptRequest, "partition" | "unconditional">,
  { probing }: Pick<CallState, "probing">
): Effect.Effect<Ready, Refusal | Issue | PauseBegan, HttpClient> => {
  const { credentials } = call.authoriser
  const { unconditional } = attempted
  return flatMapNow(
    credentials.authorize(plain),
    (authorized): Effect.Effect<Ready, Refusal | Issue | PauseBegan, HttpClient> => {
      if (unconditional !== undefined && plain !== unconditional && isOtherPartition(attempted, authorized)) {
        return authorize(call, unconditional, attempted, { probing })
      }
      const refusal = refusalOf(call, plain, authorized.request)
      if (refusal !== undefined) return Effect.fail(refusal)
      // A pause may have begun while the credentials were obtained.
      return !probing && pauseLeft(call) > 0 ? Effect.fail(pauseBegan) : Effect.succeed({ plain, authorized })
    }
  )
}
