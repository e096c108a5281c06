import type { HttpClient } from "@effect/platform/HttpClient"
import type * as ConfigError from "effect/ConfigError"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { makeTokens, type Options, type Tokens } from "./internal/tokens/makeTokens.js"

export type { Options, TokenOptions, Tokens } from "./internal/tokens/makeTokens.js"

/**
 * Makes credentials from a source of tokens.
 *
 * A call uses the token in memory, if there is one. Otherwise the token is loaded from the `TokenStore` in context, or from a
 * store in memory if there is none. A token that is about to expire, was rejected by a 401, or fails the probe is refreshed.
 * If that is not possible, a new one is granted. New tokens are saved before they are used.
 *
 * All calls that need a token, at its expiry or after a 401, wait for one acquisition. It runs in a fiber of its own, with the
 * `HttpClient` that the tokens were made with, so that neither the deadline, the interruption nor the client of a call ends it.
 * When the scope closes, a refresh in progress ends first, and its token is saved. Among all processes that share the store, one
 * at a time requests a token from the server. A 401 to a token that has been replaced since has no effect.
 *
 * A 401 does not replace a token that was issued less than a minute ago, nor one that replaced a rejected token less than five minutes
 * ago: the call fails, instead of opening one login page after another. One replacement that needs no user (a refresh, or a grant with
 * a `fixed` subject) is tried even so. A refresh whose access token can't be used fails the calls, without a new grant, and so do the
 * calls of the next minute. A grant that ended with `Denied`, `TimedOut`, `Unsafe` or `Invalid` is not repeated for five
 * minutes, and one that ended with `Refused` or `Misconfigured` not for a minute: calls fail with the same failure. A new token in the
 * store, `forceNew` and `forget` end this.
 *
 * Fails with a `ConfigError` if an option is invalid.
 *
 * @example
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Authoriser, Tokens } from "effect-herald"
 *
 * class Api extends Authoriser.Tag("example/Api")<Api>() {}
 *
 * // For token endpoints that follow no standard. For OAuth see `effect-herald/oauth`.
 * const credentials = Tokens.make({
 *   name: "example",
 *   identity: "example",
 *   grant: Effect.succeed({ accessToken: Redacted.make("secret"), expiresIn: 3600 })
 * })
 *
 * const live = Api.layer({ baseUrl: "https://api.example", credentials })
 * ```
 */
export const make = (options: Options): Effect.Effect<Tokens, ConfigError.ConfigError, HttpClient | Scope.Scope> =>
  makeTokens(options, { label: options.name, needsNoUser: options.subject === "fixed" })
