import type { Bench } from "./support/bench.js"
import type { Group, Message, Reply } from "./support/callPlan.js"
import { withReplying, withServer } from "./support/processes.js"
import { type Costs, measure, paired, summarize } from "./support/slices.js"

/** The client whose cost is 1. */
const raw = "undici request + JSON.parse"
const concurrencies = [64, 1] as const

const rounds = { rounds: 12, maxSeconds: 50 }
/** The differences between a bare call and one with a feature are small. */
const featureRounds = { rounds: 40, maxSeconds: 60 }
const retryRounds = { rounds: 12, maxSeconds: 15 }

/** Rounded to three decimals. */
const figure = (value: number) => Number(value.toFixed(3))

const cpuRatio = (costs: Costs, contender: string, other: string) =>
  paired(costs, contender, other, (cost, other) => cost.cpu / other.cpu)

const timeRatio = (costs: Costs, contender: string, other: string) =>
  paired(costs, contender, other, (cost, other) => cost.time / other.time)

const microseconds = (costs: Costs, contender: string) => paired(costs, contender, contender, ({ cpu }) => cpu).median

export const call: Bench = {
  name: "call",
  about: "the CPU time of a call by each client, of each feature, and of a call that fails once; on loopback",
  requirement: "-",
  run: () =>
    withServer("support/callServer.ts", [], (baseUrl) =>
      withReplying(async (start) => {
        const client = await start<Message, unknown>("support/callClient.ts", [baseUrl])
        // The reply to each message is of this type.
        const send = <M extends Message>(message: M) => client.send(message, 60) as Promise<Reply<M>>
        const listing = await send("list")
        const measureGroup = (
          group: Group,
          names: ReadonlyArray<string>,
          reference: string,
          atOnce: number,
          rounds: number
        ) => measure((slice) => send({ ...slice, group }), names, { atOnce, reference, ...limits })

        const clients = new Map<number, Costs>()
        for (const atOnce of concurrencies) {
          const names = listing.clients.map(({ name }) => name)
          clients.set(atOnce, await measureGroup("clients", names, raw, atOnce, rounds))
        }
        const features = await measureGroup("features", listing.features, raw, 64, featureRounds)
        const retries = await measureGroup("retries", listing.retries, "got", 64, retryRounds)

        const rows: Array<Record<string, string | number>> = listing.clients.map(({ checks, name }) => ({
          client: name,
          checks,
          ...Object.fromEntries(
            [...clients].flatMap(([atOnce, costs]) => {
              const cpu = cpuRatio(costs, name, raw)
              return [
                [`CPU, ${atOnce} at once`, figure(cpu.median)],
                [`± ${atOnce}`, figure(cpu.spread)],
                [`time, ${atOnce}`, figure(timeRatio(costs, name, raw).median)],
                [`CPU µs, ${atOnce}`, Math.round(microseconds(costs, name))]
              ]
            })
          )
        }))
        for (const feature of listing.features.slice(1)) {
          const difference = features
            .get(feature)!
            .map((cost, round) => (cost.cpu - features.get("bare")![round]!.cpu) / features.get(raw)![round]!.cpu)
          const { error, median, spread } = summarize(difference)
          rows.push({
            client: `feature: ${feature}`,
            checks: "",
            "CPU, 64 at once": figure(cpuRatio(features, feature, raw).median),
            added: figure(median),
            "± 64": figure(spread),
            error: figure(error)
          })
        }
        for (const name of listing.retries) {
          const ratio = cpuRatio(retries, name, "got")
          rows.push({
            client: `fails once: ${name}`,
            checks: "",
            "CPU, 64 at once": figure(ratio.median),
            "± 64": figure(ratio.spread),
            "CPU µs, 64": Math.round(microseconds(retries, name))
          })
        }
        return { rows, missed: [] }
      })
    )
}
