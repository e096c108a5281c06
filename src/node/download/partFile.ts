import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { constants } from "node:fs"
import { type FileHandle, open, rename, rm, stat, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { codeOf } from "../systemErrors.js"
import { type Digest, parseDigest } from "./digests.js"
import { FileWriteError, fileWriteError } from "./errors.js"
import type { PartLock } from "./partLock.js"
import type { Validator } from "./ranges.js"

/** The facts that a part is resumed by, after a restart of the program. */
export interface PartFacts {
  /** Identifies the request that the part is a response to. */
  readonly request: string
  readonly validator: Validator
  /** The length of the whole content, if it is known. */
  readonly total: number | undefined
  /** The digest of the whole content that the server has sent. */
  readonly digest: Digest | undefined
}

const isText = (value: unknown): value is string => typeof value === "string"

/** Parses the facts of a part. Returns undefined if they are not whole, as after a crash. */
const parseFacts = (text: string): PartFacts | undefined => {
  try {
    // Each property that is used is checked.
    const { digest, etag, lastModified, request, total } = JSON.parse(text) as Readonly<Record<string, unknown>>
    const validator = isText(etag) ? { etag } : isText(lastModified) ? { lastModified } : undefined
    if (!isText(request) || validator === undefined) return undefined
    const { algorithm, value } = (digest ?? {}) as Partial<Digest>
    return {
      request,
      validator,
      total: Number.isSafeInteger(total) ? Number(total) : undefined,
      digest: algorithm === undefined || !isText(value) ? undefined : parseDigest(algorithm, value)
    }
  } catch {
    return undefined
  }
}

const factsText = ({ digest, request, total, validator }: PartFacts): string =>
  `${JSON.stringify({ request, ...validator, total, digest }, null, 2)}\n`

/** The greatest length of stored facts, in bytes. */
const maxFacts = 65_536

/** Returns a flag of `open`. Windows does not have these. */
const flag = (name: "O_NOFOLLOW" | "O_NONBLOCK"): number => (constants[name] as number | undefined) ?? 0

/** The number of bytes that wait to be written, beyond which no more are received. */
const maxWaiting = 1_048_576

/** Drops bytes that were written from the beginning of a batch. */
const rest = (batch: ReadonlyArray<Uint8Array>, written: number): Array<Uint8Array> => {
  let skip = written
  return batch.flatMap((piece) => {
    const skipped = Math.min(skip, piece.length)
    skip -= skipped
    return skipped === piece.length ? [] : [piece.subarray(skipped)]
  })
}

/** Codes of systems, and file systems, that can't flush a folder. */
const unflushable: ReadonlyArray<string | undefined> = ["EISDIR", "EPERM", "EINVAL", "EACCES", "ENOTSUP", "EBADF"]

/** Flushes a folder, so that a name in it survives a loss of power. */
const flushFolder = async (path: string): Promise<void> => {
  try {
    const folder = await open(path, "r")
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (cause) {
    if (!unflushable.includes(codeOf(cause))) throw cause
  }
}

/** A part of a file that is being written. */
export interface PartFile {
  /** The facts of the part that was found. Undefined if there was none to resume. */
  readonly found: PartFacts | undefined
  /** The handle, to read what was written. */
  readonly handle: FileHandle
  /** The number of bytes, with those that wait to be written. */
  readonly size: () => number
  /** Takes bytes to write. Returns false once as many wait that none should follow until `room` has resolved. */
  readonly push: (bytes: Uint8Array) => boolean
  /** Waits until there is room for more bytes. */
  readonly room: () => Promise<void>
  /** Waits until all bytes are written. */
  readonly written: () => Promise<void>
  /** Starts over. `facts` are stored if a part of what follows can be resumed. */
  readonly restart: (facts: PartFacts | undefined) => Promise<void>
  /** Removes the part when the scope closes. */
  readonly abandon: () => void
  /** Flushes the bytes. */
  readonly flush: () => Promise<void>
  /** Gives the part its final name. */
  readonly publish: () => Promise<void>
}

const checkTarget = async (target: string): Promise<void> => {
  const found = await stat(target).catch((cause: unknown) => {
    if (codeOf(cause) !== "ENOENT") throw cause
    return undefined
  })
  if (found !== undefined && !found.isFile()) {
    const problem = found.isDirectory() ? "a folder is there" : "something else than a file is there"
    throw new FileWriteError({
      message: `${target} can't be written: ${problem}`,
      path: target,
      reason: "InvalidPath",
      code: undefined
    })
  }
}

/** Reads the facts of a part. A link or a pipe that another user has put there is not read. */
const readFacts = async (path: string): Promise<PartFacts | undefined> => {
  let handle: FileHandle
  try {
    handle = await open(path, constants.O_RDONLY | flag("O_NOFOLLOW") | flag("O_NONBLOCK"))
  } catch {
    return undefined
  }
  try {
    const found = await handle.stat()
    return found.isFile() && found.size <= maxFacts ? parseFacts(await handle.readFile("utf8")) : undefined
  } catch {
    return undefined
  } finally {
    await handle.close()
  }
}

const openPart = async (
  target: string,
  lock: PartLock
): Promise<PartFile & { readonly close: () => Promise<void> }> => {
  const path = `${target}.part`
  const factsPath = `${path}.json`
  await checkTarget(target)
  const facts = await readFacts(factsPath)
  // A link that another user has put there is not followed.
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | flag("O_NOFOLLOW"), 0o666)

  let position = 0
  let waiting: Array<Uint8Array> = []
  let waitingBytes = 0
  let flight: Promise<void> | undefined
  let flightBytes = 0
  let failure: { readonly cause: unknown } | undefined
  let keeps = false
  let published = false

  const write = async (batch: Array<Uint8Array>): Promise<void> => {
    let left = batch
    while (left.length > 0) {
      const { bytesWritten } = await handle.writev(left, position)
      if (bytesWritten === 0) throw new Error("the system has written nothing")
      position += bytesWritten
      flightBytes -= bytesWritten
      left = rest(left, bytesWritten)
    }
  }
  const start = (): void => {
    const batch = waiting
    flightBytes = waitingBytes
    waiting = []
    waitingBytes = 0
    flight = write(batch).then(
      () => {
        flight = undefined
        if (waiting.length > 0) start()
      },
      (cause: unknown) => {
        flight = undefined
        failure = { cause }
      }
    )
  }
  const check = (): void => {
    if (failure !== undefined) throw failure.cause
  }
  const settle = async (): Promise<void> => {
    while (flight !== undefined) await flight
  }
  const written = async (): Promise<void> => {
    await settle()
    check()
  }
  const remove = async (): Promise<void> => {
    await rm(factsPath, { force: true })
    await rm(path, { force: true })
  }

  try {
    const found = await handle.stat()
    if (!found.isFile()) throw Object.assign(new Error("not a file"), { code: "ELOOP" })
    position = facts === undefined ? 0 : found.size
    keeps = position > 0
  } catch (cause) {
    await handle.close()
    throw cause
  }

  return {
    found: keeps ? facts : undefined,
    handle,
    size: () => position + flightBytes + waitingBytes,
    push: (bytes) => {
      if (bytes.length > 0) {
        waiting.push(bytes)
        waitingBytes += bytes.length
        if (flight === undefined && failure === undefined) start()
      }
      return failure === undefined && waitingBytes < maxWaiting
    },
    room: async () => {
      await flight
      check()
    },
    written,
    restart: async (facts) => {
      await written()
      // In this order: at no time are there bytes with the facts of others.
      await rm(factsPath, { force: true })
      keeps = false
      await handle.truncate(0)
      position = 0
      if (facts === undefined) return
      // Fails if there is a file, such as a link that another user has put there.
      await writeFile(factsPath, factsText(facts), { flag: "wx" })
      keeps = true
    },
    abandon: () => {
      keeps = false
    },
    flush: async () => {
      await written()
      await handle.datasync()
    },
    publish: async () => {
      // Not every system renames a file that is open.
      await handle.close()
      await rename(path, target)
      published = true
      await rm(factsPath, { force: true })
      await flushFolder(dirname(target))
    },
    close: async () => {
      await settle()
      // Does nothing if it is closed.
      await handle.close()
      if (published || (keeps && position > 0)) return
      // The part is that of another download since.
      if (await lock.isHeld()) await remove()
    }
  }
}

/**
 * Opens the part of a file, `<name>.part`, until the scope closes. A part that can be resumed then stays, with its facts in
 * `<name>.part.json`. Any other part is removed.
 */
export const openPartFile = (target: string, lock: PartLock): Effect.Effect<PartFile, FileWriteError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({ try: () => openPart(target, lock), catch: (cause) => fileWriteError(target, cause) }),
    (part) => Effect.ignore(Effect.tryPromise(part.close))
  )
