import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import { Authoriser, Verbs } from "effect-herald"
import * as Log from "effect-herald/log"
import { Transport } from "effect-herald/node"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout } from "node:timers/promises"

/** What the server does with a request. It has the records after all but the first five. */
const fates = [
  "500",
  "503",
  "429",
  "hangs",
  "closes before reading",
  "closes after reading",
  "cuts the response",
  "dies",
  "accepts"
] as const
type Fate = (typeof fates)[number]

/** The requests of a period, in which each fate comes up. The others are accepted. */
const period = 97
const fateAt: Readonly<Record<number, Fate>> = {
  7: "500",
  19: "503",
  20: "500",
  31: "closes before reading",
  43: "closes after reading",
  44: "closes after reading",
  59: "cuts the response",
  71: "closes before reading",
  83: "cuts the response"
}

/** A server that fails. It dies half-way, and hangs and answers 429 a few times, since each of these takes a second. */
const makeServer = async (expectedRequests: number) => {
  const rare = new Map<number, Fate>([
    [3, "hangs"],
    [5, "429"],
    [Math.floor(expectedRequests / 3), "429"],
    [Math.floor(expectedRequests / 2), "dies"],
    [Math.floor((expectedRequests * 2) / 3), "hangs"]
  ])
  const counts = new Map<Fate, number>()
  /** The texts in order of their arrival. */
  const arrived: Array<string> = []
  /** The texts of requests whose response was broken. */
  const broken = new Set<string>()
  let doubled = 0
  let unexplained = 0
  const known = new Set<string>()
  let requests = 0

  const read = async (request: IncomingMessage) => {
    let body = ""
    for await (const chunk of request) body += String(chunk)
    // The shipper sends these bodies only.
    return JSON.parse(body) as ReadonlyArray<string>
  }

  const store = (texts: ReadonlyArray<string>, isBroken: boolean) => {
    for (const text of texts) {
      if (known.has(text)) {
        doubled += 1
        if (!broken.has(text)) unexplained += 1
      } else {
        known.add(text)
        arrived.push(text)
      }
      if (isBroken) broken.add(text)
      else broken.delete(text)
    }
  }

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    requests += 1
    const fate = rare.get(requests) ?? fateAt[requests % period] ?? "accepts"
    counts.set(fate, (counts.get(fate) ?? 0) + 1)
    if (fate === "closes before reading") return request.destroy()
    const texts = await read(request)
    if (fate === "hangs") return
    if (fate === "500" || fate === "503") return response.writeHead(Number(fate)).end("failed")
    if (fate === "429") return response.writeHead(429, { "retry-after": "1" }).end()
    store(texts, fate !== "accepts")
    if (fate === "closes after reading") return request.destroy()
    if (fate === "cuts the response") {
      response.writeHead(200, { "content-length": 100 }).write("half of ")
      return response.socket?.end()
    }
    if (fate === "dies") {
      server.closeAllConnections()
      server.close()
      await setTimeout(100)
      server.listen(port, "127.0.0.1")
      return
    }
    return response.writeHead(204).end()
  }

  const server = createServer((request, response) => {
    // A request whose connection the storm closed has no end.
    respond(request, response).catch(() => response.destroy())
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
    seen: () => ({ arrived, counts, doubled, unexplained, requests })
  }
}

/** The plan of a storm. */
export interface Plan {
  readonly records: number
  /** The size of a batch. Default: each record is sent by itself. */
  readonly batch?: number
  readonly whenFull?: "drop-oldest" | "drop-newest" | "wait"
  readonly capacity?: number
}

class Logs extends Authoriser.Tag("storm/Logs")<Logs>() {}

const { post } = Verbs.make(Logs)

const isReport = (text: string) => !text.startsWith("record ")

const report = (text: string) => Number(/^\d+/.exec(text)?.[0])

/** Logs records through the server, and returns its view and that of the shipper, and the promises that are broken. */
export const runStorm = <E>(
  { batch, capacity = 10_000, records, whenFull = "wait" }: Plan,
  store?: Layer.Layer<Log.Store, E>
) =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => makeServer(records / (batch ?? 1))),
      ({ close }) => Effect.sync(close)
    )
    const shipper = Log.layer({
      send: (sent) =>
        post("/logs", { json: sent.map(({ message }) => message) }).pipe(
          // Longer than the wait after a 429, so that no accepted request is given up.
          Effect.timeoutFail({ duration: "3 seconds", onTimeout: () => "hangs" as const })
        ),
      batch: batch === undefined ? undefined : { size: batch, within: "20 millis" },
      retry: Schedule.spaced("5 millis"),
      retryWhile: () => true,
      queue: { capacity, whenFull }
    })
    const live = (store === undefined ? shipper : Layer.provide(shipper, store)).pipe(
      Layer.provide(Logs.layer({ baseUrl: server.url })),
      Layer.provide(Transport.layer()),
      Layer.merge(Logger.remove(Logger.defaultLogger))
    )
    const stats = yield* Effect.gen(function* () {
      const { flush, stats } = yield* Log.Shipper
      for (let index = 0; index < records; index += 1) {
        yield* Effect.log(`record ${index}`)
        if (index % 500 === 499) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      yield* flush
      yield* flush
      return yield* stats
    }).pipe(Effect.provide(live))

    const { arrived, counts, doubled, requests, unexplained } = server.seen()
    const numbers = arrived.filter((text) => !isReport(text)).map((text) => Number(text.slice("record ".length)))
    const reports = arrived.filter(isReport)
    const reported = reports.reduce((sum, text) => sum + report(text), 0)
    const { accepted, dropped, failed, queued, shipped } = stats
    const isInOrder = numbers.every((number, at) => at === 0 || number > numbers[at - 1]!)
    const promises: Readonly<Record<string, boolean>> = {
      "each record is counted as accepted": accepted === records + reports.length,
      "the counts add up": accepted === shipped + dropped + failed + queued,
      "what is counted as shipped arrived": shipped === arrived.length,
      "what was not dropped arrived": numbers.length === records - dropped,
      "drops are reported": reported === dropped,
      "nothing is dropped while fibers wait": whenFull !== "wait" || dropped === 0,
      "nothing failed or is left": failed + queued === 0,
      "records arrive in order": isInOrder,
      "a doubled record is one whose response was broken": unexplained === 0,
      "each fate came up": counts.size === fates.length
    }
    return {
      row: {
        logged: records,
        reports: reports.length,
        accepted,
        shipped,
        dropped,
        failed,
        queued,
        arrived: arrived.length,
        "in order": isInOrder ? "yes" : "no",
        doubled,
        unexplained,
        requests
      },
      counts: Object.fromEntries(fates.map((fate) => [fate, counts.get(fate) ?? 0])),
      broken: Object.keys(promises).filter((promise) => promises[promise] !== true)
    }
  }).pipe(Effect.scoped)
