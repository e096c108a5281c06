import { createHash, randomUUID } from "node:crypto"
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { cacheDirectory } from "../cacheDirectory.js"
import { civis, isUrl } from "../documentKey.js"
import type { Io } from "../Io.js"
import type { CompletionData, DocumentKey } from "./CompletionData.js"

/** A file in the state in which it was read. */
interface ReadFile {
  readonly path: string
  readonly modified: number
  readonly size: number
}

/** The content of a cache file. */
interface Entry {
  /** Another version has another form. */
  readonly version: 1
  readonly files: ReadonlyArray<ReadFile>
  /** When it was written, in milliseconds; for documents that are not files. */
  readonly written: number
  readonly data: CompletionData
}

/** A day, for documents from the network. */
const longest = 86_400_000

const pathOf = (key: DocumentKey, env: Io["env"]): string => {
  const absolute = (location: string) => (isUrl(location) || location === civis ? location : resolve(location))
  const text = JSON.stringify([absolute(key.spec), key.overlays.map(absolute), key.convention ?? ""])
  return join(cacheDirectory(env, "completion"), `${createHash("sha256").update(text).digest("hex").slice(0, 32)}.json`)
}

const stateOf = async (path: string): Promise<ReadFile | undefined> => {
  try {
    const { mtimeMs, size } = await stat(path)
    return { path, modified: mtimeMs, size }
  } catch {
    return undefined
  }
}

/** Returns the stored data, and whether it is current: no file has changed since, and it is no older than a day if it is from the network. */
export const readCache = async (
  key: DocumentKey,
  env: Io["env"]
): Promise<{ readonly data: CompletionData; readonly fresh: boolean } | undefined> => {
  try {
    // Only `writeCache` writes these files. Others are an error below, or give no candidates.
    const entry = JSON.parse(await readFile(pathOf(key, env), "utf8")) as Entry
    if (entry.version !== 1) return undefined
    const states = await Promise.all(entry.files.map(({ path }) => stateOf(path)))
    const same = entry.files.every(
      ({ modified, size }, index) => states[index]?.modified === modified && states[index]?.size === size
    )
    const remote = [key.spec, ...key.overlays].some((location) => isUrl(location) || location === civis)
    const age = Date.now() - entry.written
    return { data: entry.data, fresh: same && (!remote || (age >= 0 && age < longest)) }
  } catch {
    return undefined
  }
}

/** Stores data for the next completion. It is only a cache: a failure has no effect. */
export const writeCache = async (
  key: DocumentKey,
  env: Io["env"],
  files: ReadonlyArray<string>,
  data: CompletionData
): Promise<void> => {
  const path = pathOf(key, env)
  const temporary = `${path}.${randomUUID()}`
  try {
    const states = await Promise.all(files.map((file) => stateOf(resolve(file))))
    const entry: Entry = {
      version: 1,
      files: states.filter((state) => state !== undefined),
      written: Date.now(),
      data
    }
    await mkdir(join(path, ".."), { recursive: true, mode: 0o700 })
    // The names of an API may be private.
    await writeFile(temporary, JSON.stringify(entry), { mode: 0o600 })
    await rename(temporary, path)
  } catch {
    await rm(temporary, { force: true }).catch(() => {})
  }
}
