import { createServer, type AddressInfo, type Server } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * Starts a server on a loopback port, until the scope closes. It sends bytes in response to each request head, in Latin-1, and
 * keeps the connection open. Requests must have no body.
 *
 * - `respond`: returns the bytes for a request target
 */
export const rawServer = (respond: (target: string) => string): Effect.Effect<URL, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Server>((resume) => {
        const server = createServer((socket) => {
          socket.on("error", () => {})
          socket.on("data", (data) => {
            for (const [, target] of data.toString("latin1").matchAll(/^[A-Z]+ (\S+) HTTP\/1\.1\r\n/gm)) {
              socket.write(respond(target!), "latin1")
            }
          })
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close())
    ),
    (server) => new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  )
