import type { HttpClient } from "@effect/platform/HttpClient"
import * as HttpClientTag from "@effect/platform/HttpClient"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type Pipeable, pipeArguments } from "effect/Pipeable"
import type * as Stream from "effect/Stream"
import type { Authoriser } from "../Authoriser.js"
import type { Content, FilePart } from "../Content.js"
import type * as Endpoint from "../Endpoint.js"
import type { CallError, EncodeError } from "../HeraldError.js"
import * as Issue from "../Issue.js"
import { segmentsOf } from "../internal/endpoint/pathTemplate.js"
import { serveDeclared } from "../internal/httpApi/serve.js"
import { hrefOf } from "../internal/http/baseUrl.js"
import { stringify } from "../internal/http/json.js"
import { type Internals, internals } from "../internal/operation.js"
import * as MemoryClient from "../internal/testing/memoryClient.js"
import { anyBodyOf, fieldsOf, type ReceivedRequest } from "../internal/testing/receivedRequest.js"
import {
  isReply,
  raw,
  type RawBody,
  type RawOptions,
  type Reply,
  reply as makeReply,
  type ReplyHeaders,
  type ReplyOptions
} from "../internal/testing/reply.js"
import { splitTarget } from "../internal/testing/route.js"
import { rawBodyOf, respond } from "../internal/testing/respond.js"
import { type Encoded, serveEndpoint } from "../internal/testing/serve.js"
import * as Calls from "./Calls.js"
import type * as Faults from "./Faults.js"

export type { RawBody, RawOptions, ReceivedRequest, Reply, ReplyHeaders, ReplyOptions }
export { UnhandledRequest } from "../internal/testing/memoryClient.js"

/** The key that identifies a `Handler` at run time. */
export const HandlerTypeId: unique symbol = Symbol.for("effect-herald/testing/Handler")

/** The handler of an operation, or of a method and a path. `R` are the services that it needs. */
export interface Handler<out R> extends Pipeable {
  readonly [HandlerTypeId]: MemoryClient.Route<R>
}

const make = <R>(route: MemoryClient.Route<R>): Handler<R> => ({
  [HandlerTypeId]: route,
  pipe() {
    // `pipe` has overloads for every number of functions.
    return pipeArguments(this, arguments)
  }
})

/** Any operation. */
export interface AnyOperation {
  (...args: never): Effect.Effect<unknown, unknown, unknown>
  readonly endpoint: Endpoint.Any
  readonly tag: Context.Tag<never, Authoriser>
  readonly [internals]: Internals
}

/** The input of an endpoint, or else the first argument of its operation. */
type EndpointInput<O extends AnyOperation> =
  O["endpoint"] extends Endpoint.Endpoint<infer Input, infer _, infer __>
    ? [Input] extends [never]
      ? Parameters<O>[0]
      : Input
    : never

/** The type in which a handler receives a field of a form: a file that was sent is a `Blob`. */
type ReceivedField<A> = A extends FilePart
  ? never
  : A extends ReadonlyArray<infer B>
    ? ReadonlyArray<ReceivedField<B>>
    : A

/** The fields of a form that can be files. */
type FileFields<A> = {
  [K in keyof A]: Extract<A[K], FilePart | ReadonlyArray<Blob | FilePart>> extends never ? never : K
}[keyof A]

/** The type in which a handler receives a part of the input: text for a path parameter without a schema, and a body as a Stream. */
type ReceivedPart<A> = unknown extends A
  ? A
  : [A] extends [Stream.Stream<infer _, infer __, infer ___> | Content]
    ? Stream.Stream<Uint8Array>
    : [Endpoint.PathValue] extends [A]
      ? string | Exclude<A, Endpoint.PathValue>
      : [A] extends [object]
        ? [FileFields<A>] extends [never]
          ? A
          : { readonly [K in keyof A]: K extends FileFields<A> ? ReceivedField<A[K]> : A[K] }
        : A

/** The input that the handler of an operation receives: what its endpoint decodes a request to. */
export type InputOf<O extends AnyOperation> = {
  readonly [K in keyof EndpointInput<O>]: ReceivedPart<EndpointInput<O>[K]>
} & {}

type ReplyValue<A> = A extends Stream.Stream<infer One, infer _, infer __> ? Stream.Stream<One, unknown> : A

/** The value of a success of an operation, which its handler returns. */
export type SuccessOf<O extends AnyOperation> = ReplyValue<
  Exclude<Effect.Effect.Success<ReturnType<O>>, Endpoint.NotModified>
>

