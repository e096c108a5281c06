import { hasBody, type HttpMethod } from "@effect/platform/HttpMethod"
import type * as Redacted from "effect/Redacted"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import * as Body from "./Body.js"
import type { StatusError } from "./HeraldError.js"
import { parametersOf, parsePath } from "./internal/endpoint/pathTemplate.js"
import { isRequestField } from "./internal/http/fieldSyntax.js"
import { statusesWithoutContent, statusKey } from "./internal/http/statuses.js"
import type { Issue } from "./Issue.js"

/** The key that identifies an `Endpoint` at run time. */
export const TypeId: unique symbol = Symbol.for("effect-herald/Endpoint")
/** The type of `TypeId`. */
export type TypeId = typeof TypeId

/** Facts about an endpoint that decide how its calls are retried, cached and reported. */
export interface Behavior {
  /**
   * Declares that sending the request twice has the effect of sending it once (RFC 9110, 9.2.2), so that an attempt with an
   * unknown outcome is retried. Default: true for the methods that HTTP defines as idempotent, which `false` does not change.
   */
  readonly idempotent?: boolean | undefined
  /**
   * The header in which the API takes an idempotency key, such as `Idempotency-Key`. All attempts of a call send the same key:
   * that of the call's own headers, or else a random UUID. The call then counts as idempotent, whatever its method
   * (draft-ietf-httpapi-idempotency-key-header). Default: none.
   */
  readonly idempotencyKey?: string | undefined
  /**
   * Declares that the call has side effects that its method should not have: a GET that changes something, or a PUT that is not
   * idempotent. The call is neither cached nor shared, and not retried once its outcome is unknown. Default: false.
   */
  readonly sideEffects?: boolean | undefined
  /**
   * Declares that input or output hold secrets: errors have no `body` and no `data`, only neutral headers, and of the body only what
   * the server explains in JSON (`detail`, `issues`). Responses are not cached. Default: false.
   */
  readonly sensitive?: boolean | undefined
  /**
   * Declares that the endpoint needs no credentials and must not receive those of the API, such as one that forwards its request to
   * another server: calls are sent without them (OpenAPI 3.1, 4.8.10: `security: []`), and without `Authorization`,
   * `Proxy-Authorization` and `Cookie` among the API's default headers. Default: false.
   */
  readonly anonymous?: boolean | undefined
  /** Forbids retries and redirects, whatever the policy says, for calls that replace their own credentials. Default: false. */
  readonly neverRetried?: boolean | undefined
}

/** A declaration that a response is an error of the built-in family. Made by `errorAs`. */
export interface ErrorAs {
  readonly as: StatusError["_tag"]
  /** The body of the response. Undefined matches any body. */
  readonly body: Body.Any | undefined
}

/** A declared error: a schema whose decoded type has a `_tag`, or an error of the built-in family. */
export type DeclaredError = Schema.Schema.AnyNoContext | ErrorAs

/**
 * An endpoint, as data.
 *
 * - `Input`: the argument of its operation
 * - `Success`: the value of a call that succeeds
 * - `Error`: the errors that it declares, besides those that any call can fail with
 */
export interface Endpoint<in Input, out Success, out Error> extends Behavior {
  readonly [TypeId]: {
    readonly Input: (input: Input) => void
    readonly Success: () => Success
    readonly Error: () => Error
  }
  readonly method: HttpMethod
  /** The path template (RFC 6570), such as `/forecast/{city}`. */
  readonly path: string
  /** Names the operation in errors, logs and cache lifetimes. */
  readonly name: string
  readonly pathSchemas: Readonly<Record<string, Schema.Schema.AnyNoContext>>
  readonly query: Schema.Schema.AnyNoContext | undefined
  readonly headers: Schema.Schema.AnyNoContext | undefined
  readonly body: Body.Any | undefined
  /** The bodies of successful responses by status, or one body for every 2xx. */
  readonly success: Body.Any | Readonly<Record<string, Body.Any>>
  readonly errors: Readonly<Record<string, ReadonlyArray<DeclaredError>>>
}

/** Any endpoint. */
export type Any = Endpoint<never, unknown, unknown>

/** A value of a path parameter without a schema. A `Redacted` one appears in no error. */
export type PathValue = Body.Scalar | Redacted.Redacted

/** The names between the braces of a path, with their operators. */
type Expressions<Path extends string> = Path extends `${string}{${infer Expression}}${infer Rest}`
  ? Expression | Expressions<Rest>
  : never

