import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Limiter } from "./Limiter.js"
import { ResponseCache } from "./ResponseCache.js"
import type { RetryPolicy } from "./RetryPolicy.js"
import { confined } from "./road/confined.js"
import * as Traffic from "./Traffic.js"

/** What an API's layer sets for its calls, where a program sets nothing. */
export interface Defaults {
  /** Default: `RetryPolicy.standard`. */
  readonly retryPolicy?: RetryPolicy | undefined
  /** For a whole call; see `Deadline.Current`. Default: none. */
  readonly deadline?: Duration.DurationInput | undefined
  /** For each attempt of a call; see `Deadline.PerAttempt`. Default: none. */
  readonly attemptDeadline?: Duration.DurationInput | undefined
  /**
   * Lets credentials go over plain http to another machine, as where a network is one's own. Default: false; they go over https,
   * or to loopback.
   */
  readonly insecure?: boolean | undefined
}

/** What a caller puts on its requests, and what it does when that is refused. */
export interface Credentials {
  /** Tells callers apart, for whatever may not be shared between them. Holds no secret. */
  readonly identity: string
  /**
   * Whose answers are in the response cache, where the identity does not tell: those of one who signs in, and may be another the next
   * time. None, before anyone has. Holds no secret. Default: the identity.
   */
  readonly partition?: Effect.Effect<Option.Option<string>, AuthoriserFailure> | undefined
  /** The request with credentials, and the generation of these: refreshed ones have another. */
  readonly authorise: (request: HttpClientRequest) => Effect.Effect<Authorised, AuthoriserFailure, HttpClient>
  /**
   * Told that the server answered 401 to credentials of this generation. True: there are others now, so the request is worth
   * repeating, once. A rejection of an old generation changes nothing.
   */
  readonly rejected: (generation: number) => Effect.Effect<boolean, AuthoriserFailure, HttpClient>
}

/**
 * Who calls, and where: a service that each API has a tag of its own for. It puts credentials on requests, and learns when
 * they are refused.
 */
