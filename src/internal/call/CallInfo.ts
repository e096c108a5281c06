import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { Clock } from "effect/Clock"
import type { Authoriser } from "../../Authoriser.js"
import type { CompiledEndpoint } from "../endpoint/CompiledEndpoint.js"

/** A call whose input is encoded. */
export interface PreparedCall {
  readonly endpoint: CompiledEndpoint
  readonly authoriser: Authoriser
  /** The caller's input. Its secrets are removed from errors. */
  readonly input: unknown
  /** The encoded request, with the call's idempotency key and without credentials. */
  readonly request: HttpClientRequest
}

/** The facts of a call that are known when it begins. */
export interface CallInfo extends PreparedCall {
  readonly clock: Clock
  /** In milliseconds since the epoch. */
  readonly startedAt: number
}
