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
import { type Ask, api, noClient, settle, statusError, stores, text, transportError, until } from "./kit.js"

type Headers = Record<string, string>

/** A date so many seconds from the beginning of the test. */
type DateOf = (seconds: number) => string

/** One call, and what comes of it. */
interface Step extends Ask {
  /** Seconds that pass before. */
  readonly after?: number
  readonly url?: string
  /** A write of this method instead. */
  readonly write?: HttpMethod
  /** What the server says if it is asked; its body is the number of the step, if not said otherwise. */
  readonly says?: Headers | ((date: DateOf) => Headers)
  readonly status?: number
  readonly body?: string
  readonly fails?: () => HeraldError
  /**
   * - `sent`: asked of the server, and its answer given
   * - `kept`: not asked
   * - `validated`: asked whether it has changed, and given from the cache
   * - `stale`: asked, and given from the cache, for the server failed
   * - `aside`: given from the cache, and asked besides
   * - or the tag of the error
   */
  readonly gives: "sent" | "kept" | "validated" | "stale" | "aside" | "NotCached" | "failed"
  /** The step whose answer it is, where it is not the last one that was sent. */
  readonly of?: number
  /** Headers that were sent. */
  readonly asks?: Readonly<Record<string, string | undefined>>
  /** Headers that are given. */
  readonly told?: Readonly<Record<string, string | undefined>>
  /** How often the server was asked, where that is not once. */
  readonly times?: number
}

interface Case {
  readonly name: string
  readonly steps: ReadonlyArray<Step>
  readonly lifetime?: (kind: ResponseCache.Kind) => Duration.DurationInput | undefined
}

const page = "https://api.test/page"

/** Whether an answer with these headers is used again after so many seconds. */
const reuse = (name: string, says: Step["says"], gives: "kept" | "sent", after = 1, ask: Ask = {}): Case => ({
  name,
  steps: [
    { gives: "sent", says: says ?? {}, ...ask },
    { after, gives, says: {}, ...ask }
  ]
})

const fresh = { "cache-control": "max-age=100" }
const etag = { "cache-control": "max-age=10", etag: `"a"` }

