import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { RetryPolicy } from "effect-herald"
import * as HttpCache from "effect-herald/cache"
import * as Site from "effect-herald/site"
import * as Scripted from "../../servers/scripted.js"
import { client } from "../../support/client.js"
import { inProcess, type Reply, settle } from "../../support/inProcess.js"
import { environment, html, jsonText } from "./support/inProcess.js"

const ok = jsonText('{"status":"ok"}')

/** Waits under the test's clock. Returns the result, and the times of the checks in seconds. */
const wait = (replies: ReadonlyArray<Reply>, schedule?: Schedule.Schedule<unknown>) => {
  const times: Array<number> = []
  const http = inProcess((_, index) =>
    Effect.map(TestClock.currentTimeMillis, (millis) => {
      times.push(millis / 1000)
      return replies[Math.min(index, replies.length - 1)]!
    })
  )
  return Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.either(Site.waitUntilHealthy(schedule)))
    yield* settle
    for (let second = 0; second < 120; second++) {
      yield* TestClock.adjust("1 second")
      yield* settle
    }
    return { result: yield* Fiber.join(fiber), times }
  }).pipe(Effect.provide(environment(http)))
}

const down = { status: 503 }

describe("the check of the site's health", () => {
  it.effect("succeeds, and does not send the token", () => {
    const http = inProcess(() => ok)
    return Effect.gen(function* () {
      expect(yield* Site.checkHealth()).toEqual({ status: "ok" })
      expect(http.sent[0]).toMatchObject({ method: "GET", target: "/api/healthcheck" })
      expect(http.sent[0]?.headers["authorization"]).toBeUndefined()
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("fails for another status of the site", () => {
    const http = inProcess(() => jsonText('{"status":"bad"}'))
    return Effect.map(Effect.flip(Site.checkHealth()).pipe(Effect.provide(environment(http))), (error) =>
      expect(error).toMatchObject({ _tag: "DecodeError", reason: "Shape" })
    )
  })
})

describe("the wait for a healthy site", () => {
  it.effect("ends with the first check that succeeds", () =>
    Effect.map(wait([ok]), ({ result, times }) => {
      expect(result).toEqual(Either.right(undefined))
      expect(times).toEqual([0])
    })
  )

  it.effect.each([
    ["503", down],
    ["500 with HTML", html(500)],
    ["501", { status: 501 }],
    ["408", { status: 408 }],
    ["429", { status: 429 }],
    ["200 with HTML, of a proxy", html(200)]
  ] as ReadonlyArray<readonly [string, Reply]>)("goes on after a %s", ([_, reply]) =>
    Effect.map(wait([reply, reply, ok]), ({ result, times }) => {
      expect(result).toEqual(Either.right(undefined))
      expect(times).toEqual([0, 5, 10])
    })
  )

  it.effect("has three checks, five seconds apart, and fails as the last one did", () =>
    Effect.map(wait([down, html(200), html(500), ok]), ({ result, times }) => {
      expect(times).toEqual([0, 5, 10])
      expect(Either.flip(result)).toMatchObject({ right: { _tag: "ServerError", status: 500 } })
    })
  )

  it.effect.each([
    ["401", jsonText('{"detail":"Invalid token."}', 401), "Unauthorized"],
    ["403", jsonText('{"detail":"No."}', 403), "Forbidden"],
    ["404 with HTML, of a wrong base URL", html(404), "ClientError"],
    ["404 with JSON", jsonText('{"detail":"Not found."}', 404), "ClientError"],
    ["400", { status: 400 }, "BadRequest"],
    ["200 of another shape", jsonText("{}"), "DecodeError"]
  ] as ReadonlyArray<readonly [string, Reply, string]>)("ends at once after a %s", ([_, reply, tag]) =>
    Effect.map(wait([reply, ok]), ({ result, times }) => {
      expect(times).toEqual([0])
      expect(Either.flip(result)).toMatchObject({ right: { _tag: tag } })
    })
  )

  it.effect("takes another schedule", () =>
    Effect.map(wait([down, down, down, down, ok], Schedule.fixed("2 seconds")), ({ result, times }) => {
      expect(result).toEqual(Either.right(undefined))
      expect(times).toEqual([0, 2, 4, 6, 8])
    })
  )

  it.effect("dies with an explanation if a caller in JavaScript passes another value as the schedule", () => {
    const http = inProcess(() => down)
    return Effect.gen(function* () {
      // A caller in JavaScript has no types.
      const defect = yield* Site.waitUntilHealthy("1 second" as never).pipe(
        Effect.catchAllDefect(Effect.fail),
        Effect.flip
      )
      expect(String(defect)).toContain("waitUntilHealthy takes a Schedule")
      expect(http.sent).toHaveLength(0)
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("passes the failures to the schedule, which can end it", () => {
    const http = inProcess(() => down)
    return Effect.map(
      Effect.either(
        Site.waitUntilHealthy(
          Schedule.recurWhile((error: { readonly _tag: string }) => error._tag === "TransportError")
        )
      ).pipe(Effect.provide(environment(http))),
      (result) => {
        expect(Either.isLeft(result)).toBe(true)
        expect(http.sent).toHaveLength(1)
      }
    )
  })

  it.effect("ends with a deadline of the caller", () => {
    const http = inProcess(() => down)
    return Effect.gen(function* () {
      const fiber = yield* Site.waitUntilHealthy(Schedule.spaced("1 second")).pipe(
        Effect.timeoutOption("10500 millis"),
        Effect.fork
      )
      for (let second = 0; second < 20; second++) {
        yield* settle
        yield* TestClock.adjust("1 second")
      }
      expect((yield* Fiber.join(fiber))._tag).toBe("None")
      expect(http.sent).toHaveLength(11)
    }).pipe(Effect.provide(environment(http)))
  })

  it.effect("makes one attempt a check, whatever the policy of the program", () => {
    const http = inProcess(() => down)
    return Effect.gen(function* () {
      yield* Effect.either(Site.waitUntilHealthy(Schedule.stop))
      expect(http.sent).toHaveLength(1)
    }).pipe(Effect.provide(environment(http)), Effect.provideService(RetryPolicy.Current, RetryPolicy.standard))
  })

  it.effect("asks the site, and no cache", () => {
    const http = inProcess((_, index) =>
      index === 0 ? { ...ok, headers: { ...ok.headers, "cache-control": "max-age=60" } } : down
    )
    return Effect.gen(function* () {
      yield* Site.checkHealth()
      yield* Site.checkHealth()
      expect(http.sent).toHaveLength(1)
      expect(Either.isLeft(yield* Effect.either(Site.waitUntilHealthy(Schedule.stop)))).toBe(true)
    }).pipe(
      Effect.provide(environment(http).pipe(Layer.provideMerge(Layer.provide(HttpCache.layerMemory(), http.layer))))
    )
  })

  it.scopedLive("goes on while nothing listens, and while connections break", () =>
    Effect.gen(function* () {
      const broken = yield* Scripted.make([
        Scripted.hangUp,
        Scripted.reset,
        Scripted.cutShort({ body: '{"status":', headers: { "content-type": "application/json" } }),
        Scripted.json({ status: "ok" })
      ])
      const soon = Schedule.intersect(Schedule.spaced(Duration.millis(1)), Schedule.recurs(5))
      yield* Site.waitUntilHealthy(soon).pipe(Effect.provide(Site.anonymous({ baseUrl: broken.url })))
      expect(broken.requests).toHaveLength(4)
      const closed = yield* Scripted.closedPort
      const error = yield* Effect.flip(
        Site.waitUntilHealthy(soon).pipe(Effect.provide(Site.anonymous({ baseUrl: closed })))
      )
      expect(error).toMatchObject({ _tag: "TransportError" })
    }).pipe(Effect.provide(client))
  )
})
