/** Shows progress on the terminal of this process. Its argument names what happens. */
import { Console, Duration, Effect, Fiber } from "effect"
import type { Progress } from "effect-herald"
import { Terminal } from "effect-herald/terminal"

const at = (done: number, more: Partial<Progress.Progress> = {}): Progress.Progress => ({
  unit: "bytes",
  done,
  total: 4_194_304,
  rate: 1_048_576,
  elapsed: Duration.seconds(2),
  remaining: Duration.seconds(2),
  ...more
})

const half = (report: Progress.Report) => report(at(2_097_152))

const scenarios = {
  success: Terminal.withProgress("photos.zip", (report) =>
    Effect.andThen(half(report), report(at(4_194_304, { remaining: Duration.zero })))
  ),
  failure: Terminal.withProgress("photos.zip", (report) => Effect.andThen(half(report), Effect.fail("no"))),
  interruption: Terminal.withProgress("photos.zip", (report) => Effect.andThen(half(report), Effect.interrupt)),
  // Waits for a signal.
  waiting: Terminal.withProgress("photos.zip", (report) => Effect.andThen(half(report), Effect.never)),
  logs: Terminal.withProgress("photos.zip", (report) =>
    Effect.gen(function* () {
      yield* half(report)
      yield* Console.log("one")
      yield* Effect.logInfo("two")
      yield* Console.error("three\nfour")
      yield* report(at(3_145_728))
    })
  ),
  several: Effect.gen(function* () {
    const fibers = yield* Effect.forEach(["first", "second", "third"], (label, index) =>
      Effect.fork(
        Terminal.withProgress(label, (report) => Effect.andThen(half(report), Effect.sleep(100 * (index + 1))))
      )
    )
    yield* Fiber.joinAll(fibers)
  }),
  hostile: Terminal.withProgress("\u001b[2Ja\r\nb\u202e 日本語🎉 " + "x".repeat(300), half)
}

await Effect.runPromiseExit(
  (scenarios[process.argv[2] as keyof typeof scenarios] as Effect.Effect<unknown, unknown, Terminal.Terminal>).pipe(
    Effect.provide(Terminal.layer)
  )
)
