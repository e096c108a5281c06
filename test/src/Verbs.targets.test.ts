import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import { Verbs } from "effect-herald"
import * as Scripted from "../servers/scripted.js"
import { clients } from "../support/clients.js"
import { at, bearing, Caller, forAll, once, status, stub } from "../support/kit.js"

const { get, post } = Verbs.make(Caller)
/** `get` without types, as JavaScript has it. */
const loose = get as unknown as (target: unknown, options?: unknown) => ReturnType<typeof get>

const ok = Scripted.json({ ok: true })
const place = (url: URL) => Layer.merge(at(url), once)

const awkward = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom("..", ".", "%2e%2e", "%2E", "/", "\\", "?", "#", ";", ":", "@", "%", "%00", " ", "+", "{", "}"),
      {
        minLength: 1,
        maxLength: 4
      }
    )
    .map((parts) => parts.join("")),
  fc.constantFrom("..", ".", "", "a/b", "../admin", "{id}", "👩‍🚀", "\ud800", "a\udc00", "\n", "\0")
)

/** Reports whether a URL parser takes a segment for dots. */
const isDots = (segment: string) => /^(?:\.|%2e){1,2}$/i.test(segment)

describe.each(clients)("a path parameter, with %s", (_, client) => {
  it.scopedLive("is one segment with the same text, or is refused", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      yield* forAll(awkward, (item) =>
        Effect.gen(function* () {
          const before = requests.length
          const result = yield* Effect.either(get("/items/{item}/end", { path: { item } }))
          const refused = Either.isLeft(result) && result.left._tag === "EncodeError"
          expect(refused).toBe(item === "" || item === "." || item === ".." || !item.isWellFormed())
          if (refused) return expect(requests).toHaveLength(before)
          const { target = "" } = requests.at(-1) ?? {}
          const segments = target.split("/")
          expect(segments).toHaveLength(4)
          expect([segments[1], segments[3]]).toEqual(["items", "end"])
          expect(decodeURIComponent(segments[2] ?? "")).toBe(item)
          // A URL parser finds the same path, and no query.
          expect(new URL(target, url)).toMatchObject({ pathname: target, search: "", hash: "" })
        })
      ).pipe(Effect.provide(place(url)))
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("stays in its segment, next to other parameters and literal text", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const literal = fc.constantFrom("", ".", "%2e", "%2E", "-", "%2", "%")
      yield* forAll(fc.tuple(literal, awkward, awkward), ([literal, a, b]) =>
        Effect.gen(function* () {
          const before = requests.length
          yield* Effect.ignore(loose(`/v1/${literal}{a}{b}/end`, { path: { a, b } }))
          if (requests.length === before) return
          const { target = "" } = requests.at(-1) ?? {}
          const segments = target.split("/")
          expect(segments).toHaveLength(4)
          expect(new URL(target, url).pathname).toBe(target)
          const [one, other] = [literal.replace(/%(?!2e)/gi, "%25").replace(/%2e/gi, "."), a + b]
          expect(decodeURIComponent(segments[2] ?? "")).toBe(decodeURIComponent(one) + other)
        })
      ).pipe(Effect.provide(place(url)))
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is refused if it makes a segment of dots with the text around it", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      for (const [target, path] of [
        ["/v1/.{x}", { x: "." }],
        ["/v1/%2e{x}", { x: "." }],
        ["/v1/%2E{x}", { x: "." }],
        ["/v1/{x}%2e", { x: "." }],
        ["/v1/{x}{y}", { x: ".", y: "." }]
      ] as const) {
        const error = yield* Effect.flip(loose(target, { path })).pipe(Effect.provide(place(url)))
        expect(error._tag).toBe("EncodeError")
      }
      expect(requests).toEqual([])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("with a question mark is percent-encoded, and begins no query", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      yield* get("/tags/{tag}", { path: { tag: "what?is=it#here&there" }, query: { q: 1 } }).pipe(
        Effect.provide(place(url))
      )
      expect(requests[0]?.target).toBe("/tags/what%3Fis%3Dit%23here%26there?q=1")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("is text, a number, a bigint, a boolean or a Redacted one", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      for (const id of ["a", 1, -0.5, 409107086526644234n, true, Redacted.make("b")]) {
        yield* get("/items/{id}", { path: { id } }).pipe(Effect.provide(place(url)))
      }
      expect(requests.map(({ target }) => target)).toEqual([
        "/items/a",
        "/items/1",
        "/items/-0.5",
        "/items/409107086526644234",
        "/items/true",
        "/items/b"
      ])
    }).pipe(Effect.provide(client))
  )
})

