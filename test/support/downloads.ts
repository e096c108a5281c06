import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Behaviour, Received, Script } from "../servers/scripted.js"

/** Returns bytes without a pattern: a part in a wrong place is noticed, and they can't be compressed. */
export const bytesOf = (length: number, seed = 1): Buffer => {
  const bytes = Buffer.alloc(length)
  let state = seed
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[index] = state >>> 16
  }
  return bytes
}

/** The digest of bytes, in base64. */
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64")

/** A folder of its own, which is removed when the scope closes. */
export const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "effect-herald-download-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** The names in a folder, in order. */
export const namesIn = (path: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(
    Effect.promise(() => readdir(path)),
    (names) => names.sort()
  )

/** How a server sends a resource. */
export interface Served {
  readonly body: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** The number of bytes after which the connection breaks. Default: never. */
  readonly breaksAfter?: number | undefined
  /** False if the server ignores `Range`. Default: true. */
  readonly ranges?: boolean
  /** False if the server ignores `If-Range`. Default: true. */
  readonly ifRange?: boolean
  /** The most bytes of one 206. */
  readonly most?: number | undefined
}

/** Sends a resource, as a server with ranges does (RFC 9110, 14). */
export const serve =
  ({ body, breaksAfter, headers = {}, ifRange = true, most = Infinity, ranges = true }: Served): Behaviour =>
  (response, received) => {
    const [, from] = /^bytes=(\d+)-$/.exec(received.headers.range ?? "") ?? []
    const condition = received.headers["if-range"]
    const matches =
      !ifRange || condition === undefined || condition === headers["etag"] || condition === headers["last-modified"]
    const isRange = ranges && from !== undefined && matches
    const first = isRange ? Number(from) : 0
    if (isRange && first >= body.length) {
      response.writeHead(416, { "content-range": `bytes */${body.length}`, "content-length": "0" }).end()
      return
    }
    const content = body.subarray(first, isRange ? Math.min(first + most, body.length) : body.length)
    response.writeHead(isRange ? 206 : 200, {
      ...headers,
      "content-length": `${content.length}`,
      ...(isRange ? { "content-range": `bytes ${first}-${first + content.length - 1}/${body.length}` } : {})
    })
    if (breaksAfter === undefined || breaksAfter >= content.length) response.end(content)
    else response.write(content.subarray(0, breaksAfter), () => setTimeout(() => response.socket?.destroy(), 5))
  }

/** Makes a script from functions of the request and its number. */
export const serving =
  (served: (index: number, received: Received) => Served): Script =>
  (received, index) =>
    serve(served(index, received))

/** Fails unless a file has this content. */
export const expectContent = (path: string, content: Buffer): Effect.Effect<void> =>
  Effect.map(
    Effect.promise(() => readFile(path)),
    (bytes) => {
      // `toEqual` of bytes takes seconds.
      expect({ length: bytes.length, isSame: bytes.equals(content) }).toEqual({ length: content.length, isSame: true })
    }
  )
