import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Bench } from "./support/bench.js"
import { reference } from "./support/logPlan.js"
import { microseconds, missedBars, ratio, round, startContenders } from "./support/measure.js"
import { compile, run, withReplying, withServer } from "./support/processes.js"

/** The highest permitted cost of a log call, in calls of the reference. The disk queue writes in the call, and has no bar. */
const maxOfReference = 1.5
const isMeasured = (name: string) => name.startsWith("effect-herald") && !name.includes("disk")

/** The number of records that fill the queue, of which ten times as many are logged. */
const records = 10_000
/** The highest permitted growth of the heap from the first to the last measurement, in megabytes. */
const maxGrowth = 3
/** A port at which no server listens. */
const down = "http://127.0.0.1:9"

/** The output of logMemoryClient. */
interface Heaps {
  readonly before: number
  readonly first: number
  readonly later: number
  readonly stats: { readonly dropped: number; readonly failed: number; readonly queued: number }
}

const measureHeap = async () => {
  const { failure, output } = await run("support/logMemoryClient.ts", [down, String(records)], 256)
  if (output === undefined) throw new Error(`the client of the memory measurement failed: ${failure}`)
  return JSON.parse(output) as Heaps
}

/** Runs a function with a temporary directory. */
const withDirectory = async <A>(use: (directory: string) => Promise<A>) => {
  const directory = await mkdtemp(join(tmpdir(), "effect-herald-bench-"))
  try {
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

export const logShipper: Bench = {
  name: "log-shipper",
  about:
    "a log call in the program's own fiber, by this library's shipper, Effect's loggers and pino; memory without a server",
  requirement: `a log call costs at most ${maxOfReference} times ${reference}; ten times the records grow the heap by at most ${maxGrowth} MB`,
  run: () =>
    withServer("support/logServer.ts", [], (url) =>
      withDirectory((directory) =>
        withReplying(async (start) => {
          const { measureGroup } = await startContenders(start, "support/logClient.ts", [
            url,
            compile("support/pinoHttp.ts"),
            directory
          ])
          const costs = await measureGroup({ group: "log", reference, atOnce: 1, rounds: 25, maxSeconds: 60 })
          const { before, first, later, stats } = await measureHeap()
          const names = [...costs.keys()]
          const growth = later - first
          return {
            tables: {
              "log calls": names.map((name) => {
                const { median, spread } = ratio(costs, name, "time")
                return {
                  logger: name,
                  "× jsonLogger": round(median),
                  "±": round(spread),
                  "a call, µs": round(microseconds(costs, name, "time")),
                  "CPU of the process, µs": round(microseconds(costs, name))
                }
              }),
              memory: [
                { records: 0, "heap, MB": round(before) },
                { records, "heap, MB": round(first) },
                { records: records * 10, "heap, MB": round(later), ...stats }
              ]
            },
            missed: [
              ...missedBars(
                names.filter(isMeasured).map((name) => ({
                  what: `a log call of ${name}, in calls of the reference`,
                  figure: ratio(costs, name, "time"),
                  atMost: maxOfReference
                }))
              ),
              ...(growth > maxGrowth ? [`the heap grew by ${round(growth)} MB while the server was down`] : [])
            ]
          }
        })
      )
    )
}
