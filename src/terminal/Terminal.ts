import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import process from "node:process"
import type { Report } from "../Progress.js"
import { aboveBars } from "./aboveBars.js"
import type { Output } from "./frames.js"
import type { Outcome } from "./line.js"
import { makeScreen, type Screen } from "./screen.js"
import { harmless } from "./text.js"

/** Shows the progress of work, such as in the terminal of the process. Layers of this module make it. */
export class Terminal extends Context.Tag("effect-herald/terminal/Terminal")<
  Terminal,
  {
    /** Shows the progress of one piece of work until the scope closes. */
    readonly add: (label: string) => Effect.Effect<Report, never, Scope.Scope>
  }
>() {}

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): Outcome =>
  Exit.isSuccess(exit) ? "done" : Cause.isInterruptedOnly(exit.cause) ? "interrupted" : "failed"

/** Work whose progress is shown on a screen, until the scope closes. */
const addTo =
  (screen: Screen) =>
  (label: string): Effect.Effect<Report, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.sync(() => screen.add(harmless(label))),
      ({ end }, exit) => Effect.sync(() => end(outcomeOf(exit)))
    ).pipe(
      Effect.map(
        ({ report }): Report =>
          (progress) =>
            Effect.sync(() => report(progress))
      )
    )

/** Ignores errors of an output until the scope closes: a terminal that was closed is no reason to end the work. */
const ignoreErrors = (output: NodeJS.WriteStream) => {
  const ignore = () => {}
  return Effect.acquireRelease(
    Effect.sync(() => output.on("error", ignore)),
    () => Effect.sync(() => output.off("error", ignore))
  )
}

/** Whether bars may be shown on this output. */
const isShown = (output: Output, { CI, TERM }: Readonly<Record<string, string | undefined>>) =>
  output.isTTY === true && TERM !== "dumb" && (CI === undefined || CI === "" || CI === "false")

/** Shows nothing. */
const nothing: Context.Tag.Service<Terminal> = { add: () => Effect.succeed(() => Effect.void) }

/**
 * Shows nothing: for a flag such as `--quiet`, and for tests.
 *
 * @example
 * ```ts
 * import { Terminal } from "effect-herald/terminal"
 *
 * export const progress = (quiet: boolean) => (quiet ? Terminal.silent : Terminal.layer)
 * ```
 */
export const silent: Layer.Layer<Terminal> = /*#__PURE__*/ Layer.succeed(Terminal, nothing)

/**
 * Shows progress on the standard error, if that is a terminal. Shows nothing if it is not, if `TERM` is `dumb`, or if `CI` is set to
 * anything but `false`.
 *
 * What is written meanwhile with Effect's `Console`, as Effect's loggers do, appears above the bars. What is written without it, such as
 * by `console.log`, can damage them until they are drawn again.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Progress } from "effect-herald"
 * import { Terminal } from "effect-herald/terminal"
 *
 * declare const work: (onProgress: Progress.Report) => Effect.Effect<void>
 *
 * export const program = Terminal.withProgress("photos.zip", work).pipe(Effect.provide(Terminal.layer))
 * ```
 */
export const layer: Layer.Layer<Terminal> = /*#__PURE__*/ Layer.scoped(
  Terminal,
  /*#__PURE__*/ Effect.suspend(() => {
    const output = process.stderr
    if (!isShown(output, process.env)) return Effect.succeed(nothing)
    const screen = makeScreen(output)
    return Effect.consoleWith((console) => Effect.withConsoleScoped(aboveBars(console, screen))).pipe(
      Effect.zipRight(ignoreErrors(output)),
      Effect.as({ add: addTo(screen) })
    )
  })
)

/**
 * Shows the progress of work until the scope closes: a bar, the amount, the rate and the time left. It then leaves a line that says how
 * the work ended. The result reports the progress, and is passed to the work.
 *
 * - `label`: names the work. White space becomes one space, and what could change the terminal is replaced
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Progress } from "effect-herald"
 * import { Terminal } from "effect-herald/terminal"
 *
 * export const program = Effect.gen(function* () {
 *   const onProgress = yield* Terminal.progress("stations")
 *   return yield* Stream.range(1, 1000).pipe(Progress.ofStream(onProgress, { total: 1000 }), Stream.runDrain)
 * }).pipe(Effect.scoped, Effect.provide(Terminal.layer))
 * ```
 */
export const progress = (label: string): Effect.Effect<Report, never, Terminal | Scope.Scope> =>
  Effect.flatMap(Terminal, ({ add }) => add(label))

/**
 * Runs work and shows its progress, as `progress` does.
 *
 * - `label`: names the work
 * - `work`: makes the work from the function that reports its progress
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Progress } from "effect-herald"
 * import { Terminal } from "effect-herald/terminal"
 *
 * declare const download: (onProgress: Progress.Report) => Effect.Effect<void>
 *
 * export const program = Terminal.withProgress("photos.zip", download).pipe(Effect.provide(Terminal.layer))
 * ```
 */
export const withProgress = <A, E, R>(
  label: string,
  work: (report: Report) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R | Terminal> =>
  Effect.scopedWith((scope) => Effect.flatMap(Scope.extend(progress(label), scope), work))
