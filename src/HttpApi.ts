import type * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import type { HttpApiMiddleware } from "@effect/platform/HttpApiMiddleware"
import type * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import type { HttpClient } from "@effect/platform/HttpClient"
import { hasBody, type HttpMethod } from "@effect/platform/HttpMethod"
import type { Brand } from "effect/Brand"
import type * as Context from "effect/Context"
import type { Simplify, UnionToIntersection } from "effect/Types"
import type { Authoriser } from "./Authoriser.js"
import type { Endpoint } from "./Endpoint.js"
import type { CallError } from "./HeraldError.js"
import { type Compiled, compileEndpoint, type Declared } from "./internal/httpApi/compile.js"
import type { Internals } from "./internal/operation.js"
import { type Args, fromInternals, type InputError, type Operation } from "./Operation.js"

export {
  IdempotencyKey,
  Idempotent,
  Sensitive,
  SideEffects,
  StreamPayload,
  StreamSuccess,
  NeverRetried
} from "./internal/httpApi/annotations.js"

/** A part of the input. It is optional if all of its fields are. */
type Part<Name extends string, A> = [A] extends [never]
  ? {}
  : {} extends A
    ? { readonly [N in Name]?: A | undefined }
    : { readonly [N in Name]: A }

type PayloadOf<P> = P extends Brand<HttpApiSchema.MultipartTypeId> | Brand<HttpApiSchema.MultipartStreamTypeId>
  ? FormData
  : P

/** The payload in the input. In the query it is optional if all of its fields are; as a body, if it may be undefined. */
type PayloadPart<Method, P> = Method extends HttpMethod.NoBody
  ? Part<"payload", P>
  : [P] extends [never]
    ? {}
    : undefined extends P
      ? { readonly payload?: P }
      : { readonly payload: PayloadOf<P> }

/** The input of an endpoint: the parts that it has, in the form that `HttpApiClient` takes. */
export type Input<Method, Path, UrlParams, Payload, Headers> = Simplify<
  Part<"path", Path> & Part<"urlParams", UrlParams> & PayloadPart<Method, Payload> & Part<"headers", Headers>
>

/** The declared errors, without those that have no content: these are errors of the built-in family instead. */
type DeclaredError<E> = NonNullable<Exclude<E, void>>

type OperationWith<Id, I, Success, Error> = Operation<
  Args<I>,
  Success,
  DeclaredError<Error> | CallError | InputError<Args<I>>,
  HttpClient | Id,
  Endpoint<I, Success, DeclaredError<Error>>
>

/** The operation of an endpoint. `SharedError` is the union of the errors of its group and its API. */
export type OperationOf<Id, Endpoint, SharedError> =
  Endpoint extends HttpApiEndpoint.HttpApiEndpoint<
    infer _Name,
    infer Method,
    infer Path,
    infer UrlParams,
    infer Payload,
    infer Headers,
    infer Success,
    infer Error,
    infer _R,
    infer _RE
  >
    ? OperationWith<Id, Input<Method, Path, UrlParams, Payload, Headers>, Success, Error | SharedError>
    : never

type GroupOperations<Id, Group, ApiError> =
  Group extends HttpApiGroup.HttpApiGroup<infer _Name, infer Endpoints, infer GroupError, infer _R, infer _TopLevel>
    ? {
        readonly [Endpoint in Endpoints as HttpApiEndpoint.HttpApiEndpoint.Name<Endpoint>]: OperationOf<
          Id,
          Endpoint,
          GroupError | ApiError
        >
      }
    : never

/** The operations of an API, by group and endpoint; those of top-level groups by endpoint. */
export type Operations<Id, Groups extends HttpApiGroup.HttpApiGroup.Any, ApiError> = Simplify<
  {
    readonly [
      Group in Extract<Groups, { readonly topLevel: false }> as HttpApiGroup.HttpApiGroup.Name<Group>
    ]: GroupOperations<Id, Group, ApiError>
  } & UnionToIntersection<GroupOperations<Id, Extract<Groups, { readonly topLevel: true }>, ApiError>>
>

/** Refuses, at compile time, an API whose schemas need services. Middleware is allowed, since it runs on the server only. */
type CheckServices<R> = [HttpApiMiddleware.Without<R>] extends [never]
  ? unknown
  : { readonly "a schema of this API needs services, which an operation can't provide": HttpApiMiddleware.Without<R> }

/** The input of any endpoint. */
interface AnyInput {
  readonly path?: unknown
  readonly urlParams?: object | undefined
  readonly payload?: unknown
  readonly headers?: object | undefined
}

const inputOf = (input: unknown): AnyInput => (typeof input === "object" && input !== null ? input : {})

