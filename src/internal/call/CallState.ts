import type * as Effect from "effect/Effect"
import type { AnyError } from "../../HeraldError.js"
import type { Expiry } from "../http/expiry.js"
import * as AttemptLog from "./AttemptLog.js"
import type { Timing } from "../../Timing.js"
import type { CallInfo } from "./CallInfo.js"
import * as Progress from "./Progress.js"

/** The parts of a call that change while it runs. */
export interface CallState {
  readonly log: AttemptLog.AttemptLog
  readonly progress: Progress.ProgressCell
  /** The end of the call's deadline, if it has one, in milliseconds since the epoch. The deadline sets it. */
  endsAt: number | undefined
  /** True if the attempt is sent during a pause, to test whether the server still wants it. Admission sets it. */
  probing: boolean
  /** The end of the call's deadline, if the transport aborts the request at it. */
  expiry: CallExpiry | undefined
}

/** The end of a call's deadline, at which the transport aborts the request. */
export interface CallExpiry extends Expiry {
  /** Fails with the error of a call whose deadline has passed. */
  readonly fail: () => Effect.Effect<never, AnyError>
}

export const make = (): CallState => ({
  log: AttemptLog.make(),
  progress: Progress.make(),
  endsAt: undefined,
  probing: false,
  expiry: undefined
})

/** Returns the times of a call, which ends now. */
export const timingOf = ({ clock, startedAt }: CallInfo, { endsAt, log }: CallState): Timing => ({
  startedAt,
  endedAt: clock.unsafeCurrentTimeMillis(),
  endsAt,
  steps: log.steps()
})
