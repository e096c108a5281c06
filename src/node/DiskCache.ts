import type { HttpClient } from "@effect/platform/HttpClient"
import type cacache from "cacache"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { createHash, randomBytes } from "node:crypto"
import { mkdir, readdir, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { CacheStore, type StoredValue } from "../CacheStore.js"
import * as HttpCache from "../HttpCache.js"
import { CacheFailure, type ResponseCache } from "../ResponseCache.js"

/** Options of a store on disk. */
export interface Options {
  /** Directory of the store, which must not contain other files. It is created if it is missing, with mode 0700. */
  readonly directory: string
}

type Cacache = typeof cacache

/** Imports `cacache`, an optional peer dependency that only users of this store install. */
const loadCacache: Effect.Effect<Cacache> = Effect.promise(async () => {
  try {
    return (await import("cacache")).default
  } catch (cause) {
    throw new Error("DiskCache needs the package `cacache`: run `npm install cacache@20`", { cause })
  }
})

/** Metadata of an index entry of `cacache`. */
interface IndexFields {
  readonly metadata: string
  readonly dropAt: number
  /** Number of times that the key was overwritten. */
  readonly writes: number
}

const isIndexFields = (value: unknown): value is IndexFields =>
  Predicate.isRecord(value) &&
  typeof value["metadata"] === "string" &&
  typeof value["dropAt"] === "number" &&
  typeof value["writes"] === "number"

/** Number of writes after which the index file of a key, which grows by a line with each, is compacted to one line. */
const writesPerCompaction = 16

/**
 * Number of random bytes that are stored before the bytes of a value, so that no two values have the same content. The content
 * of a replaced or removed value can then be deleted without checking whether another key uses it, and an old index entry
 * that reappears does not lead to newer content.
 */
const saltLength = 16

const codeOf = (error: unknown): unknown => (Predicate.hasProperty(error, "code") ? error.code : undefined)

const isDamage = (error: unknown): boolean => ["ENOENT", "EINTEGRITY", "EBADSIZE"].includes(String(codeOf(error)))

const failure = (cause: unknown): CacheFailure =>
  new CacheFailure({ message: cause instanceof Error ? cause.message : "The disk could not be accessed", cause })

const access = <A>(run: () => Promise<A>): Effect.Effect<A, CacheFailure> =>
  Effect.tryPromise({ try: run, catch: failure })

/** Makes a function that runs changes of the same key one after another, since each deletes the content that it replaces. */
const makeQueue = () => {
  const last = new Map<string, Promise<unknown>>()
  return <A>(key: string, change: () => Promise<A>): Promise<A> => {
    const result = (last.get(key) ?? Promise.resolve()).then(change, change)
    last.set(key, result)
    const forget = () => {
      if (last.get(key) === result) last.delete(key)
    }
    result.then(forget, forget)
    return result
  }
}

const day = 86_400_000

/** Deletes temporary files that a killed process has left behind, once they are a day old. */
const deleteLeftovers = async (directory: string): Promise<void> => {
  const temporary = join(directory, "tmp")
  try {
    for (const name of await readdir(temporary)) {
      const path = join(temporary, name)
      if ((await stat(path)).mtimeMs < Date.now() - day) await rm(path, { recursive: true, force: true })
    }
  } catch {
    // The directory does not exist, or another process is deleting the same files.
  }
}

/** Result of reading a key. */
type ReadResult = StoredValue | "missing" | { readonly damage: string; readonly integrity: string | undefined }

const isDamaged = (result: ReadResult): result is Exclude<ReadResult, StoredValue | "missing"> =>
  typeof result === "object" && "damage" in result

const make = (cacache: Cacache, { directory }: Options): typeof CacheStore.Service => {
  const queue = makeQueue()
  let leftoversDeleted = false

  const find = (key: string) => cacache.get.info(directory, key, { memoize: false })

  const removeContent = async (integrity: string): Promise<void> => {
    await cacache.rm.content(directory, integrity)
  }

  const removeIndex = async (key: string): Promise<void> => {
    // Missing in the types. Without this option, a line that marks the key as removed is appended instead.
    const options: object = { removeFully: true }
    await Reflect.apply(cacache.rm.entry, undefined, [directory, key, options])
  }

  /** Removes a key, or only its entry with this integrity. */
  const remove = (key: string, only?: string): Promise<void> =>
    queue(key, async () => {
      const entry = await find(key)
      if (only !== undefined && entry !== null && entry.integrity !== only) return
      await removeIndex(key)
      if (entry !== null) await removeContent(entry.integrity)
    })

  const set = (key: string, { bytes, dropAt, metadata }: StoredValue): Promise<void> =>
    queue(key, async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      if (!leftoversDeleted) {
        leftoversDeleted = true
        await deleteLeftovers(directory)
      }
      const previous = await find(key)
      const previousFields: unknown = previous?.metadata
      const writes = isIndexFields(previousFields) ? previousFields.writes + 1 : 0
      const fields: IndexFields = { metadata, dropAt, writes }
      const content = Buffer.concat([randomBytes(saltLength), bytes])
      const integrity = await cacache.put(directory, key, content, { metadata: fields })
      if (previous === null) return
      await removeContent(previous.integrity)
      if (writes % writesPerCompaction !== 0) return
      const replaced = new Set<string>()
      await cacache.index.compact(directory, key, (_, { integrity: other }) => {
        if (other !== integrity) replaced.add(other)
        return true
      })
      for (const other of replaced) await removeContent(other)
    })

  /** Returns `true` if the index file of a key without an entry has content. An empty file is about to be written. */
  const isIndexDamaged = async (key: string): Promise<boolean> => {
    const hash = createHash("sha256").update(key).digest("hex")
    const path = join(directory, "index-v5", hash.slice(0, 2), hash.slice(2, 4), hash.slice(4))
    try {
      return (await stat(path)).size > 0
    } catch {
      return false
    }
  }

  const readOnce = async (key: string): Promise<ReadResult> => {
    const entry = await find(key)
    if (entry === null) {
      return (await isIndexDamaged(key)) ? { damage: "its index file is unreadable", integrity: undefined } : "missing"
    }
    const { integrity } = entry
    const fields: unknown = entry.metadata
    if (!isIndexFields(fields)) return { damage: "its index has an unknown format", integrity }
    // The content is only the salt, so it need not be read.
    if (entry.size === saltLength) {
      return { metadata: fields.metadata, dropAt: fields.dropAt, bytes: new Uint8Array() }
    }
    try {
      const content = await cacache.get.byDigest(directory, integrity, { memoize: false })
      return { metadata: fields.metadata, dropAt: fields.dropAt, bytes: content.subarray(saltLength) }
    } catch (error) {
      if (!isDamage(error)) throw error
      return { damage: `reading its content failed with ${String(codeOf(error))}`, integrity }
    }
  }

  /** Reads a key. If it seems damaged, reads it again, since another process may be overwriting it at the moment. */
  const read = async (key: string): Promise<ReadResult> => {
    const first = await readOnce(key)
    if (!isDamaged(first)) return first
    await setTimeout(20)
    const second = await readOnce(key)
    return isDamaged(second) && second.integrity !== first.integrity ? "missing" : second
  }

  const get = (key: string, now: number): Effect.Effect<StoredValue | undefined, CacheFailure> =>
    Effect.flatMap(
      access(() => read(key)),
      (result): Effect.Effect<StoredValue | undefined, CacheFailure> => {
        if (result === "missing") return Effect.succeed(undefined)
        if (isDamaged(result)) {
          return Effect.logWarning(`Removing a damaged entry from the response cache on disk: ${result.damage}`).pipe(
            Effect.zipRight(access(() => remove(key, result.integrity))),
            Effect.as(undefined)
          )
        }
        if (result.dropAt > now) return Effect.succeed(result)
        return Effect.as(
          access(() => remove(key)),
          undefined
        )
      }
    )

  return {
    get: (keys) =>
      Effect.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        return Effect.forEach(keys, (key) => get(key, now), { concurrency: "unbounded" })
      }),
    set: (key, value) => access(() => set(key, value)),
    remove: (keys) => Effect.forEach(keys, (key) => access(() => remove(key)), { concurrency: 8, discard: true }),
    list: Stream.unwrap(
      Effect.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        return Effect.succeed(
          Stream.suspend(() => Stream.fromAsyncIterable(cacache.ls.stream(directory), failure)).pipe(
            // The stream yields single entries, though its type says that it yields the whole index.
            Stream.mapConcat((entry: unknown) => {
              if (!Predicate.isRecord(entry) || typeof entry["key"] !== "string") return []
              const { key, metadata: fields } = entry
              return [{ key, metadata: isIndexFields(fields) && fields.dropAt > now ? fields.metadata : "" }]
            })
          )
        )
      })
    ),
    clear: access(async () => {
      // `cacache.rm.all` is not used, since it treats the directory as a glob pattern.
      const names = await readdir(directory).catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") return []
        throw error
      })
      // The index is deleted first, so that no index entry lacks its content.
      for (const part of ["index-", "content-"]) {
        for (const name of names) {
          if (name.startsWith(part)) await rm(join(directory, name), { recursive: true, force: true, maxRetries: 3 })
        }
      }
    })
  }
}

/**
 * A store in a directory. It outlives the process, and processes of one machine may share it. An entry is stored as a whole
 * or not at all, even if a process is killed. A damaged entry is removed, and a warning is logged. The size is not limited:
 * `purge` and `clear` of the `ResponseCache` free space.
 *
 * It requires `cacache`, an optional peer dependency: `npm install cacache@20`. Without it the layer dies with an error that
 * names the package.
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
export const store = (options: Options): Layer.Layer<CacheStore> =>
  Layer.effect(
    CacheStore,
    Effect.map(loadCacache, (cacache) => make(cacache, options))
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
export const layer = (options: Options & HttpCache.Options): Layer.Layer<ResponseCache, never, HttpClient> =>
  HttpCache.layer(options).pipe(Layer.provide(store(options)))
