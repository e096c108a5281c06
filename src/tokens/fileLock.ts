import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { randomHex } from "../hex.js"

/** How often one that holds a lock says so, in milliseconds. */
const heartbeat = 1000

/** A lock that nobody has spoken for during this time, in milliseconds, is that of one who is gone. */
const abandonedAfter = 10_000

/** How often one that waits looks, in milliseconds. */
const look = 50

/** A name that nobody else has. */
export const randomName = () => randomHex(8)

/** Whether it is what the platform calls this. */
export const isReason = (reason: string) => (error: PlatformError) =>
  error._tag === "SystemError" && error.reason === reason

/**
 * A lock that processes of a machine share: a file that only one can make. Whoever has it touches it from time to time. Who waits and
 * sees it untouched for long takes it away, one at a time, which a second such file sees to.
 */
export const makeFileLock = (files: FileSystem.FileSystem) => {
  const claim = (path: string, owner: string) =>
    files.writeFileString(path, owner, { flag: "wx", mode: 0o600 }).pipe(
      Effect.as(true),
      Effect.catchIf(isReason("AlreadyExists"), () => Effect.succeed(false))
    )

  const discard = (path: string) => Effect.ignore(files.remove(path))

  const touchedAt = (path: string) =>
    files.stat(path).pipe(
      Effect.map(({ mtime }) => Option.match(mtime, { onNone: () => 0, onSome: (time) => time.getTime() })),
      Effect.catchIf(isReason("NotFound"), () => Effect.succeed(undefined))
    )

  /** Takes a lock away that is still as it was seen, unless another is about to. */
  const takeAway = (path: string, seen: number) =>
    Effect.flatMap(claim(`${path}.removal`, ""), (mine) =>
      mine
        ? Effect.flatMap(touchedAt(path), (now) => (now === seen ? discard(path) : Effect.void)).pipe(
            Effect.ensuring(discard(`${path}.removal`)),
            Effect.uninterruptible
          )
        : Effect.void
    )

  /** Only to wait for the next look can be interrupted, so that none leaves a lock that it does not know it has. */
  const wait = (
    path: string,
    owner: string,
    pause: Effect.Effect<void>,
    seen: { readonly touched: number | undefined; readonly for: number }
  ): Effect.Effect<void, PlatformError> =>
    Effect.flatMap(claim(path, owner), (mine) => {
      if (mine) return Effect.void
      return Effect.flatMap(touchedAt(path), (touched) => {
        const since = touched === seen.touched ? seen.for + look : 0
        const next = Effect.zipRight(
          pause,
          Effect.suspend(() => wait(path, owner, pause, { touched, for: since }))
        )
        if (touched === undefined || since < abandonedAfter) return next
        // Whoever was to remove it may have been killed in doing so.
        const stuck = since >= 2 * abandonedAfter ? discard(`${path}.removal`) : Effect.void
        return Effect.zipRight(stuck, Effect.zipRight(takeAway(path, touched), next))
      })
    })

  return (path: string): Effect.Effect<void, PlatformError, Scope.Scope> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const owner = randomName()
        const pause = restore(Effect.sleep(look))
        yield* Effect.acquireRelease(wait(path, owner, pause, { touched: undefined, for: 0 }), () =>
          // Not that of another, who took it from one that seemed to be gone.
          Effect.ignore(
            Effect.flatMap(files.readFileString(path), (now) => (now === owner ? discard(path) : Effect.void))
          )
        )
        const touch = Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.ignore(files.utimes(path, new Date(now), new Date(now)))
        )
        yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.delay(touch, heartbeat))))
      })
    )
}