const freshness: ReadonlyArray<Case> = [
  reuse("max-age, before it ends", fresh, "kept", 99),
  reuse("max-age, when it ends", fresh, "sent", 100),
  reuse("max-age=0", { "cache-control": "max-age=0" }, "sent", 0),
  reuse("neither freshness nor a validator", {}, "sent", 0),
  reuse("names are case-insensitive: MaX-aGe", { "cache-control": "MaX-aGe=100" }, "kept"),
  reuse("names are case-insensitive: nO-StOrE", { "cache-control": "nO-StOrE, max-age=100" }, "sent"),
  reuse("a quoted value", { "cache-control": `max-age="100"` }, "kept"),
  reuse("a value in single quotes is none", { "cache-control": "max-age='100'" }, "sent"),
  reuse("leading zeros", { "cache-control": "max-age=00100" }, "kept"),
  reuse("a number beyond 32 bits", { "cache-control": "max-age=99999999999" }, "kept", 86_400),
  reuse("a negative number", { "cache-control": "max-age=-100" }, "sent"),
  reuse("a decimal", { "cache-control": "max-age=100.5" }, "sent"),
  reuse("no number", { "cache-control": "max-age=abc" }, "sent"),
  reuse("a number and more", { "cache-control": "max-age=100abc" }, "sent"),
  reuse("no value", { "cache-control": "max-age" }, "sent"),
  reuse("space before the =", { "cache-control": "max-age =100" }, "sent"),
  reuse("space after the =", { "cache-control": "max-age= 100" }, "sent"),
  reuse("max-age within a quoted string", { "cache-control": `ext="max-age=100"` }, "sent"),
  reuse("after a quoted string with a comma in it", { "cache-control": `ext="a, max-age=0", max-age=100` }, "kept"),
  reuse("in a quoted string with an escaped quote", { "cache-control": `ext="a\\", max-age=100", max-age=0` }, "sent"),
  reuse("no-store in a quoted string is none", { "cache-control": `ext="a, no-store", max-age=100` }, "kept"),
  reuse("two max-age, the first shorter", { "cache-control": "max-age=10, max-age=100" }, "sent", 20),
  reuse("two max-age, the second shorter", { "cache-control": "max-age=100, max-age=10" }, "sent", 20),
  reuse("two max-age, one of them invalid", { "cache-control": "max-age=100, max-age=x" }, "sent"),
  reuse("empty elements", { "cache-control": ", ,max-age=100,," }, "kept"),
  reuse("directives that nobody knows", { "cache-control": "foo, bar=1, max-age=100" }, "kept"),
  reuse("s-maxage is not for a private cache", { "cache-control": "s-maxage=100" }, "sent"),
  reuse("s-maxage is not preferred", { "cache-control": "max-age=10, s-maxage=100" }, "sent", 20),
  reuse("private is", { "cache-control": "private, max-age=100" }, "kept"),
  reuse("private with fields is", { "cache-control": `private="set-cookie, x", max-age=100` }, "kept"),
  reuse("no-store", { "cache-control": "no-store, max-age=100", expires: "Fri, 01 Jan 2038 00:00:00 GMT" }, "sent"),
  reuse("no-store that need not be understood", { "cache-control": "no-store, must-understand, max-age=9" }, "kept"),
  reuse("no-cache without a validator", { "cache-control": "no-cache, max-age=100" }, "sent"),
  reuse("No-CaChE", { "cache-control": "No-CaChE, max-age=100" }, "sent"),
  reuse("no-cache with fields", { "cache-control": `max-age=100, no-cache="set-cookie"` }, "sent"),
  reuse("must-revalidate, while it is fresh", { "cache-control": "max-age=100, must-revalidate" }, "kept"),
  reuse("must-revalidate, when it no longer is", { "cache-control": "max-age=100, must-revalidate" }, "sent", 100),
  reuse("immutable says nothing of how long", { "cache-control": "immutable" }, "sent"),
  reuse("immutable, with max-age", { "cache-control": "immutable, max-age=100" }, "kept"),
  reuse(
    "Pragma: no-cache without a Cache-Control",
    { pragma: "No-Cache", expires: "Fri, 01 Jan 2038 00:00:00 GMT" },
    "sent"
  ),
  reuse("Pragma: no-cache with a Cache-Control", { pragma: "no-cache", ...fresh }, "kept"),
  reuse("Age is taken off", { ...fresh, age: "60" }, "kept", 39),
  reuse("Age is taken off to the end", { ...fresh, age: "60" }, "sent", 40),
  reuse("Age beyond max-age", { ...fresh, age: "200" }, "sent", 0),
  reuse("a negative Age", { ...fresh, age: "-5" }, "sent"),
  reuse("a decimal Age", { ...fresh, age: "1.5" }, "sent"),
  reuse("an Age that is no number", { ...fresh, age: "abc" }, "sent"),
  reuse("an Age that is a list", { ...fresh, age: "0, 0" }, "sent"),
  reuse("an Age with a parameter", { ...fresh, age: "0;foo=1" }, "sent"),
  reuse("Expires", (date) => ({ date: date(0), expires: date(100) }), "kept", 99),
  reuse("Expires, when it comes", (date) => ({ date: date(0), expires: date(100) }), "sent", 100),
  reuse("Expires without a Date", (date) => ({ expires: date(100) }), "kept", 99),
  reuse("Expires with a Date that is none", (date) => ({ date: "foo", expires: date(100) }), "kept", 99),
  reuse(
    "Expires is by the Date of a clock that is ahead",
    (date) => ({ date: date(7200), expires: date(7300) }),
    "sent",
    100
  ),
  reuse("Expires of 0", { expires: "0" }, "sent", 0),
  reuse("Expires before Date", (date) => ({ date: date(1000), expires: date(500) }), "sent", 0),
  reuse("Expires that is no HTTP date", { expires: "2038-01-01T00:00:00Z" }, "sent"),
  reuse("Expires without a zone", { expires: "Fri, 01 Jan 2038 00:00:00" }, "sent"),
  reuse("Expires twice", { expires: "Fri, 01 Jan 2038 00:00:00 GMT, Fri, 01 Jan 2038 00:00:00 GMT" }, "sent"),
  reuse("Expires in the format of RFC 850", { expires: "Friday, 01-Jan-38 00:00:00 GMT" }, "sent", 0),
  reuse("Expires in the format of asctime", { expires: "Fri Jan  1 00:00:00 2038" }, "kept"),
  reuse("max-age goes before an Expires gone by", (date) => ({ ...fresh, expires: date(-100) }), "kept"),
  reuse("max-age goes before an Expires that is none", { ...fresh, expires: "foo" }, "kept"),
  reuse(
    "max-age=0 goes before an Expires to come",
    (date) => ({ "cache-control": "max-age=0", expires: date(100) }),
    "sent"
  )
]

const heuristics: ReadonlyArray<Case> = [
  {
    name: "a tenth of the time since it was last modified",
    steps: [
      { gives: "sent", says: (date) => ({ date: date(0), "last-modified": date(-1000) }) },
      { after: 99, gives: "kept" },
      { after: 1, status: 304, gives: "validated" }
    ]
  },
  {
    name: "none where it says something else",
    steps: [
      { gives: "sent", says: (date) => ({ date: date(0), "last-modified": date(-1000), "cache-control": "no-cache" }) },
      { after: 1, status: 304, gives: "validated" }
    ]
  }
]

