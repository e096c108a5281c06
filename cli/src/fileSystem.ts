import { type PlatformError, SystemError, type SystemErrorReason } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as files from "node:fs/promises"
import { reasonOf } from "./values.js"

const reasons: Readonly<Record<string, SystemErrorReason>> = {
  ENOENT: "NotFound",
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  EEXIST: "AlreadyExists",
  EISDIR: "BadResource",
  ENOTDIR: "BadResource",
  EBUSY: "Busy"
}

const attempt = <A>(method: string, path: string, run: () => Promise<A>): Effect.Effect<A, PlatformError> =>
  Effect.tryPromise({
    try: run,
    catch: (error) => {
      const code = error instanceof Error && "code" in error ? String(error.code) : ""
      return new SystemError({
        module: "FileSystem",
        method,
        pathOrDescriptor: path,
        reason: reasons[code] ?? "Unknown",
        description: reasonOf(error)
      })
    }
  })

/** The functions of the file system that generated files are written with. */
export const fileSystem: Layer.Layer<FileSystem.FileSystem> = FileSystem.layerNoop({
  readDirectory: (path) => attempt("readDirectory", path, () => files.readdir(path)),
  readFileString: (path) => attempt("readFileString", path, () => files.readFile(path, "utf8")),
  makeDirectory: (path, options) =>
    attempt("makeDirectory", path, async () => {
      await files.mkdir(path, { recursive: options?.recursive ?? false })
    }),
  writeFileString: (path, text) => attempt("writeFileString", path, () => files.writeFile(path, text)),
  rename: (from, to) => attempt("rename", to, () => files.rename(from, to)),
  remove: (path) => attempt("remove", path, () => files.rm(path))
})
