import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import type * as Exit from "effect/Exit"
import type { CallInfo } from "./CallInfo.js"
import type { CallState } from "./CallState.js"

/**
 * How a call came to be: `own` if an operation or a verb makes it; `shared` or `background` if it sends the request that calls share, or
 * that refreshes a cache entry.
 */
export type CallKind = "own" | "shared" | "background"

/** Observes calls. Its functions return at once, and do not throw. */
export interface CallObserver {
  /** Runs when the input is encoded. The state is that of the call, and changes while it runs. */
  readonly began: (call: CallInfo, state: CallState, kind: CallKind) => void
  /** Runs before each request, also of a redirect, and after a refresh of credentials. */
  readonly sent: (call: CallInfo, plain: HttpClientRequest, authorized: HttpClientRequest) => void
  /** Runs when the head of the response to the last request is received. */
  readonly received: (call: CallInfo, status: number, headers: Readonly<Record<string, string | undefined>>) => void
  readonly ended: (call: CallInfo, exit: Exit.Exit<unknown, unknown>) => void
}

/** The observer of calls, for tests. Default: none. */
export class Observer extends Context.Reference<Observer>()("effect-herald/CallObserver", {
  defaultValue: (): CallObserver | undefined => undefined
}) {}
