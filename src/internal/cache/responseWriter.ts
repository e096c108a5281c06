import * as Effect from "effect/Effect"
import { bytesOf, type RawResponse } from "../../RawResponse.js"
import type { CacheRequest } from "./cacheRequest.js"
import { type CachingRules, cachingRulesOf, expiryOf } from "./freshness.js"
import { type Generations, maxStoredMillis, type Version } from "./generations.js"
import { variantKey } from "./keys.js"
import type { Lookup } from "./lookup.js"
import type { ResilientStore } from "./resilientStore.js"
import { storableHeaders, updatedHeaders } from "./storedHeaders.js"
import { encodeRecord, makeStoredResponse, type ResponseRecord, type StoredResponse } from "./storedResponse.js"
import { type VaryDigest, varyNamesOf } from "./vary.js"

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
  /** Stores a response. Where it may not be stored, removes the stored response that it would have replaced. */
  readonly write: (sent: SentRequest, response: RawResponse) => Effect.Effect<void>
  /** Updates a stored response that a 304 has confirmed. */
  readonly update: (
    sent: SentRequest,
    stored: StoredResponse,
    notModified: RawResponse
  ) => Effect.Effect<StoredResponse>
  /** Removes the stored response of a lookup. */
  readonly remove: (lookup: Lookup) => Effect.Effect<void>
}

const day = 86_400_000

/**
 * Time for which an expired response remains stored, in milliseconds. Calls may accept a stale response (`max-stale`), and a
 * response with a validator saves the transfer of an unchanged body.
 */
const retentionOf = (rules: CachingRules): number =>
  Math.max(rules.validators === undefined ? day : 30 * day, rules.staleWhileRevalidate, rules.staleIfError)

const storableStatuses: ReadonlyArray<number> = [200, 203, 204]

export const make = (store: ResilientStore, generations: Generations, varyDigest: VaryDigest): ResponseWriter => {
  const remove = ({ key, stored }: Lookup): Effect.Effect<void> =>
    stored === undefined || key === undefined ? Effect.void : Effect.asVoid(store.remove([key]))

  const put = (
    { lookup, request: { address, key, source, userLifetime }, version }: SentRequest,
    record: Omit<ResponseRecord, "generation">,
    rules: CachingRules,
    bytes: Uint8Array
  ): Effect.Effect<void> => {
    const names = varyNamesOf(record.headers["vary"])
    if (names === undefined || (userLifetime === undefined && !rules.storable)) return remove(lookup)
    const now = record.storedAt
    const expiresAt = expiryOf(rules, record.requestedAt, userLifetime)
    const usable =
      expiresAt > now ||
      rules.validators !== undefined ||
      expiresAt + Math.max(rules.staleWhileRevalidate, rules.staleIfError) > now
    if (!usable) return remove(lookup)
    const dropAt = Math.min(Math.max(expiresAt, now) + retentionOf(rules), now + maxStoredMillis)
    return Effect.flatMap(generations.confirm(address.resource, version, now), (generation) => {
      if (generation === undefined) return Effect.void
      const value = { metadata: encodeRecord({ ...record, generation }), bytes, dropAt }
      if (names.length === 0) return Effect.asVoid(store.set(key, value))
      // Includes the names of earlier responses, so that variants that are stored by them are still found.
      const allNames = [...new Set([...names, ...(lookup.vary?.names ?? [])])].sort()
      return Effect.flatMap(varyDigest(allNames, source.request.headers), (digest) =>
        digest === undefined
          ? remove(lookup)
          : Effect.zipRight(
              store.set(variantKey(key, digest), value),
              Effect.asVoid(
                store.set(key, {
                  metadata: encodeRecord({ _tag: "Vary", url: record.url, names: allNames }),
                  bytes: new Uint8Array(),
                  dropAt: now + maxStoredMillis
                })
              )
            )
      )
    })
  }

  return {
    write: (sent, response) => {
      const { lookup, request, requestedAt } = sent
      if (response.uncacheable === true) return Effect.void
      if (
        !storableStatuses.includes(response.status) ||
        response.redirected !== undefined ||
        response.stream !== undefined
      ) {
        return remove(lookup)
      }
      const { address, clock, method, source } = request
      const storedAt = clock.unsafeCurrentTimeMillis()
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
      // The rules depend on all headers, including those that are not stored.
      const rules = cachingRulesOf({
        method,
        status: response.status,
        headers: response.headers,
        requestedAt,
        receivedAt: storedAt
      })
      return put(sent, record, rules, bytes)
    },

    update: (sent, stored, notModified) => {
      const { request, requestedAt } = sent
      const storedAt = request.clock.unsafeCurrentTimeMillis()
      const headers = updatedHeaders(stored.record.headers, notModified.headers)
      const record = { ...stored.record, headers, requestedAt, storedAt }
      const { method, status } = record
      const rules = cachingRulesOf({ method, status, headers, requestedAt, receivedAt: storedAt })
      return Effect.as(put(sent, record, rules, stored.bytes), makeStoredResponse(record, rules, stored.bytes))
    },

    remove
  }
}
