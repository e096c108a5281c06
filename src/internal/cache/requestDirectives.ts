import { directivesOf, millisOf, secondsOf } from "./cacheControl.js"

/** Cache directives of a request (RFC 9111, 5.2.1). Times are in milliseconds. */
export interface RequestDirectives {
  readonly noStore: boolean
  readonly noCache: boolean
  readonly onlyIfCached: boolean
  readonly maxAge: number
  readonly minFresh: number
  readonly maxStale: number
  readonly staleIfError: number
}

/** The directives of a request without any. */
export const noDirectives: RequestDirectives = {
  noStore: false,
  noCache: false,
  onlyIfCached: false,
  maxAge: Infinity,
  minFresh: 0,
  maxStale: 0,
  staleIfError: 0
}

/**
 * Reads the cache directives of a request's headers. `Pragma: no-cache` counts where there is no `Cache-Control`
 * (RFC 9111, 5.4). A malformed value is read as the one that allows the least use of stored responses.
 */
export const requestDirectivesOf = (headers: Readonly<Record<string, string | undefined>>): RequestDirectives => {
  const control = headers["cache-control"]
  if (control === undefined) {
    const pragma = headers["pragma"]
    return pragma !== undefined && /no-cache/i.test(pragma) ? { ...noDirectives, noCache: true } : noDirectives
  }
  const directives = directivesOf(control)
  const maxAge = directives["max-age"] === undefined ? Infinity : millisOf(directives["max-age"])
  return {
    noStore: directives["no-store"] !== undefined,
    // With `max-age=0` a response that was stored in the same millisecond, of age 0, must be revalidated, too.
    noCache: directives["no-cache"] !== undefined || maxAge === 0,
    onlyIfCached: directives["only-if-cached"] !== undefined,
    maxAge,
    minFresh:
      directives["min-fresh"] === undefined || secondsOf(directives["min-fresh"]) !== undefined
        ? millisOf(directives["min-fresh"])
        : Infinity,
    maxStale: directives["max-stale"] === true ? Infinity : millisOf(directives["max-stale"]),
    staleIfError: millisOf(directives["stale-if-error"])
  }
}
