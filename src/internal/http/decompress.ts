/**
 * Undoes content codings, for transports that do not. Loaded when a response has one, since browsers never need it. It uses
 * Node's modules without importing them, so that bundles for browsers can be built.
 */
import * as Decompress from "fzstd"
import type { Coding } from "./contentCoding.js"

type Bytes = AsyncIterable<Uint8Array>

/** Node's modules. Deno and Bun have this function, too. */
const zlib = () => globalThis.process.getBuiltinModule("node:zlib")

type Transform = ReturnType<ReturnType<typeof zlib>["createGunzip"]>

const through = (bytes: Bytes, transform: Transform): Bytes => {
  const { pipeline, Readable } = globalThis.process.getBuiltinModule("node:stream")
  // The failure is that of the iteration, too.
  return pipeline(Readable.from(bytes, { objectMode: false }), transform, () => {})
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

/** Undoes `zstd`, in versions of Node whose zlib can't. */
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

/** The functions for Zstandard in Node 22.15 and later. */
interface ZstdOfNode {
  readonly createZstdDecompress?: (options: object) => Transform
  readonly zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array
}

/** Reports whether a decoder refuses content that is cut short. That of Node 22 accepts it, even the first byte of a frame alone. */
const refusesCutContent = (decode: (bytes: Uint8Array) => Uint8Array): boolean => {
  try {
    decode(Uint8Array.of(0x28))
    return false
  } catch {
    return true
  }
}

/** Returns the content before a coding. `first` is its first byte. */
const decoders: { readonly [C in Coding]: (bytes: Bytes, first: number) => Bytes } = {
  gzip: (bytes) => through(bytes, zlib().createGunzip()),
  // The zlib format (RFC 1950), whose first byte names its only method, or, from some servers, its content alone (RFC 1951).
  deflate: (bytes, first) =>
    through(bytes, (first & 0x0f) === 0x08 ? zlib().createInflate() : zlib().createInflateRaw()),
  br: (bytes) => through(bytes, zlib().createBrotliDecompress()),
  zstd: (bytes) => {
    const { constants, createZstdDecompress, zstdDecompressSync } = zlib() as ReturnType<typeof zlib> & ZstdOfNode
    if (createZstdDecompress === undefined || !refusesCutContent(zstdDecompressSync!)) return unzstd(bytes)
    const windowLogMax = (constants as { readonly ZSTD_d_windowLogMax?: number }).ZSTD_d_windowLogMax!
    return through(bytes, createZstdDecompress({ params: { [windowLogMax]: maxWindowLog } }))
  }
}

/** Undoes a coding. No content is that of no content. */
async function* decode(bytes: Bytes, coding: Coding): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]()
  let next = await iterator.next()
  while (next.done !== true && next.value.length === 0) next = await iterator.next()
  if (next.done === true) return
  const head = next.value
  async function* all() {
    yield head
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  yield* decoders[coding](all(), head[0]!)
}

/** Converts bytes to a Stream that reads them on demand. `stop` ends their source if the Stream is cancelled. */
const toReadableStream = (bytes: Bytes, stop: () => void): ReadableStream<Uint8Array> => {
  const iterator = bytes[Symbol.asyncIterator]()
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await iterator.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => {
      stop()
      // Settles after a read that is pending, which may be never.
      iterator.return?.().catch(() => {})
    }
  })
}

/** The failure of the bytes themselves, apart from failures of decoding them. */
export class SourceFailure extends Error {}

async function* distinguishFailures(bytes: Bytes): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (cause) {
    throw new SourceFailure("the content could not be read", { cause })
  }
}

/**
 * Undoes content codings, given in the order in which they were applied. The Stream fails with a `SourceFailure` if the bytes
 * can't be read, and with any other error if they are corrupt or cut short.
 */
export const decompress = (
  bytes: Bytes | ReadableStream<Uint8Array>,
  codings: ReadonlyArray<Coding>
): ReadableStream<Uint8Array> => {
  const { Readable } = globalThis.process.getBuiltinModule("node:stream")
  // Unlike an iterator, a Readable can be ended while a read is pending.
  const source =
    bytes instanceof Readable
      ? bytes
      : bytes instanceof ReadableStream
        ? // The types of the platform's streams and of Node's differ.
          Readable.fromWeb(bytes as Parameters<typeof Readable.fromWeb>[0])
        : Readable.from(bytes, { objectMode: false })
  return toReadableStream(codings.reduceRight<Bytes>(decode, distinguishFailures(source)), () => source.destroy())
}
