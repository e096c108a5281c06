import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Credentials } from "../../schemas/polympics/Credentials.js"
import * as HeraldCredentials from "../../src/Credentials.js"
import { authorizedRequest } from "../../src/internal/authorizedRequest.js"
import { fingerprint } from "../../src/internal/fingerprint.js"

/** Credentials that can be replaced while calls use them. */
export interface ReplaceableCredentials extends HeraldCredentials.Credentials {
  /**
   * Runs a call that replaces the credentials. Later attempts use the credentials that it returns. Waits until no attempt is in
   * flight, and delays new attempts until the call has ended. An interruption ends the wait, but not the call. Concurrent
   * replacements run one after another.
   *
   * - `deadline`: the time limit of the wait, for other replacements and for attempts, and the call together
   * - `call`: receives the time at which its deadline began, in milliseconds since the epoch. It is -Infinity if the wait did not end
   *   within the deadline: the call must fail then without a request
   */
  readonly replace: <A extends Credentials, E, R>(
    deadline: Duration.Duration,
    call: (deadlineStart: number) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
  /** Removes the credentials. No later attempt is sent: each fails with a `CredentialsFailure`. */
  readonly lose: Effect.Effect<void>
}

const lost = () =>
  new HeraldCredentials.CredentialsFailure({
    reason: "CredentialsLost",
    message: "a reset replaced the credentials, and the new ones are unknown: sign in again, and use a new layer"
  })

/** Makes credentials that all calls of a layer share. */
export const make = (kind: "App" | "User", given: Credentials): Effect.Effect<ReplaceableCredentials> =>
  Effect.gen(function* () {
    /** Open while attempts and replacements may begin. */
    const gate = yield* Effect.makeLatch(true)
    /** Open while no attempt is in flight. */
    const idle = yield* Effect.makeLatch(true)
    let open = true
    let inFlight = 0
    let generation = 0
    let credentials: Credentials | undefined = given
    /** The cache partition of a generation. It has a digest of the password, which does not reveal it: passwords are random. */
    let known: { readonly generation: number; readonly partition: string } | undefined
    const identity = `${kind} ${given.username.toUpperCase()}`

    /** Waits for the gate, and counts the attempt. Only the wait is interruptible, since `leave` must follow the count. */
    const enter = (restore: <A>(wait: Effect.Effect<A>) => Effect.Effect<A>): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (!open) return Effect.zipRight(restore(gate.await), enter(restore))
        inFlight += 1
        idle.unsafeClose()
        return Effect.void
      })
    const leave = Effect.sync(() => {
      inFlight -= 1
      if (inFlight === 0) idle.unsafeOpen()
    })
    const close = () => {
      open = false
      gate.unsafeClose()
    }
    const reopen = Effect.sync(() => {
      open = true
      gate.unsafeOpen()
    })

    return {
      identity,
      name: `${kind.toLowerCase()} ${given.username}`,
      // The cache treats another password of a user name as another caller.
      partition: Effect.suspend(() => {
        const current = generation
        if (known?.generation === current) return Effect.succeedSome(known.partition)
        return Effect.map(fingerprint((credentials ?? given).password), (digest) => {
          known = { generation: current, partition: `${identity} ${digest}` }
          return Option.some(known.partition)
        })
      }),
      authorize: (request) =>
        Effect.suspend(() =>
          credentials === undefined
            ? Effect.fail(lost())
            : Effect.succeed(
                authorizedRequest(
                  HeraldCredentials.setBasic(request, credentials),
                  generation,
                  known?.generation === generation ? known.partition : undefined
                )
              )
        ),
      // The request is sent again with the new credentials if these replaced the rejected ones.
      rejected: (rejectedGeneration) => Effect.sync(() => rejectedGeneration !== generation),
      wrapAttempt: (attempt) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.zipRight(enter(restore), Effect.ensuring(restore(attempt), leave))
        ),
      lose: Effect.sync(() => {
        credentials = undefined
      }),
      replace: (deadline, call) =>
        Effect.clockWith((clock) => {
          const start = clock.unsafeCurrentTimeMillis()
          const timeLeft = () => start + Duration.toMillis(deadline) - clock.unsafeCurrentTimeMillis()
          const tooLate = call(-Infinity)
          return Effect.uninterruptibleMask((restore) => {
            const within = (wait: Effect.Effect<void>) => restore(Effect.timeoutOption(wait, timeLeft()))
            // An interruption reaches the children of a fiber even where the fiber is uninterruptible, and a call with a
            // deadline has children. A daemon is not a child.
            const replacing = Effect.suspend(() =>
              inFlight > 0 ? tooLate : Effect.flatMap(Effect.forkDaemon(call(start)), Fiber.join)
            ).pipe(
              Effect.tap((replacement) =>
                Effect.sync(() => {
                  credentials = replacement
                  generation += 1
                })
              )
            )
            const closing: typeof replacing = Effect.suspend(() => {
              if (open) {
                close()
                return Effect.ensuring(Effect.zipRight(within(idle.await), replacing), reopen)
              }
              return timeLeft() <= 0 ? tooLate : Effect.zipRight(within(gate.await), closing)
            })
            return closing
          })
        })
    }
  })
