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
import type { CallError } from "./HeraldError.js"
import { type Compiled, compileEndpoint } from "./internal/httpApi/compile.js"
import type { Internals } from "./internal/operation.js"
import { type Args, fromInternals, type InputError, type Operation } from "./Operation.js"

export {
  IdempotencyKey,
  Idempotent,
  Sensitive,
  SideEffects,
  StreamPayload,
  StreamSuccess,
  Unrepeatable
} from "./internal/httpApi/annotations.js"

/** A part of the input, which can be left out if all of it can. */
type Part<Name extends string, A> = [A] extends [never]
  ? {}
  : {} extends A
    ? { readonly [N in Name]?: A | undefined }
    : { readonly [N in Name]: A }

type PayloadOf<P> = P extends Brand<HttpApiSchema.MultipartTypeId> | Brand<HttpApiSchema.MultipartStreamTypeId>
  ? FormData
  : P

/** A payload in the query can be left out if all of it can; a body only if it may be undefined. */
type PayloadPart<Method, P> = Method extends HttpMethod.NoBody
  ? Part<"payload", P>
  : [P] extends [never]
    ? {}
    : undefined extends P
      ? { readonly payload?: P }
      : { readonly payload: PayloadOf<P> }

/** The input of an endpoint: the parts that it has, as `HttpApiClient` takes them. */
export type Input<Method, Path, UrlParams, Payload, Headers> = Simplify<
  Part<"path", Path> & Part<"urlParams", UrlParams> & PayloadPart<Method, Payload> & Part<"headers", Headers>
>

/** Errors without content and without a value of their own are those of the built-in family. */
type DeclaredError<E> = NonNullable<Exclude<E, void>>

type OperationWith<Id, I, Success, Error> = Operation<
  Args<I>,
  Success,
  DeclaredError<Error> | CallError | InputError<Args<I>>,
  HttpClient | Id
>

/** The operation of an endpoint. `SharedError` are the errors of its group and its API. */
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

/** Refuses, at compile time, an API whose schemas need services. Middleware is the server's. */
type CheckServices<R> = [HttpApiMiddleware.Without<R>] extends [never]
  ? unknown
  : { readonly "a schema of this API needs services, which an operation can't provide": HttpApiMiddleware.Without<R> }

interface AnyInput {
  readonly path?: unknown
  readonly urlParams?: object | undefined
  readonly payload?: unknown
  readonly headers?: object | undefined
}

const inputOf = (input: unknown): AnyInput => (typeof input === "object" && input !== null ? input : {})

const operationOf = (
  tag: Context.Tag<unknown, Authoriser>,
  name: string,
  api: HttpApi.HttpApi.AnyWithProps,
  group: HttpApiGroup.HttpApiGroup.AnyWithProps,
  endpoint: HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
): unknown => {
  let compiled: Compiled | undefined
  const once = () => (compiled ??= compileEndpoint(name, api, group, endpoint))
  const payloadIn = endpoint.payloadSchema._tag === "None" ? undefined : hasBody(endpoint.method) ? "body" : "query"
  const urlParamsIn = endpoint.urlParamsSchema._tag === "Some"
  const description: Internals = {
    tag,
    compiled: () => once().compiled,
    inputOf: ([input]) => input,
    partsOf: (input) => {
      const { headers, path, payload, urlParams } = inputOf(input)
      const query = payloadIn !== "query" ? urlParams : urlParamsIn ? { payload, urlParams } : payload
      return { path, query, headers, body: payload }
    },
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
 * The operations of an `HttpApi` of `@effect/platform`, by group and endpoint, with the input that `HttpApiClient` takes.
 * They use the same pipeline as those of `Operation.make`: credentials, retries, cache.
 *
 * - `tag`: the tag of the API, made by `Authoriser.Tag`. Its layer has the base URL, and the credentials that the API's security
 *   middleware expects
 * - `api`: the API. Its schemas can't need services
 *
 * Errors are those that the endpoint, its group and the API declare, as values of their own classes, and `CallError`. An error
 * that is declared without content, such as `HttpApiSchema.Empty(404)`, is the built-in one of its status. Unlike
 * `HttpApiClient`, values of a path are percent-encoded, an optional parameter of the path can be left out, and the value of a
 * wildcard is the field `*` of the path's schema.
 *
 * Throws a `TypeError` if two operations have one name. An endpoint that can't work is refused with a `TypeError` when its
 * operation is first used, with the reasons.
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
  // Their types have no properties (`HttpApiGroup.Any`), or those that `Operations` computes.
  const anyApi = api as unknown as HttpApi.HttpApi.AnyWithProps
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
      for (const endpoint of endpoints) add(endpoint.name, operationOf(anyTag, endpoint.name, anyApi, group, endpoint))
    } else {
      const { identifier } = group
      const ofGroup = endpoints.map((endpoint): [string, unknown] => [
        endpoint.name,
        operationOf(anyTag, `${identifier}.${endpoint.name}`, anyApi, group, endpoint)
      ])
      add(identifier, Object.fromEntries(ofGroup))
    }
  }
  return operations as Operations<Id, Groups, ApiError>
}
