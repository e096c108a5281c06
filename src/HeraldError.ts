import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type { Attempt } from "./Attempt.js"
import type { Issue } from "./Issue.js"

/**
 * What every error of the family tells. None of it holds a secret: not the query, no credentials, no input, and what the
 * server said has been searched for the call's secrets.
 */
export interface ErrorDetails {
  /** A sentence for a person. */
  readonly message: string
  /** The operation, such as `getAccount`. */
  readonly operation: string
  readonly method: HttpMethod
  /** Base URL and path template, such as `https://api.example/account/{account}`. */
  readonly url: string
  /** The status of the answer that ended the call, if one did. */
  readonly status?: number | undefined
  /** The attempts that failed, in order. */
  readonly attempts: ReadonlyArray<Attempt>
  /** What the server calls this request, if it says so (`X-Request-Id`). */
  readonly requestId?: string | undefined
  /** The beginning of the last answer's body. */
  readonly body?: string | undefined
}

/** What a refusal by the API tells besides. */
export interface RefusalDetails extends ErrorDetails {
  /** What the server said, for a person. */
  readonly detail?: string | undefined
  /** What the server found wrong, piece by piece; empty where it does not say. */
  readonly issues: ReadonlyArray<Issue>
}

/** The input was refused here, and nothing was sent. `issues` has what is wrong, and where. */
export class EncodeError
  extends /*#__PURE__*/ Data.TaggedError("EncodeError")<ErrorDetails & { readonly issues: ReadonlyArray<Issue> }> {}

/**
 * This library chose not to send: a limit, a pause that the server asked for, or a deadline stood against it. If there were
 * attempts before, they were such as may be repeated.
 */
export class NotSent
  extends /*#__PURE__*/ Data.TaggedError("NotSent")<
    ErrorDetails & {
      /** How long until it is worth trying again, if that is known. */
      readonly retryAfter?: Duration.Duration | undefined
    }
  > {}

/** No answer, or half of one: no connection, or one that broke. */
export class TransportError
  extends /*#__PURE__*/ Data.TaggedError("TransportError")<
    ErrorDetails & {
      /** The transport's own code, such as `ECONNREFUSED`; `body` if the Stream of the body failed; or `unknown`. */
      readonly reason: string
    }
  > {}

/** No answer in time. */
export class TimeoutError
  extends /*#__PURE__*/ Data.TaggedError("TimeoutError")<
    ErrorDetails & {
      /** `deadline`, `attempt deadline`, or the transport's own code, such as `UND_ERR_CONNECT_TIMEOUT`. */
      readonly reason: string
    }
  > {}

/** An answer that is not what the endpoint describes. `issues` has what is wrong, without the values. */
export class DecodeError
  extends /*#__PURE__*/ Data.TaggedError("DecodeError")<
    ErrorDetails & {
      /**
       * - `Json`: the body is not JSON, or ends too soon
       * - `Shape`: it is JSON of another shape
       * - `Status`: no such status is described
       * - `Redirect`: a redirect that leads nowhere, or where this call may not go
       * - `Size`: the body is larger than this library reads
       */
      readonly reason: "Json" | "Shape" | "Status" | "Redirect" | "Size"
      readonly issues: ReadonlyArray<Issue>
    }
  > {}

/** 401: no credentials, or the server does not take them. */
export class Unauthorised extends /*#__PURE__*/ Data.TaggedError("Unauthorised")<RefusalDetails> {}

/** 403: the caller may not do this. */
export class Forbidden extends /*#__PURE__*/ Data.TaggedError("Forbidden")<RefusalDetails> {}

/** What was asked for is not there, however the API puts that. */
export class NotFound extends /*#__PURE__*/ Data.TaggedError("NotFound")<RefusalDetails> {}

/** 409: in conflict with what is there. */
export class Conflict extends /*#__PURE__*/ Data.TaggedError("Conflict")<RefusalDetails> {}

/** The API finds something wrong with what was sent: `issues`. */
export class DataError extends /*#__PURE__*/ Data.TaggedError("DataError")<RefusalDetails> {}

/** The API asks to come back later: 429, or a wait longer than the policy accepts, or than the deadline leaves. */
export class RateLimited
  extends /*#__PURE__*/ Data.TaggedError("RateLimited")<
    ErrorDetails & {
      /** How long to wait, counted from the answer, if the server says so. */
      readonly retryAfter?: Duration.Duration | undefined
    }
  > {}

/** Any other 4xx; among them what a proxy, or a wrong base URL, answers with. */
export class ClientError extends /*#__PURE__*/ Data.TaggedError("ClientError")<ErrorDetails> {}

/** 5xx. */
export class ServerError
  extends /*#__PURE__*/ Data.TaggedError("ServerError")<
    ErrorDetails & {
      /** How long the server asks to wait. */
      readonly retryAfter?: Duration.Duration | undefined
    }
  > {}

/** The credentials could not be had, or can't be used: the last of the `attempts` was not sent. */
export class AuthoriserError
  extends /*#__PURE__*/ Data.TaggedError("AuthoriserError")<
    ErrorDetails & {
      /** The authoriser's own name for what is wrong. */
      readonly reason: string
    }
  > {}

/** A list that can't be trusted to end, or to be whole. */
export class PaginationError
  extends /*#__PURE__*/ Data.TaggedError("PaginationError")<
    ErrorDetails & {
      /** The page that gave it away. */
      readonly page: number
      /**
       * - `WrongPage`: another page came than was asked for
       * - `ShortPage`: more pages are said to follow one that is not full
       * - `SamePage`: page after page of the same items
       */
      readonly reason: "WrongPage" | "ShortPage" | "SamePage"
    }
  > {}

/** Any error of the family; an operation's error channel lists those that it can have. */
export type HeraldError =
  | EncodeError
  | NotSent
  | TransportError
  | TimeoutError
  | DecodeError
  | Unauthorised
  | Forbidden
  | NotFound
  | Conflict
  | DataError
  | RateLimited
  | ClientError
  | ServerError
  | AuthoriserError
  | PaginationError

/** What any call can end with, whatever its endpoint. */
export type AnyCall =
  | NotSent
  | TransportError
  | TimeoutError
  | DecodeError
  | Unauthorised
  | RateLimited
  | ClientError
  | ServerError
  | AuthoriserError
