/** A text that was taken out of its escapes, and where each of its characters stood before: from where, and to where. */
export interface Canonical {
  readonly text: string
  readonly from: ReadonlyArray<number>
  readonly to: ReadonlyArray<number>
}

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

type Decode = (match: RegExpExecArray) => string

const decoders: ReadonlyArray<readonly [pattern: RegExp, decode: Decode]> = [
  [
    percent,
    ([run]) =>
      new TextDecoder().decode(Uint8Array.from(run.matchAll(oneByte), ([, byte]) => Number.parseInt(byte ?? "", 16)))
  ],
  [
    html,
    ([, hexadecimal, decimal, name]) =>
      name === undefined
        ? codePoint(hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16))
        : (named[name.toLowerCase()] ?? "")
  ],
  [
    backslash,
    ([, unit, byte, letter]) =>
      letter === undefined
        ? unit === undefined && byte === undefined
          ? ""
          : String.fromCharCode(Number.parseInt(unit ?? byte ?? "", 16))
        : (controls[letter.toLowerCase()] ?? "")
  ]
]

const decodeBy = (given: Canonical, pattern: RegExp, decode: Decode): Canonical => {
  let text = ""
  let end = 0
  const from: Array<number> = []
  const to: Array<number> = []
  const copy = (until: number) => {
    text += given.text.slice(end, until)
    for (; end < until; end += 1) {
      from.push(given.from[end] ?? 0)
      to.push(given.to[end] ?? 0)
    }
  }
  for (const match of given.text.matchAll(pattern)) {
    copy(match.index)
    const decoded = decode(match)
    text += decoded
    end += match[0].length
    for (let unit = 0; unit < decoded.length; unit += 1) {
      from.push(given.from[match.index] ?? 0)
      to.push(given.to[end - 1] ?? 0)
    }
  }
  copy(given.text.length)
  return { text, from, to }
}

/** As many escapes within escapes as a text is taken out of. */
const mostRounds = 5

/**
 * A text without the escapes of URLs, forms, HTML and JSON, however often and in whatever order they were put on: two texts
 * that a server may write for one another have one canonical text. It reads no text rightly, and is for comparing only: it
 * has no backslashes, and no plus signs.
 */
export const canonical = (original: string): Canonical => {
  const indices = Array.from({ length: original.length }, (_, index) => index)
  let found: Canonical = { text: original, from: indices, to: indices.map((index) => index + 1) }
  for (let round = 0; round < mostRounds; round += 1) {
    const before = found.text
    for (const [pattern, decode] of decoders) found = decodeBy(found, pattern, decode)
    if (found.text === before) break
  }
  return { ...found, text: found.text.replaceAll("+", " ") }
}
