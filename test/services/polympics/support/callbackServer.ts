import { createServer, request as httpRequest } from "node:http"
import { connect } from "node:net"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export interface PostResponse {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
}

export interface Post {
  readonly method?: string
  readonly authorization?: string | undefined
  /** A text is sent with its length, and an array in chunks. */
  readonly body?: string | ReadonlyArray<string>
}

/** Serves an app on a socket until the scope closes. */
export const serveApp = <E>(app: HttpApp.Default<E>) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      HttpServer.serve(app).pipe(Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })))
    )
    const port = yield* HttpServer.addressWith((address) =>
      Effect.succeed(address._tag === "TcpAddress" ? address.port : 0)
    ).pipe(Effect.provide(context))

    const post = ({ authorization, body = [], method = "POST" }: Post) =>
      Effect.async<PostResponse, Error>((resume) => {
        const whole = typeof body === "string"
        const headers = {
          ...(authorization === undefined ? {} : { authorization }),
          ...(whole ? { "content-length": Buffer.byteLength(body) } : {})
        }
        const request = httpRequest({ host: "127.0.0.1", port, method, headers, agent: false }, (response) => {
          response.resume()
          resume(Effect.succeed({ status: response.statusCode, headers: response.headers }))
        })
        // After its response, a server may close the connection while the body is still being written.
        request.on("error", (error) => resume(Effect.fail(error)))
        for (const chunk of whole ? [body] : body) request.write(chunk)
        request.end()
      })

    /** Writes a text, and closes the connection. */
    const postAndClose = (text: string) =>
      Effect.async<void>((resume) => {
        const socket = connect(port, "127.0.0.1", () => socket.write(text, () => socket.destroy()))
        socket.on("close", () => resume(Effect.void))
        socket.on("error", () => {})
      })

    return { url: `http://127.0.0.1:${port}`, post, postAndClose }
  })
