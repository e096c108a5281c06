import { type AddressInfo, createServer, type Server } from "node:net"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import {
  Cookies,
  FileSystem,
  HttpBody,
  HttpClient,
  HttpClientRequest,
  type HttpClientResponse,
  HttpIncomingMessage
} from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Exit, Fiber, Option, Ref, Scope, Stream } from "effect"
import { Transport } from "effect-herald/node"
import { rawServer } from "../../servers/raw.js"
import * as scripted from "../../servers/scripted.js"
import { listener } from "../../support/listener.js"

const bytes = (text: string) => new TextEncoder().encode(text)

const form = () => {
  const data = new FormData()
  data.append("name", "Bø\n")
  data.append("file", new File(["content"], 'a"b.txt', { type: "text/plain" }))
  return data
}

describe("a request body", () => {
  it.scoped.each<readonly [kind: string, body: () => HttpBody.HttpBody, received: string, type: string | undefined]>([
    ["none", () => HttpBody.empty, "", undefined],
    ["a text", () => HttpBody.text("häi"), "häi", "text/plain"],
    ["bytes", () => HttpBody.uint8Array(bytes("abc")), "abc", "application/octet-stream"],
    ["no bytes", () => HttpBody.uint8Array(bytes("")), "", "application/octet-stream"],
    ["a raw string", () => HttpBody.raw("abc"), "abc", undefined],
    ["a raw ArrayBuffer", () => HttpBody.raw(bytes("abc").buffer), "abc", undefined],
    ["a raw view", () => HttpBody.raw(new DataView(bytes("xabcx").buffer, 1, 3)), "abc", undefined],
    ["a raw Blob", () => HttpBody.raw(new Blob(["a", "bc"], { type: "text/x" })), "abc", "text/x"],
    ["raw URLSearchParams", () => HttpBody.raw(new URLSearchParams({ a: "1 2" })), "a=1+2", undefined],
    ["a raw ReadableStream", () => HttpBody.raw(new Blob(["abc"]).stream()), "abc", undefined],
    ["nothing raw", () => HttpBody.raw(null), "", undefined],
    ["a Stream", () => HttpBody.stream(Stream.make(bytes("a"), bytes(""), bytes("bc")), "text/x"), "abc", "text/x"],
    ["a Stream of a known length", () => HttpBody.stream(Stream.make(bytes("abc")), "text/x", 3), "abc", "text/x"],
    ["an empty Stream", () => HttpBody.stream(Stream.empty), "", "application/octet-stream"]
  ])("is sent: %s", ([, body, received, type]) =>
    Effect.gen(function* () {
      const server = yield* scripted.make([scripted.respond({ body: "ok" })])
      const response = yield* HttpClient.execute(HttpClientRequest.post(server.url, { body: body() }))
      expect(yield* response.text).toBe("ok")
      expect(server.requests[0]).toMatchObject({ body: received })
      expect(server.requests[0]?.headers["content-type"]).toBe(type)
    }).pipe(Effect.provide(Transport.layer()))
  )

  it.scoped("is sent: a form", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make([scripted.respond({ body: "ok" })])
      yield* HttpClient.execute(HttpClientRequest.post(server.url, { body: HttpBody.formData(form()) }))
      const { body, headers } = server.requests[0]!
      expect(headers["content-length"]).toBe(String(Buffer.byteLength(body)))
      const parsed = yield* Effect.promise(() =>
        new Response(body, { headers: { "content-type": headers["content-type"]! } }).formData()
      )
      expect(parsed.get("name")).toBe("Bø\r\n")
      expect((parsed.get("file") as File).name).toBe('a"b.txt')
    }).pipe(Effect.provide(Transport.layer()))
  )
})

