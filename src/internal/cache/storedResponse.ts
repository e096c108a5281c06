import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import type { StoredValue } from "../../CacheStore.js"
import type { CacheInfo, RawResponse } from "../../RawResponse.js"
import { type CachingRules, cachingRulesOf, expiryOf } from "./freshness.js"

/** Metadata of a stored response. Times are in milliseconds since the epoch. */
export interface ResponseRecord {
  readonly _tag: "Response"
  readonly method: "GET" | "HEAD"
  readonly url: string
  readonly partition: string
  readonly operation: string
  readonly template: string
  readonly status: number
  /** Length of the body. */
  readonly bytes: number
  readonly headers: Readonly<Record<string, string>>
  readonly requestedAt: number
  readonly storedAt: number
  /** Generation of the resource when the request was sent. */
  readonly generation: string
}

/**
 * Metadata under the key of a response that exists in several variants. Each variant has a key of its own, made from the
 * values of these request headers.
 */
export interface VaryRecord {
  readonly _tag: "Vary"
  readonly url: string
  /** Header names, in lower case and sorted. */
  readonly names: ReadonlyArray<string>
}

/** Metadata that holds the current generation of a resource. Responses of other generations are not used. */
export interface GenerationRecord {
  readonly _tag: "Generation"
  readonly resource: string
  readonly id: string
}

/** Metadata that holds the current epoch of the store. */
export interface EpochRecord {
  readonly _tag: "Epoch"
  readonly id: string
}

/** Metadata of a value in the store. */
export type StoreRecord = ResponseRecord | VaryRecord | GenerationRecord | EpochRecord

const isStringRecord = (value: unknown): boolean =>
  Predicate.isRecord(value) && Object.values(value).every(Predicate.isString)

const isStoreRecord = (value: unknown): value is StoreRecord => {
  if (!Predicate.isRecord(value)) return false
  switch (value["_tag"]) {
    case "Response":
      return (
        (value["method"] === "GET" || value["method"] === "HEAD") &&
        [value["url"], value["partition"], value["operation"], value["template"], value["generation"]].every(
          Predicate.isString
        ) &&
        [value["status"], value["bytes"], value["requestedAt"], value["storedAt"]].every(Predicate.isNumber) &&
        isStringRecord(value["headers"])
      )
    case "Vary":
      return (
        Predicate.isString(value["url"]) && Array.isArray(value["names"]) && value["names"].every(Predicate.isString)
      )
    case "Generation":
      return Predicate.isString(value["resource"]) && Predicate.isString(value["id"])
    case "Epoch":
      return Predicate.isString(value["id"])
    default:
      return false
  }
}

export const encodeRecord = (record: StoreRecord): string => JSON.stringify(record)

/** Parses the metadata of a value. Returns `undefined` if the cache has not written it. */
export const decodeRecord = (metadata: string): StoreRecord | undefined => {
  try {
    const value: unknown = JSON.parse(metadata)
    return isStoreRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const rulesOfRecord = ({ headers, requestedAt, status, storedAt }: ResponseRecord): CachingRules =>
  cachingRulesOf({ status, headers, requestedAt, receivedAt: storedAt })

/** A stored response, read from the store. */
export interface StoredResponse {
  readonly record: ResponseRecord
  readonly rules: CachingRules
  /** Headers without `Age`, which differs with each use. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

export const makeStoredResponse = (record: ResponseRecord, rules: CachingRules, bytes: Uint8Array): StoredResponse => {
  const { age: _age, ...headers } = record.headers
  return { record, rules, headers, bytes }
}

/** A value of the store, parsed. */
export type Parsed = StoredResponse | { readonly record: Exclude<StoreRecord, ResponseRecord> }

/** Parses a value of the store. Returns `undefined` if it is damaged. */
export const parse = ({ bytes, metadata }: StoredValue): Parsed | undefined => {
  const record = decodeRecord(metadata)
  if (record?._tag !== "Response") return record && { record }
  return record.bytes === bytes.length ? makeStoredResponse(record, rulesOfRecord(record), bytes) : undefined
}

export const isStoredResponse = (parsed: Parsed | undefined): parsed is StoredResponse =>
  parsed?.record._tag === "Response"

/** Returns the way in which a stored response is used without the server's confirmation. `now` is in milliseconds. */
export const tagOf = (
  { record, rules }: StoredResponse,
  { userLifetime }: { readonly userLifetime: number | undefined },
  now: number
): CacheInfo["_tag"] => (expiryOf(rules, record.requestedAt, userLifetime) > now ? "Hit" : "Stale")

/**
 * Makes the response to a call from a stored one. Copies the body, so that the call may modify it.
 *
 * - `now`: the time at which the response is used, in milliseconds since the epoch
 * - `tag`: the way in which it is used
 */
export const responseOf = (
  { bytes, headers, record, rules }: StoredResponse,
  now: number,
  tag: CacheInfo["_tag"]
): RawResponse => {
  const age = Math.max(0, now - rules.generatedAt)
  return {
    status: record.status,
    // `age` first: the spread is then twenty times as fast as in the other order.
    headers: { age: `${Math.floor(age / 1000)}`, ...headers },
    body: new Uint8Array(bytes),
    cached: { _tag: tag, age: Duration.millis(age) }
  }
}
