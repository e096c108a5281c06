import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import { constants } from "node:fs"
import { open } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { decodeText } from "../internal/http/charset.js"
import { DocumentError } from "../internal/spec/DocumentError.js"
import { isWeb } from "../internal/spec/locations.js"
import { readUrl } from "../internal/spec/readUrl.js"
import { messageOf } from "../internal/messageOf.js"

/** The largest file that is read, in bytes: 100 MB. */
const maxBytes = 100_000_000

/** Explains an error of the file system. */
const explain = (error: unknown): string => {
  const { code } = error as { readonly code?: unknown }
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "there is no such file. Check the path, which is relative to the working directory."
    case "EACCES":
    case "EPERM":
      return "this user may not read it."
    case "EISDIR":
      return "it is a directory: give a file in it."
    default:
      return `${messageOf(error)}.`
  }
}

const pathOf = (location: string): string => (/^file:/i.test(location) ? fileURLToPath(location) : location)

const readFile = async (location: string): Promise<string> => {
  const path = pathOf(location)
  // Does not wait for a writer, if the path is that of a named pipe.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = await file.stat()
    if (stats.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" })
    if (!stats.isFile()) throw new Error("it is no regular file")
    if (stats.size > maxBytes) throw new Error(`it has ${stats.size} bytes, and at most ${maxBytes} are read`)
    return decodeText(await file.readFile())
  } finally {
    await file.close()
  }
}

/**
 * Reads the text of a file, by its path or `file:` URL, or of a URL of the web, without credentials. A path is relative to the working
 * directory. The largest file has 100 MB.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { DocumentFiles, Transport } from "effect-herald/node"
 * import { Document } from "effect-herald/spec"
 *
 * const title = Document.load("openapi.yaml", { read: DocumentFiles.read }).pipe(
 *   Effect.map((document) => document.title),
 *   Effect.provide(Transport.layer())
 * )
 * ```
 */
export const read = (location: string): Effect.Effect<string, DocumentError, HttpClient> =>
  isWeb(location)
    ? readUrl(location)
    : Effect.tryPromise({
        try: () => readFile(location),
        catch: (error) =>
          new DocumentError({ message: `${location} can't be read: ${explain(error)}`, source: location })
      })
