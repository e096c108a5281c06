import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Endpoint, Operation, RetryPolicy } from "effect-herald"
import * as Scripted from "../../servers/scripted.js"
import { at, bearing, Caller, clients, Ok, once, status, stub, thing } from "../kit.js"

const ok = Scripted.json({ ok: true })
const credentials = { authorization: "Bearer token", "x-api-key": "key", cookie: "session=1" }
const names = Object.keys(credentials)

const save = (sensitive: boolean) =>
  Operation.make(
    Caller,
    () =>
      HttpApiEndpoint.post("save", "/save")
        .setPayload(Schema.Struct({ text: Schema.String }))
        .addSuccess(Ok)
        .annotate(Endpoint.Sensitive, sensitive),
    (text: string) => ({ payload: { text } })
  )

describe.each(clients)("redirects, by %s", (_, client) => {
  const calling = (url: URL) => Layer.mergeAll(at(url, bearing(credentials)), once, client)

  it.scopedLive("within the origin keep credentials", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([
        Scripted.redirect("/elsewhere"),
        Scripted.redirect("relative?q=1#part"),
        ok
      ])
      expect(yield* Effect.provide(thing(), calling(url))).toEqual({ ok: true })
      // A fragment is the client's own (RFC 9110, 7.1).
      expect(requests.map(({ target }) => target)).toEqual(["/thing", "/elsewhere", "/relative?q=1"])
      for (const { headers } of requests) expect(headers).toMatchObject(credentials)
    })
  )

  it.scopedLive("to another origin take no credentials along, nor back home again", () =>
    Effect.gen(function* () {
      const home: { url?: URL } = {}
      const other = yield* Scripted.make(() => Scripted.redirect(new URL("/back", home.url)))
      const { requests, url } = yield* Scripted.make([Scripted.redirect(new URL("/away", other.url)), ok])
      home.url = url
      expect(yield* Effect.provide(thing(), calling(url))).toEqual({ ok: true })
      expect(requests[0]?.headers).toMatchObject(credentials)
      expect(other.requests.map(({ target }) => target)).toEqual(["/away"])
      for (const { headers } of [...other.requests, requests[1]].filter((one) => one !== undefined)) {
        for (const name of names) expect(headers).not.toHaveProperty(name)
      }
    })
  )

  // RFC 9110, 15.4: 303 makes a GET of everything, 301 and 302 of a POST, 307 and 308 of nothing.
  const after = (
    [
      ["GET", ["GET", "GET", "GET", "GET", "GET"]],
      ["POST", ["GET", "GET", "GET", "POST", "POST"]],
      ["PUT", ["PUT", "PUT", "GET", "PUT", "PUT"]],
      ["PATCH", ["PATCH", "PATCH", "GET", "PATCH", "PATCH"]],
      ["DELETE", ["DELETE", "DELETE", "GET", "DELETE", "DELETE"]]
    ] as const
  ).flatMap(([method, becomes]) => [301, 302, 303, 307, 308].map((status, i) => [method, status, becomes[i]] as const))

  it.scopedLive.each(after)("%s after %i is %s", ([method, status, becomes]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.redirect("/next", status), ok])
      yield* Effect.provide(thing(method), calling(url))
      expect(requests.map(({ method }) => method)).toEqual([method, becomes])
    })
  )

  it.scopedLive("a body goes along where the method does, and its headers stay behind with it", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([
        Scripted.redirect("/again", 308),
        Scripted.redirect("/result", 303),
        ok
      ])
      yield* Effect.provide(save(true)("hello"), calling(url))
      const seen = requests.map(({ body, headers, method }) => [method, body, headers["content-type"]])
      expect(seen).toEqual([
        ["POST", '{"text":"hello"}', "application/json"],
        ["POST", '{"text":"hello"}', "application/json"],
        ["GET", "", undefined]
      ])
      for (const { headers } of requests) expect(headers).toMatchObject(credentials)
    })
  )

  it.scopedLive("a body that may hold secrets does not go to another origin", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      const { url } = yield* Scripted.make([Scripted.redirect(other.url, 307)])
      const error = yield* Effect.flip(Effect.provide(save(true)("hello"), calling(url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Redirect", status: 307 })
      expect(other.requests).toEqual([])
      yield* Effect.provide(save(false)("hello"), calling(url))
      expect(other.requests.map(({ body }) => body)).toEqual(['{"text":"hello"}'])
    })
  )

  it.scopedLive("an input that is redacted does not go to another origin, whatever the endpoint says", () =>
    Effect.gen(function* () {
      const text = Schema.Redacted(Schema.String)
      const withSecrets = Operation.make(
        Caller,
        () =>
          HttpApiEndpoint.post("withSecrets", "/secrets")
            .setHeaders(Schema.Struct({ "x-secret": text }))
            .setPayload(Schema.Struct({ deep: Schema.Array(text) }))
            .addSuccess(Ok),
        (secret: Redacted.Redacted) => ({ headers: { "x-secret": secret }, payload: { deep: [secret] } })
      )
      const other = yield* Scripted.make([ok])
      for (const status of [301, 303, 307]) {
        const { url } = yield* Scripted.make([Scripted.redirect(other.url, status)])
        yield* Effect.ignore(Effect.provide(withSecrets(Redacted.make("hunter2")), calling(url)))
      }
      // A redirect that makes a GET of it leaves the secrets behind.
      expect(other.requests.map(({ body, headers, method }) => [method, body, headers["x-secret"]])).toEqual([
        ["GET", "", undefined],
        ["GET", "", undefined]
      ])
    })
  )

  it.scopedLive("a loop ends", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.redirect("/thing")])
      const error = yield* Effect.flip(Effect.provide(thing(), calling(url)))
      expect(error).toMatchObject({
        _tag: "DecodeError",
        reason: "Redirect",
        status: 302,
        attempts: [{ class: "Final" }]
      })
      expect(requests).toHaveLength(21)
    })
  )

  it.scopedLive.each(["http://", "ftp://127.0.0.1/", "javascript:1", "file:///etc/passwd", "http://a:b@127.0.0.1/"])(
    "to %s is not followed",
    (location) =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([Scripted.redirect(location)])
        const error = yield* Effect.flip(Effect.provide(thing(), calling(url)))
        expect(error).toMatchObject({ _tag: "DecodeError", reason: "Redirect", status: 302 })
        expect(requests).toHaveLength(1)
      })
  )

  it.scopedLive.each([300, 304, 305, 306])("%i is not followed", (status) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.redirect("/next", status)])
      const error = yield* Effect.flip(Effect.provide(thing(), calling(url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Redirect", status })
      expect(requests).toHaveLength(1)
    })
  )

  it.scopedLive("without a location is not followed", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.answer({ status: 302 })])
      const error = yield* Effect.flip(Effect.provide(thing(), calling(url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Redirect" })
    })
  )

  it.scopedLive("a redirect's own body is dropped, and its connection used again", () =>
    Effect.gen(function* () {
      const headers = { location: "/next" }
      const moved = [
        Scripted.chunked(["moved", " there"], { status: 302, headers }),
        Scripted.answer({ status: 302, headers, body: "moved" })
      ]
      const { requests, url } = yield* Scripted.make([...Array.from({ length: 9 }, () => moved).flat(), ok])
      yield* Effect.provide(thing(), calling(url))
      // The next request may begin before the client has seen that the last one's connection is free.
      expect(new Set(requests.map(({ connection }) => connection)).size).toBeLessThan(4)
    })
  )
})