const operationOf = (tag: Context.Tag<unknown, Authoriser>, name: string, declared: Declared): unknown => {
  const { endpoint } = declared
  let compiled: Compiled | undefined
  const once = () => (compiled ??= compileEndpoint(name, declared))
  const payloadIn = endpoint.payloadSchema._tag === "None" ? undefined : hasBody(endpoint.method) ? "body" : "query"
  const urlParamsIn = endpoint.urlParamsSchema._tag === "Some"
  const description: Internals = {
    tag,
    declared,
    compiled: () => once().compiled,
    inputOf: ([input]) => input,
    partsOf: (input) => {
      const { headers, path, payload, urlParams } = inputOf(input)
      const query = payloadIn !== "query" ? urlParams : urlParamsIn ? { payload, urlParams } : payload
      return { path, query, headers, body: payload }
    },
    // `CheckParams` admits payloads that are objects.
    withParams: (input, params) => {
      const given = inputOf(input)
      return payloadIn === "query" && !urlParamsIn
        ? { ...given, payload: { ...(given.payload as object | undefined), ...params } }
        : { ...given, urlParams: { ...given.urlParams, ...params } }
    },
    withHeaders: (input, headers) => {
      const given = inputOf(input)
      return { ...given, headers: { ...given.headers, ...headers } }
    },
    withBody: (input, fields) => {
      const given = inputOf(input)
      return { ...given, payload: { ...(given.payload as object | undefined), ...fields } }
    }
  }
  return fromInternals(description, () => once().endpoint)
}

/**
 * Makes the operations of an `HttpApi` of `@effect/platform`, by group and endpoint, with the input that `HttpApiClient` takes.
 * They use the same pipeline as those of `Operation.make`: credentials, retries, cache.
 *
 * - `tag`: the tag of the API, made by `Authoriser.Tag`. Its layer has the base URL, and the credentials that the API's
 *   security middleware expects
 * - `api`: the API. Its schemas must not need services
 *
 * Operations fail with the errors that the endpoint, its group and the API declare, as values of their own classes, and with
 * `CallError`. An error that is declared without content, such as `HttpApiSchema.Empty(404)`, is the built-in one of its
 * status. Unlike `HttpApiClient`, this module percent-encodes path values, accepts inputs without an optional path parameter,
 * and takes the value of a wildcard from the field `*` of the path's schema.
 *
 * Throws a `TypeError` if two operations have the same name. An invalid endpoint throws a `TypeError` that lists its problems
 * when its operation is first used.
 *
 * @example
 * ```ts
 * import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
 * import { Schema } from "effect"
 * import { Authoriser } from "effect-herald"
 * import { fromApi } from "effect-herald/http-api"
 *
 * class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}
 *
 * class WeatherApi extends HttpApi.make("weather").add(
 *   HttpApiGroup.make("forecast").add(
 *     HttpApiEndpoint.get("get", "/forecast/:city")
 *       .setPath(Schema.Struct({ city: Schema.String }))
 *       .addSuccess(Schema.Struct({ celsius: Schema.Number }))
 *       .addError(NoSuchCity, { status: 404 })
 *   )
 * ) {}
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 *
 * const weather = fromApi(Weather, WeatherApi)
 *
 * // Effect<{ celsius: number }, NoSuchCity | HttpApiDecodeError | TransportError | ..., HttpClient | Weather>
 * const oslo = weather.forecast.get({ path: { city: "Oslo" } })
 * ```
 */
export const fromApi = <
  Id,
  Service extends Authoriser,
  ApiId extends string,
  Groups extends HttpApiGroup.HttpApiGroup.Any,
  ApiError,
  ApiR
>(
  tag: Context.Tag<Id, Service>,
  api: HttpApi.HttpApi<ApiId, Groups, ApiError, ApiR> &
    CheckServices<ApiR | HttpApiGroup.HttpApiGroup.ClientContext<Groups>>
): Operations<Id, Groups, ApiError> => {
  // The type of a group (`HttpApiGroup.Any`) does not have the properties that every group has.
  const anyApi = api as unknown as HttpApi.HttpApi.AnyWithProps
  // A tag is looked up by its key; its identifier exists in types only.
  const anyTag = tag as unknown as Context.Tag<unknown, Authoriser>
  const operations: Record<string, unknown> = {}
  const add = (name: string, value: unknown) => {
    if (Object.hasOwn(operations, name))
      throw new TypeError(`the API has two groups or top-level endpoints of the name ${name}`)
    operations[name] = value
  }
  for (const group of Object.values(anyApi.groups)) {
    const endpoints = Object.values(group.endpoints)
    if (group.topLevel) {
      for (const endpoint of endpoints)
        add(endpoint.name, operationOf(anyTag, endpoint.name, { api: anyApi, group, endpoint }))
    } else {
      const { identifier } = group
      const ofGroup = endpoints.map((endpoint): [string, unknown] => [
        endpoint.name,
        operationOf(anyTag, `${identifier}.${endpoint.name}`, { api: anyApi, group, endpoint })
      ])
      add(identifier, Object.fromEntries(ofGroup))
    }
  }
  // `Operations` is computed from the same groups and endpoints.
  return operations as Operations<Id, Groups, ApiError>
}
