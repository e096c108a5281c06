/**
 * A Polympics server for tests and for trying things out: it keeps the API's rules, in memory.
 *
 * It keeps what was observed of the real one, oddities included: the order of its checks, what it makes of strange values,
 * and which of them it does not survive. Left out are its CORS headers, its OpenAPI document and the wording of its JSON
 * parser.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Client from "./client.js"
import { httpApp } from "./httpApp.js"
import type { ServerOptions } from "./options.js"

export { httpApp } from "./httpApp.js"
export type {
  AccountOptions,
  AppOptions,
  AwardOptions,
  CallbackOptions,
  DiscordUser,
  Moment,
  ServerOptions,
  SessionOptions,
  TeamOptions
} from "./options.js"

/**
 * An `HttpClient` whose requests the server answers, without sockets and whatever their origin. Each build of the layer
 * starts anew from the options. The server runs in the fiber of the caller, so `TestClock` decides when a session ends.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 * import * as PolympicsTest from "effect-herald/polympics/test"
 *
 * const name = Polympics.getAccount(Polympics.AccountId.make("1")).pipe(
 *   Effect.map((account) => account.name),
 *   Effect.provide(Polympics.anonymous()),
 *   Effect.provide(PolympicsTest.layer({ accounts: [{ id: "1", name: "Bob" }] }))
 * )
 * ```
 */
export const layer = (options?: ServerOptions): Layer.Layer<HttpClient.HttpClient> =>
  Layer.scoped(HttpClient.HttpClient, Effect.map(httpApp(options), Client.make))
