import type { HttpClient } from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { describe, expectTypeOf, it } from "vitest"
import { Authoriser, Verbs } from "effect-herald"
import * as Log from "effect-herald/log"

class Logs extends Authoriser.Tag("effect-herald/test/Logs")<Logs>() {}
const { post } = Verbs.make(Logs)

describe("Log.layer", () => {
  it("needs what the sending needs", () => {
    const logs = Log.layer({ send: (records) => post("/logs", { json: records }) })
    expectTypeOf(logs).toEqualTypeOf<Layer.Layer<Log.Shipper, never, Logs | HttpClient>>()
    expectTypeOf(Log.ship({ send: () => Effect.void })).toEqualTypeOf<Layer.Layer<Log.Shipper, never, Log.Queue>>()
    expectTypeOf(Log.layer(Log.otlp(Logs, { serviceName: "a" }))).toEqualTypeOf<
      Layer.Layer<Log.Shipper, never, Logs | HttpClient>
    >()
  })

  it("passes the error of the sending to the retries", () => {
    Log.layer({
      send: () => Effect.fail("down" as const),
      retry: Schedule.recurs(3),
      retryWhile: (error) => {
        expectTypeOf(error).toEqualTypeOf<"down">()
        return true
      }
    })
  })

  it("refuses options that do not exist", () => {
    // @ts-expect-error `send` is required
    Log.layer({})
    // @ts-expect-error no such policy
    Log.layer({ send: () => Effect.void, queue: { whenFull: "block" } })
    // @ts-expect-error a function of records that returns no Effect
    Log.layer({ send: () => 1 })
    // @ts-expect-error the name of the service is required
    Log.otlp(Logs, {})
  })
})
