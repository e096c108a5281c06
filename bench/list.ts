import type { Bench, Rows } from "./support/bench.js"
import { decode, pageSize, unchecked } from "./support/decoderNames.js"
import {
  type Bar,
  type Costs,
  type MeasureOptions,
  microseconds,
  missedBars,
  ratio,
  round,
  startContenders,
  summarize,
  type Summary
} from "./support/measure.js"
import { withReplying, withServer } from "./support/processes.js"

const defaultAccounts = 200_000
/** The lowest permitted numbers of accounts per second, as shares of the generator's. */
const minShares = { 100: 0.7, 1000: 0.8 }
const latency = { milliseconds: 20, minGain: 7 }
const maxOfParse = { kind: "Polympics", share: 1 / 3 }

/** The ratio of speeds: the inverse of that of costs. */
const speed = (costs: Costs, reader: string): Summary =>
  summarize(costs.get(reader)!.map(({ own, reference }) => reference.time / own.time))

const readerRows = (costs: Costs, size: number): Rows =>
  [...costs.keys()].map((reader) => {
    const { median, spread } = speed(costs, reader)
    return {
      reader,
      "accounts a second": Math.round(1e6 / (microseconds(costs, reader, "time") / size)),
      "× generator": round(median),
      "±": round(spread),
      "CPU, µs an account": round(microseconds(costs, reader) / size),
      "CPU, × generator": round(ratio(costs, reader).median)
    }
  })

/** The time in which a call decodes an account, in microseconds: the difference to a call that checks nothing. */
const decoding = (costs: Costs): Summary =>
  summarize(costs.get(decode)!.map(({ own, reference }) => (own.cpu - reference.cpu) / pageSize))

const perAccount = (costs: Costs, decoder: string) => microseconds(costs, decoder) / pageSize

const decoderRow = (kind: string, costs: Costs) => ({
  account: kind,
  "JSON.parse": round(perAccount(costs, "JSON.parse")),
  "effect-herald": round(decoding(costs).median),
  Schema: round(perAccount(costs, "Schema")),
  zod: round(perAccount(costs, "zod"))
})

export const list: Bench = {
  name: "list",
  about: `${defaultAccounts.toLocaleString("en")} accounts (--calls N) read page by page, pages in advance, and the time to decode an account`,
  requirement: `a Stream has at least ${minShares[100]} of the speed of a generator that checks nothing in pages of 100, and ${minShares[1000]} in pages of 1,000; with ${latency.milliseconds} ms of latency, 8 pages ahead are ${latency.minGain} times as fast as none; a Polympics account is decoded in a third of the time of JSON.parse`,
  run: ({ calls: accounts = defaultAccounts }) =>
    withServer("support/listServer.ts", [], (baseUrl) =>
      withReplying(async (start) => {
        const { listing, measureGroup } = await startContenders(start, "support/listClient.ts", [baseUrl])
        const lists = (size: number): MeasureOptions => ({
          group: `pages of ${size}`,
          reference: "generator",
          atOnce: 1,
          rounds: 5,
          maxSeconds: 60,
          calls: accounts / size
        })
        const byHundred = await measureGroup(lists(100))
        const byThousand = await measureGroup(lists(1000))
        const delayed = await measureGroup({
          group: "latency",
          reference: "one page at a time",
          atOnce: 1,
          rounds: 5,
          maxSeconds: 30,
          calls: 100
        })
        const decoders = new Map<string, Costs>()
        for (const kind of Object.keys(listing).slice(3))
          decoders.set(
            kind,
            await measureGroup({ group: kind, reference: unchecked, atOnce: 1, rounds: 10, maxSeconds: 12 })
          )

        const own = [...byHundred.keys()].find((reader) => reader.startsWith("effect-herald"))!
        const polympics = decoders.get(maxOfParse.kind)!
        const parse = perAccount(polympics, "JSON.parse")
        const decoded = decoding(polympics)
        const bars: ReadonlyArray<Bar> = [
          {
            what: "the speed in pages of 100, of the generator's",
            figure: speed(byHundred, own),
            atLeast: minShares[100]
          },
          {
            what: "the speed in pages of 1,000, of the generator's",
            figure: speed(byThousand, own),
            atLeast: minShares[1000]
          },
          { what: "the gain of 8 pages ahead", figure: speed(delayed, "8 pages ahead"), atLeast: latency.minGain },
          {
            what: "the time to decode a Polympics account, of JSON.parse's",
            figure: { median: decoded.median / parse, spread: decoded.spread / parse, error: decoded.error / parse },
            atMost: maxOfParse.share
          }
        ]
        return {
          tables: {
            "pages of 100": readerRows(byHundred, 100),
            "pages of 1,000": readerRows(byThousand, 1000),
            [`${latency.milliseconds} ms of latency`]: [...delayed.keys()].map((reader) => ({
              reader,
              "accounts a second": Math.round(1e6 / (microseconds(delayed, reader, "time") / 100)),
              "× one page at a time": round(speed(delayed, reader).median)
            })),
            "microseconds to decode an account": [...decoders].map(([kind, costs]) => decoderRow(kind, costs))
          },
          missed: missedBars(bars)
        }
      })
    )
}
