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
  /** True for a response that must not be stored, because its credentials have another cache partition than the lookup had. */
  readonly uncacheable?: boolean | undefined
  /** Set on a response that comes from the cache. */
  readonly cached?: CacheInfo | undefined
}

/** Facts about a response that comes from the cache. */
export interface CacheInfo {
  /** The time since the origin server generated or validated the response (RFC 9111, 4.2.3). */
  readonly age: Duration.Duration
  /** True if the server confirmed the stored response for this call by a 304. */
  readonly revalidated: boolean
}

/**
 * Returns the body as text. Bytes are decoded by their byte order mark, by the charset of the content type, or else as UTF-8.
 */
export const textOf = ({ body, headers }: Pick<RawResponse, "body" | "headers">): string =>
  typeof body === "string" ? body : decodeText(body, headers["content-type"])

/** Returns the body as bytes. Text is encoded as UTF-8. */
export const bytesOf = ({ body }: Pick<RawResponse, "body">): Uint8Array =>
  typeof body === "string" ? new TextEncoder().encode(body) : body
