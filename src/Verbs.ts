import type { HttpClient } from "@effect/platform/HttpClient"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Authoriser } from "./Authoriser.js"
import * as Body from "./Body.js"
import type * as Endpoint from "./Endpoint.js"
import type { CallError, EncodeError } from "./HeraldError.js"
import { type Completed, execute } from "./internal/call/execute.js"
import type { BodyOption, NoBody } from "./internal/endpoint/bodies.js"
import type { CheckJson } from "./internal/endpoint/CheckJson.js"
import type { Value, ValueOrList } from "./internal/endpoint/values.js"
import { rememberResponses, verbEndpoint } from "./internal/endpoint/verbEndpoint.js"
import { type Response, toResponse } from "./Operation.js"

export type { BodyOption, NoBody, Value, ValueOrList }

/** The path of a target. Empty for a whole URL, which has no parameters. */
type PathOf<Target> = Target extends `${string}://${string}`
  ? ""
  : Target extends `${infer Path}?${string}`
    ? Path
    : Target

type Names<Target> = PathOf<Target> extends infer Path extends string ? Endpoint.PathNames<Path> : never

/** Values of the parameters of a path. */
type PathOption<Target> = string extends Target
  ? { readonly path?: Readonly<Record<string, Value>> }
  : [Names<Target>] extends [never]
    ? { readonly path?: never }
    : { readonly path: { readonly [Name in Names<Target>]: Value } }

/** Request headers. */
export type Headers = Readonly<Record<string, Value | null | undefined>>

/** Options of a request, besides its path and body. */
export interface Options<S, E, H = Headers> extends Pick<
  Endpoint.Behavior,
  "idempotent" | "idempotencyKey" | "sensitive" | "sideEffects"
> {
  /** Query parameters. A list repeats its name; undefined and null are left out. */
  readonly query?: Readonly<Record<string, ValueOrList>> | undefined
  /** Request headers. `Redacted` values appear in no error; undefined and null are left out. */
  readonly headers?: H | undefined
  /** The response of a success: a schema of JSON, a `Body`, or these by status. Default: any JSON. */
  readonly success?: (S & Endpoint.CheckSuccess<S>) | undefined
  /** Errors by status; see `Endpoint.Options`. Others are errors of the built-in family. */
  readonly errors?: (E & Endpoint.CheckErrors<E, S>) | undefined
}

/** One kind of body, or none. `J` is the type of JSON. */
export type WithBody<J = unknown> = BodyOption<J> | NoBody

/** Additional options, in which JSON of the type `J` is checked. */
type Checked<More, J> = "json" extends keyof More ? WithBody<J & CheckJson<J>> : More

/** The errors of every request. */
export type Errors = CallError | EncodeError

/** The argument of a call's options. It is optional if none of them is required. */
type OptionsArg<Options> = {} extends Options ? [options?: Options] : [options: Options]

/** The value of a call: the success, whose default is that of the verb, or `NotModified` after a condition of the caller's own. */
type ValueOf<S, Default, H, Conditional> =
  | ([S] extends [never] ? Default : Endpoint.SuccessType<S>)
  | (Conditional extends true ? Endpoint.NotModifiedOf<S, keyof H> : never)

/**
 * A call signature: `More` are additional options, `Default` is the value without a declared success, and `Conditional` is true
 * if the response can be a 304.
 */
interface Call<Id, More, Default, Result extends "value" | "response", Conditional extends boolean> {
  <
    const Target extends string | URL,
    S extends Endpoint.SuccessSpec = never,
    E extends Endpoint.ErrorsSpec = {},
    J = unknown,
    const H extends Headers = {}
  >(
    target: Target,
    ...options: OptionsArg<Options<S, E, H> & PathOption<Target extends URL ? "" : Target> & Checked<More, J>>
  ): Effect.Effect<
    Result extends "value" ? ValueOf<S, Default, H, Conditional> : Response<ValueOf<S, Default, H, Conditional>>,
    Errors | Endpoint.ErrorType<E>,
    HttpClient | Id
  >
}

