import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Exit from "effect/Exit"
import type { Attempt } from "../../Attempt.js"
import type { Api, CompiledEndpoint } from "../endpoint/CompiledEndpoint.js"

/**
 * How a call came to be: `own` if an operation or a verb makes it; `shared` or `background` if it sends the request that calls share, or
 * that refreshes a cache entry.
 */
export type CallKind = "own" | "shared" | "background"

/** The facts of a call that an observer sees. The reference is the same for all functions of the observer. */
export interface ObservedCall {
  readonly endpoint: CompiledEndpoint
  readonly authoriser: Api
  /** The caller's input, with its secrets. */
  readonly input: unknown
  readonly clock: Clock.Clock
  /** In milliseconds since the epoch. */
  readonly startedAt: number
}

/** Observes calls. Its functions return at once, and do not throw. */
export interface CallObserver {
  /** Runs when the input is encoded. `attempts` returns the failed attempts so far. */
  readonly began: (call: ObservedCall, kind: CallKind, attempts: () => ReadonlyArray<Attempt>) => void
  /** Runs before each request, also of a redirect, and after a refresh of credentials. */
  readonly sent: (call: ObservedCall, plain: HttpClientRequest, authorized: HttpClientRequest) => void
  /** Runs when the head of the response to the last request is received. */
  readonly received: (call: ObservedCall, status: number, headers: Readonly<Record<string, string | undefined>>) => void
  readonly ended: (call: ObservedCall, exit: Exit.Exit<unknown, unknown>) => void
}

/** The observer of calls, for tests. Default: none. */
export class Observer extends Context.Reference<Observer>()("effect-herald/CallObserver", {
  defaultValue: (): CallObserver | undefined => undefined
}) {}
