import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { inspect } from "node:util"
import { Credentials, Limiter, RetryPolicy, Verbs } from "effect-herald"
import * as Civis from "effect-herald/civis"
import { fingerprint } from "../../src/internal/fingerprint.js"
import * as Scripted from "../servers/scripted.js"
import { client } from "../support/client.js"
import { Caller, forAll, once } from "../support/kit.js"
import { listener } from "../support/listener.js"
import { shows } from "../support/secretSpellings.js"

const { get, post } = Verbs.make(Caller)
const ok = Scripted.json({ ok: true })
const secret = "Kx7-hunter2-q9Z"
const key = Redacted.make(secret)
const shown = (value: unknown) => inspect(value, { depth: Infinity, showHidden: true }) + JSON.stringify(value)

type Made = Effect.Effect<Credentials.Credentials, ConfigError.ConfigError>
const as = (baseUrl: string | URL, credentials: Made) => Caller.layer({ baseUrl, credentials })

/** Every kind of credentials that is made of one secret. */
const kinds: ReadonlyArray<readonly [name: string, of: (secret: Redacted.Redacted) => Made]> = [
  ["bearer", (secret) => Credentials.bearer(secret)],
  ["token", (secret) => Credentials.token(secret)],
  ["a key in a header", (key) => Credentials.apiKey({ header: "X-Api-Key", key })],
  ["a key in a query", (key) => Credentials.apiKey({ query: "key", key })],
  ["a key as basic user", (key) => Credentials.basicKey(key)],
  ["basic", (password) => Credentials.basic({ username: "bob", password })]
]

