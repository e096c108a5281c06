import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Responses from "./responses.js"
import type { Exchange } from "./exchange.js"
import type { ServerOptions } from "./options.js"
import * as Routes from "./routes.js"
import * as State from "./state.js"

/**
 * The server as an `HttpApp`, which `HttpServer.serve` serves on a socket. Each server has a state of its own, also with the same
 * options. Events are posted in the background, until the scope closes.
 *
 * @example
 * ```ts
 * import { HttpServer } from "@effect/platform"
 * import { NodeHttpServer } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 * import * as PolympicsTest from "effect-herald/polympics/testing"
 * import { createServer } from "node:http"
 *
 * const server = PolympicsTest.httpApp({ accounts: [{ id: "1", name: "Bob" }] }).pipe(
 *   Effect.map((app) => HttpServer.serve(app)),
 *   Layer.unwrapScoped,
 *   Layer.provide(NodeHttpServer.layer(createServer, { port: 8000 }))
 * )
 * ```
 */
export const httpApp = (options?: ServerOptions): Effect.Effect<HttpApp.Default, never, Scope.Scope> =>
  Effect.gen(function* () {
    const state = yield* State.make(options)
    const scope = yield* Effect.scope
    const routes = Routes.make()
    const background: Exchange["background"] = (effect) => Effect.asVoid(Effect.forkIn(effect, scope))

    return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const [path = "", query = ""] = request.url.replace(/#.*$/s, "").split(/\?(.*)/s)
      const match = Routes.match(routes, request.method, path)
      switch (match._tag) {
        case "Found":
          return match
            .handler({ state, request, params: match.params, query: new URLSearchParams(query), background })
            .pipe(
              Effect.merge,
              Effect.catchAllDefect((defect) => Effect.as(Effect.logError(defect), Responses.internalError))
            )
        case "WrongMethod":
          return Effect.succeed(Responses.wrongMethod(match.allow))
        case "Redirect":
          return Effect.succeed(Responses.redirect(location(request.headers["host"], match.path, query)))
        case "NotFound":
          return Effect.succeed(Responses.notFound)
      }
    })
  })

const location = (host: string | undefined, path: string, query: string): string =>
  `${host === undefined ? "" : `http://${host}`}${path}${query === "" ? "" : `?${query}`}`
