/** Characters that are not printed: control and format characters, such as those that change the direction of text, and those that XML forbids. */
const unprintable = /\p{C}|[\u2028\u2029]/gu

/** More marks on one character than any language writes. */
const stackedMarks = /(\p{M}{3})\p{M}+/gu

/** The columns of a character in a font of fixed width: two for East Asian characters and pictures. */
const columnsOf = (character: string): number =>
  /\p{M}/u.test(character)
    ? 0
    : /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f000}-\u{3ffff}]/u.test(
          character
        )
      ? 2
      : 1

/** The columns of a text in a font of fixed width. */
export const widthOf = (text: string): number => {
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

/** Makes one line of a text that may have any characters, of at most this many columns. */
export const printable = (text: string, columns: number): string => {
  // A character has at most a few code units.
  const line = text
    .slice(0, columns * 8)
    .replace(/[\t\n\r]+/g, " ")
    .replace(unprintable, "\ufffd")
    .replace(stackedMarks, "$1")
  if (widthOf(line) <= columns && text.length <= columns * 8) return line
  let cut = ""
  let width = 1
  for (const character of line) {
    width += columnsOf(character)
    if (width > columns) break
    cut += character
  }
  return `${cut}\u2026`
}

/** Pads a text with spaces to this many columns. */
export const padded = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - widthOf(text)))
