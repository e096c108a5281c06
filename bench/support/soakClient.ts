/** The process of the benchmark `soak`. The message is the number of calls; the reply is a `SoakFigures`. */
import { Effect, Fiber, Layer, ManagedRuntime, Redacted, Schedule } from "effect"
import { Authoriser, Backoff, Credentials, Endpoint, Operation, OriginState, RetryPolicy } from "effect-herald"
import { channel } from "node:diagnostics_channel"
import type { Socket } from "node:net"
import { setTimeout } from "node:timers/promises"
import { AccountSchema } from "./account.js"
import { reply } from "./reply.js"
import { type Held, outcomeOf, type Outcomes, type SoakFigures } from "./soakPlan.js"
import { transports } from "./transports.js"

// The argument of bench/soak.ts.
const [baseUrl] = process.argv.slice(2) as [string]

const atOnce = 64
const warmUpCalls = 20_000
const progressInterval = 100_000

const sockets = new Set<Socket>()
channel("undici:client:connected").subscribe((message) => {
  // undici publishes this type.
  const { socket } = message as { readonly socket: Socket }
  sockets.add(socket)
  socket.once("close", () => sockets.delete(socket))
})
let unhandledRejections = 0
let warnings = 0
process.on("unhandledRejection", () => (unhandledRejections += 1))
process.on("warning", () => (warnings += 1))

class Api extends Authoriser.Tag("bench/Soak")<Api>() {}

const get = Operation.make(Api, () => Endpoint.get("/{kind}/{call}", { success: AccountSchema }))

const makeRuntime = () => {
  const retryPolicy = RetryPolicy.make({
    schedule: Schedule.spaced("1 millis").pipe(Schedule.intersect(Backoff.attempts(2))),
    retries: RetryPolicy.onTransportFailure
  })
  const api = Api.layer({
    baseUrl,
    credentials: Credentials.bearer(Redacted.make("secret")),
    deadline: "2 minutes",
    retryPolicy
  }).pipe(Layer.provide(OriginState.layer({ budget: "unlimited" })))
  return ManagedRuntime.make(Layer.provideMerge(api, transports[0][1]))
}

const succeeds = (call: number) => Effect.as(get({ kind: "account", call: String(call) }), "succeeded" as const)

const fails = (call: number) =>
  get({ kind: call % 200 < 100 ? "status" : "closed", call: String(call) }).pipe(
    Effect.match({ onFailure: () => "failed" as const, onSuccess: () => "succeeded" as const })
  )

/** A call that is interrupted after up to 7 ms: before it is sent, or when half of its response has arrived. */
const isInterrupted = (call: number) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(get({ kind: "half", call: String(call) }))
    yield* Effect.sleep(`${Math.floor(call / 100) % 8} millis`)
    const exit = yield* Fiber.interrupt(fiber)
    return exit._tag === "Failure" && exit.cause._tag !== "Fail" ? ("interrupted" as const) : ("failed" as const)
  })

const calls = { succeeded: succeeds, failed: fails, interrupted: isInterrupted }

/** Makes a number of calls, and counts their outcomes. */
const soak = (count: number, outcomes: Outcomes) => {
  let begun = 0
  const next = () => {
    const call = (begun += 1)
    if (call % progressInterval === 0) console.error(`soak: ${call.toLocaleString("en")} calls`)
    return calls[outcomeOf(call)](call)
  }
  const work = Effect.whileLoop({
    while: () => begun < count,
    body: () => Effect.suspend(next),
    step: (outcome) => {
      outcomes[outcome] += 1
    }
  })
  return Effect.replicateEffect(work, atOnce, { concurrency: "unbounded", discard: true })
}

const collect = async () => {
  for (let time = 0; time < 5; time += 1) {
    // Callbacks that are due may hold garbage.
    await setTimeout(20)
    globalThis.gc!()
  }
}

const held = async (): Promise<Held> => {
  await collect()
  const active = process.getActiveResourcesInfo()
  const timers = active.filter((resource) => resource === "Timeout").length
  const listeners = [...sockets].map((socket) =>
    socket.eventNames().reduce((sum, name) => sum + socket.listenerCount(name), 0)
  )
  return {
    heap: process.memoryUsage().heapUsed,
    sockets: sockets.size,
    timers,
    resources: active.length - timers,
    listeners: Math.max(0, ...listeners)
  }
}

const run = async (count: number): Promise<SoakFigures> => {
  const initial = await held()
  const runtime = makeRuntime()
  await runtime.runPromise(soak(Math.min(count, warmUpCalls), { succeeded: 0, failed: 0, interrupted: 0 }))
  const before = await held()
  const outcomes = { succeeded: 0, failed: 0, interrupted: 0 }
  const cpu = process.cpuUsage()
  const begun = performance.now()
  await runtime.runPromise(soak(count, outcomes))
  const seconds = (performance.now() - begun) / 1000
  const { system, user } = process.cpuUsage(cpu)
  const after = await held()
  await runtime.dispose()
  const released = await held()
  return {
    outcomes,
    seconds,
    cpu: (system + user) / count,
    held: { initial, before, after, released },
    unhandledRejections,
    warnings
  }
}

await reply(() => Promise.resolve(run))
