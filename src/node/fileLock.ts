import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { hostname } from "node:os"
import { randomHex } from "../internal/hex.js"
import type { Lock, TokenStoreFailure } from "../TokenStore.js"
import { checkFile } from "./ownFiles.js"
import { isProcessAlive } from "./systemErrors.js"

/** The interval at which the holder of a lock updates the file's modification time, in milliseconds. */
const heartbeatInterval = 1000

/** The time without a heartbeat after which a lock counts as abandoned, in milliseconds. */
const abandonedAfter = 10_000

/**
 * The same time where the process that holds the lock still exists, in milliseconds. It was stopped, or the machine was suspended, and
 * it may be waiting for the response to a refresh.
 */
const abandonedByLivingAfter = 60_000

/** The interval at which a waiting fiber tries again, in milliseconds. */
const pollInterval = 50

/** Returns a unique name. */
export const randomName = () => randomHex(8)

/** Makes a predicate of system errors with this reason. */
export const hasReason = (reason: string) => (error: PlatformError | TokenStoreFailure) =>
  error._tag === "SystemError" && error.reason === reason

/** Reports whether the process that a lock file names exists on this machine. Hosts and containers have names of their own. */
const isHolderAlive = (content: string): boolean => {
  const [, pid, host] = content.split(" ")
  // This process updates its locks itself. In a container that was started again, the former one may have had the same number.
  if (host !== hostname() || !Number.isInteger(Number(pid)) || Number(pid) === process.pid) return false
  return isProcessAlive(Number(pid))
}

/**
 * Makes locks that the processes of a machine share. Each lock is a file with a random name, the number of its process and the name
 * of the host.
 *
 * A process takes the lock by creating the file, which only one process can do. The holder updates the file's modification
 * time regularly. A waiting process that sees no update for `abandonedAfter`, or longer if the holder still exists, removes the
 * file. A second file, `<path>.removal`, ensures that one process at a time does so: otherwise it could remove a lock that was taken
 * since. Fails if something else than a file of this user is in the place of one of the two, since a lock is not waited for then.
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
  ): Effect.Effect<void, PlatformError | TokenStoreFailure> =>
    Effect.flatMap(create(path, owner), (created) => {
      if (created) return Effect.void
      return Effect.flatMap(Effect.zipRight(checkFile(path), modifiedAt(path)), (modified) => {
        const unchangedFor = modified === lastSeen.modified ? lastSeen.unchangedFor + pollInterval : 0
        const retry = Effect.zipRight(
          pause,
          Effect.suspend(() => take(path, owner, pause, { modified, unchangedFor }))
        )
        if (modified === undefined || unchangedFor < abandonedAfter) return retry
        const isAbandoned = Effect.map(
          Effect.orElseSucceed(files.readFileString(path), () => ""),
          (content) => unchangedFor >= abandonedByLivingAfter || !isHolderAlive(content)
        )
        // The process that created `<path>.removal` may have been killed, too.
        const unblock =
          unchangedFor % (2 * abandonedAfter) === 0
            ? Effect.zipRight(checkFile(`${path}.removal`), remove(`${path}.removal`))
            : Effect.void
        return Effect.flatMap(isAbandoned, (abandoned) =>
          abandoned ? Effect.zipRight(unblock, Effect.zipRight(removeAbandoned(path, modified), retry)) : retry
        )
      })
    })

  return (path: string): Effect.Effect<Lock, PlatformError | TokenStoreFailure, Scope.Scope> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const owner = `${randomName()} ${process.pid} ${hostname()}`
        const holds = Effect.map(files.readFileString(path), (holder) => holder === owner)
        const pause = restore(Effect.sleep(pollInterval))
        yield* Effect.acquireRelease(take(path, owner, pause, { modified: undefined, unchangedFor: 0 }), () =>
          // Another process may have taken the lock, if this one sent no heartbeat for too long.
          Effect.ignore(Effect.flatMap(holds, (held) => (held ? remove(path) : Effect.void)))
        )
        const heartbeat = Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.ignore(files.utimes(path, new Date(now), new Date(now)))
        )
        yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.delay(heartbeat, heartbeatInterval))))
        // A file that is missing was removed by another process.
        return { isHeld: Effect.orElseSucceed(holds, () => false) }
      })
    )
}
