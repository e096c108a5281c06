import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Answer } from "./Answer.js"
import type { HeraldError } from "./HeraldError.js"

/**
 * What a call takes from the cache, and what it leaves there:
 *
 * - `use`: what the cache may answer it answers; the rest is fetched and kept
 * - `bypass`: as if there were no cache
 * - `refresh`: fetched anew, past every cache on the way, and kept
 * - `only-if-cached`: never sent; what is not cached is a `NotSent`
 */
export type Mode = "use" | "bypass" | "refresh" | "only-if-cached"

/**
 * How calls use the cache of their caller. Provide it, as a service, for a call or for many. Default: `use`. A write
 * invalidates what is cached whatever the mode.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ResponseCache } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const anew = Polympics.checkSignups.pipe(Effect.provideService(ResponseCache.Current, "refresh"))
 * ```
 */
export class Current
  extends /*#__PURE__*/ Context.Reference<Current>()("effect-herald/ResponseCache/Current", {
    defaultValue: (): Mode => "use"
  }) {}

/** A kind of call, as one tells a lifetime for it. */
export interface Kind {
  /** Such as `getAccount`, or `GET /users/{id}` of a raw verb. */
  readonly operation: string
  readonly method: HttpMethod
  /** Such as `/account/{account}`. */
  readonly template: string
}

/** What is asked for by a GET or a HEAD. */
export interface Asked extends Kind {
  /** Without credentials. */
  readonly request: HttpClientRequest
  /** Whose answers these are: nobody else is given them. */
  readonly partition: string
}

/**
 * How a request is sent:
 *
 * - `own`: as the call that wants it
 * - `shared`: for all that wait for it; each of them has its own deadline
 * - `aside`: by itself, when the call has ended
 */
export type Sending = "own" | "shared" | "aside"

/** A GET or a HEAD on its way through the cache. */
export interface Exchange extends Asked {
  readonly mode: Mode
  /** Only calls of one family can share a request: their errors are made alike. */
  readonly family: object
  /** Whether the call can make something of an answer. What it can't is neither kept, nor given from what is. */
  readonly accepts: (answer: Answer) => boolean
  /** Sends it, with these headers besides. Where these are conditions (RFC 9110, 13.1), a 304 is an answer. */
  readonly send: (
    how: Sending,
    headers: Readonly<Record<string, string>>
  ) => Effect.Effect<Answer, HeraldError, HttpClient>
  /** Told when it waits for a request that is shared. */
  readonly joined: () => void
}

/** Nothing is cached that would do. The call ends with a `NotSent`. */
export class NotCached extends /*#__PURE__*/ Data.TaggedError("NotCached") {}

/** What is cached, as one lists it. Times are in milliseconds since the epoch. */
export interface Entry {
  readonly method: HttpMethod
  readonly url: string
  /** Whose it is: the identity of the caller; empty for nobody's. */
  readonly partition: string
  readonly operation: string
  readonly status: number
  /** Of the body. */
  readonly bytes: number
  readonly storedAt: number
  /** From then on it has expired: it is asked for again, or revalidated. */
  readonly expiresAt: number
}

/** The cache itself can't be asked: its store does not answer. */
export class CacheFailure
  extends /*#__PURE__*/ Data.TaggedError("CacheFailure")<{ readonly message: string; readonly cause?: unknown }> {}

/**
 * Keeps answers: an optional service, found when a caller's layer is built. The one to use is in `effect-herald/cache`. Calls
 * need not fear it: where its store fails, they are sent as if there were none.
 */
export class ResponseCache
  extends /*#__PURE__*/ Context.Tag("effect-herald/ResponseCache")<
    ResponseCache,
    {
      /** Answers a GET or a HEAD, by itself or by sending it. */
      readonly through: (exchange: Exchange) => Effect.Effect<Answer, HeraldError | NotCached, HttpClient>
      /** Runs a call that may change what is at this URL. After it, whatever came of it, what is cached of that is of no use. */
      readonly invalidating: <E, R>(url: string, call: Effect.Effect<Answer, E, R>) => Effect.Effect<Answer, E, R>
      /** What is kept and fresh; nothing is sent. */
      readonly cached: (asked: Asked) => Effect.Effect<Answer | undefined>
      /**
       * Gets ready to keep an answer that comes in another way, before that is asked for: what a write ends meanwhile is not brought
       * back.
       */
      readonly keeping: (asked: Asked) => Effect.Effect<(answer: Answer) => Effect.Effect<void>>
      /** All that is kept, in no order. */
      readonly entries: Stream.Stream<Entry, CacheFailure>
      /** How many are kept: those that are fresh, or with those that have expired. */
      readonly count: (options?: { readonly expired?: boolean }) => Effect.Effect<number, CacheFailure>
      /** Whether something fresh is kept for this URL, which is absolute. */
      readonly has: (url: string | URL) => Effect.Effect<boolean, CacheFailure>
      /** Drops what is kept for this URL, which is absolute, or all of which this holds; gives how many that were. */
      readonly remove: (which: string | URL | ((entry: Entry) => boolean)) => Effect.Effect<number, CacheFailure>
      /** Drops what has expired; gives how many that were. */
      readonly purge: Effect.Effect<number, CacheFailure>
      /** Drops everything. */
      readonly clear: Effect.Effect<void, CacheFailure>
    }
  >() {}
