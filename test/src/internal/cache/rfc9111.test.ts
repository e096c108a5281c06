import { describe, expect, it } from "@effect/vitest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type HeraldError, ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import {
  type CallOptions,
  makeApi,
  noClient,
  settle,
  statusError,
  stores,
  text,
  transportError,
  until
} from "../../../support/cache.js"

type Headers = Record<string, string>

/** Formats the date that is so many seconds after the start of a step. */
type DateOf = (seconds: number) => string

/** A call, and its expected outcome. */
interface Step extends CallOptions {
  /** Seconds that pass before the call. */
  readonly after?: number
  readonly url?: string
  /** Makes the call a write by this method. */
  readonly write?: HttpMethod
  /** Headers of the server's response. */
  readonly responds?: Headers | ((date: DateOf) => Headers)
  /** Status of the server's response, and of the one that is returned. Default: 200. */
  readonly status?: number
  /** Body of the server's response. Default: the number of the step. */
  readonly body?: string
  /** Error of the request, instead of a response. */
  readonly fails?: () => HeraldError
  /**
   * - `sent`: the request is sent, and its response returned
   * - `cached`: the stored response is returned, and nothing is sent
   * - `revalidated`: a conditional request is sent, and the stored response returned
   * - `stale`: the request fails, and the stored response is returned
   * - `background`: the stored response is returned, and a request is sent in the background
   * - `NotCached`: the call fails, and nothing is sent
   * - `failed`: the request is sent, and the call fails with its error
   */
  readonly expects: "sent" | "cached" | "revalidated" | "stale" | "background" | "NotCached" | "failed"
  /** Status and body of the response that is returned, if they are not those of the server's response. */
  readonly gives?: readonly [status: number, body: string]
  /** Tag of the response from the cache. Default: `Hit` for `cached`. */
  readonly tag?: "Hit" | "Stale"
  /** Step whose response is returned. Default: the last one whose response was sent. */
  readonly from?: number
  /** Expected headers of the request that is sent. */
  readonly sends?: Readonly<Record<string, string | undefined>>
  /** Expected headers of the response that is returned. */
  readonly receives?: Readonly<Record<string, string | undefined>>
}

interface Case {
  readonly name: string
  readonly steps: ReadonlyArray<Step>
  readonly lifetime?: (kind: ResponseCache.Kind) => Duration.DurationInput | undefined
}

const page = "https://api.test/page"

const formatDate = (millis: number): string => new Date(millis).toUTCString()

/** Formats the date that is so many seconds after the start of a case. */
const formatted: DateOf = (seconds) => formatDate(seconds * 1000)

/** A case of two equal calls: a response with these headers is, or is not, used again after so many seconds. */
const reuse = (
  subject: string,
  responds: Headers | ((date: DateOf) => Headers),
  expects: "cached" | "sent",
  after = 1
): Case => ({
  name: `${subject}: ${expects === "cached" ? "reused" : "not reused"}`,
  steps: [
    { expects: "sent", responds },
    { after, expects, responds: {} }
  ]
})

const fresh = { "cache-control": "max-age=100" }
const etag = { "cache-control": "max-age=10", etag: `"a"` }

const write = (method: HttpMethod, more: Partial<Step> = {}): Step => ({ write: method, expects: "sent", ...more })

const freshness: ReadonlyArray<Case> = [
  reuse("max-age, before its end", fresh, "cached", 99),
  reuse("max-age, at its end", fresh, "sent", 100),
  reuse("max-age=0", { "cache-control": "max-age=0" }, "sent", 0),
  reuse("neither freshness nor a validator", {}, "sent", 0),
  reuse("a directive in mixed case, MaX-aGe", { "cache-control": "MaX-aGe=100" }, "cached"),
  reuse("a directive in mixed case, nO-StOrE", { "cache-control": "nO-StOrE, max-age=100" }, "sent"),
  reuse("max-age with a quoted value", { "cache-control": `max-age="100"` }, "cached"),
  reuse("max-age with a value in single quotes", { "cache-control": "max-age='100'" }, "sent"),
  reuse("max-age with leading zeros", { "cache-control": "max-age=00100" }, "cached"),
  reuse("max-age beyond 32 bits", { "cache-control": "max-age=99999999999" }, "cached", 86_400),
  reuse("a negative max-age", { "cache-control": "max-age=-100" }, "sent"),
  reuse("a decimal max-age", { "cache-control": "max-age=100.5" }, "sent"),
  reuse("max-age that is no number", { "cache-control": "max-age=abc" }, "sent"),
  reuse("max-age with characters after the number", { "cache-control": "max-age=100abc" }, "sent"),
  reuse("max-age without a value", { "cache-control": "max-age" }, "sent"),
  reuse("max-age with a space before the =", { "cache-control": "max-age =100" }, "sent"),
  reuse("max-age with a space after the =", { "cache-control": "max-age= 100" }, "sent"),
  reuse("max-age in a quoted string", { "cache-control": `ext="max-age=100"` }, "sent"),
  reuse("max-age after a quoted string with a comma", { "cache-control": `ext="a, max-age=0", max-age=100` }, "cached"),
  reuse(
    "max-age in a quoted string with an escaped quote",
    { "cache-control": `ext="a\\", max-age=100", max-age=0` },
    "sent"
  ),
  reuse("no-store in a quoted string", { "cache-control": `ext="a, no-store", max-age=100` }, "cached"),
  reuse("two max-age, the first shorter", { "cache-control": "max-age=10, max-age=100" }, "sent", 20),
  reuse("two max-age, the second shorter", { "cache-control": "max-age=100, max-age=10" }, "sent", 20),
  reuse("two max-age, one of them invalid", { "cache-control": "max-age=100, max-age=x" }, "sent"),
  reuse("max-age among empty elements", { "cache-control": ", ,max-age=100,," }, "cached"),
  reuse("max-age after unknown directives", { "cache-control": "foo, bar=1, max-age=100" }, "cached"),
  reuse("s-maxage, which private caches ignore", { "cache-control": "s-maxage=100" }, "sent"),
  reuse("s-maxage after a shorter max-age", { "cache-control": "max-age=10, s-maxage=100" }, "sent", 20),
  reuse("private", { "cache-control": "private, max-age=100" }, "cached"),
  reuse("private with field names", { "cache-control": `private="set-cookie, x", max-age=100` }, "cached"),
  reuse("no-store", { "cache-control": "no-store, max-age=100", expires: "Fri, 01 Jan 2038 00:00:00 GMT" }, "sent"),
  reuse("no-store with must-understand", { "cache-control": "no-store, must-understand, max-age=9" }, "cached"),
  reuse("no-cache without a validator", { "cache-control": "no-cache, max-age=100" }, "sent"),
  reuse(
    "a directive in mixed case, No-CaChE, without a validator",
    { "cache-control": "No-CaChE, max-age=100" },
    "sent"
  ),
  reuse("no-cache with field names", { "cache-control": `max-age=100, no-cache="set-cookie"` }, "sent"),
  reuse("must-revalidate, while fresh", { "cache-control": "max-age=100, must-revalidate" }, "cached"),
  reuse("must-revalidate, when expired", { "cache-control": "max-age=100, must-revalidate" }, "sent", 100),
  reuse("immutable without a lifetime", { "cache-control": "immutable" }, "sent"),
  reuse("immutable, with max-age", { "cache-control": "immutable, max-age=100" }, "cached"),
  reuse(
    "Pragma: no-cache without a Cache-Control",
    { pragma: "No-Cache", expires: "Fri, 01 Jan 2038 00:00:00 GMT" },
    "sent"
  ),
  reuse("Pragma: no-cache with a Cache-Control", { pragma: "no-cache", ...fresh }, "cached"),
  reuse("max-age less Age, before its end", { ...fresh, age: "60" }, "cached", 39),
  reuse("max-age less Age, at its end", { ...fresh, age: "60" }, "sent", 40),
  reuse("Age beyond max-age", { ...fresh, age: "200" }, "sent", 0),
  // The first member of a list counts, and an invalid value is ignored.
  ...[
    "-5",
    "-7200",
    "1.5",
    "7200.0",
    "abc",
    "7200 s",
    "0;foo=1",
    "7200;foo=bar",
    "+7200",
    "0x10",
    "1e9",
    "",
    "-5, 7200"
  ].map((age) => reuse(`an invalid Age, ${JSON.stringify(age)}`, { ...fresh, age }, "cached")),
  ...["0, 0", "0, 7200", " 60 , 7200", "60,60", ", 60", "60, abc"].map((age) =>
    reuse(`a list in Age, ${JSON.stringify(age)}, whose first member is fresh`, { ...fresh, age }, "cached", 39)
  ),
  ...["7200, 0", "7200,7200", " 100 ,0", "2147483648", "99999999999999999999"].map((age) =>
    reuse(`an Age beyond max-age, ${JSON.stringify(age)}`, { ...fresh, age }, "sent", 0)
  ),
  reuse("Expires, before that time", (date) => ({ date: date(0), expires: date(100) }), "cached", 99),
  reuse("Expires, at that time", (date) => ({ date: date(0), expires: date(100) }), "sent", 100),
  reuse("Expires without a Date", (date) => ({ expires: date(100) }), "cached", 99),
  reuse("Expires with an invalid Date", (date) => ({ date: "foo", expires: date(100) }), "cached", 99),
  reuse(
    "Expires relative to a Date in the future, at its end",
    (date) => ({ date: date(7200), expires: date(7300) }),
    "sent",
    100
  ),
  reuse("Expires of 0", { expires: "0" }, "sent", 0),
  reuse("Expires before Date", (date) => ({ date: date(1000), expires: date(500) }), "sent", 0),
  reuse("Expires in the format of ISO 8601", { expires: "2038-01-01T00:00:00Z" }, "sent"),
  reuse("Expires without a zone", { expires: "Fri, 01 Jan 2038 00:00:00" }, "sent"),
  reuse("Expires twice", { expires: "Fri, 01 Jan 2038 00:00:00 GMT, Fri, 01 Jan 2038 00:00:00 GMT" }, "sent"),
  reuse("Expires in the format of RFC 850", { expires: "Friday, 01-Jan-38 00:00:00 GMT" }, "sent", 0),
  reuse("Expires in the format of asctime", { expires: "Fri Jan  1 00:00:00 2038" }, "cached"),
  ...[
    "FRI, 01 JAN 2038 00:00:00 GMT",
    "fri, 01 jan 2038 00:00:00 gmt",
    "Fri, 01 jAn 2038 00:00:00 gMT",
    "FRI JAN  1 00:00:00 2038",
    "fri jan 1 00:00:00 2038",
    "  Fri,  01  Jan  2038   00:00:00  GMT ",
    "Fri,01 Jan 2038 00:00:00 GMT",
    "Fri,\t01 Jan 2038 00:00:00 GMT"
  ].map((expires) => reuse(`Expires in another case or spacing, ${JSON.stringify(expires)}`, { expires }, "cached")),
  ...[
    "Fri, 01 Jan 2038 00:00:00 UTC",
    "Fri, 01 Jan 2038 00:00:00 AEST",
    "Fri, 01 Jan 2038 00:00:00 +0000",
    "Fri, 1 Jan 2038 00:00:00 GMT",
    "Fri, 01 Jan 38 00:00:00 GMT",
    "Fri, 01 Jan 2038 0:00:00 GMT",
    "Fri, 01 Jan 2038 00.00.00 GMT",
    "Fri, 32 Jan 2038 00:00:00 GMT",
    "Fri, 01 Foo 2038 00:00:00 GMT",
    "2145916800",
    "-1",
    ""
  ].map((expires) => reuse(`Expires that is no HTTP date, ${JSON.stringify(expires)}`, { expires }, "sent", 0)),
  reuse(
    "Expires relative to a Date in another case",
    (date) => ({ date: date(7200).toUpperCase(), expires: date(7300).toLowerCase() }),
    "sent",
    100
  ),
  reuse("max-age with an Expires in the past", (date) => ({ ...fresh, expires: date(-100) }), "cached"),
  reuse("max-age with an invalid Expires", { ...fresh, expires: "foo" }, "cached"),
  reuse(
    "max-age=0 with an Expires in the future",
    (date) => ({ "cache-control": "max-age=0", expires: date(100) }),
    "sent"
  )
]

