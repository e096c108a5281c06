import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as HeraldAuthoriser from "../../src/Authoriser.js"
import * as Credentials from "../../src/Credentials.js"
import * as OriginState from "../../src/OriginState.js"
import { Authoriser } from "./Authoriser.js"

/** The base URL of the public API. */
export const defaultBaseUrl = "https://pythondiscord.com/api"

/** Options of `anonymous`. */
export interface AnonymousOptions extends HeraldAuthoriser.Defaults {
  /** An http or https URL. The paths of the API are appended. Default: `https://pythondiscord.com/api`. */
  readonly baseUrl?: string | URL | undefined
}

/** Options of `layer`. */
export interface Options extends AnonymousOptions {
  /** The key of the API's caller. */
  readonly token: Redacted.Redacted
}

/** Removes the header to which the server can respond with a page of HTML. */
const withoutAccept = (headers: HeraldAuthoriser.Defaults["headers"] = {}) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "accept"))

const make = (
  credentials: Effect.Effect<Credentials.Credentials, ConfigError.ConfigError> | undefined,
  { baseUrl = defaultBaseUrl, headers, ...defaults }: AnonymousOptions
) =>
  OriginState.share(
    Effect.map(
      HeraldAuthoriser.make<Credentials.Credentials, ConfigError.ConfigError>({
        ...defaults,
        baseUrl,
        credentials,
        headers: { ...withoutAccept(headers), accept: "application/json" }
      }),
      (service) => Context.make(Authoriser, service)
    )
  )

const makeWithToken = ({ token, ...options }: Options) =>
  make(Credentials.token(token, { name: "site API token" }), options)

/**
 * A layer for the owner of a token, which is sent as `Authorization: Token <key>`. It does not change: a call that fails with
 * `Unauthorized` is not retried. Every request asks for JSON, whatever the default headers. Building it fails with a `ConfigError` if the token is empty or has other characters than visible ASCII, or if the base URL or another option is
 * invalid. Plain http to another machine, as within a cluster, needs the option `insecure`.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import * as Site from "effect-herald/site"
 *
 * const live = Site.layer({ token: Redacted.make("secret"), deadline: "1 minute" })
 * ```
 */
export const layer = (options: Options): Layer.Layer<Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(Effect.suspend(() => makeWithToken(options)))

/**
 * A layer for programs without a token. They can check the API's health, and use its rules and its functions for GitHub. Any other call fails with
 * `Unauthorized`.
 *
 * @example
 * ```ts
 * import { NodeHttpClient } from "@effect/platform-node"
 * import { Effect } from "effect"
 * import * as Site from "effect-herald/site"
 *
 * const health = Site.checkHealth().pipe(Effect.provide(Site.anonymous()), Effect.provide(NodeHttpClient.layerUndici))
 * ```
 */
export const anonymous = (options: AnonymousOptions = {}): Layer.Layer<Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(Effect.suspend(() => make(undefined, options)))

const baseUrl = Config.withDefault(Config.nonEmptyString("SITE_API_URL"), defaultBaseUrl)

/**
 * `layer`, from configuration: the token from `SITE_API_TOKEN`, and the base URL from `SITE_API_URL`, or the public API if that is not set.
 *
 * - `defaults`: the other options
 *
 * @example
 * ```ts
 * import { NodeHttpClient } from "@effect/platform-node"
 * import { Effect } from "effect"
 * import * as Site from "effect-herald/site"
 *
 * const roles = Site.getRoles().pipe(Effect.provide(Site.layerConfig()), Effect.provide(NodeHttpClient.layerUndici))
 * ```
 */
export const layerConfig = (
  defaults: HeraldAuthoriser.Defaults = {}
): Layer.Layer<Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(
    Effect.flatMap(Config.all({ token: Config.redacted("SITE_API_TOKEN"), baseUrl }), (config) =>
      makeWithToken({ ...defaults, ...config })
    )
  )
