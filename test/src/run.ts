import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { type Authoriser, Deadline, RetryPolicy } from "effect-herald"
import { at, elapsing, stub, type thing, type Turn } from "./kit.js"

/** What became of a call. Times are in milliseconds after it began, to the millisecond; waits are exact. */
export interface Outcome {
  readonly error: Effect.Effect.Error<ReturnType<typeof thing>> | undefined
  readonly sent: number
  readonly times: ReadonlyArray<number>
  readonly waits: ReadonlyArray<number>
  readonly ended: number
}

export interface Circumstances {
  /** What each random draw gives, between 0 and 1. */
  readonly draw?: number
  readonly deadline?: Duration.DurationInput | undefined
  readonly attemptDeadline?: Duration.DurationInput
  readonly caller?: Partial<Authoriser.Authoriser>
}

/** A call, against a client that takes one turn after another, and the last one for ever. Someone has to let time pass. */
export const start = (
  call: ReturnType<typeof thing>,
  turns: ReadonlyArray<() => Turn>,
  policy?: RetryPolicy.RetryPolicy,
  { attemptDeadline, caller, deadline, draw }: Circumstances = {}
): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const client = stub(turns)
    const begun = yield* Clock.currentTimeMillis
    const result = yield* Effect.either(call).pipe(
      Effect.provide(Layer.merge(at(new URL("https://api.test"), caller), client.layer)),
      Effect.provideService(RetryPolicy.Current, policy),
      Effect.provideService(Deadline.Current, deadline),
      Effect.provideService(Deadline.PerAttempt, attemptDeadline),
      draw === undefined ? (effect) => effect : Effect.withRandom(Random.fixed([draw]))
    )
    const exact = client.requests.map(({ at }) => at - begun)
    return {
      error: result._tag === "Left" ? result.left : undefined,
      sent: exact.length,
      times: exact.map(Math.round),
      waits: exact.slice(1).map((time, index) => time - (exact[index] ?? Number.NaN)),
      ended: Math.round((yield* Clock.currentTimeMillis) - begun)
    }
  })

/** The same, in virtual time. */
export const run = (...parameters: Parameters<typeof start>): Effect.Effect<Outcome> => elapsing(start(...parameters))
