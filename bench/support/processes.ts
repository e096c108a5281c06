import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const start = (script: string, args: ReadonlyArray<string>, heapMegabytes?: number): ChildProcess =>
  spawn(
    process.execPath,
    [
      ...(heapMegabytes === undefined ? [] : [`--max-old-space-size=${heapMegabytes}`]),
      "--import",
      "tsx",
      fileURLToPath(new URL(`../${script}`, import.meta.url)),
      ...args
    ],
    { stdio: ["ignore", "pipe", "pipe"] }
  )

/** Starts a script that prints one line when it is ready, runs what needs it, and stops it. */
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

/** Runs a script to its end, in a heap of so many megabytes; gives what it printed, or why it died. */
export const run = async (script: string, args: ReadonlyArray<string>, heapMegabytes: number) => {
  const child = start(script, args, heapMegabytes)
  let output = ""
  let errors = ""
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (output += text))
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors += text))
  const [code] = (await once(child, "close")) as [number | null]
  if (code === 0) return { output }
  return { died: /heap out of memory/i.test(errors) ? "out of memory" : `exit ${code}: ${errors.slice(-500)}` }
}
