import { describe, expect } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { Token } from "effect-herald"
import { Loopback } from "effect-herald/node"
import * as OAuth from "effect-herald/oauth"
import { createServer } from "node:http"
import { connect, type AddressInfo } from "node:net"
import * as Scripted from "../../servers/scripted.js"
import { test } from "../../support/oauthLive.js"
import { unassignedPort } from "../../support/ports.js"

const authorizationUrl = new URL("https://auth.example/auth")

/** Returns the result that the query of a callback names. */
const check = ({ searchParams }: URL): OAuth.CallbackResult => {
  const message = searchParams.get("failed")
  if (message !== null) return { _tag: "Failed", failure: new Token.TokenFailure({ reason: "Denied", message }) }
  return searchParams.has("unrelated") ? { _tag: "Unrelated" } : { _tag: "Granted" }
}

/** The result of a sign-in whose callback has this result, and whose code is redeemed. */
const resultOf = (result: OAuth.CallbackResult): OAuth.SignInResult =>
  result._tag === "Failed" ? result : { _tag: "SignedIn" }

/**
 * Starts a sign-in on a receiver that is closed with the scope.
 *
 * - `redeem`: what happens between the callback and the result
 */
const startSignIn = ({
  redeem = Effect.void,
  ...options
}: Loopback.Options & { readonly redeem?: Effect.Effect<void> } = {}) =>
  Effect.gen(function* () {
    const shown = yield* Deferred.make<URL>()
    const receiver = yield* Loopback.receiver({ open: (url) => Deferred.succeed(shown, url), ...options })
    const fiber = yield* receiver.awaitCallback(authorizationUrl, check).pipe(
      Effect.tap(redeem),
      Effect.tap((url) => receiver.showResult?.(resultOf(check(url))) ?? Effect.void),
      Effect.fork
    )
    if (options.open === undefined) expect(yield* Deferred.await(shown)).toBe(authorizationUrl)
    return { redirectUri: String(receiver.redirectUri), callback: Fiber.join(fiber), fiber, receiver }
  })

const get = (url: string, init: RequestInit = {}) =>
  Effect.promise(async () => {
    const response = await fetch(url, init)
    return { status: response.status, headers: response.headers, text: await response.text() }
  })

/** The error code of a connection to this URL. */
const connectionError = (url: string) =>
  Effect.promise(() =>
    fetch(url).then(
      () => "none",
      (error: { readonly cause?: { readonly code?: string } }) => error.cause?.code
    )
  )

/** Sends the bytes of a request, and returns those of the response. */
const sendRaw = (url: string, request: string) =>
  Effect.async<string>((resume) => {
    const { hostname, port } = new URL(url)
    let text = ""
    const socket = connect(Number(port), hostname, () => socket.write(request, "latin1"))
    socket.on("data", (piece) => (text += piece.toString()))
    socket.on("close", () => resume(Effect.succeed(text)))
    socket.on("error", () => {})
  })

/** Sends the bytes of a request, and resets the connection. */
const sendAndReset = (url: string, request: string) =>
  Effect.async<void>((resume) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname, () => socket.write(request, () => socket.resetAndDestroy()))
    socket.on("close", () => resume(Effect.void))
    socket.on("error", () => {})
  })

