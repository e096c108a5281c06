/** The plan of the benchmark "storm", which its processes share. Times are those of `Date.now()`, the same clock for all of them. */

/** The load of a storm, and the outage within it, in seconds from the start of the load. */
export interface Plan {
  readonly callsPerSecond: number
  readonly loadSeconds: number
  readonly outage: { readonly from: number; readonly until: number }
  /** The number of calls before the load, one after another. They keep the compilation of code out of the figures. */
  readonly warmUpCalls: number
}

const storm: Plan = { callsPerSecond: 200, loadSeconds: 20, outage: { from: 5, until: 15 }, warmUpCalls: 100 }

/** Few calls. A warm-up of many would be traffic before the outage. */
const trickle = { loadSeconds: 20, outage: { from: 5, until: 16 }, warmUpCalls: 3 }

export const plans = {
  outage: storm,
  flaky: storm,
  "trickle of 5": { ...trickle, callsPerSecond: 5 },
  "trickle of 1": { ...trickle, callsPerSecond: 1 }
} satisfies Record<string, Plan>

export type Storm = keyof typeof plans

/** The time that calls have to end after the last one has begun. The waits of a contender are at most 3.5 s in all. */
export const drainSeconds = 10

/** The share of requests to which a flaky server responds with a 503, and the seed of each contender's random numbers. */
export const flaky = { share: 0.1, seed: 20_260_101 }

export type Contender = "effect-herald" | "ky" | "got" | "three retries"

/** The messages to the server. */
export type ServerMessage = "address" | "begin" | "arrivals"

export interface ServerReplies {
  readonly address: string
  /** Plans the load. Returns the times of its start and of the outage. */
  readonly begin: Times
  /** The times of the requests, by contender. */
  readonly arrivals: Record<string, ReadonlyArray<number>>
}

export interface Times {
  readonly load: number
  readonly outage: Outage
}

export interface Outage {
  readonly begins: number
  readonly ends: number
}

export interface Call {
  readonly begun: number
  /** Absent if the call had not ended after `drainSeconds`. */
  readonly ended?: number
  readonly succeeded: boolean
}
