import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import type { Attempt } from "./Attempt.js"
import { classifyStatus } from "./internal/call/classify.js"
import { detailsKey } from "./internal/errorDetails.js"
import type { Issue } from "./Issue.js"
import type { Timing } from "./Timing.js"

/**
 * The fields of every error of the built-in family. None of them holds a secret: the URL is a template, input and credentials
 * are absent, and server text in which a secret of the call was found is replaced.
 */
export interface ErrorDetails {
  /** A sentence that names the operation, the cause and the request. */
  readonly message: string
  /** The name of the operation, such as `getAccount`. */
  readonly operation: string
  readonly method: HttpMethod
  /** The base URL and the path template, such as `https://api.example/account/{account}`. */
  readonly url: string
  /** The status of the last response, if there was one. */
  readonly status?: number | undefined
  /** The failed attempts, in order. */
  readonly attempts: ReadonlyArray<Attempt>
  /** The times of the call and of its steps. Absent if no call began, as for an `EncodeError`. */
  readonly timing?: Timing | undefined
  /** The server's id of the request, from `X-Request-Id`, `Request-Id` or `X-Correlation-Id`. */
  readonly requestId?: string | undefined
  /**
   * The headers of the last response, by their names in lower case: at most 64 of them, and 8,192 characters in all. Values are
   * cut after 1,024 characters. Cookies and credentials are absent, as is the query of a `location`. For sensitive endpoints
   * there are only request ids, `content-type`, `content-length`, `date`, `retry-after` and `server`.
   */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** The first 1,024 characters of the last response's body. Absent for sensitive endpoints. */
  readonly body?: string | undefined
}

/** The fields of every error that represents a status. */
export interface StatusDetails extends ErrorDetails {
  /** The server's explanation. */
  readonly detail?: string | undefined
  /** The problems that the server lists; empty where it lists none. */
  readonly issues: ReadonlyArray<Issue>
  /**
   * The JSON of the body, whole, or the `data` of the schema of `Endpoint.errorAs`. Texts and keys in which a secret of the call was
   * found are replaced. Undefined for other bodies, for bodies of more than 65,536 characters, and for sensitive endpoints.
   */
  readonly data?: unknown
}

/** The fields of an error whose status can come with a `Retry-After`. */
export interface RetryableStatusDetails extends StatusDetails {
  /** The wait that the server asks for, counted from the response. */
  readonly retryAfter?: Duration.Duration | undefined
}

/** Returns the fields of an error for JSON. `JSON.stringify` refuses a bigint: in `data` it becomes the text of its digits. */
const jsonOf = (error: StatusDetails): unknown => {
  const data = JSON.stringify(error.data, (_, one: unknown) => (typeof one === "bigint" ? `${one}` : one))
  // `JSON.stringify` returns undefined for undefined.
  return { ...error, message: error.message, data: data && JSON.parse(data) }
}

/** The input does not match the endpoint's schemas. Nothing was sent. */
export class EncodeError extends Data.TaggedError("EncodeError")<
  ErrorDetails & { readonly issues: ReadonlyArray<Issue> }
> {}

/**
 * The request was not sent because of a rate limit, a pause that the server asked for, a deadline, or the cache mode
 * `only-if-cached`. Earlier attempts, if any, are in `attempts`; all of them were safe to retry.
 */
export class NotSent extends Data.TaggedError("NotSent")<
  ErrorDetails & {
    /** The time after which the request may be sent, if it is known. */
    readonly retryAfter?: Duration.Duration | undefined
  }
> {}

/** The connection failed, or broke before the whole response was received; or the transport refused the request. */
export class TransportError extends Data.TaggedError("TransportError")<
  ErrorDetails & {
    /**
     * The transport's code, such as `ECONNREFUSED`; `corrupt content` if a content coding of the response can't be undone; `body` if
     * the Stream of the request body failed; `TypeError` if `fetch` refused the request; or `unknown`.
     */
    readonly reason: string
    /**
     * The failure of the request body's own Stream, or of reading one of its files, if that is the `reason`. It is the
     * program's own value, and unlike the other fields it may hold a secret. It is never the transport's error.
     */
    readonly cause?: unknown
  }
> {}

