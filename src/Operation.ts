import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Authoriser } from "./Authoriser.js"
import type * as HeraldError from "./HeraldError.js"
import type { Refusal } from "./Refusal.js"
import type { Input } from "./road/encode.js"
import { compile, type Route } from "./road/route.js"
import { travel } from "./road/travel.js"

/** An endpoint whose schemas need no services. */
export interface Endpoint<
  in out Path,
  in out UrlParams,
  in out Payload,
  in out Headers,
  in out Success,
  in out Error
> extends HttpApiEndpoint.HttpApiEndpoint<
  string,
  HttpMethod,
  Path,
  UrlParams,
  Payload,
  Headers,
  Success,
  Error,
  never,
  never
> {}

/** What a call of an endpoint gives: the parts that the endpoint has. */
export type Request<Path, UrlParams, Payload, Headers> = ([Path] extends [never] ? {} : { readonly path: Path }) &
  ([UrlParams] extends [never] ? {} : { readonly urlParams: UrlParams }) &
  ([Payload] extends [never] ? {} : { readonly payload: Payload }) &
  ([Headers] extends [never] ? {} : { readonly headers: Headers })

/** The errors that a call can have because its endpoint declares them, by the tag of the refusal. */
export interface Refusals {
  readonly Unauthorised: HeraldError.Unauthorised
  readonly Forbidden: HeraldError.Forbidden
  readonly NotFound: HeraldError.NotFound
  readonly Conflict: HeraldError.Conflict
  readonly DataError: HeraldError.DataError
}

/** An input can be refused, if there is any. */
export type InputError<Parts> = [Parts] extends [never] ? never : HeraldError.EncodeError

/**
 * An operation: a function of an endpoint's input that gives an Effect, which needs an `HttpClient` and the API's
 * `Authoriser`, both read when it runs.
 *
 * - `authoriser`: the tag of the caller that this operation needs
 * - `endpoint`: a thunk, so that nothing is made before the first call
 * - `request`: from the operation's own arguments to the parts of the endpoint's request
 *
 * Mark the call as pure, so that bundlers drop the operations that a program does not use.
 *
 * @example
 * ```ts
 * import { HttpApiEndpoint } from "@effect/platform"
 * import { Context, Schema } from "effect"
 * import { Operation, type Authoriser } from "effect-herald"
 *
 * class Weather extends Context.Tag("example/Weather")<Weather, Authoriser.Authoriser>() {}
 *
 * const endpoint = () =>
 *   HttpApiEndpoint.get("getForecast", "/forecast/:city")
 *     .setPath(Schema.Struct({ city: Schema.String }))
 *     .addSuccess(Schema.Struct({ celsius: Schema.Number }))
 *
 * // (city: string) => Effect<{ celsius: number }, TransportError | ..., HttpClient | Weather>
 * export const getForecast = Operation.make(Weather, endpoint, (city: string) => ({ path: { city } }))
 * ```
 */
export const make = <
  Id,
  Service extends Authoriser,
  Args extends ReadonlyArray<unknown>,
  Path,
  UrlParams,
  Payload,
  Headers,
  Success,
  Error extends Refusal
>(
  authoriser: Context.Tag<Id, Service>,
  endpoint: () => Endpoint<Path, UrlParams, Payload, Headers, Success, Error>,
  request: (...args: Args) => Request<Path, UrlParams, Payload, Headers>
): ((
  ...args: Args
) => Effect.Effect<
  Success,
  HeraldError.AnyCall | Refusals[Error["_tag"]] | InputError<Path | UrlParams | Payload | Headers>,
  HttpClient | Id
>) => {
  let route: Route | undefined
  return (...args) =>
    // The route decodes by the endpoint's own schemas, which give exactly these types.
    Effect.flatMap(authoriser, (caller) =>
      travel((route ??= compile(endpoint())), caller, () => request(...args) as Input)
    ) as Effect.Effect<
      Success,
      HeraldError.AnyCall | Refusals[Error["_tag"]] | InputError<Path | UrlParams | Payload | Headers>,
      HttpClient | Id
    >
}
