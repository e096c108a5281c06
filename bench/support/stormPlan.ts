/** What the processes of the bench "storm" agree on. Times are of `Date.now()`, which is one clock for all of them. */

export const callsPerSecond = 200
export const loadSeconds = 20

/** How long calls may go on after the last one began: the most patient contender waits 3.5 s in all. */
export const patienceSeconds = 10

/** Made by each contender, one after another, before the load: what is compiled at the first calls is no storm's matter. */
export const warmUpCalls = 100

/** In seconds from the load's beginning. */
export const outage = { from: 5, until: 15 }

/** The share of answers that a flaky server refuses, chosen by a generator of this seed for each contender. */
export const flaky = { share: 0.1, seed: 20_260_101 }

export type Storm = "outage" | "flaky"

export type Contender = "effect-herald" | "ky" | "got" | "three retries"

/** The server is asked to begin, and in the end what came. */
export type ServerQuestion = "address" | "begin" | "arrivals"

export interface ServerAnswers {
  readonly address: string
  /** When the load begins, and the outage's begin and end. */
  readonly begin: Times
  /** When each request came, by contender. */
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
  /** Not there: it had not ended when patience did. */
  readonly ended?: number
  readonly succeeded: boolean
}
