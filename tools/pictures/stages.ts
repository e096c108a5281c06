/** A stage of a call. */
export interface Stage {
  readonly id: string
  readonly title: string
  readonly text: string
  /** The errors that a call can end with here. */
  readonly fails: string
  /** True for a stage that each attempt passes. */
  readonly ofAttempt: boolean
}

const ofCall = (id: string, title: string, text: string, fails = ""): Stage => ({
  id,
  title,
  text,
  fails,
  ofAttempt: false
})

const ofAttempt = (id: string, title: string, text: string, fails = ""): Stage => ({
  ...ofCall(id, title, text, fails),
  ofAttempt: true
})

/** The stages of a call, in order. A test compares them with the stages that a real call passes. */
export const stages: ReadonlyArray<Stage> = [
  ofCall("encode", "encode the input", "nothing is sent if it does not match the endpoint", "EncodeError"),
  ofCall("idempotency key", "add an idempotency key", "if the endpoint has one: all attempts send the same key"),
  ofCall("span", "begin the span and the metrics", "if the program has a tracer, or Metrics"),
  ofCall("deadline", "start the deadline", "for all that follows", "NotSent, TimeoutError"),
  ofCall("cache", "look into the cache", "a fresh response ends the call; equal calls share a request", "NotSent"),
  ofAttempt(
    "admission",
    "wait for admission",
    "until a pause ends and the rate limiter has room",
    "NotSent, RateLimited"
  ),
  ofAttempt(
    "authorize",
    "add the credentials",
    "for the API's origin only, over https or to loopback",
    "AuthoriserError"
  ),
  ofAttempt("send", "send the request", "with the context of the trace", "TransportError, TimeoutError"),
  ofAttempt("redirect", "follow redirects", "to another origin without credentials and secrets"),
  ofAttempt("receive", "read the response", "up to a limit, or open it as a Stream", "TransportError, DecodeError"),
  ofAttempt(
    "refresh",
    "after a 401, refresh the credentials",
    "once in a call, and send the request again",
    "AuthoriserError"
  ),
  ofAttempt(
    "decide",
    "classify the failure, decide about a retry",
    "by the policy, if a retry is safe",
    "the error of the status"
  ),
  ofAttempt("wait", "wait for the next attempt", "at least as long as the server asks"),
  ofCall("decode", "decode the response", "by the endpoint's schemas", "DecodeError, declared errors"),
  ofCall("end", "end the span and the metrics", "with the outcome")
]
