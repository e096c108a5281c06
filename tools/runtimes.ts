/**
 * Runs the same checks of the package, as it is installed, on each runtime that users have, and prints a table. Needs a build. Fails if a
 * check fails, and if one passes where its runtime is said to have a limit.
 *
 * - `npm run test:runtimes`: on the runtimes that are installed: those of `test/runtimes` (`npm ci --prefix test/runtimes`), and Chromium
 * - `npm run test:runtimes -- Bun "Node 26"`: on these
 * - `npm run test:runtimes -- --require-all`: on all; fails if one is not installed
 * - `npm run test:runtimes -- --docs`: on all, and writes the tables of `docs/guides/runtimes.md`
 */
import { existsSync, writeFileSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { markdown } from "../bench/support/documentation.js"
import { type Check, checks } from "../test/runtimes/checks.js"
import { fileChecks } from "../test/runtimes/fileChecks.js"
import { type Launcher, launchers, output } from "../test/runtimes/launch.js"
import * as Project from "../test/runtimes/project.js"
import type { Report } from "../test/runtimes/report.js"
import { type Runtime, runtimes } from "../test/runtimes/runtimeNames.js"
import * as Server from "../test/runtimes/server.js"
import { withGeneratedPart } from "./generatedPart.js"

/** The checks of a runtime with a transport. */
interface Suite {
  readonly title: string
  readonly checks: ReadonlyArray<Check>
  readonly limitOf: (check: Check, runtime: Runtime) => string | undefined
  readonly launch: (launcher: Launcher) => Launcher["fetch"] | undefined
}

const suites: ReadonlyArray<Suite> = [
  {
    title: "fetch",
    checks,
    limitOf: ({ limits }, runtime) => limits?.[runtime],
    launch: ({ fetch }) => fetch
  },
  {
    title: "the transport of effect-herald/node",
    checks: [...checks, ...fileChecks("")].filter(({ only }) => only === undefined),
    limitOf: ({ transportLimits }, runtime) => transportLimits?.[runtime],
    launch: ({ transport }) => transport
  }
]

/** What became of a check: it passed, it failed, it can't pass there, or it is not about the runtime. */
type Outcome =
  | { readonly _tag: "Passed" }
  | { readonly _tag: "Failed"; readonly failure: string }
  | { readonly _tag: "Limit"; readonly reason: string }
  | { readonly _tag: "NotApplicable" }

const outcomeOf = (suite: Suite, check: Check, runtime: Runtime, reports: ReadonlyArray<Report>): Outcome => {
  if (check.only?.includes(runtime) === false) return { _tag: "NotApplicable" }
  const report = reports.find(({ name }) => name === check.name)
  const reason = suite.limitOf(check, runtime)
  if (report === undefined) return { _tag: "Failed", failure: "it was not run" }
  if (reason === undefined)
    return report.failure === undefined ? { _tag: "Passed" } : { _tag: "Failed", failure: report.failure }
  return report.failure === undefined
    ? { _tag: "Failed", failure: `it passes: remove the limit "${reason}"` }
    : { _tag: "Limit", reason }
}

/** The longest time of a runtime with one transport, which is a few seconds unless the machine is busy. */
const limit = "4 minutes"

/** Runs a suite on a runtime. A runtime that fails as a whole fails each check. */
const runSuite = (suite: Suite, runtime: Runtime, run: Launcher["fetch"], project: string, api: string) =>
  run(project, `${api}/${encodeURIComponent(`${suite.title}-${runtime}`)}`).pipe(
    Effect.timeoutFail({ duration: limit, onTimeout: () => new Error(`no end in ${limit}`) }),
    Effect.scoped,
    Effect.catchAllCause((cause) =>
      Effect.succeed(suite.checks.map(({ name }): Report => ({ name, failure: Cause.pretty(cause), millis: 0 })))
    ),
    Effect.map((reports) => suite.checks.map((check) => outcomeOf(suite, check, runtime, reports)))
  )

type Results = ReadonlyMap<Runtime, ReadonlyArray<Outcome>>

const isInstalled = (runtime: Runtime): boolean =>
  runtime === "Node 20" ? process.version.startsWith("v20.") : existsSync(launchers[runtime].path)

/** Numbers the reasons of the limits, in their order. */
const reasonsOf = (results: Results): ReadonlyArray<string> => [
  ...new Set([...results.values()].flat().flatMap((outcome) => (outcome._tag === "Limit" ? [outcome.reason] : [])))
]

const cellOf = (outcome: Outcome, reasons: ReadonlyArray<string>): string => {
  switch (outcome._tag) {
    case "Passed":
      return "yes"
    case "Failed":
      return "FAILED"
    case "Limit":
      return `no (${reasons.indexOf(outcome.reason) + 1})`
    case "NotApplicable":
      return ""
  }
}

const tableOf = ({ checks }: Suite, results: Results): string => {
  const reasons = reasonsOf(results)
  const rows = checks.map(({ name }, index) => ({
    " ": name,
    ...Object.fromEntries([...results].map(([runtime, outcomes]) => [runtime, cellOf(outcomes[index]!, reasons)]))
  }))
  return [markdown(rows), ...reasons.map((reason, index) => `${index === 0 ? "\n" : ""}${index + 1}. ${reason}`)].join(
    "\n"
  )
}

/** Prints the failures. A runtime that has failed as a whole has one for all checks. */
const printFailures = (suite: Suite, runtime: Runtime, outcomes: ReadonlyArray<Outcome>): void => {
  const namesByFailure = new Map<string, ReadonlyArray<string>>()
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome._tag !== "Failed") continue
    const { failure } = outcome
    namesByFailure.set(failure, [...(namesByFailure.get(failure) ?? []), suite.checks[index]!.name])
    process.exitCode = 1
  }
  for (const [failure, names] of namesByFailure) {
    console.error(`\nFAILED on ${runtime}, with ${suite.title}: ${names.join("; ")}\n${failure}`)
  }
}