describe("a loopback receiver", () => {
  test("returns the callback URL, and responds with a page", () =>
    Effect.gen(function* () {
      const { callback, redirectUri } = yield* startSignIn()
      expect(redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
      const response = yield* get(`${redirectUri}?code=a%20b&state=c`)
      expect(response.status).toBe(200)
      expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8")
      expect(response.headers.get("cache-control")).toBe("no-store")
      expect(response.headers.get("connection")).toBe("close")
      expect(response.headers.get("content-security-policy")).toContain("default-src 'none'")
      expect(response.text).toMatch(/^<!doctype html>\n<html lang="en">[^]*<title>[^<]+<\/title>[^]*<\/html>\n$/)
      expect(response.text).toContain("You can close this window")
      expect(response.text).not.toMatch(/code|https?:/)
      expect((yield* callback).href).toBe(`${redirectUri}?code=a%20b&state=c`)
    }))

  test("ignores other paths, methods, hosts and sign-ins", () =>
    Effect.gen(function* () {
      const { callback, fiber, redirectUri } = yield* startSignIn()
      const origin = new URL(redirectUri).origin
      for (const path of ["/", "/favicon.ico", "/callback/", "/Callback", "/callback2?code=1"]) {
        expect((yield* get(origin + path)).status, path).toBe(404)
      }
      for (const method of ["POST", "PUT", "HEAD", "DELETE"]) {
        const response = yield* get(`${redirectUri}?code=1`, { method })
        expect([response.status, response.headers.get("allow")], method).toEqual([405, "GET"])
      }
      expect((yield* get(`${redirectUri}?unrelated`)).status).toBe(400)
      for (const target of ["//evil.example/callback?code=1", "http://evil.example/callback?code=1", "*"]) {
        const response = yield* sendRaw(redirectUri, `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
        expect(response, target).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/)
      }
      expect(fiber.unsafePoll()).toBe(null)
      yield* get(`${redirectUri}?right`)
      expect((yield* callback).search).toBe("?right")
    }))

  test("survives malformed requests, and ignores them", () =>
    Effect.gen(function* () {
      const { callback, fiber, redirectUri } = yield* startSignIn()
      const { host } = new URL(redirectUri)
      const targets = [
        "/\\[",
        "/\\evil.example/callback?code=1",
        "/\t/evil.example/callback?code=1",
        "/\t\\[/callback",
        "\\\\[",
        "\\callback",
        "/here\\..\\callback?code=1",
        "//[",
        "//",
        "///callback",
        "/[",
        "/%",
        "/%00%ff/callback",
        "/\u00ff\u00fe",
        "/?\\[",
        "?",
        "#",
        "*",
        "callback",
        "//evil.example:99999999/callback",
        "http://[/callback",
        "http://evil.example/callback",
        `http://${host}/callback`,
        "http:callback",
        "javascript:alert(1)",
        `/${"a".repeat(8000)}`
      ]
      for (const target of targets) {
        for (const method of ["GET", "POST", "OPTIONS"]) {
          const response = yield* sendRaw(redirectUri, `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
          // Node itself refuses some of these with a 400.
          expect(response, `${method} ${target}`).toMatch(/^HTTP\/1\.1 40[04] /)
        }
      }
      const head = `GET /callback?code=1 HTTP/1.1\r\nHost: ${host}\r\n`
      const others: ReadonlyArray<readonly [status: number, request: string]> = [
        [431, `${head}Cookie: ${"a".repeat(20_000)}\r\n\r\n`],
        [431, `GET /callback?${"a".repeat(20_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
        [400, "\r\n\r\n\0\u00ff\u00fe\r\n\r\n"],
        [400, `${head}Content-Length: many\r\n\r\n`],
        [400, "GET /callback?code=1 HTTP/1.1\r\n\r\n"],
        [417, `${head}Expect: the worst\r\n\r\n`]
      ]
      for (const [status, request] of others) {
        expect(yield* sendRaw(redirectUri, request), request.slice(0, 99)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
      }
      // These are incomplete, or want no HTTP response.
      for (const bytes of [
        "",
        "G",
        "GET /callback?code=1",
        head,
        `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`
      ]) {
        yield* sendAndReset(redirectUri, bytes)
      }
      expect(fiber.unsafePoll()).toBe(null)
      // A query may hold a backslash.
      yield* get(`${redirectUri}?right=\\[`)
      expect((yield* callback).href).toBe(`${redirectUri}?right=\\[`)
    }))

  test("shows the reason of a failure, escaped as HTML", () =>
    Effect.gen(function* () {
      const { callback, redirectUri } = yield* startSignIn()
      const text = `<script>alert("1")</script> & 'more'`
      const response = yield* get(`${redirectUri}?failed=${encodeURIComponent(text)}`)
      expect(response.status).toBe(400)
      expect(response.text).toContain(
        "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;. You can close this window."
      )
      expect(response.text).not.toContain("<script")
      expect((yield* callback).searchParams.get("failed")).toBe(text)
    }))

  test("ignores callbacks after the first", () =>
    Effect.gen(function* () {
      const { callback, redirectUri } = yield* startSignIn()
      yield* get(`${redirectUri}?first`)
      expect((yield* get(`${redirectUri}?second`)).status).toBe(400)
      expect((yield* callback).search).toBe("?first")
    }))

  test("holds its page until the result is known, for every request with the callback", () =>
    Effect.gen(function* () {
      const redeemed = yield* Deferred.make<void>()
      const { callback, fiber, redirectUri } = yield* startSignIn({ redeem: Deferred.await(redeemed) })
      const pages = yield* Effect.fork(
        Effect.all([get(`${redirectUri}?code=1`), get(`${redirectUri}?code=1`)], { concurrency: "unbounded" })
      )
      expect((yield* get(`${redirectUri}?code=2&unrelated`)).status).toBe(400)
      // A user who closes the page or loads it again.
      yield* sendAndReset(redirectUri, "GET /callback?code=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
      expect([fiber.unsafePoll(), pages.unsafePoll()]).toEqual([null, null])
      yield* Deferred.succeed(redeemed, undefined)
      expect((yield* Fiber.join(pages)).map(({ status }) => status)).toEqual([200, 200])
      yield* callback
      expect((yield* get(`${redirectUri}?code=1`)).text).toContain("You can close this window")
    }))

  test("sends a page that names no result after 30 seconds, or when it is closed without one", () =>
    Effect.gen(function* () {
      const time = Clock.make()
      const sleeps: Array<number> = []
      const clock: Clock.Clock = {
        ...time,
        sleep: (duration) => Effect.sync(() => sleeps.push(Duration.toMillis(duration)))
      }
      const slow = yield* Effect.withClock(startSignIn({ redeem: Effect.never }), clock)
      const page = yield* get(`${slow.redirectUri}?code=1`)
      expect([page.status, page.text]).toEqual([202, expect.stringContaining("not finished yet")])
      expect(sleeps).toEqual([30_000])

      const scope = yield* Scope.make()
      const accepted = yield* Deferred.make<void>()
      const redeem = Effect.zipRight(Deferred.succeed(accepted, undefined), Effect.never)
      const { redirectUri } = yield* Scope.extend(startSignIn({ redeem }), scope)
      const closed = yield* Effect.fork(get(`${redirectUri}?code=1`))
      yield* Deferred.await(accepted)
      yield* Scope.close(scope, Exit.void)
      expect((yield* Fiber.join(closed)).status).toBe(202)
    }))

  test("tells the browser that the sign-in was interrupted", () =>
    Effect.gen(function* () {
      const server = yield* Scripted.make([Scripted.silence])
      const shown = yield* Deferred.make<URL>()
      const scope = yield* Scope.make()
      const tokens = yield* Scope.extend(
        OAuth.authorizationCode({
          server: { authorizationEndpoint: new URL("/auth", server.url), tokenEndpoint: new URL("/token", server.url) },
          client: { clientId: "cli" },
          receiver: Loopback.receiver({ open: (url) => Deferred.succeed(shown, url) })
        }),
        scope
      )
      yield* Effect.fork(tokens.token())
      const { searchParams } = yield* Deferred.await(shown)
      const page = yield* Effect.fork(
        get(`${searchParams.get("redirect_uri")}?code=1&state=${searchParams.get("state")}`)
      )
      yield* server.next
      yield* Scope.close(scope, Exit.void)
      const { status, text } = yield* Fiber.join(page)
      expect([status, text]).toEqual([400, expect.stringContaining("has ended the sign-in")])
    }))

  test("ignores a browser that loads the page ahead, and other methods", () =>
    Effect.gen(function* () {
      const { callback, fiber, redirectUri } = yield* startSignIn()
      const rows: ReadonlyArray<readonly [name: string, value: string]> = [
        ["Sec-Purpose", "prefetch"],
        ["Sec-Purpose", "prefetch;prerender"],
        ["Sec-Purpose", "prefetch;anonymous-client-ip"],
        ["Purpose", "prefetch"],
        ["Purpose", "Prefetch"],
        ["X-Purpose", "preview"],
        ["X-Moz", "prefetch"]
      ]
      const target = new URL(`${redirectUri}?code=1`)
      const head = (method: string) =>
        `${method} ${target.pathname}${target.search} HTTP/1.1\r\nHost: ${target.host}\r\n`
      for (const [name, value] of rows) {
        const response = yield* sendRaw(redirectUri, `${head("GET")}${name}: ${value}\r\n\r\n`)
        expect(response, `${name}: ${value}`).toMatch(/^HTTP\/1\.1 503 [^]*cache-control: no-store/)
      }
      for (const method of ["HEAD", "OPTIONS", "POST"]) {
        expect(yield* sendRaw(redirectUri, `${head(method)}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 405 /)
      }
      expect(fiber.unsafePoll()).toBe(null)
      expect(yield* sendRaw(redirectUri, `${head("GET")}Sec-Purpose: other\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /)
      expect((yield* callback).search).toBe("?code=1")
    }))

  test("is closed with its scope, even if connections are open", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { redirectUri } = yield* Scope.extend(startSignIn(), scope)
      // Browsers open connections ahead of requests.
      const open = yield* Effect.fork(sendRaw(redirectUri, "GET /callback HTTP/1.1\r\n"))
      expect((yield* get(`${redirectUri}?unrelated`)).status).toBe(400)
      yield* Scope.close(scope, Exit.void)
      expect(yield* connectionError(redirectUri)).toBe("ECONNREFUSED")
      expect(yield* Fiber.join(open)).toBe("")
    }))

  test("is closed when its sign-in is interrupted", () =>
    Effect.gen(function* () {
      const shown = yield* Deferred.make<URL>()
      const signIn = Effect.scoped(
        Effect.flatMap(
          OAuth.authorizationCode({
            server: { authorizationEndpoint: authorizationUrl, tokenEndpoint: "https://auth.example/token" },
            client: { clientId: "cli" },
            receiver: Loopback.receiver({ open: (url) => Deferred.succeed(shown, url) })
          }),
          (tokens) => tokens.token()
        )
      )
      const fiber = yield* Effect.fork(signIn)
      const redirectUri = (yield* Deferred.await(shown)).searchParams.get("redirect_uri") ?? ""
      expect((yield* get(redirectUri)).status).toBe(400)
      yield* Fiber.interrupt(fiber)
      expect(yield* connectionError(redirectUri)).toBe("ECONNREFUSED")
    }))

  test("listens on the configured host, port and path", () =>
    Effect.gen(function* () {
      const free = yield* unassignedPort
      const { callback, redirectUri } = yield* startSignIn({ host: "localhost", port: free, path: "/signed/in" })
      expect(redirectUri).toBe(`http://localhost:${free}/signed/in`)
      yield* get(`${redirectUri}?code=1`)
      expect((yield* callback).href).toBe(`${redirectUri}?code=1`)
    }))

  test("listens on the IPv6 loopback address", () =>
    Effect.gen(function* () {
      const { callback, redirectUri } = yield* startSignIn({ host: "::1" })
      expect(redirectUri).toMatch(/^http:\/\/\[::1\]:\d+\/callback$/)
      yield* get(`${redirectUri}?code=1`)
      expect((yield* callback).href).toBe(`${redirectUri}?code=1`)
    }))

  /** A server of another program. */
  const otherProgram = (host: string, port: number) =>
    Effect.map(
      Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const server = createServer((_, response) => response.writeHead(418).end())
          server.listen(port, host, () => resume(Effect.succeed(server)))
        }),
        (server) =>
          Effect.sync(() => {
            server.close()
            server.closeAllConnections()
          })
      ),
      (server) => (server.address() as AddressInfo).port
    )

  test("fails with Unavailable, and a hint, where its port is in use", () =>
    Effect.gen(function* () {
      const rows: ReadonlyArray<
        readonly [host: NonNullable<Loopback.Options["host"]>, other: string, address: string]
      > = [
        ["127.0.0.1", "127.0.0.1", "127.0.0.1"],
        ["127.0.0.1", "0.0.0.0", "127.0.0.1"],
        ["127.0.0.1", "::", "127.0.0.1"],
        ["::1", "::1", "::1"],
        ["localhost", "127.0.0.1", "127.0.0.1"],
        ["localhost", "::1", "::1"],
        ["localhost", "::", "127.0.0.1"]
      ]
      for (const [host, other, address] of rows) {
        // Free at the other addresses, too.
        const port = yield* otherProgram(other, yield* unassignedPort)
        const failure = yield* Effect.flip(Effect.scoped(Loopback.receiver({ host, port })))
        expect(failure).toMatchObject({ _tag: "TokenFailure", reason: "Unavailable" })
        expect(failure.message, `${host} ${other}`).toBe(
          `port ${port} of ${address} is in use: stop the program that uses it, or set another \`port\` that the server accepts`
        )
        // Nothing of the failed start is left.
        if (address === "::1") yield* otherProgram("127.0.0.1", port)
      }
    }))

  test("fails with Misconfigured, which names the option, where one is invalid", () =>
    Effect.gen(function* () {
      const values: Readonly<Record<keyof Loopback.Options, ReadonlyArray<unknown>>> = {
        path: ["callback", "", "callback/", "/callback#part", 5, null],
        port: [70_000, 65_536, -1, 0.5, Number.NaN, Infinity, "8080", null],
        host: ["0.0.0.0", "::", "auth.example", "", 5, null],
        open: ["firefox", null, {}]
      }
      for (const [option, invalid] of Object.entries(values)) {
        for (const value of invalid) {
          // The values are those of JavaScript.
          const failure = yield* Effect.flip(Loopback.receiver({ [option]: value } as Loopback.Options))
          expect(failure, `${option} ${String(value)}`).toMatchObject({ reason: "Misconfigured" })
          expect(failure.message).toContain(`\`${option}\``)
        }
      }
    }))

  test("receives the callback at both addresses of localhost", () =>
    Effect.gen(function* () {
      for (const address of ["127.0.0.1", "[::1]"]) {
        const { callback, redirectUri } = yield* startSignIn({ host: "localhost" })
        const { port } = new URL(redirectUri)
        expect((yield* get(`http://${address}:${port}/callback?code=1`)).status).toBe(200)
        expect((yield* callback).href).toBe(`${redirectUri}?code=1`)
      }
    }))

  test("takes another free port where a program listens on the first one, on one address of localhost", () =>
    Effect.gen(function* () {
      const { Server } = yield* Effect.promise(() => import("node:net"))
      // It is called with its server.
      const listen = Reflect.get(Server.prototype, "listen") as (...args: ReadonlyArray<unknown>) => unknown
      const taken: Array<number> = []
      // Another program takes the port between the two addresses, twice.
      Reflect.set(Server.prototype, "listen", function (this: unknown, ...args: ReadonlyArray<unknown>) {
        const [port, host] = args
        if (host !== "::1" || taken.length === 2) return Reflect.apply(listen, this, args)
        taken.push(Number(port))
        const other = createServer()
        Reflect.apply(listen, other, [port, "::1", () => Reflect.apply(listen, this, args)])
        other.unref()
        return this
      })
      const { callback, redirectUri } = yield* Effect.ensuring(
        startSignIn({ host: "localhost" }),
        Effect.sync(() => {
          Reflect.set(Server.prototype, "listen", listen)
        })
      )
      const port = Number(new URL(redirectUri).port)
      expect(taken).toHaveLength(2)
      expect(taken).not.toContain(port)
      yield* get(`http://[::1]:${port}/callback?code=1`)
      expect((yield* callback).search).toBe("?code=1")
    }))

  test("logs the authorization URL, and needs no browser on this machine", () =>
    Effect.gen(function* () {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ annotations, message }) => {
        logged.push(message, ...HashMap.values(annotations))
      })
      const path = process.env["PATH"]
      // No command that opens a browser is found there.
      process.env["PATH"] = "/nowhere"
      yield* Loopback.open(authorizationUrl).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Effect.ensuring(
          Effect.sync(() => {
            process.env["PATH"] = path
          })
        )
      )
      yield* Effect.promise(() => new Promise(setImmediate))
      expect(String(logged)).toContain(authorizationUrl.href)
    }))
})