const statuses: ReadonlyArray<Case> = [
  ...[200, 203, 204].map((status): Case => ({
    name: `${status} is kept, with its status`,
    steps: [
      { status, body: status === 204 ? "" : "x", gives: "sent", says: fresh },
      { after: 1, status, gives: "kept" }
    ]
  })),
  ...[201, 202, 206, 299].map((status): Case => ({
    name: `${status} is not`,
    steps: [
      { status, gives: "sent", says: fresh },
      { after: 1, status, gives: "sent", says: fresh }
    ]
  })),
  ...[404, 410, 500, 503].map((status): Case => ({
    name: `${status} is not`,
    steps: [
      { status, gives: "failed", says: fresh },
      { after: 1, gives: "sent", says: fresh }
    ]
  })),
  {
    name: "what is gone is dropped",
    steps: [
      { gives: "sent", says: fresh },
      { mode: "refresh", fails: () => statusError(404), gives: "failed" },
      { mode: "only-if-cached", gives: "NotCached" }
    ]
  },
  {
    name: "what was replaced by something that may not be kept is dropped",
    steps: [
      { gives: "sent", says: fresh },
      { mode: "refresh", gives: "sent", says: { "cache-control": "no-store" } },
      { mode: "only-if-cached", gives: "NotCached" }
    ]
  }
]

const asked = (headers: Headers): Ask => ({ headers })

const requests: ReadonlyArray<Case> = [
  {
    name: "no-store is not answered, nor kept",
    steps: [
      { gives: "sent", says: fresh },
      { headers: { "cache-control": "no-store" }, gives: "sent", says: fresh },
      { gives: "kept", of: 0 }
    ]
  },
  {
    name: "no-cache asks again, by the validator",
    steps: [
      { gives: "sent", says: { ...fresh, etag: `"a"` } },
      { headers: { "cache-control": "No-Cache" }, status: 304, gives: "validated", asks: { "if-none-match": `"a"` } }
    ]
  },
  {
    name: "no-cache without a validator fetches, and keeps",
    steps: [
      { gives: "sent", says: fresh },
      { headers: { "cache-control": "no-cache" }, gives: "sent", says: fresh },
      { gives: "kept" }
    ]
  },
  {
    name: "Pragma: no-cache is one without a Cache-Control",
    steps: [
      { gives: "sent", says: fresh },
      { headers: { pragma: "no-cache" }, gives: "sent", says: fresh },
      { headers: { pragma: "no-cache", "cache-control": "max-age=50" }, gives: "kept" }
    ]
  },
  {
    name: "max-age",
    steps: [
      { gives: "sent", says: { ...fresh, age: "10" } },
      { after: 10, ...asked({ "cache-control": "max-age=20" }), gives: "kept" },
      { after: 1, ...asked({ "cache-control": "max-age=20" }), gives: "sent", says: fresh }
    ]
  },
  {
    name: "max-age=0, at once",
    steps: [
      { gives: "sent", says: fresh },
      { ...asked({ "cache-control": "max-age=0" }), gives: "sent", says: fresh }
    ]
  },
  {
    name: "min-fresh",
    steps: [
      { gives: "sent", says: fresh },
      { after: 50, ...asked({ "cache-control": "min-fresh=50" }), gives: "kept" },
      { after: 1, ...asked({ "cache-control": "min-fresh=50" }), gives: "sent", says: fresh }
    ]
  },
  {
    name: "max-stale, as a number and not as text",
    steps: [
      { gives: "sent", says: fresh },
      { after: 109, ...asked({ "cache-control": "max-stale=9" }), gives: "kept" },
      { after: 11, ...asked({ "cache-control": "max-stale=100" }), gives: "kept" },
      { ...asked({ "cache-control": "max-stale=9" }), gives: "sent", says: fresh }
    ]
  },
  {
    name: "max-stale without a number",
    steps: [
      { gives: "sent", says: fresh },
      { after: 5000, ...asked({ "cache-control": "max-stale" }), gives: "kept" }
    ]
  },
  ...["must-revalidate", "no-cache"].map((strict): Case => ({
    name: `max-stale against ${strict}`,
    steps: [
      { gives: "sent", says: { "cache-control": `max-age=10, ${strict}`, etag: `"a"` } },
      { after: 11, ...asked({ "cache-control": "max-stale" }), status: 304, gives: "validated" }
    ]
  })),
  {
    name: "only-if-cached",
    steps: [
      { ...asked({ "cache-control": "only-if-cached" }), gives: "NotCached" },
      { gives: "sent", says: fresh },
      { ...asked({ "cache-control": "only-if-cached" }), gives: "kept" },
      { after: 100, ...asked({ "cache-control": "only-if-cached" }), gives: "NotCached" },
      { ...asked({ "cache-control": "only-if-cached, max-stale=50" }), gives: "kept" }
    ]
  },
  ...["range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"].map(
    (name): Case => ({
      name: `${name} of the user's own passes by`,
      steps: [
        { gives: "sent", says: fresh },
        { ...asked({ [name]: "x" }), gives: "sent", says: fresh },
        { gives: "kept", of: 0 }
      ]
    })
  )
]