/** Headers of a response that is heuristically fresh for 100 seconds. */
const old = (date: DateOf): Headers => ({ date: date(0), "last-modified": date(-1000) })

const heuristics: ReadonlyArray<Case> = [
  {
    name: "a response is fresh for 10 % of the time since its last modification",
    steps: [
      { expects: "sent", responds: (date) => ({ date: date(0), "last-modified": date(-1000) }) },
      { after: 99, expects: "cached" },
      { after: 1, status: 304, expects: "revalidated" }
    ]
  },
  {
    name: "a Last-Modified in another case and spacing counts",
    steps: [
      {
        expects: "sent",
        responds: (date) => ({ date: date(0), "last-modified": date(-1000).toLowerCase().replaceAll(" ", "  ") })
      },
      { after: 99, expects: "cached" }
    ]
  },
  ...[200, 203, 204, 300, 301, 308].map((status): Case => ({
    name: `a ${status} is heuristically cacheable`,
    steps: [
      { status, body: "", expects: "sent", responds: old },
      { after: 99, status, expects: "cached" }
    ]
  })),
  ...[404, 405, 410, 414, 501].map((status): Case => ({
    name: `a ${status} is heuristically cacheable`,
    steps: [
      { status, expects: "sent", responds: old },
      { after: 99, status, expects: "cached" }
    ]
  })),
  ...[201, 202, 299].map((status): Case => ({
    name: `a ${status} is not heuristically cacheable`,
    steps: [
      { status, expects: "sent", responds: old },
      { after: 1, status, expects: "sent", responds: old }
    ]
  })),
  ...[302, 307, 400, 403, 422, 500, 502, 503, 504, 599].map((status): Case => ({
    name: `a ${status} is not heuristically cacheable`,
    steps: [
      { status, expects: "failed", responds: old },
      { after: 1, status, expects: "failed", responds: old }
    ]
  })),
  ...[403, 503, 599].map((status): Case => ({
    name: `a ${status} with Cache-Control: public is heuristically cacheable`,
    steps: [
      { status, expects: "sent", responds: (date) => ({ ...old(date), "cache-control": "public" }) },
      { after: 99, status, expects: "cached" }
    ]
  })),
  {
    name: "no heuristic applies to a response with Cache-Control: no-cache",
    steps: [
      {
        expects: "sent",
        responds: (date) => ({ date: date(0), "last-modified": date(-1000), "cache-control": "no-cache" })
      },
      { after: 1, status: 304, expects: "revalidated" }
    ]
  }
]

