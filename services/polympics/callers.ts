import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { Credentials } from "../../schemas/polympics/Credentials.js"
import * as HeraldAuthoriser from "../../src/Authoriser.js"
import * as OriginState from "../../src/OriginState.js"
import { App, Authoriser, SignedIn, User } from "./Authoriser.js"
import * as ReplaceableCredentials from "./ReplaceableCredentials.js"

/** The base URL of the public API. */
export const defaultBaseUrl = "https://api.polytopia.fun"

/** Options of every caller. */
export interface CallerOptions extends HeraldAuthoriser.Defaults {
  /** An http or https URL. The paths of the API are appended. Default: `https://api.polytopia.fun`. */
  readonly baseUrl?: string | URL | undefined
}

const makeAnonymous = ({ baseUrl = defaultBaseUrl, ...defaults }: CallerOptions) =>
  OriginState.share(
    Effect.map(HeraldAuthoriser.make({ ...defaults, baseUrl }), (service) => Context.make(Authoriser, service))
  )

/** The API distinguishes apps and users by the first letter of the user name, in upper or lower case. */
const usernames = {
  App: { pattern: /^A\d+$/i, rule: "The user name of an app is A and a number" },
  User: { pattern: /^S\d+$/i, rule: "The user name of a user's session is S and a number" }
}

const checkedCredentials = (kind: "App" | "User", credentials: Credentials) =>
  usernames[kind].pattern.test(credentials.username)
    ? ReplaceableCredentials.make(kind, credentials)
    : Effect.fail(ConfigError.InvalidData(["username"], usernames[kind].rule))

/** Makes a caller with credentials: one service under its own tag, `SignedIn` and `Authoriser`. */
const makeSignedIn = <Id>(
  tag: Context.Tag<Id, HeraldAuthoriser.Authoriser<ReplaceableCredentials.ReplaceableCredentials>>,
  kind: "App" | "User",
  credentials: Credentials,
  { baseUrl = defaultBaseUrl, ...defaults }: CallerOptions
) =>
  OriginState.share(
    Effect.map(
      HeraldAuthoriser.make<ReplaceableCredentials.ReplaceableCredentials, ConfigError.ConfigError>({
        ...defaults,
        baseUrl,
        credentials: checkedCredentials(kind, credentials)
      }),
      (service) => Context.make(tag, service).pipe(Context.add(SignedIn, service), Context.add(Authoriser, service))
    )
  )

/**
 * A layer for anonymous calls, which can read public data. Building it fails with a `ConfigError` if the base URL is invalid.
 *
 * @example
 * ```ts
 * import { NodeHttpClient } from "@effect/platform-node"
 * import { Effect } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const open = Polympics.checkSignups().pipe(
 *   Effect.provide(Polympics.anonymous({ baseUrl: "http://127.0.0.1:8000" })),
 *   Effect.provide(NodeHttpClient.layerUndici)
 * )
 * ```
 */
export const anonymous = (options: CallerOptions = {}): Layer.Layer<Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(makeAnonymous(options))

/**
 * A layer for an app. All calls with the same layer share its credentials, and use the new ones after `resetAppToken`. Building it fails with a `ConfigError` if the base URL is invalid, or the user name is not that of an app
 * (`A1`).
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const app = Polympics.app({ username: "A1", password: Redacted.make("secret") })
 * ```
 */
export const app = (
  credentials: Credentials,
  options: CallerOptions = {}
): Layer.Layer<App | SignedIn | Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(makeSignedIn(App, "App", credentials, options))

/**
 * A layer for a user, by a session of `createSession` or `discordAuthenticate`, or by its credentials. Building it fails with a
 * `ConfigError` if the base URL is invalid, or the user name is not that of a session (`S1`).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import type { Snowflake } from "effect-herald"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const meAs = (account: Snowflake.Snowflake) =>
 *   Effect.flatMap(Polympics.createSession(account), (session) =>
 *     Polympics.getMe().pipe(Effect.provide(Polympics.user(session)))
 *   )
 * ```
 */
export const user = (
  credentials: Credentials,
  options: CallerOptions = {}
): Layer.Layer<User | SignedIn | Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(makeSignedIn(User, "User", credentials, options))

const baseUrl = Config.withDefault(Config.string("POLYMPICS_URL"), defaultBaseUrl)

const credentialsConfig = {
  username: Config.string("POLYMPICS_USERNAME"),
  password: Config.redacted("POLYMPICS_PASSWORD"),
  baseUrl
}

/** The configuration of `appConfig` and `userConfig`. */
export interface CallerConfig {
  readonly username: string
  readonly password: Redacted.Redacted
  readonly baseUrl?: string
}

/**
 * `anonymous`, from configuration.
 *
 * - `config`: the base URL. Default: `POLYMPICS_URL`, or the public API if that is not set
 * - `defaults`: the other options
 */
export const anonymousConfig = (
  config: Config.Config.Wrap<Pick<CallerConfig, "baseUrl">> = { baseUrl },
  defaults: HeraldAuthoriser.Defaults = {}
): Layer.Layer<Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(Effect.flatMap(Config.unwrap(config), ({ baseUrl }) => makeAnonymous({ ...defaults, baseUrl })))

/**
 * `app`, from configuration.
 *
 * - `config`: credentials and base URL. Default: `POLYMPICS_USERNAME` and `POLYMPICS_PASSWORD`; and `POLYMPICS_URL`, or the
 *   public API if that is not set
 * - `defaults`: the other options
 */
export const appConfig = (
  config: Config.Config.Wrap<CallerConfig> = credentialsConfig,
  defaults: HeraldAuthoriser.Defaults = {}
): Layer.Layer<App | SignedIn | Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(
    Effect.flatMap(Config.unwrap(config), ({ baseUrl, ...credentials }) =>
      makeSignedIn(App, "App", credentials, { ...defaults, baseUrl })
    )
  )

/** `user`, from configuration. Default: the same variables as for `appConfig`. */
export const userConfig = (
  config: Config.Config.Wrap<CallerConfig> = credentialsConfig,
  defaults: HeraldAuthoriser.Defaults = {}
): Layer.Layer<User | SignedIn | Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(
    Effect.flatMap(Config.unwrap(config), ({ baseUrl, ...credentials }) =>
      makeSignedIn(User, "User", credentials, { ...defaults, baseUrl })
    )
  )
