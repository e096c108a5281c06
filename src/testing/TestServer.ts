import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { failWithBody, receive } from "../internal/testing/receivedRequest.js"
import * as Calls from "./Calls.js"

/** Makes a client that sends its requests to an app. */
const clientOf = (app: HttpApp.Default): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const { method } = request
      const { bytes, headers } = receive(request, url)
      const sent = Object.entries(headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as [string, string]]
      )
      const withBody = method !== "GET" && method !== "HEAD"
      // The bytes are never shared memory, which the types of `Request` exclude.
      const body = withBody ? ((yield* bytes) as Uint8Array<ArrayBuffer>) : undefined
      const received = HttpServerRequest.fromWeb(
        new Request(url, { method, headers: sent, ...(body !== undefined && body.length > 0 && { body }) })
      )
      const response = yield* Effect.provideService(
        app,
        HttpServerRequest.HttpServerRequest,
        // A client with a socket adds this header. The types of a request are those of its headers, without their functions.
        received.modify({ headers: { ...received.headers, host: url.host } as typeof received.headers })
      )
      return HttpClientResponse.fromWeb(request, HttpServerResponse.toWeb(response, { withoutBody: method === "HEAD" }))
    }).pipe(failWithBody(request))
  )

/**
 * An `HttpClient` in memory that sends its requests to an app of `@effect/platform`, such as a test server of one's own or an
 * `HttpApi`, without sockets and for any origin; and the calls that are made (`Calls`). The app runs in the fiber of the call, under its
 * `Clock`, and is interrupted with it. Each time that the layer is built, the app is made anew.
 *
 * @example
 * ```ts
 * import { HttpRouter, HttpServerResponse } from "@effect/platform"
 * import { Effect } from "effect"
 * import { TestServer } from "effect-herald/testing"
 *
 * const app = HttpRouter.empty.pipe(
 *   HttpRouter.get("/forecast/:city", HttpServerResponse.json({ celsius: 3 })),
 *   Effect.catchTag("RouteNotFound", () => HttpServerResponse.empty({ status: 404 })),
 *   Effect.orDie
 * )
 *
 * const layer = TestServer.layer(Effect.succeed(app))
 * ```
 */
export const layer = <E, R>(
  app: Effect.Effect<HttpApp.Default, E, R>
): Layer.Layer<HttpClient.HttpClient | Calls.Calls, E, Exclude<R, Scope.Scope>> =>
  Layer.merge(Layer.scoped(HttpClient.HttpClient, Effect.map(app, clientOf)), Calls.layer)