describe("path parameters", () => {
  const baseUrl = new URL("https://api.test")

  it.effect.each([
    ["missing", {}],
    ["null", { id: null }],
    ["undefined", { id: undefined }],
    ["NaN", { id: Number.NaN }],
    ["an object", { id: {} }],
    ["a list", { id: ["a"] }],
    ["a Date", { id: new Date(0) }]
  ] as const)("that are %s are refused", ([, path]) =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const error = yield* loose("/items/{id}", { path }).pipe(
        Effect.flip,
        Effect.provide(Layer.mergeAll(at(baseUrl), once, client.layer))
      )
      expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["path", "id"] }] })
      expect(client.requests).toEqual([])
    })
  )

  it.effect("named like a property of every object are missing unless they are given", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
        const error = yield* loose(`/items/{${name}}`, { path: {} }).pipe(
          Effect.flip,
          Effect.provide(Layer.mergeAll(at(baseUrl), once, client.layer))
        )
        expect(error._tag).toBe("EncodeError")
        yield* loose(`/items/{${name}}`, { path: JSON.parse(`{"${name}":"x"}`) as object }).pipe(
          Effect.provide(Layer.mergeAll(at(baseUrl), once, client.layer))
        )
        expect(client.requests.at(-1)?.request.url).toBe("https://api.test/items/x")
      }
    })
  )
})

describe.each(clients)("a literal target, with %s", (_, client) => {
  it.scopedLive.each([
    ["", "/"],
    ["/", "/"],
    ["users", "/users"],
    ["/users/", "/users/"],
    ["/a//b", "/a//b"],
    ["//evil.test/x", "//evil.test/x"],
    ["/a%2Fb%20c", "/a%2Fb%20c"],
    ["/100%", "/100%25"],
    ["/%zz", "/%25zz"],
    ["/%2541", "/%2541"],
    ["/a b", "/a%20b"],
    ["/日本", "/%E6%97%A5%E6%9C%AC"],
    ["/a\\..\\b", "/a%5C..%5Cb"],
    ["/models/x:predict", "/models/x:predict"],
    ["/a;b=c,d@e", "/a;b=c,d@e"],
    ["/a\r\nb", "/a%0D%0Ab"],
    ["/...", "/..."],
    ["/{}", "/%7B%7D"]
  ])("%j is sent as %s", ([target = "", sent]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      yield* loose(target).pipe(Effect.provide(place(url)))
      expect(requests[0]?.target).toBe(sent)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("of any text stays below the base URL, or is refused", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      yield* forAll(awkward, (target) =>
        Effect.gen(function* () {
          const before = requests.length
          yield* Effect.ignore(loose(target))
          if (requests.length === before) return
          const { target: sent = "" } = requests.at(-1) ?? {}
          const [path = ""] = sent.split("?")
          expect(path).toMatch(/^\/v1(?:\/|$)/)
          expect(path.split("/").some(isDots)).toBe(false)
          expect(new URL(url.origin + sent).pathname).toBe(path)
        })
      ).pipe(Effect.provide(place(new URL("/v1", url))))
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each([
    "..",
    "/..",
    "/a/../b",
    "/./a",
    "/a/%2e%2e/b",
    "/%2E",
    "/.%2e/b",
    "/a/..?q=1",
    "/a#b",
    "#",
    "/a?b#c",
    "/a\ud800",
    "/a?\udc00"
  ])("%j is refused", (target) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const error = yield* loose(target).pipe(Effect.flip, Effect.provide(place(url)))
      expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["target"] }] })
      expect(requests).toEqual([])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each([
    ["", "/items"],
    ["/", "/items"],
    ["/v1", "/v1/items"],
    ["/v1/", "/v1/items"],
    ["/a%2Fb", "/a%2Fb/items"]
  ])("is appended to a base URL with the path %j", ([prefix = "", target]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      for (const items of ["/items", "items"]) {
        yield* loose(items).pipe(Effect.provide(place(new URL(url.origin + prefix))))
      }
      expect(requests.map((one) => one.target)).toEqual([target, target])
    }).pipe(Effect.provide(client))
  )
})

