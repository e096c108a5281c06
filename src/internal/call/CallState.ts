import * as AttemptLog from "./AttemptLog.js"
import * as Progress from "./Progress.js"

/** The parts of a call that change while it runs. */
export interface CallState {
  readonly log: AttemptLog.AttemptLog
  readonly progress: Progress.ProgressCell
  /** True if the attempt is sent during a pause, to test whether the server still wants it. Admission sets it. */
  probing: boolean
}

export const make = (): CallState => ({ log: AttemptLog.make(), progress: Progress.make(), probing: false })
