import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Bench } from "./support/bench.js"
import { microseconds, missedBars, ratio, round, startContenders } from "./support/measure.js"
import { withReplying, withServer } from "./support/processes.js"

/** The contender without a cache, with which the others are compared. */
const reference = "a call"
/** The largest permitted costs of hits, as shares of the cost of a call without a cache. */
const maxShares = [
  ["a hit from memory", 0.1],
  ["a hit from disk", 0.5]
] as const
const figures = ["time", "cpu"] as const

export const cache: Bench = {
  name: "cache",
  about: "a hit of each store, compared with a call to a server on loopback and undici's cache; Redis with REDIS_URL",
  requirement: `${maxShares.map(([name, share]) => `${name} costs at most ${share} of a call`).join(", ")}, in time and in CPU`,
  run: () =>
    withServer("support/cacheServer.ts", [], async (baseUrl) => {
      const directory = await mkdtemp(join(tmpdir(), "effect-herald-bench-"))
      try {
        return await withReplying(async (start) => {
          const { measureGroup } = await startContenders(start, "support/cacheClient.ts", [baseUrl, directory])
          const costs = await measureGroup({ group: "cache", reference, atOnce: 1, rounds: 11, maxSeconds: 60 })
          const rows = [...costs.keys()].map((name) => ({
            contender: name,
            microseconds: Math.round(microseconds(costs, name, "time")),
            "of a call": round(ratio(costs, name, "time").median),
            "CPU, microseconds": Math.round(microseconds(costs, name)),
            "CPU, of a call": round(ratio(costs, name).median)
          }))
          const bars = maxShares.flatMap(([name, atMost]) =>
            figures.map((figure) => ({
              what: `${name}, ${figure}, of a call`,
              figure: ratio(costs, name, figure),
              atMost
            }))
          )
          return { tables: { hits: rows }, missed: missedBars(bars) }
        })
      } finally {
        await rm(directory, { recursive: true })
      }
    })
}
