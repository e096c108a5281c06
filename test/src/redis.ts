import * as RateLimiterRedis from "@effect/experimental/RateLimiter/Redis"
import * as Effect from "effect/Effect"
import { Redis, type RedisOptions } from "ioredis"
import { randomUUID } from "node:crypto"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/** The limit of the processes of the test: sixteen leave in a window, five of them at once. */
export const limit = { limit: 20, window: "400 millis" } as const

/** What a process says at the end. */
export interface Outcome {
  succeeded: number
  readonly failures: Array<string>
}

/** Milliseconds of the clock that the processes of a machine have in common, and that nobody sets. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6

/** Where a URL says that a Redis is. */
export const optionsOf = ({ hostname, password, pathname, port, username }: URL): RedisOptions => ({
  host: hostname,
  port: Number(port || 6379),
  ...(username !== "" && { username: decodeURIComponent(username) }),
  ...(password !== "" && { password: decodeURIComponent(password) }),
  db: Number(pathname.slice(1) || 0)
})

/** What the docstring of `RateLimit.layer` advises. It has commands fail on a machine that is busy enough, too. */
export const inHurry: RedisOptions = {
  maxRetriesPerRequest: 1,
  retryStrategy: (times) => Math.min(times * 100, 1000),
  connectTimeout: 1000,
  commandTimeout: 1000
}

/** The store at this Redis. */
export const redisStore = (url: URL, options: RedisOptions & { readonly prefix: string }) =>
  RateLimiterRedis.layerStore({ ...optionsOf(url), ...options })

/** A connection to look behind the store, and a prefix for its keys that no other test has; both end with the scope. */
export const redisOf = (url: URL) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const redis = new Redis(optionsOf(url))
      const prefix = `effect-herald-test:${randomUUID()}:`
      const keys = async () => (await redis.keys(`${prefix}*`)).sort()
      return { redis, prefix, keys: Effect.promise(keys) }
    }),
    ({ keys, redis }) =>
      Effect.flatMap(keys, (left) =>
        Effect.promise(async () => {
          if (left.length > 0) await redis.del(left)
          await redis.quit()
        })
      )
  )

/** A way to a server that can be cut, and mended; what was connected is dropped. Or held up: then nothing passes. */
export const wayTo = (target: URL) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets = new Set<Socket>()
      let held = false
      const server = createServer((near) => {
        const far = connect(Number(target.port || 6379), target.hostname)
        for (const [socket, other] of [
          [near, far],
          [far, near]
        ] as const) {
          sockets.add(socket)
          socket.on("error", () => {})
          socket.on("close", () => {
            sockets.delete(socket)
            other.destroy()
          })
          socket.on("data", (bytes) => held || other.write(bytes))
        }
      })
      const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
      await listen(0)
      const { port } = server.address() as AddressInfo
      const url = new URL(target)
      url.hostname = "127.0.0.1"
      url.port = `${port}`
      return {
        url,
        cut: Effect.sync(() => {
          server.close()
          for (const socket of sockets) socket.destroy()
        }),
        mend: Effect.promise(() => listen(port)),
        hold: (on: boolean) =>
          Effect.sync(() => {
            held = on
            // What was withheld is never sent.
            if (!on) for (const socket of sockets) socket.destroy()
          })
      }
    }),
    ({ cut }) => cut
  )