type NameOf<Expression> = Expression extends `+${infer Name}`
  ? Name
  : Expression extends `/${infer Name}`
    ? Name
    : Expression

/** The names of the parameters of a path. */
export type PathNames<Path extends string> = NameOf<Expressions<Path>>

type ParameterType<Name, P> = Name extends keyof P
  ? P[Name] extends Schema.Schema<infer A, infer _, infer __>
    ? A
    : PathValue
  : PathValue

type PathInput<Path extends string, P> = {
  readonly [E in Expressions<Path> as E extends `/${string}` ? never : NameOf<E>]: ParameterType<NameOf<E>, P>
} & {
  readonly [E in Expressions<Path> as E extends `/${infer Name}` ? Name : never]?:
    | ParameterType<NameOf<E>, P>
    | undefined
}

type HeadersInput<H> = [keyof Body.FieldsType<H>] extends [never]
  ? {}
  : {} extends Body.FieldsType<H>
    ? { readonly headers?: Body.FieldsType<H> | undefined }
    : { readonly headers: Body.FieldsType<H> }

/** The type that a caller passes for a request body. */
type InOf<B> =
  B extends Body.Body<infer In, infer _> ? In : B extends Schema.Schema<infer A, infer _, infer __> ? A : never

/** The type that a response body is decoded to. */
type OutOf<B> =
  B extends Body.Body<infer _, infer Out> ? Out : B extends Schema.Schema<infer A, infer _, infer __> ? A : never

type BodyInput<B> = [B] extends [undefined]
  ? {}
  : undefined extends InOf<B>
    ? { readonly body?: InOf<B> }
    : { readonly body: InOf<B> }

type Simplify<A> = { [K in keyof A]: A[K] } & {}

/** The argument of an operation: the path and query parameters by name, and `headers` and `body` if the endpoint has them. */
export type Input<Path extends string, P, Q, H, B> = Simplify<
  PathInput<Path, P> & Body.FieldsType<Q> & HeadersInput<H> & BodyInput<B>
>

/** A class of statuses, or every other status (OpenAPI 3.1, 4.8.16). */
export type StatusRange = "2XX" | "3XX" | "4XX" | "5XX" | "default"

type ByStatus<A> = { readonly [status: number]: A } & { readonly [Range in StatusRange]?: A }

/** A success: a schema of JSON, a `Body`, or these by status. */
export type SuccessSpec = Schema.Schema.AnyNoContext | Body.Any | ByStatus<Schema.Schema.AnyNoContext | Body.Any>

/** The decoded type of a success. */
export type SuccessType<S> = S extends Schema.Schema.AnyNoContext | Body.Any
  ? OutOf<S>
  : { readonly [Status in keyof S]: OutOf<S[Status]> }[keyof S]

/**
 * The value of a call after a 304 (RFC 9110, 15.4.5): the caller's copy of the resource is current. Only calls whose own headers
 * have `If-None-Match` or `If-Modified-Since` return it. An endpoint that declares the status returns what it declares instead.
 */
export interface NotModified {
  readonly _tag: "NotModified"
  /** The headers of the 304, with names in lower case. They update those of the caller's copy (RFC 9111, 4.3.4). */
  readonly headers: Readonly<Record<string, string | undefined>>
}

/**
 * `NotModified` if one of these headers can be a condition, and if the success `S` does not declare a 304 of its own; else never.
 */
export type NotModifiedOf<S, HeaderNames> = keyof StatusesOf<S> & (304 | "304" | "3XX" | "default") extends never
  ? string extends HeaderNames
    ? NotModified
    : Lowercase<HeaderNames & string> & ("if-none-match" | "if-modified-since") extends never
      ? never
      : NotModified
  : never

/** Errors by status, several for one status where their schemas differ. */
export interface ErrorsSpec extends ByStatus<DeclaredError | ReadonlyArray<DeclaredError>> {}

type OneError<D> = D extends Schema.Schema<infer A, infer _, infer __> ? A : never

/** The union of the declared errors. */
export type ErrorType<E> = {
  readonly [Status in keyof E]: E[Status] extends ReadonlyArray<infer D> ? OneError<D> : OneError<E[Status]>
}[keyof E]

/** The declared errors whose decoded type, or a member of it, has no `_tag`. */
type Untagged<D> =
  D extends Schema.Schema<infer A, infer _, infer __> ? (A extends { readonly _tag: string } ? never : D) : never

type CheckError<D> = [Untagged<D>] extends [never]
  ? unknown
  : "the type of a declared error needs a _tag, such as that of a Schema.TaggedError"

