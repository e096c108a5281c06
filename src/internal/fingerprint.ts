import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { randomHex, sha256Hex } from "./hex.js"

/** Reports whether Web Crypto is available. It is not on pages that were loaded over plain http, though its type is. */
export const hasSubtleCrypto = (): boolean => (crypto as Partial<Crypto>).subtle !== undefined

/**
 * Returns an identifier of a secret that does not reveal it: the first 128 bits of its SHA-256, in hex. Without Web Crypto the
 * identifier is random, so that nothing that an earlier run stored is used.
 */
export const fingerprint = (secret: Redacted.Redacted): Effect.Effect<string> =>
  Effect.promise(async () =>
    hasSubtleCrypto() ? (await sha256Hex(Redacted.value(secret))).slice(0, 32) : randomHex(16)
  )
