import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HeraldError from "effect-herald"
import { type Answer, CacheStore, ResponseCache } from "effect-herald"
import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { RedisOptions } from "ioredis"
import * as CacheDisk from "effect-herald/cache-disk"
import * as CacheRedis from "effect-herald/cache-redis"
import * as HttpCache from "effect-herald/cache"

/** The Redis of the tests, if there is one. */
export const redisPlace = process.env["REDIS_URL"]
export const leftOut = "left out: set REDIS_URL, as .ci/run does"

export const redisOptions = (url: URL): RedisOptions => ({ host: url.hostname, port: Number(url.port || 6379) })

/** A folder of the test's own, which goes with the scope. */
export const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "effect-herald-cache-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true, maxRetries: 3 }))
)

/** A busy machine is no reason for a command to fail, where the test is not about that. */
export const patient = { commandTimeout: 30_000, connectTimeout: 30_000 } satisfies RedisOptions

/** Stores that begin empty. */
export const stores: ReadonlyArray<{
  readonly name: string
  readonly skip: boolean
  readonly layer: Layer.Layer<CacheStore.CacheStore>
}> = [
  { name: "memory", skip: false, layer: HttpCache.storeMemory() },
  {
    name: "disk",
    skip: false,
    layer: Layer.unwrapScoped(
      Effect.map(folder, (directory) => CacheDisk.store({ directory: join(directory, "a[b]") }))
    )
  },
  {
    name: redisPlace === undefined ? `Redis (${leftOut})` : "Redis",
    skip: redisPlace === undefined,
    layer: Layer.unwrapScoped(
      Effect.gen(function* () {
        const options = redisOptions(new URL(redisPlace ?? "redis://127.0.0.1:6379"))
        const prefix = `effect-herald-test:${randomUUID()}:[*]?\\`
        const layer = CacheRedis.store({ redis: { ...options, ...patient, prefix } })
        const store = Context.get(yield* Layer.build(layer), CacheStore.CacheStore)
        yield* Effect.addFinalizer(() => Effect.ignore(store.clear))
        return Layer.succeed(CacheStore.CacheStore, store)
      })
    )
  }
]

/** What a server of the tests is asked. */
export interface Sent {
  readonly method: HttpMethod
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly how: ResponseCache.Sending
}

/** What it does with it; an error is an Effect, too. */
export type Turn =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: string | Uint8Array }
  | Effect.Effect<Answer.Answer, HeraldError.HeraldError>

const details = (method: HttpMethod, url: string, message: string) => ({
  message,
  operation: "test",
  method,
  url,
  attempts: []
})

export const transportError = (): HeraldError.HeraldError =>
  new HeraldError.TransportError({ ...details("GET", "https://api.test", "reset"), reason: "ECONNRESET" })

/** The error that an answer of this status is. */
export const statusError = (status: number): HeraldError.HeraldError => {
  const told = { ...details("GET", "https://api.test", `${status}`), status }
  if (status === 404) return new HeraldError.NotFound({ ...told, issues: [] })
  return status >= 500 ? new HeraldError.ServerError(told) : new HeraldError.ClientError(told)
}

export interface Ask {
  readonly method?: HttpMethod
  readonly headers?: Record<string, string>
  readonly mode?: ResponseCache.Mode
  readonly partition?: string
  readonly operation?: string
  readonly template?: string
  readonly family?: object
  readonly accepts?: ResponseCache.Exchange["accepts"]
}

const family = {}

/** An API without a network: it does what it is told with each request, and remembers them. */
export const api = (respond: (sent: Sent, index: number) => Turn) => {
  const requests: Array<Sent> = []
  const exchange = (url: string, ask: Ask = {}): ResponseCache.Exchange => {
    const { method = "GET", headers = {} } = ask
    const request = HttpClientRequest.make(method)(url, { headers })
    const send: ResponseCache.Exchange["send"] = (how, more) =>
      Effect.suspend((): Effect.Effect<Answer.Answer, HeraldError.HeraldError> => {
        const sent = { method, url, headers: { ...request.headers, ...more }, how }
        const turn = respond(sent, requests.push(sent) - 1)
        // An error of the family is an Effect that fails with itself.
        if (Effect.isEffect(turn)) return turn
        const { body = "", headers: told = {}, status = 200 } = turn
        const isConditional = "if-none-match" in more || "if-modified-since" in more
        return status < 300 || (status === 304 && isConditional)
          ? Effect.succeed({ status, headers: told, body })
          : Effect.fail(statusError(status))
      })
    return {
      operation: ask.operation ?? "test",
      method,
      template: ask.template ?? "/test",
      request,
      partition: ask.partition ?? "",
      mode: ask.mode ?? "use",
      family: ask.family ?? family,
      accepts: ask.accepts ?? (() => true),
      send,
      joined: () => {}
    }
  }
  return { requests, exchange }
}

/** Nothing here is sent by it. */
export const noClient = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make(() => Effect.dieMessage("no request is sent by a client here"))
)

/** Asks through the cache that is provided. */
export const through = (exchange: ResponseCache.Exchange) =>
  Effect.provide(
    Effect.flatMap(ResponseCache.ResponseCache, (cache) => cache.through(exchange)),
    noClient
  )

/** The body, as text. */
export const text = ({ body }: Answer.Answer): string =>
  typeof body === "string" ? body : new TextDecoder().decode(body)

/** Lets everything else go on until this holds, in real time. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() =>
    holds()
      ? Effect.void
      : Effect.flatMap(
          Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2))),
          () => until(holds)
        )
  )

/** Lets what is ready go on. */
export const settle = Effect.promise(async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
})