const modes: ReadonlyArray<Case> = [
  {
    name: "bypass is neither answered nor kept",
    steps: [
      { gives: "sent", says: fresh },
      { mode: "bypass", gives: "sent", says: fresh },
      { gives: "kept", of: 0 }
    ]
  },
  {
    name: "refresh fetches, past every cache, and keeps",
    steps: [
      { gives: "sent", says: { ...fresh, etag: `"a"` } },
      {
        mode: "refresh",
        gives: "sent",
        says: fresh,
        asks: { "cache-control": "no-cache", "if-none-match": undefined }
      },
      { gives: "kept", of: 1 }
    ]
  },
  {
    name: "refresh that fails gets the error",
    steps: [
      { gives: "sent", says: { "cache-control": "max-age=100, stale-if-error=100" } },
      { mode: "refresh", fails: transportError, gives: "failed" },
      { gives: "kept", of: 0 }
    ]
  },
  {
    name: "only-if-cached",
    steps: [
      { mode: "only-if-cached", gives: "NotCached" },
      { gives: "sent", says: { "cache-control": "max-age=10, stale-while-revalidate=10", etag: `"a"` } },
      { after: 9, mode: "only-if-cached", gives: "kept" },
      { after: 5, mode: "only-if-cached", gives: "kept" },
      { after: 6, mode: "only-if-cached", gives: "NotCached" }
    ]
  }
]

