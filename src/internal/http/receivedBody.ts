import type { ResponseError } from "@effect/platform/HttpClientError"
import * as Data from "effect/Data"

/** A body exceeds the limit. */
export class TooLarge extends Data.TaggedError("TooLarge") {}

/** The failure of reading a response. */
export type ReadFailure = ResponseError | TooLarge

/** The part of a body that was received, and the failure of the rest, if there was one. */
export interface ReadBody<E> {
  readonly bytes: Uint8Array
  readonly failure: E | undefined
}
