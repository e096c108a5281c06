import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Stream from "effect/Stream"
import type { AnyError } from "./HeraldError.js"
import type { RawResponse } from "./RawResponse.js"

/**
 * Cache mode of a call:
 *
 * - `use`: returns a stored response where HTTP allows it; otherwise sends the request and stores the response
 * - `bypass`: sends the request as if there were no cache
 * - `refresh`: sends the request with `Cache-Control: no-cache`, past all caches in between, and stores the response
 * - `only-if-cached`: never sends the request; fails with `NotSent` if no usable response is stored
 */
export type Mode = "use" | "bypass" | "refresh" | "only-if-cached"

/**
 * Cache mode of calls. Provide it as a service, for one call or for a program. Default: `use`. A write invalidates stored
 * responses in every mode.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ResponseCache } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const refreshed = Polympics.checkSignups().pipe(Effect.provideService(ResponseCache.Current, "refresh"))
 * ```
 */
export class Current extends Context.Reference<Current>()("effect-herald/ResponseCache/Current", {
  defaultValue: (): Mode => "use"
}) {}

/** Kind of a call. A cache chooses the lifetime of responses by it. */
export interface Kind {
  /** Name of the operation, such as `getAccount`. That of a verb is `GET /users/{id}`. */
  readonly operation: string
  readonly method: HttpMethod
  /** Path template, such as `/account/{account}`. */
  readonly template: string
}

/** A request, with everything that identifies its cache entry. Only GET and HEAD requests are cached. */
export interface CacheableRequest extends Kind {
  /** The request without credentials. */
  readonly request: HttpClientRequest
  /**
   * Partition of the cache: the caller's identity, empty if the call is anonymous. A stored response is returned only to
   * calls of the same partition.
   */
  readonly partition: string
}

/**
 * Way in which the cache has a request sent:
 *
 * - `own`: as part of the call that needs the response
 * - `shared`: on behalf of all calls that wait for it, each of which has its own deadline
 * - `background`: on its own, while or after the call returns a stored response
 *
 * The last two outlive calls, so they use the `HttpClient` that the cache was made with.
 */
export type Sending = "own" | "shared" | "background"

/** A GET or HEAD call that goes through the cache, with the functions that send its request and decode its response. */
export interface Exchange<A, E> extends CacheableRequest {
  readonly mode: Mode
  /** Identity of the endpoint's errors. Only calls of the same family share a request, since they decode the same errors. */
  readonly family: object
  /**
   * Decodes a response for the call, to the error of the call if the status is one. A response that fails with `DecodeError` is
   * neither stored nor returned from the cache.
   */
  readonly decode: (response: RawResponse) => Either.Either<A, E>
  /**
   * Sends the request with additional headers. Where these are conditional (RFC 9110, 13.1), a 304 is a success. An error
   * response is returned, for `decode` to make its error, if `stores` reports that the cache stores it.
   */
  readonly send: (
    how: Sending,
    headers: Readonly<Record<string, string>>,
    stores?: (response: RawResponse) => boolean
  ) => Effect.Effect<RawResponse, AnyError, HttpClient>
  /** Called before the call starts to wait for a shared request. */
  readonly joined: () => void
}

/** A response and its decoded value. */
export interface Decoded<A, E> {
  readonly response: RawResponse
  readonly value: Either.Either<A, E>
}

/** No usable response is stored, and the mode forbids to send the request. The call fails with `NotSent`. */
export class NotCached extends Data.TaggedError("NotCached") {}

/** Description of a stored response. Times are in milliseconds since the epoch. */
export interface Entry {
  readonly method: HttpMethod
  readonly url: string
  /** The caller's identity; empty if the call was anonymous. */
  readonly partition: string
  readonly operation: string
  readonly status: number
  /** Length of the body. */
  readonly bytes: number
  readonly storedAt: number
  /** Time from which the response is stale: it is revalidated, or requested again, before it is used. */
  readonly expiresAt: number
}

/** The cache could not be read or changed, because its store failed. */
export class CacheFailure extends Data.TaggedError("CacheFailure")<{
  readonly message: string
  readonly cause?: unknown
}> {}

/**
 * A response cache: an optional service that an API's layer takes from its context when it is built. `effect-herald/cache`
 * implements it.
 * A failure of its store never fails a call: the request is sent as if there were no cache.
 */
export class ResponseCache extends Context.Tag("effect-herald/ResponseCache")<
  ResponseCache,
  {
    /** Returns the response to a GET or HEAD call: a stored one, or that of the request, which it sends. */
    readonly through: <A, E>(exchange: Exchange<A, E>) => Effect.Effect<Decoded<A, E>, AnyError | NotCached, HttpClient>
    /**
     * Runs a call that may change the resource at this URL. Invalidates the stored responses of the resource when the call
     * is over, whether it succeeded, failed or was interrupted.
     */
    readonly invalidating: <A extends { readonly response: RawResponse }, E, R>(
      url: string,
      call: Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E, R>
    /** Returns the stored response if it may be used now. Sends nothing. */
    readonly lookup: (request: CacheableRequest) => Effect.Effect<RawResponse | undefined>
    /**
     * Prepares to store a response that is obtained by another request. Run it before that request is sent: the returned
     * function stores nothing usable if a write has invalidated the resource in between.
     */
    readonly storing: (request: CacheableRequest) => Effect.Effect<(response: RawResponse) => Effect.Effect<void>>
    /** Descriptions of all stored responses, in no particular order. */
    readonly entries: Stream.Stream<Entry, CacheFailure>
    /** Counts the stored responses that are fresh, and with `expired` those that have expired, too. */
    readonly count: (options?: { readonly expired?: boolean }) => Effect.Effect<number, CacheFailure>
    /** Returns `true` if a fresh response is stored for this absolute URL. */
    readonly has: (url: string | URL) => Effect.Effect<boolean, CacheFailure>
    /** Removes the responses of this absolute URL, or those that match the predicate. Returns their number. */
    readonly remove: (which: string | URL | ((entry: Entry) => boolean)) => Effect.Effect<number, CacheFailure>
    /** Removes the responses that have expired. Returns their number. */
    readonly purge: Effect.Effect<number, CacheFailure>
    /** Removes all responses. */
    readonly clear: Effect.Effect<void, CacheFailure>
  }
>() {}
