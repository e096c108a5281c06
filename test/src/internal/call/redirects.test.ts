import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Authoriser, Body, Credentials, Verbs } from "effect-herald"
import { rawServer } from "../../../servers/raw.js"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { Caller, once } from "../../../support/kit.js"

const { get, post } = Verbs.make(Caller)
const ok = Scripted.json({ ok: true })
const key = Credentials.apiKey({ query: "key", key: Redacted.make("s3cr3t") })
const redirects = [301, 302, 303, 307, 308]

describe.each(clients)("after a redirect, with %s", (_, client) => {
  const provide = (
    url: URL,
    credentials: Effect.Effect<Credentials.Credentials, unknown> = Effect.succeed(Credentials.none)
  ) => Layer.mergeAll(Authoriser.layer(Caller, { baseUrl: url, credentials: Effect.orDie(credentials) }), once, client)

  it.scopedLive.each(redirects.flatMap((status) => ["/b", "/b?x=1"].map((target) => [status, target] as const)))(
    "the key in the query is sent once, and is no part of the response's URL: %i to %s",
    ([status, target]) =>
      Effect.gen(function* () {
        const suffix = `${target.includes("?") ? "&" : "?"}key=s3cr3t`
        for (const location of [target, target + suffix, `${target}${suffix}&key=s3cr3t`]) {
          const { requests, url } = yield* Scripted.make([Scripted.redirect(location, status), ok])
          const response = yield* Effect.provide(post.withResponse("/a", { query: { q: "1 2" } }), provide(url, key))
          expect(requests[1]?.target).toBe(target + suffix)
          expect(response.url).toBe(new URL(target, url).href)
        }
      })
  )

  it.scopedLive("a key that the target repeats is not sent to another origin", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      const { url } = yield* Scripted.make([Scripted.redirect(new URL("/b?x=1&key=s3cr3t", other.url))])
      yield* Effect.provide(get("/a"), provide(url, key))
      expect(other.requests.map(({ target }) => target)).toEqual(["/b?x=1"])
    })
  )

  const ways: ReadonlyArray<
    readonly [name: string, add: (r: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest]
  > = [
    ["sets a parameter", HttpClientRequest.setUrlParam("key", "s3cr3t-key")],
    ["appends a parameter", HttpClientRequest.appendUrlParam("key", "s3cr3t-key")],
    [
      "writes the URL",
      (request) =>
        HttpClientRequest.setUrl(request, `${request.url}${request.url.includes("?") ? "&" : "?"}key=s3cr3t-key`)
    ]
  ]

  it.scopedLive.each(redirects.flatMap((status) => ways.map(([name, add]) => [status, name, add] as const)))(
    "the target is the whole target, with the credential once: %i, credentials by a function that %s",
    ([status, , add]) =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make(({ target }) =>
          target.startsWith("/a?") ? Scripted.redirect(target.replace("/a?", "/a/?"), status) : ok
        )
        yield* Effect.provide(
          Effect.all([
            get("/a?q=1"),
            get("/a", { query: { q: ["1", "1"], "k y": "a b" } }),
            post("/a?q=1", { json: { ok: true } })
          ]),
          provide(url, Credentials.make("us", add))
        )
        const sent = requests.map(({ target }) => target)
        expect(sent.filter((_, index) => index % 2 === 1)).toEqual(
          sent.filter((_, index) => index % 2 === 0).map((target) => target.replace("/a?", "/a/?"))
        )
        expect(sent[1]).toBe("/a/?q=1&key=s3cr3t-key")
      })
  )

  it.scopedLive("parameters that the client adds to each request are sent once", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make(({ target }) =>
        target.startsWith("/a?") ? Scripted.redirect(target.replace("/a?", "/a/?"), 307) : ok
      )
      const adding = Layer.effect(
        HttpClient.HttpClient,
        Effect.map(HttpClient.HttpClient, HttpClient.mapRequest(HttpClientRequest.appendUrlParam("key", "s3cr3t")))
      ).pipe(Layer.provide(client))
      yield* get("/a?q=1").pipe(
        Effect.provide(Authoriser.layer(Caller, { baseUrl: url })),
        Effect.provide(Layer.merge(adding, once))
      )
      expect(requests.map(({ target }) => target)).toEqual(["/a?q=1&key=s3cr3t", "/a/?q=1&key=s3cr3t"])
    })
  )

  it.scopedLive(
    "a key that has the name of a parameter of the call is not sent to another origin, and the parameter is",
    () =>
      Effect.gen(function* () {
        const other = yield* Scripted.make([ok])
        const { url } = yield* Scripted.make([Scripted.redirect(new URL("/b?key=mine&key=s3cr3t-key", other.url))])
        const appended = Credentials.make("us", ways[2]![1])
        yield* Effect.provide(get("/a?key=mine"), provide(url, appended))
        expect(other.requests.map(({ target }) => target)).toEqual(["/b?key=mine"])
      })
  )

  it.scopedLive.each<readonly [string, string, string]>([
    ["in a URL to return to", "/login?x=1&return_to=%2Fa%3Fkey%3Ds3cr3t-key", "/login?x=1"],
    ["in such a URL that is encoded twice", "/login?return_to=%252Fa%253Fkey%253Ds3cr3t%252Dkey&x=1", "/login?x=1"],
    ["under another name", "/login?k=s3cr3t-key", "/login"],
    ["with its name encoded", "/login?%6Bey=s3cr3t-key&x=1", "/login?x=1"]
  ])("a key that the target repeats is not sent to another origin: %s", ([, target, sent]) =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      for (const [, add] of ways) {
        const { url } = yield* Scripted.make([Scripted.redirect(new URL(target, other.url))])
        yield* Effect.provide(get("/a"), provide(url, Credentials.make("us", add)))
      }
      expect(other.requests.map(({ target }) => target)).toEqual([sent, sent, sent])
    })
  )

  it.scopedLive.each<readonly [string, string]>([
    ["in the path", "/files/s3cr3t-key/1"],
    ["in the path, encoded", "/files/s3cr3t%2Dkey"],
    ["in base64", `/files/${btoa("s3cr3t-key").replace(/=+$/, "")}`],
    ["in a parameter's name", "/files?s3cr3t-key"]
  ])("a target on another origin that contains a key is not followed: %s", ([, target]) =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      for (const [, add] of ways) {
        const { url } = yield* Scripted.make([Scripted.redirect(new URL(target, other.url))])
        const error = yield* Effect.flip(Effect.provide(get("/a"), provide(url, Credentials.make("us", add))))
        expect(error).toMatchObject({ status: 302 })
      }
      expect(other.requests).toEqual([])
    })
  )

  it.scopedLive.each<[string, Record<string, string>]>([
    ["the length of another body", { "content-length": "5" }],
    ["a header of the connection", { "transfer-encoding": "chunked" }]
  ])("credentials that set %s are refused", ([, headers]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.redirect("/b"), ok])
      const onlyThere = Credentials.make("us", (request) =>
        request.url.endsWith("/b") ? HttpClientRequest.setHeaders(request, headers) : request
      )
      const error = yield* Effect.flip(Effect.provide(get("/a"), provide(url, onlyThere)))
      expect(error).toMatchObject({ _tag: "EncodeError", issues: [{ path: ["headers", Object.keys(headers)[0]] }] })
      expect(requests).toHaveLength(1)
    })
  )

  it.scopedLive("a parameter of another origin that has the key's name is left as it is", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      const { url } = yield* Scripted.make([Scripted.redirect(new URL("/b?key=SIGNED&x=1", other.url))])
      yield* Effect.provide(get("/a"), provide(url, key))
      expect(other.requests.map(({ target }) => target)).toEqual(["/b?key=SIGNED&x=1"])
    })
  )

  it.scopedLive("headers of the caller's own that look like credentials are not sent to another origin", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      const { url } = yield* Scripted.make([Scripted.redirect(other.url)])
      const headers = { "x-api-key": "a", authorization: "b", "x-auth-token": "c", "x-plain": "d" }
      yield* Effect.provide(get("/a", { headers: { ...headers, authorization: null } }), provide(url))
      expect(other.requests[0]?.headers).toMatchObject({ "x-plain": "d" })
      for (const name of ["x-api-key", "x-auth-token"]) expect(other.requests[0]?.headers).not.toHaveProperty(name)
    })
  )

  it.scopedLive("a 401 of another origin does not refresh the credentials", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([Scripted.respond({ status: 401 })])
      const { requests, url } = yield* Scripted.make([Scripted.redirect(other.url)])
      const credentials: Credentials.Credentials = {
        ...Credentials.none,
        rejected: () => Effect.dieMessage("the credentials were refreshed")
      }
      const error = yield* Effect.flip(Effect.provide(get("/a"), provide(url, Effect.succeed(credentials))))
      expect(error).toMatchObject({ _tag: "Unauthorized" })
      expect(requests).toHaveLength(1)
    })
  )

  it.scopedLive.each(redirects)("a request is signed anew: %i", (status) =>
    Effect.gen(function* () {
      const sign = Credentials.make("signer", (request) =>
        HttpClientRequest.setHeader(request, "x-signature", `${request.method} ${new URL(request.url).pathname}`)
      )
      const { requests, url } = yield* Scripted.make([
        Scripted.redirect("/b", status),
        Scripted.redirect("/c", 307),
        ok
      ])
      yield* Effect.provide(post("/a", { json: {} }), provide(url, sign))
      expect(requests.map(({ headers }) => headers["x-signature"])).toEqual(
        requests.map(({ method, target }) => `${method} ${target}`)
      )
      expect(requests).toHaveLength(3)
    })
  )

  it.scopedLive("credentials that can't be obtained any more are an AuthoriserError", () =>
    Effect.gen(function* () {
      let count = 0
      const failing: Credentials.Credentials = {
        ...Credentials.none,
        identity: "failing",
        authorize: (request) =>
          (count += 1) === 1
            ? Effect.succeed({ request, generation: 0 })
            : Effect.fail(new Credentials.CredentialsFailure({ reason: "Gone", message: "gone" }))
      }
      const { requests, url } = yield* Scripted.make([Scripted.redirect("/b"), ok])
      const error = yield* Effect.flip(Effect.provide(get("/a"), provide(url, Effect.succeed(failing))))
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Gone" })
      expect(requests).toHaveLength(1)
    })
  )

  it.scopedLive.each([
    ["UTF-8", "/é?q=日", "/%C3%A9?q=%E6%97%A5"],
    ["percent-encoded", "/%C3%A9", "/%C3%A9"],
    ["spaces around it", "  /b  ", "/b"]
  ] as const)("the target is what a browser makes of `Location`: %s", ([, location, target]) =>
    Effect.gen(function* () {
      const targets: Array<string> = []
      const bytes = Buffer.from(location).toString("latin1")
      const url = yield* rawServer((requested) => {
        targets.push(requested)
        return requested === "/a"
          ? `HTTP/1.1 302 Found\r\nlocation: ${bytes}\r\ncontent-length: 0\r\n\r\n`
          : "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
      })
      yield* Effect.provide(get("/a"), provide(url))
      expect(targets).toEqual(["/a", target])
    })
  )

  const gone = { status: 302, headers: { location: "/b" } }

  it.scopedLive.each([
    ["stalls", Scripted.stalled("moved", gone)],
    ["is endless", Scripted.endless("x".repeat(65_536), { status: 302, headers: { location: "/b" } })],
    ["is cut short", Scripted.cutShort({ status: 302, headers: { location: "/b" }, body: "moved" })]
  ] as const)("whose body %s, the connection is given up and the redirect followed", ([, behaviour]) =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([behaviour, ok])
      expect(yield* Effect.provide(get("/a"), provide(server.url))).toEqual({ ok: true })
      yield* server.abandoned
    })
  )

  it.scopedLive(
    "that is declared, the response is returned instead: by its number, its class, as success or error",
    () =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([Scripted.redirect("/b", 307)])
        const byNumber = get.withResponse("/a", { success: { 200: Body.json(), 307: Body.empty("moved") } })
        const byClass = get.withResponse("/a", { success: { 200: Body.json(), "3XX": Body.empty("moved") } })
        for (const call of [byNumber, byClass]) {
          const response = yield* Effect.provide(call, provide(url))
          expect(response).toMatchObject({ status: 307, value: "moved", headers: { location: "/b" } })
        }
        expect(requests.map(({ target }) => target)).toEqual(["/a", "/a"])
        // Others are followed.
        const others = yield* Scripted.make([Scripted.redirect("/b", 301), ok])
        const call = get("/a", { success: { 200: Body.json(), 303: Body.empty("moved") } })
        expect(yield* Effect.provide(call, provide(others.url))).toEqual({ ok: true })
      })
  )
})

