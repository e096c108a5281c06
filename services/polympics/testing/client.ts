import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * A client that sends its requests to the app, without sockets and for any origin. The app runs in the fiber of the call, with
 * its clock and its interruption.
 */
export const make = (app: HttpApp.Default): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const { headers, method } = request
      const withBody = method !== "GET" && method !== "HEAD"
      const body = withBody ? yield* bodyOf(request) : undefined
      const web = new Request(url, { method, headers, ...(body !== undefined && { body }) })
      const received = HttpServerRequest.fromWeb(web)
      const response = yield* Effect.provideService(
        app,
        HttpServerRequest.HttpServerRequest,
        // A client with a socket adds this header.
        received.modify({ headers: { ...received.headers, host: url.host } as typeof received.headers })
      )
      const withoutBody = method === "HEAD"
      return HttpClientResponse.fromWeb(request, HttpServerResponse.toWeb(response, { withoutBody }))
    })
  )

const bodyOf = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<BodyInit | undefined, HttpClientError.RequestError> => {
  const { body } = request
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(undefined)
    case "Uint8Array":
      // The bytes are never shared memory, which `BodyInit` excludes.
      return Effect.succeed(body.body as Uint8Array<ArrayBuffer>)
    case "FormData":
      return Effect.succeed(body.formData)
    case "Raw":
      // A raw body is made for a web client.
      return Effect.succeed(body.body as BodyInit)
    case "Stream":
      return Stream.runCollect(body.stream).pipe(
        // A Blob copies its parts.
        Effect.map((chunks) => new Blob([...chunks] as Array<Uint8Array<ArrayBuffer>>)),
        Effect.mapError((cause) => new HttpClientError.RequestError({ request, reason: "Encode", cause }))
      )
  }
}
