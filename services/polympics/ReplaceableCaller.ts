import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Credentials } from "../../schemas/polympics/Credentials.js"
import * as Kit from "../../src/Authoriser.js"
import { fingerprint } from "../../src/Credentials.js"

/** A caller whose credentials can be replaced while others use them. */
export interface ReplaceableCaller extends Kit.Authoriser {
  /**
   * Runs a call that replaces the credentials: it waits until no other call is in flight, holds new ones back, and can't be
   * interrupted once it has begun. What it succeeds with are the credentials from then on. One at a time. The call is told
   * what the wait left of its deadline, which may be nothing.
   */
  readonly replace: <A extends Credentials, E, R>(
    deadline: Duration.Duration,
    call: (left: Duration.Duration) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
  /** The credentials are gone: from now on nothing is sent. */
  readonly lose: Effect.Effect<void>
}

const lost = () =>
  new Kit.AuthoriserFailure({
    reason: "CredentialsLost",
    message: "a reset replaced the credentials and the new ones were never told; sign in anew, with a new layer"
  })

/** A caller with credentials, which others may share. Its state lives as long as the layer that it is made in. */
export const make = (
  kind: "App" | "User",
  baseUrl: URL,
  given: Credentials,
  defaults: Kit.Defaults = {}
): Effect.Effect<ReplaceableCaller> =>
  Effect.gen(function* () {
    const nobody = yield* Kit.none(baseUrl, defaults)
    const one = yield* Effect.makeSemaphore(1)
    /** Open while calls may begin. */
    const gate = yield* Effect.makeLatch(true)
    /** Open while no call is in flight. */
    const idle = yield* Effect.makeLatch(true)
    let open = true
    let inFlight = 0
    let generation = 0
    let credentials: Credentials | undefined = given
    /** Whose answers those of a generation are. The server makes passwords, at random: a digest does not tell them. */
    let known: { readonly of: number; readonly partition: string } | undefined
    const identity = `${kind} ${given.username.toUpperCase()}`

    /** Only the wait can be interrupted: a call that is counted in has to be counted out. */
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
    const close = Effect.sync(() => {
      open = false
      gate.unsafeClose()
    })
    const reopen = Effect.sync(() => {
      open = true
      gate.unsafeOpen()
    })

    return {
      ...nobody,
      identity,
      // One with another password is somebody else to the cache.
      partition: Effect.suspend(() => {
        const of = generation
        if (known?.of === of) return Effect.succeedSome(known.partition)
        return Effect.map(fingerprint((credentials ?? given).password), (secret) => {
          known = { of, partition: `${identity} ${secret}` }
          return Option.some(known.partition)
        })
      }),
      authorise: (request) =>
        Effect.suspend(() =>
          credentials === undefined
            ? Effect.fail(lost())
            : Effect.succeed({
                request: Kit.basic(request, credentials),
                generation,
                partition: known?.of === generation ? known.partition : undefined
              })
        ),
      // A 401 to credentials that were replaced since is worth another try with the new ones.
      rejected: (of) => Effect.sync(() => of !== generation),
      hold: (attempt) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.zipRight(enter(restore), Effect.ensuring(restore(attempt), leave))
        ),
      lose: Effect.sync(() => {
        credentials = undefined
      }),
      replace: (deadline, call) =>
        one.withPermits(1)(
          Effect.uninterruptibleMask((restore) =>
            close.pipe(
              Effect.zipRight(restore(Effect.timed(Effect.timeoutOption(idle.await, deadline)))),
              // An interruption reaches a fiber's children even where the fiber itself can't be interrupted, and a call with
              // a deadline has children. A daemon is nobody's child.
              Effect.flatMap(([waited]) =>
                Effect.flatMap(Effect.forkDaemon(call(Duration.subtract(deadline, waited))), Fiber.join)
              ),
              Effect.tap((replacement) =>
                Effect.sync(() => {
                  credentials = replacement
                  generation += 1
                })
              ),
              Effect.ensuring(reopen)
            )
          )
        )
    }
  })
