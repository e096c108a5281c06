import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as HeraldAuthoriser from "../../src/Authoriser.js"
import * as Credentials from "../../src/Credentials.js"
import * as OriginState from "../../src/OriginState.js"
import { Authoriser } from "./Authoriser.js"
import { retryPolicy as standardPolicy } from "./retryPolicy.js"
import * as Specifications from "./Specifications.js"

/** The base URL of the public API. */
export const defaultBaseUrl = "https://api.civisanalytics.com/"

/** Options of `layer`. */
export interface Options extends HeraldAuthoriser.Defaults {
  /** The API key. It is sent as the user name of HTTP Basic. */
  readonly apiKey: Redacted.Redacted
  /** An http or https URL. The paths of the API are appended. Default: `https://api.civisanalytics.com/`. */
  readonly baseUrl?: string | URL | undefined
}

/** The headers by which Civis knows the job in which this program runs, from the variables that Civis sets in a job. */
const jobHeaders = Effect.map(
  Config.all({
    "x-civis-job-id": Config.option(Config.nonEmptyString("CIVIS_JOB_ID")),
    "x-civis-run-id": Config.option(Config.nonEmptyString("CIVIS_RUN_ID"))
  }),
  (headers) =>
    Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : []))
    )
)

const make = ({ apiKey, baseUrl = defaultBaseUrl, retryPolicy = standardPolicy, headers, ...defaults }: Options) =>
  OriginState.share(
    Effect.gen(function* () {
      const service = yield* HeraldAuthoriser.make<Credentials.Credentials, ConfigError.ConfigError>({
        ...defaults,
        baseUrl,
        retryPolicy,
        headers: { ...(yield* jobHeaders), ...headers },
        credentials: Credentials.basicKey(apiKey, { name: "Civis API key" })
      })
      const specifications = yield* Specifications.current
      return Context.make(Authoriser, service).pipe(Context.add(Specifications.Specifications, specifications))
    })
  )

/**
 * A layer for the owner of an API key. Its clients share the specifications that they fetch. Building it fails with a `ConfigError` if
 * the key, the base URL or another option is invalid.
 *
 * - The retry policy is `retryPolicy`, unless the options have another one
 * - In a job of Civis, each request names the job and the run (`X-Civis-Job-ID`, `X-Civis-Run-ID`), from `CIVIS_JOB_ID` and
 *   `CIVIS_RUN_ID`
 * - Provide a store, such as `DiskCache.store`, to keep specifications on disk; see `Specifications`
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import * as Civis from "effect-herald/civis"
 *
 * const live = Civis.layer({ apiKey: Redacted.make("secret"), deadline: "1 minute" })
 * ```
 */
export const layer = (
  options: Options
): Layer.Layer<Authoriser | Specifications.Specifications, ConfigError.ConfigError> =>
  Layer.effectContext(make(options))

/**
 * `layer`, from configuration: the API key from `CIVIS_API_KEY`, and the base URL from `CIVIS_API_ENDPOINT` or the public API if that is
 * not set.
 *
 * - `defaults`: the other options
 *
 * @example
 * ```ts
 * import { NodeHttpClient } from "@effect/platform-node"
 * import { Effect } from "effect"
 * import * as Civis from "effect-herald/civis"
 *
 * const me = Civis.username.pipe(Effect.provide(Civis.layerConfig()), Effect.provide(NodeHttpClient.layerUndici))
 * ```
 */
export const layerConfig = (
  defaults: HeraldAuthoriser.Defaults = {}
): Layer.Layer<Authoriser | Specifications.Specifications, ConfigError.ConfigError> =>
  Layer.effectContext(
    Effect.flatMap(
      Config.all({
        apiKey: Config.redacted("CIVIS_API_KEY"),
        baseUrl: Config.withDefault(Config.nonEmptyString("CIVIS_API_ENDPOINT"), defaultBaseUrl)
      }),
      (config) => make({ ...defaults, ...config })
    )
  )
