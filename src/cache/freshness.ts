import CachePolicy from "http-cache-semantics"
import * as HttpTime from "../HttpTime.js"
import { directivesOf, secondsOf } from "./directives.js"

type Headers = Readonly<Record<string, string | undefined>>

/** What an answer says of how long it is of use. Times are in milliseconds, moments since the epoch. */
export interface Terms {
  /** It may be kept. */
  readonly storable: boolean
  /** From then on it has expired. */
  readonly expiresAt: number
  /** When it was made, as far as one can tell: its age is the time since. */
  readonly bornAt: number
  /** It is not to be used before it was asked for again, fresh or not. */
  readonly noCache: boolean
  /** For how long it may be used after it has expired, while it is asked for again (RFC 5861, 3). */
  readonly whileRevalidating: number
  /** And where asking for it again failed (RFC 5861, 4). */
  readonly ifError: number
  /** It is never to be used stale, though a request would take it. */
  readonly strict: boolean
  /** The conditions that ask whether it has changed; undefined where there is nothing to ask by. */
  readonly validators: Readonly<Record<string, string>> | undefined
}

interface Received {
  readonly method: string
  readonly status: number
  readonly headers: Headers
  readonly requestedAt: number
  readonly receivedAt: number
}

const seconds = (value: string | true | undefined): number => (secondsOf(value) ?? 0) * 1000

/**
 * The headers as `http-cache-semantics` takes them. By itself it
 *
 * - tells `Max-Age` from `max-age`, and splits quoted strings at commas (RFC 9111, 5.2);
 * - takes the last of two `max-age`, and what digits an invalid one begins with, where that is stale (4.2.1);
 * - takes any date that JavaScript does, in local time if there is no zone, and `0` for the year 2000 (RFC 9110, 5.6.7);
 * - asks its own clock where there is no `Date`: so there is always one.
 */
const normalised = ({ headers, receivedAt }: Received): Record<string, string> => {
  const told = directivesOf(headers["cache-control"])
  const control: Array<string> = []
  if (told["max-age"] !== undefined) control.push(`max-age=${secondsOf(told["max-age"]) ?? 0}`)
  // With field names too: an answer that is not to be used with these fields is asked for again, whole.
  if (told["no-cache"] !== undefined) control.push("no-cache")
  // We do understand what we keep (5.2.2.3).
  if (told["no-store"] !== undefined && told["must-understand"] === undefined) control.push("no-store")
  if (told["public"] !== undefined) control.push("public")
  const date = (name: string) => HttpTime.parseDate(headers[name]?.trim() ?? "", receivedAt)
  const iso = (moment: number) => new Date(moment).toISOString()
  const modified = date("last-modified")
  const expires = date("expires")
  return {
    date: iso(date("date") ?? receivedAt),
    ...(headers["cache-control"] !== undefined && { "cache-control": control.join(", ") }),
    ...(headers["pragma"] !== undefined && { pragma: headers["pragma"].toLowerCase() }),
    ...(modified !== undefined && { "last-modified": iso(modified) }),
    ...(headers["expires"] !== undefined && { expires: expires === undefined ? "never" : iso(expires) })
  }
}

/** What it says of its age; of nonsense, or a list, nobody knows how old it is (RFC 9111, 5.1). */
const ageOf = (text: string | undefined): number =>
  text === undefined ? 0 : (secondsOf(text.trim()) ?? Number.MAX_SAFE_INTEGER / 1000) * 1000

const validatorsOf = (headers: Headers): Terms["validators"] => {
  const etag = headers["etag"]
  const modified = headers["last-modified"]
  if (etag === undefined && modified === undefined) return undefined
  return {
    ...(etag !== undefined && { "if-none-match": etag }),
    ...(modified !== undefined && { "if-modified-since": modified })
  }
}

/**
 * What RFC 9111 says of an answer in a private cache. Its lifetime, by its headers or as 10 % of the time since it was last
 * modified, is what `http-cache-semantics` says it is; its age counts from when its request was sent (4.2.3), and not from its
 * `Date`, which a clock that is wrong here would take for old.
 *
 * Of that library no more is asked: `evaluateRequest` never uses what says `must-revalidate`, however fresh, and compares
 * `max-stale` as text; `revalidatedPolicy` does not know its own answer in a 304 without validators, and drops headers that
 * are new in a 304; what is `immutable` and says no more would be kept for 86,400,000 seconds, which were to be
 * milliseconds; and it splits `Vary: a, *` without seeing the star.
 */
export const termsOf = (received: Received): Terms => {
  const { headers, method, requestedAt, status } = received
  const told = directivesOf(headers["cache-control"])
  const policy = new CachePolicy(
    { url: "", method, headers: {} },
    { status, headers: normalised(received) },
    { shared: false, immutableMinTimeToLive: 0 }
  )
  const bornAt = requestedAt - ageOf(headers["age"])
  const noCache =
    told["no-cache"] !== undefined ||
    (headers["cache-control"] === undefined && /no-cache/i.test(headers["pragma"] ?? ""))
  const strict = noCache || told["must-revalidate"] !== undefined
  return {
    storable: policy.storable(),
    expiresAt: bornAt + policy.maxAge() * 1000,
    bornAt,
    noCache,
    whileRevalidating: strict ? 0 : seconds(told["stale-while-revalidate"]),
    ifError: strict ? 0 : seconds(told["stale-if-error"]),
    strict,
    validators: validatorsOf(headers)
  }
}

