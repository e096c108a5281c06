import { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import { type AnyError, isHeraldError } from "../../HeraldError.js"
import type { RawResponse } from "../../RawResponse.js"
import { type Decoded, type Exchange, NotCached, type Sending } from "../../ResponseCache.js"
import { type CacheRequest, withCacheRequest, type Lifetimes } from "./cacheRequest.js"
import { derivedResponse } from "./derivedResponse.js"
import { mayReplaceError, usageOf } from "./freshness.js"
import type { Generations, Version } from "./generations.js"
import { versionFor, type Lookup, type LookUp } from "./lookup.js"
import type { ResponseWriter, SentRequest } from "./responseWriter.js"
import type { SharedRequests } from "./sharedRequests.js"
import { allowsStale, isGone } from "./staleIfError.js"
import { isConfirmedBy } from "./storedHeaders.js"
import { responseOf, type StoredResponse, tagOf } from "./storedResponse.js"

/** Components of a read-through cache. */
export interface Parts {
  readonly lookUp: LookUp
  readonly writer: ResponseWriter
  readonly generations: Generations
  /** Undefined if calls share no requests. */
  readonly sharedRequests: SharedRequests<RawResponse, AnyError> | undefined
  readonly lifetimes: Lifetimes
  /** Scope of background revalidations. */
  readonly scope: Scope.Scope
  /** Sends the requests that outlive calls. */
  readonly client: HttpClient
}

/** Effect that returns the response to a call. `F` is `NotCached` if the request may not be sent. */
type Result<A, E, F = never> = Effect.Effect<Decoded<A, E>, AnyError | F, HttpClient>

/** A GET or HEAD call, its request prepared for the cache, and the lookup of this request. */
interface CacheCall<A, E> {
  readonly exchange: Exchange<A, E>
  readonly request: CacheRequest
  readonly lookup: Lookup
}

const noHeaders: Readonly<Record<string, string>> = {}

/** Request headers that make every cache in between revalidate its response (RFC 9111, 5.2.1.4). */
const noCache: Readonly<Record<string, string>> = { "cache-control": "no-cache" }

const headersFor = ({ mode }: Exchange<unknown, unknown>) => (mode === "refresh" ? noCache : noHeaders)

const decodeFor = <A, E>({ decode }: Exchange<A, E>, response: RawResponse): Decoded<A, E> => ({
  response,
  value: decode(response)
})

/**
 * Returns true for a response of the endpoint: a success, or an error with a status. Any other fails to decode. It may come from
 * an intermediary, such as the sign-in page of a network, or have been stored for another endpoint.
 */
const isOfEndpoint = <A, E>({ response, value }: Decoded<A, E>): boolean =>
  Either.isRight(value) || (response.status >= 400 && !(isHeraldError(value.left) && value.left._tag === "DecodeError"))

/** Copies a body of bytes, so that each of the calls that share a response may modify its own. */
const withOwnBody = (response: RawResponse): RawResponse =>
  typeof response.body === "string" ? response : { ...response, body: new Uint8Array(response.body) }

const sendUncached = <A, E>(exchange: Exchange<A, E>): Result<A, E> =>
  Effect.map(exchange.send("own", headersFor(exchange)), (response) => decodeFor(exchange, response))

/** Makes the function that returns the response to a GET or HEAD call from the store, or sends its request. */
export const make = ({ client, generations, lifetimes, lookUp, scope, sharedRequests, writer }: Parts) => {
  /** Keys of the stored responses that are being revalidated in the background. */
  const revalidating = new Set<string>()
  /** Numbers that identify families in the keys of shared requests. */
  const familyIds = new WeakMap<object, number>()
  let lastFamilyId = 0

  const familyIdOf = (family: object): number => {
    const known = familyIds.get(family)
    if (known !== undefined) return known
    lastFamilyId += 1
    familyIds.set(family, lastFamilyId)
    return lastFamilyId
  }

  /** Sends the request of a call with additional headers. Returns the response with the request that was sent. */
  const send = <A, E>(
    { exchange, lookup, request }: CacheCall<A, E>,
    version: Version,
    how: Sending,
    headers: Readonly<Record<string, string>>
  ) =>
    Effect.suspend(() => {
      const sent = { request, lookup, version, requestedAt: request.clock.unsafeCurrentTimeMillis() }
      const exchanged = exchange.send(how, headers, (response) => writer.stores(sent, response))
      return Effect.map(
        how === "own" ? exchanged : Effect.provideService(exchanged, HttpClient, client),
        (response) => ({ sent, response })
      )
    })

  /** Stores a response, if it is one of the endpoint and may be stored. */
  const store = <A, E>(exchange: Exchange<A, E>, sent: SentRequest, response: RawResponse): Result<A, E> => {
    const decoded = decodeFor(exchange, response)
    if (!isOfEndpoint(decoded)) return Effect.succeed(decoded)
    const written = writer.write(sent, response)
    const isHead = sent.request.method === "HEAD" && response.status === 200
    return Effect.as(isHead ? Effect.zipRight(written, writer.updateByHead(sent, response)) : written, decoded)
  }

  /** Removes the stored responses of a call that fails because its resource does not exist. */
  const removingGone = <A, E>({ lookup }: CacheCall<A, E>, result: Result<A, E>): Result<A, E> =>
    Effect.tapError(result, (error) => (isGone(error) ? writer.remove(lookup) : Effect.void))

  /** Sends a request with a condition of the caller's own. A 304 to it is the response of the call. */
  const sendConditional = <A, E>(call: CacheCall<A, E>, version: Version): Result<A, E> => {
    const { exchange, lookup } = call
    const { stored } = lookup
    const result = Effect.flatMap(
      send(call, version, "own", headersFor(exchange)),
      ({ response, sent }): Result<A, E> => {
        if (response.status !== 304) return store(exchange, sent, response)
        const decoded = decodeFor(exchange, response)
        // A 304 without an entity tag may be about another response than the stored one.
        return stored !== undefined &&
          response.headers["etag"] !== undefined &&
          isConfirmedBy(stored.record.headers, response.headers)
          ? Effect.as(writer.update(sent, stored, response), decoded)
          : Effect.succeed(decoded)
      }
    )
    return removingGone(call, result)
  }

  /**
   * Sends the request, and stores the response. The request is conditional if the stored response has a validator. If it
   * fails, the stored response is returned where `stale-if-error` allows it.
   */
  const sendAndStore = <A, E>(call: CacheCall<A, E>, version: Version, how: Sending): Result<A, E> => {
    const { exchange, lookup, request } = call
    const { stored } = lookup
    const refresh = exchange.mode === "refresh"
    const validators = refresh ? undefined : stored?.rules.validators

    const sendUnconditional = (headers: Readonly<Record<string, string>>) =>
      Effect.flatMap(send(call, version, how, headers), ({ response, sent }) => store(exchange, sent, response))

    /** Updates the stored response by a 304, and returns it. */
    const revalidate = (stored: StoredResponse, sent: SentRequest, notModified: RawResponse): Result<A, E> =>
      Effect.flatMap(writer.update(sent, stored, notModified), (updated) => {
        const revalidated = responseOf(updated, updated.record.storedAt, "Revalidated")
        // The cookies are those of this response, which are not stored.
        const decoded = decodeFor(exchange, { ...revalidated, setCookies: notModified.setCookies })
        return request.method === "HEAD"
          ? Effect.as(writer.updateByHead(sent, revalidated), decoded)
          : Effect.succeed(decoded)
      })

    const result: Result<A, E> =
      stored === undefined || validators === undefined
        ? sendUnconditional(headersFor(exchange))
        : Effect.flatMap(send(call, version, how, validators), ({ response, sent }) => {
            if (response.status !== 304) return store(exchange, sent, response)
            return isConfirmedBy(stored.record.headers, response.headers)
              ? revalidate(stored, sent, response)
              : sendUnconditional(noHeaders)
          })
    return Effect.catchAll(removingGone(call, result), (error): Effect.Effect<Decoded<A, E>, AnyError> => {
      const now = request.clock.unsafeCurrentTimeMillis()
      return !refresh &&
        stored !== undefined &&
        allowsStale(error) &&
        mayReplaceError(stored.rules, stored.record.requestedAt, request, now)
        ? Effect.succeed(decodeFor(exchange, responseOf(stored, now, "Stale")))
        : Effect.fail(error)
    })
  }

  /**
   * Makes the key under which equal requests are shared. It contains the generation, or the epoch if the resource has none, so that
   * a call after a write does not join a request from before it.
   */
  const sharedKeyOf = <A, E>({ exchange, request }: CacheCall<A, E>, { epoch, generation }: Version): string =>
    `${familyIdOf(exchange.family)} ${generation ?? epoch} ${JSON.stringify(exchange.request.headers)} ${request.key}`

  /** Sends the request, or waits for an equal one in flight if calls share requests. Stores the response if the store works. */
  const fetch = <A, E>(call: CacheCall<A, E>): Result<A, E> => {
    const { exchange, lookup, request } = call
    if (!lookup.available) return sendUncached(exchange)
    return Effect.flatMap(versionFor(generations, request, lookup), (version) => {
      if (version === undefined) return sendUncached(exchange)
      if (request.condition !== undefined) return sendConditional(call, version)
      if (sharedRequests === undefined || exchange.mode === "refresh") return sendAndStore(call, version, "own")
      exchange.joined()
      // Calls share the response, and each decodes its own copy.
      const shared = Effect.map(sendAndStore(call, version, "shared"), ({ response }) => response)
      return Effect.map(sharedRequests.join(sharedKeyOf(call, version), shared), (response) =>
        decodeFor(exchange, withOwnBody(response))
      )
    })
  }

  /** Revalidates a stored response in the background, unless that is in progress. The revalidation outlives the call. */
  const revalidateInBackground = <A, E>(
    call: CacheCall<A, E>,
    generation: string
  ): Effect.Effect<void, never, HttpClient> =>
    Effect.suspend(() => {
      const { lookup, request } = call
      const id = `${generation} ${lookup.key ?? request.key}`
      if (revalidating.has(id)) return Effect.void
      revalidating.add(id)
      const revalidation = Effect.flatMap(
        versionFor(generations, request, lookup),
        (version): Result<unknown, unknown> | Effect.Effect<void> =>
          version === undefined ? Effect.void : sendAndStore(call, version, "background")
      ).pipe(
        Effect.interruptible,
        Effect.catchAllCause((cause) => Effect.logDebug("A stale response could not be revalidated", cause)),
        Effect.ensuring(Effect.sync(() => revalidating.delete(id)))
      )
      return Effect.asVoid(Effect.forkIn(Effect.uninterruptible(revalidation), scope))
    }).pipe(Effect.uninterruptible)

  /** Returns the response to a call from a stored one, and whether that may be used. Undefined if the endpoint can't take it. */
  const answer = <A, E>({ exchange, request }: CacheCall<A, E>, stored: StoredResponse, now: number) => {
    const response = derivedResponse(stored, request, now, tagOf(stored, request, now))
    const decoded = response && decodeFor(exchange, response)
    return decoded !== undefined && isOfEndpoint(decoded)
      ? { decoded, usage: usageOf(stored.rules, stored.record.requestedAt, request, now) }
      : undefined
  }

  /** Returns the stored response if it may be used, or sends the request. */
  const useOrFetch = <A, E>(call: CacheCall<A, E>): Result<A, E, NotCached> => {
    const { exchange, lookup, request } = call
    const { generation, stored, whole } = lookup
    const onlyIfCached = exchange.mode === "only-if-cached" || request.directives.onlyIfCached
    const now = request.clock.unsafeCurrentTimeMillis()
    const fromWhole = whole?.stored && answer(call, whole.stored, now)
    if (fromWhole?.usage === "Use") return Effect.succeed(fromWhole.decoded)
    const fromStored = stored && answer(call, stored, now)
    if (fromStored?.usage === "Use") return Effect.succeed(fromStored.decoded)
    // The condition of the caller's own is not that of a revalidation.
    if (fromStored?.usage === "UseAndRevalidate" && generation !== undefined && request.condition === undefined) {
      return onlyIfCached
        ? Effect.succeed(fromStored.decoded)
        : Effect.as(revalidateInBackground(call, generation), fromStored.decoded)
    }
    if (onlyIfCached) return new NotCached()
    return fetch(fromStored === undefined ? { ...call, lookup: { ...lookup, stored: undefined } } : call)
  }

  return <A, E>(exchange: Exchange<A, E>): Result<A, E, NotCached> => {
    const { mode } = exchange
    const run = (request: CacheRequest | undefined): Result<A, E, NotCached> => {
      if (request === undefined) return mode === "only-if-cached" ? new NotCached() : sendUncached(exchange)
      return Effect.flatMap(lookUp(request), (lookup): Result<A, E, NotCached> => {
        const call = { exchange, request, lookup }
        return mode === "refresh" ? fetch(call) : useOrFetch(call)
      })
    }
    return mode === "bypass"
      ? sendUncached(exchange)
      : Effect.clockWith((clock) => withCacheRequest(lifetimes, exchange, clock, run))
  }
}
