import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Authoriser, Body, Credentials, Endpoint, Operation, Verbs } from "effect-herald"
import * as OAuth from "effect-herald/oauth"
import { Exchange, Recording } from "effect-herald/testing"
import { parse } from "../../../src/internal/http/json.js"
import { elapsingAtOnce } from "../../support/kit.js"

class Shop extends Authoriser.Tag("test/recording/Shop")<Shop>() {}

const baseUrl = "https://shop.example"

const verbs = Verbs.make(Shop)

const Item = Schema.Struct({ id: Schema.Number })

const getItem = Operation.make(Shop, () => Endpoint.get("/items/{id}", { success: Item }))

const addItem = Operation.make(Shop, () =>
  Endpoint.post("/items", {
    body: Body.json(Schema.Struct({ name: Schema.String, tags: Schema.Array(Schema.String) })),
    success: Item
  })
)

type Response = NonNullable<Exchange.Exchange["response"]>

const exchange = (
  target: string,
  response: Partial<Response>,
  request: Partial<Exchange.Request> = {}
): Exchange.Exchange => ({
  request: { method: "GET", url: `${baseUrl}${target}`, headers: { accept: "application/json" }, ...request },
  response: { status: 200, headers: { "content-type": "application/json" }, ...response }
})

const item = (id: number) => ({ body: { json: { id } } })

/** Runs a program on a replay, in virtual time. */
const replayed = <A, E>(
  program: Effect.Effect<A, E, HttpClient.HttpClient | Shop>,
  exchanges: ReadonlyArray<Exchange.Exchange>,
  options: Recording.ReplayOptions = {}
) =>
  elapsingAtOnce(
    program.pipe(
      Effect.provide(Shop.layer({ baseUrl })),
      Effect.provide(Recording.replay(exchanges, options)),
      Effect.exit
    )
  )

const messageOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "no failure"

describe("a replay", () => {
  it.effect("responds in the order of the recording, and takes only virtual time", () =>
    Effect.gen(function* () {
      const exit = yield* replayed(Effect.all([getItem({ id: 1 }), Clock.currentTimeMillis]), [
        exchange("/items/1", { status: 503, headers: { "retry-after": "7" } }),
        exchange("/items/1", item(1))
      ])
      expect(exit).toMatchObject({ _tag: "Success", value: [{ id: 1 }, 7000] })
    })
  )

  it.effect("follows redirects, reads Streams, and returns cookies and errors as they were recorded", () =>
    Effect.gen(function* () {
      const program = Effect.all([
        getItem({ id: 1 }),
        verbs.get.withResponse("/cookies"),
        Effect.flip(getItem({ id: 3 })),
        verbs.get("/text", { success: Body.text() })
      ])
      const exit = yield* replayed(program, [
        exchange("/items/1", { status: 302, headers: { location: "/items/2" } }),
        exchange("/items/2", item(2)),
        exchange("/cookies", { ...item(1), headers: { "set-cookie": ["a=redacted-1", "b=redacted-2; Path=/"] } }),
        exchange("/items/3", { status: 404, body: { json: { detail: "no item" } } }),
        exchange("/text", { headers: {}, body: { text: "Grüße\n" } }, { headers: { accept: "*/*" } })
      ])
      expect(exit).toMatchObject({
        _tag: "Success",
        value: [
          { id: 2 },
          { setCookies: ["a=redacted-1", "b=redacted-2; Path=/"] },
          { _tag: "NotFound", detail: "no item" },
          "Grüße\n"
        ]
      })
    })
  )

  it.effect("fails as the transport did, before and within a response", () =>
    Effect.gen(function* () {
      const request = exchange("/items/1", {}).request
      const exit = yield* replayed(getItem({ id: 1 }), [
        { request, failure: { code: "ECONNREFUSED" } },
        exchange("/items/1", { body: { text: '{"id"' }, cut: { code: "ECONNRESET" } }),
        exchange("/items/1", item(1))
      ])
      expect(exit).toMatchObject({ _tag: "Success", value: { id: 1 } })
    })
  )

  it.effect("does not respond to a request whose response was not waited for", () =>
    Effect.gen(function* () {
      const program = Effect.timeoutFail(getItem({ id: 1 }), { duration: "1 minute", onTimeout: () => "late" })
      const exit = yield* replayed(Effect.flip(program), [
        { request: exchange("/items/1", {}).request, failure: { code: "interrupted" } }
      ])
      expect(exit).toMatchObject({ _tag: "Success", value: "late" })
    })
  )

  it.effect("in strict order shows how a request differs from the next exchange", () =>
    Effect.gen(function* () {
      const recorded = exchange("/items", item(1), {
        method: "POST",
        headers: { accept: "application/json", "content-type": "application/json", "x-version": "1" },
        body: { json: { name: "a", tags: ["x", "y"] } }
      })
      const exit = yield* replayed(addItem({ body: { name: "b", tags: ["x"] } }), [recorded])
      expect(messageOf(exit)).toContain(
        [
          "POST https://shop.example/items is not exchange 0 of the recording.",
          "POST https://shop.example/items, which differs:",
          '  body /name: recorded "a", requested "b"',
          '  body /tags/1: recorded "y", requested absent',
          '  header x-version: recorded "1", requested absent'
        ].join("\n")
      )
    })
  )

  it.effect("in strict order fails if exchanges are left over, and if the program hides a failure", () =>
    Effect.gen(function* () {
      const left = yield* replayed(getItem({ id: 1 }), [exchange("/items/1", item(1)), exchange("/items/2", item(2))])
      expect(messageOf(left)).toContain(
        "1 of 2 exchanges of the recording were not requested:\n  GET https://shop.example/items/2"
      )
      const hidden = yield* replayed(Effect.exit(getItem({ id: 9 })), [exchange("/items/1", item(1))])
      expect(messageOf(hidden)).toContain('path: recorded "/items/1", requested "/items/9"')
    })
  )

  it.effect("in loose order gives a repeated request the next response, and then the last", () =>
    Effect.gen(function* () {
      const program = Effect.forEach([2, 1, 1, 1, 2], (id) => getItem({ id }))
      const exit = yield* replayed(
        program,
        [
          exchange("/items/1", item(10)),
          exchange("/items/2", item(20)),
          exchange("/items/1", item(11)),
          exchange("/unused", {})
        ],
        { order: "loose" }
      )
      expect(exit).toMatchObject({ _tag: "Success", value: [20, 10, 11, 11, 20].map((id) => ({ id })) })
    })
  )

  it.effect("in loose order shows the nearest exchange, without secrets of the program", () =>
    Effect.gen(function* () {
      const exit = yield* replayed(
        verbs.get("/items/1?page=3&key=of-the-caller", { headers: { "x-key": Redacted.make("of-the-caller") } }),
        [exchange("/others", {}), exchange("/items/1?page=2", {})],
        { order: "loose" }
      )
      expect(messageOf(exit)).toContain(
        'The nearest is exchange 1, GET https://shop.example/items/1?page=2, which differs:\n  query page: recorded "2", requested "3"'
      )
      expect(messageOf(exit)).not.toContain("of-the-caller")
    })
  )

  it.effect("matches any secret in the place of a placeholder, and tells callers apart", () =>
    Effect.gen(function* () {
      const as = (placeholder: string, id: number) =>
        exchange("/items/1", item(id), {
          headers: { accept: "application/json", authorization: `Bearer ${placeholder}` }
        })
      const call = (token: string) =>
        getItem({ id: 1 }).pipe(
          Effect.provide(Shop.layer({ baseUrl, credentials: Credentials.bearer(Redacted.make(token)) }))
        )
      const exit = yield* replayed(
        Effect.all([call("alpha"), call("beta"), call("alpha"), call("beta")]),
        [as("redacted-1", 1), as("redacted-2", 2)],
        { order: "loose" }
      )
      expect(exit).toMatchObject({ _tag: "Success", value: [1, 2, 1, 2].map((id) => ({ id })) })
    })
  )
})

