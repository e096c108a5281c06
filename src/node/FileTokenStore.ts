import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { createHash } from "node:crypto"
import { TokenStore, TokenStoreFailure } from "../TokenStore.js"
import { hasReason, makeFileLock, randomName } from "./fileLock.js"
import { checkDirectory, checkFile, parseDirectory, shownPath } from "./ownFiles.js"

/** Options of `layer`. */
export interface Options {
  /**
   * The directory of the files. It is created if it does not exist, with mode 0700. It must belong to the user of this process, or to
   * root, and other users must not be able to write it.
   */
  readonly directory: string
}

/** The age at which a temporary file counts as left over from a killed process, in milliseconds. */
const leftoverAge = 60_000

/** The length of a file name up to which it can have all suffixes, in bytes. File systems permit 255. */
const maxFileName = 200

/**
 * Returns the file of a name. Escapes what a path interprets, and upper-case letters, which some file systems do not distinguish from
 * lower-case ones. A name that is too long is replaced by its digest, with a prefix that no escaped name has.
 */
const fileOf = (name: string): string => {
  const escaped = encodeURIComponent(name.toWellFormed())
    .replace(/^\./, "%2E")
    .replace(/%..|[A-Z*]/g, (part) => (part.length > 1 ? part : `%${part.charCodeAt(0).toString(16).toUpperCase()}`))
  return escaped.length > maxFileName
    ? `%sha256-${createHash("sha256").update(escaped).digest("hex")}.json`
    : `${escaped}.json`
}

/** The suffix of a temporary file, after the name of the file that it replaces. */
const temporarySuffix = /^\.[0-9a-f]{16}$/

/**
 * A token store in files: `<name>.json` in a directory, with mode 0600. Writes are atomic. A directory that other users can write is
 * refused, as is anything but a file of this user in the place of a token or a lock: each operation fails, and says what to do.
 *
 * Among the processes of a machine that share the directory, one at a time refreshes a token. If that process is killed, the
 * others wait for ten seconds; if it is stopped, for a minute. Fails with a `ConfigError` if `directory` is no path.
 *
 * @example
 * ```ts
 * import { NodeFileSystem } from "@effect/platform-node"
 * import { Layer } from "effect"
 * import { FileTokenStore } from "effect-herald/node"
 *
 * const store = FileTokenStore.layer({ directory: "/home/bob/.config/example" }).pipe(Layer.provide(NodeFileSystem.layer))
 * ```
 */
export const layer = (options: Options): Layer.Layer<TokenStore, ConfigError.ConfigError, FileSystem.FileSystem> =>
  Layer.effect(
    TokenStore,
    Effect.zipWith(parseDirectory(options), FileSystem.FileSystem, (directory, files): typeof TokenStore.Service => {
      const lock = makeFileLock(files)
      const pathOf = (name: string) => `${directory}/${fileOf(name)}`
      const failure = ({ message }: PlatformError | TokenStoreFailure) =>
        new TokenStoreFailure({ message: shownPath(message) })
      const createDirectory = Effect.zipRight(
        files.makeDirectory(directory, { recursive: true, mode: 0o700 }),
        checkDirectory(directory)
      )
      /** Fails if other users can have put the file there. */
      const check = (path: string) => Effect.zipRight(checkDirectory(directory), checkFile(path))

      const write = (path: string, text: string) =>
        Effect.scoped(
          Effect.flatMap(files.open(path, { flag: "wx", mode: 0o600 }), (file) =>
            // The platform fails on a write of zero bytes.
            Effect.zipRight(text === "" ? Effect.void : file.writeAll(new TextEncoder().encode(text)), file.sync)
          )
        )

      /** Removes temporary files that killed processes left for this name. */
      const removeLeftovers = (name: string) =>
        Effect.gen(function* () {
          const file = fileOf(name)
          const now = yield* Clock.currentTimeMillis
          for (const other of yield* files.readDirectory(directory)) {
            if (!other.startsWith(`${file}.`) || !temporarySuffix.test(other.slice(file.length))) continue
            const path = `${directory}/${other}`
            const { mtime } = yield* files.stat(path)
            const age = now - Option.match(mtime, { onNone: () => now, onSome: (time) => time.getTime() })
            if (age > leftoverAge) yield* files.remove(path)
          }
        }).pipe(Effect.ignore)

      return {
        load: (name) =>
          Effect.zipRight(check(pathOf(name)), files.readFileString(pathOf(name))).pipe(
            Effect.asSome,
            Effect.catchIf(hasReason("NotFound"), () => Effect.succeedNone),
            Effect.mapError(failure)
          ),
        save: (name, text) =>
          Effect.suspend(() => {
            const path = pathOf(name)
            const temporary = `${path}.${randomName()}`
            return createDirectory.pipe(
              Effect.zipRight(checkFile(path)),
              Effect.zipRight(write(temporary, text)),
              Effect.zipRight(files.rename(temporary, path)),
              Effect.onError(() => Effect.ignore(files.remove(temporary))),
              Effect.zipRight(removeLeftovers(name)),
              Effect.uninterruptible,
              Effect.mapError(failure)
            )
          }),
        remove: (name) =>
          files.remove(pathOf(name)).pipe(
            Effect.catchIf(hasReason("NotFound"), () => Effect.void),
            Effect.zipRight(removeLeftovers(name)),
            Effect.mapError(failure)
          ),
        lock: (name) => Effect.mapError(Effect.zipRight(createDirectory, lock(`${pathOf(name)}.lock`)), failure)
      }
    })
  )
