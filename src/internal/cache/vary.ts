import * as Effect from "effect/Effect"
import { sha256Hex } from "../hex.js"

type Headers = Readonly<Record<string, string | undefined>>

/**
 * Parses a `Vary` header to the names of the request headers that select a variant, in lower case and sorted. Returns
 * `undefined` for `*`: the variants differ by more than request headers.
 */
export const varyNamesOf = (vary: string | undefined): ReadonlyArray<string> | undefined => {
  if (vary === undefined) return []
  const names = vary.split(",").flatMap((name) => name.trim().toLowerCase() || [])
  return names.includes("*") ? undefined : [...new Set(names)].sort()
}

/** Maximum number of digests in memory. */
const maxDigests = 1000

/** Computes the digest of some request headers. */
export type VaryDigest = (names: ReadonlyArray<string>, headers: Headers) => Effect.Effect<string | undefined>

/**
 * Makes a function that computes the SHA-256 of the header values that select a variant. A digest is stored instead of the
 * values, which may be private. The digest is `undefined` without Web Crypto, as on pages that were loaded over plain http.
 */
export const makeVaryDigest = (): VaryDigest => {
  const digests = new Map<string, string>()
  return (names, headers) => {
    const values = JSON.stringify(names.map((name) => [name, headers[name]?.trim() ?? null]))
    const known = digests.get(values)
    if (known !== undefined) return Effect.succeed(known)
    const computed = Effect.tryPromise(() => sha256Hex(values))
    return Effect.match(computed, {
      onFailure: () => undefined,
      onSuccess: (digest) => {
        if (digests.size >= maxDigests) digests.clear()
        digests.set(values, digest)
        return digest
      }
    })
  }
}
