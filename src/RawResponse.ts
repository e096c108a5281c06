import type * as Duration from "effect/Duration"
import type * as Stream from "effect/Stream"
import type { TimeoutError, TransportError } from "./HeraldError.js"
import { decodeText } from "./internal/http/charset.js"

/** A response before it is decoded. */
export interface RawResponse {
  readonly status: number
  /** Names are in lower case. `Set-Cookie` is not among them: see `setCookies`. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The values of the `Set-Cookie` headers (RFC 6265, 4.1). Absent for a response from the cache. */
  readonly setCookies?: ReadonlyArray<string> | undefined
  /** The body, unless `stream` is set: it is empty then. */
  readonly body: string | Uint8Array
  /** The body as a Stream, if the endpoint declares it as one. */
  readonly stream?: Stream.Stream<Uint8Array, TransportError | TimeoutError> | undefined
  /** The URL that the last redirect led to, if there was one. */
  readonly redirected?: string | undefined
  /**
   * True for a response that must not be stored: its credentials have another cache partition than the lookup had, or the body
   * of an error is incomplete.
   */
  readonly uncacheable?: boolean | undefined
  /** Set on a response that comes from the cache. */
  readonly cached?: CacheInfo | undefined
}

/**
 * Facts about a response that comes from the cache:
 *
 * - `Hit`: it was fresh, and used without contacting the server
 * - `Stale`: it had expired, and was used all the same: while it is revalidated, instead of an error, or because the request
 *   allows it (`stale-while-revalidate`, `stale-if-error`, `max-stale`)
 * - `Revalidated`: the server confirmed it for this call by a 304
 */
export interface CacheInfo {
  readonly _tag: "Hit" | "Stale" | "Revalidated"
  /** The time since the origin server generated or validated the response (RFC 9111, 4.2.3). */
  readonly age: Duration.Duration
}

/**
 * Returns the body as text. Bytes are decoded by their byte order mark, by the charset of the content type, or else as UTF-8.
 */
export const textOf = ({ body, headers }: Pick<RawResponse, "body" | "headers">): string =>
  typeof body === "string" ? body : decodeText(body, headers["content-type"])

/** Returns the body as bytes. Text is encoded as UTF-8. */
export const bytesOf = ({ body }: Pick<RawResponse, "body">): Uint8Array =>
  typeof body === "string" ? new TextEncoder().encode(body) : body
