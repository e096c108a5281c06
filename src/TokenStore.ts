import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { isReason, makeFileLock, randomName } from "./tokens/fileLock.js"
import { makeLocks } from "./tokens/locks.js"

/** The store can't be asked. The message holds no secret. */
export class TokenStoreFailure
  extends /*#__PURE__*/ Data.TaggedError("TokenStoreFailure")<{ readonly message: string }> {}

/** Where tokens are kept between runs, each under a name, as a text that is a secret. */
export class TokenStore
  extends /*#__PURE__*/ Context.Tag("effect-herald/TokenStore")<
    TokenStore,
    {
      readonly load: (name: string) => Effect.Effect<Option.Option<string>, TokenStoreFailure>
      /** Keeps it, in the place of what was there; whole, or not at all. */
      readonly save: (name: string, text: string) => Effect.Effect<void, TokenStoreFailure>
      readonly remove: (name: string) => Effect.Effect<void, TokenStoreFailure>
      /**
       * Held by one at a time, of all that share the store and in all processes, until the scope ends. One who is gone without giving it
       * back, such as a process that was killed, loses it after a few seconds.
       */
      readonly lock: (name: string) => Effect.Effect<void, TokenStoreFailure, Scope.Scope>
    }
  >() {}

type Service = Context.Tag.Service<TokenStore>

/** A store that is gone with the program. */
export const makeMemory: Effect.Effect<Service> = /*#__PURE__*/ Effect.sync(() => {
  const texts = new Map<string, string>()
  return {
    load: (name) => Effect.sync(() => Option.fromNullable(texts.get(name))),
    save: (name, text) => Effect.sync(() => void texts.set(name, text)),
    remove: (name) => Effect.sync(() => void texts.delete(name)),
    lock: makeLocks()
  }
})

/** A store that is gone with the program, for callers that are to share it. Each has one of its own otherwise. */
export const layerMemory: Layer.Layer<TokenStore> = /*#__PURE__*/ Layer.effect(TokenStore, makeMemory)

/**
 * Tokens in any `KeyValueStore`. Such a store has no locks: two processes with the same one may both refresh a token, and where the server
 * rotates refresh tokens, one of them then has to sign in anew. It is only as safe against others' eyes, and against being cut short,
 * as the `KeyValueStore` is.
 *
 * @example
 * ```ts
 * import { KeyValueStore } from "@effect/platform"
 * import { Layer } from "effect"
 * import { TokenStore } from "effect-herald"
 *
 * const store = TokenStore.layerKeyValueStore.pipe(Layer.provide(KeyValueStore.layerMemory))
 * ```
 */
export const layerKeyValueStore: Layer.Layer<TokenStore, never, KeyValueStore.KeyValueStore> =
  /*#__PURE__*/ Layer.effect(
    TokenStore,
    /*#__PURE__*/ Effect.map(KeyValueStore.KeyValueStore, (store): Service => {
      const failure = ({ message }: PlatformError) => new TokenStoreFailure({ message })
      return {
        load: (name) => Effect.mapError(store.get(name), failure),
        save: (name, text) => Effect.mapError(store.set(name, text), failure),
        remove: (name) => Effect.mapError(store.remove(name), failure),
        lock: makeLocks()
      }
    })
  )

/** How old a file is that its writer has left without an end, in milliseconds. */
const leftAfter = 60_000

/** The end of the name of a file that is being written. */
const isPart = /^\.[0-9a-f]{16}$/

/**
 * Tokens in files, each under its name and `.json` in this directory, which is made if need be: readable by their owner alone (0600),
 * and written whole or not at all. Processes of this machine that share the directory have a token refreshed once; one that is killed
 * amid that holds the others up for ten seconds.
 *
 * @example
 * ```ts
 * import { NodeFileSystem } from "@effect/platform-node"
 * import { Layer } from "effect"
 * import { TokenStore } from "effect-herald"
 *
 * const store = TokenStore.layerFile({ directory: "/home/bob/.config/example" }).pipe(Layer.provide(NodeFileSystem.layer))
 * ```
 */
export const layerFile = ({
  directory
}: {
  readonly directory: string
}): Layer.Layer<TokenStore, never, FileSystem.FileSystem> =>
  Layer.effect(
    TokenStore,
    Effect.map(FileSystem.FileSystem, (files): Service => {
      const lock = makeFileLock(files)
      // A name can have what a path gives a meaning to.
      const fileOf = (name: string) => `${encodeURIComponent(name.toWellFormed()).replace(/^\./, "%2E")}.json`
      const pathOf = (name: string) => `${directory}/${fileOf(name)}`
      const failure = ({ message }: PlatformError) => new TokenStoreFailure({ message })
      const folder = files.makeDirectory(directory, { recursive: true, mode: 0o700 })

      const write = (path: string, text: string) =>
        Effect.scoped(
          Effect.flatMap(files.open(path, { flag: "wx", mode: 0o600 }), (file) =>
            // To write nothing is a failure of the platform's.
            Effect.zipRight(text === "" ? Effect.void : file.writeAll(new TextEncoder().encode(text)), file.sync)
          )
        )

      /** Takes away what writers of this name have left that were killed. */
      const sweep = (name: string) =>
        Effect.gen(function* () {
          const file = fileOf(name)
          const now = yield* Clock.currentTimeMillis
          for (const other of yield* files.readDirectory(directory)) {
            if (!other.startsWith(`${file}.`) || !isPart.test(other.slice(file.length))) continue
            const path = `${directory}/${other}`
            const { mtime } = yield* files.stat(path)
            const age = now - Option.match(mtime, { onNone: () => now, onSome: (time) => time.getTime() })
            if (age > leftAfter) yield* files.remove(path)
          }
        }).pipe(Effect.ignore)

      return {
        load: (name) =>
          files.readFileString(pathOf(name)).pipe(
            Effect.asSome,
            Effect.catchIf(isReason("NotFound"), () => Effect.succeedNone),
            Effect.mapError(failure)
          ),
        save: (name, text) =>
          Effect.suspend(() => {
            const path = pathOf(name)
            const part = `${path}.${randomName()}`
            return folder.pipe(
              Effect.zipRight(write(part, text)),
              Effect.zipRight(files.rename(part, path)),
              Effect.onError(() => Effect.ignore(files.remove(part))),
              Effect.zipRight(sweep(name)),
              Effect.uninterruptible,
              Effect.mapError(failure)
            )
          }),
        remove: (name) =>
          files.remove(pathOf(name)).pipe(
            Effect.catchIf(isReason("NotFound"), () => Effect.void),
            Effect.zipRight(sweep(name)),
            Effect.mapError(failure)
          ),
        lock: (name) => Effect.mapError(Effect.zipRight(folder, lock(`${pathOf(name)}.lock`)), failure)
      }
    })
  )
