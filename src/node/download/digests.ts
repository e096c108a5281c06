import { createHash, type Hash } from "node:crypto"
import type { FileHandle } from "node:fs/promises"

/** A hash algorithm for digests (RFC 9530, 5). */
export type Algorithm = "sha-256" | "sha-512"

/** A digest of bytes. */
export interface Digest {
  readonly algorithm: Algorithm
  /** In hex, in lower case. */
  readonly value: string
}

/** The length of a digest, in bytes. */
const sizes: Readonly<Record<Algorithm, number>> = { "sha-256": 32, "sha-512": 64 }

const nodeNames: Readonly<Record<Algorithm, string>> = { "sha-256": "sha256", "sha-512": "sha512" }

/** Reports whether a text is base64 or base64url of this many bytes. */
const isBase64 = (text: string, size: number): boolean =>
  /^[\w+/-]+={0,2}$/.test(text) && Buffer.from(text, "base64").length === size

/** Parses a digest in bytes, hex or base64. Returns undefined if it is not one of the algorithm. */
export const parseDigest = (algorithm: Algorithm, value: Uint8Array | string): Digest | undefined => {
  const size = sizes[algorithm] as number | undefined
  if (size === undefined) return undefined
  if (typeof value !== "string") {
    return value.length === size ? { algorithm, value: Buffer.from(value).toString("hex") } : undefined
  }
  const text = value.trim()
  if (/^[0-9a-f]+$/i.test(text) && text.length === size * 2) return { algorithm, value: text.toLowerCase() }
  return isBase64(text, size) ? { algorithm, value: Buffer.from(text, "base64").toString("hex") } : undefined
}

/** Reads a `Content-Digest` or a `Repr-Digest` (RFC 9530, 2 and 3). Undefined if there is none of a known algorithm, or it is invalid. */
export const readDigest = async (header: string | undefined): Promise<Digest | undefined> => {
  if (header === undefined) return undefined
  // Loaded where a server sends a digest: most do not.
  const { parseDictionary } = await import("structured-headers")
  let members: ReturnType<typeof parseDictionary>
  try {
    members = parseDictionary(header)
  } catch {
    // A field that can't be parsed is ignored (RFC 9651, 4.2).
    return undefined
  }
  // Of several digests any may be verified. SHA-256 has instructions of its own in most processors.
  for (const algorithm of ["sha-256", "sha-512"] as const) {
    const value = members.get(algorithm)?.[0]
    const digest = value instanceof ArrayBuffer ? parseDigest(algorithm, new Uint8Array(value)) : undefined
    if (digest !== undefined) return digest
  }
  return undefined
}

/** Starts the hash of an algorithm. */
export const startHash = (algorithm: Algorithm): Hash => createHash(nodeNames[algorithm])

/** The number of bytes that are read at once, to hash a file. */
const readSize = 1_048_576

/** Starts a hash with the first bytes of a file. */
export const hashFile = async (algorithm: Algorithm, handle: FileHandle, length: number): Promise<Hash> => {
  const hash = startHash(algorithm)
  const buffer = Buffer.allocUnsafe(Math.min(readSize, length))
  let position = 0
  while (position < length) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, length - position), position)
    if (bytesRead === 0) throw new Error("the file became shorter while it was read")
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
  }
  return hash
}