const statuses: ReadonlyArray<Case> = [
  ...[200, 203, 204].map((status): Case => ({
    name: `a ${status} is stored with its status`,
    steps: [
      { status, body: status === 204 ? "" : "x", expects: "sent", responds: fresh },
      { after: 1, status, expects: "cached" }
    ]
  })),
  ...[200, 201, 202, 203, 226, 299, 300, 301, 302, 303, 307, 308].map((status): Case => ({
    name: `a ${status} with explicit freshness is stored`,
    steps: [
      { status, expects: "sent", responds: fresh },
      { after: 99, status, expects: "cached" },
      { after: 1, status, expects: "sent", responds: fresh }
    ]
  })),
  ...[400, 402, 403, 404, 405, 409, 410, 412, 414, 418, 422, 451, 499, 500, 501, 502, 503, 504, 599].map(
    (status): Case => ({
      name: `a ${status} with explicit freshness is stored`,
      steps: [
        { status, expects: "sent", responds: fresh },
        { after: 99, status, expects: "cached" },
        { after: 1, status, expects: "sent", responds: fresh }
      ]
    })
  ),
  ...[400, 404, 410, 500, 503].map((status): Case => ({
    name: `a ${status} without freshness is not stored`,
    steps: [
      { status, expects: "failed" },
      { after: 1, status, expects: "failed" }
    ]
  })),
  ...[401, 407, 408, 425, 428, 429, 431, 511].map((status): Case => ({
    name: `a ${status} is never stored`,
    steps: [
      { status, expects: "failed", responds: fresh },
      { after: 1, expects: "sent", responds: fresh }
    ]
  })),
  {
    name: "a 206 to a request without a range is not stored",
    steps: [
      { status: 206, expects: "sent", responds: { ...fresh, "content-range": "bytes 0-0/9" } },
      { after: 1, expects: "sent", responds: fresh }
    ]
  },
  ...[404, 299, 599].map((status): Case => ({
    name: `a ${status} with no-store is not stored`,
    steps: [
      { status, expects: status < 400 ? "sent" : "failed", responds: { "cache-control": "no-store, max-age=100" } },
      { after: 1, expects: "sent", responds: fresh }
    ]
  })),
  {
    name: "a 404 with no-store and must-understand is stored",
    steps: [
      { status: 404, expects: "sent", responds: { "cache-control": "no-store, must-understand, max-age=100" } },
      { after: 1, status: 404, expects: "cached" }
    ]
  },
  ...["must-understand, max-age=100", "no-store, must-understand, max-age=100", "MUST-Understand, max-age=100"].map(
    (control): Case => ({
      name: `a 299 with ${control} is not stored, since its status is not understood`,
      steps: [
        { status: 299, expects: "sent", responds: { "cache-control": control } },
        { after: 1, expects: "sent", responds: fresh }
      ]
    })
  ),
  ...[500, 502, 503, 504].map((status): Case => ({
    name: `a ${status} does not replace the stored response`,
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10, stale-if-error=100" } },
      { after: 11, status, expects: "failed", mode: "refresh", responds: fresh },
      { after: 1, fails: transportError, expects: "stale" }
    ]
  })),
  {
    name: "a 404 with explicit freshness replaces the stored response",
    steps: [
      { expects: "sent", responds: etag },
      { after: 10, status: 404, expects: "sent", responds: fresh },
      { after: 99, status: 404, expects: "cached" },
      { after: 1, expects: "sent", responds: fresh, sends: { "if-none-match": undefined } },
      { after: 1, expects: "cached" }
    ]
  },
  {
    name: "a stored error is revalidated",
    steps: [
      { status: 404, expects: "sent", responds: etag },
      { after: 10, status: 304, expects: "revalidated", sends: { "if-none-match": `"a"` } },
      { after: 9, status: 404, expects: "cached", from: 0 }
    ]
  },
  {
    name: "a write removes a stored error",
    steps: [{ status: 404, expects: "sent", responds: fresh }, write("PUT"), { expects: "sent", responds: fresh }]
  },
  {
    name: "a 404 removes the stored response",
    steps: [
      { expects: "sent", responds: fresh },
      { mode: "refresh", fails: () => statusError(404), expects: "failed" },
      { mode: "only-if-cached", expects: "NotCached" }
    ]
  },
  {
    name: "a response that may not be stored removes the one that it replaces",
    steps: [
      { expects: "sent", responds: fresh },
      { mode: "refresh", expects: "sent", responds: { "cache-control": "no-store" } },
      { mode: "only-if-cached", expects: "NotCached" }
    ]
  }
]

const withHeaders = (headers: Headers): CallOptions => ({ headers })

const requestDirectives: ReadonlyArray<Case> = [
  {
    name: "no-store: the cache is neither read nor written",
    steps: [
      { expects: "sent", responds: fresh },
      { headers: { "cache-control": "no-store" }, expects: "sent", responds: fresh },
      { expects: "cached", from: 0 }
    ]
  },
  {
    name: "no-cache: the stored response is revalidated",
    steps: [
      { expects: "sent", responds: { ...fresh, etag: `"a"` } },
      {
        headers: { "cache-control": "No-Cache" },
        status: 304,
        expects: "revalidated",
        sends: { "if-none-match": `"a"` }
      }
    ]
  },
  {
    name: "no-cache, without a validator: the request is sent, and its response stored",
    steps: [
      { expects: "sent", responds: fresh },
      { headers: { "cache-control": "no-cache" }, expects: "sent", responds: fresh },
      { expects: "cached" }
    ]
  },
  {
    name: "Pragma: no-cache counts only without Cache-Control",
    steps: [
      { expects: "sent", responds: fresh },
      { headers: { pragma: "no-cache" }, expects: "sent", responds: fresh },
      { headers: { pragma: "no-cache", "cache-control": "max-age=50" }, expects: "cached" }
    ]
  },
  {
    name: "max-age limits the age",
    steps: [
      { expects: "sent", responds: { ...fresh, age: "10" } },
      { after: 10, ...withHeaders({ "cache-control": "max-age=20" }), expects: "cached" },
      { after: 1, ...withHeaders({ "cache-control": "max-age=20" }), expects: "sent", responds: fresh }
    ]
  },
  {
    name: "max-age=0 is never satisfied, even by a response of the same millisecond",
    steps: [
      { expects: "sent", responds: fresh },
      { ...withHeaders({ "cache-control": "max-age=0" }), expects: "sent", responds: fresh }
    ]
  },
  {
    name: "min-fresh demands a remaining lifetime",
    steps: [
      { expects: "sent", responds: fresh },
      { after: 50, ...withHeaders({ "cache-control": "min-fresh=50" }), expects: "cached" },
      { after: 1, ...withHeaders({ "cache-control": "min-fresh=50" }), expects: "sent", responds: fresh }
    ]
  },
  {
    name: "max-stale limits the time since expiry, compared as a number",
    steps: [
      { expects: "sent", responds: fresh },
      { after: 109, ...withHeaders({ "cache-control": "max-stale=9" }), expects: "cached", tag: "Stale" },
      { after: 11, ...withHeaders({ "cache-control": "max-stale=100" }), expects: "cached", tag: "Stale" },
      { ...withHeaders({ "cache-control": "max-stale=9" }), expects: "sent", responds: fresh }
    ]
  },
  {
    name: "max-stale without a number accepts any stale response",
    steps: [
      { expects: "sent", responds: fresh },
      { after: 5000, ...withHeaders({ "cache-control": "max-stale" }), expects: "cached", tag: "Stale" }
    ]
  },
  ...["must-revalidate", "no-cache"].map((strict): Case => ({
    name: `max-stale does not override ${strict} of the response`,
    steps: [
      { expects: "sent", responds: { "cache-control": `max-age=10, ${strict}`, etag: `"a"` } },
      { after: 11, ...withHeaders({ "cache-control": "max-stale" }), status: 304, expects: "revalidated" }
    ]
  })),
  {
    name: "only-if-cached never sends a request",
    steps: [
      { ...withHeaders({ "cache-control": "only-if-cached" }), expects: "NotCached" },
      { expects: "sent", responds: fresh },
      { ...withHeaders({ "cache-control": "only-if-cached" }), expects: "cached" },
      { after: 100, ...withHeaders({ "cache-control": "only-if-cached" }), expects: "NotCached" },
      { ...withHeaders({ "cache-control": "only-if-cached, max-stale=50" }), expects: "cached", tag: "Stale" }
    ]
  },
  ...["if-match", "if-unmodified-since", "if-range"].map((name): Case => ({
    name: `a request with ${name} of the caller's own bypasses the cache`,
    steps: [
      { expects: "sent", responds: fresh },
      { ...withHeaders({ [name]: "x" }), expects: "sent", responds: fresh },
      { expects: "cached", from: 0 }
    ]
  }))
]

