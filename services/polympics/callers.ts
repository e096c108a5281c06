import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { Credentials } from "../../schemas/polympics/Credentials.js"
import * as Kit from "../../src/Authoriser.js"
import * as Traffic from "../../src/Traffic.js"
import { App, Authoriser, SignedIn, User } from "./Authoriser.js"
import * as ReplaceableCaller from "./ReplaceableCaller.js"

/** Where the API is, unless said otherwise. */
export const defaultBaseUrl = "https://api.polytopia.fun"

/** What every caller can be given. */
export interface CallerOptions extends Kit.Defaults {
  /** http or https; the paths of the API are appended. Default: `https://api.polytopia.fun`. */
  readonly baseUrl?: string | URL | undefined
}

const nobody = ({ baseUrl = defaultBaseUrl, ...defaults }: CallerOptions) =>
  Traffic.sharing(
    Kit.parseBaseUrl(baseUrl).pipe(
      Effect.flatMap((url) => Kit.none(url, defaults)),
      Effect.map((caller) => Context.make(Authoriser, caller))
    )
  )

/** The API tells apps and users apart by the first letter of their names, in either case. */
const usernames = {
  App: { pattern: /^A\d+$/i, rule: "The user name of an app is A and a number" },
  User: { pattern: /^S\d+$/i, rule: "The user name of a user's session is S and a number" }
}

const somebody = (
  kind: "App" | "User",
  credentials: Credentials,
  { baseUrl = defaultBaseUrl, ...defaults }: CallerOptions
) =>
  Effect.gen(function* () {
    const { pattern, rule } = usernames[kind]
    if (!pattern.test(credentials.username)) return yield* Effect.fail(ConfigError.InvalidData(["username"], rule))
    return yield* ReplaceableCaller.make(
      kind,
      yield* Kit.parseConfinedBaseUrl(baseUrl, defaults),
      credentials,
      defaults
    )
  })

/** A caller with credentials, under each tag that it answers to. */
const signedIn =
  <Id>(tag: Context.Tag<Id, ReplaceableCaller.ReplaceableCaller>, kind: "App" | "User") =>
  (credentials: Credentials, options: CallerOptions) =>
    Traffic.sharing(
      Effect.map(somebody(kind, credentials, options), (caller) =>
        Context.make(tag, caller).pipe(Context.add(SignedIn, caller), Context.add(Authoriser, caller))
      )
    )

const asApp = /*#__PURE__*/ signedIn(App, "App")
const asUser = /*#__PURE__*/ signedIn(User, "User")

/**
 * Nobody: reads what everyone may read. Fails, when it is built, with a `ConfigError` if the base URL is none.
 *
 * @example
 * ```ts
 * import { NodeHttpClient } from "@effect/platform-node"
 * import { Effect } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const open = Polympics.checkSignups.pipe(
 *   Effect.provide(Polympics.anonymous({ baseUrl: "http://127.0.0.1:8000" })),
 *   Effect.provide(NodeHttpClient.layerUndici)
 * )
 * ```
 */
export const anonymous = (options: CallerOptions = {}): Layer.Layer<Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(nobody(options))

/**
 * An app. Everything that shares the layer shares its credentials, and goes on with the new ones after `resetAppToken`. Fails,
 * when it is built, with a `ConfigError` if the base URL is none, or the user name not that of an app (`A1`).
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
): Layer.Layer<App | SignedIn | Authoriser, ConfigError.ConfigError> => Layer.effectContext(asApp(credentials, options))

/**
 * A user, by a session (of `createSession` or `discordAuthenticate`) or by its credentials. Fails, when it is built, with a
 * `ConfigError` if the base URL is none, or the user name not that of a session (`S1`).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as Polympics from "effect-herald/polympics"
 *
 * const whoIs = (account: Polympics.AccountId) =>
 *   Effect.flatMap(Polympics.createSession(account), (session) =>
 *     Polympics.getMe.pipe(Effect.provide(Polympics.user(session)))
 *   )
 * ```
 */
export const user = (
  credentials: Credentials,
  options: CallerOptions = {}
): Layer.Layer<User | SignedIn | Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(asUser(credentials, options))

const baseUrl = /*#__PURE__*/ Config.withDefault(/*#__PURE__*/ Config.string("POLYMPICS_URL"), defaultBaseUrl)

const credentialsConfig = {
  username: /*#__PURE__*/ Config.string("POLYMPICS_USERNAME"),
  password: /*#__PURE__*/ Config.redacted("POLYMPICS_PASSWORD"),
  baseUrl
}

/** What `appConfig` and `userConfig` read. */
export interface CallerConfig {
  readonly username: string
  readonly password: Redacted.Redacted
  readonly baseUrl?: string
}

/** `anonymous`, from configuration: by default `POLYMPICS_URL`, which may be absent. */
export const anonymousConfig = (
  config: Config.Config.Wrap<Pick<CallerConfig, "baseUrl">> = { baseUrl },
  defaults: Kit.Defaults = {}
): Layer.Layer<Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(Effect.flatMap(Config.unwrap(config), ({ baseUrl }) => nobody({ ...defaults, baseUrl })))

/** `app`, from configuration: by default `POLYMPICS_USERNAME`, `POLYMPICS_PASSWORD`, and `POLYMPICS_URL`, which may be absent. */
export const appConfig = (
  config: Config.Config.Wrap<CallerConfig> = credentialsConfig,
  defaults: Kit.Defaults = {}
): Layer.Layer<App | SignedIn | Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(
    Effect.flatMap(Config.unwrap(config), ({ baseUrl, ...credentials }) => asApp(credentials, { ...defaults, baseUrl }))
  )

/** `user`, from configuration: by default the same variables as `appConfig`. */
export const userConfig = (
  config: Config.Config.Wrap<CallerConfig> = credentialsConfig,
  defaults: Kit.Defaults = {}
): Layer.Layer<User | SignedIn | Authoriser, ConfigError.ConfigError> =>
  Layer.effectContext(
    Effect.flatMap(Config.unwrap(config), ({ baseUrl, ...credentials }) =>
      asUser(credentials, { ...defaults, baseUrl })
    )
  )