/** The errors that the endpoint of an operation declares, with which its handler can fail. */
export type ErrorOf<O extends AnyOperation> = Exclude<Effect.Effect.Error<ReturnType<O>>, CallError | EncodeError>

/** The services that a handler needs. */
export type ContextOf<H> = H extends Handler<infer R> ? R : never

/** The defect of a handler whose reply its endpoint can't encode. */
export class InvalidReply extends Data.TaggedError("InvalidReply")<{
  readonly message: string
  readonly issues: ReadonlyArray<Issue.Issue>
}> {}

/**
 * A success with a status or with headers, for a handler to return. The endpoint encodes the value.
 *
 * @example
 * ```ts
 * import { TestApi } from "effect-herald/testing"
 *
 * const created = TestApi.reply({ id: 1 }, { status: 201, headers: { location: "/stations/1" } })
 * ```
 */
export const reply = <A>(value: A, options: ReplyOptions = {}): Reply<A> => makeReply(value, options)

/**
 * Any response, which no endpoint encodes, for a handler to return.
 *
 * @example
 * ```ts
 * import { TestApi } from "effect-herald/testing"
 *
 * const busy = TestApi.response(503, { headers: { "retry-after": 10 } })
 * const invalid = TestApi.response(422, { json: { detail: "the name is empty" } })
 * ```
 */
export const response = (status: number, options: RawOptions = {}): Reply<never> => raw(status, options)

/** Returns the base URL of an API, if the program has its tag. */
const baseUrlIn = (
  context: Context.Context<never>,
  tag: Context.Tag<never, Authoriser>,
  of: (api: Authoriser) => Authoriser = (api) => api
): string | undefined =>
  Option.getOrUndefined(Option.map(Context.getOption(context, tag), (api) => hrefOf(of(api).baseUrl)))

type EncodedReply = Either.Either<Encoded, ReadonlyArray<Issue.Issue>>

/**
 * Handles the requests of an operation.
 *
 * - `operation`: an operation of `Operation.make` or `fromApi`. Throws a `TypeError` for one of a document: `verbs` handles its requests
 * - `handler`: takes the input that the endpoint decodes the request to, and the request itself. Returns the value of a success, which the
 *   endpoint encodes; `reply`, for a status or headers; or `response`, for any response. It can fail with the errors that the endpoint
 *   declares
 *
 * The handler runs in the fiber of the call: under its `Clock`, and interrupted with it. State is a `Ref` of the test. A later handler of
 * the same operation replaces an earlier one.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Authoriser, Endpoint, Operation } from "effect-herald"
 * import { TestApi } from "effect-herald/testing"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 *
 * class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}
 *
 * const getForecast = Operation.make(Weather, () =>
 *   Endpoint.get("/forecast/{city}", {
 *     success: Schema.Struct({ celsius: Schema.Number }),
 *     errors: { 404: NoSuchCity }
 *   })
 * )
 *
 * const handler = TestApi.handle(getForecast, ({ city }) =>
 *   city === "Oslo" ? Effect.succeed({ celsius: 3 }) : new NoSuchCity({ city })
 * )
 * ```
 */
export const handle = <O extends AnyOperation, R = never>(
  operation: O,
  handler: (
    input: InputOf<O>,
    request: ReceivedRequest
  ) => Effect.Effect<SuccessOf<O> | Reply<SuccessOf<O>>, ErrorOf<O>, R>
): Handler<R> => {
  const { compiled, declared, descriptor } = operation[internals]
  const { authoriserOf, method, name, segments, template } = compiled()
  if (descriptor !== undefined) {
    throw new TypeError(`${name} is an operation of a document, which has no schemas: handle it by \`TestApi.verbs\``)
  }
  const served = declared === undefined ? serveEndpoint(operation.endpoint) : serveDeclared(declared)
  const write = (encoded: EncodedReply, headers: ReplyHeaders) =>
    Either.isRight(encoded)
      ? Effect.succeed({
          status: encoded.right.status,
          body: rawBodyOf(encoded.right.body),
          contentType: encoded.right.body.contentType,
          headers
        })
      : Effect.die(
          new InvalidReply({
            message: `the reply of the handler of ${name} does not match its endpoint: ${encoded.left.map(Issue.format).join("; ")}`,
            issues: encoded.left
          })
        )
  const onSuccess = (result: SuccessOf<O> | Reply<SuccessOf<O>>) => {
    const { content, headers, status } = isReply(result) ? result : makeReply(result, {})
    if (content._tag === "Value") return write(served.writeSuccess(content.value, status), headers)
    return Effect.succeed({ status: status ?? 200, body: content.body, contentType: content.contentType, headers })
  }
  const onFailure = (error: ErrorOf<O>) => {
    const encoded = served.writeError(error)
    return encoded === undefined ? Effect.die(error) : write(encoded, {})
  }
  return make({
    method,
    segments,
    template,
    name,
    baseUrl: (context) => baseUrlIn(context, operation.tag, authoriserOf),
    make: Effect.succeed(({ path, received, request }) =>
      Effect.map(
        served.readInput(path, received),
        Either.map((input) =>
          // The endpoint decodes to this type.
          Effect.map(Effect.matchEffect(handler(input as InputOf<O>, received), { onFailure, onSuccess }), (written) =>
            respond(request, written)
          )
        )
      )
    )
  })
}

