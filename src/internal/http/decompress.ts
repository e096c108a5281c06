/**
 * Undoes content codings, for transports that do not. Loaded when a response has one, since browsers never need it. It uses
 * Node's modules without importing them, so that bundles for browsers can be built.
 */
import * as Decompress from "fzstd"
import type { Coding } from "./contentCoding.js"

type Bytes = AsyncIterable<Uint8Array>

type Builtin = <Name extends "node:zlib" | "node:stream">(
  name: Name
) => Name extends "node:zlib" ? typeof import("node:zlib") : typeof import("node:stream")

/** Returns a module of Node. Deno and Bun have the same function. */
const builtin: Builtin = (name) => {
  const { getBuiltinModule } = globalThis.process
  return getBuiltinModule(name) as never
}

const through = (bytes: Bytes, transform: import("node:stream").Transform): Bytes => {
  const { pipeline, Readable } = builtin("node:stream")
  // The failure is that of the iteration, too.
  return pipeline(Readable.from(bytes, { objectMode: false }), transform, () => {})
}

/** Undoes `deflate`: the zlib format (RFC 1950), or, from some servers, its content alone (RFC 1951). */
async function* inflate(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const { createInflate, createInflateRaw } = builtin("node:zlib")
  const iterator = bytes[Symbol.asyncIterator]()
  let first = await iterator.next()
  while (first.done !== true && first.value.length === 0) first = await iterator.next()
  if (first.done === true) return
  const head = first.value
  async function* all() {
    yield head
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  // The first byte of the zlib format names the method, of which there is one.
  yield* through(all(), (head[0]! & 0x0f) === 0x08 ? createInflate() : createInflateRaw())
}

/** The largest window of a decoder, in bytes, as a power of two: 8 MiB (RFC 9659, 3). */
const maxWindowLog = 23

/** Returns the window of a Zstandard frame, in bytes (RFC 8878, 3.1.1.1). */
const windowOf = (frame: Uint8Array): number => {
  const descriptor = frame[4]!
  if ((descriptor & 0x20) === 0) {
    const base = 2 ** (10 + (frame[5]! >> 3))
    return base + (base / 8) * (frame[5]! & 7)
  }
  // A frame of a single segment has its content size instead, after the dictionary id.
  const start = 5 + [0, 1, 2, 4][descriptor & 3]!
  const length = [1, 2, 4, 8][descriptor >> 6]!
  return frame.subarray(start, start + length).reduceRight((size, byte) => size * 256 + byte, 0)
}

/** Undoes `zstd`, in versions of Node whose zlib does not have it. */
async function* unzstd(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const decoded: Array<Uint8Array> = []
  const decoder = new Decompress.Decompress((chunk) => void decoded.push(chunk))
  let head: Uint8Array = new Uint8Array()
  let started = false
  for await (const chunk of bytes) {
    let next = chunk
    if (!started) {
      next = new Uint8Array(head.length + chunk.length)
      next.set(head)
      next.set(chunk, head.length)
      head = next
      // The longest header of a frame.
      if (head.length < 18) continue
      if (windowOf(head) > 2 ** maxWindowLog) throw new RangeError("the window of the content is larger than 8 MiB")
      started = true
    }
    // Small pieces, so that little is decoded at once.
    for (let start = 0; start < next.length; start += 16_384) {
      decoder.push(next.subarray(start, start + 16_384))
      yield* decoded.splice(0)
    }
  }
  if (started) decoder.push(new Uint8Array(), true)
  else if (head.length > 0) decoder.push(head, true)
  yield* decoded
}

const decoders: { readonly [C in Coding]: (bytes: Bytes) => Bytes } = {
  gzip: (bytes) => through(bytes, builtin("node:zlib").createGunzip()),
  deflate: inflate,
  br: (bytes) => through(bytes, builtin("node:zlib").createBrotliDecompress()),
  zstd: (bytes) => {
    const { constants, createZstdDecompress } = builtin("node:zlib") as typeof import("node:zlib") & {
      // Node 22.15 and later.
      readonly createZstdDecompress?: (options: object) => import("node:stream").Transform
    }
    if (createZstdDecompress === undefined) return unzstd(bytes)
    const windowLogMax = (constants as { readonly ZSTD_d_windowLogMax?: number }).ZSTD_d_windowLogMax!
    return through(bytes, createZstdDecompress({ params: { [windowLogMax]: maxWindowLog } }))
  }
}

/** Undoes content codings, given in the order in which they were applied. Fails if the content is corrupt or cut short. */
export const decompress = (bytes: Bytes, codings: ReadonlyArray<Coding>): Bytes =>
  codings.reduceRight((decoded, coding) => decoders[coding](decoded), bytes)
