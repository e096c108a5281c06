import cacache from "cacache"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { createHash, randomBytes } from "node:crypto"
import { mkdir, readdir, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { CacheStore, type Stored } from "./CacheStore.js"
import * as HttpCache from "./HttpCache.js"
import { CacheFailure, type ResponseCache } from "./ResponseCache.js"

/** Where a store on disk keeps things. */
export interface Options {
  /** A folder of the store's own. It is made if there is none, for its owner alone. */
  readonly directory: string
}

/** What stands in the index beside a key. */
interface Facts {
  readonly about: string
  readonly dropAt: number
  /** How often it was written over. */
  readonly writes: number
}

const isFacts = (value: unknown): value is Facts =>
  Predicate.isRecord(value) &&
  typeof value["about"] === "string" &&
  typeof value["dropAt"] === "number" &&
  typeof value["writes"] === "number"

/** The index of a key grows by a line each time that it is written; after so many it is made one line again. */
const linesKept = 16

/**
 * Before the bytes go as many random ones, so that no two contents are the same: content that was replaced, or dropped, can be
 * removed without a look at who else has it; and an index that came back from before leads to nothing.
 */
const saltLength = 16

const codeOf = (error: unknown): unknown => (Predicate.hasProperty(error, "code") ? error.code : undefined)

const isDamage = (error: unknown): boolean => ["ENOENT", "EINTEGRITY", "EBADSIZE"].includes(String(codeOf(error)))

const failure = (cause: unknown): CacheFailure =>
  new CacheFailure({ message: cause instanceof Error ? cause.message : "the disk can't be used", cause })

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, CacheFailure> =>
  Effect.tryPromise({ try: run, catch: failure })

/** Changes of one key go one after another: each removes what it replaces. */
const inOrder = () => {
  const last = new Map<string, Promise<unknown>>()
  return <A>(key: string, change: () => Promise<A>): Promise<A> => {
    const mine = (last.get(key) ?? Promise.resolve()).then(change, change)
    last.set(key, mine)
    const forget = () => {
      if (last.get(key) === mine) last.delete(key)
    }
    mine.then(forget, forget)
    return mine
  }
}

const day = 86_400_000

/** Removes what a process that was killed left half written. */
const sweep = async (directory: string): Promise<void> => {
  const temporary = join(directory, "tmp")
  try {
    for (const name of await readdir(temporary)) {
      const path = join(temporary, name)
      if ((await stat(path)).mtimeMs < Date.now() - day) await rm(path, { recursive: true, force: true })
    }
  } catch {
    // There is nothing, or another process is at it.
  }
}

const make = ({ directory }: Options): typeof CacheStore.Service => {
  const ordered = inOrder()
  let swept = false

  const find = (key: string) => cacache.get.info(directory, key, { memoize: false })

  const removeContent = async (integrity: string): Promise<void> => {
    await cacache.rm.content(directory, integrity)
  }

  const removeIndex = async (key: string): Promise<void> => {
    // The types don't know this option. Without it, a line is added that says "removed".
    const options: object = { removeFully: true }
    await Reflect.apply(cacache.rm.entry, undefined, [directory, key, options])
  }

  const remove = (key: string, only?: string): Promise<void> =>
    ordered(key, async () => {
      const entry = await find(key)
      if (only !== undefined && entry !== null && entry.integrity !== only) return
      await removeIndex(key)
      if (entry !== null) await removeContent(entry.integrity)
    })

  const set = (key: string, { about, bytes, dropAt }: Stored): Promise<void> =>
    ordered(key, async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      if (!swept) {
        swept = true
        await sweep(directory)
      }
      const before = await find(key)
      const metadata: unknown = before?.metadata
      const writes = isFacts(metadata) ? metadata.writes + 1 : 0
      const facts: Facts = { about, dropAt, writes }
      const content = Buffer.concat([randomBytes(saltLength), bytes])
      const integrity = await cacache.put(directory, key, content, { metadata: facts })
      if (before === null) return
      await removeContent(before.integrity)
      if (writes % linesKept !== 0) return
      const replaced = new Set<string>()
      await cacache.index.compact(directory, key, (_, { integrity: other }) => {
        if (other !== integrity) replaced.add(other)
        return true
      })
      for (const other of replaced) await removeContent(other)
    })

  /** Whether the index of a key that has no entry holds what is no index. A file that is empty is about to be written. */
  const isGarbled = async (key: string): Promise<boolean> => {
    const hash = createHash("sha256").update(key).digest("hex")
    const bucket = join(directory, "index-v5", hash.slice(0, 2), hash.slice(2, 4), hash.slice(4))
    try {
      return (await stat(bucket)).size > 0
    } catch {
      return false
    }
  }

  type Read = Stored | "absent" | { readonly damaged: string; readonly integrity: string | undefined }

  const readOnce = async (key: string): Promise<Read> => {
    const entry = await find(key)
    if (entry === null) {
      return (await isGarbled(key)) ? { damaged: "its index can't be read", integrity: undefined } : "absent"
    }
    const { integrity } = entry
    const facts: unknown = entry.metadata
    if (!isFacts(facts)) return { damaged: "its index is not ours", integrity }
    // Nothing but the salt: what the index says is all there is.
    if (entry.size === saltLength) return { about: facts.about, dropAt: facts.dropAt, bytes: new Uint8Array() }
    try {
      const content = await cacache.get.byDigest(directory, integrity, { memoize: false })
      return { about: facts.about, dropAt: facts.dropAt, bytes: content.subarray(saltLength) }
    } catch (error) {
      if (!isDamage(error)) throw error
      return { damaged: `${String(codeOf(error))} in its content`, integrity }
    }
  }

  const isDamaged = (read: Read): read is Exclude<Read, Stored | "absent"> =>
    typeof read === "object" && "damaged" in read

  /** What seems damaged may have been written over just now, by another process; it is if it stays as it is. */
  const read = async (key: string): Promise<Read> => {
    const once = await readOnce(key)
    if (!isDamaged(once)) return once
    await setTimeout(20)
    const again = await readOnce(key)
    return isDamaged(again) && again.integrity !== once.integrity ? "absent" : again
  }

  const get = (key: string, now: number): Effect.Effect<Stored | undefined, CacheFailure> =>
    Effect.flatMap(
      attempt(() => read(key)),
      (found): Effect.Effect<Stored | undefined, CacheFailure> => {
        if (found === "absent") return Effect.succeed(undefined)
        if (isDamaged(found)) {
          return Effect.logWarning(`An entry of the response cache on disk is dropped: ${found.damaged}`).pipe(
            Effect.zipRight(attempt(() => remove(key, found.integrity))),
            Effect.as(undefined)
          )
        }
        if (found.dropAt > now) return Effect.succeed(found)
        return Effect.as(
          attempt(() => remove(key)),
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
    set: (key, stored) => attempt(() => set(key, stored)),
    remove: (keys) => Effect.forEach(keys, (key) => attempt(() => remove(key)), { concurrency: 8, discard: true }),
    list: Stream.unwrap(
      Effect.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        return Effect.succeed(
          Stream.suspend(() => Stream.fromAsyncIterable(cacache.ls.stream(directory), failure)).pipe(
            // The types say that each is the whole index.
            Stream.mapConcat((entry: unknown) => {
              if (!Predicate.isRecord(entry) || typeof entry["key"] !== "string") return []
              const { key, metadata } = entry
              return [{ key, about: isFacts(metadata) && metadata.dropAt > now ? metadata.about : "" }]
            })
          )
        )
      })
    ),
    clear: attempt(async () => {
      // Not `cacache.rm.all`, which takes the path of the folder for a pattern.
      const names = await readdir(directory).catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") return []
        throw error
      })
      // The index goes first: what it leads to is there as long as it is.
      for (const part of ["index-", "content-"]) {
        for (const name of names) {
          if (name.startsWith(part)) await rm(join(directory, name), { recursive: true, force: true, maxRetries: 3 })
        }
      }
    })
  }
}

/**
 * A store in a folder, for Node. It outlives the process, and processes of one machine may share it. An entry is there whole, or
 * not at all, whenever a process dies; what was damaged on the disk is dropped, and logged. Nothing bounds it but what
 * `ResponseCache.purge` drops, or `clear`.
 *
 * It needs `cacache` installed beside.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as HttpCache from "effect-herald/cache"
 * import * as CacheDisk from "effect-herald/cache-disk"
 *
 * const cache = HttpCache.layer({ share: true }).pipe(
 *   Layer.provide(CacheDisk.store({ directory: "/var/cache/bot/polympics" }))
 * )
 * ```
 */
export const store = (options: Options): Layer.Layer<CacheStore> => Layer.sync(CacheStore, () => make(options))

/**
 * `HttpCache.layer` with the store on disk.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import * as CacheDisk from "effect-herald/cache-disk"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const anonymous = Polympics.anonymous().pipe(
 *   Layer.provide(CacheDisk.layer({ directory: "/var/cache/bot/polympics" }))
 * )
 * ```
 */
export const layer = (options: Options & HttpCache.Options): Layer.Layer<ResponseCache> =>
  HttpCache.layer(options).pipe(Layer.provide(store(options)))