describe("credentials", () => {
  const received = (credentials: Made, call = get("/a?b=1")) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      yield* Effect.provide(call, Layer.mergeAll(as(url, credentials), once, client))
      return requests[0]
    })

  it.scopedLive.each([
    ["bearer", Credentials.bearer(key), "authorization", `Bearer ${secret}`],
    ["token", Credentials.token(key), "authorization", `Token ${secret}`],
    ["a key", Credentials.apiKey({ header: "X-Api-Key", key }), "x-api-key", secret],
    ["a key in a header of credentials", Credentials.apiKey({ header: "Authorization", key }), "authorization", secret],
    [
      "basic",
      Credentials.basic({ username: "Aladdin", password: Redacted.make("open sesame") }),
      "authorization",
      "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    ],
    [
      "basic, in UTF-8",
      Credentials.basic({ username: "test", password: Redacted.make("123£") }),
      "authorization",
      "Basic dGVzdDoxMjPCow=="
    ],
    [
      "basic, with colons in the password",
      Credentials.basic({ username: "a", password: Redacted.make("b:c") }),
      "authorization",
      "Basic YTpiOmM="
    ],
    [
      "basic, without a password",
      Credentials.basic({ username: "a", password: Redacted.make("") }),
      "authorization",
      "Basic YTo="
    ],
    ["a key as basic user", Credentials.basicKey(Redacted.make("sk_1")), "authorization", "Basic c2tfMTo="]
  ] as const)("are sent in their header: %s", ([, credentials, name, value]) =>
    Effect.gen(function* () {
      const request = yield* received(credentials)
      expect(request?.headers[name]).toBe(value)
      expect(request?.target).toBe("/a?b=1")
    })
  )

  it.scopedLive("are sent in the query, after the parameters of the call: a key in a query", () =>
    Effect.gen(function* () {
      const credentials = Credentials.apiKey({ query: "api key", key: Redacted.make("a&b=c+d%41#?/") })
      const request = yield* received(credentials, get("/a?b=1", { query: { c: [2, 3] } }))
      expect(request?.target).toBe("/a?b=1&c=2&c=3&api%20key=a%26b%3Dc%2Bd%2541%23%3F%2F")
      expect(new URL(request?.target ?? "", "http://a").searchParams.get("api key")).toBe("a&b=c+d%41#?/")
      expect((yield* received(credentials, get("/")))?.headers).not.toHaveProperty("authorization")
    })
  )

  it.scopedLive("are added by a function of one's own", () =>
    Effect.gen(function* () {
      const signed = Credentials.make("us", (request) =>
        HttpClientRequest.setHeader(request, "x-signature", `${request.method} ${new URL(request.url).pathname}`)
      )
      expect((yield* received(signed))?.headers["x-signature"]).toBe("GET /a")
    })
  )

  it.scopedLive.each(kinds)("are not sent again after a 401, under any policy that does not retry it: %s", ([, of]) =>
    Effect.gen(function* () {
      const retryOthers = RetryPolicy.make({ schedule: Schedule.recurs(3), retries: ({ status }) => status !== 401 })
      for (const policy of [RetryPolicy.standard, Civis.retryPolicy, RetryPolicy.none, retryOthers]) {
        const { requests, url } = yield* Scripted.make([Scripted.respond({ status: 401 }), ok])
        const error = yield* Effect.flip(get("/")).pipe(
          Effect.provideService(RetryPolicy.Current, policy),
          Effect.provide(Layer.merge(as(url, of(key)), client))
        )
        expect(error).toMatchObject({ _tag: "Unauthorized", status: 401 })
        expect(requests).toHaveLength(1)
      }
    })
  )

  it.scopedLive.each(kinds)("are in no error and no span, even if the server repeats them: %s", ([, of]) =>
    Effect.gen(function* () {
      const { spans, tracer } = listener()
      for (const status of [200, 302, 400, 401, 403, 404, 418, 429, 500]) {
        const { requests, url } = yield* Scripted.make(({ headers, target }) =>
          Scripted.json(
            { detail: `bad: ${target} ${JSON.stringify(headers)}`, token: secret },
            { status, headers: { "x-request-id": secret, location: `ftp://a/?key=${secret}` } }
          )
        )
        const error = yield* Effect.flip(get("/", { success: Schema.Literal("another value") })).pipe(
          Effect.withTracer(tracer),
          Effect.provide(Layer.mergeAll(as(url, of(key)), once, client))
        )
        expect(shows(shown(error), secret)).toBe(false)
        expect(shows(JSON.stringify(requests), secret) || /Basic /.test(JSON.stringify(requests))).toBe(true)
      }
      const closed = yield* Scripted.closedPort
      const error = yield* Effect.flip(get("/")).pipe(Effect.provide(Layer.mergeAll(as(closed, of(key)), once, client)))
      expect(error._tag).toBe("TransportError")
      expect(shows(shown(error), secret)).toBe(false)
      const texts = spans.map(({ attributes, events, name }) => shown([name, [...attributes], events]))
      expect(texts.length).toBeGreaterThan(0)
      expect(texts.filter((text) => shows(text, secret))).toEqual([])
    })
  )

  it.scopedLive.each(kinds)("are not sent to another origin by a redirect: %s", ([, of]) =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      const { requests, url } = yield* Scripted.make([
        Scripted.redirect("/next?page=2"),
        Scripted.redirect(new URL("/other", other.url))
      ])
      yield* Effect.provide(get("/"), Layer.mergeAll(as(url, of(key)), once, client))
      expect(requests).toHaveLength(2)
      const sent = ({ headers, target }: Scripted.Received) => [
        headers.authorization,
        headers["x-api-key"],
        new URL(target, url).searchParams.get("key")
      ]
      expect(sent(requests[1]!)).toEqual(sent(requests[0]!))
      expect(sent(requests[0]!).some((one) => typeof one === "string")).toBe(true)
      expect(new URL(requests[1]!.target, url).searchParams.get("page")).toBe("2")
      expect(other.requests.map(({ target }) => target)).toEqual(["/other"])
      expect(shows(JSON.stringify(other.requests), secret)).toBe(false)
      expect(other.requests[0]?.headers).not.toHaveProperty("authorization")
    })
  )

  it.scopedLive("are made once for a layer", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      let count = 0
      const counted = Effect.zipRight(
        Effect.sync(() => (count += 1)),
        Credentials.bearer(key)
      )
      yield* Effect.all([get("/1"), post("/2"), get("/3")]).pipe(
        Effect.provide(Layer.mergeAll(as(url, counted), once, client))
      )
      expect(requests.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(`Bearer ${secret}`))
      expect(count).toBe(1)
    })
  )
})

