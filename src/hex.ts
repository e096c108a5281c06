import * as Encoding from "effect/Encoding"

/** So many random bytes, in hex: a name that nobody else has, nor can guess if there are 16. */
export const randomHex = (bytes: number): string => Encoding.encodeHex(crypto.getRandomValues(new Uint8Array(bytes)))

/** The SHA-256 of a text, in hex. It rejects where there is no `crypto.subtle`: on pages over plain http. */
export const sha256Hex = async (text: string): Promise<string> =>
  Encoding.encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))))
