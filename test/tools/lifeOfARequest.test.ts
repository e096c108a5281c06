import { expect, it, vi } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { Deadline, Endpoint, Operation, ResponseCache, RetryPolicy } from "effect-herald"
import { stages } from "../../tools/pictures/stages.js"
import { at, Caller, stub } from "../support/kit.js"
import { recordedSpans } from "../support/recordedSpans.js"

/** Makes a schema of text that calls these functions. */
const observedText = (decoded: () => void, encoded: () => void) =>
  Schema.transform(Schema.String, Schema.String, {
    decode: (text) => (decoded(), text),
    encode: (text) => (encoded(), text)
  })

it.live("the stages of the picture are those that a call passes, in order", () =>
  Effect.gen(function* () {
    const passed: Array<string> = []
    const pass = (stage: string) => () => void (passed.includes(stage) || passed.push(stage))
    const random = vi.spyOn(globalThis.crypto, "getRandomValues")
    random.mockImplementation((bytes) => (pass("idempotency key")(), bytes))

    const get = Operation.make(Caller, () =>
      Endpoint.get("/thing", {
        query: { q: observedText(() => {}, pass("encode")) },
        idempotencyKey: "idempotency-key",
        success: Schema.Struct({ name: observedText(pass("decode"), () => {}) })
      })
    )

    /** A response whose body calls this function when it is read. */
    const read = (status: number, body = "", headers: Record<string, string> = {}) => {
      const bytes = new TextEncoder().encode(body)
      const stream = new ReadableStream(
        {
          pull: (controller) => {
            pass("receive")()
            controller.enqueue(bytes)
            controller.close()
          }
        },
        { highWaterMark: 0 }
      )
      return new Response(stream, { status, headers })
    }
    const { layer: client, requests } = stub([
      () => (pass("send")(), new Response(null, { status: 307, headers: { location: "/moved?q=a" } })),
      () => (pass("redirect")(), read(401, "who?")),
      () => read(503, "busy"),
      () => read(200, '{"name":"a"}', { "content-type": "application/json" })
    ])

    const cache: Partial<ResponseCache.ResponseCache["Type"]> = {
      through: ({ decode, send }) => {
        pass("cache")()
        return Effect.map(send("own", {}), (response) => ({ response, value: decode(response) }))
      }
    }
    const caller = at(new URL("https://api.test"), {
      credentials: {
        partition: Effect.succeed(Option.some("us")),
        authorize: (request) => (pass("authorize")(), Effect.succeed({ request, generation: 0 })),
        rejected: () => (pass("refresh")(), Effect.succeed(true))
      },
      origin: {
        // The call uses no other part.
        cache: cache as ResponseCache.ResponseCache["Type"],
        limiter: { acquire: () => Effect.sync(pass("admission")) }
      }
    })
    const policy = RetryPolicy.make({
      schedule: Schedule.spaced("10 millis"),
      retries: () => (pass("decide")(), true)
    })
    const { tracer } = recordedSpans()
    const observing = Tracer.make({
      ...tracer,
      span: (...of) => {
        pass("span")()
        const span = tracer.span(...of)
        const end: typeof span.end = (time, exit) => (pass("end")(), span.end(time, exit))
        return Object.assign(Object.create(span) as typeof span, { end })
      }
    })
    const clock = yield* Clock.clockWith(Effect.succeed)
    const sleep: Clock.Clock["sleep"] = (duration) => {
      // The others are those of timers.
      if (Duration.toMillis(duration) === 10) pass("wait")()
      return clock.sleep(duration)
    }
    const waiting = Object.assign(Object.create(clock) as Clock.Clock, { sleep })
    // A pair of seconds and nanoseconds, which is read when the deadline starts.
    const deadline = new Proxy([60, 0] as const, {
      get: (pair, key, receiver) => (pass("deadline")(), Reflect.get(pair, key, receiver) as unknown)
    })

    const value = yield* get({ q: "a" }).pipe(
      Effect.provideService(RetryPolicy.Current, policy),
      Effect.provideService(Deadline.Current, deadline),
      Effect.withTracer(observing),
      Effect.provide(Layer.merge(caller, client)),
      Effect.withClock(waiting),
      Effect.ensuring(Effect.sync(() => random.mockRestore()))
    )
    expect(value).toEqual({ name: "a" })
    expect(requests).toHaveLength(4)
    expect(passed).toEqual(stages.map(({ id }) => id))
  })
)
