import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Authoriser, Body, type Credentials, Endpoint, Operation, type OriginState, RetryPolicy } from "effect-herald"

/** The API of the tests. */
export class Caller extends Authoriser.Tag("effect-herald/test/Caller")<Caller>() {}

/** The real clients for which the kit's promises hold. */
export const clients: ReadonlyArray<readonly [name: string, layer: Layer.Layer<HttpClient.HttpClient>]> = [
  ["undici", NodeHttpClient.layerUndici],
  [
    "node:http",
    NodeHttpClient.layerWithoutAgent.pipe(Layer.provide(NodeHttpClient.makeAgentLayer({ keepAlive: true })))
  ],
  ["fetch", FetchHttpClient.layer]
]

/** Parts of a `Caller` that differ from those that `Authoriser.make` gives it. */
export interface CallerParts {
  readonly credentials?: Partial<Credentials.Credentials> | undefined
  readonly defaults?: Authoriser.Defaults | undefined
  readonly origin?: Partial<OriginState.OriginState> | undefined
}

/** A `Caller` at this base URL, by default without credentials. */
export const at = (baseUrl: URL, { credentials, defaults, origin }: CallerParts = {}): Layer.Layer<Caller> =>
  Layer.effect(
    Caller,
    Effect.map(Authoriser.make({ baseUrl, ...defaults }), (service) => ({
      ...service,
      credentials: { ...service.credentials, ...credentials },
      origin: { ...service.origin, ...origin }
    }))
  ).pipe(Layer.orDie)

/** The part of credentials that puts these headers on each request. */
export const bearing = (headers: Record<string, string>): Pick<Credentials.Credentials, "authorize"> => ({
  authorize: (request) => Effect.succeed({ request: HttpClientRequest.setHeaders(request, headers), generation: 0 })
})

/** No retries, for tests of anything else. */
export const once: Layer.Layer<never> = Layer.succeed(RetryPolicy.Current, RetryPolicy.none)

/** `{"ok": true}`, the response of most endpoints in tests. */
export const Ok = Schema.Struct({ ok: Schema.Boolean })

/** A call of `/thing`, which has no input and returns `{"ok": true}`. */
export const thing = (method: HttpMethod = "GET", behavior: Endpoint.Behavior = {}) =>
  Operation.make(
    Caller,
    // The method is a value here, so that the types can't tell which options an endpoint of it has.
    () =>
      Endpoint.make(method, "/thing", {
        name: "thing",
        // The response to a HEAD has no body.
        success: method === "HEAD" ? Body.empty({ ok: true }) : Ok,
        ...behavior
      }) as Endpoint.Endpoint<{}, typeof Ok.Type, never>
  )()

/** What a stub does with one request: it returns a response, or fails as a transport does. */
export type Step = Response | Error | Effect.Effect<Response, Error>

/**
 * A client without sockets, for tests in virtual time. It takes one step for each request, and the last one for all that
 * follow. It records the requests with the times at which they were sent.
 */
export const stub = (steps: ReadonlyArray<() => Step>) => {
  const requests: Array<{ readonly request: HttpClientRequest.HttpClientRequest; readonly at: number }> = []
  const client = HttpClient.make((request) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const step = steps[Math.min(requests.push({ request, at }), steps.length) - 1]?.()
      const response =
        step instanceof Response ? Effect.succeed(step) : step instanceof Error ? Effect.fail(step) : step
      return (response ?? Effect.dieMessage("the stub has no step for this request")).pipe(
        Effect.mapBoth({
          onSuccess: (response) => HttpClientResponse.fromWeb(request, response),
          onFailure: (cause) => new RequestError({ request, reason: "Transport", cause })
        })
      )
    })
  )
  return { requests, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

/** Runs an effect in virtual time, which passes from the end of one sleep to the end of the next. */
export const elapsing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      // Work that is no sleep, such as reading a body, goes on meanwhile.
      yield* Effect.promise(() => new Promise(setImmediate))
      const sleeps = yield* TestClock.sleeps()
      if (Chunk.isNonEmpty(sleeps)) yield* TestClock.setTime(Math.min(...sleeps))
    }
    return yield* Fiber.join(fiber)
  })

/** A step: a response of this status. */
export const status =
  (code: number, headers: Record<string, string> = {}, body = code === 200 ? `{"ok":true}` : "") =>
  () =>
    new Response(code === 204 ? null : body, { status: code, headers })

/** A step: a transport's failure with this code. */
export const broken =
  (code: string, more: object = {}) =>
  () =>
    Object.assign(new Error(code), { code, ...more })

/** Checks a property for many values. The check has the services of the test. */
export const forAll = <A, E, R>(
  arbitrary: fc.Arbitrary<A>,
  check: (value: A) => Effect.Effect<unknown, E, R>,
  parameters: fc.Parameters<[A]> = {}
): Effect.Effect<void, never, R> =>
  Effect.flatMap(Effect.runtime<R>(), (runtime) =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(arbitrary, (value) => Runtime.runPromise(runtime)(Effect.asVoid(check(value)))),
        parameters
      )
    )
  )
