/** Matches characters that act on a terminal instead of being shown: controls, and marks of direction. */
const unshown = /[\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu

/** Returns a text as one line of visible characters, cut after a length. */
export const oneLine = (text: string, length: number): string => {
  // A text of a document can be of any length.
  const line = text
    .slice(0, 4 * length + 200)
    .replace(unshown, " ")
    .replace(/\s+/g, " ")
    .trim()
  return line.length > length ? `${line.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, "")}…` : line
}

/** Breaks a line at spaces. A word that is longer than the width has a line of its own. */
export const wrap = (line: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let current = ""
  for (const word of line.split(" ")) {
    if (current === "") current = word
    else if (current.length + 1 + word.length <= width) current += ` ${word}`
    else {
      lines.push(current)
      current = word
    }
  }
  return [...lines, current]
}

/** Returns the paragraphs of a text as lines of a width, as many as a length permits. */
export const paragraphs = (text: string, width: number, length: number): ReadonlyArray<string> => {
  const cut = text.length > length ? `${text.slice(0, length)}…` : text
  return cut
    .replaceAll("\r\n", "\n")
    .split(/\n\s*\n/)
    .map((paragraph) => oneLine(paragraph, length))
    .filter((paragraph) => paragraph !== "")
    .flatMap((paragraph, index) => [...(index === 0 ? [] : [""]), ...wrap(paragraph, width)])
}

/** A row of a table: two columns, and text that is wrapped beside them. */
export interface Row {
  readonly name: string
  readonly type: string
  readonly text: string
}

/** The greatest width of the columns of a table. A longer cell moves the text of its row to the next line. */
const columnLimit = 32

/** Formats rows in columns, as lines of a width. */
export const table = (rows: ReadonlyArray<Row>, width: number, indent = "  "): ReadonlyArray<string> => {
  const widest = (cells: ReadonlyArray<string>) =>
    cells.reduce((most, { length }) => (length <= columnLimit ? Math.max(most, length) : most), 0)
  const names = widest(rows.map(({ name }) => name))
  const types = widest(rows.map(({ type }) => type))
  return rows.flatMap(({ name, text, type }) => {
    const head = `${indent}${name.padEnd(names)}  ${types === 0 ? type : `${type.padEnd(types)}  `}`
    const column = indent.length + names + 2 + (types === 0 ? 0 : types + 2)
    if (text === "") return [head.trimEnd()]
    const lines = wrap(text, Math.max(width - column, 20))
    const beside = head.length <= column
    return [
      beside ? head + lines[0]! : head.trimEnd(),
      ...(beside ? lines.slice(1) : lines).map((line) => " ".repeat(column) + line)
    ]
  })
}
