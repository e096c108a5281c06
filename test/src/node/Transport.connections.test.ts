import { createServer as createHttp, request as sendHttp } from "node:http"
import { createSecureServer } from "node:http2"
import { createServer as createHttps } from "node:https"
import { connect, createServer as createTcp, type AddressInfo, type Server, type Socket } from "node:net"
import { HttpBody, HttpClient } from "@effect/platform"
import { describe, expect, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Exit, Fiber, Layer, Option, Redacted, Scope, Stream } from "effect"
import { Transport } from "effect-herald/node"
import { MockAgent } from "undici"
import { makeCertificate } from "../../servers/certificates.js"
import * as scripted from "../../servers/scripted.js"

/** Starts a server on loopback, and returns its port and its open sockets. */
const listening = (server: Server) =>
  Effect.acquireRelease(
    Effect.async<{ readonly port: number; readonly sockets: Set<Socket> }>((resume) => {
      const sockets = new Set<Socket>()
      server.on("connection", (socket: Socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => sockets.delete(socket))
      })
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({ port: (server.address() as AddressInfo).port, sockets }))
      )
    }),
    ({ sockets }) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  )

const until = (condition: () => boolean) =>
  Effect.promise(async () => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
  })

const textOf = (url: string) => Effect.flatMap(HttpClient.get(url), ({ text }) => text)

const own = makeCertificate()
const other = makeCertificate("other.test")

describe("connections", () => {
  it.scoped("are kept, and close with the layer", () =>
    Effect.gen(function* () {
      const { port, sockets } = yield* listening(createHttp((_, response) => void response.end("ok")))
      const scope = yield* Scope.make()
      const client = yield* Scope.extend(Transport.make(), scope)
      for (let index = 0; index < 3; index += 1)
        yield* Effect.flatMap(client.get(`http://127.0.0.1:${port}/`), ({ text }) => text)
      // undici uses a connection again after a turn of the event loop, and opens another one for a request before that.
      expect(sockets.size).toBeLessThanOrEqual(2)
      yield* Scope.close(scope, Exit.void)
      yield* until(() => sockets.size === 0)
      const exit = yield* Effect.exit(client.get(`http://127.0.0.1:${port}/`))
      expect(exit._tag).toBe("Failure")
    })
  )

  it.scoped("are not more than the limit", () =>
    Effect.gen(function* () {
      const { port, sockets } = yield* listening(
        createHttp((_, response) => void setTimeout(() => response.end("ok"), 5))
      )
      const client = yield* Transport.make({ connections: 2 })
      const get = Effect.flatMap(client.get(`http://127.0.0.1:${port}/`), ({ text }) => text)
      yield* Effect.all(
        Array.from({ length: 20 }, () => get),
        { concurrency: "unbounded" }
      )
      expect(sockets.size).toBe(2)
    })
  )

  it.scoped("have several requests at once with pipelining", () =>
    Effect.gen(function* () {
      let heads = 0
      const server = createTcp((socket) => {
        socket.on("data", (data) => {
          heads += data.toString().split("GET /").length - 1
          // No request is responded to before all of them were received.
          if (heads === 3) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".repeat(3))
        })
      })
      const { port } = yield* listening(server)
      const client = yield* Transport.make({ connections: 1, pipelining: 3 })
      const get = Effect.flatMap(client.get(`http://127.0.0.1:${port}/`), ({ text }) => text)
      expect(yield* Effect.all([get, get, get], { concurrency: "unbounded" })).toEqual(["ok", "ok", "ok"])
    })
  )

  it.scoped("that a program's dispatcher has remain its own", () =>
    Effect.gen(function* () {
      const dispatcher = new MockAgent()
      dispatcher.disableNetConnect()
      dispatcher.get("http://api.test").intercept({ path: "/a?b=1" }).reply(200, "mocked")
      const text = yield* textOf("http://api.test/a?b=1").pipe(Effect.provide(Transport.layer({ dispatcher })))
      expect(text).toBe("mocked")
    })
  )
})