/** A server that reads nothing of its connections. */
const stalledServer = Effect.acquireRelease(
  Effect.async<Server>((resume) => {
    const server = createServer({ pauseOnConnect: true }, (socket) => void socket.on("error", () => {}))
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close())
).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`))

const poll = (condition: () => boolean) =>
  Effect.promise(async () => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
  })

describe("a Stream as a body", () => {
  it.scoped("that fails aborts the request, and is the cause of an Encode error", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make([scripted.respond()])
      const body = HttpBody.stream(Stream.concat(Stream.make(bytes("a")), Stream.fail("broken")))
      const failure = yield* Effect.flip(HttpClient.execute(HttpClientRequest.post(server.url, { body })))
      expect(failure).toMatchObject({ _tag: "RequestError", reason: "Encode", cause: "broken" })
      yield* server.abandoned
      expect(server.requests).toEqual([])
    }).pipe(Effect.provide(Transport.layer()))
  )

  it.scopedLive("is read no further than the server reads, and is finalized before an interruption returns", () =>
    Effect.gen(function* () {
      let [produced, finalized] = [0, false]
      const piece = new Uint8Array(65_536)
      const stream = Stream.repeatEffect(
        Effect.sync(() => {
          produced += 1
          return piece
        })
      ).pipe(
        Stream.rechunk(1),
        Stream.ensuring(
          Effect.delay(
            Effect.sync(() => void (finalized = true)),
            "20 millis"
          )
        )
      )
      const server = yield* stalledServer
      const fiber = yield* Effect.fork(
        HttpClient.execute(HttpClientRequest.post(server, { body: HttpBody.stream(stream) }))
      )
      yield* poll(() => produced > 0)
      let before = -1
      while (before !== produced) {
        before = produced
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 200)))
      }
      expect(produced * piece.length).toBeLessThan(50_000_000)
      yield* Fiber.interrupt(fiber)
      expect(finalized).toBe(true)
    }).pipe(Effect.provide(Transport.layer()))
  )
})

describe("an interruption", () => {
  const stages: ReadonlyArray<readonly [stage: string, behaviour: scripted.Behaviour, read: boolean]> = [
    ["while it waits for the head", scripted.silence, false],
    ["while the body is read whole", scripted.stalled("a"), true],
    ["while a long body is read whole", scripted.endless(new Uint8Array(1000)), true]
  ]
  it.scoped.each(stages)("closes the connection %s", ([, behaviour, read]) =>
    Effect.gen(function* () {
      const server = yield* scripted.make([behaviour])
      const exchange = Effect.flatMap(HttpClient.get(server.url), ({ arrayBuffer }) =>
        read ? arrayBuffer : Effect.void
      )
      const fiber = yield* Effect.fork(exchange)
      yield* server.next
      if (read) yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
      yield* Fiber.interrupt(fiber)
      yield* server.abandoned
    }).pipe(Effect.provide(Transport.layer({ maxBodySize: 2 ** 40 })))
  )

  it.scoped("of a Stream closes the connection, and so does an early end", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make([scripted.endless(new Uint8Array(1000))])
      const body = Stream.unwrap(Effect.map(HttpClient.get(server.url), ({ stream }) => stream))
      const chunks = yield* Stream.runCollect(Stream.take(body, 2))
      expect(Chunk.size(chunks)).toBe(2)
      yield* server.abandoned
      const fiber = yield* Effect.fork(Stream.runDrain(body))
      yield* server.next
      yield* server.next
      yield* Fiber.interrupt(fiber)
      yield* server.abandoned
    }).pipe(Effect.provide(Transport.layer()))
  )

  it.scoped("of a queued request does not send it, and leaves the connection to others", () =>
    Effect.gen(function* () {
      let respond: (() => void) | undefined
      const server = yield* scripted.make((_, index) =>
        index === 0
          ? (response) => {
              respond = () => void response.end("first")
            }
          : scripted.respond({ body: "later" })
      )
      const get = (path: string) => Effect.flatMap(HttpClient.get(new URL(path, server.url)), ({ text }) => text)
      const first = yield* Effect.fork(get("/first"))
      yield* poll(() => respond !== undefined)
      const queued = yield* Effect.fork(get("/queued"))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(queued)
      respond?.()
      expect(yield* Fiber.join(first)).toBe("first")
      expect(yield* get("/later")).toBe("later")
      expect(server.requests.map(({ connection, target }) => [target, connection])).toEqual([
        ["/first", 0],
        ["/later", 0]
      ])
    }).pipe(Effect.provide(Transport.layer({ connections: 1 })))
  )

  it.scoped.each([
    ["without a span", (effect) => effect],
    ["in a span", Effect.withSpan("parent")]
  ] satisfies ReadonlyArray<
    readonly [where: string, wrap: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>]
  >)("by the scope of `withScope` aborts the response %s", ([, wrap]) =>
    Effect.gen(function* () {
      const server = yield* scripted.make([scripted.stalled("a")])
      const client = HttpClient.withScope(yield* HttpClient.HttpClient)
      const scope = yield* Scope.make()
      yield* wrap(Scope.extend(client.get(server.url), scope))
      yield* Scope.close(scope, Exit.void)
      yield* server.abandoned
    }).pipe(Effect.provide(Transport.layer()))
  )
})

describe("a response", () => {
  it.scoped("whose Stream is not read makes the server wait", () =>
    Effect.gen(function* () {
      let written = 0
      const server = yield* scripted.make([
        (response) => {
          response.writeHead(200)
          const more = () => {
            if (response.destroyed) return
            written += 65_536
            response.write(new Uint8Array(65_536))
            response.once("drain", more)
          }
          more()
        }
      ])
      const gate = yield* Deferred.make<void>()
      const { stream } = yield* HttpClient.get(server.url)
      const fiber = yield* Effect.fork(Stream.runForEach(stream, () => Deferred.await(gate)))
      let before = -1
      while (before !== written) {
        before = written
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 200)))
      }
      expect(written).toBeLessThan(50_000_000)
      yield* Deferred.succeed(gate, undefined)
      yield* poll(() => written > before)
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(Transport.layer()))
  )

  const text = "häi ".repeat(1000)
  it.scoped.each([
    ["gzip", gzipSync(text)],
    ["x-gzip", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["br", brotliCompressSync(text)],
    ["gzip, br", brotliCompressSync(gzipSync(text))]
  ] as const)("with the content coding %s is decoded, whole and as a Stream", ([coding, body]) =>
    Effect.gen(function* () {
      const server = yield* scripted.make([scripted.respond({ headers: { "content-encoding": coding }, body })])
      const response = yield* HttpClient.get(server.url)
      expect(yield* response.text).toBe(text)
      expect(yield* response.text).toBe(text)
      const streamed = yield* HttpClient.get(server.url)
      expect(yield* Stream.mkString(Stream.decodeText(streamed.stream))).toBe(text)
      expect((yield* Effect.flip(Stream.runDrain(streamed.stream)))._tag).toBe("ResponseError")
      expect(server.requests[0]?.headers["accept-encoding"]).toContain("gzip")
    }).pipe(Effect.provide(Transport.layer()))
  )

  it.scoped("with a content coding can be read by several at once, with limits of their own", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make([
        scripted.respond({ headers: { "content-encoding": "gzip" }, body: gzipSync(text) })
      ])
      const response = yield* HttpClient.get(server.url)
      const { arrayBuffer, text: whole } = response
      const [first, second, buffer] = yield* Effect.all([whole, whole, arrayBuffer], { concurrency: "unbounded" })
      expect([first, second, Buffer.from(buffer).toString()]).toEqual([text, text, text])
      const limited = yield* Effect.flip(HttpIncomingMessage.withMaxBodySize(whole, Option.some(FileSystem.Size(10))))
      expect(limited).toMatchObject({ cause: { _tag: "TooLarge" } })
    }).pipe(Effect.provide(Transport.layer()))
  )

  it.scoped("with a content coding fails for all that read it if the read is interrupted", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make([
        (response) => {
          response.writeHead(200, { "content-encoding": "gzip" })
          response.write(gzipSync(text).subarray(0, 20))
        }
      ])
      const { text: whole } = yield* HttpClient.get(server.url)
      const first = yield* Effect.fork(whole)
      const second = yield* Effect.fork(Effect.flip(whole))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(first)
      expect(yield* Fiber.join(second)).toMatchObject({ _tag: "ResponseError" })
    }).pipe(Effect.provide(Transport.layer()))
  )

  it.scoped("with a coding that is not known stays as it is, and one that is corrupt fails", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make([
        scripted.respond({ headers: { "content-encoding": "exi" }, body: "abc" }),
        scripted.respond({ headers: { "content-encoding": "gzip" }, body: "abc" }),
        scripted.respond({ headers: { "content-encoding": "gzip" }, body: gzipSync(text).subarray(0, 30) })
      ])
      const get = Effect.flatMap(HttpClient.get(server.url), (response) => response.text)
      expect(yield* get).toBe("abc")
      expect(yield* Effect.flip(get)).toMatchObject({ _tag: "ResponseError", reason: "Decode" })
      expect(yield* Effect.flip(get)).toMatchObject({ _tag: "ResponseError", reason: "Decode" })
    }).pipe(Effect.provide(Transport.layer()))
  )

  it.scoped.each<readonly [kind: string, behaviour: scripted.Behaviour]>([
    ["a length", scripted.respond({ body: "x".repeat(2000) })],
    ["no length", scripted.chunked(["x".repeat(600), "x".repeat(600)])],
    ["a coding", scripted.respond({ headers: { "content-encoding": "gzip" }, body: gzipSync("x".repeat(2000)) })],
    ["no end", scripted.endless("x".repeat(100))]
  ])("that is larger than the limit fails, with %s; a Stream has no limit", ([, behaviour]) =>
    Effect.gen(function* () {
      const server = yield* scripted.make([behaviour])
      const failure = yield* Effect.flip(Effect.flatMap(HttpClient.get(server.url), (response) => response.text))
      expect(failure).toMatchObject({ _tag: "ResponseError", reason: "Decode" })
      expect(failure.message).toContain("`maxBodySize`")
      const other = Effect.flip(Effect.flatMap(HttpClient.get(server.url), (response) => response.text)).pipe(
        HttpIncomingMessage.withMaxBodySize(Option.some(1100))
      )
      expect((yield* other)._tag).toBe("ResponseError")
      const { stream } = yield* HttpClient.get(server.url)
      const length = yield* Stream.runFold(Stream.take(Stream.flattenIterables(stream), 1150), 0, (sum) => sum + 1)
      expect(length).toBe(1150)
    }).pipe(Effect.provide(Transport.layer({ maxBodySize: 1000 })))
  )

  it.scoped("has duplicate headers joined, in Latin-1, and cookies as a list", () =>
    Effect.gen(function* () {
      const url = yield* rawServer(
        () =>
          "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" +
          "HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: \xe4\r\n__proto__: p\r\nset-cookie: a=1; expires=Thu, 01 Jan 2099 00:00:00 GMT\r\nSet-Cookie: b=2\r\n" +
          "transfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n2\r\nok\r\n0\r\nx-t: 1\r\n\r\n"
      )
      const response = yield* HttpClient.get(url)
      expect(response.status).toBe(200)
      expect(response.headers["x-a"]).toBe("1, \xe4")
      expect(Object.entries(response.headers)).toContainEqual(["__proto__", "p"])
      expect(Object.keys(Cookies.toRecord(response.cookies))).toEqual(["a", "b"])
      expect(yield* response.text).toBe("ok")
    }).pipe(Effect.provide(Transport.layer()))
  )

  it.scoped("that is a form is parsed", () =>
    Effect.gen(function* () {
      const server = yield* scripted.make([
        scripted.respond({ headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=1&b=2" })
      ])
      const { formData } = yield* HttpClient.get(server.url)
      expect([...(yield* formData)]).toEqual([
        ["a", "1"],
        ["b", "2"]
      ])
    }).pipe(Effect.provide(Transport.layer()))
  )

  it.scoped("of another protocol (101) fails the request", () =>
    Effect.gen(function* () {
      const url = yield* rawServer(
        () => "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"
      )
      const failure = yield* Effect.flip(HttpClient.get(url))
      expect(failure).toMatchObject({ _tag: "RequestError", reason: "Transport" })
    }).pipe(Effect.provide(Transport.layer()))
  )
})

describe("a refused request", () => {
  const locked = () => {
    const stream = new ReadableStream()
    stream.getReader()
    return stream
  }

  it.scoped.each<readonly [problem: string, request: HttpClientRequest.HttpClientRequest, reason: string]>([
    ["a relative URL", HttpClientRequest.get("/a"), "InvalidUrl"],
    ["another scheme", HttpClientRequest.get("ftp://a.test/"), "InvalidUrl"],
    [
      "a header with a line break",
      HttpClientRequest.get("http://a.test/", { headers: { "x-a": "a\r\nb: c" } }),
      "Encode"
    ],
    [
      "a header that is no Latin-1",
      HttpClientRequest.get("http://a.test/", { headers: { "x-a": "\u0100" } }),
      "Encode"
    ],
    ["a header without a name", HttpClientRequest.get("http://a.test/", { headers: { "a b": "c" } }), "Encode"],
    ["a body of another type", HttpClientRequest.post("http://a.test/", { body: HttpBody.raw(5) }), "Encode"],
    ["a locked stream as a body", HttpClientRequest.post("http://a.test/", { body: HttpBody.raw(locked()) }), "Encode"],
    [
      "a form of another type",
      HttpClientRequest.post("http://a.test/", { body: HttpBody.formData(5 as never) }),
      "Encode"
    ],
    ["a tunnel", HttpClientRequest.make("CONNECT" as "GET")("http://a.test/"), "Encode"]
  ])("fails with a typed error: %s", ([, request, reason]) =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(HttpClient.execute(request))
      expect(failure).toMatchObject({ _tag: "RequestError", reason })
    }).pipe(Effect.provide(Transport.layer()))
  )
})

describe("a URL whose path is missing", () => {
  it.scoped.each([
    ["a query with a slash", "?a=/b", "/?a=/b"],
    ["a query with a URL", "?a=http://b.test/c", "/?a=http://b.test/c"],
    ["a fragment with a slash", "#/a?b=1", "/"],
    ["a backslash", "\\a/b", "/a/b"]
  ])("is followed by %s", ([, rest, target]) =>
    Effect.gen(function* () {
      const server = yield* scripted.make([scripted.respond()])
      yield* HttpClient.get(`${server.url.origin}${rest}`)
      expect(server.requests[0]?.target).toBe(target)
    }).pipe(Effect.provide(Transport.layer()))
  )
})

describe("as with the platform's undici", () => {
  const server = scripted.make(({ method, target }) =>
    target === "/json"
      ? scripted.json({ a: [1] })
      : target === "/form"
        ? scripted.respond({ headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=1&b=2" })
        : target === "/bom"
          ? scripted.respond({ body: "\ufeff{}" })
          : target === "/empty"
            ? scripted.respond({ status: 204 })
            : target === "/not-modified"
              ? scripted.respond({ status: 304 })
              : target === "/cut"
                ? scripted.cutShort({ body: "abc" })
                : target === "/reset"
                  ? scripted.reset
                  : scripted.respond({ body: `${method} ${target}` })
  )
  type Use = (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<unknown, unknown>
  const uses: ReadonlyArray<
    readonly [what: string, request: (url: string) => HttpClientRequest.HttpClientRequest, use: Use]
  > = [
    ["json", (url) => HttpClientRequest.get(`${url}json`), ({ json }) => json],
    ["json of an empty body", (url) => HttpClientRequest.get(`${url}empty`), ({ json }) => json],
    [
      "json of other text",
      (url) => HttpClientRequest.get(`${url}form`),
      ({ json }) => Effect.mapError(Effect.asVoid(json), String)
    ],
    ["text", (url) => HttpClientRequest.get(`${url}form`), ({ text }) => text],
    ["text with a mark", (url) => HttpClientRequest.get(`${url}bom`), ({ text }) => text],
    ["urlParamsBody", (url) => HttpClientRequest.get(`${url}form`), ({ urlParamsBody }) => urlParamsBody],
    [
      "arrayBuffer",
      (url) => HttpClientRequest.get(`${url}json`),
      ({ arrayBuffer }) => Effect.map(arrayBuffer, (buffer) => [...new Uint8Array(buffer)])
    ],
    [
      "stream",
      (url) => HttpClientRequest.get(`${url}json`),
      ({ stream }) => Stream.mkString(Stream.decodeText(stream))
    ],
    [
      "a HEAD",
      (url) => HttpClientRequest.head(`${url}json`),
      ({ status, text }) => Effect.map(text, (text) => [status, text])
    ],
    [
      "a 304",
      (url) => HttpClientRequest.get(`${url}not-modified`),
      ({ status, text }) => Effect.map(text, (text) => [status, text])
    ],
    ["a body cut short", (url) => HttpClientRequest.get(`${url}cut`), ({ text }) => Effect.mapError(text, String)],
    [
      "the toJSON",
      (url) => HttpClientRequest.get(`${url}empty`),
      (response) => Effect.sync(() => Object.keys(response.toJSON() as object))
    ],
    ["remoteAddress", (url) => HttpClientRequest.get(url), ({ remoteAddress }) => Effect.succeed(remoteAddress)],
    [
      "a path of many characters",
      (url) => HttpClientRequest.get(`${url}a b/%zz/ü/../c"<>\`{}|^\\d?q="'<> ü&e=%20`),
      ({ text }) => text
    ],
    ["dots in a path", (url) => HttpClientRequest.get(`${url}a/./b/%2e%2E/c/..d/.e`), ({ text }) => text],
    [
      "userinfo and capitals",
      (url) => HttpClientRequest.get(url.replace("http://", "HTTP://user:pw@")),
      ({ text }) => text
    ],
    ["no path", (url) => HttpClientRequest.get(url.slice(0, -1)), ({ text }) => text],
    ["a query without a path", (url) => HttpClientRequest.get(`${url.slice(0, -1)}?a=1`), ({ text }) => text],
    [
      "parameters",
      (url) => HttpClientRequest.get(`${url}a`, { urlParams: { b: "1 2+ü", c: ["x", "y"] } }),
      ({ text }) => text
    ],
    [
      "parameters beside a query",
      (url) => HttpClientRequest.get(`${url}a?z=%20~`, { urlParams: { b: "1" } }),
      ({ text }) => text
    ],
    ["a reset", (url) => HttpClientRequest.get(`${url}reset`), () => Effect.void]
  ]
  it.scoped.each(uses)("%s", ([, request, use]) =>
    Effect.gen(function* () {
      const { url } = yield* server
      const run = Effect.flatMap(HttpClient.execute(request(url.href)), use).pipe(
        Effect.mapError((failure) => String(failure).replaceAll(/:\d+/g, "")),
        Effect.either
      )
      const [ours, theirs] = yield* Effect.all([
        Effect.provide(run, Transport.layer()),
        Effect.provide(run, NodeHttpClient.layerUndici)
      ])
      expect(ours).toEqual(theirs)
    })
  )

  it.scoped("a span is made, with the context of the trace, if there is a tracer", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server
      const traces = yield* Effect.forEach([Transport.layer(), NodeHttpClient.layerUndici], (layer) => {
        const { spans, tracer } = listener()
        const get = HttpClient.get(`${url.href}json?a=1`, {
          headers: { authorization: "secret", "accept-encoding": "identity" }
        })
        return Effect.as(get.pipe(Effect.withSpan("parent"), Effect.withTracer(tracer), Effect.provide(layer)), spans)
      })
      const [ours, theirs] = traces.map((spans) =>
        spans.map(({ attributes, kind, name }) => [
          name,
          kind,
          [...attributes].filter(([key]) => !key.endsWith(".date"))
        ])
      )
      expect(ours).toEqual(theirs)
      expect(requests[0]?.headers["traceparent"]).toBe(requests[1]?.headers["traceparent"])
      expect(requests[0]?.headers["traceparent"]).toBeDefined()
    })
  )

  it.scoped("what programs compose applies: cookies, changed requests, refused statuses", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* scripted.make([
        scripted.respond({ headers: { "set-cookie": "a=1" } }),
        scripted.respond({ status: 404 })
      ])
      const cookies = yield* Ref.make(Cookies.empty)
      const client = (yield* HttpClient.HttpClient).pipe(
        HttpClient.withCookiesRef(cookies),
        HttpClient.mapRequest(HttpClientRequest.setHeader("x-a", "b")),
        HttpClient.filterStatusOk
      )
      yield* client.get(url)
      expect(yield* Effect.flip(client.get(url))).toMatchObject({ reason: "StatusCode" })
      expect(requests[1]?.headers).toMatchObject({ "x-a": "b", cookie: "a=1" })
    }).pipe(Effect.provide(Transport.layer()))
  )
})

describe("ten thousand requests", () => {
  it.scopedLive(
    "leave no listener and no connection",
    () =>
      Effect.gen(function* () {
        const server = yield* scripted.make([scripted.respond({ body: "ok" })])
        const scope = yield* Scope.make()
        const client = yield* Scope.extend(Transport.make({ connections: 8 }), scope)
        const handles = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length
        const before = handles()
        const one = (index: number) =>
          Effect.flatMap(client.get(server.url), ({ text }) => text).pipe(
            index % 100 === 0 ? Effect.timeoutOption("1 millis") : Effect.asSome
          )
        yield* Effect.forEach(Array.from({ length: 10_000 }), (_, index) => one(index), {
          concurrency: 64,
          discard: true
        })
        yield* Scope.close(scope, Exit.void)
        yield* poll(() => handles() <= before)
      }),
    180_000
  )
})
