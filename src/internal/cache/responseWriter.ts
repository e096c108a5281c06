import * as Effect from "effect/Effect"
import { bytesOf, type RawResponse } from "../../RawResponse.js"
import type { CacheRequest } from "./cacheRequest.js"
import { type CachingRules, cachingRulesOf, expiryOf, mayStore } from "./freshness.js"
import { type Generations, maxStoredMillis, type Version } from "./generations.js"
import { variantKey } from "./keys.js"
import type { Lookup, Slot } from "./lookup.js"
import type { ResilientStore } from "./resilientStore.js"
import { isSameRepresentation, storableHeaders, updatedHeaders } from "./storedHeaders.js"
import { encodeRecord, makeStoredResponse, type ResponseRecord, type StoredResponse } from "./storedResponse.js"
import { joinedNames, type VaryDigest, varyNamesOf } from "./vary.js"

/** A request that was sent, with the state of the store before. */
export interface SentRequest {
  readonly request: CacheRequest
  /** Lookup before the request was sent. */
  readonly lookup: Lookup
  /** Version of the resource before the request was sent. */
  readonly version: Version
  /** Time at which the request was sent, in milliseconds since the epoch. */
  readonly requestedAt: number
}

/** Writes responses to the store. */
export interface ResponseWriter {
  /** Reports whether `write` would store a response, received now. */
  readonly stores: (sent: SentRequest, response: RawResponse) => boolean
  /**
   * Stores a response. Where it may not be stored, removes the stored response that it would have replaced, unless the
   * response is an error.
   */
  readonly write: (sent: SentRequest, response: RawResponse) => Effect.Effect<void>
  /** Updates a stored response that a 304 has confirmed. */
  readonly update: (
    sent: SentRequest,
    stored: StoredResponse,
    notModified: RawResponse
  ) => Effect.Effect<StoredResponse>
  /**
   * Updates the stored response to a GET by the headers of a HEAD. Removes it if they are about another representation
   * (RFC 9111, 4.3.5).
   */
  readonly updateByHead: (sent: SentRequest, head: RawResponse) => Effect.Effect<void>
  /** Removes the stored responses of a lookup. */
  readonly remove: (lookup: Lookup) => Effect.Effect<void>
}

const day = 86_400_000

/**
 * Time for which an expired response remains stored, in milliseconds. Calls may accept a stale response (`max-stale`), and a
 * response with a validator saves the transfer of an unchanged body.
 */
const retentionOf = (rules: CachingRules): number =>
  Math.max(rules.validators === undefined ? day : 30 * day, rules.staleWhileRevalidate, rules.staleIfError)

/** Statuses by which the resource does not exist, nor do parts of it. */
const goneStatuses: ReadonlyArray<number> = [404, 410]

/** Returns the parts of a sent request for the whole response that it is about a part of. */
const wholeOf = (sent: SentRequest): SentRequest | undefined => {
  const { lookup, request } = sent
  const { whole } = lookup
  return whole === undefined || request.wholeKey === undefined
    ? undefined
    : {
        ...sent,
        request: { ...request, key: request.wholeKey, wholeKey: undefined, method: "GET" },
        lookup: { ...lookup, ...whole, whole: undefined }
      }
}

