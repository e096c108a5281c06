import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Bench } from "./support/bench.js"
import { run, withServer } from "./support/processes.js"

const gibibyte = 1_073_741_824
const heap = 96
const rounds = 3
const slowest = 0.8

const contenders = [
  { way: "down-herald", direction: "down", name: "Download.toFile" },
  { way: "down-undici", direction: "down", name: "undici, pipeline to a file" },
  { way: "up-herald", direction: "up", name: "FileContent" },
  { way: "up-undici", direction: "up", name: "undici, stream of a file" }
] as const

type Contender = (typeof contenders)[number]

interface Figures {
  readonly bytes: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMegabytes: number
  readonly peakResidentMegabytes: number
}

const measure = async (baseUrl: string, { direction, way }: Contender, directory: string, bytes: number) => {
  const path = join(directory, way)
  try {
    if (direction === "up") {
      // Without data: it is read as fast as memory.
      writeFileSync(path, "")
      truncateSync(path, bytes)
    }
    const { failure, output } = await run("support/fileClient.ts", [baseUrl, way, path], heap)
    if (output === undefined) throw new Error(`${way}: ${failure}`)
    const figures = JSON.parse(output) as Figures
    if (figures.bytes !== bytes) throw new Error(`${way}: ${figures.bytes} bytes`)
    return figures
  } finally {
    rmSync(path, { force: true })
  }
}

const least = (figures: ReadonlyArray<Figures>, key: keyof Figures) => Math.min(...figures.map((one) => one[key]))
const most = (figures: ReadonlyArray<Figures>, key: keyof Figures) => Math.max(...figures.map((one) => one[key]))

export const files: Bench = {
  name: "files",
  about: `a file of 2 GiB (--calls N: of N MiB) down and up, in processes of ${heap} MB of heap`,
  requirement: `at least ${slowest} of the speed of undici, and at most ${heap} MB of heap and buffers`,
  run: ({ calls }) => {
    const bytes = calls === undefined ? 2 * gibibyte : calls * 1_048_576
    return withServer("support/fileServer.ts", [String(bytes)], async (baseUrl) => {
      const directory = mkdtempSync(join(tmpdir(), "effect-herald-files-"))
      try {
        const measured = new Map<string, Array<Figures>>(contenders.map(({ way }) => [way, []]))
        for (let round = 0; round < rounds; round++) {
          // In turns, since other programs use the machine, too.
          for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
            measured.get(contender.way)!.push(await measure(baseUrl, contender, directory, bytes))
          }
        }
        const rows = contenders.map(({ direction, name, way }) => {
          const figures = measured.get(way)!
          const reference = measured.get(`${direction}-undici`)!
          return {
            contender: `${direction}: ${name}`,
            seconds: Number(least(figures, "seconds").toFixed(2)),
            "CPU, s": Number(least(figures, "cpuSeconds").toFixed(2)),
            speed: Number((least(reference, "seconds") / least(figures, "seconds")).toFixed(2)),
            "peak heap and buffers, MB": Math.round(most(figures, "peakMegabytes")),
            "peak RSS, MB": Math.round(most(figures, "peakResidentMegabytes"))
          }
        })
        const own = rows.filter((_, index) => contenders[index]!.way.endsWith("herald"))
        const missed = own.flatMap((row) => [
          ...(row.speed < slowest ? [`${row.contender}: ${row.speed} of the speed of undici`] : []),
          ...(row["peak heap and buffers, MB"] > heap
            ? [`${row.contender}: ${row["peak heap and buffers, MB"]} MB`]
            : [])
        ])
        return { tables: { [`a file of ${bytes / 1_048_576} MiB, the best of ${rounds} rounds`]: rows }, missed }
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    })
  }
}