type NotStatus<Status> = Status extends number | `${number}` | StatusRange ? never : "this is not a status"

/** The keys of every 2xx, if one success is declared for all of them. */
type EverySuccess<S> = [S] extends [Schema.Schema.AnyNoContext | Body.Any] ? `2${string}` : never

/** Refuses, at compile time, errors without a `_tag`, and statuses that are declared as a success, too. */
export type CheckErrors<E, S> = {
  readonly [Status in keyof E]: [NotStatus<Status>] extends [never]
    ? Status extends keyof StatusesOf<S>
      ? "this status is declared as a success"
      : `${Status & (string | number)}` extends EverySuccess<S>
        ? "the success is that of every 2xx: declare it by its status"
        : E[Status] extends ReadonlyArray<infer D>
          ? ReadonlyArray<CheckError<D>>
          : CheckError<E[Status]>
    : NotStatus<Status>
}

/** Refuses, at compile time, keys of `success` that are not statuses. */
export type CheckSuccess<S> = {
  readonly [Status in keyof StatusesOf<S>]: [NotStatus<Status>] extends [never] ? unknown : NotStatus<Status>
}

/** The successes by status. Empty if one success is declared for every 2xx, or none at all. */
type StatusesOf<S> = [S] extends [Schema.Schema.AnyNoContext | Body.Any] ? {} : S

type CheckPathSchemas<Path extends string, P> = {
  readonly [Name in keyof P]: Name extends PathNames<Path>
    ? P[Name] extends Schema.Schema<infer _, infer I, infer __>
      ? [I] extends [Body.Scalar]
        ? unknown
        : "a path parameter is not encoded to a text, number, bigint or boolean"
      : unknown
    : "the path has no parameter of this name"
}

/** The names of a record's fields, without those of an index signature. */
type KnownNames<A> = keyof { [Name in keyof A as string extends Name ? never : Name]: unknown }

type CheckQuery<Path extends string, Q> = Body.CheckFields<Q> & {
  readonly [
    Name in KnownNames<Body.FieldsType<Q>> & (PathNames<Path> | "headers" | "body")
  ]: "the input has another part of this name: rename it with Schema.fromKey"
}

/** The message is in a tuple, since the intersection of two string literals would be `never`, without a message. */
type CheckPath<Path extends string> = string extends Path
  ? unknown
  : Path extends `/${string}`
    ? Path extends `${string}${"?" | "#"}${string}`
      ? readonly ["a path has no query and no fragment: declare parameters in `query`"]
      : unknown
    : readonly ["a path begins with a slash"]

/** Options of an endpoint without a request body. */
export interface Options<Path extends string, P, Q, H, S, E> extends Behavior {
  /** Names the operation in errors, logs and cache lifetimes. Default: method and path, such as `GET /forecast/{city}`. */
  readonly name?: string | undefined
  /** Schemas of path parameters. Default: each is a string, number, bigint, boolean or `Redacted` string. */
  readonly path?: (P & CheckPathSchemas<Path, P>) | undefined
  /** Query parameters: schemas by name, or a schema of a record. Lists repeat the name; undefined and null are left out. */
  readonly query?: (Q & CheckQuery<Path, Q>) | undefined
  /** Request headers: schemas by name, or a schema of a record. Undefined and null are left out. */
  readonly headers?: (H & Body.CheckFields<H, Body.Scalar | null | undefined>) | undefined
  /**
   * The response of a success: a schema of JSON, a `Body`, or these by status. Without statuses, every 2xx is a success. With
   * statuses, any other 2xx fails with `DecodeError`. Default: every 2xx, whose body is dropped.
   *
   * Any status can be a success, and so can a class of statuses (`4XX`) and every other status (`default`), of which the most
   * specific key counts. A status that is declared by its number is returned at once. After a status that only its class or
   * `default` covers, credentials are refreshed and the request is retried as after any failure; then it is returned. A redirect
   * that is declared, by its number or as `3XX`, is not followed.
   */
  readonly success?: (S & CheckSuccess<S>) | undefined
  /**
   * Errors of this endpoint, by status: schemas of JSON whose decoded type has a `_tag`, which need not be in the response, or
   * `errorAs`. Statuses and bodies that match none of them are errors of the built-in family.
   *
   * A 2xx can be an error, too, such as a 202 that says that the result is not there yet, if `success` is declared by status. Such a
   * response is the end of the call: it is neither retried nor cached.
   */
  readonly errors?: (E & CheckErrors<E, S>) | undefined
}

