import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Bench } from "./support/bench.js"
import { type Contender, contenders } from "./support/cacheContenders.js"
import { withServer } from "./support/processes.js"

const rounds = 11
/** The approximate duration of a round, in microseconds. It is long, so that garbage collection for the previous round has little effect. */
const roundDuration = 150_000
/** The number of calls to warm up, and of calls to estimate how many fit into a round. */
const firstCalls = 500
/** The largest permitted costs of hits, as shares of the cost of a call without a cache. */
const maxShares = [
  ["a hit from memory", 0.1],
  ["a hit from disk", 0.5]
] as const

interface Cost {
  readonly time: number
  readonly cpu: number
}

/** The average cost of a call, in microseconds. */
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
    calls.push(Math.ceil(roundDuration / (await cost(contender, firstCalls)).time))
  }
  // The contenders alternate, so that other load on the machine affects all of them.
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
  about: "a hit of each store, compared with a call to a server on loopback and undici's cache; Redis with REDIS_URL",
  requirement: `${maxShares.map(([name, share]) => `${name} costs at most ${share} of a call`).join(", ")}, in time and in CPU`,
  run: () =>
    withServer("support/cacheServer.ts", [], async (baseUrl) => {
      const directory = await mkdtemp(join(tmpdir(), "effect-herald-bench-"))
      const all = contenders(baseUrl, directory, process.env["REDIS_URL"])
      try {
        const rows = await measure(all)
        const missed = maxShares.flatMap(([name, share]) => {
          const hit = rows.find(({ contender }) => contender === name)!
          return (["of a call", "CPU, of a call"] as const)
            .filter((column) => hit[column] > share)
            .map((column) => `${name} costs ${hit[column]} ${column}`)
        })
        return { rows, missed }
      } finally {
        for (const { end } of all) await end()
        await rm(directory, { recursive: true })
      }
    })
}
