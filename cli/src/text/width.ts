/**
 * Code points that terminals show two columns wide: East Asian wide and fullwidth characters (UAX 11), in the blocks that are in use,
 * and emoji.
 */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u

/** Graphemes without a width of their own. */
const widthless = /^[\p{Mn}\p{Me}\p{Cf}]+$/u

const simple = /^[\u0020-\u007e\u00a0-\u02ff]*$/

const segmenter = new Intl.Segmenter()

const widthOfGrapheme = (grapheme: string) => (widthless.test(grapheme) ? 0 : wide.test(grapheme) ? 2 : 1)

/** Returns the columns that a line takes on a terminal. It must have no control characters. */
export const widthOf = (line: string): number => {
  if (simple.test(line)) return line.length
  let width = 0
  for (const { segment } of segmenter.segment(line)) width += widthOfGrapheme(segment)
  return width
}

/** Cuts a line to a number of columns. The last one is an ellipsis if something was cut. */
export const cut = (line: string, columns: number): string => {
  if (line.length <= columns && simple.test(line)) return line
  // A grapheme has one column at least, or none: no more than this is ever shown.
  const start = line.slice(0, columns * 16)
  let kept = ""
  let width = 0
  let room = ""
  for (const { segment } of segmenter.segment(start)) {
    width += widthOfGrapheme(segment)
    if (width > columns) return `${room}…`
    kept += segment
    if (width <= columns - 1) room = kept
  }
  return start.length < line.length ? `${room}…` : kept
}

/** Fills a line with spaces up to a number of columns. */
export const fill = (line: string, columns: number): string => line + " ".repeat(Math.max(0, columns - widthOf(line)))

/** Breaks a text into lines of at most this many columns, at spaces. Longer words keep a line of their own. */
export const wrap = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const paragraph of text.split("\n")) {
    let line = ""
    let width = 0
    for (const word of paragraph.split(/\s+/)) {
      if (word === "") continue
      const added = widthOf(word)
      if (line !== "" && width + 1 + added > columns) {
        lines.push(line)
        line = ""
        width = 0
      }
      width += added + (line === "" ? 0 : 1)
      line += line === "" ? word : ` ${word}`
    }
    lines.push(line)
  }
  return lines
}
