import type { CacheStore } from "effect-herald"
import { createHash } from "node:crypto"

/** What a process of the test says. */
export type Said = { readonly ready: true } | { readonly written: number } | { readonly torn: number }

/** Bytes that tell whether they are whole, and whose they are. */
export const make = (key: string, index: number): CacheStore.Stored => {
  const body = Buffer.alloc((index * 7919) % 20_000, `${key} ${index};`)
  const about = createHash("sha256").update(body).digest("hex")
  return { about, bytes: new Uint8Array(body), dropAt: 1e15 }
}

export const isWhole = ({ about, bytes }: CacheStore.Stored): boolean =>
  createHash("sha256").update(bytes).digest("hex") === about
