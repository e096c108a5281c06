import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import type { Stats } from "node:fs"
import { chmod, lstat, stat } from "node:fs/promises"
import { resolve } from "node:path"
import { TokenStoreFailure } from "../TokenStore.js"

/** Resolves the option `directory`, once, since the working directory may change. Fails with a `ConfigError` if it is no path. */
export const parseDirectory = (options: {
  readonly directory: string
}): Effect.Effect<string, ConfigError.ConfigError> => {
  // JavaScript permits other values than the types do.
  const directory: unknown = options.directory
  return typeof directory === "string" && directory !== "" && !directory.includes("\0")
    ? Effect.sync(() => resolve(directory))
    : Effect.fail(
        ConfigError.InvalidData(["directory"], "must be the path of a directory, such as /home/bob/.config/example")
      )
}

/**
 * Returns a path for messages. Names of tokens may have a fingerprint of a secret, which is replaced by a `*`, so that the path can be used
 * in a shell.
 */
export const shownPath = (text: string): string => text.replace(/[0-9a-f]{32,}/g, "*")

const failure = (path: string, problem: string) =>
  Effect.fail(new TokenStoreFailure({ message: `${shownPath(path)} ${problem}` }))

/** Returns what there is at a path; undefined if there is nothing, or it can't be seen. */
const inspect = (run: () => Promise<Stats>): Effect.Effect<Stats | undefined> =>
  Effect.orElseSucceed(Effect.tryPromise(run), () => undefined)

/** Reports whether a file belongs to another user than that of this process or root. Windows has no user ids. */
const isForeign = ({ uid }: Stats): boolean => {
  const own = process.getuid?.()
  return own !== undefined && uid !== own && uid !== 0
}

/** Reports whether other users can write a file. Windows has no such modes. */
const isWritableByOthers = ({ mode }: Stats): boolean => process.getuid !== undefined && (mode & 0o022) !== 0

/** Fails if a directory is there and other users could put files into it, or replace those of this user. */
export const checkDirectory = (path: string): Effect.Effect<void, TokenStoreFailure> =>
  Effect.flatMap(
    inspect(() => stat(path)),
    (found) => {
      if (found === undefined) return Effect.void
      if (!found.isDirectory()) return failure(path, "is not a directory: use another one for the tokens")
      if (isForeign(found)) return failure(path, "belongs to another user: use a directory of your own for the tokens")
      return isWritableByOthers(found)
        ? failure(
            path,
            "can be written by other users, who could put tokens there: run `chmod 700` on it, and remove what is not yours"
          )
        : Effect.void
    }
  )

/** The largest file that is read, in bytes: a mebibyte. Tokens have a few thousand. */
const maxSize = 1_048_576

/**
 * Fails if something else than a file of this user is at a path: a link, a directory, a named pipe, which would block, or a file that
 * other users can write. Restricts a file that other users can read, with a warning.
 */
export const checkFile = (path: string): Effect.Effect<void, TokenStoreFailure> =>
  Effect.flatMap(
    inspect(() => lstat(path)),
    (found) => {
      if (found === undefined) return Effect.void
      if (found.isSymbolicLink()) return failure(path, "is a symbolic link: remove it")
      if (!found.isFile()) return failure(path, "is not a regular file: remove it")
      if (isForeign(found)) return failure(path, "belongs to another user: remove it")
      if (isWritableByOthers(found)) return failure(path, "can be written by other users: remove it")
      if (found.size > maxSize) return failure(path, "is too large for a token: remove it")
      if (process.getuid === undefined || (found.mode & 0o077) === 0) return Effect.void
      return Effect.zipRight(
        Effect.logWarning(
          `${shownPath(path)} could be read by other users. Its mode is set to 0600: consider its token known`
        ),
        Effect.ignore(Effect.tryPromise(() => chmod(path, 0o600)))
      )
    }
  )
