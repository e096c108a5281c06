import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import { Authoriser, Verbs } from "effect-herald"
import * as Log from "effect-herald/log"
import { Transport } from "effect-herald/node"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { setTimeout } from "node:timers/promises"
import { unassignedPort } from "./ports.js"
import { turn } from "./settle.js"

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

/** A record as it is sent. Reports of drops can have the same text, so that each record has a number. */
interface Sent {
  readonly id: number
  readonly text: string
}

/** A server that fails. It dies half-way and starts on the same port, and hangs and answers 429 a few times. */
const makeServer = async (port: number, expectedRequests: number) => {
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
  /** The records of requests whose response was broken. */
  const broken = new Set<number>()
  let doubled = 0
  let unexplained = 0
  const known = new Set<number>()
  let requests = 0
  let onHanging = () => {}

  const read = async (request: IncomingMessage) => {
    let body = ""
    for await (const chunk of request) body += String(chunk)
    // The shipper sends these bodies only.
    return JSON.parse(body) as ReadonlyArray<Sent>
  }

  const store = (records: ReadonlyArray<Sent>, isBroken: boolean) => {
    for (const { id, text } of records) {
      if (known.has(id)) {
        doubled += 1
        if (!broken.has(id)) unexplained += 1
      } else {
        known.add(id)
        arrived.push(text)
      }
      if (isBroken) broken.add(id)
      else broken.delete(id)
    }
  }

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    requests += 1
    const fate = rare.get(requests) ?? fateAt[requests % period] ?? "accepts"
    counts.set(fate, (counts.get(fate) ?? 0) + 1)
    if (fate === "closes before reading") return response.destroy()
    const sent = await read(request)
    if (fate === "hangs") return onHanging()
    if (fate === "500" || fate === "503") return response.writeHead(Number(fate)).end("failed")
    if (fate === "429") return response.writeHead(429, { "retry-after": "1" }).end()
    store(sent, fate !== "accepts")
    if (fate === "closes after reading") return response.destroy()
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
  }).listen(port, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
    /** Waits until the server hangs in a request. */
    hanging: Effect.async<void>((resume) => {
      onHanging = () => resume(Effect.void)
    }),
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
  /** The number of records that are logged at once, before the queue is half empty. Default: records do not wait for the queue. */
  readonly burst?: number
}

class Logs extends Authoriser.Tag("storm/Logs")<Logs>() {}

const { post } = Verbs.make(Logs)

const isReport = (text: string) => !text.startsWith("record ")

const report = (text: string) => Number(/^\d+/.exec(text)?.[0])

/** Logs records through the server, and returns its view and that of the shipper, and the promises that are broken. */
export const runStorm = <E>(
  { batch, burst, capacity = 10_000, records, whenFull = "wait" }: Plan,
  store?: Layer.Layer<Log.Store, E>
) =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.flatMap(unassignedPort, (port) =>
        Effect.promise(() => makeServer(port, ((burst === undefined ? 1 : capacity / burst) * records) / (batch ?? 1)))
      ),
      ({ close }) => Effect.sync(close)
    )
    const ids = new WeakMap<Log.LogRecord, number>()
    let next = 0
    const idOf = (record: Log.LogRecord) => {
      const id = ids.get(record) ?? (next += 1)
      ids.set(record, id)
      return id
    }
    const shipper = Log.layer({
      send: (sent) =>
        Effect.raceFirst(
          post("/logs", { json: sent.map((record): Sent => ({ id: idOf(record), text: record.message })) }),
          // In place of a time limit, by which a slow machine would give up requests that were accepted.
          Effect.zipRight(server.hanging, Effect.fail("hangs"))
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
        if (index % 500 === 499) yield* turn
        if (burst !== undefined && index % burst === burst - 1) {
          yield* Effect.repeat(turn, { until: () => Effect.map(stats, ({ queued }) => queued <= capacity / 2) })
        }
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
      "records are dropped if and only if the policy says so": dropped > 0 === (whenFull !== "wait"),
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