/** A request without an endpoint, as the handler of a verb receives it. */
export interface VerbRequest<Name extends string> extends Omit<ReceivedRequest, "stream"> {
  /** The values of the path, by the names in its template. */
  readonly path: { readonly [N in Name]: string }
  /** The query. A repeated name has a list of values. */
  readonly query: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** The body, by its content type: JSON, the fields of a form, a `FormData`, text, or else bytes. Undefined if there is none. */
  readonly body: unknown
}

/** The names in a path, or in the path of a whole URL. */
type NamesOf<Target extends string> = string extends Target ? string : Endpoint.PathNames<Target>

/**
 * Makes a handler of a method and a path template. It returns JSON, undefined for a 204 without a body, or a reply of `reply` or
 * `response`.
 */
export type VerbHandler = <const Target extends string, R = never>(
  target: Target,
  handler: (request: VerbRequest<NamesOf<Target>>) => Effect.Effect<unknown, never, R>
) => Handler<R>

/** Handlers of requests without an endpoint, by method. */
export interface VerbHandlers {
  readonly get: VerbHandler
  readonly post: VerbHandler
  readonly put: VerbHandler
  readonly patch: VerbHandler
  readonly delete: VerbHandler
  readonly head: VerbHandler
  readonly options: VerbHandler
}

const verbHandler =
  (method: HttpMethod, tag: Context.Tag<never, Authoriser> | undefined): VerbHandler =>
  (target, handler) => {
    const { base, path: template } = splitTarget(target)
    const segments = segmentsOf(template)
    return make({
      method,
      segments,
      template: base === undefined ? template : target,
      name: undefined,
      baseUrl: (context) => (tag === undefined ? base : baseUrlIn(context, tag)),
      make: Effect.succeed(({ path, received, request }) =>
        Effect.succeed(
          Either.right(
            Effect.gen(function* () {
              const { stream: _, ...others } = received
              const body = yield* anyBodyOf(received)
              const query = fieldsOf(received.url.searchParams)
              // The path has the names of the template.
              const result = yield* handler({ ...others, path: path as never, query, body })
              const { content, headers, status } = isReply(result) ? result : makeReply(result, {})
              if (content._tag === "Raw") {
                const { body, contentType } = content
                return respond(request, { status: status ?? 200, body, contentType, headers })
              }
              const { value } = content
              return respond(request, {
                status: status ?? (value === undefined ? 204 : 200),
                body: value === undefined ? "" : stringify(value),
                contentType: value === undefined ? undefined : "application/json",
                headers
              })
            })
          )
        )
      )
    })
  }

/**
 * Makes handlers of requests of an API without endpoints, such as those of `Verbs`: by method and path template, below the API's base URL.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Authoriser } from "effect-herald"
 * import { TestApi } from "effect-herald/testing"
 *
 * class GitHub extends Authoriser.Tag("app/GitHub")<GitHub>() {}
 *
 * const { get } = TestApi.verbs(GitHub)
 *
 * const github = TestApi.layer(get("/users/{user}", ({ path }) => Effect.succeed({ login: path.user })))
 * ```
 */
export const verbs = <Id, Service extends Authoriser>(tag: Context.Tag<Id, Service>): VerbHandlers => {
  // A tag is looked up by its key.
  const of = (method: HttpMethod) => verbHandler(method, tag as unknown as Context.Tag<never, Authoriser>)
  return {
    get: of("GET"),
    post: of("POST"),
    put: of("PUT"),
    patch: of("PATCH"),
    delete: of("DELETE"),
    head: of("HEAD"),
    options: of("OPTIONS")
  }
}

