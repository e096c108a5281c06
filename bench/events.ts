import type { Bench } from "./support/bench.js"
import { run, withServer } from "./support/processes.js"

const count = 1_000_000
const cuts = 100
const heap = 64

const contenders = [
  { way: "follow", name: "EventStream.follow" },
  { way: "lines", name: "JsonLines.body" },
  { way: "lines-any", name: "JsonLines.body, Schema.Unknown" },
  { way: "sequence", name: "JsonSequence.body" },
  { way: "bare-lines", name: "undici and JSON.parse, no decoding" }
] as const

/** The longest time of `JsonLines.body`, as a multiple of that of the bare loop. */
const bar = 3

/** The times that each contender runs, in turn. The fastest run counts, since other work on the machine only slows them down. */
const rounds = 3

interface Figures {
  readonly count: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakHeapMegabytes: number
  readonly peakResidentMegabytes: number
}

type Outcome = Figures | { readonly failure: string }

const measure = async (baseUrl: string, way: string): Promise<Outcome> => {
  const { failure, output } = await run("support/eventsClient.ts", [baseUrl, way], heap)
  return output === undefined ? { failure: failure ?? "no output" } : (JSON.parse(output) as Figures)
}

const fastest = (outcomes: ReadonlyArray<Outcome>): Outcome =>
  outcomes.reduce((best, one) =>
    "failure" in best || "failure" in one
      ? "failure" in best
        ? best
        : one
      : one.cpuSeconds < best.cpuSeconds
        ? one
        : best
  )

export const events: Bench = {
  name: "events",
  about: `${count.toLocaleString("en")} events over ${cuts} cut connections, and as many JSON lines, in ${heap} MB of heap`,
  requirement: `no event is lost or doubled, and JsonLines.body takes at most ${bar} times the CPU time of a bare loop`,
  run: ({ calls = count }) =>
    withServer("support/eventsServer.ts", [String(calls), String(cuts)], async (baseUrl) => {
      const outcomes = new Map<string, Array<Outcome>>(contenders.map(({ way }) => [way, []]))
      for (let round = 0; round < rounds; round += 1) {
        for (const { way } of contenders) outcomes.get(way)!.push(await measure(baseUrl, way))
      }
      const best = new Map([...outcomes].map(([way, all]) => [way, fastest(all)]))
      const bare = best.get("bare-lines")!
      const missed: Array<string> = []
      const rows = contenders.map(({ name, way }) => {
        const figures = best.get(way)!
        if ("failure" in figures) {
          missed.push(`${name}: ${figures.failure}`)
          return {
            reader: name,
            values: 0,
            seconds: "-",
            "CPU, s": "-",
            "CPU, bare = 1": "-",
            "peak heap, MB": "-",
            "peak RSS, MB": "-"
          }
        }
        const ratio = "failure" in bare ? Number.NaN : figures.cpuSeconds / bare.cpuSeconds
        if (figures.count !== calls) missed.push(`${name}: ${figures.count} of ${calls}`)
        if (way === "lines" && !(ratio <= bar))
          missed.push(`${name}: ${ratio.toFixed(2)} times the CPU time of the bare loop`)
        return {
          reader: name,
          values: figures.count,
          seconds: Number(figures.seconds.toFixed(1)),
          "CPU, s": Number(figures.cpuSeconds.toFixed(2)),
          "CPU, bare = 1": Number(ratio.toFixed(2)),
          "peak heap, MB": Math.round(figures.peakHeapMegabytes),
          "peak RSS, MB": Math.round(figures.peakResidentMegabytes)
        }
      })
      return { tables: { readers: rows }, missed }
    })
}