describe("an interruption while a connection is established", () => {
  it.scoped.each([
    ["without a body", HttpBody.empty],
    ["with a Stream as its body", HttpBody.stream(Stream.never)]
  ] as const)("closes the connection of a request %s, and leaves others theirs", ([, body]) =>
    Effect.gen(function* () {
      // TLS handshakes that get no response.
      const { port, sockets } = yield* listening(createTcp((socket) => void socket.resume()))
      const url = `https://127.0.0.1:${port}/`
      const client = yield* Transport.make()
      const first = yield* Effect.fork(client.post(url, { body }))
      yield* until(() => sockets.size === 1)
      const second = yield* Effect.fork(client.get(url))
      yield* until(() => sockets.size === 2)
      yield* Fiber.interrupt(first)
      yield* until(() => sockets.size === 1)
      expect(Option.isNone(yield* Fiber.poll(second))).toBe(true)
      yield* Fiber.interrupt(second)
      yield* until(() => sockets.size === 0)
    })
  )

  it.scoped("lets the next request connect, where the number of connections is limited", () =>
    Effect.gen(function* () {
      const secure = createHttps(own, (_, response) => void response.end("ok"))
      let first = true
      const server = createTcp((socket) => {
        if (!first) secure.emit("connection", socket)
        first = false
      })
      const { port, sockets } = yield* listening(server)
      const client = yield* Transport.make({ connections: 1, tls: { ca: own.cert, servername: "localhost" } })
      const get = Effect.flatMap(client.get(`https://127.0.0.1:${port}/`), ({ text }) => text)
      const stuck = yield* Effect.fork(get)
      yield* until(() => sockets.size === 1)
      const next = yield* Effect.fork(get)
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(stuck)
      expect(yield* Fiber.join(next)).toBe("ok")
    })
  )
})

describe("timeouts", () => {
  it.scoped.each([
    ["connectTimeout", "UND_ERR_CONNECT_TIMEOUT"],
    ["headersTimeout", "UND_ERR_HEADERS_TIMEOUT"],
    ["bodyTimeout", "UND_ERR_BODY_TIMEOUT"]
  ] as const)("%s fails a request that takes longer", ([option, code]) =>
    Effect.gen(function* () {
      const server = createTcp((socket) => {
        socket.on("data", () => {
          if (option === "bodyTimeout") socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no")
        })
      })
      const { port } = yield* listening(server)
      // A TLS handshake that gets no response.
      const url = `${option === "connectTimeout" ? "https" : "http"}://127.0.0.1:${port}/`
      const failure = yield* Effect.flip(textOf(url)).pipe(Effect.provide(Transport.layer({ [option]: "100 millis" })))
      expect(failure).toMatchObject({ cause: { code } })
    })
  )
})

describe("TLS", () => {
  const secure = listening(
    createHttps({ ...own, requestCert: true, rejectUnauthorized: false, ca: other.cert }, (request, response) => {
      const certificate = (
        request.socket as unknown as { getPeerCertificate: () => { subject?: { CN?: string } } }
      ).getPeerCertificate()
      response.end(certificate.subject?.CN ?? "anonymous")
    })
  )

  it.scoped("refuses an unknown certificate, before the request is sent", () =>
    Effect.gen(function* () {
      const { port } = yield* secure
      const failure = yield* Effect.flip(textOf(`https://127.0.0.1:${port}/`)).pipe(Effect.provide(Transport.layer()))
      expect(failure).toMatchObject({
        _tag: "RequestError",
        reason: "Transport",
        cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }
      })
    })
  )

  it.scoped("accepts a CA, and checks its name", () =>
    Effect.gen(function* () {
      const { port } = yield* secure
      const get = textOf(`https://127.0.0.1:${port}/`)
      const named = Transport.layer({ tls: { ca: own.cert, servername: "localhost" } })
      expect(yield* Effect.provide(get, named)).toBe("anonymous")
      const failure = yield* Effect.flip(Effect.provide(get, Transport.layer({ tls: { ca: own.cert } })))
      expect(failure).toMatchObject({ cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } })
    })
  )

  it.scoped("sends a client certificate, whose key may be redacted", () =>
    Effect.gen(function* () {
      const { port } = yield* secure
      const tls = { ca: own.cert, servername: "localhost", cert: other.cert, key: Redacted.make(other.key) }
      const text = yield* textOf(`https://127.0.0.1:${port}/`).pipe(Effect.provide(Transport.layer({ tls })))
      expect(text).toBe("other.test")
    })
  )
})

describe("HTTP/2", () => {
  const tls = { ca: own.cert, servername: "localhost" }

  it.scoped("has all requests on one connection, with bodies both ways", () =>
    Effect.gen(function* () {
      const server = createSecureServer({ ...own, allowHTTP1: true }, (request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () =>
          setTimeout(
            () => response.end(`${request.httpVersion} ${request.method} ${Buffer.concat(chunks).toString()}`),
            5
          )
        )
      })
      const { port, sockets } = yield* listening(server)
      const client = yield* Transport.make({ http2: true, tls })
      const url = `https://127.0.0.1:${port}/`
      const get = Effect.flatMap(client.get(url), ({ text }) => text)
      expect(yield* get).toBe("2.0 GET ")
      yield* Effect.all(
        Array.from({ length: 20 }, () => get),
        { concurrency: "unbounded" }
      )
      expect(sockets.size).toBe(1)
      expect(
        yield* Effect.flatMap(client.post(url, { body: yield* HttpBody.json({ a: 1 }) }), ({ text }) => text)
      ).toBe('2.0 POST {"a":1}')
      const plain = yield* Transport.make({ tls })
      expect(yield* Effect.flatMap(plain.get(url), ({ text }) => text)).toBe("1.1 GET ")
    })
  )

  it.scoped("is HTTP/1.1 with a server that has no other", () =>
    Effect.gen(function* () {
      const { port } = yield* listening(createHttps(own, (request, response) => void response.end(request.httpVersion)))
      const text = yield* textOf(`https://127.0.0.1:${port}/`).pipe(
        Effect.provide(Transport.layer({ http2: true, tls }))
      )
      expect(text).toBe("1.1")
    })
  )
})

