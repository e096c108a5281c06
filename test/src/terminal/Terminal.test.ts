import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Progress } from "effect-herald"
import { Terminal } from "effect-herald/terminal"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { bundleScript } from "../../support/child.js"
import { makeVirtualTerminal } from "../../support/virtualTerminal.js"

let scope: Scope.CloseableScope
let file: string

beforeAll(async () => {
  scope = await Effect.runPromise(Scope.make())
  file = await Effect.runPromise(
    Scope.extend(bundleScript(new URL("../../support/terminalProcess.ts", import.meta.url)), scope)
  )
}, 120_000)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const { CI: _, ...environment } = process.env

interface Run {
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly columns?: number | undefined
  /** Written to the terminal once the process has written `ready`, and the bar below it. */
  readonly keys?: string | undefined
}

const isReady = /ready[^]+left/

/** Runs a scenario on a pseudo terminal, and returns all that it wrote. */
const onTerminal = async (scenario: string, { columns = 80, env = {}, keys }: Run = {}) => {
  const command = `stty cols ${columns} rows 24; exec '${process.execPath}' '${file}' ${scenario}`
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    env: { ...environment, TERM: "xterm", ...env },
    stdio: ["pipe", "pipe", "inherit"]
  })
  let output = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const wasReady = isReady.test(output)
    output += text
    if (keys !== undefined && !wasReady && isReady.test(output)) child.stdin.write(keys)
  })
  const [code] = (await once(child, "close")) as [number]
  return { code, output }
}

/** The text that a terminal shows in the end. */
const shown = (output: string, columns = 80) => {
  const terminal = makeVirtualTerminal(columns)
  terminal.write(output)
  return terminal.text()
}

const withoutTerminal = (scenario: string) => {
  const { stderr, stdout } = spawnSync(process.execPath, [file, scenario], { encoding: "utf8", env: environment })
  return { stderr, stdout }
}

const hasScript = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "")

describe.runIf(hasScript)("progress on a terminal", () => {
  const bar = "photos.zip  [##########----------]   50%  2.0/4.0 MiB  1.0 MiB/s  0:02 left"

  it("leaves a line that tells how the work ended", async () => {
    expect(shown((await onTerminal("success")).output)).toBe("photos.zip  4.0 MiB in 0:02")
    expect(shown((await onTerminal("failure")).output)).toBe(
      "photos.zip  2.0 MiB in 0:02\ntexts.zip  2.0/4.0 MiB in 0:02, failed"
    )
    expect(shown((await onTerminal("defect")).output)).toBe("photos.zip  2.0/4.0 MiB in 0:02, failed")
  })

  it("is below what the console and the loggers of Effect write", async () => {
    const { output } = await onTerminal("logs")
    expect(output.split(bar)).toHaveLength(5)
    expect(shown(output).replace(/timestamp=\S+/, "timestamp")).toBe(
      [
        "one",
        "timestamp level=INFO fiber=#0 message=two",
        "three",
        "four",
        "x".repeat(80),
        "x".repeat(20),
        "photos.zip  2.0 MiB in 0:02"
      ].join("\n")
    )
  })

  it("has a line for each of several works, and leaves one for each", async () => {
    const { output } = await onTerminal("several")
    expect(output).toContain("third   [##########----------]   50%")
    expect(shown(output)).toBe("first  2.0 MiB in 0:02\nsecond  2.0 MiB in 0:02\nthird  2.0 MiB in 0:02")
  })

  it("shows a hostile label without its control characters, in one line", async () => {
    const { output } = await onTerminal("hostile", { columns: 60 })
    expect(output).not.toContain("\u001b[2J")
    expect(output).not.toContain("\u0007")
    expect(shown(output, 60)).toBe("�[2J�]0;title�a b� 日…  2.0 MiB in 0:02")
  })

  it("is not drawn after the work was interrupted by a signal, and the modes of the terminal are as before", async () => {
    const { output } = await onTerminal("waiting", { keys: "\u0003" })
    expect(shown(output).replace("^C", "")).toBe("ready\nphotos.zip  2.0/4.0 MiB in 0:02, interrupted")
    expect(output).not.toContain("\u001b[?")
  })

  it("leaves the modes of the terminal as before when a signal ends the process without finalizers", async () => {
    const { code, output } = await onTerminal("waiting unhandled", { keys: "\u0003" })
    expect(code).toBe(130)
    expect(shown(output).replace("^C", "")).toBe(`ready\n${bar}`)
    expect(output).not.toContain("\u001b[?")
  })

  it("is silent if TERM is dumb, or in CI", async () => {
    for (const env of [{ TERM: "dumb" }, { CI: "true" }, { CI: "1" }]) {
      expect((await onTerminal("several", { env })).output).toBe("")
    }
    expect((await onTerminal("success", { env: { CI: "false" } })).output).not.toBe("")
  })
})

describe("progress without a terminal", () => {
  it("is silent, and the console writes as it did", () => {
    expect(withoutTerminal("success")).toEqual({ stderr: "", stdout: "" })
    const { stderr, stdout } = withoutTerminal("logs")
    expect(stderr).toBe("three\nfour\n")
    expect(stdout.replace(/timestamp=\S+/, "timestamp")).toBe(
      `one\ntimestamp level=INFO fiber=#0 message=two\n${"x".repeat(100)}\n`
    )
  })
})

describe("Terminal.silent", () => {
  const progress: Progress.Progress = {
    unit: "items",
    done: 1,
    total: undefined,
    rate: 0,
    elapsed: Duration.zero,
    remaining: undefined
  }

  it.effect("shows nothing, and runs the work as it is", () =>
    Effect.gen(function* () {
      const work = (end: Effect.Effect<string, string>) =>
        Terminal.withProgress("work", (report) => Effect.zipRight(report(progress), end))
      expect(yield* work(Effect.succeed("result"))).toBe("result")
      expect(yield* Effect.exit(work(Effect.fail("no")))).toEqual(Exit.fail("no"))
      const report = yield* Effect.scoped(Terminal.progress("work"))
      yield* report(progress)
      yield* Console.assert(true)
    }).pipe(Effect.provide(Terminal.silent))
  )
})
