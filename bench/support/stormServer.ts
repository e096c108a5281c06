/** A server that responds with a 503 during an outage, or at random. It records the times of each contender's requests. */
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { reply } from "./reply.js"
import {
  flaky,
  type Outage,
  plans,
  type ServerMessage,
  type ServerReplies,
  type Storm,
  type Times
} from "./stormPlan.js"

// The argument of bench/storm.ts.
const storm = process.argv[2] as Storm

/** The time from the reply to the start of the load, in which the contenders receive it. */
const noticeMilliseconds = 500

let times: Times | undefined
const arrivals: Record<string, Array<number>> = {}
const generators: Record<string, () => number> = {}

/** Mulberry32: a generator of pseudorandom numbers from 0 to 1. */
const generator = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const duringOutage = (_: string, now: number, { begins, ends }: Outage) => now >= begins && now < ends

const isRefused: Record<Storm, (contender: string, now: number, outage: Outage) => boolean> = {
  outage: duringOutage,
  "trickle of 5": duringOutage,
  "trickle of 1": duringOutage,
  flaky: (contender) => (generators[contender] ??= generator(flaky.seed))() < flaky.share
}

const respond = (response: ServerResponse, refused: boolean) => {
  response.writeHead(refused ? 503 : 200, { "content-type": "application/json" })
  response.end(refused ? '{"detail":"unavailable"}' : '{"id":1,"name":"Bob"}')
}

const server = createServer((request, response) => {
  const now = Date.now()
  // Requests before the load are not recorded.
  if (times === undefined) return respond(response, false)
  const contender = decodeURIComponent(request.url!.split("/")[1]!)
  ;(arrivals[contender] ??= []).push(now)
  respond(response, isRefused[storm](contender, now, times.outage))
})
// Longer than the benchmark, so that no request is sent on a connection that the server is closing.
server.keepAliveTimeout = 120_000

const replies: { readonly [Message in ServerMessage]: () => ServerReplies[Message] } = {
  // The address of a server that listens on TCP is of this type.
  address: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  begin: () => {
    const load = Date.now() + noticeMilliseconds
    const { outage } = plans[storm]
    times = { load, outage: { begins: load + outage.from * 1000, ends: load + outage.until * 1000 } }
    return times
  },
  arrivals: () => arrivals
}

await reply(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening")
  return (message: ServerMessage) => replies[message]()
})
