import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { makeDispatcher } from "./dispatcher.js"
import { makeClient } from "./transportClient.js"
import { checkOptions, type Options } from "./transportOptions.js"

export type { Options, TlsOptions } from "./transportOptions.js"

/** The type of `make`. Without options it does not fail. */
export interface Make {
  (): Effect.Effect<HttpClient.HttpClient, never, Scope.Scope>
  (options: Options): Effect.Effect<HttpClient.HttpClient, ConfigError.ConfigError, Scope.Scope>
}

/**
 * The client that `layer` provides, until the scope closes, which closes its connections. Fails with a `ConfigError` if an option is
 * invalid.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Transport } from "effect-herald/node"
 *
 * const program = Effect.scoped(
 *   Effect.gen(function* () {
 *     const client = yield* Transport.make({ connections: 8 })
 *     const response = yield* client.get("https://weather.example/forecast")
 *     return yield* response.json
 *   })
 * )
 * ```
 */
export const make = ((options: Options = {}) =>
  Effect.gen(function* () {
    const settings = yield* checkOptions(options)
    const { bodyTimeout, headersTimeout, maxBodySize, pipelining } = settings
    // Loaded here, for programs that import this module and use another transport.
    // Bun has a module of its own in the place of `undici`, which lacks most of it.
    const undici = yield* Effect.promise(() => import("undici/index.js"))
    const dispatcher = settings.dispatcher ?? (yield* makeDispatcher(undici, settings))
    return makeClient(dispatcher, {
      maxBodySize,
      options: {
        bodyTimeout,
        headersTimeout,
        // By default, undici sends a request once the head of the response before it was received.
        ...(pipelining > 1 ? { blocking: false } : {})
      }
    })
    // The defaults are valid.
  })) as Make

/** The type of `layer`. Without options it does not fail. */
export interface MakeLayer {
  (): Layer.Layer<HttpClient.HttpClient>
  (options: Options): Layer.Layer<HttpClient.HttpClient, ConfigError.ConfigError>
}

/**
 * An `HttpClient` for Node, over undici's `dispatch`: for this library, and wherever `NodeHttpClient.layerUndici` can be. An
 * interruption aborts the request. Content codings are undone. Its connections are kept for further requests, and close with the
 * layer. Fails with a `ConfigError` if an option is invalid. Requests fail with the errors of the platform's clients: `RequestError`,
 * with the reason `Encode` for one that can't be sent, and `ResponseError`.
 *
 * @example
 * ```ts
 * import { HttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 * import { Transport } from "effect-herald/node"
 *
 * const program = Effect.flatMap(HttpClient.get("https://weather.example/forecast"), (response) => response.json).pipe(
 *   Effect.provide(Transport.layer())
 * )
 * ```
 */
export const layer = ((options: Options = {}) =>
  // The defaults are valid.
  Layer.scoped(HttpClient.HttpClient, make(options))) as MakeLayer

/** Options of `layerConfig`: each is a value, or a `Config` of one. */
export type ConfigOptions = {
  readonly [K in keyof Options]: Options[K] | Config.Config<Exclude<Options[K], undefined>>
}

/**
 * `layer`, with options of which each is a value or a `Config`. Fails with a `ConfigError` if a setting is missing or invalid.
 *
 * @example
 * ```ts
 * import { Config } from "effect"
 * import { Transport } from "effect-herald/node"
 *
 * const live = Transport.layerConfig({
 *   connections: Config.withDefault(Config.integer("CONNECTIONS"), 64),
 *   connectTimeout: "3 seconds"
 * })
 * ```
 */
export const layerConfig = (options: ConfigOptions): Layer.Layer<HttpClient.HttpClient, ConfigError.ConfigError> =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.forEach(Object.entries(options), ([name, value]) =>
        Effect.map(Config.isConfig(value) ? value : Effect.succeed(value), (read) => [name, read] as const)
      ),
      // `ConfigOptions` has a value, or a `Config` of one, for each option.
      (entries) => layer(Object.fromEntries(entries) as Options)
    )
  )
