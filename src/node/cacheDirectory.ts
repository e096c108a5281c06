import { randomBytes } from "node:crypto"
import { closeSync, constants, fstatSync, lstatSync, openSync, read, readSync, type Stats, statSync } from "node:fs"
import { access, lstat, mkdir, readdir, rename, unlink, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { codeOf } from "./systemErrors.js"

/** Receives the reason why other users of this machine can access the directory. */
export type Warn = (message: string) => void

/**
 * Files of a cache in a directory, each of which is replaced as a whole. Their total size is limited. The access that finds that other
 * users can access the directory calls its `warn`, once.
 */
export interface CacheDirectory {
  /** Reads a file. Returns `undefined` if it is missing, or if another user may have written it. */
  readonly read: (name: string, warn: Warn) => Promise<Buffer | undefined>
  /** Reads the first bytes of a file, and its size. */
  readonly readStart: (
    name: string,
    length: number,
    warn: Warn
  ) => Promise<{ readonly start: Buffer; readonly size: number } | undefined>
  /** Writes a file in place of the previous one. Deletes the least recently used files where there is no room. */
  readonly write: (name: string, content: Buffer, warn: Warn) => Promise<void>
  /** Deletes a file. Fails if the directory can't be written, even if the file is missing. */
  readonly remove: (name: string) => Promise<void>
  readonly names: () => Promise<ReadonlyArray<string>>
  /** Deletes all files of the cache. */
  readonly clear: () => Promise<void>
}

/** A file, as this process knows it. */
interface Known {
  readonly size: number
  /** Time of the last use, in milliseconds since the epoch. */
  readonly usedAt: number
  /** Its modification time, in milliseconds since the epoch: an approximate time of the last use, for other processes. */
  readonly touchedAt: number
}

/** Names of files: a SHA-256 digest in hex. */
const namePattern = /^[0-9a-f]{64}$/

/** Names of temporary files. */
const temporaryPattern = /^[0-9a-f]{64}\.[0-9a-f]{16}$/

/** Age from which a temporary file counts as left over from a killed process, in milliseconds. */
const leftoverAge = 3_600_000

/** Time after which the use of a file is recorded in its modification time again, in milliseconds. */
const touchInterval = 60_000

/** The part of the maximum size that this process writes before it looks for files of other processes. */
const scanShare = 0.125

/** Size up to which a file is small, such as one that holds a generation. */
const smallSize = 1024

/** Number of files to access at the same time. */
const concurrency = 16

/**
 * Length up to which a file is read synchronously: with a file that the system has in memory, that takes an eighth of the time of the
 * thread pool.
 */
const synchronousLength = 65_536

const ignoreMissing = (error: unknown): undefined => {
  if (codeOf(error) === "ENOENT") return undefined
  throw error
}

/** Runs a function on each item, some at the same time. */
export const forEach = async <A>(items: ReadonlyArray<A>, run: (item: A) => Promise<void>): Promise<void> => {
  let next = 0
  const work = async () => {
    while (next < items.length) {
      const item = items[next]!
      next += 1
      await run(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work))
}

/** Describes why other users can access a directory. */
const exposureOf = (directory: string, link: boolean, { mode, uid }: Stats): string | undefined => {
  const own = process.geteuid?.()
  if (own === undefined) return undefined
  const reasons = [
    ...(link ? ["it is a symbolic link"] : []),
    ...(uid === own ? [] : ["it belongs to another user"]),
    ...((mode & 0o077) === 0 ? [] : [`its mode is ${(mode & 0o777).toString(8).padStart(4, "0")}`])
  ]
  return reasons.length === 0
    ? undefined
    : `Other users may access the directory of the response cache, ${directory}: ${reasons.join(", ")}. ` +
        "The files in it are private, but use a directory of this user with mode 0700"
}

export const make = (directory: string, maxBytes: number): CacheDirectory => {
  /** The files that this process knows of, the least recently used first. */
  const small = new Map<string, Known>()
  const large = new Map<string, Known>()
  let total = 0
  let smallTotal = 0
  let scanning: Promise<void> | undefined
  /** Files that this process is about to write. */
  const writing = new Set<Known>()
  /** Files that this process has deleted since the last scan began. */
  const deleted = new Set<string>()
  /** Bytes that this process has written since the last scan. */
  let writtenSinceScan = Infinity
  /** True if other users may write to the directory. Unknown until the directory exists. */
  let shared: boolean | undefined

  const pathOf = (name: string) => join(directory, name)

  const own = process.geteuid?.()

  const isShared = (warn: Warn): boolean => {
    if (shared !== undefined) return shared
    const link = lstatSync(directory, { throwIfNoEntry: false })
    if (link === undefined) return false
    const found = statSync(directory)
    const exposure = exposureOf(directory, link.isSymbolicLink(), found)
    if (exposure !== undefined) warn(exposure)
    shared = own !== undefined && ((found.uid !== own && found.uid !== 0) || (found.mode & 0o022) !== 0)
    return shared
  }

  const find = (name: string): Known | undefined => small.get(name) ?? large.get(name)

  const forget = (name: string) => {
    const size = find(name)?.size ?? 0
    total -= size
    if (small.delete(name)) smallTotal -= size
    large.delete(name)
  }
  const forgetAll = () => {
    small.clear()
    large.clear()
    total = 0
    smallTotal = 0
  }
  const note = (name: string, file: Known) => {
    forget(name)
    deleted.delete(name)
    total += file.size
    if (file.size > smallSize) large.set(name, file)
    else {
      smallTotal += file.size
      small.set(name, file)
    }
  }

  const remove = async (name: string): Promise<void> => {
    forget(name)
    if (scanning !== undefined) deleted.add(name)
    await unlink(pathOf(name))
  }

  /**
   * Deletes the least recently used files until all fit. Small files go last, as long as they take up less than half of the room: to
   * delete them makes little room, and a response is lost with the generation that it belongs to. A file that can't be deleted is
   * not counted any more.
   */
  const evict = async (): Promise<void> => {
    const evicted: Array<string> = []
    while (total > maxBytes) {
      const files = large.size > 0 && smallTotal <= maxBytes / 2 ? large : small
      const [name] = files.keys()
      if (name === undefined) break
      forget(name)
      if (scanning !== undefined) deleted.add(name)
      evicted.push(name)
    }
    await forEach(evicted, (name) => unlink(pathOf(name)).catch(() => {}))
  }

  /** Looks for files of other processes, and of previous ones. */
  const scan = async (): Promise<void> => {
    writtenSinceScan = 0
    deleted.clear()
    const startedAt = Date.now()
    const found: Array<readonly [string, Known]> = []
    await forEach(await readdir(directory), async (name) => {
      const leftover = temporaryPattern.test(name)
      if (!leftover && !namePattern.test(name)) return
      const file = await lstat(pathOf(name)).catch(ignoreMissing)
      if (file === undefined) return
      if (!leftover) found.push([name, { size: file.size, usedAt: file.mtimeMs, touchedAt: file.mtimeMs }])
      else if (file.mtimeMs < startedAt - leftoverAge) await unlink(pathOf(name)).catch(() => {})
    })
    const files = new Map(found.filter(([name]) => !deleted.has(name)))
    for (const [name, file] of [...small, ...large]) {
      const now = files.get(name)
      // A file that is missing was deleted by another process, unless this process has written it since, or is about to.
      if (now === undefined ? writing.has(file) || file.usedAt >= startedAt : file.usedAt > now.usedAt) {
        files.set(name, file)
      }
    }
    forgetAll()
    for (const [name, file] of [...files].sort(([, one], [, other]) => one.usedAt - other.usedAt)) note(name, file)
    await evict()
  }

  /** Scans in the background, unless that is in progress. */
  const scanSometimes = () => {
    if (scanning !== undefined || writtenSinceScan < maxBytes * scanShare) return
    scanning = scan()
      // The next scan may succeed. Until then, the size of the files of other processes is not known.
      .catch(() => {})
      .finally(() => {
        scanning = undefined
      })
  }

  /** Records the use of a file. Its modification time tells other processes. */
  const touch = (name: string, size: number) => {
    const now = Date.now()
    const touchedAt = find(name)?.touchedAt ?? 0
    const stale = now - touchedAt > touchInterval
    note(name, { size, usedAt: now, touchedAt: stale ? now : touchedAt })
    // It fails where the directory can't be written.
    if (stale) void utimes(pathOf(name), now / 1000, now / 1000).catch(() => {})
  }

  /**
   * Reads the first bytes of a file, up to a length. Returns `undefined` if it is missing, if it is not a file, which this cache has
   * not made, or if another user may have written it.
   */
  const readUpTo = async (name: string, length: number, warn: Warn) => {
    // Without O_NONBLOCK, a pipe would block.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
    let file: number
    try {
      file = openSync(pathOf(name), flags)
    } catch (error) {
      return codeOf(error) === "ELOOP" ? undefined : ignoreMissing(error)
    }
    try {
      const found = fstatSync(file)
      if (!found.isFile() || (isShared(warn) && found.uid !== own)) return undefined
      const content = Buffer.allocUnsafe(Math.min(found.size, length))
      const bytesRead =
        content.length <= synchronousLength
          ? readSync(file, content, 0, content.length, 0)
          : (await promisify(read)(file, content, 0, content.length, 0)).bytesRead
      return { start: content.subarray(0, bytesRead), size: found.size }
    } finally {
      closeSync(file)
    }
  }

  const put = async (name: string, content: Buffer): Promise<void> => {
    const temporary = pathOf(`${name}.${randomBytes(8).toString("hex")}`)
    try {
      await writeFile(temporary, content, { flag: "wx", mode: 0o600 })
      await rename(temporary, pathOf(name))
    } catch (error) {
      await unlink(temporary).catch(() => {})
      throw error
    }
  }

  const write = async (name: string, content: Buffer, warn: Warn): Promise<void> => {
    if (content.length > maxBytes) return remove(name).catch(ignoreMissing)
    isShared(warn)
    const now = Date.now()
    const file: Known = { size: content.length, usedAt: now, touchedAt: now }
    const previous = find(name)
    writing.add(file)
    note(name, file)
    try {
      await evict()
      await put(name, content).catch(async (error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error
        await mkdir(directory, { recursive: true, mode: 0o700 })
        shared = undefined
        await put(name, content)
      })
    } catch (error) {
      if (find(name) === file) {
        forget(name)
        if (previous !== undefined) note(name, previous)
      }
      throw error
    } finally {
      writing.delete(file)
    }
    // Concurrent writes may have taken its room.
    const current = find(name)
    if (current === undefined) await unlink(pathOf(name)).catch(ignoreMissing)
    else if (current === file) note(name, { ...file, usedAt: Date.now() })
    writtenSinceScan += content.length
    scanSometimes()
  }

  const names = async (): Promise<ReadonlyArray<string>> =>
    ((await readdir(directory).catch(ignoreMissing)) ?? []).filter((name) => namePattern.test(name))

  return {
    read: async (name, warn) => {
      const found = await readUpTo(name, Infinity, warn)
      if (found === undefined) return undefined
      touch(name, found.size)
      return found.start
    },
    readStart: readUpTo,
    write,
    remove: (name) =>
      remove(name).catch(async (error: unknown) => {
        ignoreMissing(error)
        await access(directory, constants.W_OK).catch(ignoreMissing)
      }),
    names,
    clear: async () => {
      const all = (await readdir(directory).catch(ignoreMissing)) ?? []
      forgetAll()
      await forEach(
        all.filter((name) => namePattern.test(name) || temporaryPattern.test(name)),
        (name) => unlink(pathOf(name)).catch(ignoreMissing)
      )
    }
  }
}
