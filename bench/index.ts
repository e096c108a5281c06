/**
 * Runs benchmarks. `npm run bench` lists them. `npm run bench -- NAME` runs one and prints a table. With `--json` it prints the same
 * figures as JSON. With `--check` it exits with 1 if the figures do not meet the requirement.
 */
import { parseArgs } from "node:util"
import type { Bench } from "./support/bench.js"
import { call } from "./call.js"
import { cache } from "./cache.js"
import { storm } from "./storm.js"
import { streamMemory } from "./stream-memory.js"

const benches: ReadonlyArray<Bench> = [streamMemory, storm, cache, call]

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, check: { type: "boolean", default: false } }
})

const list = () => {
  for (const bench of benches) console.log(`${bench.name.padEnd(16)} ${bench.about}`)
  console.log("\nnpm run bench -- NAME [--json] [--check]")
}

const run = async (bench: Bench) => {
  const { missed, rows } = await bench.run()
  if (values.json) console.log(JSON.stringify({ bench: bench.name, rows, missed }, null, 2))
  else {
    console.table(rows)
    console.log(
      missed.length === 0 ? `requirement met: ${bench.requirement}` : `requirement not met: ${missed.join("; ")}`
    )
  }
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
  list()
}
