/**
 * The time for which a call waits before an attempt:
 *
 * - `policy`: the delay of the retry policy's schedule
 * - `server`: the wait that the failed attempt's response asks for (`Retry-After`, or the headers of a rate limit)
 * - `pause`: a pause that the server asked for, in the response to any call within the same limit
 * - `rate limiter`: the program's own rate limiter
 */
export type WaitReason = "policy" | "server" | "pause" | "rate limiter"

/**
 * The beginning of a step of a call. Times are in milliseconds since the epoch. No step holds a value of the call.
 *
 * - `WaitStarted`: the call waits before an attempt. The waits of the retry policy are not steps, but are part of `attempts`
 * - `AttemptStarted`: an attempt obtains credentials. An attempt that a pause sends back to wait has no `AttemptFailed`
 * - `RequestSent`: a request is written. `sameOrigin` is false after a redirect to another origin
 * - `HeadReceived`: the status and headers of a response are received. The body may follow. If another request of the attempt
 *   follows at once, this was a redirect
 * - `RefreshStarted`: the server did not accept the credentials (401), so that the attempt obtains other credentials
 * - `AttemptFailed`: the attempt with this number in `attempts` failed
 */
export type Step =
  | { readonly _tag: "WaitStarted"; readonly at: number; readonly reason: WaitReason }
  | { readonly _tag: "AttemptStarted"; readonly at: number }
  | { readonly _tag: "RequestSent"; readonly at: number; readonly sameOrigin: boolean }
  | { readonly _tag: "HeadReceived"; readonly at: number; readonly status: number }
  | { readonly _tag: "RefreshStarted"; readonly at: number }
  | { readonly _tag: "AttemptFailed"; readonly at: number; readonly number: number }

/** The times of a call. All are in milliseconds since the epoch. `Timeline` of `effect-herald/diagram` draws them. */
export interface Timing {
  readonly startedAt: number
  /** The end of the call, or the time at which its error was made. */
  readonly endedAt: number
  /** The time at which the deadline of the call passes, if it has one. */
  readonly endsAt: number | undefined
  /** The steps, in the order in which they began. Empty if the call sent no request itself, such as one with a cached response. */
  readonly steps: ReadonlyArray<Step>
}
