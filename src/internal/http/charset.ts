/** Returns the charset that a byte order mark declares, which takes precedence over any other (WHATWG Encoding, 6). */
const charsetOfMark = (bytes: Uint8Array): string | undefined => {
  const [first, second, third] = [bytes[0], bytes[1], bytes[2]]
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8"
  if (first === 0xfe && second === 0xff) return "utf-16be"
  return first === 0xff && second === 0xfe ? "utf-16le" : undefined
}

const charsetOfType = (contentType: string): string | undefined =>
  /;\s*charset\s*=\s*["']?([^\s"';,]+)/i.exec(contentType)?.[1]

/** The characters of the bytes 80 to 9F in windows-1252 (WHATWG Encoding, index windows-1252). */
const windows1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"

/** Decodes UTF-8, without its mark. Malformed bytes become U+FFFD. Node's own function is much faster than a new `TextDecoder`. */
export const decodeUtf8 = (bytes: Uint8Array): string => {
  // TypeScript's types of Node declare `Buffer`, which other runtimes do not have.
  const { Buffer } = globalThis as { readonly Buffer?: typeof globalThis.Buffer }
  if (Buffer === undefined) return new TextDecoder().decode(bytes)
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString("utf8", charsetOfMark(bytes) === "utf-8" ? 3 : 0)
}

/** Decodes bytes by the label of a charset. Undefined for an unknown label, and for malformed bytes if they are `fatal`. */
export const decodeBy = (bytes: Uint8Array, label: string, fatal = false): string | undefined => {
  try {
    const decoder = new TextDecoder(label, { fatal })
    const text = decoder.decode(bytes)
    // Node 20 decodes windows-1252, which is also what the label iso-8859-1 means, as ISO 8859-1.
    return decoder.encoding === "windows-1252"
      ? text.replace(/[\x80-\x9f]/g, (character) => windows1252[character.charCodeAt(0) - 0x80]!)
      : text
  } catch {
    return undefined
  }
}

/**
 * Decodes the bytes of a body to text: by its byte order mark, by the `charset` of its content type (WHATWG labels), or else as
 * UTF-8. Removes the mark. Malformed bytes become U+FFFD. JSON is UTF-8 whatever its charset says (RFC 8259, 8.1), unless its
 * bytes are not.
 */
export const decodeText = (bytes: Uint8Array, contentType = ""): string => {
  const marked = charsetOfMark(bytes)
  const label = marked ?? charsetOfType(contentType) ?? "utf-8"
  if (/^utf-?8$/i.test(label)) return decodeUtf8(bytes)
  const isUnlikely = marked === undefined && /[/+]json\b/i.test(contentType)
  const utf8 = isUnlikely ? decodeBy(bytes, "utf-8", true) : undefined
  return (
    // JSON has no NUL, but UTF-16 of ASCII characters has.
    (utf8?.includes("\0") === true ? undefined : utf8) ?? decodeBy(bytes, label) ?? decodeUtf8(bytes)
  )
}
