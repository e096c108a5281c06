import type { HttpClient } from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Authoriser } from "./Authoriser.js"
import type * as Endpoint from "./Endpoint.js"
import type { CallError, EncodeError } from "./HeraldError.js"
import { timingOf } from "./internal/call/CallState.js"
import { type Completed, executeIn } from "./internal/call/execute.js"
import { compile } from "./internal/endpoint/compile.js"
import type { CompiledEndpoint, Parts } from "./internal/endpoint/CompiledEndpoint.js"
import { parametersOf } from "./internal/endpoint/pathTemplate.js"
import { attachCall, type Internals, internals } from "./internal/operation.js"
import type { CacheInfo, RawResponse } from "./RawResponse.js"
import type * as Shape from "./internal/descriptor/Shape.js"

/** A response with its decoded value. */
export interface Response<out A> extends Pick<RawResponse, "status" | "headers"> {
  /** The URL that the response comes from, after redirects and without credentials. */
  readonly url: string
  /** The values of the `Set-Cookie` headers, in order. Empty for a response from the cache, which stores none. */
  readonly setCookies: ReadonlyArray<string>
  /** The age of a response from the cache; undefined if the server sent it for this call. */
  readonly cached: CacheInfo | undefined
  readonly value: A
  /**
   * The differences of the value from its description, for operations of a document. Empty for other operations, whose values match their
   * schemas.
   */
  readonly issues: ReadonlyArray<Shape.Mismatch>
}

/**
 * A function that returns an Effect, which makes one call when it runs. The Effect requires an `HttpClient` and the API's
 * `Authoriser`.
 */
export interface Operation<
  in Args extends ReadonlyArray<unknown>,
  out A,
  out E,
  out R,
  out Described extends Endpoint.Any = Endpoint.Any
> {
  (...args: Args): Effect.Effect<A, E, R>
  /** Makes the same call, and returns the status, headers and URL of the response with the value. */
  readonly withResponse: (...args: Args) => Effect.Effect<Response<A>, E, R>
  /** The endpoint. It is made when it is first read, or when the operation first runs. */
  readonly endpoint: Described
  /** The tag of the API. */
  readonly tag: Context.Tag<never, Authoriser>
  readonly [internals]: Internals
}

/** The arguments of an operation: its input, if it has any. */
export type Args<Input> = [keyof Input] extends [never] ? [] : {} extends Input ? [input?: Input] : [input: Input]

/** The error of an operation that has input: `EncodeError`, for input that does not match the endpoint. */
export type InputError<Args extends ReadonlyArray<unknown>> = Args extends readonly [] ? never : EncodeError

/** Returns the response of a completed call. */
export const toResponse = <A>({ call, issues, response, state, url, value }: Completed): Response<A> =>
  attachCall(
    {
      status: response.status,
      headers: response.headers,
      setCookies: response.setCookies ?? [],
      url,
      cached: response.cached,
      // The endpoint's reader decodes to this type.
      value: value as A,
      issues: issues ?? []
    },
    { call, timing: timingOf(call, state), attempts: state.log.attempts() }
  )

/** Returns the decoded value of a completed call. */
const valueOf = ({ value }: Completed): unknown => value

/** Makes an operation from its internals. */
export const fromInternals = <Args extends ReadonlyArray<unknown>, A, E, R>(
  description: Internals,
  endpoint: () => Endpoint.Any
): Operation<Args, A, E, R> => {
  const { compiled, inputOf, partsOf, tag } = description
  const run = <A>(args: ReadonlyArray<unknown>, toResult: (completed: Completed) => A) =>
    Effect.withFiberRuntime<A, unknown, unknown>((fiber) =>
      executeIn(
        fiber,
        compiled(),
        Context.unsafeGet(fiber.currentContext, tag),
        () => {
          const input = inputOf(args)
          return { input, parts: partsOf(input) }
        },
        toResult
      )
    )
  const operation = Object.assign((...args: Args) => run(args, valueOf), {
    withResponse: (...args: Args) => run(args, toResponse),
    tag,
    [internals]: description
  })
  Object.defineProperty(operation, "endpoint", { get: endpoint, enumerable: true })
  // The endpoint's encoders accept `Args`, and its readers decode to `A` and `E`.
  return operation as never
}

