import { spawn } from "node:child_process"
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Redirect, Verdict } from "./OAuth.js"
import { TokenFailure } from "./Token.js"

/** How a browser is sent out, and where it comes back to. */
export interface Options {
  /** 0 is any that is free, which providers take that follow RFC 8252, 7.3. Some want a fixed one, registered beforehand. Default: 0. */
  readonly port?: number | undefined
  /** The path of the redirect URI. Default: `/callback`. */
  readonly path?: `/${string}` | undefined
  /** `localhost` for providers that take no address, which may be another machine's where names are not one's own. Default: `127.0.0.1`. */
  readonly host?: "127.0.0.1" | "::1" | "localhost" | undefined
  /** Shows the page. Default: `open`. */
  readonly open?: ((url: URL) => Effect.Effect<unknown>) | undefined
}

/** The platform's own way to open a URL. None of these goes through a shell. */
const opener = (url: string): readonly [command: string, args: ReadonlyArray<string>] => {
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
 * Opens a page in the person's browser, if there is one here, and logs its URL for those who are elsewhere, such as over ssh. Never fails.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import * as Loopback from "effect-herald/loopback"
 *
 * const receiver = Loopback.receiver({
 *   open: (url) => Effect.zipRight(Console.log("Your browser asks you to sign in."), Loopback.open(url))
 * })
 * ```
 */
export const open = (url: URL): Effect.Effect<void> =>
  Effect.zipRight(
    Effect.logInfo(`Sign in on this page: ${url.href}`),
    Effect.ignore(
      Effect.try(() => {
        const [command, args] = opener(url.href)
        const child = spawn(command, args, { stdio: "ignore", detached: true, windowsHide: true })
        // There is none, and the person has the URL.
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

const answer = (response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}) => {
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

const answerTo = (response: ServerResponse, verdict: Verdict) => {
  switch (verdict._tag) {
    case "Agreed":
      return answer(response, 200, page("That is all here", "You can close this window and go back to the program."))
    case "Failed":
      return answer(
        response,
        400,
        page("You are not signed in", `${verdict.failure.message}. You can close this window.`)
      )
    case "Stray":
      return answer(response, 400, page("This is of another login", "The one that waits here is still to be finished."))
  }
}

/** A path, and a query if there is one. A backslash is a slash where it stands in a path (WHATWG URL, 4.4), and none of ours has one. */
const pathAndQuery = /^\/[^?\\]*(?:\?|$)/

/**
 * The URL that a request came by. Its target is put behind the origin, not resolved against it: so nothing in it is another host, such as
 * what follows two slashes, even if they have a tab between them.
 */
const cameBy = (target: string, origin: string): URL | undefined =>
  pathAndQuery.test(target) && URL.canParse(origin + target) ? new URL(origin + target) : undefined

/** The login that waits for its answer, if one does. */
interface Waiting {
  readonly judge: (came: URL) => Verdict
  readonly done: Deferred.Deferred<URL>
}

const listening = (
  listener: RequestListener,
  { host, port }: { readonly host: string; readonly port: number }
): Effect.Effect<Server, TokenFailure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Server, TokenFailure>((resume) => {
      const server = createServer(listener)
      const refuse = ({ code = "unknown" }: NodeJS.ErrnoException) =>
        resume(
          new TokenFailure({
            reason: "Unavailable",
            message:
              code === "EADDRINUSE"
                ? `port ${port} of ${host} is in use: end what uses it, or give the login another \`port\` that the provider knows`
                : `nothing can listen on port ${port} of ${host} (${code}): give the login another \`port\``
          })
        )
      // Not once: a connection that can't be taken later is an error, too, and nobody's end.
      server.on("error", refuse)
      try {
        server.listen(port, host, () => resume(Effect.succeed(server)))
      } catch (error) {
        // It is no number of a port.
        refuse(error as NodeJS.ErrnoException)
      }
    }),
    (server) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

/**
 * The browser's part of a login on this machine (RFC 8252, 7.3): a server on loopback that the browser is sent back to. It tells the person
 * how that went, and is closed as soon as the login is answered or given up. What is of another login changes nothing.
 *
 * @example
 * ```ts
 * import * as Loopback from "effect-herald/loopback"
 * import * as OAuth from "effect-herald/oauth"
 *
 * const credentials = OAuth.authorisationCode({
 *   server: "https://auth.example",
 *   client: { clientId: "command-line" },
 *   scope: ["openid", "offline_access"],
 *   receiver: Loopback.receiver()
 * })
 * ```
 */
export const receiver = (options: Options = {}): Effect.Effect<Redirect, TokenFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const { host = "127.0.0.1", open: show = open, path = "/callback", port = 0 } = options
    let waiting: Waiting | undefined

    const server = yield* listening(
      ({ method, url: target = "" }, response) => {
        const came = cameBy(target, origin)
        if (came === undefined || came.pathname !== expected.pathname) {
          return answer(response, 404, page("Nothing is here", "This page is for the end of a login alone."))
        }
        if (method !== "GET") {
          return answer(response, 405, page("Not like this", "The end of a login is a GET."), { allow: "GET" })
        }
        const login = waiting
        const verdict: Verdict = login?.judge(came) ?? { _tag: "Stray" }
        if (login !== undefined && verdict._tag !== "Stray") {
          waiting = undefined
          // Not before the page is on its way: the server closes then.
          response.once("close", () => Deferred.unsafeDone(login.done, Effect.succeed(came)))
        }
        return answerTo(response, verdict)
      },
      { host, port }
    )
    // A server over TCP has an address with a port.
    const bound = (server.address() as AddressInfo).port
    const origin = `http://${host.includes(":") ? `[${host}]` : host}:${bound}`
    const redirectUri = `${origin}${path}`
    const expected = new URL(redirectUri)

    return {
      redirectUri,
      visit: (url, judge) =>
        Effect.flatMap(Deferred.make<URL>(), (done) => {
          waiting = { judge, done }
          return Effect.ensuring(
            Effect.zipRight(show(url), Deferred.await(done)),
            Effect.sync(() => {
              waiting = undefined
            })
          )
        })
    }
  })
