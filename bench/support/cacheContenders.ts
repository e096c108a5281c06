import type { HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { type ConfigError, Layer, Schema } from "effect"
import { Authoriser, Endpoint, Operation, type ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import { DiskCache } from "effect-herald/node"
import { RedisCache } from "effect-herald/redis"
import { Agent, cacheStores, type Dispatcher, interceptors, request } from "undici"
import { fromEffect } from "./fromEffect.js"
import { type Contender, fromPromise } from "./slices.js"

class Api extends Authoriser.Tag("bench/Api")<Api>() {}

const Player = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  discriminator: Schema.String,
  team: Schema.Struct({ id: Schema.Number, name: Schema.String }),
  awards: Schema.Array(Schema.Struct({ id: Schema.Number, title: Schema.String, image: Schema.String }))
})

const getPlayer = Operation.make(Api, () => Endpoint.get("/players/{id}", { success: Player }))

const herald = (
  name: string,
  baseUrl: string,
  cache: Layer.Layer<ResponseCache.ResponseCache, ConfigError.ConfigError, HttpClient.HttpClient> | undefined,
  dispatcher?: Dispatcher
): Contender => {
  const api = Api.layer({ baseUrl })
  const client =
    dispatcher === undefined
      ? NodeHttpClient.layerUndici
      : Layer.provide(
          NodeHttpClient.layerUndiciWithoutDispatcher,
          Layer.succeed(NodeHttpClient.Dispatcher, dispatcher as never)
        )
  return fromEffect(
    name,
    getPlayer({ id: "1" }),
    Layer.provideMerge(cache === undefined ? api : Layer.provide(api, cache), client)
  )
}

const caching = () => new Agent().compose(interceptors.cache({ store: new cacheStores.MemoryCacheStore() }))

const cachedRequest = (baseUrl: string, dispatcher: Dispatcher) =>
  fromPromise("a hit of undici's interceptor, request and JSON.parse alone", async () => {
    const { body } = await request(`${baseUrl}/players/1`, { dispatcher })
    return body.json()
  })

/** The contenders. The first is a call without a cache, with which the others are compared. */
export const contenders = (baseUrl: string, directory: string, redis: string | undefined): ReadonlyArray<Contender> => [
  herald("a call", baseUrl, undefined),
  herald("a hit from memory", baseUrl, HttpCache.layerMemory()),
  herald("a hit from disk", baseUrl, DiskCache.layer({ directory })),
  ...(redis === undefined
    ? []
    : [
        herald(
          "a hit from Redis",
          baseUrl,
          HttpCache.layer().pipe(
            Layer.provide(
              RedisCache.store({ redis: { host: new URL(redis).hostname, port: Number(new URL(redis).port || 6379) } })
            )
          )
        )
      ]),
  herald("a hit of undici's interceptor, under a call", baseUrl, undefined, caching()),
  cachedRequest(baseUrl, caching())
]
