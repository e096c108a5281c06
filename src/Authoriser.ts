import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Credentials from "./Credentials.js"
import { fieldName, fieldValue, isRequestField } from "./internal/http/fieldSyntax.js"
import { problemOf } from "./internal/invalidSchedule.js"
import { isDuration } from "./internal/isDuration.js"
import { allowsCredentials, insecureMessage } from "./internal/http/secureUrl.js"
import * as OriginState from "./OriginState.js"
import type { RetryPolicy } from "./RetryPolicy.js"
import { toUrl } from "./internal/http/toUrl.js"

/**
 * The calls that share a rate limit, so that a 429 to one of them holds back the others:
 *
 * - `identity`: all calls of an identity
 * - `operation`: the calls of an identity to the same method and path template
 * - `{ header }`: the calls of an identity in the same bucket. The header of a response names the bucket of its operation, as Discord's
 *   `x-ratelimit-bucket` does. A 429 without this header holds back all calls of the identity
 */
export type RateLimitScope = "identity" | "operation" | { readonly header: string }

/** Defaults for the calls of an API. A program can override those that name a `Context.Reference`. */
export interface Defaults {
  /**
   * Headers of every request, such as `accept-language` or an API version. Headers of a call replace them, and credentials
   * replace both. Default: `user-agent` is `effect-herald/<version>`, except in browsers, which send their own.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The retry policy, overridden by `RetryPolicy.Current`. Default: `RetryPolicy.standard`. */
  readonly retryPolicy?: RetryPolicy | undefined
  /** The time limit of a whole call, overridden by `Deadline.Current`. Default: none. */
  readonly deadline?: Duration.DurationInput | undefined
  /** The time limit of each attempt, overridden by `Deadline.PerAttempt`. Default: none. */
  readonly attemptDeadline?: Duration.DurationInput | undefined
  /**
   * Sends the context of the program's trace with each request to this API's origin (`traceparent`, W3C Trace Context), if a
   * tracer is set. Default: true, but false in browsers, where the header costs a preflight request.
   */
  readonly traceContext?: boolean | undefined
  /** The rate limits of the API. */
  readonly rateLimit?:
    | {
        /** The calls that share a rate limit. Default: `identity`. */
        readonly scope?: RateLimitScope | undefined
        /**
         * Trusts the headers of rate limits in every response: after one that reports no remaining quota, further calls wait until the
         * reset. Default: false, since some APIs report other quotas than those that they apply. Then only a 429 holds back calls.
         */
        readonly trustHeaders?: boolean | undefined
      }
    | undefined
  /**
   * Other origins of the API, such as `https://uploads.example`, to which the credentials and default headers are sent, too. Operations of
   * a document may have a server of their own. Default: none, so that calls to another origin are sent without them.
   */
  readonly trustedOrigins?: ReadonlyArray<string> | undefined
  /**
   * Fails calls whose response differs from its description with a `DecodeError`, for operations of a document; overridden by
   * `Descriptor.Strict`. Default: false, the value is delivered with its issues.
   */
  readonly strict?: boolean | undefined
  /** Permits credentials over plain http to other machines, for private networks. Default: false, https or loopback only. */
  readonly insecure?: boolean | undefined
}

/**
 * The service that every operation of an API requires: the base URL, the caller's credentials, the defaults of calls, and the
 * state that calls to the origin share. Each API has a tag of its own, made by `Tag`.
 */
export interface Authoriser<out C extends Credentials.Credentials = Credentials.Credentials> {
  /** The base URL; paths of endpoints are appended. Credentials are sent to its origin only. */
  readonly baseUrl: URL
  readonly credentials: C
  readonly defaults: Defaults
  readonly origin: OriginState.OriginState
  /** Returns the state of another origin, for operations with a server of their own. */
  readonly originState: (origin: string) => OriginState.OriginState
}

/** Options of `make` and `layer`. */
export interface Options<
  C extends Credentials.Credentials = Credentials.Credentials,
  E = never,
  R = never
> extends Defaults {
  /** An http or https URL without credentials, query or fragment. Paths are appended to it. */
  readonly baseUrl: string | URL
  /** The caller's credentials, made by `Credentials`, `Tokens` or `effect-herald/oauth`. Default: none. */
  readonly credentials?: Effect.Effect<C, E, R> | undefined
}

/** `Options` whose `credentials` are required if the tag's type of credentials has more than `Credentials`. */
export type OptionsFor<C extends Credentials.Credentials, E, R> = Credentials.Credentials extends C
  ? Options<C, E, R>
  : Options<C, E, R> & { readonly credentials: Effect.Effect<C, E, R> }

const invalid = (field: string, message: string) => Either.left(ConfigError.InvalidData([field], message))

