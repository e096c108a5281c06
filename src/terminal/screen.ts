import type { Progress } from "../Progress.js"
import { makeFrames, type Output } from "./frames.js"
import { formatEnd, formatLine, labelColumnsOf, type Outcome } from "./line.js"

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

/** The columns of a terminal that does not say how many it has. */
const defaultColumns = 80

/** Makes a screen. */
export const makeScreen = (output: Output): Screen => {
  const frames = makeFrames(output)
  const works = new Set<Work>()
  let hidden = 0
  // The last column stays free: terminals differ in what happens after a character there.
  const columns = () => Math.max(1, (output.columns ?? defaultColumns) - 1)
  const draw = () => {
    if (hidden > 0) return
    const available = columns()
    const all = [...works]
    const labelColumns = labelColumnsOf(
      all.map(({ label }) => label),
      available
    )
    frames.render(all.map(({ label, progress }) => formatLine(label, progress, { columns: available, labelColumns })))
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
        report: (progress) => {
          work.progress = progress
          draw()
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
