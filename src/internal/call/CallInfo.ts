import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import type { Authoriser } from "../../Authoriser.js"
import type { CompiledEndpoint } from "../endpoint/CompiledEndpoint.js"
import { type CallObserver, Observer } from "./observer.js"
import { isDefaultTracer } from "../isDefaultTracer.js"

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
  readonly clock: Clock.Clock
  /** In milliseconds since the epoch. */
  readonly startedAt: number
  /** The services and per-call overrides of the program. */
  readonly context: Context.Context<never>
  /** True if there is a tracer that may export spans. */
  readonly traced: boolean
  /** The observer of a test, if there is one. */
  readonly observer: CallObserver | undefined
}

/** Begins a call in a fiber. */
export const beginCall = (fiber: Fiber.RuntimeFiber<unknown, unknown>, prepared: PreparedCall): CallInfo => {
  const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
  const { authoriser, endpoint, input, request } = prepared
  return {
    endpoint,
    authoriser,
    input,
    request,
    clock,
    startedAt: clock.unsafeCurrentTimeMillis(),
    context: fiber.currentContext,
    // Only this key has it. Reading the default of a reference costs half a microsecond in every call.
    observer: fiber.currentContext.unsafeMap.get(Observer.key) as CallObserver | undefined,
    traced: !isDefaultTracer(fiber.currentTracer)
  }
}
