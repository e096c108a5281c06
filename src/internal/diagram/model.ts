import * as Schema from "effect/Schema"

/** A time, in milliseconds. */
const Millis = Schema.NonNegative.pipe(Schema.finite())

const Status = Schema.optional(Schema.NonNegativeInt)

// `at` and `duration` are written out in each struct: a bundler keeps a statement with a spread, even if it is not used.
const Part = Schema.Union(
  Schema.TaggedStruct("Credentials", { at: Millis, duration: Millis }),
  Schema.TaggedStruct("Request", {
    at: Millis,
    duration: Millis,
    origin: Schema.Literal("own", "other"),
    cause: Schema.Literal("attempt", "redirect", "refresh"),
    status: Status,
    headAt: Schema.optional(Millis)
  }),
  Schema.TaggedStruct("Refresh", { at: Millis, duration: Millis })
)

const Failure = Schema.Struct({
  reason: Schema.String,
  class: Schema.String,
  verdict: Schema.String,
  retryAfter: Schema.optional(Millis)
})

const Segment = Schema.Union(
  Schema.TaggedStruct("Wait", { at: Millis, duration: Millis, reason: Schema.String }),
  Schema.TaggedStruct("Attempt", {
    at: Millis,
    duration: Millis,
    number: Schema.Positive.pipe(Schema.int()),
    parts: Schema.Array(Part),
    failure: Schema.optional(Failure)
  }),
  Schema.TaggedStruct("Requeued", { at: Millis, duration: Millis })
)

const Outcome = Schema.Union(
  Schema.TaggedStruct("Success", { status: Status, cached: Schema.Boolean }),
  Schema.TaggedStruct("Failure", {
    error: Schema.optional(Schema.String),
    status: Status,
    message: Schema.optional(Schema.String),
    requestId: Schema.optional(Schema.String)
  }),
  Schema.TaggedStruct("Interrupted", {})
)

/** The schema of a timeline, which is JSON. */
export const schema: Schema.Schema<Timeline> = Schema.Struct({
  operation: Schema.String,
  method: Schema.String,
  url: Schema.String,
  startedAt: Schema.optional(Schema.Number.pipe(Schema.finite())),
  duration: Millis,
  deadline: Schema.optional(Millis),
  segments: Schema.Array(Segment),
  outcome: Outcome
})

/** A part of an attempt. */
export type Part =
  | {
      readonly _tag: "Credentials"
      readonly at: number
      readonly duration: number
    }
  | {
      readonly _tag: "Request"
      readonly at: number
      readonly duration: number
      /** `other` after a redirect to another origin. */
      readonly origin: "own" | "other"
      /** The reason why the request was sent: the attempt began, a redirect, or a refresh of the credentials after a 401. */
      readonly cause: "attempt" | "redirect" | "refresh"
      /** The status of the response, if its head was received. */
      readonly status?: number | undefined
      /** The time at which the head of the response was received, if it is known. */
      readonly headAt?: number | undefined
    }
  | {
      readonly _tag: "Refresh"
      readonly at: number
      readonly duration: number
    }

/** The failure of an attempt. */
export interface Failure {
  /** The status, or the transport's code. */
  readonly reason: string
  /** Whether the server may have acted on the request: a `FailureClass`. */
  readonly class: string
  /** Whether the attempt was retried, or the reason why it was not: a `Verdict`. */
  readonly verdict: string
  /** The wait that the server asked for, in milliseconds. */
  readonly retryAfter?: number | undefined
}

/** An attempt, a wait before one, or an attempt that a pause sent back to wait before it sent a request. */
export type Segment =
  | {
      readonly _tag: "Wait"
      readonly at: number
      readonly duration: number
      /** A `WaitReason`. */
      readonly reason: string
    }
  | {
      readonly _tag: "Attempt"
      readonly at: number
      readonly duration: number
      /** From 1. */
      readonly number: number
      readonly parts: ReadonlyArray<Part>
      /** Absent from the last attempt of a call that received a success. */
      readonly failure?: Failure | undefined
    }
  | {
      readonly _tag: "Requeued"
      readonly at: number
      readonly duration: number
    }

/** The outcome of a call. */
export type Outcome =
  | { readonly _tag: "Success"; readonly status?: number | undefined; readonly cached: boolean }
  | {
      readonly _tag: "Failure"
      /** The tag of the error, such as `ServerError`, if it is known. */
      readonly error?: string | undefined
      readonly status?: number | undefined
      readonly message?: string | undefined
      readonly requestId?: string | undefined
    }
  | { readonly _tag: "Interrupted" }

/**
 * The story of a call. It is plain JSON. It holds no secret, no body, and no value of the path or the query. Times are in
 * milliseconds after the start of the call, except for `startedAt`.
 */
export interface Timeline {
  /** The name of the operation, such as `getForecast`. */
  readonly operation: string
  readonly method: string
  /** The base URL and the path template. */
  readonly url: string
  /** In milliseconds since the epoch, if it is known. */
  readonly startedAt?: number | undefined
  readonly duration: number
  /** The deadline of the call, if it is known to have one. */
  readonly deadline?: number | undefined
  /** In the order of time. The time between segments is that of the cache, of the retry decision, and of decoding. */
  readonly segments: ReadonlyArray<Segment>
  readonly outcome: Outcome
}