/** Parses a base URL. The errors do not repeat the text, which may hold credentials. */
const parseBaseUrl = (text: string | URL): Either.Either<URL, ConfigError.ConfigError> => {
  const url = toUrl(text)
  if (url === undefined) return invalid("baseUrl", "must be an absolute URL, such as https://api.example")
  if (url.protocol !== "https:" && url.protocol !== "http:") return invalid("baseUrl", "must be an http or https URL")
  if (url.username !== "" || url.password !== "") {
    return invalid("baseUrl", "must not hold credentials: give them as `credentials`")
  }
  if (/[?#]/.test(url.href)) return invalid("baseUrl", "must not have a query or a fragment")
  return Either.right(url)
}

const checkHeaders = ({ headers = {} }: Defaults): Either.Either<void, ConfigError.ConfigError> => {
  // JavaScript permits other values than the types do.
  if (typeof headers !== "object" || headers === null) return invalid("headers", "must be an object of texts")
  for (const [name, value] of Object.entries(headers)) {
    if (!fieldName.test(name)) return invalid("headers", `${JSON.stringify(name)} can't be the name of a header`)
    if (!isRequestField(name)) return invalid("headers", `${name} is for the transport to set: leave it out`)
    if (typeof value !== "string" || !fieldValue.test(value)) {
      return invalid("headers", `the value of ${name} can't be sent in a header`)
    }
  }
  return Either.void
}

const checkDurations = ({ attemptDeadline, deadline }: Defaults): Either.Either<void, ConfigError.ConfigError> => {
  for (const [name, value] of Object.entries({ deadline, attemptDeadline })) {
    if (value !== undefined && !isDuration(value)) return invalid(name, "must be a duration, such as `30 seconds`")
  }
  return Either.void
}

const checkTrustedOrigins = ({ trustedOrigins = [] }: Defaults): Either.Either<void, ConfigError.ConfigError> =>
  // JavaScript permits other values than the types do.
  Array.isArray(trustedOrigins) && trustedOrigins.every((origin) => toUrl(origin)?.origin === origin)
    ? Either.void
    : invalid("trustedOrigins", "must be origins, such as https://uploads.example")

const checkRetryPolicy = ({ retryPolicy }: Defaults): Either.Either<void, ConfigError.ConfigError> => {
  if (retryPolicy === undefined) return Either.void
  // JavaScript permits other values than the types do.
  if (!Array.isArray(retryPolicy?.rules)) return invalid("retryPolicy", "must be made by `RetryPolicy`")
  for (const { schedule } of retryPolicy.rules) {
    const problem = problemOf(schedule)
    if (problem !== undefined) return invalid("retryPolicy", problem)
  }
  return Either.void
}

const checkRateLimit = ({ rateLimit }: Defaults): Either.Either<void, ConfigError.ConfigError> => {
  const scope = rateLimit?.scope
  // JavaScript permits other values than the types do.
  const header: unknown = typeof scope === "string" ? undefined : scope?.header
  return scope === undefined ||
    scope === "identity" ||
    scope === "operation" ||
    (typeof header === "string" && fieldName.test(header))
    ? Either.void
    : invalid("rateLimit", 'the scope must be "identity", "operation", or { header } with the name of a header')
}

/**
 * Makes the service for an API at a base URL. It uses the `OriginStates`, the `Limiter` and the `ResponseCache` in its context.
 * Fails with a `ConfigError` if the base URL, a default header, a deadline, `rateLimit`, `trustedOrigins` or an option of the retry policy is invalid, or
 * if credentials are set for a base URL that is neither https nor loopback (see `insecure`).
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Authoriser } from "effect-herald"
 *
 * class Weather extends Authoriser.Tag("example/Weather")<Weather>() {}
 *
 * const live = Layer.effect(Weather, Authoriser.make({ baseUrl: "https://weather.example", deadline: "30 seconds" }))
 * ```
 */
export const make = <C extends Credentials.Credentials = Credentials.Credentials, E = never, R = never>(
  options: OptionsFor<C, E, R>
): Effect.Effect<Authoriser<C>, ConfigError.ConfigError | E, R> =>
  Effect.gen(function* () {
    // Both branches of `OptionsFor` have these properties.
    const { baseUrl: text, credentials, ...defaults } = options as Options<C, E, R>
    const baseUrl = yield* parseBaseUrl(text)
    yield* checkHeaders(defaults)
    yield* checkDurations(defaults)
    yield* checkRetryPolicy(defaults)
    yield* checkRateLimit(defaults)
    yield* checkTrustedOrigins(defaults)
    if (credentials !== undefined && !allowsCredentials({ baseUrl, insecure: defaults.insecure })) {
      return yield* invalid("baseUrl", insecureMessage)
    }
    if (credentials !== undefined && !Effect.isEffect(credentials)) {
      return yield* invalid("credentials", "must be an Effect, as the functions of `Credentials` return")
    }
    const originState = yield* OriginState.forOrigins
    return {
      baseUrl,
      // `OptionsFor` requires credentials where `Credentials.none` is not enough.
      credentials: credentials === undefined ? (Credentials.none as C) : yield* credentials,
      defaults,
      origin: originState(baseUrl.origin),
      originState
    }
  })

/**
 * A layer of `make` for any tag; a tag made by `Tag` has it as `layer`. Its state (tokens, pauses, the retry budget) lives as
 * long as the layer, and is shared with API layers that it is provided to. Fails as `make` does.
 */
export const layer = <Id, C extends Credentials.Credentials, E = never, R = never>(
  tag: Context.Tag<Id, Authoriser<C>>,
  options: OptionsFor<C, E, R>
): Layer.Layer<Id, ConfigError.ConfigError | E, Exclude<R, Scope.Scope>> =>
  Layer.scopedContext(OriginState.share(Effect.map(make<C, E, R>(options), (service) => Context.make(tag, service))))

/** Options of `layerConfig`: each is a value, or a `Config` of one. */
export type ConfigOptions<O> = { readonly [K in keyof O]: O[K] | Config.Config<Exclude<O[K], undefined>> }

/**
 * `layer`, with options of which each is a value or a `Config`. Fails with a `ConfigError` if a setting is missing or invalid.
 */
export const layerConfig = <Id, C extends Credentials.Credentials, E = never, R = never>(
  tag: Context.Tag<Id, Authoriser<C>>,
  options: ConfigOptions<OptionsFor<C, E, R>>
): Layer.Layer<Id, ConfigError.ConfigError | E, Exclude<R, Scope.Scope>> =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.forEach(Object.entries(options), ([name, value]) =>
        Effect.map(Config.isConfig(value) ? value : Effect.succeed(value), (read) => [name, read] as const)
      ),
      // `ConfigOptions` has a value, or a `Config` of one, for each option.
      (entries) => layer<Id, C, E, R>(tag, Object.fromEntries(entries) as OptionsFor<C, E, R>)
    )
  )

