/**
 * Runs benchmarks. `npm run bench` lists them. `npm run bench -- NAME` runs one and prints tables. With `--json` it prints the same
 * figures as JSON. With `--check` it exits with 1 if the figures do not meet the requirement. With `--docs` it writes the tables and the
 * picture of the documentation. `--calls N` sets the number of calls of `soak`, of accounts of `list`, of values of `events`, or of MiB
 * of `files`.
 */
import { parseArgs } from "node:util"
import type { Bench } from "./support/bench.js"
import { cache } from "./cache.js"
import { call } from "./call.js"
import { events } from "./events.js"
import { files } from "./files.js"
import { list } from "./list.js"
import { logShipper } from "./logShipper.js"
import { logStorm } from "./logStorm.js"
import { size } from "./size.js"
import { soak } from "./soak.js"
import { specification } from "./specification.js"
import { storm } from "./storm.js"
import { streamMemory } from "./stream-memory.js"
import { document } from "./support/documentation.js"

const benches: ReadonlyArray<Bench> = [
  streamMemory,
  storm,
  cache,
  call,
  events,
  list,
  size,
  files,
  specification,
  logShipper,
  logStorm,
  soak
]

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    docs: { type: "boolean", default: false },
    calls: { type: "string" }
  }
})

const printList = () => {
  for (const bench of benches) console.log(`${bench.name.padEnd(16)} ${bench.about}`)
  console.log("\nnpm run bench -- NAME [--json] [--check] [--docs] [--calls N]")
}

const run = async (bench: Bench) => {
  const figures = await bench.run(values.calls === undefined ? {} : { calls: Number(values.calls) })
  const { missed, tables } = figures
  if (values.json) console.log(JSON.stringify({ bench: bench.name, ...figures }, null, 2))
  else {
    for (const [title, rows] of Object.entries(tables)) {
      console.log(`\n${title}`)
      console.table(rows)
    }
    console.log(
      missed.length === 0 ? `requirement met: ${bench.requirement}` : `requirement not met: ${missed.join("; ")}`
    )
  }
  if (values.docs) document(bench, figures)
  if (values.check && missed.length > 0) process.exitCode = 1
}

const [name] = positionals
const bench = benches.find((bench) => bench.name === name)
if (bench !== undefined) await run(bench)
else {
  if (name !== undefined) {
    console.error(`There is no benchmark called "${name}".\n`)
    process.exitCode = 1
  }
  printList()
}
