import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Endpoint, Operation, RetryPolicy } from "effect-herald"
import * as Scripted from "../../../servers/scripted.js"
import { clients } from "../../../support/clients.js"
import { at, bearing, Caller, Ok, once, status, stub, thing } from "../../../support/kit.js"

const ok = Scripted.json({ ok: true })
const credentials = { authorization: "Bearer token", "x-api-key": "key", cookie: "session=1" }
const names = Object.keys(credentials)

const save = (sensitive: boolean) =>
  Operation.make(
    Caller,
    () => Endpoint.post("/save", { body: Schema.Struct({ text: Schema.String }), success: Ok, sensitive }),
    (text: string) => ({ body: { text } })
  )

describe.each(clients)("redirects, with %s", (_, client) => {
  const calling = (url: URL) => Layer.mergeAll(at(url, { credentials: bearing(credentials) }), once, client)

  it.scopedLive("to the same origin keep credentials", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([
        Scripted.redirect("/elsewhere"),
        Scripted.redirect("relative?q=1#part"),
        ok
      ])
      expect(yield* Effect.provide(thing(), calling(url))).toEqual({ ok: true })
      // A fragment is not sent (RFC 9110, 7.1).
      expect(requests.map(({ target }) => target)).toEqual(["/thing", "/elsewhere", "/relative?q=1"])
      for (const { headers } of requests) expect(headers).toMatchObject(credentials)
    })
  )

  it.scopedLive("to another origin carry no credentials, nor does a redirect from there", () =>
    Effect.gen(function* () {
      const own: { url?: URL } = {}
      const other = yield* Scripted.make(() => Scripted.redirect(new URL("/back", own.url)))
      const { requests, url } = yield* Scripted.make([Scripted.redirect(new URL("/other", other.url)), ok])
      own.url = url
      expect(yield* Effect.provide(thing(), calling(url))).toEqual({ ok: true })
      expect(requests[0]?.headers).toMatchObject(credentials)
      expect(other.requests.map(({ target }) => target)).toEqual(["/other"])
      for (const { headers } of [...other.requests, requests[1]].filter((one) => one !== undefined)) {
        for (const name of names) expect(headers).not.toHaveProperty(name)
      }
    })
  )

  // RFC 9110, 15.4: the request after a 303 is a GET, after a 301 or 302 it is for a POST, after a 307 or 308 never.
  const methodsAfter = (
    [
      ["GET", ["GET", "GET", "GET", "GET", "GET"]],
      ["POST", ["GET", "GET", "GET", "POST", "POST"]],
      ["PUT", ["PUT", "PUT", "GET", "PUT", "PUT"]],
      ["PATCH", ["PATCH", "PATCH", "GET", "PATCH", "PATCH"]],
      ["DELETE", ["DELETE", "DELETE", "GET", "DELETE", "DELETE"]]
    ] as const
  ).flatMap(([method, becomes]) => [301, 302, 303, 307, 308].map((status, i) => [method, status, becomes[i]] as const))

  it.scopedLive.each(methodsAfter)("make of a %s, by %i, a %s", ([method, status, becomes]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.redirect("/next", status), ok])
      yield* Effect.provide(thing(method), calling(url))
      expect(requests.map(({ method }) => method)).toEqual([method, becomes])
    })
  )

  it.scopedLive("carry the body and its headers if the method stays, and neither if it becomes a GET", () =>
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

  it.scopedLive("do not carry the body of a sensitive endpoint to another origin", () =>
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

  it.scopedLive("do not carry Redacted input to another origin, whatever the endpoint declares", () =>
    Effect.gen(function* () {
      const text = Schema.Redacted(Schema.String)
      const withSecrets = Operation.make(
        Caller,
        () =>
          Endpoint.post("/secrets", {
            headers: { "x-secret": text },
            body: Schema.Struct({ deep: Schema.Array(text) }),
            success: Ok
          }),
        (secret: Redacted.Redacted) => ({ headers: { "x-secret": secret }, body: { deep: [secret] } })
      )
      const other = yield* Scripted.make([ok])
      for (const status of [301, 303, 307]) {
        const { url } = yield* Scripted.make([Scripted.redirect(other.url, status)])
        yield* Effect.ignore(Effect.provide(withSecrets(Redacted.make("hunter2")), calling(url)))
      }
      // A redirect that makes a GET of it drops the secrets.
      expect(other.requests.map(({ body, headers, method }) => [method, body, headers["x-secret"]])).toEqual([
        ["GET", "", undefined],
        ["GET", "", undefined]
      ])
    })
  )

  it.scopedLive("end after 20", () =>
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
    "to %s are not followed",
    (location) =>
      Effect.gen(function* () {
        const { requests, url } = yield* Scripted.make([Scripted.redirect(location)])
        const error = yield* Effect.flip(Effect.provide(thing(), calling(url)))
        expect(error).toMatchObject({ _tag: "DecodeError", reason: "Redirect", status: 302 })
        expect(requests).toHaveLength(1)
      })
  )

  it.scopedLive.each([300, 305, 306])("by %i are not followed", (status) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.redirect("/next", status)])
      const error = yield* Effect.flip(Effect.provide(thing(), calling(url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Redirect", status })
      expect(requests).toHaveLength(1)
    })
  )

  it.scopedLive("without a Location are not followed", () =>
    Effect.gen(function* () {
      const { url } = yield* Scripted.make([Scripted.respond({ status: 302 })])
      const error = yield* Effect.flip(Effect.provide(thing(), calling(url)))
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Redirect" })
    })
  )

  it.scopedLive("have their body dropped, so that the connection is reused", () =>
    Effect.gen(function* () {
      const headers = { location: "/next" }
      const found = [
        Scripted.chunked(["moved", " there"], { status: 302, headers }),
        Scripted.respond({ status: 302, headers, body: "moved" })
      ]
      const { requests, url } = yield* Scripted.make([...Array.from({ length: 9 }, () => found).flat(), ok])
      yield* Effect.provide(thing(), calling(url))
      // The next request may begin before the client notices that the last connection is free.
      expect(new Set(requests.map(({ connection }) => connection)).size).toBeLessThan(4)
    })
  )
})

