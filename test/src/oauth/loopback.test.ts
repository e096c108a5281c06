import { createServer } from "node:http"
import { connect, type AddressInfo } from "node:net"
import { describe, expect } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as Loopback from "effect-herald/loopback"
import * as OAuth from "effect-herald/oauth"
import { TokenFailure } from "../../../src/Token.js"
import { test } from "./live.js"

const page = new URL("https://auth.example/auth")

/** Says what a test wants said of a URL: that in its query. */
const judge = ({ searchParams }: URL): OAuth.Verdict => {
  const text = searchParams.get("failed")
  if (text !== null) return { _tag: "Failed", failure: new TokenFailure({ reason: "Denied", message: text }) }
  return searchParams.has("stray") ? { _tag: "Stray" } : { _tag: "Agreed" }
}

/** A visit that has begun, to a receiver that is closed with the scope. */
const visiting = (options: Loopback.Options = {}) =>
  Effect.gen(function* () {
    const shown = yield* Deferred.make<URL>()
    const receiver = yield* Loopback.receiver({ open: (url) => Deferred.succeed(shown, url), ...options })
    const fiber = yield* Effect.fork(receiver.visit(page, judge))
    if (options.open === undefined) expect(yield* Deferred.await(shown)).toBe(page)
    return { at: String(receiver.redirectUri), came: Fiber.join(fiber), fiber }
  })

const get = (url: string, init: RequestInit = {}) =>
  Effect.promise(async () => {
    const response = await fetch(url, init)
    return { status: response.status, headers: response.headers, text: await response.text() }
  })

const refused = (url: string) =>
  Effect.promise(() =>
    fetch(url).then(
      () => "answered",
      (error: { readonly cause?: { readonly code?: string } }) => error.cause?.code
    )
  )

/** What comes over the wire for a request that is written by hand. */
const raw = (url: string, request: string) =>
  Effect.async<string>((resume) => {
    const { hostname, port } = new URL(url)
    let text = ""
    const socket = connect(Number(port), hostname, () => socket.write(request, "latin1"))
    socket.on("data", (piece) => (text += piece.toString()))
    socket.on("close", () => resume(Effect.succeed(text)))
    socket.on("error", () => {})
  })

/** Sends this, and resets the connection. */
const gone = (url: string, request: string) =>
  Effect.async<void>((resume) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname, () => socket.write(request, () => socket.resetAndDestroy()))
    socket.on("close", () => resume(Effect.void))
    socket.on("error", () => {})
  })

