import type { Bench, Rows } from "./support/bench.js"
import { barChart } from "./support/barChart.js"
import {
  type Bar,
  type Costs,
  microseconds,
  missedBars,
  quotient,
  ratio,
  round,
  startContenders,
  summarize
} from "./support/measure.js"
import { withReplying, withServer } from "./support/processes.js"
import type { Listing } from "./support/slices.js"

/** The client whose cost is 1. */
const raw = "undici request"
/** The client that fails once and retries, with which this library's is compared. */
const retryingPeer = "got"
const full = "effect-herald, full, own transport"
const layer = "platform undici + Schema"
const fullOnLayer = "effect-herald, full, platform undici"

const maxOfRaw = { 64: 1.6, 1: 1.8 }
const maxOfPeer = 0.35
const maxOfLayer = 1.15
const maxAdded = { deadline: 0.1, credentials: 0.05, "retry policy": 0.02, metrics: 0.3 }
const maxOfRetryingPeer = 2

const isPeer = ({ checks, name }: Listing[string][number]) =>
  checks !== undefined && !name.startsWith("effect-herald") && !name.startsWith("undici")

const costColumn = "CPU, × raw, 64 at once"

const clientRows = (clients: Listing[string], many: Costs, one: Costs): Rows =>
  clients.map(({ checks = "", name }) => {
    const atOnce = ratio(many, name)
    const inTurn = ratio(one, name)
    return {
      client: name,
      checks,
      [costColumn]: round(atOnce.median),
      "±": round(atOnce.spread),
      "CPU, µs": Math.round(microseconds(many, name)),
      "time, × raw": round(ratio(many, name, "time").median),
      "CPU, × raw, one at a time": round(inTurn.median),
      "± ": round(inTurn.spread),
      "CPU, µs ": Math.round(microseconds(one, name)),
      "time, × raw ": round(ratio(one, name, "time").median)
    }
  })

/** The costs that a feature adds to a bare call, as shares of a raw call. */
const added = (features: Costs, feature: string) => {
  const unit = microseconds(features, raw)
  return summarize(features.get(feature)!.map(({ own, reference }) => (own.cpu - reference.cpu) / unit))
}

const featureRows = (features: Costs): Rows =>
  [...features.keys()]
    .filter((feature) => feature !== raw)
    .map((feature) => {
      const { error, median, spread } = added(features, feature)
      return {
        feature,
        "CPU, × raw": round(microseconds(features, feature) / microseconds(features, raw)),
        "added, × raw": round(median),
        "±": round(spread),
        "standard error": round(error)
      }
    })

const retryRows = (retries: Costs): Rows =>
  [...retries.keys()].map((client) => {
    const { median, spread } = ratio(retries, client)
    return {
      client,
      "CPU, × got": round(median),
      "±": round(spread),
      "CPU, µs": Math.round(microseconds(retries, client))
    }
  })

const barsOf = (
  clients: Listing[string],
  many: Costs,
  one: Costs,
  features: Costs,
  retries: Costs
): ReadonlyArray<Bar> => {
  const peers = clients.filter(isPeer).map(({ name }) => ratio(many, name))
  const best = peers.reduce((best, peer) => (peer.median < best.median ? peer : best))
  const own = many.has(full)
    ? [
        { what: "a full call, 64 at once, in raw calls", figure: ratio(many, full), atMost: maxOfRaw[64] },
        { what: "a full call, one at a time, in raw calls", figure: ratio(one, full), atMost: maxOfRaw[1] },
        {
          what: "a full call, of the best peer that checks types",
          figure: quotient(ratio(many, full), best),
          atMost: maxOfPeer
        }
      ]
    : []
  const retried = [...retries.keys()].filter((name) => name.startsWith("effect-herald"))[0]!
  return [
    ...own,
    {
      what: "a full call on platform's undici layer, of that layer with Schema",
      figure: quotient(ratio(many, fullOnLayer), ratio(many, layer)),
      atMost: maxOfLayer
    },
    ...Object.entries(maxAdded).map(([feature, atMost]) => ({
      what: `the cost of ${feature}, in raw calls`,
      figure: added(features, feature),
      atMost
    })),
    { what: "a call that fails once, of got's", figure: ratio(retries, retried), atMost: maxOfRetryingPeer }
  ]
}

const clientsTitle = "clients"

export const call: Bench = {
  name: "call",
  about: "the CPU time of a call by each client, of each feature, and of a call that fails once",
  requirement: `a full call costs at most ${maxOfRaw[64]} raw calls (${maxOfRaw[1]} one at a time), ${maxOfPeer} of the best peer that checks types, and ${maxOfLayer} of platform's undici layer with Schema on that layer; ${Object.entries(
    maxAdded
  )
    .map(([feature, max]) => `${feature} adds at most ${max}`)
    .join(", ")}; a call that fails once costs at most ${maxOfRetryingPeer} times got's`,
  run: () =>
    withServer("support/callServer.ts", [], (baseUrl) =>
      withReplying(async (start) => {
        const { listing, measureGroup } = await startContenders(start, "support/callClient.ts", [baseUrl])
        const clients = { group: "clients", reference: raw, rounds: 12, maxSeconds: 50 }
        const many = await measureGroup({ ...clients, atOnce: 64 })
        const one = await measureGroup({ ...clients, atOnce: 1 })
        // The differences between a bare call and one with a feature are small, so there are more rounds.
        const features = await measureGroup({
          group: "features",
          reference: "bare",
          atOnce: 64,
          rounds: 40,
          maxSeconds: 60
        })
        const retries = await measureGroup({
          group: "retries",
          reference: retryingPeer,
          atOnce: 64,
          rounds: 12,
          maxSeconds: 15
        })
        return {
          tables: {
            [clientsTitle]: clientRows(listing["clients"]!, many, one),
            features: featureRows(features),
            "fails once": retryRows(retries)
          },
          missed: missedBars(barsOf(listing["clients"]!, many, one, features, retries))
        }
      })
    ),
  picture: {
    path: "docs/images/call-cost.svg",
    draw: ({ tables }) =>
      barChart({
        title: "CPU time of a call, 64 at once",
        description:
          "Each bar is the CPU time that a client's process needs for a call, as a multiple of a raw call by undici.",
        unit: "× raw",
        bars: tables[clientsTitle]!.map(({ [costColumn]: value, checks, client }) => ({
          label: String(client),
          value: Number(value),
          kind: String(client).startsWith("effect-herald") ? "own" : checks === "" ? "unchecked" : "checked"
        })),
        legend: { own: "effect-herald, checks types", checked: "checks types", unchecked: "checks nothing" }
      })
  }
}