/**
 * Handles GET requests to a whole URL, such as one of a server that is no API of the program, or to paths that end with a template,
 * whatever their server.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { TestApi } from "effect-herald/testing"
 *
 * const signingKeys = TestApi.get("https://login.test/keys", () => Effect.succeed({ keys: [] }))
 * const user = TestApi.get("/users/{id}", ({ path }) => Effect.succeed({ id: path.id }))
 * ```
 */
export const get: VerbHandler = /*#__PURE__*/ verbHandler("GET", undefined)

/** Handles POST requests; see `get`. */
export const post: VerbHandler = /*#__PURE__*/ verbHandler("POST", undefined)

/** Handles PUT requests; see `get`. */
export const put: VerbHandler = /*#__PURE__*/ verbHandler("PUT", undefined)

/** Handles PATCH requests; see `get`. */
export const patch: VerbHandler = /*#__PURE__*/ verbHandler("PATCH", undefined)

/** Handles HEAD requests; see `get`. The response has no body. */
export const head: VerbHandler = /*#__PURE__*/ verbHandler("HEAD", undefined)

/** Handles OPTIONS requests; see `get`. */
export const options: VerbHandler = /*#__PURE__*/ verbHandler("OPTIONS", undefined)

const del: VerbHandler = /*#__PURE__*/ verbHandler("DELETE", undefined)
export {
  /** Handles DELETE requests; see `get`. */
  del as delete
}

/**
 * Adds the faults of a script to a handler. Its state is that of the layer. The script counts the requests that the handler takes.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Authoriser, Endpoint, Operation } from "effect-herald"
 * import { Faults, TestApi } from "effect-herald/testing"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 *
 * const getForecast = Operation.make(Weather, () =>
 *   Endpoint.get("/forecast/{city}", { success: Schema.Struct({ celsius: Schema.Number }) })
 * )
 *
 * const handler = TestApi.handle(getForecast, () => Effect.succeed({ celsius: 3 })).pipe(
 *   TestApi.withFaults(Faults.sequence([Faults.reset, Faults.status(503)]))
 * )
 * ```
 */
export const withFaults: {
  (script: Faults.Script): <R>(handler: Handler<R>) => Handler<R>
  <R>(handler: Handler<R>, script: Faults.Script): Handler<R>
} = /*#__PURE__*/ dual(2, <R>(handler: Handler<R>, script: Faults.Script): Handler<R> => {
  const route = handler[HandlerTypeId]
  return make({
    ...route,
    make: Effect.map(
      Effect.all([route.make, script.make]),
      ([accept, next]): MemoryClient.Accept<R> =>
        (matched) =>
          Effect.map(
            accept(matched),
            Either.map((sending) =>
              Effect.contextWithEffect((services: Context.Context<R>) =>
                Effect.flatMap(next, (fault) =>
                  fault.apply(Effect.succeed(matched.request), Effect.provide(sending, services))
                )
              )
            )
          )
    )
  })
})

/**
 * An `HttpClient` in memory, whose requests the handlers take, and the calls that are made (`Calls`). Handlers of several APIs can be in
 * one client: each takes the requests below the base URL of its API.
 *
 * A request that no handler takes is a defect, `UnhandledRequest`, which names the request and the nearest handler: no retry and no error
 * handler of the program hides it, unless that handles defects, too, as `Effect.catchAllCause` does.
 *
 * @example
 * ```ts
 * import { expect, it } from "@effect/vitest"
 * import { Effect, Schema } from "effect"
 * import { Authoriser, Endpoint, Operation } from "effect-herald"
 * import { TestApi } from "effect-herald/testing"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 *
 * const getForecast = Operation.make(Weather, () =>
 *   Endpoint.get("/forecast/{city}", { success: Schema.Struct({ celsius: Schema.Number }) })
 * )
 *
 * it.effect("reads the forecast", () =>
 *   Effect.gen(function* () {
 *     expect(yield* getForecast({ city: "Oslo" })).toEqual({ celsius: 3 })
 *   }).pipe(
 *     Effect.provide(Weather.layer({ baseUrl: "https://weather.test" })),
 *     Effect.provide(TestApi.layer(TestApi.handle(getForecast, () => Effect.succeed({ celsius: 3 }))))
 *   )
 * )
 * ```
 */
export const layer = <const H extends ReadonlyArray<Handler<any>>>(
  ...handlers: H
): Layer.Layer<HttpClient | Calls.Calls, never, ContextOf<H[number]>> => {
  // The services of all handlers are those of each.
  const routes = handlers.map((handler): MemoryClient.Route<ContextOf<H[number]>> => handler[HandlerTypeId])
  return Layer.merge(Layer.effect(HttpClientTag.HttpClient, MemoryClient.make(routes)), Calls.layer)
}
