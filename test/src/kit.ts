import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Authoriser, Endpoint, Operation, RetryPolicy } from "effect-herald"

/** The caller of the tests' own API. */
export class Caller extends Context.Tag("effect-herald/test/Caller")<Caller, Authoriser.Authoriser>() {}

/** The real clients that the kit's promises hold for. */
export const clients: ReadonlyArray<readonly [name: string, layer: Layer.Layer<HttpClient.HttpClient>]> = [
  ["undici", NodeHttpClient.layerUndici],
  ["fetch", FetchHttpClient.layer]
]

/** A caller at this place, by default without credentials. */
export const at = (baseUrl: URL, parts: Partial<Authoriser.Authoriser> = {}): Layer.Layer<Caller> =>
  Layer.effect(
    Caller,
    Effect.map(Authoriser.none(baseUrl), (nobody) => ({ ...nobody, ...parts }))
  )

/** The part of a caller that puts these headers on each request. */
export const bearing = (headers: Record<string, string>): Pick<Authoriser.Authoriser, "authorise"> => ({
  authorise: (request) => Effect.succeed({ request: HttpClientRequest.setHeaders(request, headers), generation: 0 })
})

/** For tests of anything but repeats. */
export const once: Layer.Layer<never> = Layer.succeed(RetryPolicy.Current, RetryPolicy.none)

/** `{"ok": true}`, the answer of most of the tests' endpoints. */
export const Ok = Schema.Struct({ ok: Schema.Boolean })

/** An operation without input that takes `{"ok": true}`. */
export const thing = (
  method: HttpMethod = "GET",
  about: { readonly idempotent?: boolean; readonly unrepeatable?: boolean; readonly sensitive?: boolean } = {}
) =>
  Operation.make(
    Caller,
    () =>
      HttpApiEndpoint.make(method)("thing", "/thing")
        .addSuccess(Ok)
        .annotate(Endpoint.Idempotent, about.idempotent ?? false)
        .annotate(Endpoint.Unrepeatable, about.unrepeatable ?? false)
        .annotate(Endpoint.Sensitive, about.sensitive ?? false),
    () => ({})
  )()

/** What a scripted client does with one request. */
export type Turn = Response | Error | Effect.Effect<Response, Error>

/**
 * A client without sockets, for where time is the test's own: it answers one turn after another, the last one for all that
 * follow, and keeps the requests with their times. An `Error` is a transport's failure.
 */
export const stub = (turns: ReadonlyArray<() => Turn>) => {
  const requests: Array<{ readonly request: HttpClientRequest.HttpClientRequest; readonly at: number }> = []
  const client = HttpClient.make((request) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const turn = turns[Math.min(requests.push({ request, at }), turns.length) - 1]?.()
      const answered =
        turn instanceof Response ? Effect.succeed(turn) : turn instanceof Error ? Effect.fail(turn) : turn
      return (answered ?? Effect.dieMessage("no turn for this request")).pipe(
        Effect.mapBoth({
          onSuccess: (response) => HttpClientResponse.fromWeb(request, response),
          onFailure: (cause) => new RequestError({ request, reason: "Transport", cause })
        })
      )
    })
  )
  return { requests, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

/** Runs an effect while virtual time passes, from one sleep's end to the next. */
export const elapsing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      // Whatever is not a sleep, such as reading a body, goes on meanwhile.
      yield* Effect.promise(() => new Promise(setImmediate))
      const sleeps = yield* TestClock.sleeps()
      if (Chunk.isNonEmpty(sleeps)) yield* TestClock.setTime(Math.min(...sleeps))
    }
    return yield* Fiber.join(fiber)
  })

/** A turn: an answer of this status. */
export const status =
  (code: number, headers: Record<string, string> = {}, body = code === 200 ? `{"ok":true}` : "") =>
  () =>
    new Response(code === 204 ? null : body, { status: code, headers })

/** A turn: a transport's failure with this code. */
export const broken =
  (code: string, more: object = {}) =>
  () =>
    Object.assign(new Error(code), { code, ...more })

/** Runs a check for many values; its services are the test's own. */
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
