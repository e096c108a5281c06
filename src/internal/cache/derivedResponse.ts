import { bytesOf, type CacheInfo, type RawResponse } from "../../RawResponse.js"
import { isSuccess } from "../http/statuses.js"
import { dateOf } from "./freshness.js"
import { opaqueTag } from "./storedHeaders.js"
import { responseOf, type StoredResponse } from "./storedResponse.js"

type Headers = Readonly<Record<string, string | undefined>>

/** The condition of a caller's own request, to which a 304 responds (RFC 9110, 13.1.2 and 13.1.3). */
export interface Condition {
  /** The entity tags of `If-None-Match`, without `W/`. Undefined without that header. */
  readonly tags: ReadonlyArray<string> | undefined
  /** The date of `If-Modified-Since`, in milliseconds since the epoch. Ignored if there are tags. */
  readonly modifiedSince: number | undefined
}

/** One range of bytes (RFC 9110, 14.1.2): from `first` to `last`, or the last `suffix` bytes. */
export interface ByteRange {
  readonly first: number | undefined
  /** Undefined for the last byte. */
  readonly last: number | undefined
  readonly suffix: number | undefined
}

/** Matches an entity tag, with or without the quotes that it must have. */
const tag = /(?:W\/)?"[^"]*"|[^\s,]+/g

/** Reads the condition of a request. Returns `undefined` if it has none. `now` is in milliseconds since the epoch. */
export const conditionOf = (headers: Headers, now: number): Condition | undefined => {
  const { "if-modified-since": since, "if-none-match": tags } = headers
  if (since === undefined && tags === undefined) return undefined
  return {
    tags: tags === undefined ? undefined : (tags.match(tag) ?? []).map(opaqueTag),
    modifiedSince: dateOf(since, now)
  }
}

const byteRange = /^bytes=(?:(?<first>\d{1,15})-(?<last>\d{0,15})|-(?<suffix>\d{1,15}))$/i

/** Parses a `Range` header. Returns `undefined` for several ranges, and for units other than bytes. */
export const rangeOf = (text: string): ByteRange | undefined => {
  const groups = byteRange.exec(text.trim())?.groups
  if (groups === undefined) return undefined
  const number = (digits: string | undefined) => (digits ? Number(digits) : undefined)
  const range = { first: number(groups["first"]), last: number(groups["last"]), suffix: number(groups["suffix"]) }
  return range.first !== undefined && range.last !== undefined && range.last < range.first ? undefined : range
}

/** Reports whether a stored response has not been modified, as a condition puts it (RFC 9111, 4.3.2). */
const isNotModified = (
  { modifiedSince, tags }: Condition,
  { record: { headers, storedAt } }: StoredResponse
): boolean => {
  if (tags !== undefined) {
    const etag = headers["etag"]
    return tags.includes("*") || (etag !== undefined && tags.includes(opaqueTag(etag)))
  }
  if (modifiedSince === undefined) return false
  const lastModified = dateOf(headers["last-modified"] ?? headers["date"], storedAt) ?? storedAt
  return lastModified <= modifiedSince
}

/** Returns the headers of a 304: without those that describe content (RFC 9110, 15.4.5). */
const withoutContent = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => name === "content-location" || !name.startsWith("content-"))
  )

/** Returns the part of a whole response that a range selects. Returns `undefined` if the whole has no such part. */
const partial = (whole: RawResponse, { first, last, suffix }: ByteRange): RawResponse | undefined => {
  // A range is one of the encoded content, and what is stored is decoded.
  if (whole.headers["content-encoding"] !== undefined) return undefined
  const bytes = bytesOf(whole)
  const start = first ?? Math.max(0, bytes.length - (suffix ?? 0))
  const end = Math.min(last ?? Infinity, bytes.length - 1)
  if (start > end) return undefined
  return {
    ...whole,
    status: 206,
    headers: {
      ...whole.headers,
      "content-length": `${end + 1 - start}`,
      "content-range": `bytes ${start}-${end}/${bytes.length}`
    },
    body: bytes.slice(start, end + 1)
  }
}

/** The parts of a request that a stored response is adapted to. */
interface Requested {
  readonly method: "GET" | "HEAD"
  readonly condition: Condition | undefined
  readonly range: ByteRange | undefined
}

/**
 * Makes the response to a call from a stored one: the same, a 304 to the call's own condition, a 206 with the range that it
 * requests, or the head of the response to a GET. Returns `undefined` if the stored response has no such range.
 */
export const derivedResponse = (
  stored: StoredResponse,
  { condition, method, range }: Requested,
  now: number,
  tag: CacheInfo["_tag"]
): RawResponse | undefined => {
  const response = responseOf(stored, now, tag)
  // Conditions and ranges are about successes only (RFC 9110, 13.2.1 and 14.2).
  if (condition !== undefined && isSuccess(response.status) && isNotModified(condition, stored)) {
    return { ...response, status: 304, headers: withoutContent(response.headers), body: "" }
  }
  if (range !== undefined && response.status === 200) return partial(response, range)
  return method === "HEAD" ? { ...response, body: "" } : response
}