/** The class of a tag made by `Tag`. */
export interface TagClass<Self, Id extends string, C extends Credentials.Credentials> extends Context.TagClass<
  Self,
  Id,
  Authoriser<C>
> {
  /** `Authoriser.layer` for this tag. */
  readonly layer: <E = never, R = never>(
    options: OptionsFor<C, E, R>
  ) => Layer.Layer<Self, ConfigError.ConfigError | E, Exclude<R, Scope.Scope>>
  /** `Authoriser.layerConfig` for this tag. */
  readonly layerConfig: <E = never, R = never>(
    options: ConfigOptions<OptionsFor<C, E, R>>
  ) => Layer.Layer<Self, ConfigError.ConfigError | E, Exclude<R, Scope.Scope>>
}

/**
 * A tag for an API, with its layers.
 *
 * - `id`: a name that is unique in the program, such as `app/Weather`
 * - `C`: the type of its credentials, if code uses more than `Credentials` has. Default: `Credentials`
 *
 * @example
 * ```ts
 * import { Config, Redacted } from "effect"
 * import { Authoriser, Credentials } from "effect-herald"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 *
 * const live = Weather.layer({
 *   baseUrl: "https://weather.example/v1",
 *   credentials: Credentials.bearer(Redacted.make("secret")),
 *   headers: { "user-agent": "our-app/1.0" },
 *   deadline: "30 seconds"
 * })
 *
 * const fromEnvironment = Weather.layerConfig({
 *   baseUrl: Config.string("WEATHER_URL"),
 *   credentials: Config.map(Config.redacted("WEATHER_KEY"), (key) => Credentials.bearer(key))
 * })
 * ```
 */
export const Tag =
  <const Id extends string>(id: Id) =>
  <Self, C extends Credentials.Credentials = Credentials.Credentials>(): TagClass<Self, Id, C> => {
    class ApiTag extends Context.Tag(id)<Self, Authoriser<C>>() {
      // A tag is looked up by its key, so this class is equivalent to the subclass that a user declares.
      static layer = <E, R>(options: OptionsFor<C, E, R>) => layer<Self, C, E, R>(ApiTag as never, options)
      static layerConfig = <E, R>(options: ConfigOptions<OptionsFor<C, E, R>>) =>
        layerConfig<Self, C, E, R>(ApiTag as never, options)
    }
    // `Self` is the identifier of that subclass.
    return ApiTag as never
  }
