import { Effect } from "effect"
import { SqliteLogStore } from "effect-herald/sqlite"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Plan, runStorm } from "../test/support/logStorm.js"
import type { Bench } from "./support/bench.js"

const records = 100_000
/** One by one, each record is a call. */
const recordsOneByOne = 2_000

const storms: ReadonlyArray<{ readonly name: string; readonly plan: Plan; readonly onDisk?: true }> = [
  { name: "batches of 100", plan: { records, batch: 100 } },
  { name: "batches of 100, queue on disk", plan: { records, batch: 100 }, onDisk: true },
  { name: "one by one", plan: { records: recordsOneByOne } }
]

const run = async ({ onDisk, plan }: (typeof storms)[number]) => {
  if (onDisk === undefined) return Effect.runPromise(runStorm(plan))
  const directory = mkdtempSync(join(tmpdir(), "effect-herald-storm-"))
  try {
    return await Effect.runPromise(runStorm(plan, SqliteLogStore.layer({ file: join(directory, "logs.db") })))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

export const logStorm: Bench = {
  name: "log-storm",
  about: `${records} log records through a server that fails, hangs, answers 429, closes connections, cuts responses and dies half-way`,
  requirement:
    "all records arrive, but those that are counted as dropped; in order; doubled only if the server had them and broke the response; the counts add up",
  run: async () => {
    const rows = []
    const requests = []
    const missed: Array<string> = []
    for (const storm of storms) {
      console.error(`${storm.name}: ${storm.plan.records} records`)
      const { broken, counts, row } = await run(storm)
      rows.push({ storm: storm.name, ...row, "promises broken": broken.length })
      requests.push({ storm: storm.name, ...counts })
      missed.push(...broken.map((promise) => `${storm.name}: not true: ${promise}`))
    }
    // A promise that is broken is a fault, also without `--check`.
    if (missed.length > 0) process.exitCode = 1
    return { tables: { "log storm": rows, "requests by what the server did": requests }, missed }
  }
}
