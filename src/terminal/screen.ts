import type { Progress } from "../Progress.js"
import { makeFrames, type Output } from "./frames.js"
import { formatEnd, formatLine, labelColumnsOf, type Outcome } from "./line.js"
import { cut } from "./text.js"

/** The progress of one piece of work on a screen. */
export interface Bar {
  readonly report: (progress: Progress) => void
  /** Removes the bar, and leaves a line that says how the work ended. */
  readonly end: (outcome: Outcome) => void
}

/** The bars of a terminal, at its bottom. */
export interface Screen {
  readonly add: (label: string) => Bar
  /** Takes the bars away, so that something else can be written. */
  readonly hide: () => void
  /** Shows the bars again, after as many calls as `hide` had. */
  readonly show: () => void
}

interface Work {
  readonly label: string
  progress: Progress | undefined
}

/** The size of a terminal that does not tell it, or tells 0, as those of containers and of `script` do. */
const defaultColumns = 80
const defaultRows = 24

/** Makes a screen. */
export const makeScreen = (output: Output): Screen => {
  const frames = makeFrames(output)
  const works = new Set<Work>()
  let hidden = 0
  // The last column stays free: terminals differ in what happens after a character there.
  const columns = () => Math.max(1, (output.columns || defaultColumns) - 1)
  const draw = () => {
    if (hidden > 0) return
    // Lines that have left the screen at its top can't be replaced.
    const rows = Math.max(2, (output.rows || defaultRows) - 1)
    const all = [...works]
    const shown = all.length > rows ? all.slice(0, rows - 1) : all
    const labels = shown.map(({ label }) => label)
    const lines = shown.map((work) => () => {
      const available = columns()
      return formatLine(work.label, work.progress, {
        columns: available,
        labelColumns: labelColumnsOf(labels, available)
      })
    })
    if (shown.length < all.length) lines.push(() => cut(`and ${all.length - shown.length} more`, columns()))
    frames.show(lines)
  }
  const hide = () => {
    hidden++
    frames.clear()
  }
  const show = () => {
    hidden--
    draw()
  }
  return {
    add: (label) => {
      const work: Work = { label, progress: undefined }
      works.add(work)
      draw()
      return {
        // The next frame shows it.
        report: (progress) => {
          work.progress = progress
        },
        end: (outcome) => {
          works.delete(work)
          hide()
          output.write(`${formatEnd(label, work.progress, { columns: columns(), outcome })}\n`)
          show()
        }
      }
    },
    hide,
    show
  }
}
