import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as HttpRequest from "@effect/platform/HttpClientRequest"
import * as ConfigError from "effect/ConfigError"
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Limiter } from "./Limiter.js"
import type { RetryPolicy } from "./RetryPolicy.js"
import * as Traffic from "./Traffic.js"

/** What an API's layer sets for its calls, where a program sets nothing. */
export interface Defaults {
  /** Default: `RetryPolicy.standard`. */
  readonly retryPolicy?: RetryPolicy | undefined
  /** For a whole call; see `Deadline.Current`. Default: none. */
  readonly deadline?: Duration.DurationInput | undefined
  /** For each attempt of a call; see `Deadline.PerAttempt`. Default: none. */
  readonly attemptDeadline?: Duration.DurationInput | undefined
}

/**
 * Who calls, and where: a service that each API has a tag of its own for. It puts credentials on requests, and learns when
 * they are refused.
 */
export interface Authoriser extends Defaults {
  /** Where the API is; the paths of its endpoints are appended. Credentials go to its origin only. */
  readonly baseUrl: URL
  /** Tells callers apart, for whatever may not be shared between them. Holds no secret. */
  readonly identity: string
  /** The request with credentials, and the generation of these: refreshed ones have another. */
  readonly authorise: (request: HttpClientRequest) => Effect.Effect<Authorised, AuthoriserFailure, HttpClient>
  /**
   * Told that the server answered 401 to credentials of this generation. True: there are others now, so the request is worth
   * repeating, once. A rejection of an old generation changes nothing.
   */
  readonly rejected: (generation: number) => Effect.Effect<boolean, AuthoriserFailure, HttpClient>
  /**
   * Wraps each attempt, from `authorise` to the last byte of the answer: where an API whose credentials are replaced can hold
   * calls back until the new ones are known.
   */
  readonly hold?: <A, E, R>(attempt: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** What the calls to this origin share. */
  readonly traffic: Traffic.Lane
  /** The limit that calls are held to, if the user knows one. */
  readonly limiter?: Context.Tag.Service<Limiter> | undefined
}

/** A request with its credentials. */
export interface Authorised {
  readonly request: HttpClientRequest
  readonly generation: number
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
 * No credentials at all; what others are made of. It finds the `Traffic` and the `Limiter` that it is made within, if there are
 * any.
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
  Effect.zipWith(Traffic.current, Effect.serviceOption(Limiter), (traffic, limiter) => ({
    baseUrl,
    identity: "",
    authorise: (request) => Effect.succeed({ request, generation: 0 }),
    rejected: () => Effect.succeed(false),
    traffic: traffic.to(baseUrl.origin),
    limiter: Option.getOrUndefined(limiter),
    retryPolicy: defaults.retryPolicy,
    deadline: defaults.deadline,
    attemptDeadline: defaults.attemptDeadline
  }))

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
