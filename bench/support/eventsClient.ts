/** Reads a million values in one of several ways, and prints time and memory as JSON. Fails if a value is lost or doubled. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Authoriser, Endpoint, Operation } from "effect-herald"
import { Transport } from "effect-herald/node"
import { EventStream, JsonLines, JsonSequence } from "effect-herald/streams"
import { Agent, request } from "undici"

const [baseUrl, way] = process.argv.slice(2) as [string, string]

class Api extends Authoriser.Tag("bench/events/Api")<Api>() {}

const Player = Schema.Struct({
  id: Schema.Number,
  name: Schema.String,
  team: Schema.Number,
  score: Schema.Number,
  active: Schema.Boolean
})

const ticks = Operation.make(Api, () =>
  Endpoint.get("/events", {
    query: { client: Schema.Number },
    success: EventStream.body({ tick: Schema.Struct({ n: Schema.Number }) })
  })
)
const lines = Operation.make(Api, () => Endpoint.get("/lines", { success: JsonLines.body(Player) }))
const anyLines = Operation.make(Api, () => Endpoint.get("/lines", { success: JsonLines.body(Schema.Unknown) }))
const sequence = Operation.make(Api, () => Endpoint.get("/sequence", { success: JsonSequence.body(Player) }))

let last = 0
const next = (id: number) => {
  if (id !== last + 1) throw new Error(`${id} follows ${last}`)
  last = id
}

/** Reads chunk by chunk, as the bare loop does. */
const herald = <A, E>(stream: Stream.Stream<A, E, any>, idOf: (value: A) => number) =>
  stream.pipe(
    Stream.runForEachChunk((chunk) =>
      Effect.sync(() => {
        for (const value of chunk) next(idOf(value))
      })
    ),
    Effect.provide(Api.layer({ baseUrl })),
    Effect.provide(Transport.layer()),
    // The layers provide what the Stream requires.
    (program) => Effect.runPromise(program as Effect.Effect<void, unknown>)
  )

const bare = async () => {
  const { body } = await request(`${baseUrl}/lines`, { dispatcher: new Agent({ bodyTimeout: 0 }) })
  let rest = ""
  for await (const part of body.setEncoding("utf8")) {
    const parts = (rest + String(part)).split("\n")
    rest = parts.pop()!
    for (const line of parts) next((JSON.parse(line) as { readonly id: number }).id)
  }
}

const ways: Record<string, () => Promise<void>> = {
  follow: () =>
    herald(
      EventStream.follow(ticks, { schedule: Schedule.spaced("1 millis") })({ client: process.pid }),
      ({ data }) => data.n
    ),
  lines: () => herald(Stream.unwrap(lines()), ({ id }) => id),
  "lines-any": () => herald(Stream.unwrap(anyLines()), (value) => (value as { readonly id: number }).id),
  sequence: () => herald(Stream.unwrap(sequence()), ({ id }) => id),
  "bare-lines": bare
}

let peak = 0
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().heapUsed)), 50)
const cpu = process.cpuUsage()
const begun = performance.now()
await ways[way]!()
clearInterval(watch)
const seconds = (performance.now() - begun) / 1000
const { system, user } = process.cpuUsage(cpu)
console.log(
  JSON.stringify({
    count: last,
    seconds,
    cpuSeconds: (system + user) / 1e6,
    peakHeapMegabytes: peak / 1024 / 1024,
    peakResidentMegabytes: process.resourceUsage().maxRSS / 1024
  })
)
process.exit(0)
