import { spawn } from "node:child_process"
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { CallbackResult, RedirectReceiver } from "../OAuth.js"
import { TokenFailure } from "../Token.js"

/** Options of `receiver`. */
export interface Options {
  /**
   * The port of the redirect URI. With 0 the operating system chooses a free port, which servers must accept for native
   * apps (RFC 8252, 7.3). Some require a fixed port that is registered with the client. Default: 0.
   */
  readonly port?: number | undefined
  /** The path of the redirect URI. Default: `/callback`. */
  readonly path?: `/${string}` | undefined
  /**
   * The host of the redirect URI. `localhost` is for servers that accept no IP address: a name may resolve to another
   * machine where its resolution is not under control (RFC 8252, 8.3). Default: `127.0.0.1`.
   */
  readonly host?: "127.0.0.1" | "::1" | "localhost" | undefined
  /** Shows the authorization URL to the user. Default: `open`. */
  readonly open?: ((url: URL) => Effect.Effect<unknown>) | undefined
}

/** The platform's command that opens a URL. None of them uses a shell, which would interpret the URL. */
const openCommand = (url: string): readonly [command: string, args: ReadonlyArray<string>] => {
  switch (process.platform) {
    case "darwin":
      return ["open", [url]]
    case "win32":
      return ["rundll32", ["url.dll,FileProtocolHandler", url]]
    default:
      return ["xdg-open", [url]]
  }
}

/**
 * Opens a URL in the user's browser, and logs the URL, for users without a browser on this machine, such as over ssh. Never
 * fails.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { Loopback } from "effect-herald/node"
 *
 * const receiver = Loopback.receiver({
 *   open: (url) => Effect.zipRight(Console.log("Continue in your browser."), Loopback.open(url))
 * })
 * ```
 */
export const open = (url: URL): Effect.Effect<void> =>
  Effect.zipRight(
    Effect.logInfo(`Open this page to sign in: ${url.href}`),
    Effect.ignore(
      Effect.try(() => {
        const [command, args] = openCommand(url.href)
        const child = spawn(command, args, { stdio: "ignore", detached: true, windowsHide: true })
        // The user can open the logged URL instead.
        child.on("error", () => {})
        child.unref()
      })
    )
  )

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? "")

const page = (title: string, text: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto; padding: 0 1rem }</style>
</head>
<body>
<h1>${escape(title)}</h1>
<p>${escape(text)}</p>
</body>
</html>
`

const respond = (response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}) => {
  response
    .writeHead(status, {
      "content-type": "text/html; charset=utf-8",
      "content-length": Buffer.byteLength(body),
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      connection: "close",
      ...headers
    })
    .end(body)
}

const respondToCallback = (response: ServerResponse, result: CallbackResult) => {
  switch (result._tag) {
    case "Granted":
      return respond(response, 200, page("Signed in", "You can close this window and return to the application."))
    case "Failed":
      return respond(response, 400, page("Sign-in failed", `${result.failure.message}. You can close this window.`))
    case "Unrelated":
      return respond(
        response,
        400,
        page(
          "Unknown sign-in",
          "This page belongs to another sign-in. Finish the one that the application has started."
        )
      )
  }
}

/**
 * A path with an optional query. A backslash is excluded, because URL parsers treat it as a slash in a path (WHATWG URL,
 * 4.4).
 */
const pathAndQuery = /^\/[^?\\]*(?:\?|$)/

/**
 * Returns the URL of a request. The target is appended to the origin and not resolved against it: a target such as
 * `//evil.example` would otherwise change the host, even with a tab between the slashes.
 */
const requestUrl = (target: string, origin: string): URL | undefined =>
  pathAndQuery.test(target) && URL.canParse(origin + target) ? new URL(origin + target) : undefined

/** A sign-in that waits for its callback. */
interface PendingSignIn {
  readonly check: (callback: URL) => CallbackResult
  readonly callback: Deferred.Deferred<URL>
}

const listen = (
  listener: RequestListener,
  { host, port }: { readonly host: string; readonly port: number }
): Effect.Effect<Server, TokenFailure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Server, TokenFailure>((resume) => {
      const server = createServer(listener)
      const fail = ({ code = "unknown" }: NodeJS.ErrnoException) =>
        resume(
          new TokenFailure({
            reason: "Unavailable",
            message:
              code === "EADDRINUSE"
                ? `port ${port} of ${host} is in use: stop the program that uses it, or set another \`port\` that the server accepts`
                : `cannot listen on port ${port} of ${host} (${code}): set another \`port\``
          })
        )
      // Stays registered after the start: a connection that cannot be accepted later is an error, too, and would end the
      // process.
      server.on("error", fail)
      try {
        server.listen(port, host, () => resume(Effect.succeed(server)))
      } catch (error) {
        // Node throws an `ErrnoException` if the port is out of range.
        fail(error as NodeJS.ErrnoException)
      }
    }),
    (server) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

/**
 * Receives the redirect of a sign-in on a loopback port of this machine (RFC 8252, 7.3). The browser shows the result to
 * the user. The server is closed when the sign-in has finished, failed or was interrupted. Callbacks of other sign-ins are
 * ignored.
 *
 * The redirect URI to register is `http://127.0.0.1/callback`, with the port if it is fixed. Fails with `Unavailable` if
 * the port is in use.
 *
 * @example
 * ```ts
 * import { Loopback } from "effect-herald/node"
 * import * as OAuth from "effect-herald/oauth"
 *
 * const credentials = OAuth.authorizationCode({
 *   server: "https://auth.example",
 *   client: { clientId: "command-line" },
 *   scope: ["openid", "offline_access"],
 *   receiver: Loopback.receiver()
 * })
 * ```
 */
export const receiver = (options: Options = {}): Effect.Effect<RedirectReceiver, TokenFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const { host = "127.0.0.1", open: show = open, path = "/callback", port = 0 } = options
    let pending: PendingSignIn | undefined

    const server = yield* listen(
      ({ method, url: target = "" }, response) => {
        const url = requestUrl(target, origin)
        if (url === undefined || url.pathname !== pathname) {
          return respond(response, 404, page("Not found", "This address only receives the result of a sign-in."))
        }
        if (method !== "GET") {
          const body = page("Method not allowed", "The result of a sign-in is received by GET.")
          return respond(response, 405, body, { allow: "GET" })
        }
        const signIn = pending
        const result: CallbackResult = signIn?.check(url) ?? { _tag: "Unrelated" }
        if (signIn !== undefined && result._tag !== "Unrelated") {
          pending = undefined
          // Waits until the page was sent, because the sign-in closes the server.
          response.once("close", () => Deferred.unsafeDone(signIn.callback, Effect.succeed(url)))
        }
        return respondToCallback(response, result)
      },
      { host, port }
    )
    // The address of a TCP server is an object.
    const boundPort = (server.address() as AddressInfo).port
    const origin = `http://${host.includes(":") ? `[${host}]` : host}:${boundPort}`
    const redirectUri = `${origin}${path}`
    const { pathname } = new URL(redirectUri)

    return {
      redirectUri,
      awaitCallback: (authorizationUrl, check) =>
        Effect.flatMap(Deferred.make<URL>(), (callback) => {
          pending = { check, callback }
          return Effect.ensuring(
            Effect.zipRight(show(authorizationUrl), Deferred.await(callback)),
            Effect.sync(() => {
              pending = undefined
            })
          )
        })
    }
  })
