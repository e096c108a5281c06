import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { CallbackResult, RedirectReceiver, SignInResult } from "../OAuth.js"
import { TokenFailure } from "../Token.js"
import { toUrl } from "../internal/http/toUrl.js"

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
   * machine where its resolution is not under control (RFC 8252, 8.3). The receiver then listens on 127.0.0.1 and ::1, since the
   * browser may connect to either. Default: `127.0.0.1`.
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
      Effect.tryPromise(async () => {
        // Only programs with a sign-in load it.
        const { spawn } = await import("node:child_process")
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

const unknownSignIn = () =>
  page(
    "Unknown sign-in",
    "This page belongs to another sign-in, or its address is incomplete. Finish the sign-in that the application has started."
  )

/** A response to the browser. */
interface Page {
  readonly status: number
  readonly body: string
}

const resultPage = (result: SignInResult): Page =>
  result._tag === "SignedIn"
    ? { status: 200, body: page("Signed in", "You can close this window and return to the application.") }
    : { status: 400, body: page("Sign-in failed", `${result.failure.message}. You can close this window.`) }

/** The page for a browser that has waited long enough for the result. */
const unfinishedPage = (): Page => ({
  status: 202,
  body: page("Not finished", "The sign-in is not finished yet. Return to the application to see how it ends.")
})

/** The time after which a browser that waits for the result gets `unfinishedPage`. */
const resultLimit = Duration.seconds(30)

/**
 * Reports whether a browser loads a page ahead, before the user has chosen to visit it: by the header of the Fetch standard, or those
 * of browsers before it.
 */
const isPrefetch = ({ headers }: IncomingMessage): boolean =>
  ["sec-purpose", "purpose", "x-purpose", "x-moz"].some((name) =>
    /\b(?:prefetch|prerender|preview)\b/i.test(String(headers[name] ?? ""))
  )

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
  pathAndQuery.test(target) ? toUrl(origin + target) : undefined

/** A sign-in that waits for its callback or, after that, for its result. */
interface PendingSignIn {
  readonly check: (callback: URL) => CallbackResult
  readonly callback: Deferred.Deferred<URL>
  /** The callback that was accepted. */
  accepted: string | undefined
  /** The requests of the browser with that callback. A user may have loaded the page again. */
  readonly waiting: Set<ServerResponse>
  result: Page | undefined
}

/** Starts a server. Fails with the system's error. */
const startServer = (
  listener: RequestListener,
  host: string,
  port: number
): Effect.Effect<Server, NodeJS.ErrnoException, Scope.Scope> =>
  Effect.acquireRelease(
    // Only programs with a sign-in load it.
    Effect.flatMap(
      Effect.promise(() => import("node:http")),
      ({ createServer }) =>
        Effect.async<Server, NodeJS.ErrnoException>((resume) => {
          const server = createServer(listener)
          const fail = (error: NodeJS.ErrnoException) => resume(Effect.fail(error))
          // Stays registered after the start: a connection that cannot be accepted later is an error, too, and would end the
          // process.
          server.on("error", fail)
          try {
            server.listen(port, host, () => resume(Effect.succeed(server)))
          } catch (error) {
            // Node throws an `ErrnoException` if the port is out of range.
            fail(error as NodeJS.ErrnoException)
          }
        })
    ),
    (server) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

/** The failure to listen on a port. */
const listenFailure = (host: string, port: number, code = "unknown") =>
  new TokenFailure({
    reason: "Unavailable",
    message:
      code === "EADDRINUSE"
        ? `port ${port} of ${host} is in use: stop the program that uses it, or set another \`port\` that the server accepts`
        : `cannot listen on port ${port} of ${host} (${code}): set another \`port\``
  })

/** Codes for an address that this machine does not have, such as that of IPv6 where it is off. */
const missingAddress = ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EPROTONOSUPPORT"]

/** The number of free ports that are tried until one of them is free on every address. */
const maxPorts = 10

/**
 * Listens on one port of every address that this machine has, and returns the port. A browser chooses one of the addresses of a
 * name: another program on it would receive the code.
 */
const listen = (
  listener: RequestListener,
  addresses: ReadonlyArray<string>,
  port: number,
  ports = maxPorts
): Effect.Effect<number, TokenFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    let boundPort: number | undefined
    let missing = ""
    for (const address of addresses) {
      const started = yield* Effect.either(Scope.extend(startServer(listener, address, boundPort ?? port), scope))
      if (Either.isRight(started)) {
        // The address of a TCP server is an object.
        boundPort = (started.right.address() as AddressInfo).port
        continue
      }
      const failure = listenFailure(address, boundPort ?? port, started.left.code)
      if (missingAddress.includes(started.left.code ?? "")) {
        missing = address
        continue
      }
      if (port !== 0 || boundPort === undefined || ports === 1) return yield* failure
      yield* Scope.close(scope, Exit.void)
      return yield* listen(listener, addresses, port, ports - 1)
    }
    return boundPort ?? (yield* listenFailure(missing, port, "EADDRNOTAVAIL"))
  })

/** Describes the first option that is invalid. JavaScript permits other values than the types do. */
const problemOf = ({
  host,
  open,
  path,
  port
}: Readonly<Partial<Record<keyof Options, unknown>>>): string | undefined => {
  if (host !== undefined && host !== "127.0.0.1" && host !== "::1" && host !== "localhost") {
    return "`host` must be `127.0.0.1`, `::1` or `localhost`"
  }
  // The fragment would not be part of the redirect URI (RFC 6749, 3.1.2).
  if (path !== undefined && (typeof path !== "string" || !path.startsWith("/") || path.includes("#"))) {
    return "`path` must begin with a slash and have no fragment, such as `/callback`"
  }
  if (port !== undefined && !(typeof port === "number" && Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    return "`port` must be an integer from 0 to 65535"
  }
  return open === undefined || typeof open === "function" ? undefined : "`open` must be a function"
}

/** The addresses that browsers connect to for a host (RFC 6761, 6.3). */
const addressesOf = (host: string): ReadonlyArray<string> => (host === "localhost" ? ["127.0.0.1", "::1"] : [host])

/**
 * Receives the redirect of a sign-in on a loopback port of this machine (RFC 8252, 7.3). The browser's page is sent when the code is
 * redeemed or the sign-in has failed, and says so, or after 30 seconds. The server is closed when the sign-in has finished, failed or
 * was interrupted. Callbacks of other sign-ins are ignored, and so are requests of a browser that loads the page ahead.
 *
 * The redirect URI to register is `http://127.0.0.1/callback`, with the port if it is fixed. Fails with `Unavailable` if
 * the port is in use, and with `Misconfigured` if an option is invalid.
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
    const problem = problemOf(options)
    if (problem !== undefined) {
      return yield* new TokenFailure({
        reason: "Misconfigured",
        message: `the loopback receiver can't start: ${problem}`
      })
    }
    const { host = "127.0.0.1", open: show = open, path = "/callback", port = 0 } = options
    const scope = yield* Effect.scope
    let signIn: PendingSignIn | undefined

    const boundPort = yield* listen(
      (request, response) => {
        const { method, url: target = "" } = request
        const url = requestUrl(target, origin)
        if (url === undefined || url.pathname !== pathname) {
          return respond(response, 404, page("Not found", "This address only receives the result of a sign-in."))
        }
        if (method !== "GET") {
          const body = page("Method not allowed", "The result of a sign-in is received by GET.")
          return respond(response, 405, body, { allow: "GET" })
        }
        // The browser requests the page again once the user visits it.
        if (isPrefetch(request)) return respond(response, 503, page("Not yet", "Open this page to finish the sign-in."))
        if (signIn !== undefined && signIn.accepted === undefined && signIn.check(url)._tag !== "Unrelated") {
          signIn.accepted = url.href
          Deferred.unsafeDone(signIn.callback, Effect.succeed(url))
        }
        if (signIn?.accepted !== url.href) return respond(response, 400, unknownSignIn())
        const { result, waiting } = signIn
        if (result !== undefined) return respond(response, result.status, result.body)
        waiting.add(response)
        response.once("close", () => waiting.delete(response))
      },
      addressesOf(host),
      port
    )
    const origin = `http://${host.includes(":") ? `[${host}]` : host}:${boundPort}`
    const redirectUri = `${origin}${path}`
    const { pathname } = new URL(redirectUri)

    /** Sends a page to the waiting requests, and waits until it was sent. */
    const respondToWaiting = ({ waiting }: PendingSignIn, { body, status }: Page) =>
      Effect.forEach(
        waiting,
        (response) =>
          Effect.async<void>((resume) => {
            response.once("close", () => resume(Effect.void))
            respond(response, status, body)
          }),
        { concurrency: "unbounded", discard: true }
      )

    const respondUnfinished = Effect.suspend(() =>
      signIn === undefined ? Effect.void : respondToWaiting(signIn, unfinishedPage())
    )
    yield* Effect.addFinalizer(() => respondUnfinished)

    return {
      redirectUri,
      awaitCallback: (authorizationUrl, check) =>
        Effect.gen(function* () {
          const callback = yield* Deferred.make<URL>()
          signIn = { check, callback, accepted: undefined, waiting: new Set(), result: undefined }
          yield* show(authorizationUrl)
          const url = yield* Deferred.await(callback)
          yield* Effect.forkIn(Effect.delay(respondUnfinished, resultLimit), scope)
          return url
        }),
      showResult: (result) =>
        Effect.suspend(() => {
          if (signIn === undefined) return Effect.void
          signIn.result = resultPage(result)
          return respondToWaiting(signIn, signIn.result)
        })
    }
  })
