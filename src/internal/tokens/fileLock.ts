import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { randomHex } from "../hex.js"

/** The interval at which the holder of a lock updates the file's modification time, in milliseconds. */
const heartbeatInterval = 1000

/** The time without a heartbeat after which a lock counts as abandoned, in milliseconds. */
const abandonedAfter = 10_000

/** The interval at which a waiting fiber tries again, in milliseconds. */
const pollInterval = 50

/** Returns a unique name. */
export const randomName = () => randomHex(8)

/** Makes a predicate of system errors with this reason. */
export const hasReason = (reason: string) => (error: PlatformError) =>
  error._tag === "SystemError" && error.reason === reason

/**
 * Makes locks that the processes of a machine share. Each lock is a file.
 *
 * A process takes the lock by creating the file, which only one process can do. The holder updates the file's modification
 * time regularly. A waiting process that sees no update for `abandonedAfter` removes the file. A second file,
 * `<path>.removal`, ensures that one process at a time does so: otherwise it could remove a lock that was taken since.
 */
export const makeFileLock = (files: FileSystem.FileSystem) => {
  const create = (path: string, owner: string) =>
    files.writeFileString(path, owner, { flag: "wx", mode: 0o600 }).pipe(
      Effect.as(true),
      Effect.catchIf(hasReason("AlreadyExists"), () => Effect.succeed(false))
    )

  const remove = (path: string) => Effect.ignore(files.remove(path))

  const modifiedAt = (path: string) =>
    files.stat(path).pipe(
      Effect.map(({ mtime }) => Option.match(mtime, { onNone: () => 0, onSome: (time) => time.getTime() })),
      Effect.catchIf(hasReason("NotFound"), () => Effect.succeed(undefined))
    )

  /** Removes a lock if its modification time is still `lastSeen` and no other process is removing it. */
  const removeAbandoned = (path: string, lastSeen: number) =>
    Effect.flatMap(create(`${path}.removal`, ""), (created) =>
      created
        ? Effect.flatMap(modifiedAt(path), (now) => (now === lastSeen ? remove(path) : Effect.void)).pipe(
            Effect.ensuring(remove(`${path}.removal`)),
            Effect.uninterruptible
          )
        : Effect.void
    )

  /**
   * Only `pause` is interruptible: after an interruption between creating the file and returning, nothing would remove the
   * file.
   */
  const take = (
    path: string,
    owner: string,
    pause: Effect.Effect<void>,
    lastSeen: { readonly modified: number | undefined; readonly unchangedFor: number }
  ): Effect.Effect<void, PlatformError> =>
    Effect.flatMap(create(path, owner), (created) => {
      if (created) return Effect.void
      return Effect.flatMap(modifiedAt(path), (modified) => {
        const unchangedFor = modified === lastSeen.modified ? lastSeen.unchangedFor + pollInterval : 0
        const retry = Effect.zipRight(
          pause,
          Effect.suspend(() => take(path, owner, pause, { modified, unchangedFor }))
        )
        if (modified === undefined || unchangedFor < abandonedAfter) return retry
        // The process that created `<path>.removal` may have been killed, too.
        const unblock = unchangedFor >= 2 * abandonedAfter ? remove(`${path}.removal`) : Effect.void
        return Effect.zipRight(unblock, Effect.zipRight(removeAbandoned(path, modified), retry))
      })
    })

  return (path: string): Effect.Effect<void, PlatformError, Scope.Scope> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const owner = randomName()
        const pause = restore(Effect.sleep(pollInterval))
        yield* Effect.acquireRelease(take(path, owner, pause, { modified: undefined, unchangedFor: 0 }), () =>
          // Another process may have taken the lock, if this one sent no heartbeat for too long.
          Effect.ignore(
            Effect.flatMap(files.readFileString(path), (holder) => (holder === owner ? remove(path) : Effect.void))
          )
        )
        const heartbeat = Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.ignore(files.utimes(path, new Date(now), new Date(now)))
        )
        yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.delay(heartbeat, heartbeatInterval))))
      })
    )
}
