/** The numbers of calls by their outcomes. */
export interface Outcomes {
  succeeded: number
  failed: number
  interrupted: number
}

/** What a process holds. */
export interface Held {
  /** Bytes of heap in use after garbage collection. */
  readonly heap: number
  /** Open sockets of clients, which do not keep the process alive while they are idle. */
  readonly sockets: number
  /** Active timers that keep the process alive. */
  readonly timers: number
  /** Other active resources that keep the process alive. */
  readonly resources: number
  /** The largest number of listeners of a socket. */
  readonly listeners: number
}

export interface SoakFigures {
  readonly outcomes: Outcomes
  readonly seconds: number
  /** CPU time of a call, in microseconds. */
  readonly cpu: number
  /** At the start, after the warm-up, after the calls, and after the layers are released. */
  readonly held: Readonly<Record<"initial" | "before" | "after" | "released", Held>>
  readonly unhandledRejections: number
  readonly warnings: number
}

/** The outcome of a call, by its number. */
export const outcomeOf = (call: number): keyof Outcomes =>
  call % 100 === 33 ? "interrupted" : call % 100 === 66 ? "failed" : "succeeded"