describe("options of fetch", () => {
  const seen: Array<RequestInit> = []
  const fetch = (_: unknown, init: RequestInit = {}) => {
    seen.push(init)
    return Promise.resolve(new Response("{}"))
  }
  const options = { credentials: "include", cache: "no-store", mode: "cors", redirect: "follow" } as const
  const expected = { credentials: "include", cache: "no-store", mode: "cors", redirect: "manual" }
  const caller = Layer.merge(Authoriser.layer(Caller, { baseUrl: "https://api.test" }), once)

  it.effect("of the client's layer are kept, but for `redirect`", () =>
    Effect.gen(function* () {
      const client = FetchHttpClient.layer.pipe(
        Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, options)),
        Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch as typeof globalThis.fetch))
      )
      yield* Effect.provide(get("/a"), Layer.merge(caller, client))
      expect(seen.splice(0)).toMatchObject([expected])
    })
  )

  it.scopedLive("have no headers for another origin, since these may be credentials", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      const { requests, url } = yield* Scripted.make([Scripted.redirect(other.url)])
      const client = FetchHttpClient.layer.pipe(
        Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { headers: { "x-init": "1" } }))
      )
      yield* Effect.provide(
        get("/a"),
        Layer.mergeAll(Layer.orDie(Authoriser.layer(Caller, { baseUrl: url })), once, client)
      )
      expect(requests[0]?.headers).toMatchObject({ "x-init": "1" })
      expect(other.requests[0]?.headers).not.toHaveProperty("x-init")
    })
  )

  it.effect("of the program are kept, but for `redirect`, and do not change", () =>
    Effect.gen(function* () {
      const client = FetchHttpClient.layer.pipe(
        Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch as typeof globalThis.fetch))
      )
      const after = yield* Effect.zipRight(get("/a"), FetchHttpClient.RequestInit).pipe(
        Effect.provideService(FetchHttpClient.RequestInit, options),
        Effect.provide(Layer.merge(caller, client))
      )
      expect(seen.splice(0)).toMatchObject([expected])
      expect(after).toEqual(options)
    })
  )
})