/** The response to a condition of the caller's own: a 304, or the whole stored response. */
const condition = (responds: Step["responds"] & object, headers: Headers, status: 200 | 304): Case => ({
  name: `${JSON.stringify(headers)} about ${JSON.stringify(typeof responds === "function" ? responds(formatted) : responds)}: ${status}`,
  steps: [
    { expects: "sent", responds: { ...fresh, ...(typeof responds === "function" ? responds(formatted) : responds) } },
    { after: 1, headers, expects: "cached", ...(status === 304 && { gives: [304, ""] as const }) }
  ]
})

const since = (seconds: number) => ({ "if-modified-since": formatted(seconds) })
const tagged = { etag: `"a"` }
const modified = (date: DateOf) => ({ "last-modified": date(-50) })

const conditions: ReadonlyArray<Case> = [
  ...[`"a"`, `W/"a"`, `"b", "a"`, `"a","b"`, `"b", W/"a" , "c"`, "*", ` "a" `].map((tags) =>
    condition(tagged, { "if-none-match": tags }, 304)
  ),
  ...[`"b"`, `"A"`, `W/"b"`, `"b", "c"`, `"a,b"`, `""`, "", "x"].map((tags) =>
    condition(tagged, { "if-none-match": tags }, 200)
  ),
  condition({ etag: `W/"a"` }, { "if-none-match": `"a"` }, 304),
  condition({ etag: "a" }, { "if-none-match": "a" }, 304),
  condition({}, { "if-none-match": `"a"` }, 200),
  condition({}, { "if-none-match": "*" }, 304),
  ...[-50, -49, 0, 1000].map((seconds) => condition(modified, since(seconds), 304)),
  ...[-51, -5000].map((seconds) => condition(modified, since(seconds), 200)),
  ...[(text: string) => text.toUpperCase(), (text: string) => text.replaceAll(" ", "  ")].map((spell) =>
    condition(modified, { "if-modified-since": spell(formatted(-50)) }, 304)
  ),
  condition(modified, { "if-modified-since": "yesterday" }, 200),
  condition((date) => ({ date: date(-70) }), since(-70), 304),
  condition((date) => ({ date: date(-70) }), since(-71), 200),
  condition({}, since(0), 304),
  condition({}, since(-1), 200),
  // `If-None-Match` has precedence.
  condition({ ...tagged, "last-modified": formatted(-50) }, { "if-none-match": `"b"`, ...since(0) }, 200),
  condition({ ...tagged, "last-modified": formatted(-50) }, { "if-none-match": `"a"`, ...since(-60) }, 304),
  {
    name: "a 304 from the cache has the stored headers, without those of the content",
    steps: [
      {
        expects: "sent",
        responds: { ...fresh, ...tagged, "content-type": "text/a", "content-location": "/a", "x-a": "1" }
      },
      {
        after: 1,
        ...withHeaders({ "if-none-match": `"a"` }),
        expects: "cached",
        gives: [304, ""],
        receives: { etag: `"a"`, "content-location": "/a", "x-a": "1", "content-type": undefined, age: "1" }
      }
    ]
  },
  {
    name: "once the stored response has expired, the condition is sent as it is, and a 304 to it updates the stored response",
    steps: [
      { expects: "sent", responds: etag },
      {
        after: 10,
        ...withHeaders({ "if-none-match": `"a"` }),
        status: 304,
        body: "",
        responds: { ...etag, "x-b": "2" },
        expects: "sent",
        sends: { "if-none-match": `"a"` }
      },
      { after: 9, expects: "cached", from: 0, receives: { "x-b": "2" } }
    ]
  },
  {
    name: "a 304 about another response than the stored one does not update it",
    steps: [
      { expects: "sent", responds: etag },
      {
        after: 10,
        ...withHeaders({ "if-none-match": `"b"` }),
        status: 304,
        body: "",
        responds: { etag: `"b"`, "cache-control": "max-age=100" },
        expects: "sent"
      },
      { status: 304, expects: "revalidated", from: 0, sends: { "if-none-match": `"a"` } }
    ]
  },
  {
    name: "a 200 to a condition of the caller's own is stored",
    steps: [
      { ...withHeaders({ "if-none-match": `"b"` }), expects: "sent", responds: { ...fresh, ...tagged } },
      { after: 1, expects: "cached" },
      { ...withHeaders({ "if-none-match": `"a"` }), expects: "cached", gives: [304, ""] }
    ]
  },
  {
    name: "a condition does not apply to a stored error",
    steps: [
      { status: 404, expects: "sent", responds: { ...fresh, ...tagged } },
      { ...withHeaders({ "if-none-match": `"a"` }), status: 404, expects: "cached" }
    ]
  },
  {
    name: "only-if-cached sends no condition",
    steps: [
      { mode: "only-if-cached", ...withHeaders({ "if-none-match": `"a"` }), expects: "NotCached" },
      { expects: "sent", responds: { ...fresh, ...tagged } },
      { mode: "only-if-cached", ...withHeaders({ "if-none-match": `"a"` }), expects: "cached", gives: [304, ""] }
    ]
  }
]

const digits = "0123456789"

