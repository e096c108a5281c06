import { describe, expect, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { type Authoriser, Credentials, Endpoint, Operation, Verbs } from "effect-herald"
import { version } from "../../../../src/internal/version.js"
import * as Scripted from "../../../servers/scripted.js"
import { client } from "../../../support/client.js"
import { at, Caller, Ok, once, status, stub } from "../../../support/kit.js"

const { get, post } = Verbs.make(Caller)

const search = Operation.make(Caller, () =>
  Endpoint.get("/search", {
    headers: {
      "user-agent": Schema.optional(Schema.String),
      "accept-language": Schema.optional(Schema.String)
    },
    success: Ok
  })
)

const ok = Scripted.json({ ok: true })
const own = `effect-herald/${version}`

/** The headers that a call sends with these default headers. */
const sent = (
  defaults: Authoriser.Defaults["headers"],
  call: Effect.Effect<unknown, unknown, Effect.Effect.Context<ReturnType<typeof search>>> = get("/")
) =>
  Effect.gen(function* () {
    const client = stub([status(200)])
    const caller = at(new URL("https://api.test"), { defaults: { headers: defaults } })
    yield* Effect.provide(call, Layer.mergeAll(caller, once, client.layer))
    return client.requests[0]!.request.headers
  })

describe("default headers", () => {
  it.effect("are sent with every request, of verbs and of operations", () =>
    Effect.gen(function* () {
      const defaults = { "Accept-Language": "en", "x-api-version": "2" }
      for (const call of [get("/"), post("/", { json: {} }), search()]) {
        expect(yield* sent(defaults, call)).toMatchObject({ "accept-language": "en", "x-api-version": "2" })
      }
    })
  )

  it.effect("are replaced by headers of the call, whatever their case", () =>
    Effect.gen(function* () {
      const defaults = { "Accept-Language": "en", "user-agent": "our-app/1.0" }
      expect(yield* sent(defaults, search({ headers: { "accept-language": "de" } }))).toMatchObject({
        "accept-language": "de",
        "user-agent": "our-app/1.0"
      })
      expect(
        yield* sent(defaults, get("/", { headers: { "ACCEPT-LANGUAGE": "de", "User-Agent": "script" } }))
      ).toMatchObject({ "accept-language": "de", "user-agent": "script" })
    })
  )

  it.effect("are kept where the call leaves a header out", () =>
    Effect.gen(function* () {
      const defaults = { "accept-language": "en" }
      expect((yield* sent(defaults, search({ headers: {} })))["accept-language"]).toBe("en")
      const headers = { "accept-language": undefined }
      expect((yield* sent(defaults, get("/", { headers })))["accept-language"]).toBe("en")
    })
  )

  it.effect("replace the Accept header of the kit", () =>
    Effect.gen(function* () {
      expect((yield* sent({})).accept).toBe("application/json")
      expect((yield* sent({ accept: "application/vnd.api+json" })).accept).toBe("application/vnd.api+json")
    })
  )

  it.effect("are replaced by credentials", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const credentials = yield* Credentials.apiKey({ header: "x-api-key", key: Redacted.make("real") })
      const caller = at(new URL("https://api.test"), {
        credentials,
        defaults: { headers: { "X-Api-Key": "default" } }
      })
      const call = get("/", { headers: { "x-api-key": "of the call" } })
      yield* Effect.provide(call, Layer.mergeAll(caller, once, client.layer))
      expect(client.requests[0]?.request.headers["x-api-key"]).toBe("real")
    })
  )

  it.effect("with credentials are not sent over http to another machine", () =>
    Effect.gen(function* () {
      const client = stub([status(200)])
      const caller = at(new URL("http://api.test"), { defaults: { headers: { authorization: "Bearer hunter2" } } })
      const error = yield* Effect.flip(Effect.provide(get("/"), Layer.mergeAll(caller, once, client.layer)))
      expect(error).toMatchObject({ _tag: "AuthoriserError", reason: "Insecure" })
      expect(client.requests).toEqual([])
    })
  )
})

