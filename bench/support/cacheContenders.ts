import { HttpApiEndpoint } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer, ManagedRuntime, Schema } from "effect"
import { Authoriser, Operation, type ResponseCache } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as CacheDisk from "effect-herald/cache-disk"
import * as CacheRedis from "effect-herald/cache-redis"
import { Agent, cacheStores, type Dispatcher, interceptors, request } from "undici"

class Api extends Context.Tag("bench/Api")<Api, Authoriser.Authoriser>() {}

const Player = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  discriminator: Schema.String,
  team: Schema.Struct({ id: Schema.Number, name: Schema.String }),
  awards: Schema.Array(Schema.Struct({ id: Schema.Number, title: Schema.String, image: Schema.String }))
})

const getPlayer = Operation.make(
  Api,
  () =>
    HttpApiEndpoint.get("getPlayer", "/players/:id")
      .setPath(Schema.Struct({ id: Schema.String }))
      .addSuccess(Player),
  (id: string) => ({ path: { id } })
)

/** One way to have a player. */
export interface Contender {
  readonly name: string
  /** Has it so many times, one after another. */
  readonly run: (times: number) => Promise<void>
  readonly end: () => Promise<void>
}

const herald = (
  name: string,
  baseUrl: string,
  cache: Layer.Layer<ResponseCache.ResponseCache> | undefined,
  dispatcher?: Dispatcher
): Contender => {
  const caller = Authoriser.layer(Api, { baseUrl })
  const client =
    dispatcher === undefined
      ? NodeHttpClient.layerUndici
      : Layer.provide(
          NodeHttpClient.layerUndiciWithoutDispatcher,
          Layer.succeed(NodeHttpClient.Dispatcher, dispatcher as never)
        )
  const runtime = ManagedRuntime.make(Layer.merge(cache === undefined ? caller : Layer.provide(caller, cache), client))
  return {
    name,
    run: (times) => runtime.runPromise(Effect.replicateEffect(getPlayer("1"), times, { discard: true })),
    end: () => runtime.dispose()
  }
}

const caching = () => new Agent().compose(interceptors.cache({ store: new cacheStores.MemoryCacheStore() }))

/** Those to compare, the call itself first. */
export const contenders = (baseUrl: string, directory: string, redis: string | undefined): ReadonlyArray<Contender> => [
  herald("a call", baseUrl, undefined),
  herald("a hit from memory", baseUrl, HttpCache.layerMemory()),
  herald("a hit from disk", baseUrl, CacheDisk.layer({ directory })),
  ...(redis === undefined
    ? []
    : [
        herald(
          "a hit from Redis",
          baseUrl,
          HttpCache.layer().pipe(
            Layer.provide(
              CacheRedis.store({ redis: { host: new URL(redis).hostname, port: Number(new URL(redis).port || 6379) } })
            )
          )
        )
      ]),
  herald("a hit of undici's interceptor, under a call", baseUrl, undefined, caching()),
  (() => {
    const dispatcher = caching()
    return {
      name: "a hit of undici's interceptor, request and JSON.parse alone",
      run: async (times: number) => {
        for (let time = 0; time < times; time += 1) {
          const { body } = await request(`${baseUrl}/players/1`, { dispatcher })
          await body.json()
        }
      },
      end: () => dispatcher.close()
    }
  })()
]