const ranges: ReadonlyArray<Case> = [
  ...(
    [
      ["bytes=0-1", "01", "0-1"],
      ["bytes=3-3", "3", "3-3"],
      ["bytes=4-", "456789", "4-9"],
      ["bytes=8-99", "89", "8-9"],
      ["bytes=0-", digits, "0-9"],
      ["bytes=-1", "9", "9-9"],
      ["bytes=-4", "6789", "6-9"],
      ["bytes=-99", digits, "0-9"],
      ["BYTES=2-3", "23", "2-3"]
    ] as const
  ).map(([range, body, selected]): Case => ({
    name: `${range} is served from a whole stored response`,
    steps: [
      { expects: "sent", responds: { ...fresh, etag: `"a"` }, body: digits },
      {
        after: 1,
        ...withHeaders({ range }),
        expects: "cached",
        gives: [206, body],
        receives: {
          "content-range": `bytes ${selected}/10`,
          "content-length": `${body.length}`,
          etag: `"a"`,
          age: "1"
        }
      }
    ]
  })),
  ...["bytes=3-2", "bytes=0-1,3-4", "bytes=", "bytes=-", "bytes=a-b", "pages=1-2"].map((range): Case => ({
    name: `${range} is for the server to respond to`,
    steps: [
      { expects: "sent", responds: fresh, body: digits },
      { ...withHeaders({ range }), expects: "sent", responds: fresh, sends: { range } },
      { expects: "cached", from: 0 }
    ]
  })),
  ...["bytes=10-", "bytes=99-100", "bytes=-0"].map((range): Case => ({
    name: `${range} of ten bytes is for the server to respond to`,
    steps: [
      { expects: "sent", responds: fresh, body: digits },
      { ...withHeaders({ range }), expects: "failed", status: 416, sends: { range } },
      { expects: "cached", from: 0 }
    ]
  })),
  {
    name: "a range of a response with a content coding is for the server to select",
    steps: [
      { expects: "sent", responds: { ...fresh, "content-encoding": "gzip" }, body: digits },
      {
        ...withHeaders({ range: "bytes=0-1" }),
        status: 206,
        expects: "sent",
        responds: { ...fresh, "content-range": "bytes 0-1/5" }
      }
    ]
  },
  {
    name: "a range of an expired response is requested, and stored for requests of this range only",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10" }, body: digits },
      {
        after: 10,
        ...withHeaders({ range: "bytes=0-1" }),
        status: 206,
        expects: "sent",
        responds: { ...fresh, "content-range": "bytes 0-1/10" }
      },
      { after: 1, ...withHeaders({ range: "bytes=0-1" }), status: 206, expects: "cached" },
      {
        ...withHeaders({ range: "bytes=0-2" }),
        status: 206,
        expects: "sent",
        responds: { "content-range": "bytes 0-2/10" }
      },
      { expects: "sent", responds: fresh }
    ]
  },
  ...[undefined, "bytes */10", "pages 1-2/3", ""].map((contentRange): Case => ({
    name: `a 206 with the Content-Range ${contentRange} is not stored`,
    steps: [
      {
        ...withHeaders({ range: "bytes=0-1" }),
        status: 206,
        expects: "sent",
        responds: { ...fresh, ...(contentRange !== undefined && { "content-range": contentRange }) }
      },
      { ...withHeaders({ range: "bytes=0-1" }), status: 206, expects: "sent" }
    ]
  })),
  {
    name: "a 200 to the request of a range is stored as the whole response",
    steps: [
      { ...withHeaders({ range: "bytes=0-1" }), expects: "sent", responds: fresh, body: digits },
      { after: 1, expects: "cached" },
      { ...withHeaders({ range: "bytes=2-3" }), expects: "cached", gives: [206, "23"] }
    ]
  },
  {
    name: "a stored error responds to the request of a range",
    steps: [
      { status: 404, expects: "sent", responds: fresh },
      { ...withHeaders({ range: "bytes=0-1" }), status: 404, expects: "cached" }
    ]
  },
  {
    name: "a range of a variant",
    steps: [
      {
        headers: { "accept-language": "en" },
        expects: "sent",
        responds: { ...fresh, vary: "accept-language" },
        body: digits
      },
      {
        headers: { "accept-language": "en", range: "bytes=0-1" },
        expects: "cached",
        gives: [206, "01"]
      },
      {
        headers: { "accept-language": "fr", range: "bytes=0-1" },
        status: 206,
        expects: "sent",
        responds: { "content-range": "bytes 0-1/10" }
      }
    ]
  },
  {
    name: "a write invalidates ranges",
    steps: [
      {
        ...withHeaders({ range: "bytes=0-1" }),
        status: 206,
        expects: "sent",
        responds: { ...fresh, "content-range": "bytes 0-1/10" }
      },
      write("PUT"),
      { ...withHeaders({ range: "bytes=0-1" }), status: 206, expects: "sent" }
    ]
  },
  {
    name: "partitions have ranges of their own, whatever their text",
    steps: [
      {
        ...withHeaders({ range: "bytes=0-1" }),
        partition: "a",
        status: 206,
        expects: "sent",
        responds: { ...fresh, "content-range": "bytes 0-1/10" }
      },
      { ...withHeaders({ range: "bytes=0-1" }), partition: "b", status: 206, expects: "sent" },
      { partition: "a", expects: "sent" },
      { partition: "[0-1] a", expects: "sent" }
    ]
  }
]

const head = (more: Partial<Step>): Step => ({ method: "HEAD", body: "", expects: "sent", ...more })

/** A HEAD that the server responds to with these headers, between two GETs of a stale response. */
const headUpdate = (subject: string, stored: Headers, received: Headers, after: "updated" | "removed"): Case => ({
  name: `a 200 to a HEAD ${subject}: the stored response to the GET is ${after}`,
  steps: [
    { expects: "sent", responds: { "cache-control": "max-age=10", "x-a": "1", ...stored }, body: "12345" },
    head({ after: 10, responds: { ...fresh, "x-b": "2", ...received } }),
    after === "updated"
      ? { after: 99, expects: "cached", from: 0, receives: { "x-a": "1", "x-b": "2", age: "99" } }
      : { expects: "sent", sends: { "if-none-match": undefined, "if-modified-since": undefined }, responds: fresh }
  ]
})

const heads: ReadonlyArray<Case> = [
  {
    name: "a fresh response to a GET answers a HEAD, without its body",
    steps: [
      { expects: "sent", responds: { ...fresh, "content-length": "1" } },
      { after: 1, method: "HEAD", expects: "cached", gives: [200, ""], receives: { "content-length": "1", age: "1" } }
    ]
  },
  {
    name: "a stored error of a GET answers a HEAD",
    steps: [
      { status: 404, expects: "sent", responds: fresh },
      { method: "HEAD", expects: "cached", gives: [404, ""] }
    ]
  },
  {
    name: "the response to a HEAD does not answer a GET",
    steps: [
      head({ responds: fresh }),
      { after: 1, method: "HEAD", expects: "cached", gives: [200, ""] },
      { expects: "sent" }
    ]
  },
  {
    name: "a condition of a HEAD is answered from the response to a GET",
    steps: [
      { expects: "sent", responds: { ...fresh, etag: `"a"` } },
      { method: "HEAD", ...withHeaders({ "if-none-match": `"a"` }), expects: "cached", gives: [304, ""] }
    ]
  },
  {
    name: "a HEAD of another variant is sent",
    steps: [
      { headers: { "accept-language": "en" }, expects: "sent", responds: { ...fresh, vary: "accept-language" } },
      { method: "HEAD", headers: { "accept-language": "en" }, expects: "cached", gives: [200, ""] },
      head({ headers: { "accept-language": "fr" } })
    ]
  },
  headUpdate("without validators", {}, {}, "updated"),
  headUpdate("with the stored ETag", { etag: `"a"` }, { etag: `"a"` }, "updated"),
  headUpdate("with another ETag", { etag: `"a"` }, { etag: `"b"` }, "removed"),
  headUpdate("with an ETag that is new", {}, { etag: `"b"` }, "removed"),
  headUpdate("without the stored ETag", { etag: `"a"` }, {}, "updated"),
  headUpdate("with the stored Last-Modified", modified(formatted), modified(formatted), "updated"),
  headUpdate("with another Last-Modified", modified(formatted), { "last-modified": formatted(-49) }, "removed"),
  headUpdate("with the stored length", { "content-length": "5" }, { "content-length": "5" }, "updated"),
  headUpdate("with another length", { "content-length": "5" }, { "content-length": "6" }, "removed"),
  headUpdate("with the length of the body, which the server did not state", {}, { "content-length": "5" }, "updated"),
  headUpdate("with another length than the body's", {}, { "content-length": "6" }, "removed"),
  {
    name: "a 404 to a HEAD removes the stored response to the GET",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10", etag: `"a"` } },
      head({ after: 10, status: 404, expects: "failed" }),
      { expects: "sent", sends: { "if-none-match": undefined } }
    ]
  },
  {
    name: "a HEAD that fails leaves the stored response to the GET as it is",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10", etag: `"a"` } },
      head({ after: 10, status: 503, expects: "failed" }),
      { expects: "revalidated", status: 304, from: 0 }
    ]
  }
]

const modes: ReadonlyArray<Case> = [
  {
    name: "bypass neither reads nor writes the cache",
    steps: [
      { expects: "sent", responds: fresh },
      { mode: "bypass", expects: "sent", responds: fresh },
      { expects: "cached", from: 0 }
    ]
  },
  {
    name: "refresh sends no-cache without a condition, and stores the response",
    steps: [
      { expects: "sent", responds: { ...fresh, etag: `"a"` } },
      {
        mode: "refresh",
        expects: "sent",
        responds: fresh,
        sends: { "cache-control": "no-cache", "if-none-match": undefined }
      },
      { expects: "cached", from: 1 }
    ]
  },
  {
    name: "refresh fails with the error of its request, even if stale-if-error allows the stored response",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=100, stale-if-error=100" } },
      { mode: "refresh", fails: transportError, expects: "failed" },
      { expects: "cached", from: 0 }
    ]
  },
  {
    name: "only-if-cached never sends a request",
    steps: [
      { mode: "only-if-cached", expects: "NotCached" },
      { expects: "sent", responds: { "cache-control": "max-age=10, stale-while-revalidate=10", etag: `"a"` } },
      { after: 9, mode: "only-if-cached", expects: "cached" },
      { after: 5, mode: "only-if-cached", expects: "cached", tag: "Stale" },
      { after: 6, mode: "only-if-cached", expects: "NotCached" }
    ]
  }
]