/** Options of an endpoint that can have a request body. */
export interface OptionsWithBody<Path extends string, P, Q, H, B, S, E> extends Options<Path, P, Q, H, S, E> {
  /** The request's body: a schema of JSON, or a `Body`. Default: none. */
  readonly body?: B | undefined
}

type PathSchemas = Readonly<Record<string, Schema.Schema.AnyNoContext>>

/** Carries types only: nothing reads its members. */
const variance = {} as Any[TypeId]

interface LooseOptions extends Behavior {
  readonly name?: string | undefined
  readonly path?: PathSchemas | undefined
  readonly query?: Body.Fields | undefined
  readonly headers?: Body.Fields | undefined
  readonly body?: Schema.Schema.AnyNoContext | Body.Any | undefined
  readonly success?: SuccessSpec | undefined
  readonly errors?: ErrorsSpec | undefined
}

const toBody = (body: Schema.Schema.AnyNoContext | Body.Any): Body.Any =>
  // `AnyNoContext` is a schema of any type: the endpoint's own type has the decoded one.
  Body.isBody(body) ? body : Body.json(body as Schema.Schema<unknown>)

const isByStatus = (success: SuccessSpec): success is ByStatus<Schema.Schema.AnyNoContext | Body.Any> =>
  !Body.isBody(success) && !Schema.isSchema(success)

/** The property names of a record schema's decoded side. Empty if they are not known. */
const fieldNames = ({ ast }: { readonly ast: AST.AST }): ReadonlyArray<PropertyKey> => {
  if (ast._tag === "Transformation") return fieldNames({ ast: ast.to })
  if (ast._tag === "Refinement") return fieldNames({ ast: ast.from })
  return ast._tag === "TypeLiteral" ? ast.propertySignatures.map(({ name }) => name) : []
}

/** Reports whether a schema decodes to instances of a class, which a plain input object is not. */
const isClass = ({ ast }: { readonly ast: AST.AST }): boolean => {
  if (ast._tag === "Transformation") return isClass({ ast: ast.to })
  return ast._tag === "Refinement" ? isClass({ ast: ast.from }) : ast._tag === "Declaration"
}

/** Reports whether a declared error can match a response without a body. */
const matchesNoBody = (declared: DeclaredError): boolean =>
  isErrorAs(declared) && (declared.body === undefined || declared.body.kind === "empty")

/** The reasons why an endpoint is invalid. */
const problems = (method: HttpMethod, path: string, endpoint: Omit<Any, TypeId>): ReadonlyArray<string> => {
  const found: Array<string> = []
  const queryNames = endpoint.query === undefined ? [] : fieldNames(endpoint.query)
  const { body, errors, headers, idempotencyKey, pathSchemas, success } = endpoint
  const parsed = parsePath(path)
  if (parsed._tag === "Left") found.push(parsed.left)
  const names = parsed._tag === "Left" ? [] : parametersOf(parsed.right).map(({ name }) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) found.push(`the path has two parameters of the name ${repeated}`)
  for (const name of Object.keys(pathSchemas)) {
    if (!names.includes(name)) found.push(`the path has no parameter of the name ${name}`)
  }
  for (const name of queryNames) {
    if (names.some((other) => other === name)) found.push(`path and query both have a parameter ${String(name)}`)
  }
  if (endpoint.query !== undefined && isClass(endpoint.query)) {
    found.push("the schema of the query is that of a class: use its fields")
  }
  const reserved = [...(headers === undefined ? [] : ["headers"]), ...(body === undefined ? [] : ["body"])]
  for (const name of [...names, ...queryNames]) {
    if (reserved.some((other) => other === name))
      found.push(`a parameter can't have the name ${String(name)}, which is another part of the input`)
  }
  if (body !== undefined && !hasBody(method)) found.push(`a ${method} has no body`)
  if (body?.kind === "empty") found.push("an empty body is none: leave `body` out")
  if (idempotencyKey !== undefined && !isRequestField(idempotencyKey)) {
    found.push("the idempotency key's header has an invalid name (RFC 9110, 5.1)")
  }
  const bodies = Body.isBody(success) ? [] : Object.entries(success)
  for (const status of [...bodies.map(([status]) => status), ...Object.keys(errors)]) {
    if (!statusKey.test(status) || status.startsWith("1")) found.push(`${status} is not the status of a response`)
  }
  for (const [status, declared] of Object.entries(errors)) {
    if (Body.isBody(success) && /^2(?:\d\d|XX)$/.test(status)) {
      found.push(
        `a ${status} can't be an error, since the success is that of every 2xx: declare the success by its status`
      )
    }
    if (statusesWithoutContent.includes(Number(status)) && !declared.every(matchesNoBody)) {
      found.push(`a ${status} has no body: declare it as Endpoint.errorAs with Body.empty()`)
    }
  }
  for (const [status, body] of bodies) {
    if (body.kind === "multipart") found.push("a response can't be multipart")
    if (statusesWithoutContent.includes(Number(status)) && body.kind !== "empty") {
      found.push(`a ${status} has no body: declare it as Body.empty()`)
    }
    if (status in errors) found.push(`${status} is declared as a success and as an error`)
  }
  if (Body.isBody(success) && success.kind === "multipart") found.push("a response can't be multipart")
  if (!Body.isBody(success) && bodies.length === 0) found.push("`success` has no status")
  const successes = Body.isBody(success) ? [success] : Object.values(success)
  if (method === "HEAD" && successes.some(({ kind }) => kind !== "empty")) {
    found.push("the response to a HEAD has no body: declare it as Body.empty()")
  }
  return found
}

