import { describe, expect } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
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
import { test } from "../../support/oauthLive.js"

const authorizationUrl = new URL("https://auth.example/auth")

/** Returns the result that the query of a callback names. */
const check = ({ searchParams }: URL): OAuth.CallbackResult => {
  const message = searchParams.get("failed")
  if (message !== null) return { _tag: "Failed", failure: new Token.TokenFailure({ reason: "Denied", message }) }
  return searchParams.has("unrelated") ? { _tag: "Unrelated" } : { _tag: "Granted" }
}

/** Starts a sign-in on a receiver that is closed with the scope. */
const startSignIn = (options: Loopback.Options = {}) =>
  Effect.gen(function* () {
    const shown = yield* Deferred.make<URL>()
    const receiver = yield* Loopback.receiver({ open: (url) => Deferred.succeed(shown, url), ...options })
    const fiber = yield* Effect.fork(receiver.awaitCallback(authorizationUrl, check))
    if (options.open === undefined) expect(yield* Deferred.await(shown)).toBe(authorizationUrl)
    return { redirectUri: String(receiver.redirectUri), callback: Fiber.join(fiber), fiber }
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
      const free = yield* Effect.scoped(Effect.map(Loopback.receiver(), ({ redirectUri }) => new URL(redirectUri).port))
      const { callback, redirectUri } = yield* startSignIn({
        host: "localhost",
        port: Number(free),
        path: "/signed/in"
      })
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

  test("fails with Unavailable, and a hint, where its port is in use", () =>
    Effect.gen(function* () {
      const other = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const { port } = other.address() as AddressInfo
      const failure = yield* Effect.flip(Loopback.receiver({ port }))
      expect(failure).toMatchObject({ _tag: "TokenFailure", reason: "Unavailable" })
      expect(failure.message).toBe(
        `port ${port} of 127.0.0.1 is in use: stop the program that uses it, or set another \`port\` that the server accepts`
      )
      expect(yield* Effect.flip(Loopback.receiver({ port: 65_536 }))).toMatchObject({ reason: "Unavailable" })
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
