import type { HttpClient } from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { CacheStore, type StoredValue } from "../CacheStore.js"
import type * as HttpCache from "../HttpCache.js"
import { checkMaxBytes } from "../internal/cache/options.js"
import * as ResponseCaching from "../internal/cache/responseCache.js"
import { CacheFailure, type ResponseCache } from "../ResponseCache.js"
import { parseDirectory } from "./ownFiles.js"
import { type CacheDirectory, forEach, make as makeDirectory, type Warn } from "./cacheDirectory.js"

/** Options of a store on disk. */
export interface Options {
  /** Directory of the store. It is created if it is missing, with mode 0700. Other files in it are left alone. */
  readonly directory: string
  /**
   * Maximum size of all files. The least recently used values are deleted first. Processes that share the directory learn of each
   * other's files now and then, so each additional one may exceed the maximum by an eighth. Default: 256 MiB.
   */
  readonly maxBytes?: number | undefined
}

/** First bytes of a file. They identify the format and its version. */
const magic = "herald1\n"

const digestLength = 16

/** Length of the magic bytes, the digest, the time and the three lengths at the start of a file. */
const headLength = 44

const digestOf = (content: Buffer): Buffer =>
  createHash("sha256")
    .update(content.subarray(magic.length + digestLength))
    .digest()
    .subarray(0, digestLength)

const nameOf = (key: string): string => createHash("sha256").update(key).digest("hex")

/** Encodes a file: the magic bytes, a digest of the rest, `dropAt`, three lengths, the key, the metadata and the bytes. */
const encode = (key: string, { bytes, dropAt, metadata }: StoredValue): Buffer => {
  const keyBytes = Buffer.from(key)
  const text = Buffer.from(metadata)
  const content = Buffer.allocUnsafe(headLength + keyBytes.length + text.length + bytes.length)
  content.write(magic, "latin1")
  let at = magic.length + digestLength
  at = content.writeDoubleBE(dropAt, at)
  for (const { length } of [keyBytes, text, bytes]) at = content.writeUInt32BE(length, at)
  for (const part of [keyBytes, text, bytes]) {
    content.set(part, at)
    at += part.length
  }
  content.set(digestOf(content), magic.length)
  return content
}

interface Head {
  readonly dropAt: number
  /** Positions in the file. */
  readonly keyEnd: number
  readonly metadataEnd: number
}

/** Parses the head of a file of this size. Returns `undefined` if it is damaged. */
const headOf = (start: Buffer, size: number): Head | undefined => {
  if (start.length < headLength || start.toString("latin1", 0, magic.length) !== magic) return undefined
  const at = magic.length + digestLength
  const keyEnd = headLength + start.readUInt32BE(at + 8)
  const metadataEnd = keyEnd + start.readUInt32BE(at + 12)
  return metadataEnd + start.readUInt32BE(at + 16) === size
    ? { dropAt: start.readDoubleBE(at), keyEnd, metadataEnd }
    : undefined
}

const decode = (content: Buffer): StoredValue | undefined => {
  const head = headOf(content, content.length)
  if (head === undefined || !digestOf(content).equals(content.subarray(magic.length, magic.length + digestLength))) {
    return undefined
  }
  return {
    metadata: content.toString("utf8", head.keyEnd, head.metadataEnd),
    bytes: content.subarray(head.metadataEnd),
    dropAt: head.dropAt
  }
}

/** Number of bytes that `list` reads of a file at first. Keys and metadata are seldom longer. */
const firstReadLength = 4096

/** Number of files that `list` reads at the same time. */
const listBatch = 100

const failure = (cause: unknown): CacheFailure =>
  new CacheFailure({ message: cause instanceof Error ? cause.message : "The disk could not be accessed", cause })

