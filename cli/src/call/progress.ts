import type { Io } from "../Io.js"
import { writeError } from "../report.js"

/** The number of items that were read so far, on the standard error. */
export interface Progress {
  readonly show: (items: number) => Promise<void>
  readonly clear: () => Promise<void>
}

/**
 * Makes the progress of a long list. It is shown on a terminal, and not if the items themselves appear there. The line is replaced at most
 * ten times a second.
 */
export const progressOf = ({ stderr, stdout }: Pick<Io, "stderr" | "stdout">, toFile: boolean): Progress => {
  const shows = stderr.isTerminal && (toFile || !stdout.isTerminal)
  let shownAt = 0
  let shown = false
  return {
    show: async (items) => {
      const now = Date.now()
      if (!shows || now - shownAt < 100) return
      shownAt = now
      shown = true
      await writeError({ stderr }, `\r${items.toLocaleString("en")} items`)
    },
    // Erases the line (ECMA-48, EL).
    clear: async () => {
      if (shown) await writeError({ stderr }, "\r\u001b[K")
    }
  }
}
