import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import {
  type AnyError,
  CacheStore,
  ClientError,
  type HeraldError,
  NotFound,
  RawResponse,
  ResponseCache,
  ServerError,
  TransportError
} from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { DiskCache } from "effect-herald/node"
import { RedisCache } from "effect-herald/redis"
import type { RedisOptions } from "ioredis"
import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { longTimeouts } from "./redis.js"

/** The URL of the Redis for tests, if there is one. */
export const redisUrl = process.env["REDIS_URL"]

/** Part of the title of tests that need Redis. */
export const skipReason = "skipped: set REDIS_URL, as .ci/run does"

export const redisOptions = (url: URL): RedisOptions => ({ host: url.hostname, port: Number(url.port || 6379) })

/** A new directory, which is deleted when the scope closes. */
export const temporaryDirectory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "effect-herald-cache-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true, maxRetries: 3 }))
)

/** Empty stores of every kind. Their names of directories and keys have characters that are special in patterns. */
export const stores: ReadonlyArray<{
  readonly name: string
  readonly skip: boolean
  readonly layer: Layer.Layer<CacheStore.CacheStore, ConfigError.ConfigError>
}> = [
  { name: "memory", skip: false, layer: HttpCache.storeMemory() },
  {
    name: "disk",
    skip: false,
    layer: Layer.unwrapScoped(
      Effect.map(temporaryDirectory, (directory) => DiskCache.store({ directory: join(directory, "a[b]") }))
    )
  },
  {
    name: redisUrl === undefined ? `Redis (${skipReason})` : "Redis",
    skip: redisUrl === undefined,
    layer: Layer.unwrapScoped(
      Effect.gen(function* () {
        const options = redisOptions(new URL(redisUrl ?? "redis://127.0.0.1:6379"))
        const prefix = `effect-herald-test:${randomUUID()}:[*]?\\`
        const layer = RedisCache.store({ redis: { ...options, ...longTimeouts, prefix } })
        const store = Context.get(yield* Layer.build(layer), CacheStore.CacheStore)
        yield* Effect.addFinalizer(() => Effect.ignore(store.clear))
        return Layer.succeed(CacheStore.CacheStore, store)
      })
    )
  }
]

/** A request that an API received. */
export interface ReceivedRequest {
  readonly method: HttpMethod
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly how: ResponseCache.Sending
}

/** The outcome of a request: a response, by default an empty 200; or an Effect of a response or an error. */
export type Outcome =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: string | Uint8Array }
  | Effect.Effect<RawResponse.RawResponse, AnyError>

const details = (message: string) => ({
  message,
  operation: "test",
  method: "GET" as const,
  url: "https://api.test",
  attempts: []
})

export const transportError = (): HeraldError => new TransportError({ ...details("reset"), reason: "ECONNRESET" })

/** The error of a response with this status. */
export const statusError = (status: number): HeraldError => {
  const content = { ...details(`${status}`), status, issues: [] }
  if (status === 404) return new NotFound(content)
  return status >= 500 ? new ServerError(content) : new ClientError(content)
}

/** Options of a call. */
export interface CallOptions {
  readonly method?: HttpMethod
  readonly headers?: Record<string, string>
  readonly mode?: ResponseCache.Mode
  readonly partition?: string
  readonly operation?: string
  readonly template?: string
  readonly family?: object
  /** Default: the body as text, or the error of the status. */
  readonly decode?: (response: RawResponse.RawResponse) => Either.Either<string, AnyError>
}

export type Exchange = ResponseCache.Exchange<string, AnyError>

const family = {}

/** An API without a network. It records the requests, and makes responses by a function. */
export const makeApi = (respond: (request: ReceivedRequest, index: number) => Outcome) => {
  const requests: Array<ReceivedRequest> = []
  const exchange = (url: string, options: CallOptions = {}): Exchange => {
    const { method = "GET", headers = {} } = options
    const request = HttpClientRequest.make(method)(url, { headers })
    const send: Exchange["send"] = (how, added, stores) =>
      Effect.suspend((): Effect.Effect<RawResponse.RawResponse, AnyError> => {
        const received = { method, url, headers: { ...request.headers, ...added }, how }
        const outcome = respond(received, requests.push(received) - 1)
        // An error of the built-in family is an Effect that fails with itself.
        if (Effect.isEffect(outcome)) return outcome
        const { body = "", headers = {}, status = 200 } = outcome
        const isConditional = ["if-none-match", "if-modified-since"].some((name) => name in received.headers)
        const response = { status, headers, body }
        return status < 300 || (status === 304 && isConditional) || stores?.(response) === true
          ? Effect.succeed(response)
          : Effect.fail(statusError(status))
      })
    return {
      operation: options.operation ?? "test",
      method,
      template: options.template ?? "/test",
      request,
      partition: options.partition ?? "",
      mode: options.mode ?? "use",
      family: options.family ?? family,
      decode:
        options.decode ??
        ((response) =>
          response.status < 400 ? Either.right(text(response)) : Either.left(statusError(response.status))),
      send,
      joined: () => {}
    }
  }
  return { requests, exchange }
}

/** A client for calls that send their requests by other means. */
export const noClient = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make(() => Effect.dieMessage("this client sends nothing"))
)

/** Runs a call through the cache in context. */
export const call = <A, E>(exchange: ResponseCache.Exchange<A, E>) =>
  Effect.provide(
    Effect.flatMap(ResponseCache.ResponseCache, (cache) => cache.through(exchange)),
    noClient
  )

/** The response of a call through the cache in context. */
export const through = <A, E>(exchange: ResponseCache.Exchange<A, E>) =>
  Effect.map(call(exchange), ({ response }) => response)

/** The body as text. */
export const text = RawResponse.textOf

/** The outcome of a successful write, as `invalidating` takes it. */
export const written = Effect.succeed({ response: { status: 204, headers: {}, body: "" } })

/** Waits in real time until this holds. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() =>
    holds()
      ? Effect.void
      : Effect.flatMap(
          Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2))),
          () => until(holds)
        )
  )

/** Lets all fibers run that wait neither for the test's clock nor for a socket. */
export const settle = Effect.promise(async () => {
  for (let round = 0; round < 20; round += 1) await new Promise(setImmediate)
})