const make = (directory: CacheDirectory): typeof CacheStore.Service => {
  /** Accesses the directory. Logs a warning if others can, too. */
  const access = <A>(run: (warn: Warn) => Promise<A>): Effect.Effect<A, CacheFailure> =>
    Effect.suspend(() => {
      let warning: string | undefined
      const warn: Warn = (message) => {
        warning = message
      }
      return Effect.tap(Effect.tryPromise({ try: () => run(warn), catch: failure }), () =>
        warning === undefined ? Effect.void : Effect.logWarning(warning)
      )
    })

  const warnOfDamage = (count: number): Effect.Effect<void> =>
    count === 0 ? Effect.void : Effect.logWarning(`Removing damaged entries from the response cache on disk: ${count}`)

  /** Reads some keys. Deletes the damaged values and those past their `dropAt`. */
  const get = async (keys: ReadonlyArray<string>, now: number, warn: Warn) => {
    let damaged = 0
    const values = await Promise.all(
      keys.map(async (key): Promise<StoredValue | undefined> => {
        const name = nameOf(key)
        const content = await directory.read(name, warn)
        if (content === undefined) return undefined
        const value = decode(content)
        if (value !== undefined && value.dropAt > now) return value
        if (value === undefined) damaged += 1
        await directory.remove(name)
        return undefined
      })
    )
    return { values, damaged }
  }

  /** Describes a file. Returns `undefined` if it is missing, and deletes it if it is damaged. */
  const describe = async (
    name: string,
    now: number,
    warn: Warn
  ): Promise<{ key: string; metadata: string } | "damaged" | undefined> => {
    let read = await directory.readStart(name, firstReadLength, warn)
    if (read === undefined) return undefined
    const head = headOf(read.start, read.size)
    if (head !== undefined && head.metadataEnd > read.start.length) {
      read = await directory.readStart(name, head.metadataEnd, warn)
      if (read === undefined) return undefined
    }
    const key = head === undefined ? undefined : read.start.toString("utf8", headLength, head.keyEnd)
    // Another process may have replaced the file since the first part was read. It is then listed as it was.
    if (head === undefined || key === undefined || nameOf(key) !== name) {
      await directory.remove(name)
      return "damaged"
    }
    return { key, metadata: head.dropAt > now ? read.start.toString("utf8", head.keyEnd, head.metadataEnd) : "" }
  }

  const list = async (names: ReadonlyArray<string>, now: number, warn: Warn) => {
    const listed: Array<{ readonly key: string; readonly metadata: string }> = []
    let damaged = 0
    await forEach(names, async (name) => {
      const described = await describe(name, now, warn)
      if (described === "damaged") damaged += 1
      else if (described !== undefined) listed.push(described)
    })
    return { listed, damaged }
  }

  return {
    get: (keys) =>
      Effect.clockWith((clock) =>
        Effect.flatMap(
          access((warn) => get(keys, clock.unsafeCurrentTimeMillis(), warn)),
          ({ damaged, values }) => (damaged === 0 ? Effect.succeed(values) : Effect.as(warnOfDamage(damaged), values))
        )
      ),
    set: (key, value) => access((warn) => directory.write(nameOf(key), encode(key, value), warn)),
    remove: (keys) => access(() => forEach(keys, (key) => directory.remove(nameOf(key)))),
    list: Stream.unwrap(
      Effect.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        return Effect.map(access(directory.names), (names) =>
          Stream.fromIterable(names).pipe(
            Stream.grouped(listBatch),
            Stream.mapEffect((batch) => access((warn) => list([...batch], now, warn))),
            Stream.tap(({ damaged }) => warnOfDamage(damaged)),
            Stream.mapConcat(({ listed }) => listed)
          )
        )
      })
    ),
    clear: access(directory.clear)
  }
}

/**
 * A store in a directory: one file for each value, with mode 0600. It outlives the process, and processes of one machine may share
 * it. A value is stored as a whole or not at all, even if a process is killed. A damaged value is removed, and a warning is
 * logged. A warning is logged, too, if other users of the machine can access the directory. In a directory that others can
 * write to, their files are not read.
 *
 * The layer fails with a `ConfigError` if an option is invalid.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as HttpCache from "effect-herald/cache"
 * import { DiskCache } from "effect-herald/node"
 *
 * const cache = HttpCache.layer({ share: true }).pipe(
 *   Layer.provide(DiskCache.store({ directory: "/var/cache/bot/polympics" }))
 * )
 * ```
 */
export const store = (options: Options): Layer.Layer<CacheStore, ConfigError.ConfigError> =>
  Layer.effect(
    CacheStore,
    Effect.suspend(() => {
      const { maxBytes = 256 * 1024 * 1024 } = options
      return Effect.zipWith(parseDirectory(options), checkMaxBytes(maxBytes), (directory) =>
        make(makeDirectory(directory, maxBytes))
      )
    })
  )

/**
 * A response cache in a directory: `HttpCache.layer` over `store`.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { DiskCache } from "effect-herald/node"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const anonymous = Polympics.anonymous().pipe(
 *   Layer.provide(DiskCache.layer({ directory: "/var/cache/bot/polympics" }))
 * )
 * ```
 */
export const layer = (
  options: Options & HttpCache.Options
): Layer.Layer<ResponseCache, ConfigError.ConfigError, HttpClient> =>
  ResponseCaching.layer(options).pipe(Layer.provide(store(options)))