export interface Authoriser extends Defaults, Credentials {
  /** Where the API is; the paths of its endpoints are appended. Credentials go to its origin only. */
  readonly baseUrl: URL
  /**
   * Wraps each attempt, from `authorise` to the last byte of the answer: where an API whose credentials are replaced can hold
   * calls back until the new ones are known.
   */
  readonly hold?: <A, E, R>(attempt: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** What the calls to this origin share. */
  readonly traffic: Traffic.Lane
  /** The limit that calls are held to, if the user knows one. */
  readonly limiter?: Context.Tag.Service<Limiter> | undefined
  /** What keeps answers, if the user wants that. */
  readonly cache?: Context.Tag.Service<ResponseCache> | undefined
}

/** A request with its credentials. */
export interface Authorised {
  readonly request: HttpClientRequest
  readonly generation: number
  /** Whose credentials these are, where there is a `partition`. */
  readonly partition?: string | undefined
}

/**
 * Why an authoriser has no credentials to give. The call fails with an `AuthoriserError` that says so. Neither field may hold
 * a secret.
 */
export class AuthoriserFailure
  extends /*#__PURE__*/ Data.TaggedError("AuthoriserFailure")<{
    readonly reason: string
    readonly message: string
  }> {}

/**
 * No credentials at all; what others are made of. It finds the `Traffic`, the `Limiter` and the `ResponseCache` that it is made
 * within, if there are any.
 *
 * @example
 * ```ts
 * import { Context, Effect, Layer } from "effect"
 * import { Authoriser } from "effect-herald"
 *
 * class Weather extends Context.Tag("example/Weather")<Weather, Authoriser.Authoriser>() {}
 *
 * const live = Layer.effect(
 *   Weather,
 *   Effect.flatMap(Authoriser.parseBaseUrl("https://weather.example"), (baseUrl) =>
 *     Authoriser.none(baseUrl, { deadline: "30 seconds" })
 *   )
 * )
 * ```
 */
export const none = (baseUrl: URL, defaults: Defaults = {}): Effect.Effect<Authoriser> =>
  Effect.map(
    Effect.all([Traffic.current, Effect.serviceOption(Limiter), Effect.serviceOption(ResponseCache)]),
    ([traffic, limiter, cache]) => ({
      baseUrl,
      identity: "",
      authorise: (request) => Effect.succeed({ request, generation: 0 }),
      rejected: () => Effect.succeed(false),
      traffic: traffic.to(baseUrl.origin),
      limiter: Option.getOrUndefined(limiter),
      cache: Option.getOrUndefined(cache),
      retryPolicy: defaults.retryPolicy,
      deadline: defaults.deadline,
      attemptDeadline: defaults.attemptDeadline,
      insecure: defaults.insecure
    })
  )

/** What `layer` takes. `More` is what the service of the tag has besides, which its credentials give. */
export interface LayerOptions<More, E, R> extends Defaults {
  /** http or https; paths are appended to it. */
  readonly baseUrl: string | URL
  /** From `Credentials`, `Tokens` or `effect-herald/oauth`. Default: none. */
  readonly credentials?: Effect.Effect<Credentials & More, E, R> | undefined
}

/**
 * The base URL, if it and where it leads will do. Credentials want https, or loopback, unless `insecure` is set; what has none may go
 * anywhere.
 */
export const parseConfinedBaseUrl = (
  text: string | URL,
  { insecure }: Defaults
): Either.Either<URL, ConfigError.ConfigError> =>
  Either.filterOrLeft(
    parseBaseUrl(text),
    (baseUrl) => confined({ baseUrl, insecure }),
    () =>
      ConfigError.InvalidData(
        ["baseUrl"],
        "Credentials go over https only, or to loopback: use an https base URL, or set `insecure`"
      )
  )

/**
 * A caller of the API at a base URL, under the API's own tag. It finds the `Traffic`, the `Limiter` and the `ResponseCache` around it,
 * and callers that are provided within it find the same. Its state (tokens, a pause, the retry budget) lives as long as the layer.
 *
 * Fails, when it is built, with a `ConfigError` if the base URL is none, or one that credentials must not go to.
 *
 * @example
 * ```ts
 * import { Context, Redacted } from "effect"
 * import { Authoriser, Credentials } from "effect-herald"
 *
 * class Weather extends Context.Tag("example/Weather")<Weather, Authoriser.Authoriser>() {}
 *
 * const live = Authoriser.layer(Weather, {
 *   baseUrl: "https://weather.example/v1",
 *   credentials: Credentials.bearer(Redacted.make("secret")),
 *   deadline: "30 seconds"
 * })
 * ```
 */
export const layer = <Id, Service extends Authoriser, E = never, R = never>(
  tag: Context.Tag<Id, Service>,
  options: Omit<Service, keyof Authoriser> extends infer More
    ? {} extends More
      ? LayerOptions<More, E, R>
      : LayerOptions<More, E, R> & { readonly credentials: Effect.Effect<Credentials & More, E, R> }
    : never
): Layer.Layer<Id, ConfigError.ConfigError | E, Exclude<R, Scope.Scope>> => {
  const { baseUrl, credentials, ...defaults } = options as LayerOptions<{}, E, R>
  const caller = Effect.gen(function* () {
    const url = yield* credentials === undefined ? parseBaseUrl(baseUrl) : parseConfinedBaseUrl(baseUrl, defaults)
    const nobody = yield* none(url, defaults)
    return { ...nobody, ...(credentials === undefined ? {} : yield* credentials) }
  })
  // What the service has besides an Authoriser's parts is in the credentials: the type of the options asks for it.
  return Layer.scopedContext(
    Traffic.sharing(Effect.map(caller, (made) => Context.make(tag, made as unknown as Service)))
  )
}

/**
 * HTTP Basic (RFC 7617), in UTF-8. A user name can't contain a colon, nor either of them a control character; this does not
 * look.
 */
export const basic = (
  request: HttpClientRequest,
  credentials: { readonly username: string; readonly password: Redacted.Redacted }
): HttpClientRequest =>
  HttpRequest.setHeader(
    request,
    "authorization",
    `Basic ${Encoding.encodeBase64(`${credentials.username}:${Redacted.value(credentials.password)}`)}`
  )

/**
 * A base URL from text: http or https, without credentials, query or fragment. Fails with what is wrong, without the text,
 * which may hold credentials.
 */
export const parseBaseUrl = (text: string | URL): Either.Either<URL, ConfigError.ConfigError> => {
  const refuse = (message: string) => Either.left(ConfigError.InvalidData(["baseUrl"], message))
  if (!URL.canParse(text)) return refuse("A base URL is absolute, such as https://api.example")
  const url = new URL(text)
  if (url.protocol !== "https:" && url.protocol !== "http:") return refuse("A base URL is one of http or https")
  if (url.username !== "" || url.password !== "") return refuse("A base URL holds no credentials: give them apart")
  if (/[?#]/.test(url.href)) return refuse("A base URL has no query and no fragment")
  return Either.right(url)
}

/** A base URL as text that a path can be appended to: without slashes at its end. */
export const hrefOf = (baseUrl: URL): string => baseUrl.href.replace(/\/+$/, "")