/** No whole response was received in time. */
export class TimeoutError extends Data.TaggedError("TimeoutError")<
  ErrorDetails & {
    /** `deadline`, `attempt deadline`, or the transport's code, such as `UND_ERR_CONNECT_TIMEOUT`. */
    readonly reason: string
  }
> {}

/** The response does not match the endpoint. `issues` names the places, without the values. */
export class DecodeError extends Data.TaggedError("DecodeError")<
  ErrorDetails & {
    /**
     * - `Json`: the body is not JSON, or is cut short
     * - `Shape`: the body does not match the schema
     * - `Status`: the endpoint does not declare the status
     * - `Redirect`: a redirect without a valid target, or to a target that this call must not be sent to
     * - `Size`: the body is larger than this library reads (64 MiB), or a record of a Stream is longer than its limit
     * - `Coding`: the content coding of the body is not known (RFC 9110, 8.4)
     * - `MediaType`: the body has another media type than that of an event stream
     */
    readonly reason: "Json" | "Shape" | "Status" | "Redirect" | "Size" | "Coding" | "MediaType"
    readonly issues: ReadonlyArray<Issue>
  }
> {}

/** 400: the server can't process the request. */
export class BadRequest extends Data.TaggedError("BadRequest")<StatusDetails> {
  override toJSON(): unknown {
    return jsonOf(this)
  }
}

/** 401: the request had no credentials, or the server does not accept them. */
export class Unauthorized extends Data.TaggedError("Unauthorized")<StatusDetails> {
  override toJSON(): unknown {
    return jsonOf(this)
  }
}

/** 403: the credentials do not permit the request. */
export class Forbidden extends Data.TaggedError("Forbidden")<StatusDetails> {
  override toJSON(): unknown {
    return jsonOf(this)
  }
}

/** 404: the resource does not exist. */
export class NotFound extends Data.TaggedError("NotFound")<StatusDetails> {
  override toJSON(): unknown {
    return jsonOf(this)
  }
}

/** 409: the request conflicts with the state of the resource. */
export class Conflict extends Data.TaggedError("Conflict")<StatusDetails> {
  override toJSON(): unknown {
    return jsonOf(this)
  }
}

/** 412: the resource is not as the request's condition demands, such as `If-Match` (RFC 9110, 13.1). */
export class PreconditionFailed extends Data.TaggedError("PreconditionFailed")<StatusDetails> {
  override toJSON(): unknown {
    return jsonOf(this)
  }
}

/** 422: the server understands the request, and refuses its content. */
export class UnprocessableContent extends Data.TaggedError("UnprocessableContent")<StatusDetails> {
  override toJSON(): unknown {
    return jsonOf(this)
  }
}

/** 428: the server demands a condition, such as `If-Match` (RFC 6585, 3). */
export class PreconditionRequired extends Data.TaggedError("PreconditionRequired")<StatusDetails> {
  override toJSON(): unknown {
    return jsonOf(this)
  }
}

/** 429, or a requested wait that is longer than the policy accepts or the deadline leaves. */
export class RateLimited extends Data.TaggedError("RateLimited")<RetryableStatusDetails> {
  override toJSON(): unknown {
    return jsonOf(this)
  }
}

/** Any other 4xx. */
export class ClientError extends Data.TaggedError("ClientError")<StatusDetails> {
  override toJSON(): unknown {
    return jsonOf(this)
  }
}

/** 5xx. */
export class ServerError extends Data.TaggedError("ServerError")<RetryableStatusDetails> {
  override toJSON(): unknown {
    return jsonOf(this)
  }
}

/** The credentials could not be obtained, or can't be used. */
export class AuthoriserError extends Data.TaggedError("AuthoriserError")<
  ErrorDetails & {
    /** The `reason` of the `CredentialsFailure`, such as `Refused`; or `Insecure` for a base URL that is not https. */
    readonly reason: string
  }
> {}

