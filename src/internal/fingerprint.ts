import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { randomHex, sha256Hex, toHex } from "./hex.js"

/** Reports whether Web Crypto is available. It is not on pages that were loaded over plain http, though its type is. */
const hasSubtleCrypto = (): boolean => (crypto as Partial<Crypto>).subtle !== undefined

/**
 * Returns an identifier of a secret that does not reveal it, unless the secret is guessable: the first 128 bits of its SHA-256, in hex.
 * Without Web Crypto the identifier is random, so that nothing that an earlier run stored is used.
 */
export const fingerprint = (secret: Redacted.Redacted): Effect.Effect<string> =>
  Effect.promise(async () =>
    hasSubtleCrypto() ? (await sha256Hex(Redacted.value(secret))).slice(0, 32) : randomHex(16)
  )

/**
 * Reports whether a secret may be found by trying, if its SHA-256 is known: a PIN, a word, a number. Keys that servers issue have 20
 * characters or more.
 */
export const isGuessable = (secret: Redacted.Redacted): boolean => {
  const text = Redacted.value(secret)
  return text.length < 20 || new Set(text).size < 8
}

/** The number of PBKDF2-SHA-256 iterations that OWASP advises. They take about a fifth of a second. */
const iterations = 600_000

/**
 * Returns an identifier of a secret that is slow to compute, so that guesses are, too: 128 bits by PBKDF2, in hex. Random without Web
 * Crypto.
 */
export const slowFingerprint = async (secret: Redacted.Redacted, salt: string): Promise<string> => {
  if (!hasSubtleCrypto()) return randomHex(16)
  const text = new TextEncoder()
  const { subtle } = crypto
  const key = await subtle.importKey("raw", text.encode(Redacted.value(secret)), "PBKDF2", false, ["deriveBits"])
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: text.encode(`effect-herald ${salt}`), iterations }
  return toHex(new Uint8Array(await subtle.deriveBits(parameters, key, 128)))
}

/** Returns an identifier of a secret that may leave the process: `slowFingerprint` if the secret is guessable. */
export const publicFingerprint = (secret: Redacted.Redacted, salt: string): Effect.Effect<string> =>
  Effect.suspend(() =>
    isGuessable(secret) ? Effect.promise(() => slowFingerprint(secret, salt)) : fingerprint(secret)
  )
