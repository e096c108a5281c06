import { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type { AnyError } from "../../HeraldError.js"
import type { RawResponse } from "../../RawResponse.js"
import { type Decoded, type Exchange, NotCached, type Sending } from "../../ResponseCache.js"
import { type CacheRequest, cacheRequestOf, type Lifetime } from "./cacheRequest.js"
import { mayReplaceError, usageOf } from "./freshness.js"
import type { Generations, Version } from "./generations.js"
import { versionFor, type Lookup, type LookUp } from "./lookup.js"
import type { ResponseWriter, SentRequest } from "./responseWriter.js"
import type { SharedRequests } from "./sharedRequests.js"
import { allowsStale, isGone } from "./staleIfError.js"
import { isConfirmedBy } from "./storedHeaders.js"
import { responseOf } from "./storedResponse.js"

/** Components of a read-through cache. */
export interface Parts {
  readonly lookUp: LookUp
  readonly writer: ResponseWriter
  readonly generations: Generations
  /** Undefined if calls share no requests. */
  readonly sharedRequests: SharedRequests<RawResponse, AnyError> | undefined
  readonly lifetime: Lifetime | undefined
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

/** Copies a body of bytes, so that each of the calls that share a response may modify its own. */
const withOwnBody = (response: RawResponse): RawResponse =>
  typeof response.body === "string" ? response : { ...response, body: new Uint8Array(response.body) }

const sendUncached = <A, E>(exchange: Exchange<A, E>): Result<A, E> =>
  Effect.map(exchange.send("own", headersFor(exchange)), (response) => decodeFor(exchange, response))

/** Makes the function that returns the response to a GET or HEAD call from the store, or sends its request. */
export const make = ({ client, generations, lifetime, lookUp, scope, sharedRequests, writer }: Parts) => {
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

  /**
   * Sends the request, and stores the response. The request is conditional if the stored response has a validator. If it
   * fails, the stored response is returned where `stale-if-error` allows it.
   */
  const sendAndStore = <A, E>(call: CacheCall<A, E>, version: Version, how: Sending): Result<A, E> =>
    Effect.suspend(() => {
      const { exchange, lookup, request } = call
      const { clock } = request
      const { stored } = lookup
      const refresh = exchange.mode === "refresh"
      const validators = refresh ? undefined : stored?.rules.validators

      const send = (headers: Readonly<Record<string, string>>) => {
        const sent = { request, lookup, version, requestedAt: clock.unsafeCurrentTimeMillis() }
        const exchanged = exchange.send(how, headers)
        return Effect.map(
          how === "own" ? exchanged : Effect.provideService(exchanged, HttpClient, client),
          (response) => ({ sent, response })
        )
      }
      const store = (sent: SentRequest, response: RawResponse): Effect.Effect<Decoded<A, E>> => {
        const decoded = decodeFor(exchange, response)
        // A response that fails to decode may come from an intermediary, such as the sign-in page of a network.
        return Either.isLeft(decoded.value) ? Effect.succeed(decoded) : Effect.as(writer.write(sent, response), decoded)
      }
      const sendUnconditional = (headers: Readonly<Record<string, string>>) =>
        Effect.flatMap(send(headers), ({ response, sent }) => store(sent, response))

      const result: Result<A, E> =
        stored === undefined || validators === undefined
          ? sendUnconditional(headersFor(exchange))
          : Effect.flatMap(send(validators), ({ response, sent }) => {
              if (response.status !== 304) return store(sent, response)
              if (!isConfirmedBy(stored.record.headers, response.headers)) return sendUnconditional(noHeaders)
              return Effect.map(writer.update(sent, stored, response), (updated) =>
                decodeFor(exchange, responseOf(updated, updated.record.storedAt, true))
              )
            })
      if (stored === undefined) return result
      return Effect.catchAll(result, (error): Effect.Effect<Decoded<A, E>, AnyError> => {
        if (isGone(error)) return Effect.zipRight(writer.remove(lookup), Effect.fail(error))
        const now = clock.unsafeCurrentTimeMillis()
        return !refresh && allowsStale(error) && mayReplaceError(stored.rules, stored.record.requestedAt, request, now)
          ? Effect.succeed(decodeFor(exchange, responseOf(stored, now)))
          : Effect.fail(error)
      })
    })

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

  /** Returns the stored response if it may be used, or sends the request. */
  const useOrFetch = <A, E>(call: CacheCall<A, E>): Result<A, E, NotCached> => {
    const { exchange, lookup, request } = call
    const { generation, stored } = lookup
    const onlyIfCached = exchange.mode === "only-if-cached" || request.directives.onlyIfCached
    if (stored === undefined || generation === undefined) return onlyIfCached ? new NotCached() : fetch(call)
    const now = request.clock.unsafeCurrentTimeMillis()
    const decoded = decodeFor(exchange, responseOf(stored, now))
    // The response may have been stored for another endpoint, or by another version of the program.
    if (Either.isLeft(decoded.value)) {
      return onlyIfCached ? new NotCached() : fetch({ ...call, lookup: { ...lookup, stored: undefined } })
    }
    switch (usageOf(stored.rules, stored.record.requestedAt, request, now)) {
      case "Use":
        return Effect.succeed(decoded)
      case "UseAndRevalidate":
        return onlyIfCached ? Effect.succeed(decoded) : Effect.as(revalidateInBackground(call, generation), decoded)
      case "Revalidate":
        return onlyIfCached ? new NotCached() : fetch(call)
    }
  }

  return <A, E>(exchange: Exchange<A, E>): Result<A, E, NotCached> =>
    Effect.clockWith((clock) => {
      const { mode } = exchange
      const request = mode === "bypass" ? undefined : cacheRequestOf(lifetime, exchange, clock)
      if (request === undefined) return mode === "only-if-cached" ? new NotCached() : sendUncached(exchange)
      return Effect.flatMap(lookUp(request), (lookup): Result<A, E, NotCached> => {
        const call = { exchange, request, lookup }
        return mode === "refresh" ? fetch(call) : useOrFetch(call)
      })
    })
}