const revalidation: ReadonlyArray<Case> = [
  {
    name: "by ETag, and it is fresh anew",
    steps: [
      { gives: "sent", says: etag },
      { after: 9, gives: "kept" },
      { after: 1, status: 304, says: etag, gives: "validated", asks: { "if-none-match": `"a"` } },
      { after: 9, gives: "kept" },
      { after: 1, status: 304, says: { "cache-control": "max-age=50" }, gives: "validated" },
      { after: 49, gives: "kept" }
    ]
  },
  {
    name: "by a weak ETag",
    steps: [
      { gives: "sent", says: { "cache-control": "max-age=10", etag: `W/"a"` } },
      { after: 10, status: 304, says: { etag: `W/"a"` }, gives: "validated", asks: { "if-none-match": `W/"a"` } }
    ]
  },
  {
    name: "by Last-Modified",
    steps: [
      { gives: "sent", says: (date) => ({ "cache-control": "max-age=10", "last-modified": date(-50) }) },
      {
        after: 10,
        status: 304,
        gives: "validated",
        asks: { "if-modified-since": new Date(-50_000).toUTCString(), "if-none-match": undefined }
      },
      { after: 9, gives: "kept" }
    ]
  },
  {
    name: "what has changed replaces",
    steps: [
      { gives: "sent", says: etag },
      { after: 10, says: { ...etag, etag: `"b"` }, gives: "sent" },
      { after: 9, gives: "kept", of: 1 },
      { after: 1, status: 304, gives: "validated", of: 1, asks: { "if-none-match": `"b"` } }
    ]
  },
  {
    name: "no-cache is kept, and asked for again each time",
    steps: [
      { gives: "sent", says: { "cache-control": "no-cache", etag: `"a"` } },
      { status: 304, gives: "validated" },
      { status: 304, gives: "validated" }
    ]
  },
  {
    name: "a validator alone is worth keeping",
    steps: [
      { gives: "sent", says: { etag: `"a"` } },
      { status: 304, gives: "validated", asks: { "if-none-match": `"a"` } }
    ]
  },
  {
    name: "a 304 without validators speaks of what it was asked about",
    steps: [
      { gives: "sent", says: (date) => ({ ...etag, "last-modified": date(-50) }) },
      { after: 10, status: 304, says: {}, gives: "validated" }
    ]
  },
  {
    name: "a 304 whose ETag lost its weakness on the way does, too",
    steps: [
      { gives: "sent", says: { "cache-control": "max-age=10", etag: `W/"a"` } },
      { after: 10, status: 304, says: { etag: `"a"` }, gives: "validated" }
    ]
  },
  {
    name: "a 304 headers replace, and are added to, those that are kept",
    steps: [
      {
        gives: "sent",
        says: { ...etag, "x-a": "1", "x-b": "1", "content-type": "text/a", "content-length": "5", age: "3" }
      },
      {
        after: 10,
        status: 304,
        says: { "x-b": "2", "x-c": "2", "content-length": "0", "content-encoding": "gzip", "content-md5": "x" },
        gives: "validated",
        told: {
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
      { after: 9, gives: "kept", told: { "x-b": "2", "x-c": "2", age: "9" } }
    ]
  },
  {
    name: "a 304 that says no-store ends it",
    steps: [
      { gives: "sent", says: etag },
      { after: 10, status: 304, says: { "cache-control": "no-store" }, gives: "validated" },
      { gives: "sent", asks: { "if-none-match": undefined } }
    ]
  },
  {
    name: "the Age of a 304 counts",
    steps: [
      { gives: "sent", says: etag },
      { after: 10, status: 304, says: { age: "6" }, gives: "validated", told: { age: "6" } },
      { after: 3, gives: "kept", told: { age: "9" } },
      { after: 1, status: 304, gives: "validated" }
    ]
  },
  {
    name: "what is asked about is the method's own: GET and HEAD",
    steps: [
      { gives: "sent", says: fresh },
      { method: "HEAD", body: "", gives: "sent", says: fresh },
      { method: "HEAD", gives: "kept", of: 1 },
      { gives: "kept", of: 0 }
    ]
  }
]

const stale: ReadonlyArray<Case> = [
  {
    name: "stale-while-revalidate gives what is stale, and asks once",
    steps: [
      { gives: "sent", says: { "cache-control": "max-age=10, stale-while-revalidate=20", etag: `"a"` } },
      {
        after: 11,
        gives: "aside",
        status: 304,
        says: { "cache-control": "max-age=10, stale-while-revalidate=20" },
        asks: { "if-none-match": `"a"` }
      },
      { after: 9, gives: "kept", of: 0 }
    ]
  },
  {
    name: "what has changed is there the next time",
    steps: [
      { gives: "sent", says: { "cache-control": "max-age=10, stale-while-revalidate=20" } },
      { after: 11, gives: "aside", of: 0, says: fresh },
      { after: 1, gives: "kept", of: 1 }
    ]
  },
  {
    name: "a revalidation aside that fails is nobody's error",
    steps: [
      { gives: "sent", says: { "cache-control": "max-age=10, stale-while-revalidate=20" } },
      { after: 11, gives: "aside", of: 0, fails: transportError },
      { after: 1, gives: "aside", of: 0, says: fresh },
      { after: 1, gives: "kept", of: 2 }
    ]
  },
  {
    name: "after its window it is asked for",
    steps: [
      { gives: "sent", says: { "cache-control": "max-age=10, stale-while-revalidate=20" } },
      { after: 30, gives: "sent", says: fresh }
    ]
  },
  ...["must-revalidate", "no-cache"].flatMap((strict): Array<Case> => [
    {
      name: `${strict} goes before stale-while-revalidate`,
      steps: [
        { gives: "sent", says: { "cache-control": `max-age=10, ${strict}, stale-while-revalidate=20`, etag: `"a"` } },
        { after: 11, status: 304, gives: "validated" }
      ]
    },
    {
      name: `${strict} goes before stale-if-error`,
      steps: [
        { gives: "sent", says: { "cache-control": `max-age=10, ${strict}, stale-if-error=20`, etag: `"a"` } },
        { after: 11, fails: transportError, gives: "failed" }
      ]
    }
  ]),
  ...[
    ["no connection", transportError],
    ["500", () => statusError(500)],
    ["502", () => statusError(502)],
    ["503", () => statusError(503)],
    ["504", () => statusError(504)]
  ].map(([name, fails]): Case => ({
    name: `stale-if-error: ${String(name)}`,
    steps: [
      { gives: "sent", says: { "cache-control": "max-age=10, stale-if-error=20" } },
      // A tuple of two kinds, told apart by their places.
      { after: 29, fails: fails as () => HeraldError, gives: "stale", told: { age: "29" } },
      { after: 1, fails: fails as () => HeraldError, gives: "failed" }
    ]
  })),
  ...[501, 404, 403].map((status): Case => ({
    name: `stale-if-error is not for ${status}`,
    steps: [
      { gives: "sent", says: { "cache-control": "max-age=10, stale-if-error=20" } },
      { after: 11, fails: () => statusError(status), gives: "failed" }
    ]
  })),
  {
    name: "without stale-if-error nothing stale stands in",
    steps: [
      { gives: "sent", says: etag },
      { after: 11, fails: transportError, gives: "failed" }
    ]
  },
  {
    name: "must-revalidate goes before stale-if-error of the request",
    steps: [
      { gives: "sent", says: { "cache-control": "max-age=100, must-revalidate" } },
      { after: 105, fails: transportError, gives: "failed", headers: { "cache-control": "stale-if-error=10" } }
    ]
  },
  {
    name: "stale-if-error of the request",
    steps: [
      { gives: "sent", says: fresh },
      { after: 105, fails: transportError, gives: "stale", headers: { "cache-control": "stale-if-error=10" } }
    ]
  }
]

const english = asked({ "accept-language": "en" })
const french = asked({ "accept-language": "fr" })
const varies = { ...fresh, vary: "Accept-Language" }

const vary: ReadonlyArray<Case> = [
  {
    name: "two variants, each its own",
    steps: [
      { ...english, gives: "sent", says: varies },
      { ...english, gives: "kept" },
      { ...french, gives: "sent", says: varies },
      { ...english, gives: "kept", of: 0 },
      { ...french, gives: "kept", of: 2 }
    ]
  },
  {
    name: "absent is not empty, nor anything else",
    steps: [
      { gives: "sent", says: varies },
      { gives: "kept" },
      { ...asked({ "accept-language": "" }), gives: "sent", says: varies },
      { ...english, gives: "sent", says: varies },
      { gives: "kept", of: 0 }
    ]
  },
  {
    name: "headers that it does not name don't matter",
    steps: [
      { headers: { "accept-language": "en", "x-a": "1" }, gives: "sent", says: varies },
      { headers: { "accept-language": "en", "x-a": "2" }, gives: "kept" }
    ]
  },
  {
    name: "several names, in any order and case",
    steps: [
      { headers: { a: "1", b: "2" }, gives: "sent", says: { ...fresh, vary: "A, b" } },
      { headers: { a: "1", b: "2" }, gives: "kept" },
      { headers: { a: "2", b: "1" }, gives: "sent", says: { ...fresh, vary: "B, a" } },
      { headers: { a: "1", b: "2" }, gives: "kept", of: 0 },
      { headers: { a: "1" }, gives: "sent", says: { ...fresh, vary: "a,b" } }
    ]
  },
  {
    name: "other names later",
    steps: [
      { headers: { a: "1", b: "1" }, gives: "sent", says: { ...fresh, vary: "a" } },
      { headers: { a: "2", b: "1" }, gives: "sent", says: { ...fresh, vary: "b" } },
      { headers: { a: "2", b: "1" }, gives: "kept", of: 1 },
      { headers: { a: "2", b: "2" }, gives: "sent", says: { ...fresh, vary: "b" } }
    ]
  },
  {
    name: "each variant is asked about by its own validator",
    steps: [
      { ...english, gives: "sent", says: { ...varies, etag: `"en"` } },
      { ...french, gives: "sent", says: { ...varies, etag: `"fr"` } },
      { ...english, after: 100, status: 304, gives: "validated", of: 0, asks: { "if-none-match": `"en"` } },
      { ...french, status: 304, gives: "validated", of: 1, asks: { "if-none-match": `"fr"` } },
      { ...english, after: 1, gives: "kept", of: 0 }
    ]
  },
  ...["*", "*, *", ", *", "*, Foo", "Foo, *", " * "].map((star): Case =>
    reuse(`Vary: ${star} is not kept`, { ...fresh, vary: star }, "sent")
  )
]

const write = (method: HttpMethod, more: Partial<Step> = {}): Step => ({ write: method, gives: "sent", ...more })

const invalidation: ReadonlyArray<Case> = [
  ...(["PUT", "POST", "DELETE", "PATCH"] as const).flatMap((method): Array<Case> => [
    {
      name: `${method} ends what is kept of its URL, whatever the query and whoever's it is`,
      steps: [
        { gives: "sent", says: fresh },
        { url: `${page}?a=1`, gives: "sent", says: fresh },
        { partition: "me", gives: "sent", says: fresh },
        { method: "HEAD", gives: "sent", says: fresh, body: "" },
        { url: `${page}/other`, gives: "sent", says: fresh },
        write(method, { url: `${page}?b=2` }),
        { gives: "sent", says: fresh },
        { url: `${page}?a=1`, gives: "sent", says: fresh },
        { partition: "me", gives: "sent", says: fresh },
        { method: "HEAD", gives: "sent", says: fresh, body: "" },
        { url: `${page}/other`, gives: "kept", of: 4 },
        { gives: "kept", of: 6 }
      ]
    },
    ...["location", "content-location"].map((name): Case => ({
      name: `${method}: what its ${name} names, of the same origin`,
      steps: [
        { url: "https://api.test/other?x", gives: "sent", says: fresh },
        { url: "https://else.test/other", gives: "sent", says: fresh },
        write(method, { status: 201, says: { [name]: "/other" } }),
        { url: "https://api.test/other?x", gives: "sent", says: fresh },
        write(method, { status: 201, says: { [name]: "https://else.test/other" } }),
        { url: "https://else.test/other", gives: "kept", of: 1 }
      ]
    }))
  ]),
  {
    name: "a write that failed, too, for who knows",
    steps: [
      { gives: "sent", says: fresh },
      write("POST", { fails: transportError, gives: "failed" }),
      { gives: "sent", says: fresh }
    ]
  },
  {
    name: "but not what the answer of one that failed names",
    steps: [
      { url: "https://api.test/other", gives: "sent", says: fresh },
      write("POST", { status: 409, says: { location: "/other" }, gives: "failed" }),
      { url: "https://api.test/other", gives: "kept", of: 0 }
    ]
  },
  {
    name: "what has a validator is fetched whole, not asked about",
    steps: [
      { gives: "sent", says: etag },
      write("PUT"),
      { gives: "sent", asks: { "if-none-match": undefined }, says: etag }
    ]
  },
  {
    name: "nor is it used stale",
    steps: [
      { gives: "sent", says: { "cache-control": "max-age=10, stale-while-revalidate=99, stale-if-error=99" } },
      write("PUT"),
      { after: 11, fails: transportError, gives: "failed" }
    ]
  },
  {
    name: "every variant",
    steps: [
      { ...english, gives: "sent", says: varies },
      { ...french, gives: "sent", says: varies },
      write("PUT"),
      { ...english, gives: "sent", says: varies },
      { ...french, gives: "sent", says: varies },
      { ...french, gives: "kept" }
    ]
  }
]

const headers: ReadonlyArray<Case> = [
  {
    name: "Age is told, in whole seconds",
    steps: [
      { gives: "sent", says: { ...fresh, age: "5" } },
      { after: 2.5, gives: "kept", told: { age: "7" } }
    ]
  },
  {
    name: "Date is as it came",
    steps: [
      { gives: "sent", says: (date) => ({ ...fresh, date: date(-3) }) },
      { after: 2, gives: "kept", told: { date: new Date(-3000).toUTCString() } }
    ]
  },
  {
    name: "what is of one hop is not kept",
    steps: [
      {
        gives: "sent",
        says: {
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
        gives: "kept",
        told: {
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
    name: "the query is part of it, all of it, and in its order",
    steps: [
      { url: `${page}?a=1&b=2`, gives: "sent", says: fresh },
      { url: `${page}?a=1&b=3`, gives: "sent", says: fresh },
      { url: `${page}?b=2&a=1`, gives: "sent", says: fresh },
      { url: `${page}?a=1&b=2`, gives: "kept", of: 0 }
    ]
  },
  {
    name: "the fragment is not",
    steps: [
      { url: `${page}#a`, gives: "sent", says: fresh },
      { url: `${page}#b`, gives: "kept" }
    ]
  },
  {
    name: "partitions are apart, however they are spelled",
    steps: [
      { partition: "a", gives: "sent", says: fresh },
      { partition: "b", gives: "sent", says: fresh },
      { partition: "", gives: "sent", says: fresh },
      { partition: "a https://api.test/page", gives: "sent", says: fresh },
      { partition: "1:a", gives: "sent", says: fresh },
      { partition: "a", gives: "kept", of: 0 },
      { partition: "b", gives: "kept", of: 1 }
    ]
  },
  {
    name: "a URL with a password in it is not kept",
    steps: [
      { url: "https://me:secret@api.test/page", gives: "sent", says: fresh },
      { url: "https://me:secret@api.test/page", gives: "sent", says: fresh }
    ]
  }
]

const own: ReadonlyArray<Case> = [
  {
    name: "it goes before no-store, no-cache and max-age",
    lifetime: () => "4 weeks",
    steps: [
      {
        gives: "sent",
        says: { "cache-control": "no-store, no-cache, must-revalidate, max-age=0", pragma: "no-cache" }
      },
      { after: 28 * 86_400 - 1, gives: "kept" },
      { after: 1, gives: "sent", says: {} },
      { gives: "kept" }
    ]
  },
  {
    name: "it is shorter than what the server says",
    lifetime: () => "10 seconds",
    steps: [
      { gives: "sent", says: fresh },
      { after: 10, gives: "sent", says: fresh }
    ]
  },
  {
    name: "after it, what has a validator is asked about",
    lifetime: () => "10 seconds",
    steps: [
      { gives: "sent", says: { ...fresh, etag: `"a"` } },
      { after: 10, status: 304, gives: "validated", asks: { "if-none-match": `"a"` } },
      { after: 9, gives: "kept" }
    ]
  },
  {
    name: "zero keeps nothing",
    lifetime: () => 0,
    steps: [
      { gives: "sent", says: fresh },
      { gives: "sent", says: fresh },
      { mode: "only-if-cached", gives: "NotCached" }
    ]
  },
  {
    name: "it is told for a kind of call",
    lifetime: ({ method, operation, template }) =>
      operation === "getThing" && method === "GET" && template === "/thing/{id}" ? "1 day" : undefined,
    steps: [
      { operation: "getThing", template: "/thing/{id}", gives: "sent" },
      { url: `${page}/2`, operation: "getOther", template: "/thing/{id}", gives: "sent" },
      { after: 1, operation: "getThing", template: "/thing/{id}", gives: "kept", of: 0 },
      { url: `${page}/2`, operation: "getOther", template: "/thing/{id}", gives: "sent" }
    ]
  },
  {
    name: "for ever",
    lifetime: () => Duration.infinity,
    steps: [{ gives: "sent" }, { after: 300 * 86_400, gives: "kept" }]
  },
  {
    name: "it does not keep what failed, or a part",
    lifetime: () => "1 day",
    steps: [{ status: 206, gives: "sent" }, { status: 404, gives: "failed" }, { gives: "sent" }, { gives: "kept" }]
  },
  {
    name: "a write ends it",
    lifetime: () => "1 day",
    steps: [{ gives: "sent" }, write("PUT"), { gives: "sent" }]
  }
]

const dateOf: DateOf = (seconds) => new Date(seconds * 1000).toUTCString()

const run = ({ lifetime, steps }: Case) =>
  Effect.gen(function* () {
    const cache = yield* ResponseCache.ResponseCache
    let step = 0
    const server = api(() => {
      const { body, fails, says = {}, status = 200 } = steps[step]!
      if (fails !== undefined) return fails()
      const headers = typeof says === "function" ? says((seconds) => dateOf(seconds + now / 1000)) : says
      return { status, headers, body: status === 304 ? "" : (body ?? `${step}`) }
    })
    let now = 0
    let last = 0
    for (const [index, one] of steps.entries()) {
      step = index
      yield* TestClock.adjust(`${one.after ?? 0} seconds`)
      now = yield* Clock.currentTimeMillis
      const before = server.requests.length
      const { gives, of, url = page, write: method } = one
      const exchange = server.exchange(url, method === undefined ? one : { ...one, method })
      const call =
        method === undefined
          ? Effect.provide(cache.through(exchange), noClient)
          : Effect.provide(cache.invalidating(url, exchange.send("own", {})), noClient)
      const result = yield* Effect.either(call)
      if (gives === "aside") yield* until(() => server.requests.length > before)
      // It is kept after its call has ended.
      if (gives === "aside" && one.fails === undefined) {
        yield* Effect.repeat(Stream.runCollect(cache.entries), {
          until: (entries) => Chunk.some(entries, ({ storedAt }) => storedAt === now)
        })
      }
      yield* settle
      const asked = server.requests.slice(before)
      const where = `step ${index}`
      if (gives === "NotCached" || gives === "failed") {
        expect(result._tag, where).toBe("Left")
        if (result._tag === "Left") expect(result.left._tag === "NotCached", where).toBe(gives === "NotCached")
        expect(asked.length, where).toBe(gives === "failed" ? 1 : 0)
        continue
      }
      if (result._tag === "Left") throw new Error(`${where} failed: ${result.left._tag}`)
      const answer = result.right
      const conditional = asked.some(({ headers }) => "if-none-match" in headers || "if-modified-since" in headers)
      expect(asked.length, where).toBe(gives === "kept" ? 0 : (one.times ?? 1))
      if (gives === "validated") expect(conditional, where).toBe(true)
      for (const [name, value] of Object.entries(one.asks ?? {})) expect(asked.at(-1)?.headers[name], where).toBe(value)
      for (const [name, value] of Object.entries(one.told ?? {})) expect(answer.headers[name], where).toBe(value)
      if (gives === "sent") {
        if (method === undefined) last = index
        expect(answer.headers["age"], where).toBe(
          (typeof one.says === "function" ? one.says(dateOf) : (one.says ?? {}))["age"]
        )
      } else expect(answer.headers["age"], where).toMatch(/^\d+$/)
      const from = gives === "sent" ? index : (of ?? last)
      expect(text(answer), where).toBe(steps[from]!.body ?? `${from}`)
      expect(answer.status, where).toBe(steps[from]!.status ?? 200)
      if (gives === "aside" && of !== undefined) last = index
    }
  }).pipe(Effect.provide(HttpCache.layer({ ...(lifetime && { lifetime }) })))

const parts: ReadonlyArray<readonly [name: string, cases: ReadonlyArray<Case>]> = [
  ["freshness (4.2)", freshness],
  ["heuristics (4.2.2)", heuristics],
  ["what may be kept (3)", statuses],
  ["what a request wants (5.2.1)", requests],
  ["modes", modes],
  ["revalidation (4.3)", revalidation],
  ["stale (RFC 5861)", stale],
  ["Vary (4.1)", vary],
  ["invalidation (4.4)", invalidation],
  ["headers (3.1, 5.1)", headers],
  ["keys (2)", keys],
  ["a lifetime of the user's own", own]
]

describe.each(stores)("HTTP caching, in $name", ({ layer, skip }) => {
  for (const [name, cases] of parts) {
    describe.skipIf(skip)(name, () => {
      for (const one of cases) it.scoped(one.name, () => Effect.provide(run(one), layer))
    })
  }
})
