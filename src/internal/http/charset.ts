/** Returns the charset that a byte order mark declares, which takes precedence over any other (WHATWG Encoding, 6). */
const charsetOfMark = ([first, second, third]: Uint8Array): string | undefined => {
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8"
  if (first === 0xfe && second === 0xff) return "utf-16be"
  return first === 0xff && second === 0xfe ? "utf-16le" : undefined
}

const charsetOfType = (contentType: string): string | undefined =>
  /;\s*charset\s*=\s*["']?([^\s"';,]+)/i.exec(contentType)?.[1]

/** Decodes bytes by the label of a charset. An unknown label means UTF-8. */
const decodeBy = (bytes: Uint8Array, label: string): string => {
  try {
    return new TextDecoder(label).decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/**
 * Decodes the bytes of a body to text: by its byte order mark, by the `charset` of its content type (WHATWG labels), or else as
 * UTF-8. Removes the mark. Malformed bytes become U+FFFD. JSON is UTF-8 whatever its charset says (RFC 8259, 8.1), unless its
 * bytes are not.
 */
export const decodeText = (bytes: Uint8Array, contentType = ""): string => {
  const marked = charsetOfMark(bytes)
  const label = marked ?? charsetOfType(contentType)
  if (label === undefined || (marked === undefined && /[/+]json\b/i.test(contentType) && isUtf8(bytes))) {
    return new TextDecoder().decode(bytes)
  }
  return decodeBy(bytes, label)
}
