/** Percent-encoded bytes (RFC 3986, 2.1), encoded any number of times. */
const percent = /(?:%(?:25)*[\da-f]{2})+/gi
const oneByte = /%(?:25)*([\da-f]{2})/gi

/** A character of HTML, escaped any number of times. */
const html = /&(?:amp;)*(?:#x([\da-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi

/** A character of a JSON text, or of a program's, escaped any number of times. */
const backslash = /\\+(?:u([\da-f]{4})|x([\da-f]{2})|([nrtbf])|)/gi

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }
const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" }

const codePoint = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd")

const unescape = (text: string): string =>
  text
    .replace(percent, (run) =>
      new TextDecoder().decode(Uint8Array.from(run.matchAll(oneByte), ([, byte]) => Number.parseInt(byte!, 16)))
    )
    .replace(html, (_, hexadecimal?: string, decimal?: string, name?: string) =>
      name === undefined
        ? codePoint(hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16))
        : named[name.toLowerCase()]!
    )
    .replace(backslash, (_, unit?: string, byte?: string, letter?: string) => {
      const code = unit ?? byte
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
      return letter === undefined ? "" : controls[letter.toLowerCase()]!
    })

/** As many escapes within escapes as a text is taken out of. */
const mostRounds = 5

/**
 * A text without the escapes of URLs, forms, HTML and JSON, however often and in whatever order they were put on: two texts
 * that a server may write for one another have one canonical text. It reads no text rightly, and is for comparing only: it
 * has no backslashes, and no plus signs.
 */
export const canonical = (text: string): string => {
  let canonical = text
  for (let round = 0; round < mostRounds; round += 1) {
    const before = canonical
    canonical = unescape(canonical)
    if (canonical === before) break
  }
  return canonical.replaceAll("+", " ")
}
