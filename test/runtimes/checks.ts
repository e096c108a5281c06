/**
 * What the library promises on every runtime, as checks that run on each. This module imports none of Node's, so that it runs where there
 * are none. `npm run test:runtimes` runs it.
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import {
  Authoriser,
  Body,
  Content,
  Credentials,
  Deadline,
  Endpoint,
  Operation,
  Pagination,
  RetryPolicy,
  Verbs
} from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as OAuth from "effect-herald/oauth"
import { Client, Document } from "effect-herald/spec"
import { EventStream, JsonLines } from "effect-herald/streams"
import { expectEqual, expectTrue } from "./expect.js"
import type { Runtime } from "./runtimeNames.js"

/** A promise of the library that is checked on each runtime. */
export interface Check {
  readonly name: string
  /** Checks the promise with a server, whose base URL is for this run alone. */
  readonly run: (baseUrl: string) => Effect.Effect<void, unknown, HttpClient>
  /** The runtimes whose `fetch` can't keep the promise, with the reason. The check has to fail there: a limit that is gone is removed. */
  readonly limits?: { readonly [name in Runtime]?: string } | undefined
  /** The same, with the transport of `effect-herald/node`. */
  readonly transportLimits?: { readonly [name in Runtime]?: string } | undefined
  /** The runtimes that the promise is about. Default: all. */
  readonly only?: ReadonlyArray<Runtime> | undefined
}

class Api extends Authoriser.Tag("runtimes/Api")<Api>() {}

class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}

const Forecast = Schema.Struct({ city: Schema.String, celsius: Schema.Number })

const getForecast = Operation.make(Api, () =>
  Endpoint.get("/cities/{city}", { success: Forecast, errors: { 404: NoSuchCity } })
)
const postForecast = Operation.make(Api, () => Endpoint.post("/cities", { body: Forecast, success: { 201: Forecast } }))
const { get, post } = Verbs.make(Api)

const oslo = { city: "Oslo", celsius: 3 }

/** Short waits. */
const retryPolicy = RetryPolicy.exponential({ start: "10 millis", attempts: 4, timeout: "5 seconds" })

type Calls<E> = Effect.Effect<void, E, HttpClient | Api>

/** Runs calls to the server without credentials. */
const calls =
  <E>(program: Calls<E>): Check["run"] =>
  (baseUrl) =>
    Effect.provide(program, Api.layer({ baseUrl, retryPolicy }))

/** Fails unless the server has noticed that the requests to a path were abandoned. */
const expectAbandoned = (path: string) =>
  Effect.flatMap(get("/abandoned", { query: { path } }), (abandoned) =>
    expectTrue(abandoned === true, `the request to ${path} is not aborted`)
  )

const expectTag = <A>(call: Effect.Effect<A, { readonly _tag: string }, HttpClient | Api>, tag: string) =>
  Effect.flatMap(Effect.flip(call), (error) => expectEqual(error._tag, tag, "the error"))

/** Fails unless the content with a coding is decoded. */
const expectDecoded = (coding: string) =>
  Effect.flatMap(get("/coded/{coding}", { path: { coding } }), (value) =>
    expectEqual((value as { readonly coding: string }).coding, coding)
  )

const getBytes = Operation.make(Api, () => Endpoint.get("/{path}", { success: Body.stream() }))

const numbers = Pagination.cursor(
  Operation.make(Api, () =>
    Endpoint.get("/numbers", {
      query: { cursor: Schema.optional(Schema.String) },
      success: Schema.Struct({ numbers: Schema.Array(Schema.Number), next: Schema.NullOr(Schema.String) })
    })
  ),
  { items: (page) => page.numbers, next: (page) => page.next }
)

const linked = Pagination.link(
  Operation.make(Api, () => Endpoint.get("/linked", { success: Schema.Array(Schema.Number) })),
  { items: (page) => page }
)

const trades = Operation.make(Api, () =>
  Endpoint.get("/events", { success: EventStream.body({ trade: Schema.Struct({ price: Schema.Number }) }) })
)

const lines = Operation.make(Api, () =>
  Endpoint.get("/lines", { success: JsonLines.body(Schema.Struct({ name: Schema.String })) })
)