/**
 * Makes an endpoint from loosely typed options, for code that reads descriptions of APIs. Throws a `TypeError` that lists all
 * problems of an invalid endpoint.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Endpoint } from "effect-herald"
 *
 * const getForecast = Endpoint.make("GET", "/forecast/{city}", { success: Schema.Unknown })
 * ```
 */
export const make = (method: HttpMethod, path: string, options: LooseOptions = {}): Any => {
  const {
    body,
    errors = {},
    headers,
    name,
    path: pathSchemas = {},
    query,
    success = Body.empty(),
    ...behavior
  } = options
  const endpoint = {
    ...behavior,
    method,
    path,
    name: name || `${method} ${path}`,
    pathSchemas,
    query: query && Body.fieldsSchema(query),
    headers: headers && Body.fieldsSchema(headers),
    body: body && toBody(body),
    success: isByStatus(success)
      ? Object.fromEntries(Object.entries(success).map(([status, one]) => [status, toBody(one)]))
      : toBody(success),
    errors: Object.fromEntries(
      Object.entries(errors).map(([status, declared]: [string, DeclaredError | ReadonlyArray<DeclaredError>]) => [
        status,
        Array.isArray(declared) ? declared : [declared]
      ])
    )
  }
  const reasons = problems(method, path, endpoint)
  if (reasons.length > 0) throw new TypeError(`${endpoint.name} is invalid: ${reasons.join("; ")}`)
  return { ...endpoint, [TypeId]: variance }
}

/** The value of a call without a request body: the success, or `NotModified` if the headers can have a condition. */
type Value<S, H> = SuccessType<S> | NotModifiedOf<S, keyof Body.FieldsType<H>>

type MethodWithoutBody = <
  const Path extends string,
  P extends PathSchemas = {},
  Q extends Body.Fields = {},
  H extends Body.Fields = {},
  S extends SuccessSpec = Body.Body<never, void>,
  E extends ErrorsSpec = {}
>(
  path: Path & CheckPath<Path>,
  options?: Options<Path, P, Q, H, S, E>
) => Endpoint<Input<Path, P, Q, H, undefined>, Value<S, H>, ErrorType<E>>

type MethodWithBody = <
  const Path extends string,
  P extends PathSchemas = {},
  Q extends Body.Fields = {},
  H extends Body.Fields = {},
  B extends Schema.Schema.AnyNoContext | Body.Body<never, unknown> | undefined = undefined,
  S extends SuccessSpec = Body.Body<never, void>,
  E extends ErrorsSpec = {}
>(
  path: Path & CheckPath<Path>,
  options?: OptionsWithBody<Path, P, Q, H, B, S, E>
) => Endpoint<Input<Path, P, Q, H, B>, SuccessType<S>, ErrorType<E>>

/**
 * Makes an endpoint with the method GET. Throws a `TypeError` that lists all problems of an invalid endpoint. `Operation.make`
 * takes endpoints as functions, so that the error is thrown when the operation is first used.
 *
 * - `path`: a template (RFC 6570): `{name}` is one segment or a part of one, `{+name}` may have several segments, `{/name}` is
 *   a segment that may be absent
 * - `options`: query, headers, success, errors, and `Behavior`
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Endpoint } from "effect-herald"
 *
 * class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}
 *
 * const getForecast = () =>
 *   Endpoint.get("/forecast/{city}", {
 *     query: { days: Schema.optional(Schema.Number) },
 *     success: Schema.Struct({ celsius: Schema.Number }),
 *     errors: { 404: NoSuchCity }
 *   })
 * ```
 */
