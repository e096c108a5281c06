/** Encodes the UTF-8 of a text in base64 (RFC 4648, 4). */
export const encodeBase64 = (text: string): string =>
  btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""))

/** Decodes base64. Throws if it is not base64. */
export const bytesOfBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

/** Converts base64url (RFC 4648, 5) to base64. */
export const fromBase64Url = (text: string): string => text.replaceAll("-", "+").replaceAll("_", "/")

/** Decodes the UTF-8 text of base64; undefined if it is not base64. */
export const decodeBase64 = (text: string): string | undefined => {
  try {
    return new TextDecoder().decode(bytesOfBase64(text))
  } catch {
    return undefined
  }
}
