/** Returns bytes in hex. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Returns random bytes in hex. Sixteen bytes are unique and cannot be guessed. */
export const randomHex = (bytes: number): string => toHex(crypto.getRandomValues(new Uint8Array(bytes)))

/**
 * Returns the SHA-256 digest of a text in hex. Rejects where `crypto.subtle` is missing, as on pages served over plain
 * http.
 */
export const sha256Hex = async (text: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))))
