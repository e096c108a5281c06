/** A server that refuses: everything for a while, or now and then. It keeps when each contender's requests came. */
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { answer } from "./processes.js"
import {
  flaky,
  outage,
  type Outage,
  type ServerAnswers,
  type ServerQuestion,
  type Storm,
  type Times
} from "./stormPlan.js"

// bench/storm.ts gives one of the two.
const storm = process.argv[2] as Storm

/** Time for the word to reach the contenders before the load begins. */
const noticeMilliseconds = 500

let times: Times | undefined
const arrivals: Record<string, Array<number>> = {}
const generators: Record<string, () => number> = {}

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
const generator = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const refuses: Record<Storm, (contender: string, now: number, outage: Outage) => boolean> = {
  outage: (_, now, { begins, ends }) => now >= begins && now < ends,
  flaky: (contender) => (generators[contender] ??= generator(flaky.seed))() < flaky.share
}

const reply = (response: ServerResponse, refused: boolean) => {
  response.writeHead(refused ? 503 : 200, { "content-type": "application/json" })
  response.end(refused ? '{"detail":"unavailable"}' : '{"id":1,"name":"Bob"}')
}

const server = createServer((request, response) => {
  const now = Date.now()
  // What warms up before the load begins counts for nothing.
  if (times === undefined) return reply(response, false)
  const contender = decodeURIComponent(request.url!.split("/")[1]!)
  ;(arrivals[contender] ??= []).push(now)
  reply(response, refuses[storm](contender, now, times.outage))
})
// Longer than the bench: nobody's request meets a connection that is just being closed.
server.keepAliveTimeout = 120_000

const answers: { readonly [Question in ServerQuestion]: () => ServerAnswers[Question] } = {
  // A server that listens on TCP has an address of this kind.
  address: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  begin: () => {
    const load = Date.now() + noticeMilliseconds
    times = { load, outage: { begins: load + outage.from * 1000, ends: load + outage.until * 1000 } }
    return times
  },
  arrivals: () => arrivals
}

await answer(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening")
  return (question: ServerQuestion) => answers[question]()
})