/**
 * A function that makes a request to a path template, with its parameters in `path`, or to a whole URL, such as that of a next
 * page. A URL must be of the base URL's origin.
 */
export interface Verb<Id, More, Default, Conditional extends boolean = false> extends Call<
  Id,
  More,
  Default,
  "value",
  Conditional
> {
  /** Makes the same request, and returns the status, headers and URL of the response with the value. */
  readonly withResponse: Call<Id, More, Default, "response", Conditional>
}

/** The verbs of an API. */
export interface Verbs<Id> {
  readonly get: Verb<Id, {}, unknown, true>
  readonly post: Verb<Id, WithBody, unknown>
  readonly put: Verb<Id, WithBody, unknown>
  readonly patch: Verb<Id, WithBody, unknown>
  readonly delete: Verb<Id, WithBody, unknown>
  /** Returns status, headers and URL; the response has no body. */
  readonly head: Call<Id, {}, void, "response", true>
  /** Returns status, headers and URL, and the body as text. */
  readonly options: Call<Id, {}, string, "response", false>
}

/**
 * Makes verbs, for requests without an endpoint that describes them. They use the same pipeline as operations: credentials,
 * retries, rate limits, cache, tracing. Invalid options, even of JavaScript callers, fail with `EncodeError`.
 *
 * - `tag`: the tag of the API, made by `Authoriser.Tag`
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect, Redacted, Schema } from "effect"
 * import { Authoriser, Credentials, Verbs } from "effect-herald"
 *
 * class GitHub extends Authoriser.Tag("app/GitHub")<GitHub>() {}
 *
 * const { get, post } = Verbs.make(GitHub)
 *
 * const program = Effect.gen(function* () {
 *   const repositories = yield* get("/users/{user}/repos", {
 *     path: { user: "Effect-TS" },
 *     query: { per_page: 100 },
 *     success: Schema.Array(Schema.Struct({ full_name: Schema.String }))
 *   })
 *   yield* post("/repos/{owner}/{repo}/issues", { path: { owner: "us", repo: "it" }, json: { title: "Found a bug" } })
 *   return repositories
 * }).pipe(
 *   Effect.provide(
 *     GitHub.layer({ baseUrl: "https://api.github.com", credentials: Credentials.bearer(Redacted.make("secret")) })
 *   ),
 *   Effect.provide(FetchHttpClient.layer)
 * )
 * ```
 */
export const make = <Id, Service extends Authoriser>(tag: Context.Tag<Id, Service>): Verbs<Id> => {
  const makeResponses = rememberResponses()
  const call =
    (method: HttpMethod, success: Body.Any) =>
    (target: unknown, given: unknown = {}): Effect.Effect<Completed, unknown, HttpClient | Id> =>
      Effect.flatMap(tag, (authoriser) => {
        const options = Predicate.isRecord(given) ? given : {}
        const { endpoint, body } = verbEndpoint({ method, target, options, success }, authoriser.baseUrl, makeResponses)
        return execute(endpoint, authoriser, () => {
          if (!Predicate.isRecord(given)) throw new TypeError("options are an object")
          const { headers = {}, path = {}, query = {} } = given
          const parts = { path, query, headers, body }
          return { input: parts, parts }
        })
      })
  const response = (method: HttpMethod, success: Body.Any) => {
    const send = call(method, success)
    return (target: unknown, options?: unknown) => Effect.map(send(target, options), toResponse)
  }
  const value = (method: HttpMethod, success: Body.Any) => {
    const send = call(method, success)
    return Object.assign(
      (target: unknown, options?: unknown) => Effect.map(send(target, options), ({ value }) => value),
      {
        withResponse: response(method, success)
      }
    )
  }
  // The readers of `success` and `errors` decode to the types that `Verbs` computes.
  return {
    get: value("GET", Body.json()),
    post: value("POST", Body.json()),
    put: value("PUT", Body.json()),
    patch: value("PATCH", Body.json()),
    delete: value("DELETE", Body.json()),
    head: response("HEAD", Body.empty()),
    options: response("OPTIONS", Body.text())
  } as Verbs<Id>
}