describe("a receiver on loopback", () => {
  test("gives the URL that the browser came back to, and answers with a page that is whole", () =>
    Effect.gen(function* () {
      const { at, came } = yield* visiting()
      expect(at).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
      const answer = yield* get(`${at}?code=a%20b&state=c`)
      expect(answer.status).toBe(200)
      expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8")
      expect(answer.headers.get("cache-control")).toBe("no-store")
      expect(answer.headers.get("connection")).toBe("close")
      expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'")
      expect(answer.text).toMatch(/^<!doctype html>\n<html lang="en">[^]*<title>[^<]+<\/title>[^]*<\/html>\n$/)
      expect(answer.text).toContain("You can close this window")
      expect(answer.text).not.toMatch(/code|https?:/)
      expect((yield* came).href).toBe(`${at}?code=a%20b&state=c`)
    }))

  test("waits on for what is not its own: other paths, methods, hosts and logins", () =>
    Effect.gen(function* () {
      const { at, came, fiber } = yield* visiting()
      const origin = new URL(at).origin
      for (const path of ["/", "/favicon.ico", "/callback/", "/Callback", "/callback2?code=1"]) {
        expect((yield* get(origin + path)).status, path).toBe(404)
      }
      for (const method of ["POST", "PUT", "HEAD", "DELETE"]) {
        const answer = yield* get(`${at}?code=1`, { method })
        expect([answer.status, answer.headers.get("allow")], method).toEqual([405, "GET"])
      }
      expect((yield* get(`${at}?stray`)).status).toBe(400)
      for (const target of ["//evil.example/callback?code=1", "http://evil.example/callback?code=1", "*"]) {
        const answer = yield* raw(at, `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
        expect(answer, target).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/)
      }
      expect(fiber.unsafePoll()).toBe(null)
      yield* get(`${at}?right`)
      expect((yield* came).search).toBe("?right")
    }))

  test("is not brought down by anything that a client sends, and takes none of it for its own", () =>
    Effect.gen(function* () {
      const { at, came, fiber } = yield* visiting()
      const { host } = new URL(at)
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
          const answer = yield* raw(at, `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
          // Some of it is no request at all as far as Node is concerned.
          expect(answer, `${method} ${target}`).toMatch(/^HTTP\/1\.1 40[04] /)
        }
      }
      const whole = `GET /callback?code=1 HTTP/1.1\r\nHost: ${host}\r\n`
      const others: ReadonlyArray<readonly [status: number, request: string]> = [
        [431, `${whole}Cookie: ${"a".repeat(20_000)}\r\n\r\n`],
        [431, `GET /callback?${"a".repeat(20_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
        [400, "\r\n\r\n\0\u00ff\u00fe\r\n\r\n"],
        [400, `${whole}Content-Length: many\r\n\r\n`],
        [400, "GET /callback?code=1 HTTP/1.1\r\n\r\n"],
        [417, `${whole}Expect: the worst\r\n\r\n`]
      ]
      for (const [status, request] of others) {
        expect(yield* raw(at, request), request.slice(0, 99)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
      }
      // No answer is owed to these.
      for (const half of [
        "",
        "G",
        "GET /callback?code=1",
        whole,
        `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`
      ]) {
        yield* gone(at, half)
      }
      expect(fiber.unsafePoll()).toBe(null)
      // Of a query it is none of ours.
      yield* get(`${at}?right=\\[`)
      expect((yield* came).href).toBe(`${at}?right=\\[`)
    }))

  test("tells why it failed, whatever is written in that", () =>
    Effect.gen(function* () {
      const { at, came } = yield* visiting()
      const text = `<script>alert("1")</script> & 'more'`
      const answer = yield* get(`${at}?failed=${encodeURIComponent(text)}`)
      expect(answer.status).toBe(400)
      expect(answer.text).toContain(
        "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;. You can close this window."
      )
      expect(answer.text).not.toContain("<script")
      expect((yield* came).searchParams.get("failed")).toBe(text)
    }))

  test("takes one answer: what comes after it changes nothing", () =>
    Effect.gen(function* () {
      const { at, came } = yield* visiting()
      yield* get(`${at}?first`)
      expect((yield* get(`${at}?second`)).status).toBe(400)
      expect((yield* came).search).toBe("?first")
    }))

  test("is closed with its scope, though connections hang on it", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { at } = yield* Scope.extend(visiting(), scope)
      // One that asks nothing, as browsers hold some ready.
      const hung = yield* Effect.fork(raw(at, "GET /callback HTTP/1.1\r\n"))
      expect((yield* get(`${at}?stray`)).status).toBe(400)
      yield* Scope.close(scope, Exit.void)
      expect(yield* refused(at)).toBe("ECONNREFUSED")
      expect(yield* Fiber.join(hung)).toBe("")
    }))

  test("is closed as soon as a login on it is interrupted", () =>
    Effect.gen(function* () {
      const shown = yield* Deferred.make<URL>()
      const login = Effect.scoped(
        Effect.flatMap(
          OAuth.authorisationCode({
            server: { authorisationEndpoint: page, tokenEndpoint: "https://auth.example/token" },
            client: { clientId: "cli" },
            receiver: Loopback.receiver({ open: (url) => Deferred.succeed(shown, url) })
          }),
          (tokens) => tokens.token()
        )
      )
      const fiber = yield* Effect.fork(login)
      const at = (yield* Deferred.await(shown)).searchParams.get("redirect_uri") ?? ""
      expect((yield* get(at)).status).toBe(400)
      yield* Fiber.interrupt(fiber)
      expect(yield* refused(at)).toBe("ECONNREFUSED")
    }))

  test("listens where it is told, and by the name that the provider knows", () =>
    Effect.gen(function* () {
      const free = yield* Effect.scoped(Effect.map(Loopback.receiver(), ({ redirectUri }) => new URL(redirectUri).port))
      const { at, came } = yield* visiting({ host: "localhost", port: Number(free), path: "/signed/in" })
      expect(at).toBe(`http://localhost:${free}/signed/in`)
      yield* get(`${at}?code=1`)
      expect((yield* came).href).toBe(`${at}?code=1`)
    }))

  test("listens over IPv6 where it is told so", () =>
    Effect.gen(function* () {
      const { at, came } = yield* visiting({ host: "::1" })
      expect(at).toMatch(/^http:\/\/\[::1\]:\d+\/callback$/)
      yield* get(`${at}?code=1`)
      expect((yield* came).href).toBe(`${at}?code=1`)
    }))

  test("says what to do where its port is taken", () =>
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
        `port ${port} of 127.0.0.1 is in use: end what uses it, or give the login another \`port\` that the provider knows`
      )
      expect(yield* Effect.flip(Loopback.receiver({ port: 65_536 }))).toMatchObject({ reason: "Unavailable" })
    }))

  test("logs the page, for a person whose browser is elsewhere, and needs no browser here", () =>
    Effect.gen(function* () {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ annotations, message }) => {
        logged.push(message, ...HashMap.values(annotations))
      })
      const path = process.env["PATH"]
      // Nothing to open it with.
      process.env["PATH"] = "/nowhere"
      yield* Loopback.open(page).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Effect.ensuring(
          Effect.sync(() => {
            process.env["PATH"] = path
          })
        )
      )
      yield* Effect.promise(() => new Promise(setImmediate))
      expect(String(logged)).toContain(page.href)
    }))
})
