/** A terminal in memory, for what this library writes: text, CR, LF, and the CSI sequences CUU, CHA, EL and ED (ECMA-48). */
export const makeVirtualTerminal = (columns = 80, rows = 24) => {
  const lines: Array<Array<string>> = [[]]
  const writes: Array<string> = []
  let row = 0
  let column = 0
  const put = (character: string) => {
    if (column === columns) newline()
    const line = lines[row]!
    while (line.length < column) line.push(" ")
    line[column++] = character
  }
  const newline = () => {
    row++
    column = 0
    if (row === lines.length) lines.push([])
  }
  const control = (parameter: number | undefined, final: string) => {
    switch (final) {
      case "A":
        row = Math.max(0, lines.length - rows, row - (parameter ?? 1))
        return
      case "G":
        column = (parameter ?? 1) - 1
        return
      case "K":
        lines[row]!.length = Math.min(lines[row]!.length, column)
        return
      case "J":
        lines[row]!.length = Math.min(lines[row]!.length, column)
        lines.length = row + 1
        return
    }
    throw new Error(`CSI ${parameter ?? ""}${final} is not known here`)
  }
  return {
    isTTY: true,
    columns,
    rows,
    write: (text: string) => {
      writes.push(text)
      // oxlint-disable-next-line no-control-regex -- escape sequences begin with one
      for (const [part, parameter, final] of text.matchAll(/\u001b\[(\d*)([A-Za-z])|[^]/gu)) {
        if (final !== undefined) control(parameter === "" ? undefined : Number(parameter), final)
        else if (part === "\r") column = 0
        else if (part === "\n") newline()
        else if (/\p{Cc}/u.test(part)) throw new Error(`a control character: ${JSON.stringify(part)}`)
        else put(part)
      }
    },
    /** What was written, by write. */
    writes,
    /** The column of the cursor, from 0. */
    column: () => column,
    /** The lines of the screen and those that have left it at its top, without the spaces and the empty lines at their ends. */
    text: () =>
      lines
        .map((line) => line.join("").trimEnd())
        .join("\n")
        .trimEnd()
  }
}