describe.each(clients)("a query, with %s", (_, client) => {
  const targetOf = (target: string, options?: unknown) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      yield* loose(target, options).pipe(Effect.provide(place(url)))
      return requests[0]?.target
    }).pipe(Effect.provide(client))

  it.scopedLive.each([
    [{ a: "1&2=3", b: "é +" }, "?a=1%262%3D3&b=%C3%A9%20%2B"],
    [{ a: true, b: false, c: 0, d: -1.5 }, "?a=true&b=false&c=0&d=-1.5"],
    [{ id: 409107086526644234n }, "?id=409107086526644234"],
    [{ tag: ["a", 1, 2n, false] }, "?tag=a&tag=1&tag=2&tag=false"],
    [{ a: undefined, b: null, c: [], d: [null, undefined], e: ["x", null, "y"] }, "?e=x&e=y"],
    [{ a: "", b: [""] }, "?a=&b="],
    [{ key: Redacted.make("k&1"), keys: [Redacted.make("k2")] }, "?key=k%261&keys=k2"],
    [{ "filter[a]": "x" }, "?filter%5Ba%5D=x"],
    [{}, ""],
    [undefined, ""]
  ] as const)("of %o is sent as text", ([query, expected]) =>
    Effect.gen(function* () {
      expect(yield* targetOf("/search", { query })).toBe(`/search${expected}`)
    })
  )

  it.scopedLive("of the target is sent as it is, before that of the options", () =>
    Effect.gen(function* () {
      expect(yield* targetOf("/s?a=1", { query: { b: 2 } })).toBe("/s?a=1&b=2")
      expect(yield* targetOf("/s?a=1", { query: { a: [2, 3] } })).toBe("/s?a=1&a=2&a=3")
      expect(yield* targetOf("/s?", { query: { b: 2 } })).toBe("/s?b=2")
      expect(yield* targetOf("/s?flag&a=b+c%2B&d=e?f=/g")).toBe("/s?flag&a=b+c%2B&d=e?f=/g")
      expect(yield* targetOf("/s?q=a b&日=%")).toBe("/s?q=a%20b&%E6%97%A5=%25")
      expect(yield* targetOf("?a=../..")).toBe("/?a=../..")
    })
  )

  it.scopedLive("has any text unchanged", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const text = fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.constantFrom("a+b", "a b", "a&b=c", "%41", "#", "?", "é", "日本", "👩‍🚀", "\r\n", "__proto__", "constructor")
      )
      yield* forAll(fc.tuple(text, fc.array(text)), ([name, values]) =>
        Effect.gen(function* () {
          yield* get("/s?first=1", { query: Object.fromEntries([[name, values]]) })
          const { searchParams } = new URL(requests.at(-1)?.target ?? "", url)
          expect(searchParams.getAll(name)).toEqual(name === "first" ? ["1", ...values] : values)
        })
      ).pipe(Effect.provide(place(url)))
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each([
    ["a lone surrogate", { q: "a\ud800" }],
    ["a lone surrogate in a list", { q: ["a", "\udc00"] }],
    ["NaN", { q: Number.NaN }],
    ["infinity", { q: [Number.POSITIVE_INFINITY] }],
    ["an object", { q: {} }],
    ["a list in a list", { q: [["a"]] }],
    ["a Date", { q: new Date(0) }],
    ["a function", { q: () => "a" }],
    ["a symbol", { q: Symbol("a") }],
    ["a redacted object", { q: Redacted.make({ a: 1 }) }]
  ] as const)("with %s is refused", ([, query]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const error = yield* loose("/s", { query }).pipe(Effect.flip, Effect.provide(place(url)))
      expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["query", "q"] }] })
      expect(requests).toEqual([])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each([
    ["text", "a=1"],
    ["a list", [["a", "1"]]],
    ["null", null],
    ["URLSearchParams", new URLSearchParams("a=1")],
    ["a Map", new Map([["a", "1"]])]
  ] as const)("that is %s is refused", ([, query]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const error = yield* loose("/s", { query }).pipe(Effect.flip, Effect.provide(place(url)))
      expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["query"] }] })
      expect(requests).toEqual([])
    }).pipe(Effect.provide(client))
  )
})

