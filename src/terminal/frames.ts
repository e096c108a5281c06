import { MultiBar } from "cli-progress"

/** A terminal, such as the standard error. */
export interface Output {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  readonly write: (text: string) => unknown
}

/** Lines at the bottom of a terminal, which are replaced in place. */
export interface Frames {
  /** Shows these lines instead of the last ones, at once, and then their text of the moment ten times a second. */
  readonly show: (lines: ReadonlyArray<() => string>) => void
  /** Erases the lines. The cursor is where the first was. */
  readonly clear: () => void
}

/**
 * Makes the lines. The modes of the terminal do not change: the cursor stays visible and lines wrap as before, so that nothing has to be
 * restored after the end of the process, whatever ends it.
 */
export const makeFrames = (output: Output): Frames => {
  let pending = ""
  const flush = () => {
    const text = pending
    pending = ""
    if (text !== "") output.write(text)
  }
  const stream = {
    isTTY: true,
    // The package cuts lines by UTF-16 code units. Ours are cut by columns before.
    columns: Number.MAX_SAFE_INTEGER,
    // A frame is one write, so that no part of it is seen alone.
    write: (text: string) => {
      if (pending === "") queueMicrotask(flush)
      pending += text
    }
  }
  let multiBar: MultiBar | undefined
  const clear = () => {
    multiBar?.stop()
    multiBar = undefined
    flush()
  }
  return {
    show: (lines) => {
      clear()
      if (lines.length === 0) return
      multiBar = new MultiBar({
        clearOnComplete: true,
        // A line that did not change would leave the cursor at its start, where the prompt of a shell would overwrite it.
        forceRedraw: true,
        format: (_options, _params, { line }: { readonly line: () => string }) => line(),
        // True leaves the mode of the terminal alone.
        linewrap: true,
        // The package uses no other members of a stream.
        stream: stream as never
      })
      for (const line of lines) multiBar.create(1, 0, { line })
      multiBar.update()
      flush()
    },
    clear
  }
}
