/**
 * Runs the examples that say what they do: all of them, or those of the pages and modules that are its parameters, such as
 * `npm run examples:run -- README.md src/Content.ts`. docs/contributing/documentation.md has the same rules for writers:
 *
 * - A `ts` block with a block without a language right after it is a program and its output.
 * - A line `expression // => value`, or `const name = expression // => value`, says which value an expression has.
 * - A `ts` block that imports a test runner is a test.
 * - A `console` block is a session in a terminal: commands after `$ `, and their output. Those of a page are one session.
 *
 * A block with a name, such as `ts [weather.ts]`, is a file that other blocks of its page can import or read.
 */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { command } from "../test/cli/command.js"
import { type Block, inDocstrings, inPages, isTypeScript, moduleOf, placeOf, textOf } from "./blocks.js"
import { startPetStore } from "./petStore.js"

/** The folder of the modules. It is within the project, for its packages and the paths of tsconfig.json. */
const folder = ".examples/run"

/** The longest time of a program, in milliseconds. */
const timeLimit = 300_000

/** The port in programs, which is replaced by a free one. */
const port = 8080

const claim = /^(?<code>.*\S)\s+\/\/ => (?<value>.+)$/

/** A comment that has the form of a value. */
const looksLikeValue =
  /(?:^|\s)\/\/ (?:true|false|null|undefined|-?\d[\d_.]*n?|".*"|\[.*\]|\{.*\}|(?:Either|Option)\..*)$/

const isTest = (block: Block) => block.lines.some((line) => / from "(?:@effect\/vitest|vitest)"$/.test(line))
const isNodeTest = (block: Block) => block.lines.some((line) => line.endsWith(' from "node:test"'))
const claims = (block: Block) => block.lines.filter((line) => claim.test(line)).length

/** A block whose values are compared when it runs. */
const withChecks = (block: Block): Block => ({
  ...block,
  lines: block.lines.map((line) => {
    const { code, value } = claim.exec(line)?.groups ?? {}
    if (code === undefined || value === undefined) return line
    const name = /^\s*(?:export )?const (\w+)\b/.exec(code)?.[1]
    const compared = `(await import("node:assert")).deepStrictEqual(${name ?? code}, ${value})`
    return name === undefined ? `;${compared}` : `${code}; ${compared}`
  })
})

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("a server on loopback has a port")
  return address.port
}

/** Runs a command to its end, and kills it after the time limit. */
const run = async (file: string, parameters: ReadonlyArray<string>, cwd: string, env: NodeJS.ProcessEnv) => {
  const child = spawn(file, parameters, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeLimit,
    killSignal: "SIGKILL"
  })
  const pieces = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (pieces.stdout += piece))
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (pieces.stderr += piece))
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null]
  return { ...pieces, ended: signal ?? code }
}

/** Text without the spaces at the ends of lines and without empty lines at its end, which do not count. */
const trimmed = (text: string) => text.replaceAll(/[ \r]+$/gm, "").trimEnd()

