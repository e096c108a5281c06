import type { CacheStore } from "effect-herald"
import { createHash } from "node:crypto"

/**
 * Message of a process that writes to a store: it has started, it has written its key of this number, or it has stopped, after
 * it read this number of incomplete values.
 */
export type Message = { readonly ready: true } | { readonly written: number } | { readonly incomplete: number }

/** Makes a value whose metadata is the digest of its bytes. */
export const makeValue = (key: string, index: number): CacheStore.StoredValue => {
  const body = Buffer.alloc((index * 7919) % 20_000, `${key} ${index};`)
  const metadata = createHash("sha256").update(body).digest("hex")
  return { metadata, bytes: new Uint8Array(body), dropAt: 1e15 }
}

/** Reports whether metadata and bytes were written together. */
export const isComplete = ({ bytes, metadata }: CacheStore.StoredValue): boolean =>
  createHash("sha256").update(bytes).digest("hex") === metadata
