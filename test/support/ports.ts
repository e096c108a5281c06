import * as Effect from "effect/Effect"
import { createServer } from "node:net"

/** Ports below those that systems assign by themselves, which begin at 32768 or above, and above those of well-known services. */
const first = 20_000
const count = 12_000

/** Reports whether nothing listens on a port, at any address. */
const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })

/**
 * A port on which nothing listens. Other tests run at the same time, and any port that the system has assigned may be assigned to one of
 * them as soon as it is closed. The system assigns none of these.
 */
export const unassignedPort: Effect.Effect<number> = Effect.promise(async () => {
  let port: number
  do port = first + Math.floor(Math.random() * count)
  while (!(await isFree(port)))
  return port
})
