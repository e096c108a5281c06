/** Reads all accounts of a server in one of several ways, and prints time and memory as JSON. */
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Stream } from "effect"
import * as Polympics from "effect-herald/polympics"

const [baseUrl, way, size] = process.argv.slice(2) as [string, string, string]
const pageSize = Number(size)

const herald = (ahead: number) =>
  Polympics.listAccounts
    .with({ ahead })({ pageSize })
    .pipe(
      Stream.runCount,
      Effect.provide(Polympics.anonymous({ baseUrl })),
      Effect.provide(NodeHttpClient.layerUndici),
      Effect.runPromise
    )

/** Reads the pages in a loop, without decoding and retries. `keep` stores all accounts in an array. */
const fetched = async (keep: boolean) => {
  const all: Array<unknown> = []
  let count = 0
  for (let page = 0, pages = 1; page < pages; page++) {
    const response = await fetch(`${baseUrl}/accounts/search?page=${page}&per_page=${pageSize}`)
    const body = (await response.json()) as { pages: number; data: Array<unknown> }
    pages = body.pages
    count += body.data.length
    if (keep) all.push(...body.data)
  }
  return count
}

const ways: Record<string, () => Promise<number>> = {
  stream: () => herald(0),
  "stream-ahead": () => herald(2),
  "fetch-loop": () => fetched(false),
  "fetch-all": () => fetched(true)
}

let peak = 0
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().heapUsed)), 50)
const cpu = process.cpuUsage()
const begun = performance.now()
const count = await ways[way]!()
clearInterval(watch)
const seconds = (performance.now() - begun) / 1000
const { system, user } = process.cpuUsage(cpu)
console.log(
  JSON.stringify({
    count,
    seconds,
    cpuSeconds: (system + user) / 1e6,
    peakHeapMegabytes: peak / 1024 / 1024,
    peakResidentMegabytes: process.resourceUsage().maxRSS / 1024
  })
)
