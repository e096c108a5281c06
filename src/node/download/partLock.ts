import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type FileHandle, link, open, readFile, rename, rm, stat, utimes } from "node:fs/promises"
import { hostname } from "node:os"
import { dirname, join } from "node:path"
import { randomHex } from "../../internal/hex.js"
import { codeOf, isProcessAlive } from "../systemErrors.js"
import { FileWriteError, fileWriteError } from "./errors.js"

/** The interval at which the holder of a lock updates the file's modification time, in milliseconds. */
const heartbeatInterval = 1000

/** The time without a heartbeat after which the lock of a process that does not exist any more is abandoned, in milliseconds. */
const abandonedByDeadAfter = 2500

/** The same time for a process of which nothing is known, such as one in another container. */
const abandonedAfter = 10_000

/** The same time for a process that exists. It was stopped, or the machine was suspended. */
const abandonedByLivingAfter = 60_000

/** The interval at which a waiting fiber looks at the lock, in milliseconds. */
const pollInterval = 100

/** Reports whether the process that a lock names exists. Undefined if it is one of another host, or may be this one. */
const isHolderAlive = (content: string): boolean | undefined => {
  const [, pid, host] = content.split(" ")
  if (host !== hostname() || !Number.isInteger(Number(pid)) || Number(pid) === process.pid) return undefined
  return isProcessAlive(Number(pid))
}

interface Seen {
  readonly content: string
  readonly modified: number
}

const look = async (path: string): Promise<Seen | undefined> => {
  try {
    const [content, { mtimeMs }] = await Promise.all([readFile(path, "utf8"), stat(path)])
    return { content, modified: mtimeMs }
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined
    throw cause
  }
}

/** Creates a lock. Returns false if there is one. */
const create = async (path: string, owner: string): Promise<boolean> => {
  let handle: FileHandle
  try {
    handle = await open(path, "wx")
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") return false
    throw cause
  }
  try {
    await handle.writeFile(owner)
    return true
  } catch (cause) {
    await rm(path, { force: true })
    throw cause
  } finally {
    await handle.close()
  }
}

/** Removes an abandoned lock. Puts back one that another process has taken since. */
const removeAbandoned = async (path: string, { content }: Seen): Promise<void> => {
  // Not longer than the name of the lock, which may have the greatest length.
  const aside = join(dirname(path), `${randomHex(8)}.lock`)
  try {
    await rename(path, aside)
    if ((await readFile(aside, "utf8")) !== content) await link(aside, path).catch(() => {})
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw cause
  } finally {
    await rm(aside, { force: true })
  }
}

/** A lock that is held. */
export interface PartLock {
  /** Reports whether it is still held. */
  readonly isHeld: () => Promise<boolean>
  /** Updates the modification time of the lock, until it is not held any more. Then it fails. */
  readonly heartbeat: Effect.Effect<never, FileWriteError>
}

/**
 * Takes the lock of a file, until the scope closes: a file with a random name, the number of its process and the name of the host, which
 * only one process can create. Fails with `Busy` if another download of the file goes on, in this process or another.
 *
 * - `target`: the file, for errors
 */
export const takeLock = (path: string, target: string): Effect.Effect<PartLock, FileWriteError, Scope.Scope> => {
  const owner = `${randomHex(8)} ${process.pid} ${hostname()}`
  const run = <A>(work: () => Promise<A>) =>
    Effect.tryPromise({ try: work, catch: (cause) => fileWriteError(target, cause) })
  const busy = (problem: string) =>
    new FileWriteError({
      message: `${target} can't be written: ${problem}`,
      path: target,
      reason: "Busy",
      code: undefined
    })
  const isHeld = async () => (await look(path))?.content === owner

  const take = (first: Seen | undefined, waited: number): Effect.Effect<void, FileWriteError> =>
    Effect.flatMap(
      run(async (): Promise<Seen | "taken" | "again"> => {
        if (await create(path, owner)) return "taken"
        const seen = await look(path)
        if (seen === undefined) return "again"
        if (first !== undefined && first.content === seen.content && first.modified !== seen.modified) {
          throw busy("another download of it goes on")
        }
        const alive = isHolderAlive(seen.content)
        const limit = alive === true ? abandonedByLivingAfter : abandonedAfter
        const unchanged = first?.content === seen.content ? waited : 0
        const isAbandoned =
          unchanged >= limit || (alive === false && Date.now() - seen.modified >= abandonedByDeadAfter)
        if (!isAbandoned) return seen
        await removeAbandoned(path, seen)
        return "again"
      }),
      (result) => {
        if (result === "taken") return Effect.void
        if (result === "again") return Effect.suspend(() => take(undefined, 0))
        const same = first?.content === result.content
        return Effect.zipRight(
          Effect.interruptible(Effect.sleep(pollInterval)),
          Effect.suspend(() => take(same ? first : result, same ? waited + pollInterval : 0))
        )
      }
    )

  const beat = Effect.flatMap(
    run(async () => {
      const held = await isHeld()
      const now = new Date()
      if (held) await utimes(path, now, now)
      return held
    }),
    (held) => (held ? Effect.void : Effect.fail(busy("another download of it has begun")))
  )

  return Effect.as(
    // Uninterruptible but for the waits: nothing would remove a lock that was created before an interruption.
    Effect.acquireRelease(take(undefined, 0), () =>
      Effect.promise(async () => {
        if (await isHeld().catch(() => false)) await rm(path, { force: true }).catch(() => {})
      })
    ),
    { isHeld, heartbeat: Effect.forever(Effect.delay(beat, heartbeatInterval)) }
  )
}