/** What a request of the user's own wants of a cache (RFC 9111, 5.2.1). Times are in milliseconds. */
export interface Wishes {
  readonly noStore: boolean
  readonly noCache: boolean
  readonly onlyIfCached: boolean
  readonly maxAge: number
  readonly minFresh: number
  readonly maxStale: number
  readonly ifError: number
}

const noWishes: Wishes = {
  noStore: false,
  noCache: false,
  onlyIfCached: false,
  maxAge: Infinity,
  minFresh: 0,
  maxStale: 0,
  ifError: 0
}

/** Without a `Cache-Control`, `Pragma: no-cache` is one (RFC 9111, 5.4). What is malformed is taken to want least of the cache. */
export const wishesOf = (headers: Headers): Wishes => {
  const control = headers["cache-control"]
  if (control === undefined) {
    const pragma = headers["pragma"]
    return pragma !== undefined && /no-cache/i.test(pragma) ? { ...noWishes, noCache: true } : noWishes
  }
  const told = directivesOf(control)
  const maxAge = told["max-age"] === undefined ? Infinity : seconds(told["max-age"])
  return {
    noStore: told["no-store"] !== undefined,
    // Nothing is so new that `max-age=0` would not have it asked for again.
    noCache: told["no-cache"] !== undefined || maxAge === 0,
    onlyIfCached: told["only-if-cached"] !== undefined,
    maxAge,
    minFresh:
      told["min-fresh"] === undefined || secondsOf(told["min-fresh"]) !== undefined
        ? seconds(told["min-fresh"])
        : Infinity,
    maxStale: told["max-stale"] === true ? Infinity : seconds(told["max-stale"]),
    ifError: seconds(told["stale-if-error"])
  }
}

/** When an answer expires: by the lifetime that the user gives it, in milliseconds, or by its own terms. */
export const expiryOf = (terms: Terms, requestedAt: number, own: number | undefined): number =>
  own === undefined ? terms.expiresAt : requestedAt + own

/** Whether what is kept may be used: as it is, as it is while it is asked for again, or not before that. */
export type Verdict = "Use" | "UseAndRevalidate" | "Revalidate"

export const judge = (
  terms: Terms,
  requestedAt: number,
  own: number | undefined,
  wishes: Wishes,
  now: number
): Verdict => {
  const left = expiryOf(terms, requestedAt, own) - now
  if (wishes.noCache || now - terms.bornAt > wishes.maxAge || (wishes.minFresh > 0 && left < wishes.minFresh)) {
    return "Revalidate"
  }
  if (own === undefined && terms.noCache) return "Revalidate"
  if (left > 0) return "Use"
  if (terms.strict) return "Revalidate"
  if (wishes.maxStale > 0 && -left <= wishes.maxStale) return "Use"
  return own === undefined && -left < terms.whileRevalidating ? "UseAndRevalidate" : "Revalidate"
}

/** Whether it may stand in for an answer that failed to come. One who wants it fresher than it is gets the error. */
export const standsIn = (
  terms: Terms,
  requestedAt: number,
  own: number | undefined,
  wishes: Wishes,
  now: number
): boolean => {
  if (terms.strict || wishes.noCache || wishes.minFresh > 0 || now - terms.bornAt > wishes.maxAge) return false
  return now - expiryOf(terms, requestedAt, own) < Math.max(terms.ifError, wishes.ifError)
}

const opaque = (etag: string): string => etag.trim().replace(/^W\//, "")

/**
 * Whether a 304 speaks of what is kept (RFC 9111, 4.3.4). One without validators does: it was asked about one answer. Whether
 * an entity tag is weak is passed over, since what compresses on the way weakens the tag of a 200 and leaves that of a 304.
 */
export const speaksOf = (kept: Headers, told: Headers): boolean => {
  const etag = told["etag"]
  if (etag !== undefined) return kept["etag"] !== undefined && opaque(etag) === opaque(kept["etag"])
  const modified = told["last-modified"]
  return modified === undefined || kept["last-modified"] === undefined || modified === kept["last-modified"]
}

const hopByHop: ReadonlyArray<string> = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
]

/** The headers that may be kept (RFC 9111, 3.1); cookies are secrets, and of the moment (7.3). */
export const keepable = (headers: Headers): Record<string, string> => {
  const dropped = new Set([...hopByHop, "set-cookie"])
  for (const name of headers["connection"]?.split(",") ?? []) dropped.add(name.trim().toLowerCase())
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) if (value !== undefined && !dropped.has(name)) kept[name] = value
  return kept
}

/** What tells of the body that is kept, and not of that which a 304 would have had. */
const ofTheBody: ReadonlyArray<string> = [
  "content-encoding",
  "content-length",
  "content-md5",
  "content-range",
  "etag",
  "transfer-encoding"
]

/** The headers after a 304 (RFC 9111, 3.2). When and how old it was is of the 304 alone. */
export const updated = (kept: Headers, told: Headers): Record<string, string> => {
  const { age: _age, date: _date, ...rest } = keepable(kept)
  const news = keepable(told)
  for (const name of ofTheBody) if (!(name === "etag" && rest["etag"] === undefined)) delete news[name]
  return { ...rest, ...news }
}
