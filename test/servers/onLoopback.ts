import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Starts a server on a free port of loopback, and returns its origin. Closes the server and its connections with the scope. */
export const onLoopback = (server: Server): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  ).pipe(
    // The address of a TCP server is an object.
    Effect.map(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  )
