import * as Effect from "effect/Effect"
import { sha256Hex } from "../hex.js"

type Headers = Readonly<Record<string, string | undefined>>

/** The request headers that an answer varies with, in lower case and in order; undefined if nothing tells (`*`). */
export const namesOf = (vary: string | undefined): ReadonlyArray<string> | undefined => {
  if (vary === undefined) return []
  const names = vary.split(",").flatMap((name) => name.trim().toLowerCase() || [])
  return names.includes("*") ? undefined : [...new Set(names)].sort()
}

/** So many digests are remembered. */
const most = 1000

/**
 * Makes what tells one variant from others: a SHA-256 of the values, which may be nobody's business. It is undefined where
 * there is no Web Crypto: in a page that came over plain HTTP.
 */
export const makeDigest = (): ((
  names: ReadonlyArray<string>,
  headers: Headers
) => Effect.Effect<string | undefined>) => {
  const known = new Map<string, string>()
  return (names, headers) => {
    const values = JSON.stringify(names.map((name) => [name, headers[name]?.trim() ?? null]))
    const before = known.get(values)
    if (before !== undefined) return Effect.succeed(before)
    const made = Effect.tryPromise(() => sha256Hex(values))
    return Effect.match(made, {
      onFailure: () => undefined,
      onSuccess: (text) => {
        if (known.size >= most) known.clear()
        known.set(values, text)
        return text
      }
    })
  }
}
