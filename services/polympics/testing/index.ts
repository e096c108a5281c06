/**
 * A Polympics server in memory, for tests and experiments.
 *
 * It behaves like the real server, as recorded: in the order of its checks, in its conversions of unusual values, and in the values
 * to which it responds with a 500. It has no CORS headers and no OpenAPI document.
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Layer from "effect/Layer"
import type { Calls } from "../../../src/testing/Calls.js"
import * as TestServer from "../../../src/testing/TestServer.js"
import { httpApp } from "./httpApp.js"
import type { ServerOptions } from "./options.js"

export { httpApp } from "./httpApp.js"
export type {
  AccountOptions,
  AppOptions,
  AwardOptions,
  CallbackOptions,
  DiscordUser,
  Time,
  ServerOptions,
  SessionOptions,
  TeamOptions
} from "./options.js"

/**
 * An `HttpClient` that sends its requests to the server, without sockets and for any origin, and the calls that are made (`Calls`). Each time that the layer is built
 * there is a new server with the state of the options. The server runs in the fiber of the call, so that `TestClock` determines
 * when a session expires.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Snowflake } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 * import * as PolympicsTest from "effect-herald/polympics/testing"
 *
 * const name = Polympics.getAccount(Snowflake.Snowflake.make("1")).pipe(
 *   Effect.map((account) => account.name),
 *   Effect.provide(Polympics.anonymous()),
 *   Effect.provide(PolympicsTest.layer({ accounts: [{ id: "1", name: "Bob" }] }))
 * )
 * ```
 */
export const layer = (options?: ServerOptions): Layer.Layer<HttpClient | Calls> => TestServer.layer(httpApp(options))