/** Makes the function that splits a flat input: path parameters by name, `headers`, `body`; the rest is the query. */
const splitInput = ({ body, encodeHeaders, encodeQuery, segments }: CompiledEndpoint): ((input: unknown) => Parts) => {
  const others = new Set(parametersOf(segments).map(({ name }) => name))
  if (body !== undefined) others.add("body")
  if (encodeHeaders !== undefined) others.add("headers")
  const queryOf = (input: object): object =>
    Object.fromEntries(Object.entries(input).filter(([name]) => !others.has(name)))
  return (input) => {
    if (typeof input !== "object" || input === null) return { path: input, query: input }
    const given = input as Readonly<Record<string, unknown>>
    return {
      path: given,
      query: encodeQuery && queryOf(given),
      headers: encodeHeaders && (given["headers"] ?? {}),
      body: body && given["body"]
    }
  }
}

const makeOperation = (
  tag: Context.Tag<unknown, Authoriser>,
  endpoint: () => Endpoint.Any,
  inputOf: (args: ReadonlyArray<unknown>) => unknown
): never => {
  const makeOnce = () => {
    const made = endpoint()
    const compiled = compile(made)
    return { endpoint: made, compiled, split: splitInput(compiled) }
  }
  let memoized: ReturnType<typeof makeOnce> | undefined
  const once = () => (memoized ??= makeOnce())
  const description: Internals = {
    tag,
    compiled: () => once().compiled,
    inputOf,
    partsOf: (input) => once().split(input),
    // `Args` and `CheckParams` admit inputs of these types only.
    withParams: (input, params) =>
      // The encoders refuse any other input.
      input === undefined || typeof input === "object" ? { ...input, ...params } : input,
    withHeaders: (input, headers) => {
      const given = (input ?? {}) as { readonly headers?: object }
      return { ...given, headers: { ...given.headers, ...headers } }
    },
    withBody: (input, fields) => {
      const given = (input ?? {}) as { readonly body?: object }
      return { ...given, body: { ...given.body, ...fields } }
    }
  }
  // The overloads of `make` declare the type.
  return fromInternals(description, () => once().endpoint) as never
}

/**
 * Makes an operation from an endpoint.
 *
 * - `tag`: the tag of the API, made by `Authoriser.Tag`
 * - `endpoint`: a function that makes the endpoint, called once, when the operation is first used
 * - `input`: converts other arguments to the endpoint's input. Default: the input is the only argument
 *
 * The input is one object: the path and query parameters by name, and `headers` and `body` if the endpoint has them. The
 * operation of an endpoint without input has no arguments. Its Effect fails with the declared errors, with a `CallError`, and
 * with an `EncodeError` if the input does not match the endpoint. Annotate the call of `make` as pure (`#__PURE__`), so that
 * bundlers drop the operations that a program does not use.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Authoriser, Endpoint, Operation } from "effect-herald"
 *
 * class Weather extends Authoriser.Tag("app/Weather")<Weather>() {}
 *
 * class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}
 *
 * const getForecast = Operation.make(Weather, () =>
 *   Endpoint.get("/forecast/{city}", {
 *     query: { days: Schema.optional(Schema.Number) },
 *     success: Schema.Struct({ celsius: Schema.Number }),
 *     errors: { 404: NoSuchCity }
 *   })
 * )
 *
 * // Effect<{ celsius: number }, NoSuchCity | TransportError | RateLimited | ..., HttpClient | Weather>
 * const oslo = getForecast({ city: "Oslo", days: 3 })
 *
 * // The same, with status, headers, and the age of a cached response.
 * const response = getForecast.withResponse({ city: "Oslo" })
 * ```
 */
export const make: {
  <Id, Service extends Authoriser, Input, A, E>(
    tag: Context.Tag<Id, Service>,
    endpoint: () => Endpoint.Endpoint<Input, A, E>
  ): Operation<Args<Input>, A, E | CallError | InputError<Args<Input>>, HttpClient | Id, Endpoint.Endpoint<Input, A, E>>
  <Id, Service extends Authoriser, Input, A, E, const Arguments extends ReadonlyArray<unknown>>(
    tag: Context.Tag<Id, Service>,
    endpoint: () => Endpoint.Endpoint<Input, A, E>,
    input: (...args: Arguments) => NoInfer<Input>
  ): Operation<Arguments, A, E | CallError | InputError<Args<Input>>, HttpClient | Id, Endpoint.Endpoint<Input, A, E>>
} = (
  tag: Context.Tag<any, any>,
  endpoint: () => Endpoint.Any,
  input?: (...args: ReadonlyArray<any>) => unknown
): never => makeOperation(tag, endpoint, input === undefined ? ([only]) => only : (args) => input(...args))
