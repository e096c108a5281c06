import * as Effect from "effect/Effect"
import { sha256Hex } from "../hex.js"

type Headers = Readonly<Record<string, string | undefined>>

/** Maximum number of request headers that select a variant. Real responses name a few. */
const maxNames = 32

/**
 * Parses a `Vary` header to the names of the request headers that select a variant, in lower case and sorted. Returns
 * `undefined` for `*`, since the variants differ by more than request headers, and for more names than a variant can have.
 */
export const varyNamesOf = (vary: string | undefined): ReadonlyArray<string> | undefined => {
  if (vary === undefined) return []
  const names = [...new Set(vary.split(",").flatMap((name) => name.trim().toLowerCase() || []))].sort()
  return names.includes("*") || names.length > maxNames ? undefined : names
}

/**
 * Returns the names that select a variant of a URL: those of its new response, and those of its earlier responses, so that
 * variants that were stored by them are still found. Forgets the earlier ones if there are too many: a server that names another
 * header each time would make the list grow with every response.
 */
export const joinedNames = (names: ReadonlyArray<string>, earlier: ReadonlyArray<string>): ReadonlyArray<string> => {
  const joined = [...new Set([...names, ...earlier])].sort()
  return joined.length > maxNames ? names : joined
}

/** Matches a quoted string, or white space around a delimiter of lists and parameters. */
const quotedOrSpace = /("(?:[^"\\]|\\.)*")|\s*([,;])\s*/g

/** Matches headers of content negotiation (RFC 9110, 12.5). Their members have no order, and names in them no case. */
const negotiation = /^accept(?:-(?:charset|encoding|language))?$/

/**
 * Normalizes the value of a request header (RFC 9111, 4.1): white space around commas and semicolons is removed. For headers
 * of content negotiation, case and the order of the members are, too.
 */
const normalizedValue = (name: string, value: string): string => {
  const text = value
    .trim()
    .replace(quotedOrSpace, (_, quoted?: string, delimiter?: string) => quoted ?? delimiter ?? "")
  // A quoted string may contain a comma.
  if (!negotiation.test(name) || text.includes('"')) return text
  const members = text.split(",").map((member) => member.replace(/^[^;]*/, (item) => item.toLowerCase()))
  return members.sort().join()
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
    const values = JSON.stringify(
      names.map((name) => {
        const value = headers[name]
        return [name, value === undefined ? null : normalizedValue(name, value)]
      })
    )
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