describe("proxies", () => {
  /** A proxy for both kinds of requests, which records their targets. */
  const proxy = Effect.gen(function* () {
    const targets: Array<string> = []
    const server = createHttp((request, response) => {
      targets.push(`${request.method} ${request.url}`)
      const { headers, method } = request
      request.pipe(
        sendHttp(request.url!, { headers, method }, (received) => {
          response.writeHead(received.statusCode!, received.headers)
          received.pipe(response)
        })
      )
    })
    server.on("connect", (request, socket: Socket) => {
      targets.push(`CONNECT ${request.url}`)
      const [host, port] = request.url!.split(":")
      const upstream = connect(Number(port), host)
      upstream.on("error", () => socket.destroy())
      socket.on("error", () => upstream.destroy())
      socket.on("close", () => upstream.destroy())
      socket.write("HTTP/1.1 200 OK\r\n\r\n")
      socket.pipe(upstream)
      upstream.pipe(socket)
    })
    const { port } = yield* listening(server)
    return { targets, url: `http://127.0.0.1:${port}` }
  })

  /** Sets variables of the environment until the scope closes. */
  const setEnvironment = (variables: Record<string, string>) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
        Object.assign(process.env, variables)
        return before
      }),
      (before) =>
        Effect.sync(() => {
          for (const [name, value] of before) {
            if (value === undefined) delete process.env[name]
            else process.env[name] = value
          }
        })
    )

  it.scoped.each([
    ["upper case", ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]],
    ["lower case", ["http_proxy", "https_proxy", "no_proxy"]]
  ] as const)("of the environment, in %s, are used if asked for", ([, [http, https, none]]) =>
    Effect.gen(function* () {
      const { targets, url } = yield* proxy
      const server = yield* scripted.make([scripted.respond({ body: "plain" })])
      const secure = yield* listening(createHttps(own, (_, response) => void response.end("secure")))
      yield* setEnvironment({ [http]: url, [https]: url, [none]: "" })
      const tls = { ca: own.cert, servername: "localhost" }
      const both = Effect.all([textOf(server.url.href), textOf(`https://127.0.0.1:${secure.port}/`)])
      expect(yield* Effect.provide(both, Transport.layer({ proxy: true, tls }))).toEqual(["plain", "secure"])
      expect(targets).toEqual([`GET ${server.url.href}`, `CONNECT 127.0.0.1:${secure.port}`])
      // Node's own switch.
      yield* Effect.provide(both, Transport.layer({ tls }))
      expect(targets).toHaveLength(2)
      yield* setEnvironment({ NODE_USE_ENV_PROXY: "1" })
      yield* Effect.provide(both, Transport.layer({ tls }))
      expect(targets).toHaveLength(4)
      yield* setEnvironment({ [none]: "127.0.0.1" })
      yield* Effect.provide(both, Transport.layer({ tls }))
      expect(targets).toHaveLength(4)
    })
  )
})

describe("options", () => {
  it.effect.each<Record<string, unknown>>([
    { connections: 0 },
    { connections: 1.5 },
    { pipelining: "2" },
    { maxBodySize: -1 },
    { connectTimeout: "soon" },
    { bodyTimeout: 0 },
    { http2: "yes" },
    { proxy: 1 },
    { tls: "ca" },
    { dispatcher: {} },
    { dispatcher: { dispatch: () => true }, http2: true }
  ])("%j are refused", (options) =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(Effect.scoped(Transport.make(options as Transport.Options)))
      expect(failure._op).toBe("InvalidData")
    })
  )

  it.effect("may be read from the configuration", () =>
    Effect.gen(function* () {
      const layer = Transport.layerConfig({ connections: Config.integer("CONNECTIONS"), connectTimeout: "1 second" })
      const build = (value: string) =>
        Effect.scoped(Layer.build(layer)).pipe(
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["CONNECTIONS", value]])))
        )
      yield* build("3")
      expect((yield* Effect.flip(build("0")))._op).toBe("InvalidData")
    })
  )
})