/** A list whose pages are inconsistent, so that it may be endless or incomplete. */
export class PaginationError extends Data.TaggedError("PaginationError")<
  ErrorDetails & {
    /** The number of the inconsistent page among those that were read, from 0. */
    readonly page: number
    /**
     * - `WrongPage`: the response holds another page than the one requested
     * - `ShortPage`: a page that is not full, though more pages follow
     * - `SamePage`: the same items again and again
     * - `SameCursor`: a cursor or URL that was followed before
     * - `CrossOrigin`: the next page is on another origin, where credentials must not be sent
     * - `InvalidLink`: the next page's URL can't be followed
     */
    readonly reason: "WrongPage" | "ShortPage" | "SamePage" | "SameCursor" | "CrossOrigin" | "InvalidLink"
  }
> {}

/** The errors that represent a status. */
export type StatusError =
  | BadRequest
  | Unauthorized
  | Forbidden
  | NotFound
  | Conflict
  | PreconditionFailed
  | UnprocessableContent
  | PreconditionRequired
  | RateLimited
  | ClientError
  | ServerError

/** The errors that any call can fail with, whatever its endpoint. */
export type CallError = StatusError | NotSent | TransportError | TimeoutError | DecodeError | AuthoriserError

/** Any error of the built-in family. */
export type HeraldError = CallError | EncodeError | PaginationError

/** Any tagged error: one of the built-in family, or one that an endpoint declares. */
export interface AnyError {
  readonly _tag: string
}

const tags: ReadonlySet<string> = new Set<HeraldError["_tag"]>([
  "EncodeError",
  "NotSent",
  "TransportError",
  "TimeoutError",
  "DecodeError",
  "BadRequest",
  "Unauthorized",
  "Forbidden",
  "NotFound",
  "Conflict",
  "PreconditionFailed",
  "UnprocessableContent",
  "PreconditionRequired",
  "RateLimited",
  "ClientError",
  "ServerError",
  "AuthoriserError",
  "PaginationError"
])

/**
 * Reports whether a value is an error of the built-in family.
 *
 * @example
 * ```ts
 * import { isHeraldError } from "effect-herald"
 *
 * const summary = (error: unknown) => (isHeraldError(error) ? error.message : String(error))
 * ```
 */
export const isHeraldError = (value: unknown): value is HeraldError =>
  Predicate.hasProperty(value, "_tag") &&
  Predicate.isString(value._tag) &&
  tags.has(value._tag) &&
  Predicate.hasProperty(value, "attempts") &&
  Array.isArray(value.attempts)

/**
 * Returns the details of the call that failed with this error: status, attempts, request id. Errors of the built-in family have
 * them as fields, and declared errors in a non-enumerable property. Returns undefined for any other value.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { detailsOf } from "effect-herald"
 *
 * const report = (error: { readonly _tag: string }) =>
 *   Effect.logWarning(`${error._tag} after ${detailsOf(error)?.attempts.length ?? 0} failed attempts`)
 * ```
 */
export const detailsOf = (error: unknown): ErrorDetails | undefined => {
  if (isHeraldError(error)) return error
  // Only `attachDetails` sets this property.
  return Predicate.hasProperty(error, detailsKey) ? (error[detailsKey] as ErrorDetails) : undefined
}

const transientTags: ReadonlySet<string> = new Set(["NotSent", "TransportError", "TimeoutError", "RateLimited"])

/**
 * Reports whether a later call may succeed: the request was not sent, the connection failed, a time limit passed, the server
 * asked to wait (429), or it has a temporary problem (408, 425, and 5xx except for 501, 505, 506, 508, 510 and 511). Declared errors
 * are classified by their status. False if the last attempt is `Final`, as where the transport refused the request, or after
 * `X-Should-Retry: false`. The call has already been retried as its policy allows.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser, isTransient, Verbs } from "effect-herald"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 * const { get } = Verbs.make(Weather)
 *
 * const forecast = get("/forecast/Oslo").pipe(Effect.catchIf(isTransient, () => Effect.succeed("not available")))
 * ```
 */
export const isTransient = (error: unknown): boolean => {
  const details = detailsOf(error)
  if (details === undefined || details.attempts.at(-1)?.class === "Final") return false
  if (Predicate.hasProperty(error, "_tag") && transientTags.has(String(error._tag)) && isHeraldError(error)) return true
  const { status } = details
  // A 401 is safe to retry, but a later call has the same credentials.
  return status !== undefined && status !== 401 && classifyStatus(status, false) !== "Final"
}