export const make = (store: ResilientStore, generations: Generations, varyDigest: VaryDigest): ResponseWriter => {
  const removeSlot = ({ key, stored }: Slot): Effect.Effect<void> =>
    stored === undefined || key === undefined ? Effect.void : Effect.asVoid(store.remove([key]))

  const remove = (lookup: Lookup): Effect.Effect<void> =>
    lookup.whole === undefined ? removeSlot(lookup) : Effect.zipRight(removeSlot(lookup), removeSlot(lookup.whole))

  /** Reports whether a response can be used again, at once or by revalidation. It was received at `now`. */
  const isUsable = (rules: CachingRules, expiresAt: number, now: number): boolean =>
    expiresAt > now ||
    rules.validators !== undefined ||
    expiresAt + Math.max(rules.staleWhileRevalidate, rules.staleIfError) > now

  const put = (
    { lookup, request: { address, key, source, userLifetime }, version }: SentRequest,
    record: Omit<ResponseRecord, "generation">,
    rules: CachingRules,
    bytes: Uint8Array
  ): Effect.Effect<void> => {
    const names = varyNamesOf(record.headers["vary"])
    const expiresAt = expiryOf(rules, record.requestedAt, userLifetime)
    if (names === undefined || !mayStore(rules, userLifetime) || !isUsable(rules, expiresAt, record.storedAt)) {
      return removeSlot(lookup)
    }
    const now = record.storedAt
    const dropAt = Math.min(Math.max(expiresAt, now) + retentionOf(rules), now + maxStoredMillis)
    return Effect.flatMap(generations.confirm(address.resource, version, dropAt), (generation) => {
      if (generation === undefined) return Effect.void
      const value = { metadata: encodeRecord({ ...record, generation }), bytes, dropAt }
      // A response without `Vary` to a URL of which there are variants, such as an error, does not stand for all of them.
      if (names.length === 0 && lookup.vary === undefined) return Effect.asVoid(store.set(key, value))
      const earlierNames = lookup.vary?.names ?? []
      const allNames = joinedNames(names, earlierNames)
      return Effect.flatMap(varyDigest(allNames, source.request.headers), (digest) => {
        if (digest === undefined) return removeSlot(lookup)
        const vary = encodeRecord({ _tag: "Vary", url: record.url, names: allNames })
        // By other names, the earlier variant is not found again.
        const outdated = allNames.join() === earlierNames.join() ? Effect.void : removeSlot(lookup)
        return outdated.pipe(
          Effect.zipRight(store.set(variantKey(key, digest), value)),
          Effect.zipRight(Effect.asVoid(store.set(key, { metadata: vary, bytes: new Uint8Array(), dropAt })))
        )
      })
    })
  }

  /** The rules of a response that was received at `receivedAt`. They depend on all headers, also those that are not stored. */
  const rulesOf = ({ requestedAt }: SentRequest, { headers, status }: RawResponse, receivedAt: number): CachingRules =>
    cachingRulesOf({ status, headers, requestedAt, receivedAt })

  /** Reports whether a response may be stored for its request, as far as its headers don't decide it. */
  const fits = ({ lookup, request }: SentRequest, response: RawResponse): boolean => {
    const { headers, redirected, status, stream, uncacheable } = response
    if (uncacheable === true || redirected !== undefined || stream !== undefined) return false
    // A failure of the server must not replace the response that is there for such a case.
    if (status >= 500 && lookup.stored !== undefined && lookup.stored.record.status < 500) return false
    return status !== 206 || (request.range !== undefined && /^bytes \d+-\d+\//.test(headers["content-range"] ?? ""))
  }

  const isStorable = (sent: SentRequest, response: RawResponse, rules: CachingRules, now: number): boolean => {
    const { userLifetime } = sent.request
    return (
      fits(sent, response) &&
      mayStore(rules, userLifetime) &&
      isUsable(rules, expiryOf(rules, sent.requestedAt, userLifetime), now)
    )
  }

  const update: ResponseWriter["update"] = (sent, stored, notModified) => {
    const { request, requestedAt } = sent
    const storedAt = request.clock.unsafeCurrentTimeMillis()
    const headers = updatedHeaders(stored.record.headers, notModified.headers)
    const record = { ...stored.record, headers, requestedAt, storedAt }
    const rules = cachingRulesOf({ status: record.status, headers, requestedAt, receivedAt: storedAt })
    return Effect.as(put(sent, record, rules, stored.bytes), makeStoredResponse(record, rules, stored.bytes))
  }

  return {
    stores: (sent, response) => {
      const now = sent.request.clock.unsafeCurrentTimeMillis()
      return isStorable(sent, response, rulesOf(sent, response, now), now)
    },

    write: (given, response) => {
      if (response.uncacheable === true) return Effect.void
      // A server may respond to the request of a range with the whole.
      const sent = (response.status === 200 && given.request.range !== undefined && wholeOf(given)) || given
      const { lookup, request, requestedAt } = sent
      const { address, clock, method, source } = request
      const storedAt = clock.unsafeCurrentTimeMillis()
      const rules = rulesOf(sent, response, storedAt)
      const isGone = goneStatuses.includes(response.status)
      if (!isStorable(sent, response, rules, storedAt)) {
        return response.status < 400 || isGone ? remove(lookup) : Effect.void
      }
      // A copy, since the call may modify its own bytes.
      const bytes = new Uint8Array(bytesOf(response))
      const record: Omit<ResponseRecord, "generation"> = {
        _tag: "Response",
        method,
        url: address.url,
        partition: source.partition,
        operation: source.operation,
        template: source.template,
        status: response.status,
        bytes: bytes.length,
        headers: storableHeaders(response.headers),
        requestedAt,
        storedAt
      }
      const stored = put(sent, record, rules, bytes)
      return isGone && lookup.whole !== undefined ? Effect.zipRight(removeSlot(lookup.whole), stored) : stored
    },

    update,

    updateByHead: (sent, head) => {
      const whole = wholeOf(sent)
      const stored = whole?.lookup.stored
      if (whole === undefined || stored === undefined) return Effect.void
      return isSameRepresentation(stored.record, head.headers)
        ? Effect.asVoid(update(whole, stored, head))
        : removeSlot(whole.lookup)
    },

    remove
  }
}
