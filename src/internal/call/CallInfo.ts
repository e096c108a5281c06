import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { Clock } from "effect/Clock"
import type { Authoriser } from "../../Authoriser.js"
import type { CompiledEndpoint } from "../endpoint/CompiledEndpoint.js"

/** The facts of a call that are known when it begins. */
export interface CallInfo {
  readonly endpoint: CompiledEndpoint
  readonly authoriser: Authoriser
  /** The caller's input, in which errors look for secrets. */
  readonly input: unknown
  /** The encoded request, with the call's idempotency key and without credentials. */
  readonly request: HttpClientRequest
  readonly clock: Clock
  /** In milliseconds since the epoch. */
  readonly startedAt: number
}
