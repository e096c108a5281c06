/**
 * The process of the contenders of the benchmark `log-shipper`. Its slices are those of `measureGroup`, but the time of a call is that of
 * the program's own fiber: bursts of log calls are run synchronously, and only these are timed. The CPU time is that of the process, with
 * the sending of all records.
 */
import { setImmediate } from "node:timers/promises"
import { contenders, type Entry, type LogContender } from "./logContenders.js"
import { reply } from "./reply.js"
import type { Cost, Listing, Message } from "./slices.js"

// The arguments of bench/logShipper.ts.
const [url, pinoTarget, directory] = process.argv.slice(2) as [string, string, string]

const burstLength = 50

const makeEntry = (index: number): Entry => ({
  text: `user ${index} joined the guild`,
  error: index % 10 === 9 ? new Error(`the role of user ${index} is unknown`) : undefined
})

const cpuSince = (begun: NodeJS.CpuUsage) => {
  const { system, user } = process.cpuUsage(begun)
  return user + system
}

/**
 * Runs a function. Returns the time that this thread spent on it, in microseconds: at most the time that passed, part of which other
 * processes may have had, and at most the CPU time of the process, part of which other threads may have had.
 */
const timeOf = (run: () => void): number => {
  const begunCpu = process.cpuUsage()
  const begun = process.hrtime.bigint()
  run()
  const passed = Number(process.hrtime.bigint() - begun) / 1e3
  return Math.min(passed, cpuSince(begunCpu))
}

const runSlice = async ({ flush, idle, prepare }: LogContender, calls: number): Promise<Cost> => {
  await flush()
  globalThis.gc?.({ type: "minor", execution: "sync" })
  const begun = process.cpuUsage()
  let time = 0
  for (let logged = 0; logged < calls; logged += burstLength) {
    const length = Math.min(burstLength, calls - logged)
    const run = prepare(Array.from({ length }, (_, index) => makeEntry(logged + index)))
    time += timeOf(run)
    // The program does something else, and what sends the records runs.
    await (idle ? flush() : setImmediate())
  }
  await flush()
  return { time: time / calls, cpu: cpuSince(begun) / calls }
}

await reply(() => {
  const all = contenders(url, pinoTarget, directory)
  const listing: Listing = { log: all.map(({ name }) => ({ name })) }
  return Promise.resolve((message: Message) =>
    message === "list"
      ? listing
      : runSlice(
          all.find(({ name }) => name === message.contender)!,
          message.calls
        )
  )
})
