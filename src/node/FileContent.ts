import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type BigIntStats, constants, read as fsRead } from "node:fs"
import { type FileHandle, open, stat } from "node:fs/promises"
import { basename, extname } from "node:path"
import * as Content from "../Content.js"
import { codeOf } from "./systemErrors.js"

/**
 * A file that can't be sent.
 *
 * - `NotFound`: there is no file at the path
 * - `NotAFile`: it is a directory, a pipe, a socket or a device
 * - `NotReadable`: the program may not read it, or reading failed
 * - `Changed`: since the content was made, another file has taken its place, or its length or the time of its last change is another
 *
 * A call whose body fails by it fails with a `TransportError` whose `reason` is `body`, and whose `cause` is this error.
 */
export class FileReadError extends Data.TaggedError("FileReadError")<{
  readonly reason: "NotFound" | "NotAFile" | "NotReadable" | "Changed"
  readonly path: string
  readonly message: string
}> {}

/** The number of bytes that are read at once. */
const pieceSize = 262_144

const notReadable = (path: string, cause: unknown): FileReadError => {
  const code = codeOf(cause) ?? String(cause)
  return code === "ENOENT" || code === "ENOTDIR"
    ? new FileReadError({ reason: "NotFound", path, message: `there is no file at ${path}: check the path` })
    : new FileReadError({ reason: "NotReadable", path, message: `${path} can't be read (${code})` })
}

const attempt = <A>(path: string, run: () => Promise<A>): Effect.Effect<A, FileReadError> =>
  Effect.tryPromise({ try: run, catch: (cause) => notReadable(path, cause) })

/** Reads a piece of a file by a callback: a promise costs more memory for each piece. */
const readInto = (
  path: string,
  file: number,
  piece: Uint8Array,
  position: number
): Effect.Effect<number, FileReadError> =>
  // The file is not closed while it is read.
  Effect.uninterruptible(
    Effect.async((resume) => {
      fsRead(file, piece, 0, piece.length, position, (cause, bytesRead) =>
        resume(cause === null ? Effect.succeed(bytesRead) : Effect.fail(notReadable(path, cause)))
      )
    })
  )

const changed = (path: string): FileReadError =>
  new FileReadError({
    reason: "Changed",
    path,
    message: `${path} has changed since its content was made: make the content again, once the file is complete`
  })

const isSame = (one: BigIntStats, other: BigIntStats): boolean =>
  one.size === other.size && one.mtimeNs === other.mtimeNs && one.ino === other.ino && one.dev === other.dev

/** A pipe that has taken the place of the file is not waited for. Windows does not have the flag. */
const flags = (): number => constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0)

/** Reads a file that must remain as it was found. */
const read = (path: string, found: BigIntStats): Stream.Stream<Uint8Array, FileReadError> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const handle: FileHandle = yield* Effect.acquireRelease(
        attempt(path, () => open(path, flags())),
        (handle) => Effect.promise(() => handle.close())
      )
      const check = Effect.flatMap(
        attempt(path, () => handle.stat({ bigint: true })),
        (now) => (isSame(found, now) ? Effect.void : changed(path))
      )
      yield* check
      const size = Number(found.size)
      let offset = 0
      const next = Effect.suspend((): Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<FileReadError>> => {
        if (offset >= size) return Effect.fail(Option.none())
        const piece = Buffer.allocUnsafeSlow(Math.min(pieceSize, size - offset))
        const bytes = Effect.flatMap(readInto(path, handle.fd, piece, offset), (bytesRead) => {
          if (bytesRead === 0) return changed(path)
          offset += bytesRead
          const read = Chunk.of(piece.subarray(0, bytesRead))
          // A request of a known length is complete with its last byte, so the file is checked before.
          return offset < size ? Effect.succeed(read) : Effect.as(check, read)
        })
        return Effect.mapError(bytes, Option.some)
      })
      return Stream.repeatEffectChunkOption(next)
    })
  )

/**
 * Makes the content of a file, with its size. It is read in pieces of 256 KiB, again for each attempt. Fails with a `FileReadError` if
 * there is no file that can be sent; so does reading it, if the file is not what it was when the content was made.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser, Body, Endpoint, Operation } from "effect-herald"
 * import { FileContent } from "effect-herald/node"
 *
 * class Backups extends Authoriser.Tag("example/Backups")<Backups>() {}
 *
 * const put = Operation.make(Backups, () =>
 *   Endpoint.put("/backups/{name}", { body: Body.stream({ repeatable: true }) })
 * )
 *
 * const stored = Effect.flatMap(FileContent.make("./data.tar"), (body) => put({ name: "data.tar", body }))
 * ```
 */
export const make = (path: string): Effect.Effect<Content.Content<true>, FileReadError> =>
  Effect.flatMap(
    attempt(path, () => stat(path, { bigint: true })),
    (found) =>
      found.isFile()
        ? Effect.succeed(Content.make(() => read(path, found), { size: Number(found.size) }))
        : new FileReadError({ reason: "NotAFile", path, message: `${path} is not a file: give the path of a file` })
  )

/** Media types by the extensions of files, of the formats that APIs are sent most (IANA, Media Types). */
const types: Readonly<Record<string, string>> = {
  ".avif": "image/avif",
  ".csv": "text/csv",
  ".gif": "image/gif",
  ".gz": "application/gzip",
  ".html": "text/html",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".json": "application/json",
  ".md": "text/markdown",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".wav": "audio/wav",
  ".webm": "video/webm",
  ".webp": "image/webp",
  ".xml": "application/xml",
  ".yaml": "application/yaml",
  ".yml": "application/yaml",
  ".zip": "application/zip"
}

/** Options of a file in a form. */
export interface PartOptions {
  /** The name of the file. Default: the last segment of its path. */
  readonly name?: string | undefined
  /** The media type. Default: by the extension of common formats, or `application/octet-stream`. */
  readonly type?: string | undefined
}

/**
 * Makes a file in a form from a path. Fails, and is read, as the content of `make`.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Authoriser, Body, Endpoint, Operation } from "effect-herald"
 * import { FileContent } from "effect-herald/node"
 *
 * class Photos extends Authoriser.Tag("example/Photos")<Photos>() {}
 *
 * const upload = Operation.make(Photos, () =>
 *   Endpoint.post("/photos", { body: Body.multipart({ title: Schema.String, photo: Body.file }) })
 * )
 *
 * const sunset = Effect.flatMap(FileContent.part("./sunset.jpg"), (photo) =>
 *   upload({ body: { title: "Sunset", photo } })
 * )
 * ```
 */
export const part = (
  path: string,
  { name = basename(path), type = types[extname(path).toLowerCase()] }: PartOptions = {}
): Effect.Effect<Content.FilePart<true>, FileReadError> =>
  Effect.map(make(path), (content) => Content.filePart(content, { name, type }))
