import { buildSync } from "esbuild"
import { type ChildProcess, type Serializable, spawn, type StdioOptions } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

let directory: string | undefined

/** The directory of compiled scripts. It is made at first use, and removed when this process ends. */
const compiled = (): string => {
  if (directory !== undefined) return directory
  const made = mkdtempSync(join(tmpdir(), "effect-herald-bench-"))
  symlinkSync(pathOf("node_modules"), join(made, "node_modules"))
  process.once("exit", () => rmSync(made, { recursive: true }))
  return (directory = made)
}

/**
 * Compiles a script with this library into one module, which imports packages from `node_modules`. tsx would add a call to each function
 * that is made, to keep its name, so that this library would be measured with it and packages without.
 */
export const compile = (script: string): string => {
  const outfile = join(compiled(), script.replace(/^.*\/|\.ts$/g, "") + ".mjs")
  buildSync({
    entryPoints: [pathOf(`bench/${script}`)],
    tsconfig: pathOf("tsconfig.json"),
    bundle: true,
    format: "esm",
    logLevel: "error",
    packages: "external",
    platform: "node",
    sourcemap: "inline",
    target: "node20",
    outfile
  })
  return outfile
}

const start = (
  script: string,
  args: ReadonlyArray<string>,
  options?: { readonly heapMegabytes?: number; readonly stdio?: StdioOptions }
): ChildProcess =>
  spawn(
    process.execPath,
    [
      "--expose-gc",
      ...(options?.heapMegabytes === undefined ? [] : [`--max-old-space-size=${options.heapMegabytes}`]),
      compile(script),
      ...args
    ],
    { stdio: options?.stdio ?? ["ignore", "pipe", "pipe"] }
  )

/** Starts a script that prints one line when it is ready, runs a function with that line, and stops the script. */
export const withServer = async <A>(script: string, args: ReadonlyArray<string>, use: (line: string) => Promise<A>) => {
  const child = start(script, args)
  child.stderr!.pipe(process.stderr)
  try {
    const dead = once(child, "exit").then(() => Promise.reject(new Error(`${script} ended before it was ready`)))
    const [line] = (await Promise.race([once(child.stdout!.setEncoding("utf8"), "data"), dead])) as [string]
    return await use(line.trim())
  } finally {
    child.kill()
  }
}

/** Runs a script to its end, with a limited heap. Returns its output, or the reason why it failed. */
export const run = async (script: string, args: ReadonlyArray<string>, heapMegabytes: number) => {
  const child = start(script, args, { heapMegabytes })
  let output = ""
  let errors = ""
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (output += text))
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors += text))
  const [code] = (await once(child, "close")) as [number | null]
  if (code === 0) return { output }
  return { failure: /heap out of memory/i.test(errors) ? "out of memory" : `exit ${code}: ${errors.slice(-500)}` }
}

/** A script in a process of its own that replies to messages, one at a time. */
export interface Replying<Message extends Serializable, Reply> {
  readonly send: (message: Message, withinSeconds: number) => Promise<Reply>
}

export type StartReplying = <Message extends Serializable, Reply>(
  script: string,
  args: ReadonlyArray<string>
) => Promise<Replying<Message, Reply>>

/** The time limit for a script to load. Several load at once, on few cores. */
const loadSeconds = 60

/** Runs a function that starts scripts which use `reply`. Stops the scripts afterwards, also after a failure. */
export const withReplying = async <A>(use: (start: StartReplying) => Promise<A>) => {
  const children: Array<ChildProcess> = []
  const startReplying: StartReplying = async <Message extends Serializable, Reply>(
    script: string,
    args: ReadonlyArray<string>
  ) => {
    // Scripts write to stderr, since the figures are written to stdout.
    const child = start(script, args, { stdio: ["ignore", 2, 2, "ipc"] })
    children.push(child)
    await nextMessage(child, script, loadSeconds)
    return {
      send: async (message: Message, withinSeconds: number) => {
        const reply = nextMessage(child, script, withinSeconds)
        if (child.connected) child.send(message)
        // The type arguments are those of the script.
        return (await reply) as Reply
      }
    }
  }
  try {
    return await use(startReplying)
  } finally {
    for (const child of children) child.kill()
  }
}

/** Waits for the next message of a script. Fails if the script ends first, or if the time limit passes. */
const nextMessage = async (child: ChildProcess, script: string, withinSeconds: number): Promise<unknown> => {
  const settled = new AbortController()
  const { signal } = settled
  const fail = (why: string) => Promise.reject(new Error(`${script} ${why}`))
  const ended = () => fail(`ended: ${child.signalCode ?? `exit ${child.exitCode}`}`)
  if (!child.connected) return ended()
  try {
    return await Promise.race([
      once(child, "message", { signal }).then(([first]: Array<unknown>) => first),
      once(child, "exit", { signal }).then(ended),
      setTimeout(withinSeconds * 1000, undefined, { signal }).then(() => fail(`sent no message for ${withinSeconds} s`))
    ])
  } finally {
    settled.abort()
  }
}
