import * as HttpClient from "@effect/platform/HttpClient"
import { RequestError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { HttpMethod } from "@effect/platform/HttpMethod"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Authoriser, Body, type Credentials, Endpoint, Operation, type OriginState, RetryPolicy } from "effect-herald"
import { turn } from "./settle.js"

/** The API of the tests. */
export class Caller extends Authoriser.Tag("effect-herald/test/Caller")<Caller>() {}

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

/**
 * Runs an effect in virtual time, which passes from the end of one sleep to the end of the next. Between them, real time passes for
 * work that is no sleep, such as files. For stubs, which need none, `elapsingAtOnce` is faster.
 */
export const elapsing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  passing(
    effect,
    Effect.flatMap(TestClock.sleeps(), (sleeps) =>
      Chunk.isNonEmpty(sleeps) ? TestClock.setTime(Math.min(...sleeps)) : Effect.void
    )
  )

/**
 * Runs an effect in virtual time, as `elapsing` does, in little real time: for effects that wait for nothing but sleeps, and for
 * promises that need no input and output.
 */
export const elapsingAtOnce = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  passing(effect, endNextSleep)

/** Waits in real time until this holds of the ends of the sleeps in virtual time, in milliseconds. */
export const untilSleeps = (holds: (ends: Chunk.Chunk<number>) => boolean): Effect.Effect<void> =>
  Effect.asVoid(Effect.zipRight(turn, TestClock.sleeps()).pipe(Effect.repeat({ until: holds })))

/** Waits in real time until a fiber sleeps in virtual time. */
export const untilAsleep = untilSleeps(Chunk.isNonEmpty)

const passing = <A, E, R>(effect: Effect.Effect<A, E, R>, step: Effect.Effect<void>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      // Work that is no sleep, such as reading a body, goes on meanwhile.
      yield* turn
      yield* step
    }
    return yield* Fiber.join(fiber)
  })

/** The state of a test clock: its time, and the sleeps by their ends, of which the first is the one that began last. */
interface ClockState {
  readonly instant: number
  readonly sleeps: Chunk.Chunk<readonly [end: number, sleep: Deferred.Deferred<void>]>
}

/** Puts the test clock forward to the end of its next sleep. `TestClock.setTime` waits for six real timers and sorts all sleeps. */
const endNextSleep = TestClock.testClockWith((clock) => {
  // The type of a test clock does not show these.
  const hidden = clock as unknown as {
    readonly clockState: Ref.Ref<ClockState>
    /** Ends the timer of the warning that no test puts the clock forward. */
    readonly warningDone: () => Effect.Effect<void>
  }
  const end = Effect.flatten(
    Ref.modify(hidden.clockState, (state) => {
      const sleeps = [...state.sleeps]
      let next = sleeps.length - 1
      for (let index = next; index >= 0; index -= 1) if (sleeps[index]![0] < sleeps[next]![0]) next = index
      const [ended] = sleeps.splice(next, 1)
      if (ended === undefined) return [Effect.void, state]
      const [instant, sleep] = ended
      return [Deferred.succeed(sleep, undefined), { instant, sleeps: Chunk.unsafeFromArray(sleeps) }]
    })
  )
  return Effect.zipRight(hidden.warningDone(), end)
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
        fc.asyncProperty(arbitrary, async (value) => {
          await Runtime.runPromise(runtime)(Effect.asVoid(check(value)))
          // A long test has to let the event loop turn, by which the worker reads the responses of Vitest.
          await new Promise(setImmediate)
        }),
        parameters
      )
    )
  )