describe("a secret that can't be sent unchanged", () => {
  const bad = [
    ["empty", ""],
    ["a space", " "],
    ["a space in it", "hunter2 hunter2"],
    ["a space after it", "hunter2 "],
    ["a line break after it", "hunter2\n"],
    ["a header after it", "hunter2\r\nx-evil: 1"],
    ["a tab", "hunter2\t"],
    ["a zero", "hunter2\0"],
    ["Latin-1", "hunter2é"],
    ["Unicode", "hunter2日本"],
    ["a lone surrogate", "hunter2\ud800"]
  ] as const

  const expectRefused = (made: Made) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(made)
      expect(ConfigError.isConfigError(error)).toBe(true)
      expect(shown(error) + String(error)).not.toContain("hunter2")
      // A layer fails with the same error.
      const same = yield* Effect.flip(Effect.scoped(Layer.build(as("https://api.test", made))))
      expect(shown(same)).toBe(shown(error))
      return error
    })

  it.effect.each(bad)("is refused: %s", ([, text]) =>
    Effect.gen(function* () {
      const key = Redacted.make(text)
      for (const [, of] of kinds.filter(([name]) => name !== "basic")) yield* expectRefused(of(key))
      yield* expectRefused(Credentials.bearer(key, { name: "me" }))
      yield* expectRefused(Credentials.apiKey({ query: "key", key, name: "me" }))
    })
  )

  it.effect.each([
    ["a colon in the name", "bob:hunter2", "x", "username"],
    ["a line break in the name", "bob\nhunter2", "x", "username"],
    ["a C1 control in the name", "hunter2\u0085", "x", "username"],
    ["a lone surrogate in the name", "hunter2\ud800", "x", "username"],
    ["a line break in the password", "bob", "hunter2\n", "password"],
    ["a zero in the password", "bob", "\0hunter2", "password"],
    ["a lone surrogate in the password", "bob", "\udc00hunter2", "password"]
  ])("is refused: %s", ([, username = "", password = "", field]) =>
    Effect.gen(function* () {
      const error = yield* expectRefused(Credentials.basic({ username, password: Redacted.make(password) }))
      expect(error).toMatchObject({ path: [field] })
    })
  )

  it.effect("is refused for a key as basic user that has a colon", () =>
    expectRefused(Credentials.basicKey(Redacted.make("hunter2:x")))
  )

  it.effect.each(["", "a b", "a\nb", "a:", "é"])("is refused for a header of the invalid name %j", (header) =>
    Effect.gen(function* () {
      expect(yield* expectRefused(Credentials.apiKey({ header, key: Redacted.make("hunter2") }))).toMatchObject({
        path: ["header"]
      })
    })
  )

  it.effect("is refused for a query parameter without a name", () =>
    expectRefused(Credentials.apiKey({ query: "", key: Redacted.make("hunter2") }))
  )

  it.effect("is never one of visible ASCII characters without a colon", () =>
    forAll(fc.stringMatching(/^[\x21-\x39\x3b-\x7e]{1,40}$/), (text) =>
      Effect.forEach(kinds, ([, of]) =>
        Effect.map(Effect.either(of(Redacted.make(text))), (made) => expect(Either.isRight(made)).toBe(true))
      )
    )
  )
})

