import { describe, expect, it } from "@effect/vitest"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HttpCache from "effect-herald/cache"
import { DiskCache } from "effect-herald/node"
import { RedisCache, RedisTokenStore } from "effect-herald/redis"
import { noClient } from "../../../support/cache.js"

/** JavaScript permits other values than the types do. */
const asOptions = <A>(value: unknown): A => value as A

const sizes: ReadonlyArray<unknown> = [0, -1, 0.5, 1024.5, Number.NaN, Infinity, -Infinity, 2 ** 53, "16", null]

const invalid: ReadonlyArray<
  readonly [
    name: string,
    option: string,
    values: ReadonlyArray<unknown>,
    make: (options: object) => Layer.Layer<never, ConfigError.ConfigError>
  ]
> = [
  ["HttpCache.storeMemory", "maxBytes", sizes, (options) => Layer.discard(HttpCache.storeMemory(asOptions(options)))],
  [
    "HttpCache.layerMemory",
    "maxBytes",
    sizes,
    (options) => Layer.discard(HttpCache.layerMemory(asOptions(options)).pipe(Layer.provide(noClient)))
  ],
  [
    "HttpCache.layerMemory",
    "lifetime",
    ["1 hour", 10, null, {}],
    (options) => Layer.discard(HttpCache.layerMemory(asOptions(options)).pipe(Layer.provide(noClient)))
  ],
  [
    "HttpCache.layerMemory",
    "share",
    ["yes", 1, null],
    (options) => Layer.discard(HttpCache.layerMemory(asOptions(options)).pipe(Layer.provide(noClient)))
  ],
  [
    "DiskCache.store",
    "maxBytes",
    sizes,
    (options) => Layer.discard(DiskCache.store(asOptions({ directory: "/nonexistent", ...options })))
  ],
  [
    "DiskCache.store",
    "directory",
    ["", undefined, null, 1, "a\0b", ["a"]],
    (options) => Layer.discard(DiskCache.store(asOptions(options)))
  ],
  [
    "DiskCache.layer",
    "directory",
    [""],
    (options) => Layer.discard(DiskCache.layer(asOptions(options)).pipe(Layer.provide(noClient)))
  ],
  ...(["RedisCache.store", "RedisTokenStore.layer"] as const).flatMap((name) =>
    (
      [
        ["prefix", ["", null, 1, "\ud800"]],
        ["port", [0, -1, 65_536, 0.5, Number.NaN, "6379", Infinity]],
        ["host", ["", " ", 1]],
        ["db", [-1, 0.5, Number.NaN]],
        ["commandTimeout", [-1, 0, Number.NaN, 0.5, Infinity]],
        ["connectTimeout", [-1, 0, Number.NaN, 2 ** 31]],
        ["maxRetriesPerRequest", [-1, Number.NaN]]
      ] as const
    ).map(
      ([option, values]) =>
        [
          name,
          option,
          values,
          (redis: object): Layer.Layer<never, ConfigError.ConfigError> =>
            name === "RedisCache.store"
              ? Layer.discard(RedisCache.store(asOptions({ redis })))
              : Layer.discard(RedisTokenStore.layer(asOptions({ redis })))
        ] as const
    )
  ),
  ["RedisCache.store", "keyPrefix", ["a:"], (redis) => Layer.discard(RedisCache.store(asOptions({ redis })))]
]

describe.each(invalid)("%s", (_, option, values, make) => {
  it.scoped.each(values.map((value) => [value]))(`fails with a ConfigError for an invalid ${option}: %j`, ([value]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(make({ [option]: value })))
      expect(error).toMatchObject({ _op: "InvalidData" })
      expect(String(error)).toContain(option)
      expect(String(error)).toMatch(/must|use/)
    })
  )
})

describe("options of stores", () => {
  it.scoped.each([1, 1024, 2 ** 40])("take maxBytes: %i", (maxBytes) =>
    Layer.build(
      Layer.merge(HttpCache.storeMemory({ maxBytes }), DiskCache.store({ directory: "/nonexistent", maxBytes }))
    )
  )
})