describe("a whole URL as target", () => {
  const sentTo = (base: string, target: string | URL) =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const caller = at(new URL(base), { credentials: bearing({ authorization: "Bearer hunter2" }) })
      const result = yield* Effect.either(loose(target)).pipe(
        Effect.provide(Layer.mergeAll(caller, once, client.layer))
      )
      const [sent] = client.requests
      if (sent === undefined) expect(result).toMatchObject({ left: { _tag: "EncodeError" } })
      return sent?.request.url
    })

  it.effect.each([
    ["https://api.test", "https://api.test/items?page=2", "https://api.test/items?page=2"],
    ["https://api.test", "https://api.test", "https://api.test/"],
    ["https://api.test", "HTTPS://API.TEST:443/items", "https://api.test/items"],
    ["https://api.test/", "https://api.test?page=2", "https://api.test/?page=2"],
    ["https://api.test/v1", "https://api.test/v1", "https://api.test/v1"],
    ["https://api.test/v1/", "https://api.test/v1/a%2Fb?c=d+e%2B", "https://api.test/v1/a%2Fb?c=d+e%2B"],
    ["https://api.test/v1", "https://api.test/v1?after=x", "https://api.test/v1?after=x"],
    ["https://api.test/v1", "https://api.test/v2/../v1/x", "https://api.test/v1/x"],
    ["https://api.test:8443", "https://api.test:8443/x", "https://api.test:8443/x"],
    ["https://api.test", "https://api.test/{id}", "https://api.test/%7Bid%7D"],
    ["https://api.test/v1", "https://api.test/", "https://api.test/"],
    ["https://api.test/v1", "https://api.test/v10", "https://api.test/v10"],
    ["https://api.test/v1", "https://api.test/v1/../admin", "https://api.test/admin"],
    ["https://api.test/v1", "https://api.test/v1/%2e%2e/admin", "https://api.test/admin"],
    ["https://api.test/v1", "https://api.test\\v1\\..\\admin", "https://api.test/admin"]
  ])("of the origin of %s is requested: %s", ([base = "", target = "", sent]) =>
    Effect.gen(function* () {
      expect(yield* sentTo(base, target)).toBe(sent)
      expect(yield* sentTo(base, new URL(target))).toBe(sent)
    })
  )

  it.effect.each([
    ["https://api.test", "https://evil.test/items"],
    ["https://api.test", "http://api.test/items"],
    ["https://api.test", "ftp://api.test/items"],
    ["https://api.test", "https://api.test:8443/items"],
    ["https://api.test:8443", "https://api.test:84430/items"],
    ["https://api.test", "https://api.test.evil.test/"],
    ["https://api.test", "https://api.test@evil.test/"],
    ["https://api.test", "https://api.test:443@evil.test/"],
    ["https://api.test", "https://bob:secret@api.test/"],
    ["https://api.test", "https://bob@api.test/"],
    ["https://api.test", "https://evil.test\\@api.test/"],
    ["https://api.test", "https://api.test/items#part"],
    ["https://api.test", "https://"],
    ["https://api.test", "https://[::1"]
  ])("of another origin than %s, with a user name or with a fragment, is refused: %j", ([base = "", target = ""]) =>
    Effect.gen(function* () {
      expect(yield* sentTo(base, target)).toBeUndefined()
      if (URL.canParse(target)) expect(yield* sentTo(base, new URL(target))).toBeUndefined()
    })
  )

  it.effect.each([
    "https:evil.test",
    "https:/evil.test",
    "https:\\\\evil.test",
    "\\\\evil.test",
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    " https://evil.test",
    "\thttps://evil.test",
    "ht\ntps://evil.test",
    "@evil.test",
    ":80@evil.test",
    ".evil.test",
    "javascript:alert(1)"
  ])("is not %j, which stays below the base URL or is refused", (target) =>
    Effect.gen(function* () {
      for (const base of ["https://api.test", "https://api.test/v1"]) {
        const sent = yield* sentTo(base, target)
        if (sent === undefined) continue
        const { origin, pathname, username } = new URL(sent)
        expect({ origin, username }).toEqual({ origin: "https://api.test", username: "" })
        expect(`${pathname}/`.startsWith(`${new URL(base).pathname.replace(/\/$/, "")}/`)).toBe(true)
      }
    })
  )

  it.effect("of any text is of the base URL's origin, or is refused", () =>
    forAll(
      fc.tuple(
        fc.constantFrom("https://api.test", "https://api.test/v1", "https:", "http://api.test", "HTTPS://API.test"),
        fc
          .array(
            fc.constantFrom(
              "/",
              "\\",
              "@",
              ":",
              ".",
              "..",
              "%2e",
              "evil.test",
              "v1",
              "v10",
              "?",
              "//",
              "\t",
              "443",
              "{",
              "}"
            ),
            { maxLength: 8 }
          )
          .map((parts) => parts.join(""))
      ),
      ([start, rest]) =>
        Effect.gen(function* () {
          const sent = yield* sentTo("https://api.test/v1", start + rest)
          if (sent === undefined) return
          const { hash, origin, password, pathname, username } = new URL(sent)
          expect({ hash, origin, password, username }).toEqual({
            hash: "",
            origin: "https://api.test",
            password: "",
            username: ""
          })
          // A whole URL has its own path.
          if (!/^[a-z]+:\/\//i.test(start + rest)) expect(pathname).toMatch(/^\/v1(?:\/|$)/)
        }),
      { numRuns: 1000 }
    )
  )
})

