import type { Bench } from "./support/bench.js"
import { run, withServer } from "./support/processes.js"

const accounts = 1_000_000
const pageSize = 1000
const heap = 128

const contenders = [
  { way: "stream", name: "listAccounts" },
  { way: "stream-ahead", name: "listAccounts, ahead: 2" },
  { way: "fetch-loop", name: "fetch, page by page, no decoding" },
  { way: "fetch-all", name: "fetch, all into an array" }
]

interface Figures {
  readonly count: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakHeapMegabytes: number
  readonly peakResidentMegabytes: number
}

const measure = async (baseUrl: string, { name, way }: (typeof contenders)[number]) => {
  const { failure, output } = await run("support/streamClient.ts", [baseUrl, way, String(pageSize)], heap)
  if (output === undefined)
    return {
      contender: name,
      accounts: 0,
      seconds: "-",
      "CPU, s": "-",
      "peak heap, MB": "-",
      "peak RSS, MB": "-",
      end: failure
    }
  const figures = JSON.parse(output) as Figures
  return {
    contender: name,
    accounts: figures.count,
    seconds: Number(figures.seconds.toFixed(1)),
    "CPU, s": Number(figures.cpuSeconds.toFixed(1)),
    "peak heap, MB": Math.round(figures.peakHeapMegabytes),
    "peak RSS, MB": Math.round(figures.peakResidentMegabytes),
    end: "ok"
  }
}

export const streamMemory: Bench = {
  name: "stream-memory",
  about: `${accounts.toLocaleString("en")} accounts, ${pageSize} a page, read by processes of ${heap} MB of heap`,
  requirement: `listAccounts streams all of them in ${heap} MB of heap`,
  run: () =>
    withServer("support/millionServer.ts", [String(accounts)], async (baseUrl) => {
      const rows = []
      for (const contender of contenders) rows.push(await measure(baseUrl, contender))
      const missed = rows
        .filter((row) => row.contender.startsWith("listAccounts") && row.accounts !== accounts)
        .map((row) => `${row.contender}: ${row.accounts} accounts, ${row.end}`)
      return { tables: { readers: rows }, missed }
    })
}
