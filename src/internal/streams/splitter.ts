/** The bytes that end a record: one byte, or either of two. */
export type Delimiters = readonly [number] | readonly [number, number]

/** The length of a buffer that is kept for further records, in bytes. Larger ones are released. */
const keptCapacity = 65_536

/**
 * Splits content after its last delimiter, so that each part has whole records only, and no character of UTF-8 is divided: a delimiter is
 * ASCII, and no part of another character.
 */
export interface Splitter {
  /** Returns the bytes that are complete now, those of earlier calls first. They are valid until the next call. */
  readonly push: (bytes: Uint8Array) => Uint8Array | undefined
  /** The bytes after the last delimiter. They are valid until the next call. */
  readonly rest: () => Uint8Array
  /** Drops the rest. */
  readonly drop: () => void
}

/** Makes a splitter. It copies what it keeps, since a reference to a part of a socket's buffer keeps all of it in memory. */
export const makeSplitter = ([first, second]: Delimiters): Splitter => {
  let buffer = new Uint8Array(0)
  let length = 0
  const append = (bytes: Uint8Array) => {
    if (length + bytes.length > buffer.length) {
      const larger = new Uint8Array(Math.max(1024, length + bytes.length, 2 * length))
      larger.set(buffer.subarray(0, length))
      buffer = larger
    }
    buffer.set(bytes, length)
    length += bytes.length
  }
  const drop = () => {
    length = 0
    if (buffer.length > keptCapacity) buffer = new Uint8Array(0)
  }
  return {
    push: (bytes) => {
      const last = bytes.lastIndexOf(first)
      const end = (second === undefined ? last : Math.max(last, bytes.lastIndexOf(second))) + 1
      if (end === 0) {
        append(bytes)
        return undefined
      }
      const head = bytes.subarray(0, end)
      let complete = head
      if (length > 0) {
        append(head)
        complete = buffer.subarray(0, length)
        // The bytes that are returned stay as they are: what follows goes to another buffer.
        buffer = new Uint8Array(0)
      }
      drop()
      if (end < bytes.length) append(bytes.subarray(end))
      return complete
    },
    rest: () => buffer.subarray(0, length),
    drop
  }
}