/** A server of tokens and items in memory, whose tokens expire after one use. */
const server = () => {
  let tokens = 0
  const log: Array<string> = []
  const client = HttpClient.make((request, url) =>
    Effect.sync(() => {
      log.push(url.pathname)
      if (url.pathname === "/token") {
        tokens += 1
        return HttpClientResponse.fromWeb(
          request,
          Response.json({ access_token: `token-number-${tokens}`, token_type: "Bearer", expires_in: 3600 })
        )
      }
      const isValid = request.headers["authorization"] === `Bearer token-number-${tokens}` && log.length !== 3
      return HttpClientResponse.fromWeb(request, isValid ? Response.json({ id: 1 }) : new Response("", { status: 401 }))
    })
  )
  return { log, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

describe("a recording", () => {
  it.effect("of tokens, a 401 and a refresh is replayed with the placeholders as tokens", () =>
    Effect.gen(function* () {
      const program = Effect.all([getItem({ id: 1 }), getItem({ id: 1 })]).pipe(
        Effect.provide(
          Shop.layer({
            baseUrl,
            credentials: OAuth.clientCredentials({
              server: { tokenEndpoint: "https://login.example/token" },
              client: { clientId: "shop", clientSecret: Redacted.make("secret-of-the-client") }
            })
          })
        )
      )
      const { layer, log } = server()
      let recorded: ReadonlyArray<Exchange.Exchange> = []
      const save = (exchanges: ReadonlyArray<Exchange.Exchange>) =>
        Effect.sync(() => {
          recorded = exchanges
        })
      yield* Effect.provide(program, Recording.record(save).pipe(Layer.provide(layer)))
      expect(log).toEqual(["/token", "/items/1", "/items/1", "/token", "/items/1"])
      const text = Exchange.toText(recorded)
      expect(text).not.toMatch(/token-number|secret-of-the-client/)
      expect(text).toContain("grant_type=client_credentials")
      const values = yield* Effect.provide(program, Recording.replay(yield* Exchange.parse(text)))
      expect(values).toEqual([{ id: 1 }, { id: 1 }])
    })
  )
})

/** Records a program whose requests are read by the client, or not. Returns the text of the recording. */
const recordedBy = <A, E>(program: Effect.Effect<A, E, HttpClient.HttpClient>, reads: boolean) => {
  let text = ""
  const save = (exchanges: ReadonlyArray<Exchange.Exchange>) =>
    Effect.sync(() => {
      text = Exchange.toText(exchanges)
    })
  const client = HttpClient.make((request) =>
    Effect.as(
      request.body._tag === "Stream" && reads ? Effect.orDie(Stream.runDrain(request.body.stream)) : Effect.void,
      HttpClientResponse.fromWeb(request, Response.json({ id: 1 }))
    )
  )
  return program.pipe(
    Effect.provide(Recording.record(save).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, client)))),
    Effect.map(() => text)
  )
}

