/** Percent-encoded bytes (RFC 3986, 2.1), encoded once or repeatedly. */
const percentEncoded = /(?:%(?:25)*[\da-f]{2})+/gi
const percentEncodedByte = /%(?:25)*([\da-f]{2})/gi

/** A character reference of HTML, escaped once or repeatedly. */
const characterReference = /&(?:amp;)*(?:#x([\da-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi

/** A backslash escape of JSON or JavaScript, escaped once or repeatedly. */
const backslashEscape = /\\+(?:u([\da-f]{4})|x([\da-f]{2})|([nrtbf])|)/gi

const namedCharacters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }
const controlCharacters: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" }

const codePoint = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd")

const unescape = (text: string): string =>
  text
    .replace(percentEncoded, (bytes) =>
      new TextDecoder().decode(
        Uint8Array.from(bytes.matchAll(percentEncodedByte), ([, byte]) => Number.parseInt(byte!, 16))
      )
    )
    .replace(characterReference, (_, hexadecimal?: string, decimal?: string, name?: string) =>
      name === undefined
        ? codePoint(hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16))
        : namedCharacters[name.toLowerCase()]!
    )
    .replace(backslashEscape, (_, unit?: string, byte?: string, letter?: string) => {
      const code = unit ?? byte
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
      return letter === undefined ? "" : controlCharacters[letter.toLowerCase()]!
    })

/** The maximum nesting of different escapes that is undone. */
const maxRounds = 5

/**
 * Removes the escapes of URLs, forms, HTML and JSON from a text, in any order, so that all escaped forms of a text have the
 * same canonical text. It is for comparison only and not a correct decoding: all backslashes are removed, and plus signs become
 * spaces.
 */
export const canonical = (text: string): string => {
  let current = text
  for (let round = 0; round < maxRounds; round += 1) {
    const previous = current
    current = unescape(current)
    if (current === previous) break
  }
  return current.replaceAll("+", " ")
}
