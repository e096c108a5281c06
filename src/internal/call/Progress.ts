import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { FailureClass } from "../../Attempt.js"
import type { RawResponse } from "../../RawResponse.js"

/** The progress of a call. */
export type Progress = Idle | Joined | Preparing | Sent | HeadReceived

/** No attempt is in progress: before the first, between two, or after the last. */
export interface Idle {
  readonly _tag: "Idle"
  /** The last request that was sent, with its credentials. */
  readonly request: HttpClientRequest | undefined
  /** The status of its response, if there was one. */
  readonly status: number | undefined
}

/** The call waits for a request that it shares with other calls. */
export interface Joined {
  readonly _tag: "Joined"
}

/** An attempt obtains credentials. */
export interface Preparing extends Pick<Idle, "request" | "status"> {
  readonly _tag: "Preparing"
}

/** An attempt has begun to write a request. */
export interface Sent {
  readonly _tag: "Sent"
  /** With its credentials. */
  readonly request: HttpClientRequest
  /** True after a redirect to the result, which confirms that the server acted on the request. */
  readonly carriedOut: boolean
}

/** The status and headers of the response were received. */
export interface HeadReceived extends Pick<Sent, "request" | "carriedOut">, Pick<RawResponse, "status" | "headers"> {
  readonly _tag: "HeadReceived"
  /** True if the response comes from the API's origin, false if a redirect led to another. */
  readonly sameOrigin: boolean
}

/**
 * The current progress of a call. The attempt writes it, and the cache step writes `Joined`; deadline, tracing and errors read
 * it.
 */
export interface ProgressCell {
  current: Progress
}

export const make = (): ProgressCell => ({ current: { _tag: "Idle", request: undefined, status: undefined } })

/** The last request that was sent, with its credentials. */
export const sentRequest = ({ current }: ProgressCell): HttpClientRequest | undefined =>
  current._tag === "Joined" ? undefined : current.request

/** The status of the response to the last request that was sent. */
export const statusOf = ({ current }: ProgressCell): number | undefined =>
  current._tag === "Joined" || current._tag === "Sent" ? undefined : current.status

/** Reports whether a redirect has confirmed that the server acted on the request. */
export const wasCarriedOut = ({ current }: ProgressCell): boolean =>
  (current._tag === "Sent" || current._tag === "HeadReceived") && current.carriedOut

/** The class of an attempt that is interrupted at this moment. */
export const interruptedClass = ({ current }: ProgressCell): FailureClass =>
  current._tag === "Sent" || current._tag === "HeadReceived" ? "Ambiguous" : "NotSent"

export const startPreparing = (cell: ProgressCell): void => {
  cell.current = { _tag: "Preparing", request: sentRequest(cell), status: statusOf(cell) }
}

export const finishAttempt = (cell: ProgressCell): void => {
  cell.current = { _tag: "Idle", request: sentRequest(cell), status: statusOf(cell) }
}
