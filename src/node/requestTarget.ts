import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Either from "effect/Either"
import { toUrl } from "../internal/http/toUrl.js"

/** The parts of a URL that a request is sent with. */
export interface Target {
  /** Scheme, host and port, without userinfo. */
  readonly origin: string
  /** Path and query, without the fragment, which is for the client (RFC 9110, 7.1). */
  readonly path: string
}

/** Origins by the part of a URL before its path, as it is written. */
export type Origins = Map<string, string>

/** The maximum number of origins that are remembered. */
const maxOrigins = 512

/** Matches a path and query that a URL parser leaves as they are, apart from dot segments (URL Standard, 1.3). */
const plainPath = /^\/[\w\-~!$&()*+,;=:@/%?.]*$/

/** Matches the part of a URL before its path that has no other part of it, such as a query with a slash. */
const plainPrefix = /^https?:\/\/[^/?#\\]+$/i

const dotSegment = /\/(?:\.|%2e)/i

const invalid = (code: string, message: string): Error => Object.assign(new TypeError(message), { code })

const isHttp = (protocol: string): boolean => protocol === "http:" || protocol === "https:"

const parse = ({ hash, url, urlParams }: HttpClientRequest): Either.Either<Target, Error> =>
  Either.flatMap(UrlParams.makeUrl(url, urlParams, hash), ({ host, origin, pathname, protocol, search }) =>
    isHttp(protocol) && host !== ""
      ? Either.right({ origin, path: pathname + search })
      : Either.left(invalid("ERR_INVALID_PROTOCOL", `the URL must be http or https, and is ${protocol}`))
  )

/** Returns the origin of the part of a URL before its path. Undefined if it is not valid, or has more than an origin. */
const originOf = (prefix: string, origins: Origins): string | undefined => {
  const known = origins.get(prefix)
  if (known !== undefined) return known
  const origin = plainPrefix.test(prefix) ? toUrl(prefix)?.origin : undefined
  if (origin === undefined) return undefined
  if (origins.size === maxOrigins) origins.clear()
  origins.set(prefix, origin)
  return origin
}

/**
 * Returns the target of a request, as a URL parser makes it, without one where the URL is plain. Fails if the URL is not one of
 * http or https.
 *
 * - `origins`: the origins of earlier requests
 */
export const targetOf = (request: HttpClientRequest, origins: Origins): Either.Either<Target, Error> => {
  const { url, urlParams } = request
  const authority = url.indexOf("://") + 3
  const start = authority === 2 ? -1 : url.indexOf("/", authority)
  if (start === -1) return parse(request)
  const path = url.slice(start)
  if (!plainPath.test(path) || dotSegment.test(path)) return parse(request)
  // The parser writes a query anew if parameters are added.
  if (urlParams.length > 0 && path.includes("?")) return parse(request)
  const origin = originOf(url.slice(0, start), origins)
  if (origin === undefined) return parse(request)
  return Either.right({ origin, path: urlParams.length === 0 ? path : `${path}?${UrlParams.toString(urlParams)}` })
}