describe.each(clients)("headers, with %s", (_, client) => {
  it.scopedLive("are those of the call, beside the kit's own", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const headers = {
        "X-Text": "a b",
        "x-number": 1,
        "x-bigint": 409107086526644234n,
        "x-flag": true,
        "x-secret": Redacted.make("hunter2"),
        "x-none": undefined,
        "x-null": null,
        "x-empty": ""
      }
      yield* get("/", { headers }).pipe(Effect.provide(place(url)))
      expect(requests[0]?.headers).toMatchObject({
        accept: "application/json",
        "x-text": "a b",
        "x-number": "1",
        "x-bigint": "409107086526644234",
        "x-flag": "true",
        "x-secret": "hunter2"
      })
      expect(requests[0]?.headers).not.toHaveProperty("x-none")
      expect(requests[0]?.headers).not.toHaveProperty("x-null")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("replace the kit's own, whatever their case", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      yield* get("/", { headers: { Accept: "application/vnd.github+json" } }).pipe(Effect.provide(place(url)))
      yield* post("/", { json: 1, headers: { "Content-Type": "application/merge-patch+json" } }).pipe(
        Effect.provide(place(url))
      )
      expect(requests[0]?.headers.accept).toBe("application/vnd.github+json")
      expect(requests[1]?.headers["content-type"]).toBe("application/merge-patch+json")
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("are sent beside those of the credentials, and the caller's objects are not changed", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const headers = Object.freeze({ "x-mine": "1", "User-Agent": "me" })
      const query = Object.freeze({ a: Object.freeze([1]) })
      const options = Object.freeze({ headers, query, path: Object.freeze({ id: 1 }), json: Object.freeze({ b: 1 }) })
      const caller = at(url, { credentials: bearing({ authorization: "Bearer x", "x-other": "2" }) })
      yield* post("/{id}", options).pipe(Effect.provide(Layer.merge(caller, once)))
      expect(headers).toEqual({ "x-mine": "1", "User-Agent": "me" })
      expect(requests[0]?.headers).toMatchObject({ "x-mine": "1", "user-agent": "me", "x-other": "2" })
    }).pipe(Effect.provide(client))
  )

  it.scopedLive.each([
    ["a line break", { "x-a": "a\r\nx-evil: 1" }, ["headers", "x-a"]],
    ["a line feed", { "x-a": "a\nb" }, ["headers", "x-a"]],
    ["a zero", { "x-a": "a\0b" }, ["headers", "x-a"]],
    ["text beyond Latin-1", { "x-a": "日本" }, ["headers", "x-a"]],
    ["NaN", { "x-a": Number.NaN }, ["headers", "x-a"]],
    ["a list", { "x-a": ["a"] }, ["headers", "x-a"]],
    ["an object", { "x-a": {} }, ["headers", "x-a"]],
    ["a Redacted line break", { "x-a": Redacted.make("hunter2\n") }, ["headers", "x-a"]],
    ["a name with a space", { "x a": "b" }, ["headers", "x a"]],
    ["a name with a line break", { "x-a\r\nx-evil": "b" }, ["headers", "x-a\r\nx-evil"]],
    ["a name with a colon", { "x-a:": "b" }, ["headers", "x-a:"]],
    ["an empty name", { "": "b" }, ["headers", ""]],
    ["a Headers object", new Headers({ "x-a": "b" }), ["headers"]],
    ["pairs", [["x-a", "b"]], ["headers"]],
    ["null", null, ["headers"]]
  ] as const)("with %s are refused, and nothing is sent", ([, headers, path]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      const error = yield* loose("/", { headers }).pipe(Effect.flip, Effect.provide(place(url)))
      expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path }] })
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain("hunter2")
      expect(requests).toEqual([])
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("of the transport make a response or a typed failure", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([ok])
      const own = [
        { "transfer-encoding": "chunked" },
        { connection: "nonsense" },
        { "content-length": "999" },
        { expect: "x" }
      ]
      for (const headers of own) {
        // A defect would fail the test.
        yield* Effect.either(post("/", { json: { a: 1 }, headers })).pipe(Effect.provide(place(url)))
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("that are Redacted are in no error, even if the server repeats them", () =>
    Effect.gen(function* () {
      const secret = "Kx7-hunter2-q9Z"
      for (const status of [400, 401, 404, 429, 500]) {
        const { url } = yield* Scripted.make([
          Scripted.json({ message: `bad key ${secret}` }, { status, headers: { "x-request-id": secret } })
        ])
        const error = yield* get("/", { headers: { "x-key": Redacted.make(secret) } }).pipe(
          Effect.flip,
          Effect.provide(place(url))
        )
        expect(inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error)).not.toContain(secret)
      }
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("that are credentials or Redacted are not sent to another origin by a redirect", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      const { requests, url } = yield* Scripted.make([Scripted.redirect(new URL("/there", other.url))])
      const all: ReadonlyArray<Record<string, string | Redacted.Redacted>> = [
        { authorization: "Bearer hunter2" },
        { Authorization: "Bearer hunter2" },
        { cookie: "session=hunter2" },
        { "Proxy-Authorization": "Basic hunter2" },
        { "x-api-key": Redacted.make("hunter2") }
      ]
      for (const headers of all) yield* Effect.either(get("/", { headers })).pipe(Effect.provide(place(url)))
      expect(requests).toHaveLength(all.length)
      for (const { headers } of requests) expect(JSON.stringify(headers)).toContain("hunter2")
      for (const { headers } of other.requests) expect(JSON.stringify(headers)).not.toContain("hunter2")
      const before = other.requests.length
      // The body of such a request is not sent there, either.
      const { url: moved } = yield* Scripted.make([Scripted.redirect(other.url, 307)])
      const error = yield* post("/", { json: { a: 1 }, headers: { authorization: "Bearer hunter2" } }).pipe(
        Effect.flip,
        Effect.provide(place(moved))
      )
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Redirect", status: 307 })
      expect(other.requests).toHaveLength(before)
    }).pipe(Effect.provide(client))
  )

  it.scopedLive("that are credentials are sent to the same origin by a redirect", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.redirect("/there"), ok])
      yield* get("/", { headers: { authorization: "Bearer hunter2" } }).pipe(Effect.provide(place(url)))
      expect(requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer hunter2", "Bearer hunter2"])
    }).pipe(Effect.provide(client))
  )
})