const revalidation: ReadonlyArray<Case> = [
  {
    name: "by ETag: the response is fresh again",
    steps: [
      { expects: "sent", responds: etag },
      { after: 9, expects: "cached" },
      { after: 1, status: 304, responds: etag, expects: "revalidated", sends: { "if-none-match": `"a"` } },
      { after: 9, expects: "cached" },
      { after: 1, status: 304, responds: { "cache-control": "max-age=50" }, expects: "revalidated" },
      { after: 49, expects: "cached" }
    ]
  },
  {
    name: "by a weak ETag",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10", etag: `W/"a"` } },
      {
        after: 10,
        status: 304,
        responds: { etag: `W/"a"` },
        expects: "revalidated",
        sends: { "if-none-match": `W/"a"` }
      }
    ]
  },
  {
    name: "by Last-Modified",
    steps: [
      { expects: "sent", responds: (date) => ({ "cache-control": "max-age=10", "last-modified": date(-50) }) },
      {
        after: 10,
        status: 304,
        expects: "revalidated",
        sends: { "if-modified-since": new Date(-50_000).toUTCString(), "if-none-match": undefined }
      },
      { after: 9, expects: "cached" }
    ]
  },
  {
    name: "a 200 replaces the stored response",
    steps: [
      { expects: "sent", responds: etag },
      { after: 10, responds: { ...etag, etag: `"b"` }, expects: "sent" },
      { after: 9, expects: "cached", from: 1 },
      { after: 1, status: 304, expects: "revalidated", from: 1, sends: { "if-none-match": `"b"` } }
    ]
  },
  {
    name: "a response with no-cache is stored, and revalidated before every use",
    steps: [
      { expects: "sent", responds: { "cache-control": "no-cache", etag: `"a"` } },
      { status: 304, expects: "revalidated" },
      { status: 304, expects: "revalidated" }
    ]
  },
  {
    name: "a response with a validator alone is stored",
    steps: [
      { expects: "sent", responds: { etag: `"a"` } },
      { status: 304, expects: "revalidated", sends: { "if-none-match": `"a"` } }
    ]
  },
  {
    name: "a 304 without validators confirms the stored response",
    steps: [
      { expects: "sent", responds: (date) => ({ ...etag, "last-modified": date(-50) }) },
      { after: 10, status: 304, responds: {}, expects: "revalidated" }
    ]
  },
  {
    name: "a 304 whose ETag is strong confirms a response whose ETag is weak",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10", etag: `W/"a"` } },
      { after: 10, status: 304, responds: { etag: `"a"` }, expects: "revalidated" }
    ]
  },
  {
    name: "headers of a 304 are added to the stored ones, or replace them, unless they describe the body",
    steps: [
      {
        expects: "sent",
        responds: { ...etag, "x-a": "1", "x-b": "1", "content-type": "text/a", "content-length": "5", age: "3" }
      },
      {
        after: 10,
        status: 304,
        responds: { "x-b": "2", "x-c": "2", "content-length": "0", "content-encoding": "gzip", "content-md5": "x" },
        expects: "revalidated",
        receives: {
          "x-a": "1",
          "x-b": "2",
          "x-c": "2",
          "content-type": "text/a",
          "content-length": "5",
          "content-encoding": undefined,
          "content-md5": undefined,
          age: "0",
          etag: `"a"`
        }
      },
      { after: 9, expects: "cached", receives: { "x-b": "2", "x-c": "2", age: "9" } }
    ]
  },
  {
    name: "a 304 with no-store removes the stored response",
    steps: [
      { expects: "sent", responds: etag },
      { after: 10, status: 304, responds: { "cache-control": "no-store" }, expects: "revalidated" },
      { expects: "sent", sends: { "if-none-match": undefined } }
    ]
  },
  {
    name: "the Age of a 304 counts",
    steps: [
      { expects: "sent", responds: etag },
      { after: 10, status: 304, responds: { age: "6" }, expects: "revalidated", receives: { age: "6" } },
      { after: 3, expects: "cached", receives: { age: "9" } },
      { after: 1, status: 304, expects: "revalidated" }
    ]
  }
]

const stale: ReadonlyArray<Case> = [
  {
    name: "stale-while-revalidate: the stale response is returned, and revalidated in the background",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10, stale-while-revalidate=20", etag: `"a"` } },
      {
        after: 11,
        expects: "background",
        status: 304,
        responds: { "cache-control": "max-age=10, stale-while-revalidate=20" },
        sends: { "if-none-match": `"a"` }
      },
      { after: 9, expects: "cached", from: 0 }
    ]
  },
  {
    name: "stale-while-revalidate: the next call gets the new response",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10, stale-while-revalidate=20" } },
      { after: 11, expects: "background", from: 0, responds: fresh },
      { after: 1, expects: "cached", from: 1 }
    ]
  },
  {
    name: "stale-while-revalidate: a failed revalidation fails no call",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10, stale-while-revalidate=20" } },
      { after: 11, expects: "background", from: 0, fails: transportError },
      { after: 1, expects: "background", from: 0, responds: fresh },
      { after: 1, expects: "cached", from: 2 }
    ]
  },
  {
    name: "stale-while-revalidate: after its time the request is sent",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10, stale-while-revalidate=20" } },
      { after: 30, expects: "sent", responds: fresh }
    ]
  },
  ...["must-revalidate", "no-cache"].flatMap((strict): Array<Case> => [
    {
      name: `${strict} overrides stale-while-revalidate`,
      steps: [
        {
          expects: "sent",
          responds: { "cache-control": `max-age=10, ${strict}, stale-while-revalidate=20`, etag: `"a"` }
        },
        { after: 11, status: 304, expects: "revalidated" }
      ]
    },
    {
      name: `${strict} overrides stale-if-error`,
      steps: [
        { expects: "sent", responds: { "cache-control": `max-age=10, ${strict}, stale-if-error=20`, etag: `"a"` } },
        { after: 11, fails: transportError, expects: "failed" }
      ]
    }
  ]),
  ...(
    [
      ["a transport error", transportError],
      ["a 500", () => statusError(500)],
      ["a 502", () => statusError(502)],
      ["a 503", () => statusError(503)],
      ["a 504", () => statusError(504)]
    ] as const
  ).map(([name, fails]): Case => ({
    name: `stale-if-error allows the stale response instead of ${name}`,
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10, stale-if-error=20" } },
      { after: 29, fails, expects: "stale", receives: { age: "29" } },
      { after: 1, fails, expects: "failed" }
    ]
  })),
  ...[501, 404, 403].map((status): Case => ({
    name: `stale-if-error does not apply to a ${status}`,
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10, stale-if-error=20" } },
      { after: 11, fails: () => statusError(status), expects: "failed" }
    ]
  })),
  {
    name: "without stale-if-error the call fails",
    steps: [
      { expects: "sent", responds: etag },
      { after: 11, fails: transportError, expects: "failed" }
    ]
  },
  {
    name: "must-revalidate overrides stale-if-error of the request",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=100, must-revalidate" } },
      { after: 105, fails: transportError, expects: "failed", headers: { "cache-control": "stale-if-error=10" } }
    ]
  },
  {
    name: "stale-if-error of the request counts, too",
    steps: [
      { expects: "sent", responds: fresh },
      { after: 105, fails: transportError, expects: "stale", headers: { "cache-control": "stale-if-error=10" } }
    ]
  }
]

const english = withHeaders({ "accept-language": "en" })
const french = withHeaders({ "accept-language": "fr" })
const varies = { ...fresh, vary: "Accept-Language" }

