import type * as Duration from "effect/Duration"
import type * as Stream from "effect/Stream"
import type { TimeoutError, TransportError } from "./HeraldError.js"

/** A response whose body was read, but not decoded. */
export interface RawResponse {
  readonly status: number
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string | Uint8Array
  /** The body, where it is streamed instead of read. */
  readonly stream?: Stream.Stream<Uint8Array, TransportError | TimeoutError> | undefined
  /** The URL that the last redirect led to, if there was one. */
  readonly redirected?: string | undefined
  /** Set where the response belongs to other credentials than those that the cache was asked for: it is not stored. */
  readonly uncacheable?: boolean | undefined
  /** Set on a response that comes from the cache. */
  readonly cached?: CacheInfo | undefined
}

/** The part of the cache in a response. */
export interface CacheInfo {
  /** The time since the origin server generated or validated the response (RFC 9111, 4.2.3). */
  readonly age: Duration.Duration
  /** True if the server confirmed the stored response for this call by a 304. */
  readonly revalidated: boolean
}

/** The body as text, decoded as UTF-8. */
export const textOf = ({ body }: Pick<RawResponse, "body">): string =>
  typeof body === "string" ? body : new TextDecoder().decode(body)

/** The body as bytes, encoded as UTF-8 where it is text. */
export const bytesOf = ({ body }: Pick<RawResponse, "body">): Uint8Array =>
  typeof body === "string" ? new TextEncoder().encode(body) : body
