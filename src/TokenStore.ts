import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

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

/** A lock for each name, for those in this process. Whoever is first in the line has it, and stays there for so long. */
const makeLocks = (): Service["lock"] => {
  const lines = new Map<string, ReadonlyArray<Deferred.Deferred<void>>>()
  return (name) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const turn = Deferred.unsafeMake<void>(FiberId.none)
        const leave = Effect.sync(() => {
          const line = (lines.get(name) ?? []).filter((other) => other !== turn)
          if (line[0] === undefined) lines.delete(name)
          else {
            lines.set(name, line)
            Deferred.unsafeDone(line[0], Effect.void)
          }
        })
        const line = [...(lines.get(name) ?? []), turn]
        lines.set(name, line)
        const come = line[0] === turn ? Effect.void : Effect.onError(restore(Deferred.await(turn)), () => leave)
        return Effect.zipRight(
          come,
          Effect.addFinalizer(() => leave)
        )
      })
    )
}

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

/** How often one that holds a lock says so, in milliseconds. */
const heartbeat = 1000

/** A lock that nobody has spoken for during this time, in milliseconds, is that of one who is gone. */
const abandonedAfter = 10_000

/** How often one that waits looks, in milliseconds. */
const look = 50

/** How old a file is that its writer has left without an end, in milliseconds. */
const leftAfter = 60_000

const randomName = () => Encoding.encodeHex(crypto.getRandomValues(new Uint8Array(8)))

/** The end of the name of a file that is being written. */
const isPart = /^\.[0-9a-f]{16}$/

const isReason = (reason: string) => (error: PlatformError) => error._tag === "SystemError" && error.reason === reason

/**
 * A lock that processes of a machine share: a file that only one can make. Whoever has it touches it from time to time. Who waits and
 * sees it untouched for long takes it away, one at a time, which a second such file sees to.
 */
const makeFileLock = (files: FileSystem.FileSystem) => {
  const claim = (path: string, owner: string) =>
    files.writeFileString(path, owner, { flag: "wx", mode: 0o600 }).pipe(
      Effect.as(true),
      Effect.catchIf(isReason("AlreadyExists"), () => Effect.succeed(false))
    )

  const discard = (path: string) => Effect.ignore(files.remove(path))

  const touchedAt = (path: string) =>
    files.stat(path).pipe(
      Effect.map(({ mtime }) => Option.match(mtime, { onNone: () => 0, onSome: (time) => time.getTime() })),
      Effect.catchIf(isReason("NotFound"), () => Effect.succeed(undefined))
    )

  /** Takes a lock away that is still as it was seen, unless another is about to. */
  const takeAway = (path: string, seen: number) =>
    Effect.flatMap(claim(`${path}.removal`, ""), (mine) =>
      mine
        ? Effect.flatMap(touchedAt(path), (now) => (now === seen ? discard(path) : Effect.void)).pipe(
            Effect.ensuring(discard(`${path}.removal`)),
            Effect.uninterruptible
          )
        : Effect.void
    )

  /** Only to wait for the next look can be interrupted, so that none leaves a lock that it does not know it has. */
  const wait = (
    path: string,
    owner: string,
    pause: Effect.Effect<void>,
    seen: { readonly touched: number | undefined; readonly for: number }
  ): Effect.Effect<void, PlatformError> =>
    Effect.flatMap(claim(path, owner), (mine) => {
      if (mine) return Effect.void
      return Effect.flatMap(touchedAt(path), (touched) => {
        const since = touched === seen.touched ? seen.for + look : 0
        const next = Effect.zipRight(
          pause,
          Effect.suspend(() => wait(path, owner, pause, { touched, for: since }))
        )
        if (touched === undefined || since < abandonedAfter) return next
        // Whoever was to remove it may have been killed in doing so.
        const stuck = since >= 2 * abandonedAfter ? discard(`${path}.removal`) : Effect.void
        return Effect.zipRight(stuck, Effect.zipRight(takeAway(path, touched), next))
      })
    })

  return (path: string): Effect.Effect<void, PlatformError, Scope.Scope> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const owner = randomName()
        const pause = restore(Effect.sleep(look))
        yield* Effect.acquireRelease(wait(path, owner, pause, { touched: undefined, for: 0 }), () =>
          // Not that of another, who took it from one that seemed to be gone.
          Effect.ignore(
            Effect.flatMap(files.readFileString(path), (now) => (now === owner ? discard(path) : Effect.void))
          )
        )
        const touch = Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.ignore(files.utimes(path, new Date(now), new Date(now)))
        )
        yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.delay(touch, heartbeat))))
      })
    )
}

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