describe("a recording of a form with files", () => {
  const program = Effect.suspend(() => verbs.post("/files", { multipart: form() })).pipe(
    Effect.provide(Shop.layer({ baseUrl }))
  )

  it.effect("does not depend on its boundary, and shows it as text", () =>
    Effect.gen(function* () {
      const text = yield* recordedBy(program, true)
      expect(text).toContain("boundary=boundary")
      expect(text).toContain('"--boundary\\r\\n",')
      expect(text).toContain('"Grüße')
      expect(yield* Effect.provide(program, Recording.replay(yield* Exchange.parse(text)))).toEqual({ id: 1 })
    })
  )

  it.effect("is replayed if the transport did not read the whole body", () =>
    Effect.gen(function* () {
      const text = yield* recordedBy(program, false)
      expect(text).toContain('"cut": true')
      expect(yield* Effect.provide(program, Recording.replay(yield* Exchange.parse(text)))).toEqual({ id: 1 })
    })
  )
})

const form = () => {
  const data = new FormData()
  data.append("file", new Blob(["Grüße\n"], { type: "text/plain" }), "a.txt")
  return data
}

const text = fc.string({ unit: "grapheme", maxLength: 30 }).filter((one) => one.isWellFormed())

const body: fc.Arbitrary<Exchange.Body> = fc.oneof(
  // An integer that is not safe is a bigint.
  fc.record({ json: fc.json().map((one): unknown => parse(one)) }),
  fc.record({ json: fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }) }),
  fc.record({ text: fc.array(text).map((lines) => lines.join("\n")) }),
  fc.record({ bytes: fc.uint8Array({ maxLength: 300 }) })
)

describe("the text of exchanges", () => {
  it("is parsed to the same exchanges", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ sent: body, received: body }), { maxLength: 3 }), (bodies) => {
        const exchanges = bodies.map(({ received, sent }) => exchange("/any", { body: received }, { body: sent }))
        expect(Either.getOrThrow(Exchange.parse(Exchange.toText(exchanges)))).toEqual(exchanges)
      }),
      { numRuns: 60, examples: [[[{ sent: { json: [{ "": -(2n ** 53n) }] }, received: { bytes: new Uint8Array() } }]]] }
    )
  })

  const valid = Exchange.toText([exchange("/items/1", item(1))])

  it.each<readonly [string, string, string]>([
    ["text that is cut", valid.slice(0, -40), "x.json is not JSON: "],
    ["other JSON", "[]", 'x.json is not a recording: its "format" is not "effect-herald exchanges"'],
    [
      "another version",
      valid.replace('"version": 1', '"version": 0'),
      "x.json has version 0 of the format, and this is version 1: record it anew"
    ],
    ["no list", valid.replace('"exchanges":', '"others":'), 'x.json has no list of "exchanges"'],
    [
      "a status that is none",
      valid.replace('"status": 200', '"status": "200"'),
      "x.json, at /exchanges/0/response/status: "
    ],
    [
      "a status out of range",
      valid.replace('"status": 200', '"status": 20'),
      "x.json, at /exchanges/0/response/status: should be a status of HTTP"
    ],
    [
      "a URL that is none",
      valid.replace(baseUrl, "shop"),
      "x.json, at /exchanges/0/request/url: should be a whole URL of http or https"
    ],
    ["a header with a line break", valid.replace('application/json" }', 'a\\nb" }'), "x.json, at /exchanges/0/re"],
    [
      "no response",
      valid.replace('"response":', '"reply":'),
      "x.json, at /exchanges/0: should have either a response or a failure"
    ],
    ["a body that is none", valid.replace('"json":', '"xml":'), "x.json, at /exchanges/0/response/body"]
  ])("is refused with the place: %s", (_, text, message) => {
    const error = Either.getOrThrow(Either.flip(Exchange.parse(text, "x.json")))
    expect(error._tag).toBe("RecordingError")
    expect(error.message).toContain(message)
  })
})