describe("redirects that no loopback can show", () => {
  it.effect("from https to http are not followed", () =>
    Effect.gen(function* () {
      const client = stub([status(302, { location: "http://api.test/next" }), status(200)])
      const error = yield* thing().pipe(
        Effect.flip,
        Effect.provide(Layer.mergeAll(at(new URL("https://api.test")), once, client.layer))
      )
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Redirect" })
      expect(client.requests).toHaveLength(1)
    })
  )

  it.effect("from http to https are, without credentials, since it is another origin", () =>
    Effect.gen(function* () {
      const client = stub([status(302, { location: "https://api.test/next" }), status(200)])
      yield* Effect.provide(
        thing(),
        Layer.mergeAll(at(new URL("http://api.test"), { ...bearing(credentials), insecure: true }), once, client.layer)
      )
      expect(client.requests.map(({ request }) => request.url)).toEqual([
        "http://api.test/thing",
        "https://api.test/next"
      ])
      for (const name of names) expect(client.requests[1]?.request.headers).not.toHaveProperty(name)
    })
  )
})

describe.each(clients)("what was carried out before a redirect, by %s", (_, client) => {
  const greedy = Layer.succeed(
    RetryPolicy.Current,
    RetryPolicy.make({ schedule: Schedule.recurs(3), repeats: () => true })
  )
  const ends = [
    ["429", Scripted.answer({ status: 429 })],
    ["503 with Retry-After", Scripted.answer({ status: 503, headers: { "retry-after": "0" } })],
    ["408", Scripted.answer({ status: 408 })],
    ["reset", Scripted.reset]
  ] as const

  it.scopedLive.each(ends)("is not done twice because what it leads to ends with %s", ([, behaviour]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make(({ method }) =>
        method === "POST" ? Scripted.redirect("/result", 303) : behaviour
      )
      const error = yield* Effect.flip(thing("POST")).pipe(Effect.provide(Layer.mergeAll(at(url), greedy, client)))
      expect(requests.map(({ method }) => method)).toEqual(["POST", "GET"])
      expect(error.attempts).toMatchObject([{ class: "Ambiguous", verdict: "unsafe" }])
    })
  )

  it.scopedLive("nor because nobody is there", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.redirect(yield* Scripted.closedPort, 303)])
      yield* Effect.flip(thing("POST")).pipe(Effect.provide(Layer.mergeAll(at(url), greedy, client)))
      expect(requests).toHaveLength(1)
    })
  )

  it.scopedLive("nor because other credentials are wanted", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make(({ method }) =>
        method === "POST" ? Scripted.redirect("/result", 303) : Scripted.answer({ status: 401 })
      )
      const caller = at(url, { rejected: () => Effect.succeed(true) })
      yield* Effect.flip(thing("POST")).pipe(Effect.provide(Layer.mergeAll(caller, greedy, client)))
      expect(requests.map(({ method }) => method)).toEqual(["POST", "GET"])
    })
  )

  it.scopedLive("a redirect that leaves the method as it is did nothing", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([
        Scripted.redirect("/thing", 307),
        Scripted.answer({ status: 429 }),
        ok
      ])
      yield* Effect.provide(thing("POST"), Layer.mergeAll(at(url), greedy, client))
      expect(requests.map(({ method }) => method)).toEqual(["POST", "POST", "POST"])
    })
  )
})