const page = "docs/guides/runtimes.md"

const parameters = process.argv.slice(2)
const named = parameters.filter((parameter) => !parameter.startsWith("--"))
const documents = parameters.includes("--docs")
const requiresAll = documents || parameters.includes("--require-all")

/** How to install a runtime. */
const installation = (runtime: Runtime): string =>
  runtime === "Node 20"
    ? "run this with Node 20"
    : runtime === "Chromium"
      ? "install Debian's package `chromium`"
      : "run `npm ci --prefix test/runtimes`"

/** Returns the runtimes that are wanted and installed, and prints their versions. */
const chooseRuntimes = Effect.gen(function* () {
  const unknown = named.filter((name) => !runtimes.some((runtime) => runtime === name))
  if (unknown.length > 0) {
    return yield* Effect.dieMessage(`${unknown.join(", ")}: no such runtime. There are ${runtimes.join(", ")}`)
  }
  const wanted = runtimes.filter((runtime) => named.length === 0 || named.includes(runtime))
  const chosen = wanted.filter(isInstalled)
  for (const runtime of chosen) {
    console.log(`${runtime}: ${(yield* output(launchers[runtime].path, ["--version"])).split("\n", 1)[0]}`)
  }
  for (const runtime of wanted.filter((runtime) => !isInstalled(runtime))) {
    console.log(`${runtime}: not installed, and left out; ${installation(runtime)}`)
    if (requiresAll) process.exitCode = 1
  }
  return chosen
})

/** Runs a suite on those of these runtimes that it has a program for, two at a time. */
const runOnEach = (suite: Suite, chosen: ReadonlyArray<Runtime>, project: string, api: string) => {
  const runs = chosen.flatMap((runtime) => {
    const run = suite.launch(launchers[runtime])
    return run === undefined
      ? []
      : [Effect.map(runSuite(suite, runtime, run, project, api), (all) => [runtime, all] as const)]
  })
  return Effect.map(Effect.all(runs, { concurrency: 2 }), (all): Results => new Map(all))
}

const main = Effect.gen(function* () {
  const chosen = yield* chooseRuntimes
  const project = yield* Project.make
  const { api } = yield* Server.make
  for (const suite of suites) {
    const results = yield* runOnEach(suite, chosen, project, api)
    const table = tableOf(suite, results)
    console.log(`\nwith ${suite.title}\n\n${table}`)
    for (const [runtime, outcomes] of results) printFailures(suite, runtime, outcomes)
    if (documents && process.exitCode === undefined) {
      writeFileSync(page, withGeneratedPart(page, `runtimes: ${suite.title}`, table))
    }
  }
})

// Signals interrupt it, so that it ends its processes and removes its folder.
NodeRuntime.runMain(Effect.scoped(main))
