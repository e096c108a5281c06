/** Shows progress on the terminal of this process, for tests. Its argument names what happens. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Progress } from "effect-herald"
import { Terminal } from "effect-herald/terminal"

const at = (done: number, remaining: Duration.DurationInput): Progress.Progress => ({
  unit: "bytes",
  done,
  total: 4_194_304,
  rate: 1_048_576,
  elapsed: Duration.seconds(2),
  remaining: Duration.decode(remaining)
})

const half = (report: Progress.Report) => report(at(2_097_152, "2 seconds"))

const show = (label: string, then: Effect.Effect<unknown, unknown> = Effect.void) =>
  Terminal.withProgress(label, (report) => Effect.zipRight(half(report), then))

const scenarios: Readonly<Record<string, Effect.Effect<unknown, unknown, Terminal.Terminal>>> = {
  success: Terminal.withProgress("photos.zip", (report) =>
    Effect.zipRight(half(report), report(at(4_194_304, Duration.zero)))
  ),
  failure: show("photos.zip", Effect.ignore(Effect.fail("no"))).pipe(
    Effect.zipRight(Effect.ignore(show("texts.zip", Effect.fail("no"))))
  ),
  defect: show("photos.zip", Effect.die("defect")).pipe(Effect.catchAllCause(() => Effect.void)),
  // Waits for a signal.
  waiting: show("photos.zip", Effect.zipRight(Console.log("ready"), Effect.never)),
  logs: show(
    "photos.zip",
    Effect.gen(function* () {
      yield* Console.log("one")
      yield* Effect.logInfo("two")
      yield* Console.error("three\nfour")
      yield* Console.log("x".repeat(100))
    })
  ),
  several: Effect.forEach(
    ["first", "second", "third"],
    (label, index) => show(label, Effect.sleep(100 * (index + 1))),
    { concurrency: 3 }
  ),
  hostile: show(`\u001b[2J\u001b]0;title\u0007a\r\nb\u202e 日本語🎉 ${"x".repeat(300)}`, Effect.sleep(150))
}

const scenario = scenarios[process.argv[2] ?? ""]
if (scenario === undefined) throw new Error(`name one of ${Object.keys(scenarios).join(", ")}`)
const program = Effect.provide(scenario, Terminal.layer)

// Without a runtime that handles signals, they end the process, and no finalizer runs.
if (process.argv[3] === "unhandled") void Effect.runPromise(program)
else NodeRuntime.runMain(program, { disableErrorReporting: true, disablePrettyLogger: true })
