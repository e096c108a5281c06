/** The plan of the bench "storm", which its processes share. Times are those of `Date.now()`, which is one clock for all of them. */

export const callsPerSecond = 200
export const loadSeconds = 20

/** The time for calls to end after the last one has begun. The longest waits of a contender are 3.5 s in all. */
export const drainSeconds = 10

/** The number of calls before the load, one after another, so that compilation at the first calls is not measured. */
export const warmUpCalls = 100

/** In seconds from the start of the load. */
export const outage = { from: 5, until: 15 }

/** The share of requests to which a flaky server responds with a 503, by a generator of this seed for each contender. */
export const flaky = { share: 0.1, seed: 20_260_101 }

export type Storm = "outage" | "flaky"

export type Contender = "effect-herald" | "ky" | "got" | "three retries"

/** The messages to the server. */
export type ServerMessage = "address" | "begin" | "arrivals"

export interface ServerReplies {
  readonly address: string
  /** Starts the load. Returns its time, and those of the outage. */
  readonly begin: Times
  /** The time of each request, by contender. */
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