const postForm = Operation.make(Api, () =>
  Endpoint.post("/form", {
    body: Body.multipart({ title: Schema.String, files: Schema.Array(Body.file) }),
    success: Schema.Unknown
  })
)

const upload = Operation.make(Api, () =>
  Endpoint.post("/upload", {
    body: Body.stream({ repeatable: true }),
    success: Schema.Struct({ bytes: Schema.Number, length: Schema.NullOr(Schema.String) })
  })
)

const keyed = Operation.make(Api, () =>
  Endpoint.post("/keyed", {
    idempotencyKey: "Idempotency-Key",
    success: Schema.Struct({ keys: Schema.Array(Schema.String) })
  })
)

const chunkedStreams = "`fetch` sends a Stream without its `Content-Length`, in chunks"

const noDeflate = "`fetch` does not ask for `deflate`, and does not undo it"

const hiddenRedirects = "browsers hide redirects from scripts: the call fails with a `DecodeError`"

export const checks: ReadonlyArray<Check> = [
  {
    name: "operations: path, body, decoding",
    run: calls(
      Effect.gen(function* () {
        yield* expectEqual(yield* getForecast({ city: "Oslo" }), oslo)
        yield* expectEqual(yield* postForecast({ body: oslo }), oslo)
      })
    )
  },
  {
    name: "verbs",
    run: calls(
      Effect.gen(function* () {
        yield* expectEqual(yield* get("/cities/{city}", { path: { city: "Oslo" } }), oslo)
        yield* expectEqual(yield* post("/cities", { json: oslo }), oslo)
      })
    )
  },
  {
    name: "clients of an OpenAPI document, loaded at run time",
    run: (baseUrl) =>
      Effect.gen(function* () {
        const document = yield* Document.parse(
          JSON.stringify({
            openapi: "3.1.0",
            info: { title: "Weather", version: "1" },
            servers: [{ url: baseUrl }],
            paths: {
              "/cities/{city}": {
                get: {
                  tags: ["cities"],
                  operationId: "getCity",
                  parameters: [{ name: "city", in: "path", required: true, schema: { type: "string" } }],
                  responses: { 200: { description: "", content: { "application/json": { schema: {} } } } }
                }
              }
            }
          })
        )
        const client = Client.make(Api, document)
        const getCity = yield* Client.method(client, "cities", "getCity")
        yield* expectEqual(yield* Effect.provide(getCity({ city: "Oslo" }), Client.layer(Api, document)), oslo)
      })
  },
  {
    name: "big integers",
    run: calls(
      Effect.flatMap(get("/big"), (value) => expectEqual(String((value as { id: bigint }).id), "409107086526644234"))
    )
  },
  {
    name: "typed errors: declared, of a status, of a decoder",
    run: calls(
      Effect.gen(function* () {
        const declared = yield* Effect.flip(getForecast({ city: "Atlantis" }))
        yield* expectTrue(declared instanceof NoSuchCity, `the error is ${declared._tag}`)
        yield* expectTag(get("/missing"), "NotFound")
        yield* expectTag(get("/invalid", { success: Forecast }), "DecodeError")
      })
    )
  },
  {
    name: "fifty calls at once",
    run: calls(
      Effect.gen(function* () {
        const all = yield* Effect.all(
          Array.from({ length: 50 }, () => getForecast({ city: "Oslo" })),
          { concurrency: "unbounded" }
        )
        yield* expectEqual(
          all,
          Array.from(all, () => oslo)
        )
      })
    )
  },
  {
    name: "retries after a 503",
    run: calls(Effect.flatMap(get("/unavailable"), (value) => expectEqual(value, { count: 3 })))
  },
  {
    name: "retries after a broken connection",
    run: calls(Effect.flatMap(get("/reset"), (value) => expectEqual(value, { count: 2 })))
  },
  {
    name: "Retry-After of a 429",
    run: calls(
      Effect.gen(function* () {
        const start = yield* Clock.currentTimeMillis
        yield* expectEqual(yield* get("/limited"), { count: 2 })
        const waited = (yield* Clock.currentTimeMillis) - start
        yield* expectTrue(waited > 900, `the wait was ${waited} ms`)
      })
    )
  },
  {
    name: "idempotency keys: the same for each attempt",
    run: calls(
      Effect.gen(function* () {
        const { keys } = yield* keyed()
        yield* expectEqual([keys.length, new Set(keys).size], [2, 1], "the number of attempts and of keys")
      })
    )
  },
  {
    name: "redirects, without credentials to another origin",
    run: (baseUrl) =>
      Effect.gen(function* () {
        yield* expectEqual(yield* get("/redirect"), oslo)
        const headers = (yield* get("/redirect-elsewhere")) as { readonly [name: string]: string }
        yield* expectTrue(headers["host"] !== new URL(baseUrl).host, "the redirect leads to the same origin")
        yield* expectEqual(headers["x-key"] ?? null, null, "the key")
      }).pipe(
        Effect.provide(
          Api.layer({
            baseUrl,
            retryPolicy,
            credentials: Credentials.apiKey({ header: "x-key", key: Redacted.make("0123456789abcdefghij") })
          })
        )
      ),
    limits: { Chromium: hiddenRedirects }
  },
  {
    name: "deadlines, of a call and of a response in progress",
    run: calls(
      Effect.forEach(
        ["/silent", "/trickle"],
        (path) =>
          Effect.gen(function* () {
            yield* expectTag(get(path).pipe(Effect.provideService(Deadline.Current, "300 millis")), "TimeoutError")
            yield* expectAbandoned(path)
          }),
        { discard: true }
      )
    )
  },
  {
    name: "interruption aborts the request",
    run: calls(
      Effect.gen(function* () {
        const result = yield* Effect.timeoutOption(get("/silent"), "300 millis")
        yield* expectEqual(result._tag, "None", "the result")
        yield* expectAbandoned("/silent")
      })
    )
  },
  {
    name: "a response that is cut short is an error",
    run: calls(
      expectTag(get("/cut").pipe(Effect.provideService(RetryPolicy.Current, RetryPolicy.none)), "TransportError")
    )
  },
  {
    name: "Streams of bytes, and their early end",
    run: calls(
      Effect.gen(function* () {
        const size = yield* Stream.runFold(
          Stream.unwrap(getBytes({ path: "pieces" })),
          0,
          (sum, { length }) => sum + length
        )
        yield* expectEqual(size, 16 * 65_536, "the size")
        yield* Stream.runDrain(Stream.take(Stream.unwrap(getBytes({ path: "endless" })), 3))
        yield* expectAbandoned("/endless")
      })
    )
  },
  {
    name: "lists: cursors, and links in a header",
    run: calls(
      Effect.gen(function* () {
        yield* expectEqual(Chunk.toArray(yield* Stream.runCollect(numbers())), [0, 1, 2, 3, 4, 5])
        yield* expectEqual(Chunk.toArray(yield* Stream.runCollect(linked())), [1, 2, 3])
      })
    )
  },
  {
    name: "event streams, followed over several connections",
    run: calls(
      Effect.gen(function* () {
        const events = yield* Stream.runCollect(Stream.take(EventStream.follow(trades)(), 5))
        yield* expectEqual(
          Chunk.toArray(events).map(({ data }) => data.price),
          [1, 2, 3, 4, 5]
        )
      })
    )
  },
  {
    name: "JSON lines",
    run: calls(
      Effect.gen(function* () {
        const all = yield* Stream.runCollect(Stream.unwrap(lines()))
        yield* expectEqual(
          Chunk.toArray(all).map(({ name }) => name),
          ["Tromsø", "Bodø", "Å"]
        )
      })
    )
  },
  {
    name: "forms with files",
    run: calls(
      Effect.gen(function* () {
        const files = [new File(["a file"], "a.png", { type: "image/png" }), new Blob(["a blob"], { type: "text/csv" })]
        yield* expectEqual(yield* postForm({ body: { title: "Å", files } }), [
          ["title", "Å"],
          ["files", "a.png", "image/png", "a file"],
          ["files", "blob", "text/csv", "a blob"]
        ])
      })
    )
  },
  {
    name: "forms with a file that is a Stream",
    run: calls(
      Effect.gen(function* () {
        const notes = Content.make(() => Stream.encodeText(Stream.make("in ", "pieces")), { size: 9 })
        const files = [Content.filePart(notes, { name: "notes.txt", type: "text/plain" })]
        yield* expectEqual(yield* postForm({ body: { title: "Å", files } }), [
          ["title", "Å"],
          ["files", "notes.txt", "text/plain", "in pieces"]
        ])
      })
    )
  },
  {
    name: "uploads from a Stream, with their length",
    run: calls(
      Effect.gen(function* () {
        const pieces = Stream.repeatEffect(Effect.sync(() => new Uint8Array(65_536)))
        const body = Content.make(() => Stream.take(pieces, 16), { size: 16 * 65_536 })
        yield* expectEqual(yield* upload({ body }), { bytes: 16 * 65_536, length: String(16 * 65_536) })
      })
    ),
    limits: { Bun: chunkedStreams, Deno: chunkedStreams, workerd: chunkedStreams }
  },
  {
    name: "uploads from a Stream, without a length",
    run: calls(
      Effect.gen(function* () {
        const body = Content.make(() => Stream.make(new Uint8Array(10), new Uint8Array(20)))
        const { bytes } = yield* upload({ body })
        yield* expectEqual(bytes, 30)
      })
    )
  },
  {
    name: "content codings: gzip and br",
    run: calls(Effect.forEach(["gzip", "br"], expectDecoded, { discard: true }))
  },
  {
    name: "content codings: deflate",
    run: calls(expectDecoded("deflate")),
    limits: { Deno: noDeflate, workerd: noDeflate }
  },
  {
    name: "content that is cut short within its coding is an error",
    run: calls(
      expectTag(
        get("/cut-gzip", { success: Body.text() }).pipe(Effect.provideService(RetryPolicy.Current, RetryPolicy.none)),
        "TransportError"
      )
    ),
    limits: { Chromium: "browsers accept it: of JSON, which then does not end, the error is a `DecodeError`" }
  },
  {
    name: "the cache in memory: hits, revalidation",
    run: (baseUrl) =>
      Effect.gen(function* () {
        yield* get("/fresh")
        const hit = yield* get.withResponse("/fresh")
        yield* expectEqual([hit.value, hit.cached?._tag], [{ count: 1 }, "Hit"])
        yield* get("/validated")
        const revalidated = yield* get.withResponse("/validated")
        yield* expectEqual([revalidated.value, revalidated.cached?._tag], [{ count: 1 }, "Revalidated"])
      }).pipe(Effect.provide(Api.layer({ baseUrl }).pipe(Layer.provide(HttpCache.layerMemory()))))
  },
  {
    name: "OAuth: a token, and another after a 401",
    run: (baseUrl) =>
      Effect.flatMap(get("/private"), (value) => expectEqual(value, { ok: true })).pipe(
        Effect.provide(
          Api.layer({
            baseUrl,
            credentials: OAuth.clientCredentials({
              server: { tokenEndpoint: `${baseUrl}/token` },
              client: { clientId: "runtimes", clientSecret: Redacted.make("secret") }
            })
          })
        )
      )
  },
  {
    name: "all values of `Set-Cookie`",
    run: calls(
      Effect.flatMap(get.withResponse("/cookies"), ({ setCookies }) =>
        expectEqual(setCookies, ["a=1; Path=/", "b=2; Path=/"])
      )
    ),
    limits: { Chromium: "browsers hide cookies from scripts" }
  },
  {
    name: "a `User-Agent` that names the library",
    run: calls(
      Effect.flatMap(get("/headers"), (headers) => {
        const agent = String((headers as { readonly [name: string]: string })["user-agent"])
        return expectTrue(agent.startsWith("effect-herald/"), `the User-Agent is ${agent}`)
      })
    ),
    limits: { Chromium: "browsers send their own: another would cost a preflight request" }
  },
  {
    name: "no preflight request for a call without credentials",
    only: ["Chromium"],
    run: calls(
      Effect.gen(function* () {
        yield* getForecast({ city: "Oslo" })
        yield* get("/headers", { query: { a: 1 } })
        yield* get("/unavailable")
        yield* Stream.runDrain(numbers())
        yield* Stream.runDrain(Stream.unwrap(lines()))
        yield* Stream.runDrain(Stream.unwrap(trades()))
        yield* Stream.runDrain(Stream.unwrap(getBytes({ path: "pieces" })))
        yield* post("/upload", { form: { a: 1 } })
        yield* postForm({ body: { title: "a", files: [new Blob(["a"])] } })
        yield* expectEqual(yield* get("/preflights"), [], "the paths with a preflight request")
      })
    )
  }
]
