import * as RateLimiterRedis from "@effect/experimental/RateLimiter/Redis"
import * as Effect from "effect/Effect"
import { Redis, type RedisOptions } from "ioredis"
import { randomUUID } from "node:crypto"
import { spawn } from "node:child_process"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"

/** The limit of the processes of the test: sixteen requests are sent in a window, five of them at once. */
export const limit = { limit: 20, window: "400 millis" } as const

/** The outcome of a process, which it sends at its end. */
export interface Outcome {
  succeeded: number
  readonly failures: Array<string>
}

/** Milliseconds of the monotonic clock that all processes of a machine share. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6

/** The connection options for the URL of a Redis. */
export const optionsOf = ({ hostname, password, pathname, port, username }: URL): RedisOptions => ({
  host: hostname,
  port: Number(port || 6379),
  ...(username !== "" && { username: decodeURIComponent(username) }),
  ...(password !== "" && { password: decodeURIComponent(password) }),
  db: Number(pathname.slice(1) || 0)
})

/** The options that the docstring of `RateLimit.layer` advises. On a very busy machine, commands fail with them. */
export const inHurry: RedisOptions = {
  maxRetriesPerRequest: 1,
  retryStrategy: (times) => Math.min(times * 100, 1000),
  connectTimeout: 1000,
  commandTimeout: 1000
}

/** Timeouts that no command reaches on a busy machine, for tests of anything but timeouts. */
export const longTimeouts = { commandTimeout: 30_000, connectTimeout: 30_000 } satisfies RedisOptions

/** The rate limiter's store in this Redis. */
export const redisStore = (url: URL, options: RedisOptions & { readonly prefix: string }) =>
  RateLimiterRedis.layerStore({ ...optionsOf(url), ...options })

/** A connection for checks of the stored keys, and a unique prefix for them. Both end with the scope. */
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

/** A TCP proxy to a server. `cut` closes it with its connections, `mend` opens it again, `hold` stops all data. */
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
            // Data that was held back is dropped.
            if (!on) for (const socket of sockets) socket.destroy()
          })
      }
    }),
    ({ cut }) => cut
  )

/** A Redis of its own, which a test may configure and break. It ends with the scope. Its connection is for the test's commands. */
export const ownRedis = (...options: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const port = yield* Effect.promise(async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      const { port } = server.address() as AddressInfo
      await new Promise((resolve) => server.close(resolve))
      return port
    })
    yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const server = spawn("redis-server", ["--bind", "127.0.0.1", "--port", `${port}`, "--save", "", ...options], {
          cwd: tmpdir(),
          stdio: ["ignore", "pipe", "inherit"]
        })
        let output = ""
        for await (const text of server.stdout) {
          output += String(text)
          if (output.includes("Ready to accept connections")) return server
        }
        throw new Error(output)
      }),
      (server) => Effect.sync(() => server.kill("SIGKILL"))
    )
    const url = new URL(`redis://127.0.0.1:${port}`)
    const redis = yield* Effect.acquireRelease(
      Effect.sync(() => new Redis(optionsOf(url))),
      (redis) => Effect.sync(() => redis.disconnect())
    )
    return { url, redis }
  })
