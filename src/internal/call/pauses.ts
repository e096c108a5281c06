import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { RawResponse } from "../../RawResponse.js"
import { durationText } from "../durationText.js"
import * as RateLimitReset from "../http/rateLimitReset.js"
import type { AttemptFailure } from "./AttemptFailure.js"
import type { CallInfo } from "./CallInfo.js"

/**
 * The longest pause of the calls to an origin, in milliseconds: a day, which is the longest period of common quotas. After it, a call
 * asks the server again.
 */
const longestPause = 86_400_000

/** The length from which a pause is logged as a warning, in milliseconds: calls fail meanwhile by default. */
const warnedPause = 60_000

/** The number of operations whose buckets are known. Paths of `Verbs` may be without end. */
const maxBuckets = 1000

const operationOf = ({ endpoint: { method, template } }: CallInfo) => `${method} ${template}`

const scopeOf = ({ authoriser: { defaults } }: CallInfo) => defaults.rateLimit?.scope ?? "identity"

/** Makes the key of the calls of the call's identity that share an operation or a bucket; without these, of all of its calls. */
const keyOf = ({ authoriser: { credentials } }: CallInfo, limit?: string) =>
  limit === undefined ? credentials.identity : `${credentials.identity}\n${limit}`

/** Returns the keys of the pauses that hold back a call. */
const keysOf = (call: CallInfo): ReadonlyArray<string> => {
  const scope = scopeOf(call)
  if (scope === "identity") return [keyOf(call)]
  const operation = operationOf(call)
  const limit = scope === "operation" ? operation : call.authoriser.origin.pause?.buckets.get(operation)
  return [keyOf(call), keyOf(call, limit)]
}

/** Returns the rest of the pause for a call, in milliseconds; zero or less if there is none. */
export const pauseLeft = (call: CallInfo): number => {
  const { pause } = call.authoriser.origin
  return pause === undefined ? 0 : pause.until(keysOf(call)) - call.clock.unsafeCurrentTimeMillis()
}

/** Reports whether a call may be sent during a pause that is too long to wait for, as a probe. */
export const mayProbe = (call: CallInfo): boolean =>
  call.authoriser.origin.pause?.probe(call.clock.unsafeCurrentTimeMillis(), keysOf(call)) === true

/** Ends the pause after a response to a call that was sent in spite of it, unless the server asks for a pause again. */
export const endPause = (call: CallInfo, status: number | undefined): void => {
  if (status !== undefined && status !== 429 && status !== 503) call.authoriser.origin.pause?.end(keysOf(call))
}

/**
 * Begins the pause that a response asks for: after a 503 with `Retry-After` for all calls to the origin, after a 429 with a wait for
 * those within the same rate limit. If the API's headers are to be trusted, also after a response that reports a used-up limit. The
 * pause begins when this is called; the Effect logs it.
 */
export const observe = (
  call: CallInfo,
  { headers, status }: Pick<RawResponse, "headers" | "status">,
  failure: Pick<AttemptFailure, "retryAfter" | "waitRequested"> | undefined
): Effect.Effect<void> => {
  const { defaults, origin } = call.authoriser
  const { pause } = origin
  if (pause === undefined) return Effect.void
  const scope = scopeOf(call)
  const bucket = typeof scope === "object" ? headers[scope.header.toLowerCase()] : undefined
  if (bucket !== undefined) {
    pause.buckets.set(operationOf(call), bucket)
    if (pause.buckets.size > maxBuckets) pause.buckets.delete(pause.buckets.keys().next().value!)
  }
  const now = call.clock.unsafeCurrentTimeMillis()
  const all = status === 503 && failure?.waitRequested === true
  const wait =
    all || status === 429
      ? failure?.retryAfter
      : defaults.rateLimit?.trustHeaders === true
        ? RateLimitReset.parse(headers, status, now)
        : undefined
  if (wait === undefined) return Effect.void
  const key = all ? undefined : keyOf(call, scope === "operation" ? operationOf(call) : bucket)
  const left = pause.until(key === undefined ? [] : [key]) - now
  const millis = Math.min(Duration.toMillis(wait), longestPause)
  pause.begin(now, now + millis, key)
  // One line for each pause, and another if it is extended so far that calls fail.
  const log =
    millis > warnedPause && left <= warnedPause
      ? Effect.logWarning
      : millis > 0 && left <= 0
        ? Effect.logDebug
        : undefined
  if (log === undefined) return Effect.void
  const calls = key === undefined ? "all calls to the origin" : "the calls within this rate limit"
  return log(
    `${call.endpoint.name}: ${calls} are held back for ${durationText(millis)}, as the server asks (${status})`
  )
}
