/**
 * Graphemes that terminals show two columns wide: East Asian wide and fullwidth characters (UAX 11), in the blocks that are in use, and
 * emoji.
 */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u

/** Graphemes without a width of their own. */
const widthless = /^[\p{Mn}\p{Me}\p{Cf}]+$/u

/**
 * Characters that change a terminal, or the order in which it shows text: control characters (C0, DEL, C1), which begin escape
 * sequences, bidirectional formatting characters, line separators and lone surrogates.
 */
const unsafe = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu

/** The longest label that is looked at, in UTF-16 code units. No terminal has room for more. */
const longest = 4096

/** Makes a label one line that does not change the terminal: white space becomes one space, and each unsafe character `�`. */
export const harmless = (label: string): string =>
  label.slice(0, longest).replace(/\s+/gu, " ").trim().replace(unsafe, "\ufffd")

const widthOfGrapheme = (grapheme: string) => (widthless.test(grapheme) ? 0 : wide.test(grapheme) ? 2 : 1)

const graphemes = (text: string) => Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)

/** Returns the columns that a line takes on a terminal. It must have no control characters. */
export const columnsOf = (line: string): number =>
  graphemes(line).reduce((columns, grapheme) => columns + widthOfGrapheme(grapheme), 0)

/** Cuts a line to a number of columns. The last one is an ellipsis if something was cut. */
export const cut = (line: string, columns: number): string => {
  if (columnsOf(line) <= columns) return line
  let kept = ""
  let width = 0
  for (const grapheme of graphemes(line)) {
    width += widthOfGrapheme(grapheme)
    if (width > columns - 1) break
    kept += grapheme
  }
  return columns < 1 ? "" : `${kept}…`
}

/** Fills a line with spaces up to a number of columns. */
export const fill = (line: string, columns: number): string => line + " ".repeat(Math.max(0, columns - columnsOf(line)))