const vary: ReadonlyArray<Case> = [
  {
    name: "variants are stored one by one",
    steps: [
      { ...english, expects: "sent", responds: varies },
      { ...english, expects: "cached" },
      { ...french, expects: "sent", responds: varies },
      { ...english, expects: "cached", from: 0 },
      { ...french, expects: "cached", from: 2 }
    ]
  },
  {
    name: "an absent header selects another variant than an empty one",
    steps: [
      { expects: "sent", responds: varies },
      { expects: "cached" },
      { ...withHeaders({ "accept-language": "" }), expects: "sent", responds: varies },
      { ...english, expects: "sent", responds: varies },
      { expects: "cached", from: 0 }
    ]
  },
  {
    name: "headers that Vary does not name select no variant",
    steps: [
      { headers: { "accept-language": "en", "x-a": "1" }, expects: "sent", responds: varies },
      { headers: { "accept-language": "en", "x-a": "2" }, expects: "cached" }
    ]
  },
  {
    name: "names of headers may be in any order and case",
    steps: [
      { headers: { a: "1", b: "2" }, expects: "sent", responds: { ...fresh, vary: "A, b" } },
      { headers: { a: "1", b: "2" }, expects: "cached" },
      { headers: { a: "2", b: "1" }, expects: "sent", responds: { ...fresh, vary: "B, a" } },
      { headers: { a: "1", b: "2" }, expects: "cached", from: 0 },
      { headers: { a: "1" }, expects: "sent", responds: { ...fresh, vary: "a,b" } }
    ]
  },
  {
    name: "a later response may name other headers",
    steps: [
      { headers: { a: "1", b: "1" }, expects: "sent", responds: { ...fresh, vary: "a" } },
      { headers: { a: "2", b: "1" }, expects: "sent", responds: { ...fresh, vary: "b" } },
      { headers: { a: "2", b: "1" }, expects: "cached", from: 1 },
      { headers: { a: "2", b: "2" }, expects: "sent", responds: { ...fresh, vary: "b" } }
    ]
  },
  {
    name: "variants are revalidated by their own validators",
    steps: [
      { ...english, expects: "sent", responds: { ...varies, etag: `"en"` } },
      { ...french, expects: "sent", responds: { ...varies, etag: `"fr"` } },
      { ...english, after: 100, status: 304, expects: "revalidated", from: 0, sends: { "if-none-match": `"en"` } },
      { ...french, status: 304, expects: "revalidated", from: 1, sends: { "if-none-match": `"fr"` } },
      { ...english, after: 1, expects: "cached", from: 0 }
    ]
  },
  ...["*", "*, *", ", *", "*, Foo", "Foo, *", " * "].map((star): Case =>
    reuse(`Vary: ${star}`, { ...fresh, vary: star }, "sent")
  )
]

const invalidation: ReadonlyArray<Case> = [
  ...(["PUT", "POST", "DELETE", "PATCH"] as const).flatMap((method): Array<Case> => [
    {
      name: `${method} invalidates the responses of its URL, for all queries, partitions and methods`,
      steps: [
        { expects: "sent", responds: fresh },
        { url: `${page}?a=1`, expects: "sent", responds: fresh },
        { partition: "me", expects: "sent", responds: fresh },
        { method: "HEAD", expects: "cached", from: 0, gives: [200, ""] },
        { url: `${page}/other`, expects: "sent", responds: fresh },
        write(method, { url: `${page}?b=2` }),
        { expects: "sent", responds: fresh },
        { url: `${page}?a=1`, expects: "sent", responds: fresh },
        { partition: "me", expects: "sent", responds: fresh },
        { url: `${page}/other`, expects: "cached", from: 4 },
        { expects: "cached", from: 6 }
      ]
    },
    ...["location", "content-location"].map((name): Case => ({
      name: `${method} invalidates the same-origin URL in its ${name}`,
      steps: [
        { url: "https://api.test/other?x", expects: "sent", responds: fresh },
        { url: "https://else.test/other", expects: "sent", responds: fresh },
        write(method, { status: 201, responds: { [name]: "/other" } }),
        { url: "https://api.test/other?x", expects: "sent", responds: fresh },
        write(method, { status: 201, responds: { [name]: "https://else.test/other" } }),
        { url: "https://else.test/other", expects: "cached", from: 1 }
      ]
    }))
  ]),
  {
    name: "a write invalidates the response to a HEAD",
    steps: [head({ responds: fresh }), write("PUT"), head({ responds: fresh })]
  },
  {
    name: "a failed write invalidates the responses of its URL, since it may have had an effect",
    steps: [
      { expects: "sent", responds: fresh },
      write("POST", { fails: transportError, expects: "failed" }),
      { expects: "sent", responds: fresh }
    ]
  },
  {
    name: "an error response does not invalidate the URL in its Location",
    steps: [
      { url: "https://api.test/other", expects: "sent", responds: fresh },
      write("POST", { status: 409, responds: { location: "/other" }, expects: "failed" }),
      { url: "https://api.test/other", expects: "cached", from: 0 }
    ]
  },
  {
    name: "an invalidated response is not revalidated",
    steps: [
      { expects: "sent", responds: etag },
      write("PUT"),
      { expects: "sent", sends: { "if-none-match": undefined }, responds: etag }
    ]
  },
  {
    name: "an invalidated response is not used stale",
    steps: [
      { expects: "sent", responds: { "cache-control": "max-age=10, stale-while-revalidate=99, stale-if-error=99" } },
      write("PUT"),
      { after: 11, fails: transportError, expects: "failed" }
    ]
  },
  {
    name: "a write invalidates all variants",
    steps: [
      { ...english, expects: "sent", responds: varies },
      { ...french, expects: "sent", responds: varies },
      write("PUT"),
      { ...english, expects: "sent", responds: varies },
      { ...french, expects: "sent", responds: varies },
      { ...french, expects: "cached" }
    ]
  }
]

const headers: ReadonlyArray<Case> = [
  {
    name: "Age is updated, in whole seconds",
    steps: [
      { expects: "sent", responds: { ...fresh, age: "5" } },
      { after: 2.5, expects: "cached", receives: { age: "7" } }
    ]
  },
  {
    name: "Date is unchanged",
    steps: [
      { expects: "sent", responds: (date) => ({ ...fresh, date: date(-3) }) },
      { after: 2, expects: "cached", receives: { date: new Date(-3000).toUTCString() } }
    ]
  },
  {
    name: "hop-by-hop headers and Set-Cookie are not stored",
    steps: [
      {
        expects: "sent",
        responds: {
          ...fresh,
          connection: "close, X-Hop",
          "x-hop": "1",
          "keep-alive": "timeout=5",
          "proxy-authenticate": "Basic",
          "transfer-encoding": "chunked",
          upgrade: "h2c",
          te: "x",
          "x-else": "1",
          "set-cookie": "a=1"
        }
      },
      {
        expects: "cached",
        receives: {
          connection: undefined,
          "x-hop": undefined,
          "keep-alive": undefined,
          "proxy-authenticate": undefined,
          "transfer-encoding": undefined,
          upgrade: undefined,
          te: undefined,
          "x-else": "1",
          "set-cookie": undefined
        }
      }
    ]
  }
]

const keys: ReadonlyArray<Case> = [
  {
    name: "the whole query is part of the key, in its order",
    steps: [
      { url: `${page}?a=1&b=2`, expects: "sent", responds: fresh },
      { url: `${page}?a=1&b=3`, expects: "sent", responds: fresh },
      { url: `${page}?b=2&a=1`, expects: "sent", responds: fresh },
      { url: `${page}?a=1&b=2`, expects: "cached", from: 0 }
    ]
  },
  {
    name: "the fragment is not part of the key",
    steps: [
      { url: `${page}#a`, expects: "sent", responds: fresh },
      { url: `${page}#b`, expects: "cached" }
    ]
  },
  {
    name: "partitions are separate, whatever their text",
    steps: [
      { partition: "a", expects: "sent", responds: fresh },
      { partition: "b", expects: "sent", responds: fresh },
      { partition: "", expects: "sent", responds: fresh },
      { partition: "a https://api.test/page", expects: "sent", responds: fresh },
      { partition: "1:a", expects: "sent", responds: fresh },
      { partition: "a", expects: "cached", from: 0 },
      { partition: "b", expects: "cached", from: 1 }
    ]
  },
  {
    name: "a response of a URL with a password is not stored",
    steps: [
      { url: "https://me:secret@api.test/page", expects: "sent", responds: fresh },
      { url: "https://me:secret@api.test/page", expects: "sent", responds: fresh }
    ]
  }
]