export const get: MethodWithoutBody = methodOf("GET")

/** Makes an endpoint with the method HEAD; see `get`. The response has headers and no body: use `withResponse`. */
export const head: MethodWithoutBody = methodOf("HEAD")

/** Makes an endpoint with the method OPTIONS; see `get`. */
export const options: MethodWithoutBody = methodOf("OPTIONS")

/**
 * Makes an endpoint with the method POST; see `get`. The option `body` is a schema of JSON, or a `Body`.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Endpoint } from "effect-herald"
 *
 * const charge = () =>
 *   Endpoint.post("/charges", {
 *     body: Schema.Struct({ amount: Schema.Int, currency: Schema.String }),
 *     success: { 201: Schema.Struct({ id: Schema.String }) },
 *     idempotencyKey: "Idempotency-Key"
 *   })
 * ```
 */
export const post: MethodWithBody = methodOf("POST")

/** Makes an endpoint with the method PUT; see `post`. */
export const put: MethodWithBody = methodOf("PUT")

/** Makes an endpoint with the method PATCH; see `post`. */
export const patch: MethodWithBody = methodOf("PATCH")

const del: MethodWithBody = methodOf("DELETE")
export {
  /** Makes an endpoint with the method DELETE; see `post`. */
  del as delete
}

function methodOf(method: HttpMethod): (path: string, options?: LooseOptions) => never {
  // `make` does not have the types of input, success and errors, which `MethodWithoutBody` and `MethodWithBody` compute.
  return (path, options) => make(method, path, options) as never
}

/** Details of an error of the built-in family, decoded by an API's own schema. Those that are absent are read from the body. */
export interface ErrorContent {
  readonly detail?: string | undefined
  readonly issues?: ReadonlyArray<Issue> | undefined
  /** Any other content. Absent for sensitive endpoints. */
  readonly data?: unknown
}

/** The names of a decoded value's fields that an error of the built-in family does not have. */
type OtherFields<A> = A extends unknown ? Exclude<keyof A, keyof ErrorContent> : never

/** Refuses, at compile time, content that an error of the built-in family would lose. */
type CheckContent<A> = [OtherFields<A>] extends [never]
  ? [A] extends [ErrorContent]
    ? unknown
    : readonly ["`detail` is a text, and `issues` is a list of records with `path` and `message`"]
  : readonly [
      "this schema decodes to fields other than `detail`, `issues` and `data`: map it to these, or declare a Schema.TaggedError",
      OtherFields<A>
    ]

/**
 * Declares that a response is an error of the built-in family, whatever its status.
 *
 * - `tag`: the tag of the error
 * - `content`: a schema of the JSON body, which decodes to `detail`, `issues` and `data` of the error; or `Body.empty()`, which
 *   matches a response without a body. Default: matches any response that matches no other error of its status
 *
 * Details that the schema does not have are read as for an undeclared error. An error with fields of its own is declared as a
 * `Schema.TaggedError`.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Endpoint } from "effect-herald"
 *
 * // An API that reports a missing resource by a 422, so that a 404 means a wrong base URL.
 * const getAccount = () =>
 *   Endpoint.get("/account/{account}", {
 *     errors: {
 *       404: Endpoint.errorAs("ClientError"),
 *       422: Endpoint.errorAs("NotFound", Schema.Struct({ detail: Schema.Literal("Account not found.") }))
 *     }
 *   })
 *
 * // An API with a key of its own for the problems.
 * const Invalid = Schema.Struct({
 *   data: Schema.propertySignature(Schema.Array(Schema.String)).pipe(Schema.fromKey("wrong_fields"))
 * })
 * const setAccount = () =>
 *   Endpoint.put("/account/{account}", { errors: { 400: Endpoint.errorAs("UnprocessableContent", Invalid) } })
 * ```
 */
export const errorAs = <A, I>(
  tag: StatusError["_tag"],
  content?: (Schema.Schema<A, I> & CheckContent<A>) | Body.Body<never, void>
): ErrorAs => ({ as: tag, body: content && toBody(content) })

/** Reports whether a declared error is one of the built-in family. */
export const isErrorAs = (declared: DeclaredError): declared is ErrorAs => Predicate.hasProperty(declared, "as")