describe("the User-Agent header", () => {
  it.effect("names this library and its version by default", () =>
    Effect.gen(function* () {
      expect((yield* sent(undefined))["user-agent"]).toBe(own)
      expect((yield* sent({ "x-other": "1" }, search()))["user-agent"]).toBe(own)
    })
  )

  it.effect("is that of the defaults or of the call where they have one", () =>
    Effect.gen(function* () {
      expect((yield* sent({ "User-Agent": "our-app/1.0" }))["user-agent"]).toBe("our-app/1.0")
      expect((yield* sent({}, search({ headers: { "user-agent": "script" } })))["user-agent"]).toBe("script")
    })
  )

  it.effect("is left to the browser where there is one", () =>
    Effect.gen(function* () {
      yield* Effect.acquireRelease(
        Effect.sync(() => vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0 (X11; Linux x86_64)" })),
        () => Effect.sync(() => vi.unstubAllGlobals())
      )
      expect(yield* sent({})).not.toHaveProperty("user-agent")
      expect((yield* sent({ "user-agent": "our-app/1.0" }))["user-agent"]).toBe("our-app/1.0")
    }).pipe(Effect.scoped)
  )
})

describe("default headers and redirects", () => {
  const defaults = {
    headers: { "X-Api-Key": "hunter2", "accept-language": "en", "user-agent": "our-app/1.0", accept: "text/csv" }
  }

  it.scopedLive("are received by the server, with the User-Agent of the library", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([ok])
      yield* Effect.provide(get("/"), Layer.mergeAll(at(url), once, client))
      expect(requests[0]?.headers["user-agent"]).toBe(own)
    })
  )

  it.scopedLive("are sent on to the same origin", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Scripted.make([Scripted.redirect("/next"), ok])
      yield* Effect.provide(get("/"), Layer.mergeAll(at(url, { defaults }), once, client))
      expect(requests[1]?.headers).toMatchObject({
        "x-api-key": "hunter2",
        "accept-language": "en",
        "user-agent": "our-app/1.0",
        accept: "text/csv"
      })
    })
  )

  it.scopedLive("are not sent to another origin, except for User-Agent and Accept", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      for (const code of [302, 303, 307]) {
        const { url } = yield* Scripted.make([Scripted.redirect(new URL("/next", other.url), code)])
        const caller = at(url, { defaults })
        yield* Effect.provide(get("/"), Layer.mergeAll(caller, once, client))
        // Also a header of the call that replaces a default one: it may be another key.
        yield* Effect.provide(get("/", { headers: { "x-api-key": "hunter3" } }), Layer.mergeAll(caller, once, client))
      }
      expect(other.requests).toHaveLength(6)
      for (const { headers } of other.requests) {
        expect(headers).toMatchObject({ "user-agent": "our-app/1.0", accept: "text/csv" })
        expect(headers).not.toHaveProperty("x-api-key")
        // `fetch` has a value of its own.
        expect(headers["accept-language"]).not.toBe("en")
      }
    })
  )

  it.scopedLive("are not sent to another origin with a body, whose headers are", () =>
    Effect.gen(function* () {
      const other = yield* Scripted.make([ok])
      const { url } = yield* Scripted.make([Scripted.redirect(other.url, 307)])
      const withLanguage = { headers: { ...defaults.headers, "content-language": "en" } }
      const caller = at(url, { defaults: withLanguage })
      yield* Effect.provide(post("/", { json: { a: 1 } }), Layer.mergeAll(caller, once, client))
      expect(other.requests[0]).toMatchObject({ method: "POST", body: '{"a":1}' })
      expect(other.requests[0]?.headers).toMatchObject({
        "content-type": "application/json",
        "content-language": "en"
      })
      expect(other.requests[0]?.headers).not.toHaveProperty("x-api-key")
    })
  )

  it.scopedLive("are not sent back by another origin's redirect", () =>
    Effect.gen(function* () {
      const own: { url?: URL } = {}
      const other = yield* Scripted.make(() => Scripted.redirect(new URL("/back", own.url)))
      const { requests, url } = yield* Scripted.make([Scripted.redirect(other.url), ok])
      own.url = url
      yield* Effect.provide(get("/"), Layer.mergeAll(at(url, { defaults }), once, client))
      expect(requests[1]?.target).toBe("/back")
      expect(requests[1]?.headers).not.toHaveProperty("x-api-key")
    })
  )
})
