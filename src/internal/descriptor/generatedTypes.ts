import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Stream from "effect/Stream"
import type { CallError, EncodeError, StatusError } from "../../HeraldError.js"
import type * as Operations from "../../Operation.js"
import type { Shape } from "../../Shape.js"

/** A function that returns a shape. */
export type Thunk = () => Shape

/** A request body that is sent as it is. */
export type Content = string | Uint8Array | ArrayBuffer | Blob | Stream.Stream<Uint8Array, unknown>

/** The statuses of the errors that represent one status. */
interface Statuses {
  readonly BadRequest: "400"
  readonly Unauthorized: "401"
  readonly Forbidden: "403"
  readonly NotFound: "404"
  readonly Conflict: "409"
  readonly UnprocessableContent: "422"
  readonly RateLimited: "429"
}

/** The keys of the responses that an error can represent: statuses, ranges, and `default`. */
type KeysOf<Tag, Bodies> = Tag extends keyof Statuses
  ? Statuses[Tag] extends keyof Bodies
    ? Statuses[Tag]
    : RangeOf<"4", Bodies>
  : Tag extends "ClientError"
    ? Exclude<Extract<keyof Bodies, `4${string}`>, Statuses[keyof Statuses]> | Extract<keyof Bodies, "default">
    : Extract<keyof Bodies, `5${string}` | "default">

type RangeOf<Digit extends string, Bodies> =
  Extract<keyof Bodies, `${Digit}XX`> extends never
    ? Extract<keyof Bodies, "default">
    : Extract<keyof Bodies, `${Digit}XX`>

type WithBody<E, Bodies> = E extends StatusError
  ? [KeysOf<E["_tag"], Bodies>] extends [never]
    ? E
    : E & { readonly data?: Bodies[KeysOf<E["_tag"], Bodies>] | undefined }
  : E

/**
 * The errors of an operation: those of any call, with the types of the bodies that the document declares for errors, as their `data`.
 *
 * - `Bodies`: the types of the bodies, by status, range (`4XX`) or `default`
 */
export type ErrorsOf<Bodies> = EncodeError | WithBody<CallError, Bodies>

/**
 * An operation of generated code.
 *
 * - `Id`: the tag of its API
 * - `Bodies`: the types of the bodies of errors; see `ErrorsOf`. Default: none
 */
export type Operation<Id, Args extends ReadonlyArray<unknown>, A, Bodies = {}> = Operations.Operation<
  Args,
  A,
  ErrorsOf<Bodies>,
  HttpClient | Id
>
