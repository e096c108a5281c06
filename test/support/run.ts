import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { Deadline, RetryPolicy } from "effect-herald"
import { at, type CallerParts, elapsingAtOnce, type Step, stub, type thing } from "./kit.js"

/** The outcome of a call. Times are in milliseconds after its start, rounded; waits are exact. */
export interface Outcome {
  readonly error: Effect.Effect.Error<ReturnType<typeof thing>> | undefined
  /** The number of requests. */
  readonly sent: number
  readonly times: ReadonlyArray<number>
  /** The waits between two requests. */
  readonly waits: ReadonlyArray<number>
  readonly ended: number
}

export interface Circumstances {
  /** The result of every random draw, between 0 and 1. */
  readonly draw?: number
  readonly deadline?: Duration.DurationInput | undefined
  readonly attemptDeadline?: Duration.DurationInput
  readonly caller?: CallerParts
}

/**
 * A call, against a stub that takes one step after another, and the last one for all requests that follow. Its retries are
 * unlimited, unless `caller` has a budget. Time has to pass otherwise.
 */
export const start = (
  call: ReturnType<typeof thing>,
  steps: ReadonlyArray<() => Step>,
  policy?: RetryPolicy.RetryPolicy,
  { attemptDeadline, caller, deadline, draw }: Circumstances = {}
): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const client = stub(steps)
    const startedAt = yield* Clock.currentTimeMillis
    const unlimited = { ...caller, origin: { budget: undefined, ...caller?.origin } }
    const result = yield* Effect.either(call).pipe(
      Effect.provide(Layer.merge(at(new URL("https://api.test"), unlimited), client.layer)),
      Effect.provideService(RetryPolicy.Current, policy),
      Effect.provideService(Deadline.Current, deadline),
      Effect.provideService(Deadline.PerAttempt, attemptDeadline),
      draw === undefined ? (effect) => effect : Effect.withRandom(Random.fixed([draw]))
    )
    const exact = client.requests.map(({ at }) => at - startedAt)
    return {
      error: result._tag === "Left" ? result.left : undefined,
      sent: exact.length,
      times: exact.map(Math.round),
      waits: exact.slice(1).map((time, index) => time - (exact[index] ?? Number.NaN)),
      ended: Math.round((yield* Clock.currentTimeMillis) - startedAt)
    }
  })

/** `start`, in virtual time that passes by itself. */
export const run = (...parameters: Parameters<typeof start>): Effect.Effect<Outcome> =>
  elapsingAtOnce(start(...parameters))