describe("redirects between schemes", () => {
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

  it.effect("from http to https are followed without credentials, since it is another origin", () =>
    Effect.gen(function* () {
      const client = stub([status(302, { location: "https://api.test/next" }), status(200)])
      yield* Effect.provide(
        thing(),
        Layer.mergeAll(
          at(new URL("http://api.test"), { credentials: bearing(credentials), defaults: { insecure: true } }),
          once,
          client.layer
        )
      )
      expect(client.requests.map(({ request }) => request.url)).toEqual([
        "http://api.test/thing",
        "https://api.test/next"
      ])
      for (const name of names) expect(client.requests[1]?.request.headers).not.toHaveProperty(name)
    })
  )
})

describe.each(clients)("a POST that a 303 reports as carried out, with %s", (_, client) => {
  const retrying = Layer.succeed(
    RetryPolicy.Current,
    RetryPolicy.make({ schedule: Schedule.recurs(3), retries: () => true })
  )
  const failures = [
    ["429", Scripted.respond({ status: 429 })],
    ["503 with Retry-After", Scripted.respond({ status: 503, headers: { "retry-after": "0" } })],
    ["408", Scripted.respond({ status: 408 })],
    ["reset", Scripted.reset]
  ] as const

  it.scopedLive.each(failures)("is not retried where the result fails with %s", ([, behaviour]) =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make(({ method }) =>
        method === "POST" ? Scripted.redirect("/result", 303) : behaviour
      )
      const error = yield* Effect.flip(thing("POST")).pipe(Effect.provide(Layer.mergeAll(at(url), retrying, client)))
      expect(requests.map(({ method }) => method)).toEqual(["POST", "GET"])
      expect(error.attempts).toMatchObject([{ class: "Ambiguous", verdict: "unsafe" }])
    })
  )

  it.scopedLive("is not retried where the result can't be connected to", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.redirect(yield* Scripted.closedPort, 303)])
      yield* Effect.flip(thing("POST")).pipe(Effect.provide(Layer.mergeAll(at(url), retrying, client)))
      expect(requests).toHaveLength(1)
    })
  )

  it.scopedLive("is not sent again where the result is a 401", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make(({ method }) =>
        method === "POST" ? Scripted.redirect("/result", 303) : Scripted.respond({ status: 401 })
      )
      const caller = at(url, { credentials: { rejected: () => Effect.succeed(true) } })
      yield* Effect.flip(thing("POST")).pipe(Effect.provide(Layer.mergeAll(caller, retrying, client)))
      expect(requests.map(({ method }) => method)).toEqual(["POST", "GET"])
    })
  )

  it.scopedLive("is retried after a redirect by 307, which reports nothing as carried out", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([
        Scripted.redirect("/thing", 307),
        Scripted.respond({ status: 429 }),
        ok
      ])
      yield* Effect.provide(thing("POST"), Layer.mergeAll(at(url), retrying, client))
      expect(requests.map(({ method }) => method)).toEqual(["POST", "POST", "POST"])
    })
  )
})