/** Runs an effect with an empty folder as its working directory. */
const inTemporaryFolder = async <A>(use: (cwd: string) => Promise<A>): Promise<A> => {
  const cwd = mkdtempSync(join(tmpdir(), "effect-herald-example-"))
  try {
    return await use(cwd)
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

/** Runs a program, and compares what it prints with the output that the page shows. Returns what is wrong. */
const runProgram = (block: Block, output: Block | undefined): Promise<string | undefined> =>
  inTemporaryFolder(async (cwd) => {
    const free = String(await freePort())
    const path = resolve(folder, moduleOf(block))
    writeFileSync(path, textOf(withChecks(block)).replaceAll(new RegExp(`\\b${port}\\b`, "g"), free))
    const parameters = ["--tsconfig", resolve("tsconfig.json"), path]
    const { ended, stderr, stdout } = await run(resolve("node_modules/.bin/tsx"), parameters, cwd, process.env)
    const printed = trimmed(stdout.replaceAll(free, String(port)))
    if (ended !== 0) return `this program ends with ${ended}\n${printed}\n${stderr}`
    const expected = output === undefined ? printed : trimmed(output.lines.join("\n"))
    return printed === expected
      ? undefined
      : `this program prints\n${printed}\nbut the page says\n${expected}\n${stderr}`
  })

/** Runs all tests. Returns what is wrong. */
const runTests = async (tests: ReadonlyArray<Block>): Promise<string | undefined> => {
  const include = tests.map((block) => `${folder}/${moduleOf(block)}`)
  writeFileSync(
    join(folder, "vitest.config.ts"),
    `import base from "../../vitest.config.js"
export default { ...base, test: { ...base.test, include: ${JSON.stringify(include)}, typecheck: { enabled: false } } }
`
  )
  const parameters = ["run", "--config", `${folder}/vitest.config.ts`, "--root", "."]
  const { ended, stderr, stdout } = await run("node_modules/.bin/vitest", parameters, ".", process.env)
  return ended === 0 ? undefined : `${stdout}\n${stderr}`.replaceAll(`${folder}/`, "")
}

interface Step {
  readonly place: string
  readonly command: string
  readonly output: Array<string>
}

const stepsOf = (block: Block): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  for (const [index, line] of block.lines.entries()) {
    if (line.startsWith("$ "))
      steps.push({ place: `${block.source}:${block.line + 1 + index}`, command: line.slice(2), output: [] })
    else {
      const step = steps.at(-1)
      if (step === undefined) throw new Error(`${placeOf(block)}: a session begins with a command after "$ "`)
      step.output.push(line)
    }
  }
  return steps
}

/** A script of commands. A line with a control character is before the output of each. The exit code of the last command stays. */
const scriptOf = (steps: ReadonlyArray<Step>): string => {
  const marked = steps.map(({ command }) => `__code=$?; printf '\\036\\n'; (exit $__code)\n${command}\n`)
  return `stty cols 140 rows 50\n${marked.join("")}`
}

/** Compares the output of a command with that of the page. Returns what is wrong. */
const differenceOf = ({ command, output, place }: Step, received: string): ReadonlyArray<string> => {
  const [printed, expected] = [trimmed(received), trimmed(output.join("\n"))]
  return printed === expected ? [] : [`${place}: ${command}\nprints\n${printed}\nbut the page says\n${expected}\n`]
}

/** Runs the session of a page. Returns what is wrong. */
const runSession = (blocks: ReadonlyArray<Block>, bin: string): Promise<string | undefined> =>
  inTemporaryFolder(async (cwd) => {
    const store = await startPetStore()
    const steps = blocks.flatMap(stepsOf)
    writeFileSync(join(cwd, "petstore.json"), store.document)
    writeFileSync(join(cwd, ".session"), scriptOf(steps))
    const env = {
      PATH: `${bin}:${process.env["PATH"] ?? ""}`,
      HOME: cwd,
      TERM: "xterm",
      NO_COLOR: "1",
      HERALD_AUTH_PETSTORE_AUTH: "secret",
      HERALD_AUTH_API_KEY: "special-key"
    }
    try {
      const { ended, stdout } = await run("script", ["-qec", "bash .session", "/dev/null"], cwd, env)
      const outputs = stdout.replaceAll(store.host, "127.0.0.1:8099").split("\u001e\r\n").slice(1)
      const wrong = steps.flatMap((step, index) =>
        differenceOf(step, outputs[index] ?? `(nothing: the session ended with ${ended})`)
      )
      return wrong.length === 0 ? undefined : wrong.join("\n")
    } finally {
      store.stop()
    }
  })

/** Something to run, which returns what is wrong. */
interface Task {
  readonly place: string
  readonly run: () => Promise<string | undefined>
}

/** Runs the tasks, two at a time. Returns those that failed. */
const runAll = async (tasks: ReadonlyArray<Task>): Promise<ReadonlyArray<string>> => {
  const waiting = [...tasks]
  const failed: Array<string> = []
  const worker = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      const problem = await task.run()
      if (problem !== undefined) failed.push(`${task.place}: ${problem}`)
    }
  }
  await Promise.all([worker(), worker()])
  return failed
}

const selected = process.argv.slice(2)
const all = [...inDocstrings, ...inPages].filter(
  ({ source }) => selected.length === 0 || selected.some((path) => source === path)
)
const examples = all.filter(isTypeScript)

/** Reports whether a block without a language is not the output of the block before it. */
const isWithoutMeaning = ({ language, previous }: Block): boolean =>
  language === "" && !(previous !== undefined && isTypeScript(previous))

/** Finds the comments of a program that have the form of a value, but are not checked. */
const uncheckedValues = ({ line: fence, lines, source }: Block): ReadonlyArray<string> =>
  lines.flatMap((line, index) =>
    looksLikeValue.test(line)
      ? [`${source}:${fence + 1 + index}: write a value as \`expression // => value\`, which is checked`]
      : []
  )

const unclear = [
  ...all
    .filter(isWithoutMeaning)
    .map(
      (block) =>
        `${placeOf(block)}: a block without a language is the output of the \`ts\` block right before it: name the language of others, such as \`text\``
    ),
  ...examples.flatMap(uncheckedValues)
]

rmSync(folder, { recursive: true, force: true })
for (const block of all) {
  if (block.name === undefined && !isTypeScript(block)) continue
  const path = join(folder, moduleOf(block))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, block.name === undefined || isTypeScript(block) ? textOf(block) : `${block.lines.join("\n")}\n`)
}

const outputs = new Map(
  all.flatMap((block) => (block.language === "" && block.previous ? [[block.previous, block]] : []))
)
const tests = examples.filter(isTest)
const programs = examples.filter(
  (block) => outputs.has(block) || isNodeTest(block) || (claims(block) > 0 && !isTest(block))
)
const sessions = [...new Set(all.map(({ source }) => source))]
  .map((source) => ({ source, blocks: all.filter((block) => block.source === source && block.language === "console") }))
  .filter(({ blocks }) => blocks.length > 0)

const failed = await Effect.scoped(
  Effect.flatMap(command, (bin) =>
    Effect.promise(() =>
      runAll([
        ...(tests.length === 0 ? [] : [{ place: "tests", run: () => runTests(tests) }]),
        ...sessions.map(({ blocks, source }) => ({ place: source, run: () => runSession(blocks, bin) })),
        ...programs.map((block) => ({ place: placeOf(block), run: () => runProgram(block, outputs.get(block)) }))
      ])
    )
  )
).pipe(Effect.runPromise)

for (const problem of [...unclear, ...failed]) console.error(problem)
const values = examples.reduce((sum, block) => sum + claims(block), 0)
console.log(
  `${programs.length} programs with ${outputs.size} outputs and ${values} values, ${tests.length} tests, ${sessions.length} sessions: ` +
    `${unclear.length + failed.length} problems`
)
process.exitCode = unclear.length + failed.length === 0 ? 0 : 1