describe("the identity of credentials", () => {
  // A key as basic user has no colon.
  const secrets = fc.stringMatching(/^[\x21-\x39\x3b-\x7e]{8,60}$/)
  const unique = kinds.filter(([name]) => name !== "basic")

  it.effect("is a function of the secret that does not reveal it", () =>
    forAll(fc.uniqueArray(secrets, { minLength: 2, maxLength: 5 }), (texts) =>
      Effect.forEach(unique, ([, of]) =>
        Effect.gen(function* () {
          const identities = yield* Effect.forEach(texts, (text) => of(Redacted.make(text)))
          const again = yield* Effect.forEach(texts, (text) => of(Redacted.make(text)))
          expect(again.map(({ identity }) => identity)).toEqual(identities.map(({ identity }) => identity))
          expect(new Set(identities.map(({ identity }) => identity)).size).toBe(texts.length)
          identities.forEach(({ identity }, i) => {
            expect(identity).toMatch(/^[\da-f]{32}$/)
            expect(shows(identity, texts[i]!)).toBe(false)
          })
        })
      )
    )
  )

  it.effect("is a fingerprint that is the same in every process", () =>
    Effect.gen(function* () {
      expect(yield* fingerprint(Redacted.make("abc"))).toBe("ba7816bf8f01cfea414140de5dae2223")
    })
  )

  it.effect.each(unique)(
    "is another one in stores outside of the process where the secret can be guessed, and slow to compute: %s",
    ([, of]) =>
      Effect.gen(function* () {
        const seen = (text: string) =>
          Effect.gen(function* () {
            const { identity, partition, storeIdentity } = yield* of(Redacted.make(text))
            const stored = storeIdentity === undefined ? undefined : yield* storeIdentity
            expect(partition === undefined ? undefined : Option.getOrUndefined(yield* partition)).toBe(stored)
            return { identity, stored }
          })
        // All digests that a fast search would try.
        const fast = (text: string) =>
          ["sha256", "sha1", "md5", "sha512"].map((name) => createHash(name).update(text).digest("hex"))
        for (const text of ["4711", "0000", "hunter2", "2024-12-31", "1111222233334444111122223333"]) {
          const { stored } = yield* seen(text)
          expect(stored).toMatch(/^[\da-f]{32}$/)
          expect(fast(text).filter((digest) => digest.includes(stored!))).toEqual([])
        }
        expect((yield* seen("4711")).stored).toBe((yield* seen("4711")).stored)
        expect((yield* seen("4711")).stored).not.toBe((yield* seen("4712")).stored)
        expect((yield* seen("ghp_0123456789abcdefABCDEF0123456789abcd")).stored).toBeUndefined()
      })
  )

  it.scopedLive.each(unique)("is not what a limiter receives of a secret that can be guessed: %s", ([, of]) =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([ok])
      const seen: Array<string> = []
      const limiter = Layer.succeed(Limiter.Limiter, {
        acquire: ({ identity }) => Effect.sync(() => void seen.push(identity))
      })
      const { identity, storeIdentity } = yield* of(Redacted.make("4711"))
      yield* get("/a").pipe(
        Effect.provide(as(url, of(Redacted.make("4711"))).pipe(Layer.provide(limiter))),
        Effect.provide(Layer.merge(client, once))
      )
      expect(seen).toEqual([yield* storeIdentity!])
      expect(seen).not.toEqual([identity])
    })
  )

  it.effect("is the user name of basic credentials", () =>
    Effect.gen(function* () {
      expect((yield* Credentials.basic({ username: "bob", password: key })).identity).toBe("bob")
    })
  )

  it.effect("does not depend on the name, so that other keys of the same name are other callers", () =>
    Effect.gen(function* () {
      const named = (text: string) => {
        const options = { name: "our-bot", key: Redacted.make(text) }
        return Effect.all([
          Credentials.bearer(options.key, options),
          Credentials.token(options.key, options),
          Credentials.apiKey({ ...options, header: "x-key" }),
          Credentials.apiKey({ ...options, query: "key" })
        ])
      }
      const [one, other] = [yield* named("key-one"), yield* named("key-other")]
      for (const [index, { identity, name }] of one.entries()) {
        expect([name, other[index]!.name]).toEqual(["our-bot", "our-bot"])
        expect(identity).toBe(yield* fingerprint(Redacted.make("key-one")))
        expect(other[index]!.identity).not.toBe(identity)
      }
    })
  )

  it.effect("is not the only field without a secret: none of the others shows it", () =>
    Effect.gen(function* () {
      for (const [, of] of kinds) {
        const made = yield* of(key)
        expect(shows(shown(made), secret)).toBe(false)
      }
    })
  )
})

