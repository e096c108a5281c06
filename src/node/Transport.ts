import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { makeClient } from "./transportClient.js"

/** Options of a transport. */
export interface Options {
  /**
   * Maximum size of a body of a response that is read whole, in bytes, after its content codings are undone. A larger one fails.
   * Bodies that are read as a stream have no limit. Default: 64 MiB.
   */
  readonly maxBodySize?: number | undefined
}

/** The default maximum size of a body, in bytes: 64 MiB. */
const defaultMaxBodySize = 67_108_864

/** A client as `layer` has it, until the scope closes, which closes its connections. */
export const make = (options: Options = {}): Effect.Effect<HttpClient.HttpClient, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const { Agent } = await import("undici")
        return new Agent()
      }),
      (dispatcher) => Effect.promise(() => dispatcher.destroy())
    ),
    (dispatcher) => makeClient(dispatcher, { maxBodySize: options.maxBodySize ?? defaultMaxBodySize })
  )

/**
 * An `HttpClient` for Node, over undici.
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
export const layer = (options: Options = {}): Layer.Layer<HttpClient.HttpClient> =>
  Layer.scoped(HttpClient.HttpClient, make(options))
