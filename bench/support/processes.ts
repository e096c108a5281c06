import { type ChildProcess, type Serializable, spawn, type StdioOptions } from "node:child_process"
import { once } from "node:events"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const start = (
  script: string,
  args: ReadonlyArray<string>,
  options?: { readonly heapMegabytes?: number; readonly stdio?: StdioOptions }
): ChildProcess =>
  spawn(
    process.execPath,
    [
      ...(options?.heapMegabytes === undefined ? [] : [`--max-old-space-size=${options.heapMegabytes}`]),
      "--import",
      "tsx",
      fileURLToPath(new URL(`../${script}`, import.meta.url)),
      ...args
    ],
    { stdio: options?.stdio ?? ["ignore", "pipe", "pipe"] }
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
  const child = start(script, args, { heapMegabytes })
  let output = ""
  let errors = ""
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (output += text))
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors += text))
  const [code] = (await once(child, "close")) as [number | null]
  if (code === 0) return { output }
  return { died: /heap out of memory/i.test(errors) ? "out of memory" : `exit ${code}: ${errors.slice(-500)}` }
}

/** A script in a process of its own, which answers what it is asked, one question at a time. */
export interface Answering<Question extends Serializable, Answer> {
  readonly ask: (question: Question, withinSeconds: number) => Promise<Answer>
}

type StartAnswering = <Question extends Serializable, Answer>(
  script: string,
  args: ReadonlyArray<string>
) => Promise<Answering<Question, Answer>>

/** How long a script may take to load: several do so at once, on few cores. */
const loadSeconds = 60

/** Runs what needs scripts that `answer`, and stops all that it started, however it ends. */
export const withAnswering = async <A>(use: (start: StartAnswering) => Promise<A>) => {
  const children: Array<ChildProcess> = []
  const startAnswering: StartAnswering = async <Question extends Serializable, Answer>(
    script: string,
    args: ReadonlyArray<string>
  ) => {
    // What a script prints goes to stderr: stdout is for the figures.
    const child = start(script, args, { stdio: ["ignore", 2, 2, "ipc"] })
    children.push(child)
    await message(child, script, loadSeconds)
    return {
      ask: async (question: Question, withinSeconds: number) => {
        const answered = message(child, script, withinSeconds)
        if (child.connected) child.send(question)
        // The caller names the types that the script, which is ours, answers with.
        return (await answered) as Answer
      }
    }
  }
  try {
    return await use(startAnswering)
  } finally {
    for (const child of children) child.kill()
  }
}

/** The next message of a script, unless it ends, or the time does. */
const message = async (child: ChildProcess, script: string, withinSeconds: number): Promise<unknown> => {
  const settled = new AbortController()
  const { signal } = settled
  const fail = (why: string) => Promise.reject(new Error(`${script} ${why}`))
  const ended = () => fail(`ended: ${child.signalCode ?? `exit ${child.exitCode}`}`)
  if (!child.connected) return ended()
  try {
    return await Promise.race([
      once(child, "message", { signal }).then(([first]: Array<unknown>) => first),
      once(child, "exit", { signal }).then(ended),
      setTimeout(withinSeconds * 1000, undefined, { signal }).then(() => fail(`said nothing for ${withinSeconds} s`))
    ])
  } finally {
    settled.abort()
  }
}

/** A script's side of `withAnswering`: gets ready, says so, and answers. It ends when the one who asks does. */
export const answer = async <Question>(prepare: () => Promise<(question: Question) => unknown>) => {
  process.once("disconnect", () => process.exit())
  if (!process.connected) process.exit()
  const to = await prepare()
  // Who starts this script asks questions of this type.
  const reply = async (question: unknown) => process.send!(await to(question as Question))
  process.on("message", (question) => void reply(question))
  process.send!("ready")
}