describe("an identity that is empty or no text", () => {
  it.effect.each(["", 5, null])("is a ConfigError, since the empty one is that of anonymous callers: %j", (identity) =>
    Effect.map(Effect.flip(Credentials.make(identity as string, (request) => request)), (error) => {
      expect(error).toMatchObject({ _op: "InvalidData", path: ["identity"] })
    })
  )
})

describe("a secret of another type, from JavaScript", () => {
  it.effect("is a ConfigError, and not printed", () =>
    Effect.gen(function* () {
      for (const secret of ["plain", Redacted.make(5), Redacted.make(null), undefined]) {
        const key = secret as never as Redacted.Redacted
        for (const credentials of [
          Credentials.bearer(key),
          Credentials.token(key),
          Credentials.apiKey({ header: "x-key", key }),
          Credentials.apiKey({ query: "key", key }),
          Credentials.basic({ username: "bob", password: key })
        ]) {
          const error = yield* Effect.flip(credentials)
          expect(error).toMatchObject({ _op: "InvalidData" })
          expect(String(error)).not.toContain("plain")
        }
      }
      const key = Redacted.make("secret")
      yield* Effect.flip(Credentials.apiKey({ header: 5 as never, key }))
      yield* Effect.flip(Credentials.apiKey({ query: -1 as never, key }))
      yield* Effect.flip(Credentials.basic({ username: 5 as never, password: key }))
    })
  )
})

describe("the name of credentials", () => {
  const messageFor = (status: number, credentials: Effect.Effect<Credentials.Credentials, ConfigError.ConfigError>) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { url } = yield* Scripted.make([Scripted.respond({ status })])
        const layer = Layer.mergeAll(as(url, credentials), once, client)
        return (yield* Effect.flip(Effect.provide(get("/"), layer))).message
      })
    )

  it.live.each([
    ["the kind of a token", () => Credentials.bearer(key), "as bearer token"],
    ["the scheme of a key", () => Credentials.token(key), "as Token key"],
    [
      "the header of a key",
      () => Credentials.apiKey({ header: "X-Api-Key", key }),
      "as API key in the header x-api-key"
    ],
    ["the parameter of a key", () => Credentials.apiKey({ query: "k", key }), "as API key in the query parameter k"],
    ["the user name", () => Credentials.basic({ username: "bob", password: key }), "as basic user bob"],
    ["the kind of a key as basic user", () => Credentials.basicKey(key), "as API key as basic user"],
    ["the option `name`", () => Credentials.bearer(key, { name: "our-bot" }), "as our-bot"],
    ["the identity, without a name", () => Credentials.make("our-app", (request) => request), "as our-app"],
    ["the absence of credentials", () => Effect.succeed(Credentials.none), "without credentials"]
  ] as const)("in a 401 and a 403 is %s", ([, of, named]) =>
    Effect.gen(function* () {
      expect(yield* messageFor(401, of())).toContain(`unauthorized, ${named} (401)`)
      expect(yield* messageFor(403, of())).toContain(`forbidden, ${named} (403)`)
    })
  )
})

describe("setBasic", () => {
  it("sets the header of RFC 7617's example", () => {
    const credentials = { username: "Aladdin", password: Redacted.make("open sesame") }
    expect(Credentials.setBasic(HttpClientRequest.get("/"), credentials).headers["authorization"]).toBe(
      "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    )
  })

  it("encodes the user name and the password in UTF-8", () => {
    const request = Credentials.setBasic(HttpClientRequest.get("https://api.test"), {
      username: "Aladdin",
      password: Redacted.make("open sesame: é日")
    })
    const [scheme, encoded = ""] = (request.headers["authorization"] ?? "").split(" ")
    expect(scheme).toBe("Basic")
    expect(Buffer.from(encoded, "base64").toString()).toBe("Aladdin:open sesame: é日")
  })
})

describe("Credentials.none", () => {
  it.effect("leaves the request as it is, and has no others", () =>
    Effect.gen(function* () {
      const request = HttpClientRequest.get("https://api.test")
      const authorized = yield* Credentials.none.authorize(request)
      expect(authorized.request).toBe(request)
      expect(yield* Credentials.none.rejected(authorized.generation)).toBe(false)
    }).pipe(Effect.provide(client))
  )
})
