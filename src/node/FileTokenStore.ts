import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { hasReason, makeFileLock, randomName } from "../internal/tokens/fileLock.js"
import { TokenStore, TokenStoreFailure } from "../TokenStore.js"

/** Options of `layer`. */
export interface Options {
  /** The directory of the files. It is created if it does not exist, with mode 0700. */
  readonly directory: string
}

/** The age at which a temporary file counts as left over from a killed process, in milliseconds. */
const leftoverAge = 60_000

/** The suffix of a temporary file, after the name of the file that it replaces. */
const temporarySuffix = /^\.[0-9a-f]{16}$/

/**
 * A token store in files: `<name>.json` in a directory, with mode 0600. Writes are atomic.
 *
 * Among the processes of a machine that share the directory, one at a time refreshes a token. If that process is killed, the
 * others wait for ten seconds.
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
export const layer = ({ directory }: Options): Layer.Layer<TokenStore, never, FileSystem.FileSystem> =>
  Layer.effect(
    TokenStore,
    Effect.map(FileSystem.FileSystem, (files): typeof TokenStore.Service => {
      const lock = makeFileLock(files)
      // Names may contain slashes, leading dots and other characters that a path interprets.
      const fileOf = (name: string) => `${encodeURIComponent(name.toWellFormed()).replace(/^\./, "%2E")}.json`
      const pathOf = (name: string) => `${directory}/${fileOf(name)}`
      const failure = ({ message }: PlatformError) => new TokenStoreFailure({ message })
      const createDirectory = files.makeDirectory(directory, { recursive: true, mode: 0o700 })

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
          files.readFileString(pathOf(name)).pipe(
            Effect.asSome,
            Effect.catchIf(hasReason("NotFound"), () => Effect.succeedNone),
            Effect.mapError(failure)
          ),
        save: (name, text) =>
          Effect.suspend(() => {
            const path = pathOf(name)
            const temporary = `${path}.${randomName()}`
            return createDirectory.pipe(
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
