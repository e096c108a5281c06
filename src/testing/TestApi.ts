import type { HttpClient } from "@effect/platform/HttpClient"
import * as HttpClientTag from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { Authoriser } from "../Authoriser.js"
import type * as Endpoint from "../Endpoint.js"
import type { CallError, EncodeError } from "../HeraldError.js"
import * as Issue from "../Issue.js"
import { hrefOf } from "../internal/http/baseUrl.js"
import { type Internals, internals } from "../internal/operation.js"
import * as MemoryClient from "../internal/testing/memoryClient.js"
import type { ReceivedRequest } from "../internal/testing/receivedRequest.js"
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
import { rawBodyOf, respond } from "../internal/testing/respond.js"
import { type Encoded, serveEndpoint } from "../internal/testing/serve.js"
import * as Calls from "./Calls.js"

export type { RawBody, RawOptions, ReceivedRequest, Reply, ReplyHeaders, ReplyOptions }
export { UnhandledRequest } from "../internal/testing/memoryClient.js"

/** The key that identifies a `Handler` at run time. */
export const HandlerTypeId: unique symbol = Symbol.for("effect-herald/testing/Handler")

/** The handler of an operation, or of a method and a path. `R` are the services that it needs. */
export interface Handler<out R> {
  readonly [HandlerTypeId]: MemoryClient.Route<R>
}

const make = <R>(route: MemoryClient.Route<R>): Handler<R> => ({ [HandlerTypeId]: route })

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

/** The type in which a handler receives a part of the input: text for a path parameter without a schema. */
type ReceivedPart<A> = unknown extends A
  ? A
  : [A] extends [Stream.Stream<infer _, infer __, infer ___>]
    ? Stream.Stream<Uint8Array>
    : [Endpoint.PathValue] extends [A]
      ? string | Exclude<A, Endpoint.PathValue>
      : A

/** The input that the handler of an operation receives: what its endpoint decodes a request to. */
export type InputOf<O extends AnyOperation> = {
  readonly [K in keyof EndpointInput<O>]: ReceivedPart<EndpointInput<O>[K]>
} & {}

type ReplyValue<A> = A extends Stream.Stream<infer _, infer __, infer ___> ? Stream.Stream<Uint8Array, unknown> : A

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
 * - `operation`: an operation, such as one of `Operation.make`
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
  const { authoriserOf, method, name, segments, template } = operation[internals].compiled()
  const served = serveEndpoint(operation.endpoint)
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

/**
 * An `HttpClient` in memory, whose requests the handlers take, and the calls that are made (`Calls`). Handlers of several APIs can be in
 * one client: each takes the requests below the base URL of its API.
 *
 * A request that no handler takes is a defect, `UnhandledRequest`, which names the request and the nearest handler: no retry and no error
 * handler of the program hides it.
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