const userLifetimes: ReadonlyArray<Case> = [
  {
    name: "overrides no-store, no-cache and max-age",
    lifetime: () => "4 weeks",
    steps: [
      {
        expects: "sent",
        responds: { "cache-control": "no-store, no-cache, must-revalidate, max-age=0", pragma: "no-cache" }
      },
      { after: 28 * 86_400 - 1, expects: "cached" },
      { after: 1, expects: "sent", responds: {} },
      { expects: "cached" }
    ]
  },
  {
    name: "may be shorter than the server's",
    lifetime: () => "10 seconds",
    steps: [
      { expects: "sent", responds: fresh },
      { after: 10, expects: "sent", responds: fresh }
    ]
  },
  {
    name: "ends with a revalidation, if there is a validator",
    lifetime: () => "10 seconds",
    steps: [
      { expects: "sent", responds: { ...fresh, etag: `"a"` } },
      { after: 10, status: 304, expects: "revalidated", sends: { "if-none-match": `"a"` } },
      { after: 9, expects: "cached" }
    ]
  },
  {
    name: "of zero stores nothing",
    lifetime: () => 0,
    steps: [
      { expects: "sent", responds: fresh },
      { expects: "sent", responds: fresh },
      { mode: "only-if-cached", expects: "NotCached" }
    ]
  },
  {
    name: "depends on the kind of call",
    lifetime: ({ method, operation, template }) =>
      operation === "getThing" && method === "GET" && template === "/thing/{id}" ? "1 day" : undefined,
    steps: [
      { operation: "getThing", template: "/thing/{id}", expects: "sent" },
      { url: `${page}/2`, operation: "getOther", template: "/thing/{id}", expects: "sent" },
      { after: 1, operation: "getThing", template: "/thing/{id}", expects: "cached", from: 0 },
      { url: `${page}/2`, operation: "getOther", template: "/thing/{id}", expects: "sent" }
    ]
  },
  {
    name: "may be infinite",
    lifetime: () => Duration.infinity,
    steps: [{ expects: "sent" }, { after: 300 * 86_400, expects: "cached" }]
  },
  {
    name: "stores no error and no partial response",
    lifetime: () => "1 day",
    steps: [
      { status: 206, expects: "sent" },
      { status: 404, expects: "failed" },
      { expects: "sent" },
      { expects: "cached" }
    ]
  },
  {
    name: "ends with a write",
    lifetime: () => "1 day",
    steps: [{ expects: "sent" }, write("PUT"), { expects: "sent" }]
  }
]

const headersOf = ({ responds = {} }: Step, now: number): Headers =>
  typeof responds === "function" ? responds((seconds) => formatDate(now + seconds * 1000)) : responds

const run = ({ lifetime, steps }: Case) =>
  Effect.gen(function* () {
    const cache = yield* ResponseCache.ResponseCache
    let now = 0
    let current = 0
    const { exchange, requests } = makeApi(() => {
      const step = steps[current]!
      const { body = `${current}`, fails, status = 200 } = step
      return fails?.() ?? { status, headers: headersOf(step, now), body: status === 304 ? "" : body }
    })
    /** The last step whose response was sent. */
    let lastSent = 0
    for (const [index, step] of steps.entries()) {
      current = index
      yield* TestClock.adjust(`${step.after ?? 0} seconds`)
      now = yield* Clock.currentTimeMillis
      const before = requests.length
      const { expects, fails, from, receives = {}, sends = {}, url = page, write: method } = step
      const exchanged = exchange(url, method === undefined ? step : { ...step, method })
      const call =
        method === undefined
          ? cache.through(exchanged)
          : cache.invalidating(
              url,
              Effect.map(exchanged.send("own", {}), (response) => ({ response }))
            )
      const result = yield* Effect.either(Effect.provide(call, noClient))
      if (expects === "background") yield* until(() => requests.length > before)
      // The response is stored after the end of the call.
      if (expects === "background" && fails === undefined) {
        yield* Effect.repeat(Stream.runCollect(cache.entries), {
          until: (entries) => Chunk.some(entries, ({ storedAt }) => storedAt === now)
        })
      }
      yield* settle
      const sent = requests.slice(before)
      const where = `step ${index}`
      if (expects === "NotCached" || expects === "failed") {
        expect(result._tag, where).toBe("Left")
        if (result._tag === "Left") expect(result.left._tag === "NotCached", where).toBe(expects === "NotCached")
        expect(sent.length, where).toBe(expects === "failed" ? 1 : 0)
        continue
      }
      if (result._tag === "Left") throw new Error(`${where} failed: ${result.left._tag}`)
      const { response } = result.right
      expect(sent.length, where).toBe(expects === "cached" ? 0 : 1)
      if (expects === "revalidated") {
        expect(
          sent.some(({ headers }) => "if-none-match" in headers || "if-modified-since" in headers),
          where
        ).toBe(true)
      }
      for (const [name, value] of Object.entries(sends)) expect(sent.at(-1)?.headers[name], where).toBe(value)
      for (const [name, value] of Object.entries(receives)) expect(response.headers[name], where).toBe(value)
      if (expects === "sent") {
        if (method === undefined) lastSent = index
        expect(response.headers["age"], where).toBe(headersOf(step, now)["age"])
        expect(response.cached, where).toBeUndefined()
      } else {
        expect(response.headers["age"], where).toMatch(/^\d+$/)
        const tag =
          step.tag ?? { revalidated: "Revalidated", cached: "Hit", stale: "Stale", background: "Stale" }[expects]
        expect(response.cached?._tag, where).toBe(tag)
        const age = Duration.toSeconds(response.cached?.age ?? -1)
        expect(`${Math.floor(age)}`, where).toBe(response.headers["age"])
      }
      const origin = expects === "sent" ? index : (from ?? lastSent)
      const [status, body] = step.gives ?? [steps[origin]!.status ?? 200, steps[origin]!.body ?? `${origin}`]
      expect(text(response), where).toBe(body)
      expect(response.status, where).toBe(status)
      if (expects === "background" && from !== undefined) lastSent = index
    }
  }).pipe(Effect.provide(HttpCache.layer({ ...(lifetime && { lifetime }) })), Effect.provide(noClient))

const parts: ReadonlyArray<readonly [name: string, cases: ReadonlyArray<Case>]> = [
  ["freshness (4.2)", freshness],
  ["heuristic freshness (4.2.2)", heuristics],
  ["storing responses (3)", statuses],
  ["request directives (5.2.1)", requestDirectives],
  ["conditions of the caller's own (4.3.2)", conditions],
  ["ranges (3.4; RFC 9110, 14)", ranges],
  ["HEAD (4.3.5)", heads],
  ["modes", modes],
  ["revalidation (4.3)", revalidation],
  ["stale responses (RFC 5861)", stale],
  ["Vary (4.1)", vary],
  ["invalidation (4.4)", invalidation],
  ["headers (3.1, 5.1)", headers],
  ["keys (2)", keys],
  ["a lifetime of the user's own", userLifetimes]
]

describe.each(stores)("HTTP caching (RFC 9111) in $name", ({ layer, skip }) => {
  for (const [name, cases] of parts) {
    describe.skipIf(skip)(name, () => {
      for (const single of cases) it.scoped(single.name, () => Effect.provide(run(single), layer))
    })
  }
})
