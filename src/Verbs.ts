import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as As from "./As.js"
import type { Authoriser } from "./Authoriser.js"
import type * as HeraldError from "./HeraldError.js"
import { rawRoute } from "./road/raw.js"
import type { Body, NoBody } from "./road/raw/body.js"
import type { Param, Scalar } from "./road/raw/values.js"
import { travel } from "./road/travel.js"

export type { Body, NoBody, Param, Scalar }

/** The path of a target; a whole URL stands as it is. */
type PathOf<Target> = Target extends `${string}://${string}`
  ? ""
  : Target extends `${infer Path}?${string}`
    ? Path
    : Target

/** The names in braces of a path. */
type Names<Path> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never

/** The values for the names in braces. */
type Path<Target> = string extends Target
  ? { readonly path?: Readonly<Record<string, Scalar>> }
  : [Names<PathOf<Target>>] extends [never]
    ? { readonly path?: never }
    : { readonly path: { readonly [Name in Names<PathOf<Target>>]: Scalar } }

/** What a request has besides its target, and what is made of its answer. */
export interface Options<A> {
  /** Lists are several parameters of one name; what is undefined or null is left out. */
  readonly query?: Readonly<Record<string, Param>> | undefined
  /** What is `Redacted` is no part of any error. */
  readonly headers?: Readonly<Record<string, Scalar | null | undefined>> | undefined
  /** As what the answer is given: of `As`. Default: JSON. */
  readonly as?: As.As<A> | undefined
  /** As the annotation of this name in `Endpoint`. */
  readonly idempotent?: boolean | undefined
  /** As the annotation of this name in `Endpoint`. */
  readonly idempotencyKey?: string | undefined
  /** As the annotation of this name in `Endpoint`. */
  readonly sensitive?: boolean | undefined
  /** As the annotation of this name in `Endpoint`. */
  readonly sideEffects?: boolean | undefined
}

/** One kind of body, or none, as where it is undefined. */
export type WithBody = Body | NoBody

/** What a verb fails with: what its status says, or what any call can end with. */
export type Errors =
  | HeraldError.AnyCall
  | HeraldError.EncodeError
  | HeraldError.Forbidden
  | HeraldError.NotFound
  | HeraldError.Conflict
  | HeraldError.DataError

/** Options that have to be given if something in them has to. */
type Given<Options> = {} extends Options ? [options?: Options] : [options: Options]

/**
 * A verb of an API: a request to a path below the base URL, in which names in braces stand for values, which are encoded; or to a URL
 * below it, such as one that the API gave for the next page.
 */
export interface Verb<Id, More, Default> {
  <const Target extends string | URL, A = Default>(
    target: Target,
    ...options: Given<Options<A> & Path<Target extends URL ? "" : Target> & More>
  ): Effect.Effect<NoInfer<A>, Errors, HttpClient | Id>
}

/** The verbs of an API. */
export interface Verbs<Id> {
  readonly get: Verb<Id, {}, unknown>
  readonly post: Verb<Id, WithBody, unknown>
  readonly put: Verb<Id, WithBody, unknown>
  readonly patch: Verb<Id, WithBody, unknown>
  readonly delete: Verb<Id, WithBody, unknown>
  /** Gives status and headers; an answer has no body. */
  readonly head: Verb<Id, {}, As.Response<void>>
  /** Gives status, headers, and the body as text. */
  readonly options: Verb<Id, {}, As.Response<string>>
}

/**
 * Verbs for an API that nobody described, by the tag of its caller. Each takes the same road as an operation: authorised, retried,
 * limited, cached, traced. A 400 or a 422 is a `DataError`, a 401 `Unauthorised`, a 403 `Forbidden`, a 404 `NotFound`, a 409 `Conflict`.
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { Context, Effect, Redacted } from "effect"
 * import { Authoriser, Credentials, Verbs } from "effect-herald"
 *
 * class GitHub extends Context.Tag("example/GitHub")<GitHub, Authoriser.Authoriser>() {}
 *
 * const { get, post } = Verbs.make(GitHub)
 *
 * const live = Authoriser.layer(GitHub, {
 *   baseUrl: "https://api.github.com",
 *   credentials: Credentials.bearer(Redacted.make("secret"))
 * })
 *
 * const program = get("/users/{user}/repos", { path: { user: "Effect-TS" }, query: { per_page: 100 } }).pipe(
 *   Effect.zipRight(post("/repos/{owner}/{repo}/issues", { path: { owner: "us", repo: "it" }, json: { title: "Hm" } })),
 *   Effect.provide(live),
 *   Effect.provide(FetchHttpClient.layer)
 * )
 * ```
 */
export const make = <Id, Service extends Authoriser>(tag: Context.Tag<Id, Service>): Verbs<Id> => {
  const verb =
    (method: HttpMethod, standard: As.As<unknown>) =>
    (target: unknown, options: unknown = {}) =>
      Effect.flatMap(tag, (caller) => {
        // From JavaScript anything may come; a body of no kind is refused, and what else is none of these passed over.
        const given = (Predicate.isRecord(options) ? options : {}) as Options<unknown> & Record<string, unknown>
        const { as: result = standard, headers = {}, path = {}, query = {} } = given
        const { idempotencyKey, idempotent, sensitive, sideEffects } = given
        const { bytes, form, json, stream, text } = given
        const body = Object.entries({ form, json, text, bytes, stream }).filter(([, value]) => value !== undefined)
        const { payload, route } = rawRoute(
          {
            method,
            target,
            headers,
            result,
            idempotencyKey,
            idempotent,
            sensitive,
            sideEffects,
            body: body.length === 0 ? given["body"] : Object.fromEntries(body)
          },
          caller.baseUrl
        )
        return travel(route, caller, () => {
          if (!Predicate.isRecord(options)) throw new TypeError("options are an object")
          return { path, urlParams: query, headers, payload }
        })
      })
  // What `as` gives is of its type, and without it, the default's; the road fails with what a raw route makes of statuses.
  return {
    get: verb("GET", As.json),
    post: verb("POST", As.json),
    put: verb("PUT", As.json),
    patch: verb("PATCH", As.json),
    delete: verb("DELETE", As.json),
    head: verb("HEAD", As.response(As.none)),
    options: verb("OPTIONS", As.response(As.text))
  } as Verbs<Id>
}
