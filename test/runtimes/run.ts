import type { HttpClient } from "@effect/platform/HttpClient"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import type { Check } from "./checks.js"
import type { Report } from "./report.js"

/** Runs each check, one after the other, and reports what it found. */
export const run = (
  checks: ReadonlyArray<Check>,
  baseUrl: string,
  client: Layer.Layer<HttpClient>
): Promise<ReadonlyArray<Report>> =>
  Effect.forEach(checks, ({ name, run }, index) =>
    Effect.gen(function* () {
      const start = yield* Clock.currentTimeMillis
      const exit = yield* Effect.exit(
        // The state of the server is for one check alone.
        run(`${baseUrl}-${index}`).pipe(
          Effect.timeoutFail({ duration: "30 seconds", onTimeout: () => "no end in 30 seconds" })
        )
      )
      const failure = Exit.isSuccess(exit) ? undefined : Cause.pretty(exit.cause).slice(0, 1000)
      return { name, failure, millis: (yield* Clock.currentTimeMillis) - start }
    })
  ).pipe(Effect.provide(client), Effect.runPromise)
