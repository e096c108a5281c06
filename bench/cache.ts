import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Bench } from "./support/bench.js"
import { type Contender, contenders } from "./support/cacheContenders.js"
import { withServer } from "./support/processes.js"

const rounds = 11
/** How long a round of each is to take about, in microseconds: long enough for what is left over from the one before. */
const roundLasts = 150_000
/** To warm up, and to see how many fill a round. */
const firstCalls = 500
/** What a hit from memory may cost of the call that it spares. */
const share = 0.1

interface Cost {
  readonly time: number
  readonly cpu: number
}

/** What one of so many costs, in microseconds. */
const cost = async ({ run }: Contender, calls: number): Promise<Cost> => {
  const cpu = process.cpuUsage()
  const begun = process.hrtime.bigint()
  await run(calls)
  const time = Number(process.hrtime.bigint() - begun) / 1e3
  const { system, user } = process.cpuUsage(cpu)
  return { time: time / calls, cpu: (user + system) / calls }
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

const measure = async (all: ReadonlyArray<Contender>) => {
  const costs = all.map((): Array<Cost> => [])
  const calls: Array<number> = []
  for (const contender of all) {
    await contender.run(firstCalls)
    calls.push(Math.ceil(roundLasts / (await cost(contender, firstCalls)).time))
  }
  // In turns, so that whatever else the machine does falls on all of them.
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, contender] of all.entries()) costs[index]!.push(await cost(contender, calls[index]!))
  }
  const ratio = (index: number, of: (cost: Cost) => number) =>
    median(costs[index]!.map((cost, round) => of(cost) / of(costs[0]![round]!)))
  return all.map(({ name }, index) => ({
    contender: name,
    microseconds: Math.round(median(costs[index]!.map(({ time }) => time))),
    "of a call": Number(ratio(index, ({ time }) => time).toFixed(3)),
    "CPU, microseconds": Math.round(median(costs[index]!.map(({ cpu }) => cpu))),
    "CPU, of a call": Number(ratio(index, ({ cpu }) => cpu).toFixed(3))
  }))
}

export const cache: Bench = {
  name: "cache",
  about: "a hit of each store, beside a call to a server on loopback and undici's own cache; Redis with REDIS_URL",
  bar: `a hit from memory costs at most ${share} of a call, of time and of CPU`,
  run: () =>
    withServer("support/cacheServer.ts", [], async (baseUrl) => {
      const directory = await mkdtemp(join(tmpdir(), "effect-herald-bench-"))
      const all = contenders(baseUrl, directory, process.env["REDIS_URL"])
      try {
        const rows = await measure(all)
        const hit = rows.find(({ contender }) => contender === "a hit from memory")!
        const missed = (["of a call", "CPU, of a call"] as const)
          .filter((column) => hit[column] > share)
          .map((column) => `a hit from memory is ${hit[column]} ${column}`)
        return { rows, missed }
      } finally {
        for (const { end } of all) await end()
        await rm(directory, { recursive: true })
      }
    })
}
