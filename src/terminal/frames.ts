import { MultiBar } from "cli-progress"

/** A terminal, such as the standard error. */
export interface Output {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly write: (text: string) => unknown
}

/** Lines at the bottom of a terminal, which are replaced in place. */
export interface Frames {
  /** Replaces the lines. Lines that only differ in their text are written at most ten times a second. */
  readonly render: (lines: ReadonlyArray<string>) => void
  /** Erases the lines. The cursor is where the first was. */
  readonly clear: () => void
}

/**
 * Makes the lines. The modes of the terminal do not change: the cursor stays visible and lines wrap as before, so that nothing has to be
 * restored after the end of the process, whatever ends it.
 */
export const makeFrames = (output: Output): Frames => {
  // The package cuts lines by UTF-16 code units. Ours are cut by columns before, so its stream is wide.
  const stream = { isTTY: true, columns: Number.MAX_SAFE_INTEGER, write: (text: string) => output.write(text) }
  let multiBar: MultiBar | undefined
  let bars: ReadonlyArray<ReturnType<MultiBar["create"]>> = []
  const clear = () => {
    multiBar?.stop()
    multiBar = undefined
    bars = []
  }
  const start = (lines: ReadonlyArray<string>) => {
    multiBar = new MultiBar({
      clearOnComplete: true,
      forceRedraw: true,
      format: (_options, _params, { line }: { readonly line: string }) => line,
      // True leaves the mode of the terminal alone.
      linewrap: true,
      // The package only writes to it.
      stream: stream as never
    })
    const created = multiBar
    bars = lines.map((line) => created.create(1, 0, { line }))
    created.update()
  }
  return {
    render: (lines) => {
      if (lines.length === bars.length) for (const [index, bar] of bars.entries()) bar.update({ line: lines[index] })
      else {
        clear()
        if (lines.length > 0) start(lines)
      }
    },
    clear
  }
}
